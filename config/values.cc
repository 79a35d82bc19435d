// Single words, read by the type of an argument.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <limits>

#include "config/arguments.h"
#include "config/catalogue.h"

namespace holdfast::config {
namespace {

using Kind = Argument::Kind;

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kHuge = std::numeric_limits<int64_t>::max() / 16;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_all(std::string_view text, auto predicate) {
  return !text.empty() && std::ranges::all_of(text, predicate);
}

bool is_ipv6(std::string_view text) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

bool is_any_address(std::string_view text) {
  return Ipv4::from_text(text).has_value() || is_ipv6(text);
}

// A host of a route or rule may be a word, too; a mask may be written as an address.
bool is_network(std::string_view text) {
  const size_t slash = text.find('/');
  const std::string_view host = text.substr(0, slash);
  if (slash == std::string_view::npos) {
    return is_any_address(host) || host == "default" || host == "all" || host == "any";
  }
  const std::string_view mask = text.substr(slash + 1);
  const int64_t most = is_ipv6(host) ? 128 : 32;
  if (!is_any_address(host)) return false;
  if (is_all(mask, is_digit)) return whole_number(mask).value_or(most + 1) <= most;
  return Ipv4::from_text(mask).has_value();
}

// Or like a slip in one: 192.0.2.1, 192.0.2, 192.0.2.1/24, 192.0..1.
bool looks_like_address(std::string_view text) {
  text = text.substr(0, text.find('/'));
  const bool has_dots = text.contains('.') && is_digit(text.front());
  return is_any_address(text) ||
         (has_dots && is_all(text, [](char c) { return is_digit(c) || c == '.'; }));
}

// 192.0.2.10-20, fe80::10-1f: the last number runs.
bool is_range(std::string_view text) {
  const size_t dash = text.find('-');
  const std::string_view last = dash == std::string_view::npos ? "0" : text.substr(dash + 1);
  return is_any_address(text.substr(0, dash)) && is_all(last, is_hex_digit);
}

bool is_host(std::string_view text) {
  return is_any_address(text) || is_all(text, [](char c) {
           return is_digit(c) || is_letter(c) || c == '.' || c == '-' || c == '_' ||
                  static_cast<unsigned char>(c) >= 0x80;
         });
}

bool is_mac(std::string_view text) {
  constexpr size_t kTwoDigitsAndColon = 3;
  if (text.size() % kTwoDigitsAndColon != 2) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool colon = i % kTwoDigitsAndColon == 2;
    if (colon ? text[i] != ':' : !is_hex_digit(text[i])) return false;
  }
  return true;
}

bool is_of_kind(Kind kind, std::string_view text) {
  switch (kind) {
    case Kind::kAddress6:
      return is_ipv6(text);
    case Kind::kAnyAddress:
      return is_any_address(text);
    case Kind::kNetwork:
      return is_network(text);
    case Kind::kRange:
      return is_range(text);
    case Kind::kHost:
      return is_host(text);
    case Kind::kHex:
      return is_all(text, [](char c) { return is_hex_digit(c) || c == 'X' || c == 'x'; });
    case Kind::kMac:
      return is_mac(text);
    case Kind::kUser:
      return is_user_name(text);
    default:
      return !text.empty();
  }
}

// "`NAT`, `DR` or `TUN`"
std::string one_of(std::span<const std::string_view> choices) {
  const std::string last = fmt::format("`{}`", choices.back());
  if (choices.size() == 1) return last;
  return fmt::format("`{}` or {}", fmt::join(choices.first(choices.size() - 1), "`, `"), last);
}

// What a bound looks like to a person: microseconds as seconds.
std::string bound_text(Kind kind, int64_t bound) {
  if (kind == Kind::kNumber) return fmt::format("{}", bound);
  return fmt::format("{} s", static_cast<double>(bound) / kMicrosPerSecond);
}

// The digits that a word begins with, if the rest looks like a unit or a slip: `5s`, `100,`.
std::string_view leading_number(std::string_view text) {
  const auto* end = std::ranges::find_if_not(text, [](char c) { return is_digit(c) || c == '.'; });
  return text.substr(0, static_cast<size_t>(end - text.begin()));
}

// Other languages end a line, or part values, with these.
bool has_tail(std::string_view text) {
  return text.size() > 1 && (text.ends_with(',') || text.ends_with(';'));
}

void suggest_without_tail(std::string_view text, Diagnostic& diagnostic) {
  if (!has_tail(text)) return;
  diagnostic.help(fmt::format("write {}: a line ends without a sign",
                              in_backticks(text.substr(0, text.size() - 1))));
}

// One word.
class WordReader {
 public:
  WordReader(const Argument& argument, const Word& word, std::string_view name,
             Diagnostics& diagnostics)
      : argument_(argument), word_(word), name_(name), diagnostics_(diagnostics) {}

