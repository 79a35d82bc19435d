// Mail settings that were copied and never filled in.
#include <algorithm>
#include <array>
#include <cctype>

#include "config/catalogue.h"
#include "config/lint.h"

namespace holdfast::config {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

// keepalived's sample, and the domains that are reserved for documents (RFC 2606).
bool is_placeholder(std::string_view address) {
  constexpr std::array<std::string_view, 9> kDomains = {
      "firewall.loc", "example.com",    "example.org",  "example.net",    "domain.com",
      "domain.tld",   "yourdomain.com", "mydomain.com", "your-domain.com"};
  const std::string text = lower(address);
  if (text == "acassen" || text.starts_with("acassen@")) return true;
  const auto names_domain = [&](std::string_view domain) {
    return text.ends_with(domain) && text.size() > domain.size() &&
           (text[text.size() - domain.size() - 1] == '@' ||
            text[text.size() - domain.size() - 1] == '.');
  };
  return std::ranges::any_of(kDomains, names_domain);
}

}  // namespace

void lint_mail(const LintInput& input, Diagnostics& diagnostics) {
  const MailSettings& mail = input.model.global.mail;
  const auto report = [&](const Setting<std::string>& setting) {
    diagnostics.report<kSampleMail>(setting.place, in_backticks(setting.value))
        .help("write an address that somebody reads, or remove the mail settings");
  };
  for (const auto& to : mail.to) {
    if (is_placeholder(to.value)) report(to);
  }
  if (is_placeholder(mail.from.value)) report(mail.from);
  if (mail.server.value == "192.168.200.1") {
    diagnostics.report<kSampleMail>(mail.server.place, in_backticks(mail.server.value))
        .note("it is the mail server of keepalived's sample configuration")
        .help("write the address of a mail server that takes mail from this host");
  }
}

}  // namespace holdfast::config
