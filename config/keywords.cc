// The keyword table, put together.
#include "config/rows.h"

namespace holdfast::config {

std::vector<Keyword> all_keywords() {
  std::vector<Keyword> all;
  append(all, global_keywords());
  append(all, script_keywords());
  append(all, instance_keywords());
  return all;
}

}  // namespace holdfast::config
