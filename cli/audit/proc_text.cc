#include "cli/audit/proc_text.h"

#include <fmt/format.h>
#include <linux/capability.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace holdfast::cli::audit {
namespace {

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  constexpr std::string_view kBlank = " \t\n";
  for (size_t at = text.find_first_not_of(kBlank); at != std::string_view::npos;) {
    const size_t end = std::min(text.find_first_of(kBlank, at), text.size());
    words.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(kBlank, end);
  }
  return words;
}

template <class Number>
std::optional<Number> number(std::string_view text, int base = 10) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The lines of /proc/PID/status by name.
class StatusLines {
 public:
  explicit StatusLines(std::string_view text) {
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      const std::string_view line = text.substr(0, end);
      const size_t colon = line.find(':');
      if (colon != std::string_view::npos) {
        lines_.emplace(line.substr(0, colon), line.substr(colon + 1));
      }
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  template <class Number>
  Number one(const char* name, int base = 10) {
    const auto words = words_of(line(name));
    const auto value = words.empty() ? std::nullopt : number<Number>(words[0], base);
    if (!value) missing_ = name;
    return value.value_or(Number{});
  }

  std::vector<uint32_t> all(const char* name) {
    std::vector<uint32_t> values;
    for (const auto word : words_of(line(name))) {
      const auto value = number<uint32_t>(word);
      if (value) values.push_back(*value);
    }
    return values;
  }

  std::array<uint32_t, 4> four(const char* name) {
    const auto values = all(name);
    std::array<uint32_t, 4> result{};
    if (values.size() != result.size()) {
      missing_ = name;
    } else {
      std::ranges::copy(values, result.begin());
    }
    return result;
  }

  const std::string& missing() const { return missing_; }

 private:
  std::string_view line(const char* name) const {
    const auto found = lines_.find(name);
    return found == lines_.end() ? std::string_view{} : found->second;
  }

  std::map<std::string_view, std::string_view> lines_;
  std::string missing_;
};

}  // namespace

Result<Credentials> parse_status(std::string_view text) {
  StatusLines lines(text);
  Credentials who;
  who.uids = lines.four("Uid");
  who.gids = lines.four("Gid");
  who.groups = lines.all("Groups");
  constexpr int kHex = 16;
  who.capabilities.inheritable = lines.one<uint64_t>("CapInh", kHex);
  who.capabilities.permitted = lines.one<uint64_t>("CapPrm", kHex);
  who.capabilities.effective = lines.one<uint64_t>("CapEff", kHex);
  who.capabilities.bounding = lines.one<uint64_t>("CapBnd", kHex);
  who.capabilities.ambient = lines.one<uint64_t>("CapAmb", kHex);
  who.no_new_privs = lines.one<unsigned>("NoNewPrivs") == 1;
  who.seccomp_mode = lines.one<unsigned>("Seccomp");
  who.seccomp_filters = lines.one<unsigned>("Seccomp_filters");
  if (!lines.missing().empty()) {
    return failure(fmt::format("no line `{}` in its status", lines.missing()));
  }
  return who;
}

Result<Stat> parse_stat(std::string_view text) {
  // The name, in brackets, may hold anything.
  const size_t bracket = text.rfind(')');
  if (bracket == std::string_view::npos) return failure("its stat is unreadable");
  const auto words = words_of(text.substr(bracket + 1));
  constexpr size_t kParent = 1;
  constexpr size_t kStart = 19;
  if (words.size() <= kStart) return failure("its stat is unreadable");
  const auto parent = number<pid_t>(words[kParent]);
  const auto started = number<uint64_t>(words[kStart]);
  if (!parent || !started) return failure("its stat is unreadable");
  return Stat{.parent = *parent, .started = *started};
}

std::vector<Mount> parse_mounts(std::string_view text) {
  std::vector<Mount> mounts;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const auto words = words_of(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto dash = std::ranges::find(words, "-");
    // id parent device root point options [tags] - type source options
    if (dash - words.begin() < 6 || words.end() - dash < 4) continue;
    const auto read_only = [](std::string_view options) {
      return options == "ro" || options.starts_with("ro,");
    };
    mounts.push_back({std::string(words[4]), !read_only(words[5]) && !read_only(dash[3])});
  }
  return mounts;
}

bool is_mounted_writable(const std::vector<Mount>& mounts, std::string_view path) {
  const Mount* best = nullptr;
  for (const Mount& mount : mounts) {
    const std::string_view point = mount.point;
    const bool inside =
        point == "/" || path == point ||
        (path.starts_with(point) && path.size() > point.size() && path[point.size()] == '/');
    // The later of two at one point lies over the earlier.
    if (inside && (best == nullptr || point.size() >= best->point.size())) best = &mount;
  }
  return best != nullptr && best->writable;
}

bool may_write(const Credentials& who, uint32_t owner, uint32_t group, uint32_t mode) {
  constexpr uint32_t kWrite = 02;
  if ((who.capabilities.effective >> CAP_DAC_OVERRIDE & 1U) != 0) return true;
  // The ids of the file system, the last of the four.
  if (who.uids[3] == owner) return (mode >> 6U & kWrite) != 0;
  const bool member =
      who.gids[3] == group || std::ranges::find(who.groups, group) != who.groups.end();
  return ((member ? mode >> 3U : mode) & kWrite) != 0;
}

}  // namespace holdfast::cli::audit
