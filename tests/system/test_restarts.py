"""Checker and notifier restarted: what the engine goes on believing, and what the operator is told.

One node, alone on its wire, so that whatever moves comes from the node itself.
"""
import signal
import time
from pathlib import Path

import pytest
from lab import MailServer, Sniffer, make_suite, wait_until

PATIENCE = 60
VIP = "10.9.0.50"
CONFIGURATION = """global_defs {
    router_id node1
    notification_email {
        root@localhost
    }
    notification_email_from holdfast@localhost
    smtp_server 127.0.0.1
    vrrp_version 3
}
vrrp_script verdict {
    script "/etc/keepalived/verdict.sh"
    interval 1
    timeout 50
    weight -20
    rise 1
    fall 1
}
vrrp_instance one {
    interface eth0
    virtual_router_id 9
    priority 100
    advert_int 0.1
    smtp_alert on
    virtual_ipaddress {
        10.9.0.50/24
    }
    track_script {
        verdict
    }
    notify "/etc/keepalived/told.sh"
}
"""
# It says nothing before there is a verdict: until then a new checker has no result.
VERDICT = """#!/bin/sh
until [ -e /etc/keepalived/verdict ]; do sleep 0.05; done
exit "$(cat /etc/keepalived/verdict)"
"""
TOLD = """#!/bin/sh
echo "$3" >>/etc/keepalived/told/states
while [ -e /etc/keepalived/hold ]; do sleep 0.05; done
"""


class Node:
    """The node running, Active with priority 100, with all that it says and is seen to do."""

    def __init__(self, lab):
        self.host = lab.add_host("node1", "10.9.0.1/24", "eth0")
        self.sniffer = Sniffer(lab)
        self.mail = MailServer(self.host)
        self.mail.start()
        for name, text in (("verdict.sh", VERDICT), ("told.sh", TOLD)):
            self.host.write_file(name, text, 0o755)
        (self.host.keepalived / "told").mkdir()
        (self.host.keepalived / "told").chmod(0o777)
        self.decide(True)
        self.suite = make_suite("holdfast", self.host)
        self.suite.start(CONFIGURATION)
        self.suite.wait_processes(self.suite.processes)
        wait_until(lambda: self.router()["state"] == "Active", PATIENCE, "it is Active")
        wait_until(lambda: self.checked(True), PATIENCE, "the check has passed")
        wait_until(lambda: self.told() == ["BACKUP", "MASTER"] and len(self.mailed()) == 2,
                   PATIENCE, lambda: f"the operator knows: {self.told()}, {self.mailed()}")
        self.since = time.monotonic()

    def decide(self, passes):
        """What the check finds out from now on; None: nothing, it takes its time."""
        path = self.host.keepalived / "verdict"
        if passes is None:
            path.unlink()
        else:
            new = self.host.keepalived / "verdict.new"
            new.write_text("0" if passes else "1")
            new.rename(path)

    def router(self):
        router, = self.suite.status()["routers"]
        return router

    def checked(self, passes):
        check, = self.suite.status()["checks"]
        return check["known"] and check["passing"] == passes

    def wait_priority(self, priority):
        wait_until(lambda: self.router()["effective_priority"] == priority, PATIENCE,
                   lambda: f"priority {priority}: {self.router()}")

    def adverts(self):
        return self.sniffer.adverts("node1", since=self.since)

    def wait_adverts(self, count=10):
        now = time.monotonic()
        wait_until(lambda: len(self.sniffer.adverts("node1", since=now)) >= count, PATIENCE,
                   "it goes on advertising")

    def told(self):
        path = self.host.keepalived / "told" / "states"
        return path.read_text().split() if path.exists() else []

    def mailed(self):
        """The states in the subjects, in the order of arrival."""
        return [subject.split("Entering ")[1].split()[0] for subject in self.mail.subjects()]

    def end(self, name, number):
        """End it; the launcher starts it again."""
        before = self.suite.pids()[name]
        self.host.kill(before, number)
        wait_until(lambda: self.suite.pids().get(name, before) != before, PATIENCE,
                   f"{name} is started again")

    def end_for_now(self, name, number):
        """End it; nobody is there to start it again until bring_back()."""
        before = self.suite.pids()[name]
        self.suite.sigstop("holdfast")
        self.host.kill(before, number)
        wait_until(lambda: self.suite.pids().get(name) != before, PATIENCE, f"{name} has ended")

    def bring_back(self):
        self.suite.sigcont("holdfast")

    def leave_and_return(self):
        """The cable out and in: Fault, Backup, Active."""
        self.host.unplug()
        wait_until(lambda: self.router()["state"] == "Fault", PATIENCE, "it is in Fault")
        self.host.plug()
        wait_until(lambda: self.router()["state"] == "Active", PATIENCE, "it is Active again")

    def transitions(self):
        return self.router()["transitions"]


@pytest.fixture
def node(lab):
    return Node(lab)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("passes", [True, False])
