// Every field of the compiled files is told when it changes: the fields come from proto/*.proto, so
// that a new one fails here until `holdfast diff` names it.
#include <google/protobuf/message_lite.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "config/compile.h"
#include "config/difference.h"
#include "source_tree.h"

namespace holdfast::config {
namespace {

using google::protobuf::MessageLite;

struct Field {
  std::string message;
  std::string type;
  std::string name;
  unsigned number = 0;

  std::string full_name() const { return message + "." + name; }
};

// The messages of one file, which nests nothing but enums and oneofs.
void read_fields(const std::string& text, std::vector<Field>& fields) {
  static const std::regex kMessage(R"(^message (\w+) \{)");
  static const std::regex kField(R"(^ +(?:repeated |optional )?(\w+) (\w+) = (\d+);)");
  std::istringstream lines(text);
  std::string message;
  bool in_enum = false;
  for (std::string line; std::getline(lines, line);) {
    std::smatch found;
    if (std::regex_search(line, found, kMessage)) message = found[1];
    if (line.find("enum ") != std::string::npos) in_enum = true;
    if (line.find('}') != std::string::npos) in_enum = false;
    if (in_enum || !std::regex_search(line, found, kField)) continue;
    fields.push_back({message, found[1], found[2], static_cast<unsigned>(std::stoul(found[3]))});
  }
}

std::vector<Field> all_fields() {
  std::vector<Field> fields;
  for (const char* name : {"common", "engine", "net", "checker", "notifier"}) {
    read_fields(read_source(std::string("proto/") + name + "_config.proto"), fields);
  }
  return fields;
}

// One of each message, where a change of it is a change of the whole.
const std::map<std::string, std::function<MessageLite*(Compiled&)>>& examples() {
  static const std::map<std::string, std::function<MessageLite*(Compiled&)>> kExamples = {
      {"Address", [](Compiled& all) { return all.net.mutable_routers(0)->mutable_addresses(0); }},
      {"Authentication",
       [](Compiled& all) { return all.engine.mutable_routers(0)->mutable_authentication(); }},
      {"Command",
       [](Compiled& all) { return all.notifier.mutable_routers(0)->mutable_notify_master(); }},
      {"Exec",
       [](Compiled& all) {
         return all.notifier.mutable_routers(0)->mutable_notify_master()->mutable_exec();
       }},
      {"Shell",
       [](Compiled& all) {
         return all.notifier.mutable_routers(0)->mutable_notify_backup()->mutable_shell();
       }},
      {"Remote",
       [](Compiled& all) {
         return all.notifier.mutable_routers(0)->mutable_notify_stop()->mutable_remote();
       }},
      {"EngineConfig", [](Compiled& all) { return &all.engine; }},
      {"Check", [](Compiled& all) { return all.engine.mutable_checks(0); }},
      {"EngineRouter", [](Compiled& all) { return all.engine.mutable_routers(0); }},
      {"Tracker", [](Compiled& all) { return all.engine.mutable_routers(0)->mutable_trackers(0); }},
      {"NetConfig", [](Compiled& all) { return &all.net; }},
      {"NetRouter", [](Compiled& all) { return all.net.mutable_routers(0); }},
      {"GratuitousArp",
       [](Compiled& all) { return all.engine.mutable_routers(0)->mutable_garp(); }},
      {"CheckerConfig", [](Compiled& all) { return &all.checker; }},
      {"ScriptCheck", [](Compiled& all) { return all.checker.mutable_scripts(0); }},
      {"NotifierConfig", [](Compiled& all) { return &all.notifier; }},
      {"NotifierRouter", [](Compiled& all) { return all.notifier.mutable_routers(0); }},
      {"Mail", [](Compiled& all) { return all.notifier.mutable_mail(); }},
  };
  return kExamples;
}

// Fields that need no words of their own, each with the reason.
const std::map<std::string, std::string>& unspoken() {
  static const std::string kFromName = "made from the name, whose change is told";
  static const std::string kTwice = "the compiler writes it from the same value as the engine's";
  static const std::map<std::string, std::string> kUnspoken = {
      {"EngineConfig.generation", "a fingerprint of what is told"},
      {"NetConfig.generation", "a fingerprint of what is told"},
      {"NetConfig.engine_uid", "who starts the compiler says it, no text"},
      {"CheckerConfig.generation", "a fingerprint of what is told"},
      {"NotifierConfig.generation", "a fingerprint of what is told"},
      {"Check.id", kFromName},
      {"EngineRouter.id", kFromName},
      {"NetRouter.id", kFromName},
      {"ScriptCheck.id", kFromName},
      {"NotifierRouter.id", kFromName},
      {"Command.text", "the author's words, for messages: what runs is the rest"},
      {"Remote.script_id", "of the runner's own file: the words tell which script it is"},
      {"NetRouter.vrid", kTwice},
      {"NetRouter.advert_interval_ms", kTwice},
      {"NetRouter.multicast_group", kTwice},
      {"NetRouter.interface", kTwice},
      {"NetRouter.advertisement", kTwice},
  };
  return kUnspoken;
}

constexpr std::string_view kText = R"(
global_defs {
    notification_email { root@localhost }
    smtp_server 127.0.0.1
}
vrrp_script chk {
    script "/bin/true"
    interval 1
    weight -5
}
vrrp_instance a {
    interface eth0
    virtual_router_id 52
    authentication {
        auth_type PASS
        auth_pass hunter22
    }
    virtual_ipaddress { 10.0.0.1/24 }
    virtual_ipaddress_excluded { 10.0.0.2/24 }
    track_script { chk }
    notify_master "/bin/tell"
    notify_backup "/bin/tell; /bin/true"
    notify_stop "/bin/tell" nobody
}
)";

Compiled example() {
  const auto result =
      compile(std::string(kText), "x.conf", {.host_name = "host", .read_script = {}});
  EXPECT_TRUE(result.ok()) << result.report;
  return {result.engine, result.net, result.checker, result.notifier};
}

// One field in protobuf's wire format: of what stands twice the last counts, and lists grow.
std::string on_the_wire(const Field& field, unsigned choice) {
  const bool has_length = field.type == "string" || field.type == "bytes";
  const unsigned tag = field.number << 3U | (has_length ? 2U : 0U);
  std::string bytes;
  for (unsigned rest = tag; rest > 0; rest >>= 7U) {
    bytes += static_cast<char>((rest & 0x7fU) | (rest > 0x7fU ? 0x80U : 0U));
  }
  if (!has_length) return bytes + static_cast<char>(choice == 0 ? 0 : 1);
  return bytes + (choice == 0 ? std::string("\4abcd") : std::string("\4efgh"));
}

bool is_message(const std::string& type) {
  return examples().contains(type);
}

// The field with another value.
Compiled changed(const Compiled& all, const Field& field) {
  for (const unsigned choice : {0U, 1U}) {
    Compiled other = all;
    MessageLite* message = examples().at(field.message)(other);
    const std::string before = message->SerializeAsString();
    EXPECT_TRUE(message->ParseFromString(before + on_the_wire(field, choice)));
    if (message->SerializeAsString() != before) return other;
  }
  ADD_FAILURE() << field.full_name() << " cannot be changed";
  return all;
}

TEST(DifferenceFields, TellEveryOneThatChanges) {
  const Compiled before = example();
  const std::vector<Field> fields = all_fields();
  EXPECT_GT(fields.size(), 70U);
  for (const Field& field : fields) {
    ASSERT_TRUE(examples().contains(field.message)) << "no example of " << field.message;
    if (is_message(field.type) || unspoken().contains(field.full_name())) continue;
    const auto result = difference(before, changed(before, field));
    ASSERT_FALSE(result.changes.empty()) << field.full_name() << " changes in silence";
    for (const std::string& change : result.changes) {
      EXPECT_EQ(change.find("something else"), std::string::npos)
          << field.full_name() << " has no words of its own";
    }
  }
}

TEST(DifferenceFields, AreAllThere) {
  std::set<std::string> names;
  std::set<std::string> messages;
  for (const Field& field : all_fields()) {
    names.insert(field.full_name());
    messages.insert(field.message);
  }
  for (const auto& [name, why] : unspoken()) EXPECT_TRUE(names.contains(name)) << name << why;
  for (const auto& [name, get] : examples()) EXPECT_TRUE(messages.contains(name)) << name;
}

// What only a file of another version can hold is not silent either.
TEST(DifferenceFields, TellWhatTheyDoNotKnow) {
  const Compiled before = example();
  const Field unknown{"NotifierRouter", "uint32", "of_tomorrow", 99};
  for (const char* message : {"EngineRouter", "NetRouter", "NotifierRouter"}) {
    Field field = unknown;
    field.message = message;
    EXPECT_FALSE(difference(before, changed(before, field)).changes.empty()) << message;
  }
}

}  // namespace
}  // namespace holdfast::config
