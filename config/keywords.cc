// The keyword table, put together.
#include "config/rows.h"

namespace holdfast::config {

std::vector<Keyword> all_keywords() {
  std::vector<Keyword> all = root_keywords();
  for (auto* part : {mail_keywords, default_keywords, global_vrrp_keywords, global_process_keywords,
                     global_channel_keywords, script_keywords, tracking_keywords, instance_keywords,
                     instance_address_keywords, instance_transport_keywords,
                     instance_event_keywords, group_keywords, route_keywords, bfd_keywords,
                     virtual_server_keywords, checker_keywords, http_keywords}) {
    append(all, part());
  }
  return all;
}

}  // namespace holdfast::config