  bool read(Value& value) {
    value.place = word_.place;
    value.text = word_.text;
    switch (argument_.kind) {
      case Kind::kNumber:
        return read_number(value);
      case Kind::kTime:
        return read_time(value);
      case Kind::kSwitch:
        return read_switch(value);
      case Kind::kChoice:
        return read_choice();
      case Kind::kAddress: {
        const auto address = read_address(word_, word_.text, name_, diagnostics_);
        if (address) value.address = *address;
        return address.has_value();
      }
      case Kind::kInterface:
        return check_interface(word_, diagnostics_);
      default:
        return read_text();
    }
  }

 private:
  bool in_range(int64_t value) {
    if (value >= argument_.least && value <= argument_.most) return true;
    diagnostics_.report<kOutOfRange>(word_.place, name_,
                                     bound_text(argument_.kind, argument_.least),
                                     bound_text(argument_.kind, argument_.most));
    return false;
  }

  void suggest_leading_number(Diagnostic& diagnostic) const {
    const auto digits = leading_number(word_.text);
    if (word_.text.starts_with('$')) diagnostic.help("nothing above this line defines that name");
    const bool fits = !digits.empty() && digits.size() < word_.text.size();
    if (fits) diagnostic.help(fmt::format("write {}", in_backticks(digits)));
  }

  bool read_number(Value& value) {
    const auto number = whole_number(word_.text);
    if (!number) {
      suggest_leading_number(diagnostics_.report<kNotANumber>(word_.place, name_));
      return false;
    }
    value.number = *number;
    return in_range(*number);
  }

  bool read_time(Value& value) {
    const auto time = micros(word_.text);
    if (!time) {
      suggest_leading_number(diagnostics_.report<kNotATime>(word_.place, name_)
                                 .note("decimal, with at most six digits behind the point"));
      return false;
    }
    value.time = Micros(*time);
    return in_range(*time);
  }

  bool read_switch(Value& value) {
    constexpr std::array<std::string_view, 3> kOn = {"on", "true", "yes"};
    constexpr std::array<std::string_view, 3> kOff = {"off", "false", "no"};
    value.on = std::ranges::find(kOn, word_.text) != kOn.end();
    if (value.on || std::ranges::find(kOff, word_.text) != kOff.end()) return true;
    diagnostics_.report<kNotASwitch>(word_.place, name_)
        .help("write on, true or yes, or off, false or no; nothing means on");
    return false;
  }

  bool read_choice() {
    if (std::ranges::find(argument_.choices, word_.text) != argument_.choices.end()) return true;
    Diagnostic& diagnostic =
        diagnostics_.report<kNotAChoice>(word_.place, name_, one_of(argument_.choices));
    const auto same_letters = [this](std::string_view choice) {
      return std::ranges::equal(choice, word_.text, {}, lower, lower);
    };
    const auto found = std::ranges::find_if(argument_.choices, same_letters);
    if (found != argument_.choices.end()) {
      diagnostic.note("upper and lower case differ")
          .help(fmt::format("did you mean {}?", in_backticks(*found)));
      return false;
    }
    const auto similar = most_similar(word_.text, argument_.choices);
    if (!similar.empty()) diagnostic.help(fmt::format("did you mean {}?", in_backticks(similar)));
    return false;
  }

  static char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

