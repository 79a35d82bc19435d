#include "config/instance_items.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/arguments.h"
#include "config/catalogue.h"
#include "config/rows.h"

namespace holdfast::config {
namespace {

constexpr size_t kPasswordBytesMax = 8;
constexpr size_t kAdvertisedMax = 255;
constexpr int64_t kPrefixMax = 32;

enum class Handling { kDevice, kIgnored, kNotYet };

struct Option {
  std::string_view name;
  size_t arguments;
  Handling handling;
  std::string_view why;
};

constexpr std::array kOptions = std::to_array<Option>({
    {"dev", 1, Handling::kDevice, ""},
    {"label", 1, Handling::kIgnored, "addresses are held without a label"},
    {"brd", 1, Handling::kIgnored, "the kernel needs no broadcast address to deliver"},
    {"broadcast", 1, Handling::kIgnored, "the kernel needs no broadcast address to deliver"},
    {"scope", 1, Handling::kNotYet, "addresses have global scope"},
    {"peer", 1, Handling::kNotYet, "only plain addresses are held"},
    {"home", 0, Handling::kNotYet, "it is for IPv6"},
    {"-nodad", 0, Handling::kNotYet, "it is for IPv6"},
    {"mngtmpaddr", 0, Handling::kNotYet, "it is for IPv6"},
    {"noprefixroute", 0, Handling::kNotYet, "the kernel's route of the prefix is always made"},
    {"autojoin", 0, Handling::kNotYet, "no multicast group is joined"},
    {"no_track", 0, Handling::kNotYet, "a lost address is always put back"},
    {"preferred_lft", 1, Handling::kNotYet, "lifetimes follow the lease"},
    {"use_vmac", 0, Handling::kNotYet, "addresses keep the interface's own MAC address"},
});

void report_unknown_option(const Word& word, Diagnostics& diagnostics) {
  std::vector<std::string_view> names;
  for (const Option& option : kOptions) names.push_back(option.name);
  Diagnostic& diagnostic =
      diagnostics.report<kUnknownOption>(word.place, in_backticks(word.text), "a virtual address");
  const auto similar = most_similar(word.text, names);
  if (!similar.empty()) {
    diagnostic.help(fmt::format("did you mean {}?", in_backticks(similar)));
  } else if (Ipv4::from_text(word.text.substr(0, word.text.find('/')))) {
    diagnostic.help("write each address on a line of its own");
  }
}

// False: something was reported as an error.
bool read_options(const std::vector<Word>& words, VirtualAddress& item, Diagnostics& diagnostics) {
  for (size_t i = 1; i < words.size(); ++i) {
    const Word& word = words[i];
    const auto* option = std::ranges::find(kOptions, word.text, &Option::name);
    if (option == kOptions.end()) {
      report_unknown_option(word, diagnostics);
      return false;
    }
    if (i + option->arguments >= words.size() && option->arguments > 0) {
      diagnostics.report<kMissingArgument>(word.place, in_backticks(word.text),
                                           "a value behind it");
      return false;
    }
    i += option->arguments;
    const std::string name = in_backticks(option->name);
    switch (option->handling) {
      case Handling::kDevice:
        if (!check_interface(words[i], diagnostics)) return false;
        item.device = {words[i].text, words[i].place};
        break;
      case Handling::kIgnored:
        diagnostics.report<kHasNoUse>(word.place, name).note(std::string(option->why));
        break;
      case Handling::kNotYet:
        diagnostics.report<kUnsupported>(word.place, name).note(std::string(option->why));
        return false;
    }
  }
  return true;
}

bool read_prefix(const Word& word, VirtualAddress& item, Diagnostics& diagnostics) {
  const size_t slash = word.text.find('/');
  if (slash == std::string::npos) {
    diagnostics.report<kNoPrefix>(word.place, word.text)
        .help(fmt::format("write {}/32 if that is meant, or the length of the network's prefix",
                          word.text));
    return true;
  }
  const auto length = std::string_view(word.text).substr(slash + 1);
  const auto number = whole_number(length);
  if (number && *number >= 0 && *number <= kPrefixMax) {
    item.prefix_length = *number;
    return true;
  }
  Place place = word.place;
  place.column += static_cast<uint32_t>(slash) + 1;
  place.width = std::max<uint32_t>(word.place.width - static_cast<uint32_t>(slash) - 1, 1);
  diagnostics.report<kBadPrefix>(word.bare ? place : word.place);
  return false;
}

}  // namespace

void add_virtual_address(Call& call, std::vector<VirtualAddress>& list) {
  const Word& word = call.statement.words.front();
  VirtualAddress item;
  const auto text = std::string_view(word.text).substr(0, word.text.find('/'));
  const auto address = read_address(word, text, "this line", call.diagnostics);
  if (!address) return;
  item.address = {*address, word.place};
  if (!read_prefix(word, item, call.diagnostics)) return;
  if (!read_options(call.statement.words, item, call.diagnostics)) return;
  if (list.size() == kAdvertisedMax && &list == &call.instance().addresses) {
    call.diagnostics.report<kTooManyAddresses>(word.place)
        .help("move addresses into `virtual_ipaddress_excluded`");
  }
  list.push_back(std::move(item));
}

void add_tracked_script(Call& call) {
  const auto& words = call.statement.words;
  TrackedScript tracked;
  tracked.name = {words[0].text, words[0].place};
  if (words.size() > 1) {
    if (words[1].text != "weight") {
      call.diagnostics
          .report<kUnknownOption>(words[1].place, in_backticks(words[1].text), "`track_script`")
          .help("a line is NAME [weight N [reverse]]");
      return;
    }
    const Weight weight = read_weight(words, 2, call.diagnostics);
    if (!weight.ok) return;
    tracked.weight = weight.weight;
    tracked.reverse = weight.reverse;
  }
  call.instance().tracked.push_back(std::move(tracked));
}

void set_authentication_type(Call& call) {
  const Value& type = call.value();
  set(call.instance().authentication.type, type);
  if (type.text == "PASS") return;
  if (type.text == "AH") {
    call.diagnostics.report<kUnsupported>(type.place, "auth_type AH")
        .note("it signs with MD5, and RFC 3768 removed it")
        .help("use PASS on every host");
    return;
  }
  call.diagnostics.report<kNotAChoice>(type.place, "`auth_type`", "`PASS` or `AH`")
      .help("write PASS");
}

// The password itself never stands in a message's own words.
void set_password(Call& call) {
  const Value& pass = call.value();
  set(call.instance().authentication.pass, pass);
  if (call.statement.cut_by_comment) {
    call.diagnostics.report<kPasswordCut>(pass.place)
        .note("`#` and `!` start a comment, so that the rest is not part of the password")
        .help("put the password in double quotes, on every host");
  }
  if (pass.text.size() <= kPasswordBytesMax) return;
  call.diagnostics.report<kPasswordTooLong>(pass.place, pass.text.size())
      .note("keepalived cuts the rest off silently")
      .help("keep the first 8 bytes, here and on every host");
}

}  // namespace holdfast::config
