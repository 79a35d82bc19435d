// Mail on disk: STATE_DIRECTORY/mail/, one file a mail, and mail/failed/ for what a server refused.
//
// A file appears whole or not at all: written under another name, synced, renamed. Names sort by
// the time of spooling and say whether the mail is urgent, so that a start needs to open none.
// A file: "holdfast-mail 1", a "from ADDRESS" line, "to ADDRESS" lines, an empty line, the text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "common/unique_fd.h"
#include "notifier/mail_text.h"

namespace holdfast::notifier {

std::string spool_file_bytes(const Mail& mail);
// An error says what is wrong with the file.
Result<Mail> parse_spool_file(std::string_view bytes);
bool is_urgent_name(std::string_view name);

class Spool {
 public:
  static constexpr size_t kFileBytesMax = 65536;
  static constexpr size_t kFailedMax = 100;  // then the oldest of failed/ is deleted

  // Makes the directories (mode 0700) and deletes half-written files of a former run.
  static Result<Spool> open(const std::string& state_directory);

  // The mails of a former run, in order.
  std::vector<std::string> names() const;
  // Returns the mail's name. Durable once sync() has succeeded, too.
  Result<std::string> add(const Mail& mail, uint64_t now_unix_ms);
  Result<void> sync();
  Result<Mail> read(const std::string& name) const;
  // The same mail with fewer recipients.
  Result<void> replace(const std::string& name, const Mail& mail);
  Result<void> remove(const std::string& name);
  Result<void> move_to_failed(const std::string& name);

 private:
  Spool(UniqueFd directory, UniqueFd failed);
  Result<void> write(const std::string& name, const Mail& mail) const;

  UniqueFd directory_;
  UniqueFd failed_;
  uint64_t last_stamp_ = 0;  // names ascend even if the wall clock steps back
};

}  // namespace holdfast::notifier