  bool read_text() {
    if (word_.text.empty()) {
      diagnostics_.report<kMissingArgument>(word_.place, name_, argument_.what);
      return false;
    }
    if (is_of_kind(argument_.kind, word_.text)) return true;
    suggest_without_tail(word_.text,
                         diagnostics_.report<kWrongKind>(word_.place, name_, argument_.what));
    return false;
  }

  const Argument& argument_;
  const Word& word_;
  std::string_view name_;
  Diagnostics& diagnostics_;
};

}  // namespace

bool read_word(const Argument& argument, const Word& word, std::string_view name,
               Diagnostics& diagnostics, Value& value) {
  return WordReader(argument, word, name, diagnostics).read(value);
}

// Names as useradd(8) takes them, numbers, and what stands between a user and a group.
bool is_user_name(std::string_view text) {
  return !text.starts_with('-') && is_all(text, [](char c) {
    return is_digit(c) || is_letter(c) || c == '_' || c == '-' || c == '.' || c == ':' || c == '$';
  });
}

std::optional<int64_t> whole_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  int64_t value = 0;
  for (const char c : text) value = std::min(value * 10 + (c - '0'), kHuge / 10);
  return negative ? -value : value;
}

std::optional<int64_t> micros(std::string_view text) {
  constexpr size_t kDecimals = 6;
  const size_t dot = text.find('.');
  const std::string_view decimals = dot == std::string_view::npos ? "" : text.substr(dot + 1);
  const std::string_view whole = text.substr(0, dot);
  if (decimals.size() > kDecimals || (whole.empty() && decimals.empty())) return std::nullopt;
  if (!std::ranges::all_of(whole, is_digit) || !std::ranges::all_of(decimals, is_digit)) {
    return std::nullopt;
  }
  int64_t value = std::min(whole.empty() ? 0 : *whole_number(whole), kHuge / kMicrosPerSecond);
  for (size_t i = 0; i < kDecimals; ++i) {
    value = value * 10 + (i < decimals.size() ? decimals[i] - '0' : 0);
  }
  return value;
}

// As the kernel's dev_valid_name(); IFNAMSIZ counts the final NUL.
bool is_interface_name(std::string_view text) {
  constexpr size_t kNameMax = 15;
  if (text.empty() || text.size() > kNameMax || text == "." || text == "..") return false;
  return std::ranges::none_of(text, [](char c) {
    return c == '/' || c == ':' || static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
  });
}

std::optional<Ipv4> read_address(const Word& word, std::string_view text, std::string_view what,
                                 Diagnostics& diagnostics) {
  if (auto address = Ipv4::from_text(text)) return address;
  if (text.find(':') != std::string_view::npos) {
    diagnostics.report<kUnsupported>(word.place, "IPv6").note("virtual routers are of IPv4 only");
    return std::nullopt;
  }
  Diagnostic& diagnostic = diagnostics.report<kNotAnAddress>(word.place, what);
  if (has_tail(text)) {
    suggest_without_tail(text, diagnostic);
  } else if (text.starts_with('$')) {
    diagnostic.help("nothing above this line defines that name");
  } else {
    diagnostic.help("four numbers from 0 to 255 with dots between them, such as 192.0.2.10");
  }
  return std::nullopt;
}

bool check_interface(const Word& word, Diagnostics& diagnostics) {
  // The kernel would take such names, but nobody gives them.
  const bool is_address = looks_like_address(word.text);
  if (is_interface_name(word.text) && !has_tail(word.text) && !is_address) return true;
  Diagnostic& diagnostic = diagnostics.report<kBadInterface>(word.place);
  if (has_tail(word.text)) {
    suggest_without_tail(word.text, diagnostic);
    return false;
  }
  if (is_address) {
    diagnostic.note("it is an address")
        .help("write the name of the interface that has it, as `ip -br address` shows it");
    return false;
  }
  diagnostic.note("a name has 1 to 15 bytes, without `/`, `:` or spaces");
  if (const size_t colon = word.text.find(':'); colon != std::string::npos && colon > 0) {
    diagnostic.help(fmt::format("an alias is no interface: write {}",
                                in_backticks(std::string_view(word.text).substr(0, colon))));
  }
  return false;
}

}  // namespace holdfast::config
