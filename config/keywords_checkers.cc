// Rows of the checks of a real server, but for those over HTTP.
#include "config/rows.h"

namespace holdfast::config {
namespace {

constexpr std::string_view kWhy = "real servers are not checked yet";
constexpr int64_t kCountMax = INT32_MAX;
constexpr double kSecondsMax = 86400;
constexpr int64_t kReplyMax = 65535;

constexpr auto kRecordTypes = std::to_array<std::string_view>(
    {"A", "NS", "CNAME", "SOA", "MX", "TXT", "AAAA", "RRSIG", "DNSKEY"});

constexpr UnsupportedRows kRow = not_yet(Block::kRealServer, kWhy, Severity::kWarning);

std::vector<Keyword> blocks() {
  const auto check = [](std::string_view name, Block opens, std::string_view doc) {
    return kRow.block(name, opens, {}, doc);
  };
  return {
      check("TCP_CHECK", Block::kTcpCheck, "Connects, and no more."),
      check("PING_CHECK", Block::kPingCheck, "Sends an ICMP echo request."),
      check("SMTP_CHECK", Block::kSmtpCheck, "Greets a mail server."),
      check("DNS_CHECK", Block::kDnsCheck, "Asks a name server."),
      check("UDP_CHECK", Block::kUdpCheck, "Sends a datagram."),
      check("MISC_CHECK", Block::kMiscCheck, "Runs a command."),
      check("BFD_CHECK", Block::kBfdCheck, "Looks at a bfd_instance."),
      check("FILE_CHECK", Block::kFileCheck, "Looks at a track_file."),
  };
}

// What all checks have; a virtual_server and real_server give defaults.
std::vector<Keyword> timing_rows() {
  std::vector<Keyword> all;
  const auto everywhere = [&all](const Keyword& row) {
    append(all, in({Block::kVirtualServer, Block::kRealServer, Block::kTcpCheck, Block::kPingCheck,
                    Block::kHttpCheck, Block::kHttpsCheck, Block::kSmtpCheck, Block::kDnsCheck,
                    Block::kUdpCheck, Block::kMiscCheck},
                   row));
  };
  everywhere(kRow("retry", {number(0, kCountMax)}, "1; 3 over HTTP and DNS, 0 for MISC_CHECK",
                  "How many more failures a check forgives."));
  everywhere(kRow("delay_before_retry", {seconds(0, kSecondsMax)}, "1 s; 3 s over HTTP",
                  "Seconds to the next try after a failure."));
  everywhere(kRow("warmup", {seconds(0, kSecondsMax)}, "as delay_loop",
                  "Seconds over which first checks are spread."));
  everywhere(kRow("delay_loop", {seconds(0, kSecondsMax)}, "60", "Seconds between two checks."));
  everywhere(kRow("alpha", {on_or_off()}, "off",
                  "Whether a real server counts as failed before its first check."));
  append(all, in({Block::kBfdCheck},
                 kRow("alpha", {on_or_off()}, "off",
                      "Whether a real server counts as failed before its session is up.")));
  return all;
}

std::vector<Keyword> connection_rows() {
  std::vector<Keyword> all;
  const auto connected = [&all](const Keyword& row) {
    append(all, in({Block::kTcpCheck, Block::kPingCheck, Block::kHttpCheck, Block::kHttpsCheck,
                    Block::kSmtpCheck, Block::kSmtpHost, Block::kDnsCheck, Block::kUdpCheck},
                   row));
  };
  connected(kRow("connect_ip", {any_address()}, "that of the real server",
                 "The address to check instead."));
  connected(
      kRow("connect_port", {port()}, "that of the real server", "The port to check instead."));
  connected(kRow("bindto", {any_address()}, "as the kernel chooses",
                 "The address that the check comes from."));
  connected(
      kRow("bind_port", {port()}, "as the kernel chooses", "The port that the check comes from."));
  connected(kRow("bind_if", {interface_name()}, "as the kernel chooses",
                 "The interface that the check leaves by."));
  connected(kRow("fwmark", {number(1, UINT32_MAX)}, "no mark", "The mark of the check's packets."));
  const Keyword timeout = kRow("connect_timeout", {seconds(0, kSecondsMax)}, "5",
                               "Seconds to wait for the connection, and for each answer.");
  connected(timeout);
  append(all, in({Block::kVirtualServer, Block::kRealServer, Block::kMiscCheck}, timeout));
  append(all, in({Block::kTcpCheck, Block::kPingCheck, Block::kHttpCheck, Block::kHttpsCheck,
                  Block::kSmtpCheck, Block::kDnsCheck, Block::kUdpCheck, Block::kMiscCheck},
                 kRow("log_all_failures", {on_or_off()}, "as checker_log_all_failures",
                      "Whether every failure is logged.")));
  return all;
}

std::vector<Keyword> mail_rows() {
  const auto row = not_yet(Block::kSmtpCheck, kWhy, Severity::kWarning);
  return {
      row("helo_name", {word("a host name")}, "smtpchecker.localhost",
          "The name that greets the server."),
      row.block("host", Block::kSmtpHost, {}, "An older way to say where to connect."),
  };
}

std::vector<Keyword> query_rows() {
  const auto dns = not_yet(Block::kDnsCheck, kWhy, Severity::kWarning);
  const auto udp = not_yet(Block::kUdpCheck, kWhy, Severity::kWarning);
  return {
      dns("type", {choice(kRecordTypes)}, "SOA", "The type of record to ask for."),
      dns("name", {word("a name")}, ".", "The name to ask for."),
      udp("payload", {many(hex())}, "nothing at all", "What the datagram holds."),
      udp("require_reply", {optional(many(hex()))}, "no reply",
          "Asks for a reply, which begins like this; X stands for any digit."),
      udp("min_reply_length", {number(0, kReplyMax)}, "0", "How many bytes a reply has at least."),
      udp("max_reply_length", {number(0, kReplyMax)}, "255", "How many bytes a reply has at most."),
  };
}

std::vector<Keyword> command_rows() {
  const auto row = not_yet(Block::kMiscCheck, kWhy, Severity::kWarning);
  const auto bfd = not_yet(Block::kBfdCheck, kWhy, Severity::kWarning);
  const auto file = not_yet(Block::kFileCheck, kWhy, Severity::kWarning);
  return {
      row("misc_path", {command()}, {}, "The command: exit status 0 is success."),
      row("misc_timeout", {seconds(0, kSecondsMax)}, "as delay_loop",
          "Seconds after which the command is ended."),
      row("misc_dynamic", {}, {}, "Takes exit statuses from 2 on for the weight of the server."),
      row("user", {user(), optional(group())}, "as script_user", "Whom the command runs as."),
      bfd("name", {word("a bfd_instance")}, {}, "The session that must be up."),
      file("track_file", {word("a track_file")}, {}, "The file whose number is the weight."),
      file("weight", {number(INT32_MIN, INT32_MAX), options(kWeightDirection)},
           "that of the track_file", "What the number is multiplied with."),
  };
}

}  // namespace

std::vector<Keyword> checker_keywords() {
  std::vector<Keyword> all = blocks();
  append(all, timing_rows());
  append(all, connection_rows());
  append(all, mail_rows());
  append(all, query_rows());
  append(all, command_rows());
  return all;
}

}  // namespace holdfast::config
