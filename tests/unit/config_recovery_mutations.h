// The mutations that tests/unit/config_recovery_test.cc tries.
#pragma once

#include <cstdint>
#include <string_view>

namespace holdfast::config {

constexpr const char* kSeed = "tests/seed-cluster/node1.conf";
constexpr const char* kCluster = "tests/recovery/cluster.conf";

// The text without its indentation: what is said then.
enum class Unindented : uint8_t {
  kSame,
  kElsewhere,  // one message, but at some other brace
  kUntold,     // nothing but the indentation tells what was meant: a few messages
};

struct Mutation {
  const char* file;
  std::string_view find;  // stands once in the file
  std::string_view replacement;
  std::string_view id;  // of the one message; empty: there is none
  uint32_t line;
  Unindented unindented = Unindented::kSame;
};

inline constexpr Mutation kMutations[] = {
    {kSeed, "global_defs {", "global_defs", "HF0103", 3},
    {kSeed, "notification_email {", "notification_email", "HF0103", 4},
    {kSeed, "vrrp_script chk_down {", "vrrp_script chk_down", "HF0103", 14},
    {kSeed, "vrrp_instance myr {", "vrrp_instance myr", "HF0103", 28},
    {kSeed, "authentication {", "authentication", "HF0103", 34},
    {kSeed, "virtual_ipaddress {", "virtual_ipaddress", "HF0103", 38},
    {kSeed, "track_script {", "track_script", "HF0103", 41},
    {kCluster, "vrrp_instance outside {", "vrrp_instance outside", "HF0103", 37},
    {kCluster, "virtual_ipaddress_excluded {", "virtual_ipaddress_excluded", "HF0103", 73},
    {kCluster, "vrrp_sync_group web {", "vrrp_sync_group web", "HF0103", 29, Unindented::kUntold},
    {kCluster, "    group {", "    group", "HF0103", 30, Unindented::kUntold},
    {kCluster, "virtual_server 192.0.2.10 443 {", "virtual_server 192.0.2.10 443", "HF0103", 82,
     Unindented::kUntold},
    {kCluster, "real_server 192.0.2.101 443 {", "real_server 192.0.2.101 443", "HF0103", 88,
     Unindented::kUntold},
    {kCluster, "TCP_CHECK {", "TCP_CHECK", "HF0103", 90, Unindented::kUntold},
    {kCluster, "url {", "url", "HF0103", 99, Unindented::kUntold},
    {kSeed, "    weight -5\n}\n\nvrrp_script chk_nginx", "    weight -5\n\nvrrp_script chk_nginx",
     "HF0104", 14},
    {kSeed, "   }\n   notification_email_from", "   notification_email_from", "HF0104", 4},
    {kSeed, "   vrrp_mcast_group4 224.0.67.67\n}\n", "   vrrp_mcast_group4 224.0.67.67\n", "HF0104",
     3},
    {kSeed, "        auth_pass 571f97b2\n    }\n", "        auth_pass 571f97b2\n", "HF0104", 34},
    {kSeed, "eno16777736\n    }\n", "eno16777736\n", "HF0104", 38},
    {kSeed, "        chk_nginx\n    }\n", "        chk_nginx\n", "HF0104", 41},
    {kSeed, "notify.sh fault\"\n}", "notify.sh fault\"\n", "HF0104", 28},
    {kCluster, "        root@example.net\n    }\n", "        root@example.net\n", "HF0104", 4},
    {kCluster, "    router_id lb1\n}\n", "    router_id lb1\n", "HF0104", 3},
    {kCluster, "    rise 2\n}\n", "    rise 2\n", "HF0104", 14},
    {kCluster, "        outside\n        inside\n    }\n", "        outside\n        inside\n",
     "HF0104", 30, Unindented::kElsewhere},
    {kCluster, "group_master.sh\"\n}\n", "group_master.sh\"\n", "HF0104", 29},
    {kCluster, "s3cr3t51\n    }\n", "s3cr3t51\n", "HF0104", 44},
    {kCluster, "192.0.2.11/24 dev eth0\n    }\n", "192.0.2.11/24 dev eth0\n", "HF0104", 48},
    {kCluster, "        check_haproxy\n    }\n", "        check_haproxy\n", "HF0104", 52},
    {kCluster, "outside_backup.sh\"\n}\n", "outside_backup.sh\"\n", "HF0104", 37},
    {kCluster, "203.0.113.10/32 dev eth1\n    }\n", "203.0.113.10/32 dev eth1\n", "HF0104", 73},
    {kCluster, "weight -10\n    }\n", "weight -10\n", "HF0104", 76},
    {kCluster, "    smtp_alert\n}\n", "    smtp_alert\n", "HF0104", 60},
    {kCluster, "            connect_timeout 3\n        }\n", "            connect_timeout 3\n",
     "HF0104", 90, Unindented::kElsewhere},
    {kCluster, "            connect_timeout 3\n        }\n    }\n",
     "            connect_timeout 3\n        }\n", "HF0104", 88, Unindented::kElsewhere},
    {kCluster, "                status_code 200\n            }\n",
     "                status_code 200\n", "HF0104", 99, Unindented::kElsewhere},
    {kCluster, "            connect_timeout 4\n        }\n", "            connect_timeout 4\n",
     "HF0104", 98, Unindented::kElsewhere},
    {kCluster, "            connect_timeout 4\n        }\n    }\n}\n",
     "            connect_timeout 4\n        }\n    }\n", "HF0104", 82, Unindented::kElsewhere},
    {kCluster, "        10.0.0.10/8\n    }\n", "        10.0.0.10/8\n", "HF0104", 111,
     Unindented::kElsewhere},
    {kCluster, "        10.0.0.10/8\n    }\n}\n", "        10.0.0.10/8\n    }\n", "HF0104", 108},
    {kSeed, "        auth_pass 571f97b2\n    }\n", "        auth_pass 571f97b2\n    }\n    }\n",
     "HF0112", 38},
    {kSeed, "    rise 1\n", "    rise 1\n}\n", "HF0105", 27},
    {kSeed, "    interface eno16777736\n", "    interface eno16777736\n}\n", "HF0112", 31},
    {kCluster, "        192.0.2.11/24 dev eth0\n", "        192.0.2.11/24 dev eth0\n    }\n",
     "HF0112", 52, Unindented::kElsewhere},
    {kCluster, "            connect_port 443\n            connect_timeout 3\n        }\n",
     "            connect_port 443\n            connect_timeout 3\n        }\n        }\n",
     "HF0105", 94, Unindented::kUntold},
    {kCluster, "    smtp_alert\n}\n", "    smtp_alert\n}\n}\n", "HF0105", 81},
    {kCluster, "        inside\n    }\n", "        inside\n    }\n    }\n", "HF0112", 34,
     Unindented::kUntold},
    {kSeed, "authentication {", "authentication {{", "HF0108", 34},
    {kCluster, "vrrp_instance inside {", "vrrp_instance inside {\n{", "HF0108", 61},
    {kSeed, "vrrp_instance myr {", "vrrp_instance myr\n{", "", 0},
    {kSeed, "authentication {", "authentication\n    {", "", 0},
    {kCluster, "TCP_CHECK {", "TCP_CHECK\n        {", "", 0},
    {kCluster, "virtual_server 192.0.2.10 443 {", "virtual_server 192.0.2.10 443{", "", 0},
    {kCluster, "    priority 149\n", "    priority 149 {\n    }\n", "HF0106", 64},
    {kSeed, "\"[[ -f /etc/keepalived/down ]] && exit 1 || exit 0\"",
     "\"[[ -f /etc/keepalived/down ]] && exit 1 || exit 0", "HF0005", 15},
    {kSeed, "notify.sh backup\"", "notify.sh backup", "HF0005", 46},
    {kSeed, "\"/etc/keepalived/notify.sh fault\"", "/etc/keepalived/notify.sh fault\"", "HF0005",
     47},
    {kCluster, "script \"/usr/local/bin/check_nginx\"", "script /usr/local/bin/check_nginx\"",
     "HF0005", 15},
    {kSeed, "priority 100", "priorty 100", "HF0101", 32},
    {kSeed, "virtual_router_id", "virtual_route_id", "HF0101", 31},
    {kSeed, "vrrp_script chk_down", "vvrp_script chk_down", "HF0101", 14},
    {kSeed, "vrrp_instance myr", "vrrp_instanse myr", "HF0101", 28},
    {kSeed, "virtual_ipaddress {", "virtual_ipadress {", "HF0101", 38},
    {kSeed, "track_script {", "track_scripts {", "HF0101", 41},
    {kSeed, "        auth_pass", "        auth_pas", "HF0101", 36},
    {kSeed, "global_defs {", "globaldefs {", "HF0101", 3},
    {kSeed, "    interface eno", "    iface eno", "HF0101", 30},
    {kSeed, "virtual_router_id", "vrid", "HF0101", 31},
    {kSeed, "auth_type PASS", "auth_type PAS", "HF0207", 35},
    {kSeed, "        chk_nginx\n", "        chk_ngnix\n", "HF0306", 43},
    {kSeed, "state MASTER", "state MASTR", "HF0213", 29},
    {kSeed, "172.18.67.33/16 dev", "172.18.67.333/16 dev", "HF0208", 39},
    {kSeed, "172.18.67.33/16 dev", "172.18.67.33/16 dve", "HF0211", 39},
    {kSeed, "224.0.67.67", "224.0.67", "HF0208", 11},
    {kSeed, "interface eno16777736\n", "interface\n", "HF0201", 30},
    {kSeed, "virtual_router_id 167", "virtual_router_id", "HF0201", 31},
    {kSeed, "vrrp_instance myr {", "vrrp_instance {", "HF0201", 28},
    {kSeed, "auth_pass 571f97b2", "auth_pass", "HF0201", 36},
    {kSeed, "priority 100", "priority 100, higher than node2", "HF0203", 32},
    {kSeed, "virtual_router_id 167", "virtual_router_id 167;", "HF0203", 31},
    {kSeed, "interface eno16777736\n", "interface eno16777736 eth1\n", "HF0202", 30},
    {kSeed, "router_id node1", "router_id node 1", "HF0202", 10},
    {kSeed, "interface eno16777736\n", "interface eno16777736;\n", "HF0210", 30},
    {kSeed, "virtual_router_id 167", "virtual_router_id = 167", "HF0202", 31},
    {kSeed, "virtual_router_id 167", "virtual_router_id {{ vrid }}", "HF0115", 31},
    {kSeed, "vrrp_instance myr {", "{% if first %}\nvrrp_instance {{ name }} {", "HF0115", 28},
    {kSeed, "    priority 100\n", "<<<<<<< a\n    priority 100\n=======\n>>>>>>> b\n", "HF0101",
     32},
    {kCluster, "interval 5\n", "interval 5s\n", "HF0205", 25},
    {kSeed, "    authentication {\n        auth_type PASS\n",
     "    auth_type PASS\n    authentication {\n", "HF0102", 34},
    {kSeed, "   router_id node1\n", "   router_id node1\n   virtual_router_id 167\n", "HF0102", 11},
    {kSeed, "    weight -5\n    fall 2\n", "    weight -5\n    priority 90\n    fall 2\n", "HF0102",
     24},
    {kCluster, "        check_haproxy\n", "        check_haproxy\n        192.0.2.13/24\n",
     "HF0306", 55},
    {kCluster, "        10.0.0.10/8\n", "        10.0.0.10/8\n        check_nginx\n", "HF0208",
     113},
    {kSeed, "    state MASTER\n    interface eno16777736\n",
     "    state MASTER interface eno16777736\n", "HF0122", 29},
    {kSeed, "    interval 1\n    weight -5\n    fall 2\n", "    interval 1 weight -5\n    fall 2\n",
     "HF0122", 22},
    {kCluster, "    virtual_router_id 53\n", "    virtual_router_id 53 priority 90\n", "HF0122",
     110},
    {kSeed, "    priority 100", "\u00a0\u00a0\u00a0 priority 100", "HF0004", 32},
    {kSeed, "    interface eno", "    interface\u00a0eno", "HF0004", 30},
    {kSeed, "    virtual_ipaddress {\n        172.18.67.33/16 dev eno16777736\n    }\n",
     "    virtual_ipaddress {\n", "HF0104", 38},
    {kSeed, "    virtual_ipaddress {\n        172.18.67.33/16 dev eno16777736\n    }\n", "",
     "HF0303", 28},
    {kSeed, "        auth_pass 571f97b2\n    }\n    virtual_ipaddress {\n",
     "    virtual_ipaddress {\n", "HF0104", 34},
    {kCluster,
     "vrrp_instance mgmt {\n    interface eth2\n    virtual_router_id 53\n    virtual_ipaddress "
     "{\n        10.0.0.10/8\n    }\n}\n",
     "vrrp_instance mgmt {\n    interface eth2\n    virtual_router_id 53\n    virtual_ipaddress "
     "{\n        10.0.0.10/8\n    }\n}\n\nvrrp_instance mgmt {\n    interface eth2\n    "
     "virtual_router_id 53\n    virtual_ipaddress {\n        10.0.0.10/8\n    }\n}\n",
     "HF0305", 116},
    {kCluster,
     "vrrp_script check_haproxy {\n    script \"/usr/bin/systemctl is-active haproxy\"\n    "
     "interval 5\n    weight -20\n}\n\n",
     "vrrp_script check_haproxy {\n    script \"/usr/bin/systemctl is-active haproxy\"\n    "
     "interval 5\n    weight -20\n}\n\nvrrp_script check_haproxy {\n    script "
     "\"/usr/bin/systemctl is-active haproxy\"\n    interval 5\n    weight -20\n}\n\n",
     "HF0305", 29},
    {kCluster, "    authentication {\n        auth_type PASS\n        auth_pass s3cr3t52\n    }\n",
     "    authentication {\n        auth_type PASS\n        auth_pass s3cr3t52\n    }\n    "
     "authentication {\n        auth_type PASS\n        auth_pass s3cr3t52\n    }\n",
     "HF0212", 70},
};

}  // namespace holdfast::config
