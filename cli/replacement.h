// A file that is replaced by another text: whole, or not at all.
//
// Opened while the process may still create files and give them away; written and put in place
// after it has given up everything but that.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>

#include "common/error.h"
#include "common/unique_fd.h"

namespace holdfast::cli {

class Replacement {
 public:
  // Refuses what a new file would not replace: a symbolic link, one of several names of a file,
  // what is no regular file, and a file whose owner or mode the new one could not have.
  static Result<Replacement> open(const std::string& path);

  Replacement(Replacement&& other) noexcept;
  Replacement& operator=(Replacement&&) = delete;
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;
  // Without commit() the file stays what it is.
  ~Replacement();

  // The file as it is; the caller may take it.
  UniqueFd& content() { return content_; }
  // Refuses if the file has been changed since open().
  Result<void> commit(std::string_view text);

 private:
  Replacement() = default;
  Result<void> create();

  std::string path_;
  std::string name_;
  std::string temporary_;  // empty: there is none
  UniqueFd directory_;
  UniqueFd content_;
  UniqueFd fresh_;
  struct stat status_{};
};

}  // namespace holdfast::cli
