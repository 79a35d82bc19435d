// Rows of the checks of a real server over HTTP and TLS.
#include "config/rows.h"

namespace holdfast::config {
namespace {

constexpr std::string_view kWhy = "real servers are not checked yet";

constexpr auto kVersions = std::to_array<std::string_view>({"1.0", "1.0C", "1.0c", "1.1"});

std::vector<Keyword> check_rows() {
  const auto row = not_yet(Block::kRealServer, kWhy, Severity::kWarning);
  std::vector<Keyword> all = {
      row.block("HTTP_GET", Block::kHttpCheck, {}, "Asks for pages over HTTP."),
      row.block("SSL_GET", Block::kHttpsCheck, {},
                "Asks for pages over HTTPS, whatever certificate the server has."),
      row.block("url", Block::kUrl, {}, "A page, and what is right about it."),
  };
  Keyword url = all.back();
  all.pop_back();
  append(all, in({Block::kHttpCheck, Block::kHttpsCheck}, url));
  const auto both = [&all](const Keyword& keyword) {
    append(all, in({Block::kHttpCheck, Block::kHttpsCheck}, keyword));
  };
  Keyword retry = row("retry", {number(0, INT32_MAX)}, "3", "How many failures a check forgives.");
  both(formerly("nb_get_retry", retry));
  both(row("virtualhost", {word("a host name")}, "as in the real_server",
           "The host name to ask for."));
  both(row("http_protocol", {choice(kVersions)}, "1.0", "The version of HTTP; C: keeps alive."));
  both(row("fast_recovery", {on_or_off()}, "off",
           "Whether a server that works again gets no delays between its pages."));
  const auto tls = not_yet(Block::kHttpsCheck, kWhy, Severity::kWarning);
  append(all, {tls("enable_sni", {}, {}, "Names the host when TLS begins."),
               tls("sni_name", {word("a host name")}, "as virtualhost",
                   "The host that is named when TLS begins.")});
  both(
      row("tls_compliant", {}, {}, "Takes a connection that ends without a TLS alert for broken."));
  return all;
}

std::vector<Keyword> page_rows() {
  const auto row = not_yet(Block::kUrl, kWhy, Severity::kWarning);
  return {
      row("path", {word("a path")}, {}, "The page."),
      row("digest", {hex()}, "any content", "The MD5 sum of the page."),
      row("status_code", {many(word("a status or range"))}, "200-299",
          "The statuses that are right."),
      row("virtualhost", {word("a host name")}, "as in the check", "The host name to ask for."),
      row("regex", {escaped(word("a regular expression"))}, "any content",
          "What the page must match."),
      row("regex_no_match", {}, {}, "Takes a page that matches for wrong."),
      row("regex_options", {many(word("an option"))}, "no options",
          "Options of PCRE2, such as caseless."),
      row("regex_min_offset", {number(0, INT32_MAX)}, "0", "Where a match begins at the earliest."),
      row("regex_max_offset", {number(0, INT32_MAX)}, "anywhere in the page",
          "Where a match begins at the latest."),
      row("regex_stack", {number(1, INT32_MAX), number(1, INT32_MAX)}, "that of PCRE2",
          "How much memory matching takes at first and at most."),
      row("tls_compliant", {}, {}, "The same for this page alone."),
  };
}

std::vector<Keyword> client_rows() {
  const auto row = not_yet(Block::kClientTls, kWhy, Severity::kWarning);
  Keyword block = row.block("SSL", Block::kClientTls, {}, "The certificate that checks present.");
  block.where = Block::kRoot;
  return {
      block,
      row("password", {word("a password")}, "none at all", "The password of the key."),
      row("ca", {path()}, "none at all", "Certificates of authorities."),
      row("certificate", {path()}, "none at all", "The certificate."),
      row("key", {path()}, "none at all", "The key."),
  };
}

}  // namespace

std::vector<Keyword> http_keywords() {
  std::vector<Keyword> all = check_rows();
  append(all, page_rows());
  append(all, client_rows());
  return all;
}

}  // namespace holdfast::config
