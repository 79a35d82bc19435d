"""Bad configurations, scripts and servers: said clearly, and never the cause of a takeover."""
import re
import socket
import threading
import time

import pytest
from lab import VIP, Holders, Sniffer, wait_until
from lab.namespaces import inside
from lab.netlink import AddressSocket
from lab.programs import SEED_FILES
from lab.puppet import Puppet
from lab.seed import INTERFACE

PATIENCE = 30
CONFIGURATION = (SEED_FILES / "node1.conf").read_text()
DOWN_SCRIPT = '"[[ -f /etc/keepalived/down ]] && exit 1 || exit 0"'


@pytest.fixture
def node(lab):
    """node1 of the seed, alone, with its configuration."""
    from lab import make_suite
    host = lab.add_host("node1", "172.18.67.13/16", INTERFACE)
    host.write_file("notify.sh", (SEED_FILES / "notify.sh").read_text(), 0o755)
    host.write_file("keepalived.conf", CONFIGURATION)
    host.suite = make_suite("holdfast", host)
    host.sniffer = Sniffer(lab)
    host.router = lambda: host.suite.status()["routers"][0]
    return host


def wait_log(node, text, start=0):
    wait_until(lambda: text in node.suite.log_text()[start:], PATIENCE,
               lambda: f"{text!r} in the log:\n{node.suite.log_text()[start:][-2000:]}")


def start_and_settle(node, configuration=None, priority=95):
    """Active, with the priority that a node without nginx has."""
    node.suite.start(configuration)
    node.wait_address(VIP, PATIENCE)
    node.sniffer.wait_advert(PATIENCE, port="node1", priority=priority)
    node.suite.wait_processes(node.suite.processes)


def wait_adverts(node, count=5):
    now = time.monotonic()
    wait_until(lambda: len(node.sniffer.adverts("node1", since=now)) >= count, PATIENCE,
               "it goes on advertising")


def test_what_does_not_compile_is_not_started(node):
    broken = CONFIGURATION.replace("priority 100", "priority 1000") \
                          .replace("virtual_router_id 167", "virtual_router_id x") \
                          .replace("advert_int 1", "advert_intt 1")
    node.suite.start(broken)
    assert node.suite.process.wait(PATIENCE) == 1
    log = node.suite.log_text()
    for word in ("priority 1000", "virtual_router_id x", "advert_intt 1"):
        number = next(at for at, line in enumerate(broken.splitlines(), 1) if word in line)
        assert re.search(rf"keepalived\.conf:{number}:\d+", log), f"{word}: {log}"
    assert "keepalived.conf has errors" in log
    assert node.suite.pids() == {}
    assert not node.has_address(VIP)
    assert node.sniffer.adverts() == []


def test_a_configuration_that_is_not_there(node):
    (node.keepalived / "keepalived.conf").unlink()
    node.suite.start()
    assert node.suite.process.wait(PATIENCE) == 1
    assert "/etc/keepalived/keepalived.conf" in node.suite.log_text()
    assert node.suite.pids() == {}


class Watched:
    """A reload, and what came of it for the address."""

    def __init__(self, node):
        self.node, self.pids = node, node.suite.pids()
        self.held = Holders([node], VIP)
        wait_until(lambda: self.held.now() == ["node1"], PATIENCE, "node1 holds the address")
        self.events = AddressSocket(node.namespace, follow=True)
        self.since = time.monotonic()

    def reload(self, configuration, expected):
        start = len(self.node.suite.log_text())
        self.node.write_file("keepalived.conf", configuration)
        self.node.suite.reload()
        wait_log(self.node, expected, start)

    def expect_untouched(self, priorities):
        wait_adverts(self.node)
        assert self.node.suite.pids() == self.pids
        assert len(self.held.intervals(self.since)) == 1 and self.held.now() == ["node1"]
        adverts = self.node.sniffer.adverts("node1", since=self.since)
        assert {one.priority for one in adverts} == priorities
        router = self.node.router()
        assert (router["state"], router["transitions"]) == ("Active", 2)
        # Only the kernel lease's refreshes, of which no more than one a second is asked for.
        inside(self.node.namespace, lambda: self.events._netlink.setblocking(False))
        kinds = []
        try:
            while True:
                kinds += [kind for kind, one in self.events.read() if one.ip == VIP]
        except BlockingIOError:
            pass
        finally:
            self.events.close()
        assert set(kinds) <= {"new"}
        assert len(kinds) <= time.monotonic() - self.since + 2


def test_a_bad_reload_changes_nothing(node):
    start_and_settle(node)
    watched = Watched(node)
    watched.reload(CONFIGURATION.replace("priority 100", "priority 0"), "HFR022")
    watched.expect_untouched({95})
    assert "keepalived.conf has errors" in node.suite.status()["last_reload"]


def test_an_unchanged_reload_touches_nothing(node):
    start_and_settle(node)
    watched = Watched(node)
    for _ in range(3):
        watched.reload(CONFIGURATION, "HFE060")
    watched.expect_untouched({95})
    gaps = [two.time - one.time for one, two in zip(
        node.sniffer.adverts("node1", since=watched.since),
        node.sniffer.adverts("node1", since=watched.since)[1:])]
    assert sum(gaps) / len(gaps) < 1.5  # none was left out, whatever this machine does


