#include "notifier/spool.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>
#include <utility>

#include "common/read_file.h"

namespace holdfast::notifier {
namespace {

constexpr std::string_view kFirstLine = "holdfast-mail 1";
constexpr std::string_view kUrgent = "-urgent.mail";
constexpr std::string_view kRoutine = "-routine.mail";
constexpr std::string_view kHalfWritten = ".new-";
// Microseconds since 1970 with leading zeros: the names sort as the numbers do.
constexpr size_t kStampDigits = 18;

uint64_t stamp_of(std::string_view name) {
  uint64_t stamp = 0;
  const std::string digits(name.substr(0, kStampDigits));
  std::from_chars(digits.data(), digits.data() + digits.size(), stamp);
  return stamp;
}

bool is_mail_name(std::string_view name) {
  if (name.size() <= kStampDigits) return false;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const std::string_view tail = name.substr(kStampDigits);
  return std::ranges::all_of(name.substr(0, kStampDigits), digit) &&
         (tail == kUrgent || tail == kRoutine);
}

Result<UniqueFd> open_directory(int parent, const std::string& path) {
  if (::mkdirat(parent, path.c_str(), 0700) < 0 && errno != EEXIST) {
    return system_failure("make the directory " + path);
  }
  UniqueFd fd(::openat(parent, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return system_failure("open the directory " + path);
  return fd;
}

std::vector<std::string> names_in(int directory) {
  std::vector<std::string> names;
  const int copy = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return names;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(copy), ::closedir);
  if (!stream) {
    ::close(copy);
    return names;
  }
  // Each stream is read by the thread that opened it.
  while (const dirent* entry = ::readdir(stream.get())) {  // NOLINT(concurrency-mt-unsafe)
    names.emplace_back(entry->d_name);
  }
  std::ranges::sort(names);
  return names;
}

Result<void> write_whole(int fd, std::string_view bytes, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t size = ::write(fd, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return system_failure("write " + name);
    bytes.remove_prefix(static_cast<size_t>(size));
  }
  if (::fsync(fd) < 0) return system_failure("sync " + name);
  return {};
}

// Cuts the line off `rest`; nothing at the end or without a line end.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const size_t end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

}  // namespace

bool is_urgent_name(std::string_view name) {
  return name.ends_with(kUrgent);
}

std::string spool_file_bytes(const Mail& mail) {
  std::string bytes = fmt::format("{}\nfrom {}\n", kFirstLine, mail.from);
  for (const std::string& to : mail.to) bytes += fmt::format("to {}\n", to);
  return bytes + "\n" + mail.text;
}

Result<Mail> parse_spool_file(std::string_view bytes) {
  if (take_line(bytes) != kFirstLine) return failure("its first line is not `holdfast-mail 1`");
  Mail mail;
  const auto from = take_line(bytes);
  if (!from || !from->starts_with("from ")) return failure("it has no sender");
  mail.from = from->substr(5);
  for (;;) {
    const auto line = take_line(bytes);
    if (!line) return failure("it ends before its text");
    if (line->empty()) break;
    if (!line->starts_with("to ") || !envelope_address(line->substr(3))) {
      return failure("it has a line that is no recipient");
    }
    mail.to.emplace_back(line->substr(3));
  }
  if (mail.to.empty()) return failure("it has no recipient");
  if (bytes.empty()) return failure("it has no text");
  mail.text = bytes;
  return mail;
}

Spool::Spool(UniqueFd directory, UniqueFd failed)
    : directory_(std::move(directory)), failed_(std::move(failed)) {}

Result<Spool> Spool::open(const std::string& state_directory) {
  auto directory = open_directory(AT_FDCWD, state_directory + "/mail");
  if (!directory) return std::unexpected(directory.error());
  auto failed = open_directory(directory->get(), "failed");
  if (!failed) return std::unexpected(failed.error());
  Spool spool(std::move(*directory), std::move(*failed));
  for (const std::string& name : names_in(spool.directory_.get())) {
    if (name.starts_with(kHalfWritten)) ::unlinkat(spool.directory_.get(), name.c_str(), 0);
    if (is_mail_name(name)) spool.last_stamp_ = std::max(spool.last_stamp_, stamp_of(name));
  }
  return spool;
}

std::vector<std::string> Spool::names() const {
  std::vector<std::string> names = names_in(directory_.get());
  std::erase_if(names, [](const std::string& name) { return !is_mail_name(name); });
  return names;
}

Result<void> Spool::write(const std::string& name, const Mail& mail) const {
  const std::string half = std::string(kHalfWritten) + name;
  const UniqueFd file(::openat(directory_.get(), half.c_str(),
                               O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return system_failure("create " + half);
  auto written = write_whole(file.get(), spool_file_bytes(mail), half);
  if (written && ::renameat(directory_.get(), half.c_str(), directory_.get(), name.c_str()) < 0) {
    written = system_failure("rename " + half);
  }
  if (!written) ::unlinkat(directory_.get(), half.c_str(), 0);
  return written;
}

Result<std::string> Spool::add(const Mail& mail, uint64_t now_unix_ms) {
  last_stamp_ = std::max(now_unix_ms * 1000, last_stamp_ + 1);
  std::string name =
      fmt::format("{:0{}}{}", last_stamp_, kStampDigits, mail.urgent ? kUrgent : kRoutine);
  if (const auto written = write(name, mail); !written) return std::unexpected(written.error());
  return name;
}

Result<void> Spool::sync() {
  if (::fsync(directory_.get()) < 0) return system_failure("sync the mail directory");
  return {};
}

Result<Mail> Spool::read(const std::string& name) const {
  const UniqueFd file(
      ::openat(directory_.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file) return system_failure("open " + name);
  const auto bytes = read_up_to(file.get(), kFileBytesMax);
  if (!bytes) return failure(fmt::format("{}: {}", name, bytes.error().text));
  if (bytes->size() > kFileBytesMax) {
    return failure(fmt::format("{}: larger than {} bytes", name, kFileBytesMax));
  }
  auto mail = parse_spool_file(*bytes);
  if (!mail) return failure(fmt::format("{}: not a mail of ours: {}", name, mail.error().text));
  mail->urgent = is_urgent_name(name);
  return mail;
}

Result<void> Spool::replace(const std::string& name, const Mail& mail) {
  if (const auto written = write(name, mail); !written) return written;
  return sync();
}

Result<void> Spool::remove(const std::string& name) {
  if (::unlinkat(directory_.get(), name.c_str(), 0) < 0) return system_failure("delete " + name);
  return {};
}

Result<void> Spool::move_to_failed(const std::string& name) {
  auto kept = names_in(failed_.get());
  std::erase_if(kept, [](const std::string& file) { return !is_mail_name(file); });
  for (size_t i = 0; i + kFailedMax <= kept.size(); ++i) {
    ::unlinkat(failed_.get(), kept[i].c_str(), 0);
  }
  if (::renameat(directory_.get(), name.c_str(), failed_.get(), name.c_str()) < 0) {
    return system_failure("move " + name + " to failed/");
  }
  return {};
}

}  // namespace holdfast::notifier
