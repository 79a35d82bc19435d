"""The seed cluster, unedited, from the package: two machines with systemd on one wire."""
import contextlib
import subprocess

import pytest
from lab.machine import Machine
from lab.package import install
from lab.programs import SEED_FILES
from lab.waiting import wait_until

VIP = "172.18.67.33/16"
WEB = {1: "172.18.67.11/16", 2: "172.18.67.12/16"}
# Each answers with its name and address, as the operator's do.
SERVER = """import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(sys.argv[1].encode())
http.server.HTTPServer(("", 80), Answer).serve_forever()
"""


@pytest.fixture
def nodes(wire, package):
    with contextlib.ExitStack() as stack:
        for number, address in WEB.items():
            namespace = wire.attach(address)
            answer = f"RS{number}:{address.split('/', maxsplit=1)[0]}"
            server = subprocess.Popen(["ip", "netns", "exec", namespace, "/usr/bin/python3", "-c",
                                       SERVER, answer], stderr=subprocess.DEVNULL)
            stack.callback(server.wait)
            stack.callback(server.kill)
        made = []
        for number, address in ((1, "172.18.67.13/16"), (2, "172.18.67.14/16")):
            node = stack.enter_context(Machine(wire, address, f"node{number}", "eno16777736"))
            install(node, package, (SEED_FILES / f"node{number}.conf").read_text())
            node.write("/etc/keepalived/notify.sh", (SEED_FILES / "notify.sh").read_text(), 0o755)
            node.write("/etc/nginx/sites-enabled/default",
                       (SEED_FILES / "nginx-site.conf").read_text())
            # The operator's check is `killall -0 nginx`.
            node.check("install -D -m 644 -t /etc/systemd/system/holdfast-checker.service.d "
                       "/usr/share/holdfast/signal-zero.conf; systemctl daemon-reload; "
                       "systemctl start nginx holdfast.target")
            made.append(node)
        yield made


def answers(client):
    """Who answers four requests to the moving address; each of nginx's workers takes turns."""
    return {subprocess.run(["ip", "netns", "exec", client, "curl", "-s", "-m", "2",
                            "http://172.18.67.33"], text=True, stdout=subprocess.PIPE,
                           check=False).stdout.split(":")[0] for _ in range(4)}


def test_the_seed_cluster_fails_over(wire, nodes):
    first, second = nodes
    client = wire.attach("172.18.0.50/16")
    wait_until(lambda: VIP in first.addresses(), 20, "node1 holds the address")
    wait_until(lambda: "check chk_nginx: passes" in first.check("holdfast status"), 10,
               "signal 0 reaches nginx")
    assert VIP not in second.addresses()
    wait_until(lambda: answers(client) == {"RS1", "RS2"}, 10,
               "the client is served by both")

    first.check("systemctl stop holdfast.target")
    wait_until(lambda: VIP in second.addresses() and VIP not in first.addresses(), 10,
               "node2 has taken over")
    assert answers(client) == {"RS1", "RS2"}
    wait_until(lambda: "Active" in second.check("holdfast status"), 5, "and says so")
    for node in nodes:
        failed = node.run("systemctl list-units --failed --plain --no-legend 'holdfast*'")
        assert failed.stdout == ""


def test_the_grant_is_for_signal_zero_alone(nodes):
    """A check script that tries more gets nothing but an error."""
    first, _ = nodes
    nginx = first.check("pgrep -o -u root nginx").strip()
    first.write("/etc/keepalived/keepalived.conf", f"""
vrrp_script more {{
    script "kill -0 {nginx} && kill -TERM {nginx}; echo $? > /tmp/more; kill -0 {nginx}"
    interval 1
}}
vrrp_instance V {{
    interface eno16777736
    virtual_router_id 9
    virtual_ipaddress {{
        172.18.9.9/16
    }}
    track_script {{
        more
    }}
}}
""", 0o600)
    first.check("systemctl reload holdfast-config")
    wait_until(lambda: "check more: passes" in first.run("holdfast status").stdout, 15,
               "signal 0 is sent")
    first.check("sleep 2")  # some more rounds
    assert first.check("pgrep -o -u root nginx").strip() == nginx
    first.check("systemctl is-active nginx")
    audit = first.check("holdfast audit")
    assert "DEVIATION" not in audit and "runner" in audit
