#include "config/instance_items.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/arguments.h"
#include "config/catalogue.h"
#include "config/rows.h"

namespace holdfast::config {
namespace {

constexpr size_t kAdvertisedMax = 255;
constexpr int64_t kPrefixMax = 32;

constexpr Option later(std::string_view name, std::string_view why, Argument takes = {}) {
  return {.name = name, .first = takes, .support = Support::kNotYet, .why = why};
}

constexpr Option ignored(std::string_view name, std::string_view why, Argument takes) {
  Option option = later(name, why, takes);
  option.ignoring = Severity::kWarning;
  return option;
}

constexpr std::string_view kForIpv6 = "it is for IPv6";
constexpr std::string_view kBroadcast = "the kernel needs no broadcast address to deliver";

constexpr auto kAddressOptions = std::to_array<Option>({
    {.name = "dev", .first = interface_name()},
    ignored("label", "addresses are held without a label", word("a label")),
    ignored("brd", kBroadcast, word("an address")),
    ignored("broadcast", kBroadcast, word("an address")),
    later("scope", "addresses have global scope", word("a scope")),
    later("peer", "only plain addresses are held", network()),
    later("home", kForIpv6),
    later("-nodad", kForIpv6),
    later("mngtmpaddr", kForIpv6),
    later("noprefixroute", "the kernel's route of the prefix is always made"),
    later("autojoin", "no multicast group is joined"),
    later("no_track", "a lost address is always put back"),
    later("preferred_lft", "lifetimes follow the lease", word("seconds or `forever`")),
    later("use_vmac", "addresses keep the interface's own MAC address"),
});
constexpr Options kAddress{"a virtual address", kAddressOptions};

bool read_prefix(const Word& word, VirtualAddress& item, Diagnostics& diagnostics) {
  const size_t slash = word.text.find('/');
  if (slash == std::string::npos) {
    item.has_prefix = false;
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

// Whether it has been said of an option in this line.
bool is_told_unsupported(const Call& call) {
  if (call.diagnostics.all().empty()) return false;
  const Diagnostic& last = call.diagnostics.all().back();
  const Place place = call.statement.place();
  return last.finding.id == kUnsupported.id && last.place.line == place.line &&
         last.place.file == place.file && last.place.expansion == place.expansion;
}

}  // namespace

std::vector<Argument> virtual_address() {
  Argument address = word("an address");
  address.shown = "ADDRESS[/LENGTH]";
  return {address, options(kAddress)};
}

void add_virtual_address(Call& call, std::vector<VirtualAddress>& list) {
  const Word& word = call.statement.words.front();
  VirtualAddress item;
  const auto text = std::string_view(word.text).substr(0, word.text.find('/'));
  if (text.contains(':') && &list == &call.instance().addresses) call.instance().is_ipv6 = true;
  // One message is enough for a line of IPv6.
  if (text.contains(':') && is_told_unsupported(call)) return;
  const auto address = read_address(word, text, "this line", call.diagnostics);
  if (!address) return;
  item.address = {*address, word.place};
  if (!read_prefix(word, item, call.diagnostics)) return;
  for (const FoundOption& found : call.value(1).options) {
    if (found.option->name == "dev") set(item.device, found.values.front());
  }
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

void add_tracked_interface(Call& call) {
  TrackedInterface tracked;
  set(tracked.name, call.value());
  for (const FoundOption& found : call.value(1).options) {
    if (found.option->name == "weight") set(tracked.weight, found.values.front());
  }
  call.instance().tracked_interfaces.push_back(std::move(tracked));
}

void set_authentication_type(Call& call) {
  const Value& type = call.value();
  set(call.instance().authentication.type, type);
  if (type.text == "PASS" || type.text == "AH") return;
  call.diagnostics.report<kNotAChoice>(type.place, "`auth_type`", "`PASS` or `AH`")
      .help("write PASS");
}

void set_password(Call& call) {
  AuthenticationSettings& settings = call.instance().authentication;
  set(settings.pass, call.value());
  settings.pass_is_cut = call.statement.cut_by_comment;
}

}  // namespace holdfast::config
