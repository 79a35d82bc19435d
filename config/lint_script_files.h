// What is wrong with the files that commands name, and with what stands in them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/compile.h"
#include "config/diagnostics.h"
#include "config/lint_script_text.h"
#include "config/model.h"

namespace holdfast::config {

struct NamedFile {
  std::string path;
  bool is_argument = false;  // of an interpreter, which has only to read it
};
// The absolute paths that a command line runs.
std::vector<NamedFile> files_of(std::string_view command_line);

struct CommandUse {
  Place place;
  const Script* script = nullptr;  // null: a notify command
  std::string file;                // whose text is meant; empty: the command line itself
  std::string user;                // whom keepalived runs it as; empty: root by default
  std::optional<Account> account;  // who runs it; nothing: the service's own user
};

// Whether that is the name, or the number, of root.
bool is_root(std::string_view user);

class FileReporter {
 public:
  explicit FileReporter(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  // False: it cannot run, so that its text does not matter.
  bool report_file(const CommandUse& use, const NamedFile& named, const CompileOptions& options);
  void report_text(const CommandUse& use, const NamedFile& named, std::string_view text,
                   const CompileOptions& options);
  void report_deeds(const CommandUse& use, const std::vector<Deed>& deeds);

 private:
  std::string consequence(const CommandUse& use, std::string_view with_keepalived) const;
  void report_writable(const CommandUse& use, const CompileOptions& options,
                       const FileStatus& status);
  void report_root(const CommandUse& use, const std::vector<Deed>& deeds);
  bool report_interpreter(const CommandUse& use, std::string_view text,
                          const CompileOptions& options);

  Diagnostics& diagnostics_;
};

}  // namespace holdfast::config