def test_the_last_health_holds_until_a_new_checker_has_a_result(node, number, passes):
    node.decide(passes)
    node.wait_priority(100 if passes else 80)
    node.since, counted = time.monotonic(), node.transitions()
    node.decide(None)
    wait_until(lambda: "verdict.sh" in node.host.run(["ps", "ax"]).stdout, PATIENCE,
               "a check is under way")
    node.end("checker", number)
    wait_until(lambda: node.suite.status()["checker_connected"], PATIENCE, "it is connected")
    node.wait_adverts()
    assert node.checked(passes)
    assert {one.priority for one in node.adverts()} == {100 if passes else 80}
    node.decide(not passes)  # the first result of the new one counts at once
    node.wait_priority(80 if passes else 100)
    assert node.transitions() == counted


def test_a_checker_that_stays_away_is_believed_for_a_bounded_time(node):
    """docs/architecture.md: 30 s from its last word on, which comes every 5 s."""
    counted = node.transitions()
    ended = time.monotonic()
    node.end_for_now("checker", signal.SIGKILL)
    node.wait_adverts()
    assert node.checked(True)
    node.wait_priority(80)
    lower = node.sniffer.wait_advert(PATIENCE, port="node1", since=ended, priority=80)
    assert lower.time - ended > 20
    assert {one.priority for one in node.adverts() if one.time < lower.time} == {100}
    assert node.router()["state"] == "Active" and node.transitions() == counted
    assert node.host.has_address(VIP)
    node.bring_back()  # it hands on what the engine has logged meanwhile
    node.wait_priority(100)
    wait_until(lambda: "[HFE044]" in node.suite.log_text(), PATIENCE, "it says so")


def expect_nothing_twice(node, expected):
    """A notifier that is new tells what happens now, and nothing that was told before."""
    node.leave_and_return()
    expected = expected + expected[2:]
    wait_until(lambda: len(node.told()) >= 8 and len(node.mailed()) >= 8, PATIENCE,
               lambda: f"the operator is told: {node.told()}, {node.mailed()}")
    assert node.told() == expected
    assert sorted(node.mailed()) == sorted(expected)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_what_happens_while_there_is_no_notifier_is_told_once(node, number):
    node.end_for_now("notifier", number)
    node.leave_and_return()
    assert node.told() == ["BACKUP", "MASTER"]
    node.bring_back()
    expected = ["BACKUP", "MASTER", "FAULT", "BACKUP", "MASTER"]
    wait_until(lambda: len(node.told()) >= 5 and len(node.mailed()) >= 5, PATIENCE,
               lambda: f"the operator is told: {node.told()}, {node.mailed()}")
    node.end("notifier", number)  # and nothing of it again by the next one
    expect_nothing_twice(node, expected)


def test_a_mail_leaves_nothing_in_the_notifier(node):
    """libcurl and what it brings goes with the process that each mail has."""
    assert node.mailed() != []
    pid = node.suite.pids()["notifier"]
    children = Path(f"/proc/{pid}/task/{pid}/children")
    wait_until(lambda: children.read_text() == "", PATIENCE, "its processes have ended")
    maps = Path(f"/proc/{pid}/maps").read_text()
    assert "libfmt" in maps and "libcurl" not in maps and "libssl" not in maps
    assert len(list(Path(f"/proc/{pid}/task").iterdir())) == 1, "it forks, and has no threads"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_mail_that_waits_outlives_the_notifier(node, number):
    node.mail.stop()
    node.leave_and_return()
    wait_until(lambda: len(node.told()) == 5, PATIENCE, lambda: f"scripts ran: {node.told()}")
    spooled = node.suite.path("spool")
    wait_until(lambda: sum(path.is_file() for path in spooled.rglob("*")) >= 3, PATIENCE,
               "three mails wait")
    node.end("notifier", number)
    for old in node.mail.directory.glob("*.json"):
        old.unlink()  # a new server counts from the start
    node.mail.start()
    wait_until(lambda: len(node.mailed()) >= 3, PATIENCE, lambda: f"it mails {node.mailed()}")
    wait_until(lambda: not any(path.is_file() for path in spooled.rglob("*")), PATIENCE,
               "no mail waits")
    assert sorted(node.mailed()) == ["BACKUP", "FAULT", "MASTER"]
    assert node.told() == ["BACKUP", "MASTER", "FAULT", "BACKUP", "MASTER"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_scripts_that_wait_behind_another_outlive_the_notifier(node, number):
    hold = node.host.keepalived / "hold"
    hold.touch()
    node.leave_and_return()
    wait_until(lambda: len(node.told()) == 3 and len(node.mailed()) == 5, PATIENCE,
               lambda: f"all is in its hands: {node.told()}, {node.mailed()}")
    node.end("notifier", number)
    hold.unlink()
    expected = ["BACKUP", "MASTER", "FAULT", "BACKUP", "MASTER"]
    wait_until(lambda: len(node.told()) >= 5, PATIENCE, lambda: f"scripts ran: {node.told()}")
    node.end("notifier", number)  # what has begun is not begun again
    expect_nothing_twice(node, expected)
