#include "net-helper/trail.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/service.h"
#include "net-helper/messages.h"

namespace holdfast::net {
void Trail::set_peer(const ucred& peer) {
  peer_ = fmt::format("HOLDFAST_PEER_PID={}\nHOLDFAST_PEER_UID={}\n", peer.pid, peer.uid);
}

void Trail::record(const LogMessage& deed, const std::string& row, const Result<void>& kernel,
                   const std::string& detail, TimePoint now) {
  constexpr const char* kMessageId = "3a0831171c634a39bbbad5a871ce0596";
  Kind& kind = kinds_[deed.id];
  if (!kind.bucket.take(now)) {
    ++kind.suppressed;
    return;
  }
  const auto suppressed = std::exchange(kind.suppressed, 0);
  const bool refused = deed.format.find("refused") != std::string_view::npos;
  const char* const outcome = !kernel ? "failed" : refused ? "refused" : "done";
  const LogMessage& message = kernel ? deed : kKernelFailed;
  const std::string said = kernel ? "0" : log::printable(kernel.error().text);
  std::string text(deed.format);
  if (!row.empty()) text = row + ": " + text;
  if (!detail.empty()) text += ": " + log::printable(detail);
  if (!kernel) text += ": " + said;
  std::string fields = fmt::format(
      "HOLDFAST_ACT={}\nHOLDFAST_OUTCOME={}\nHOLDFAST_POLICY_ROW={}\nHOLDFAST_KERNEL={}\n"
      "{}HOLDFAST_SUPPRESSED={}\n",
      deed.format, outcome, row, said, peer_, suppressed);
  if (journal_.empty()) {
    std::ranges::replace(fields, '\n', ' ');
    return log::write(message, fmt::format("{} {{ {}}}", text, fields));
  }
  const std::string record = fmt::format(
      "MESSAGE={} [{}]\nMESSAGE_ID={}\nPRIORITY={}\nSYSLOG_IDENTIFIER=net-helper\n"
      "HOLDFAST_ID={}\n{}",
      text, message.id, kMessageId, static_cast<int>(message.level), message.id, fields);
  if (!send_datagram(journal_, record)) kind.suppressed = suppressed + 1;
}

}  // namespace holdfast::net