def test_a_changed_priority_needs_no_transition(node):
    start_and_settle(node)
    watched = Watched(node)
    watched.reload(CONFIGURATION.replace("priority 100", "priority 120"), "HFE060")
    node.sniffer.wait_advert(PATIENCE, port="node1", since=watched.since, priority=115)
    watched.expect_untouched({95, 115} if node.sniffer.adverts(
        "node1", since=watched.since)[0].priority == 95 else {115})
    assert node.router()["base_priority"] == 120


def test_an_interface_that_is_not_there_yet(lab, node):
    node.suite.start(CONFIGURATION.replace(INTERFACE, "later0"))
    wait_log(node, "later0 does not exist")
    node.suite.wait_processes(node.suite.processes)
    wait_until(lambda: node.router()["state"] in ("Fault", "Initialize"), PATIENCE,
               "it says that it cannot work yet")
    assert "later0" in node.router()["cause"] + node.suite.log_text()
    assert not node.has_address(VIP)
    lab.attach(node, "later0", "172.18.67.13/16", wire="other")
    node.wait_address(VIP, PATIENCE)
    held, = (one for one in node.addresses("later0") if one.ip == VIP)
    assert held.cidr == f"{VIP}/16"


BAD_SCRIPTS = {
    "missing": '"/etc/keepalived/nothing.sh"',
    "not executable": '"/etc/keepalived/plain.sh"',
    "bad interpreter": '"/etc/keepalived/strange.sh"',
    "hanging": '"/bin/sleep 1000"',
    "killed": "\"kill -9 $$; true\"",
}


def with_script(node, kind, weight):
    node.write_file("plain.sh", "#!/bin/sh\nexit 0\n", 0o644)
    node.write_file("strange.sh", "#!/no/such/interpreter\n", 0o755)
    return CONFIGURATION.replace(f"{DOWN_SCRIPT}\n    interval 1\n    weight -5",
                                 f"{BAD_SCRIPTS[kind]}\n    interval 1\n    weight {weight}")


@pytest.mark.parametrize("kind", BAD_SCRIPTS)
def test_a_script_that_cannot_say_yes_is_a_no(node, kind):
    """Without a weight: never Active. keepalived makes some of these the master."""
    node.suite.start(with_script(node, kind, 0))
    wait_log(node, "check `chk_down` FAILS")
    wait_until(lambda: node.router()["state"] == "Fault", PATIENCE,
               lambda: f"the router is in fault: {node.router()}")
    assert "chk_down" in node.router()["cause"]
    assert node.sniffer.adverts() == [] and not node.has_address(VIP)
    assert node.router()["transitions"] == 1


@pytest.mark.parametrize("kind", BAD_SCRIPTS)
def test_such_a_script_with_a_weight_lowers_the_priority(node, kind):
    start_and_settle(node, with_script(node, kind, -20), priority=75)
    assert node.has_address(VIP)


def test_a_script_that_floods_its_output(node):
    flood = CONFIGURATION.replace(DOWN_SCRIPT, '"yes holdfast"')
    start_and_settle(node, flood, priority=90)
    before = sum(len(one) for one in [node.suite.log_text()])
    wait_adverts(node, 6)
    assert len(node.suite.log_text()) - before < 100_000
    assert node.has_address(VIP)


def test_an_operator_who_never_reads(node):
    """Answers that nobody takes: many more than the socket and the queue hold."""
    start_and_settle(node)
    watched = Watched(node)
    operator = Puppet(node, 0, "/run/holdfast/control.sock")
    assert operator.connect() is None
    ask_for_status = bytes.fromhex("0a020801")  # OperatorToEngine{status{protocol_version: 1}}
    for _ in range(20):
        assert operator.send(*[ask_for_status] * 200) == 200
    watched.expect_untouched({95})
    assert b"myr" in operator.receive()  # it was asked, and did answer


class SilentServer:
    """Accepts on 127.0.0.1:25 and never says a word."""

    def __init__(self, host):
        def listen():
            listening = socket.socket()
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(("127.0.0.1", 25))
            listening.listen()
            return listening
        self._listening = inside(host.namespace, listen)
        self.accepted = []
        threading.Thread(target=self._accept, daemon=True).start()
        host.lab.on_close(self.close)

    def _accept(self):
        while True:
            try:
                self.accepted.append(self._listening.accept()[0])
            except OSError:
                return

    def close(self):
        try:
            self._listening.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        for one in [self._listening, *self.accepted]:
            one.close()


def test_a_mail_server_that_never_answers(lab, node):
    from lab import MailServer
    alerting = CONFIGURATION.replace("    advert_int 1\n", "    advert_int 1\n    smtp_alert\n") \
                            .replace("smtp_connect_timeout 30", "smtp_connect_timeout 2")
    silent = SilentServer(node)
    start_and_settle(node, alerting)
    wait_until(lambda: silent.accepted, PATIENCE, "the notifier connects")
    wait_log(node, "is tried again")
    assert node.router()["state"] == "Active"
    wait_adverts(node)
    assert any(node.suite.path("spool").rglob("*")), "the mail is kept"
    silent.close()
    server = MailServer(node)
    server.start()
    mail = server.wait_mail("[node1] VRRP Instance myr - Entering MASTER state", 120)
    assert mail.subject == "[node1] VRRP Instance myr - Entering MASTER state"
    assert mail.recipients == ["root@localhost"] and "keepalived@localhost" in mail.sender
    assert "=> VRRP Instance is now owning VRRP VIPs <=" in mail.body
