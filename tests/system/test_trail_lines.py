"""The audit trail where there is no journal: each act and each refusal is a line of the log."""
import re

import pytest
from lab import VIP
from lab import hostile as attacks
from lab.puppet import Puppet
from lab.waiting import wait_until

from test_hostile_engine import UnderLauncher

RECORD = re.compile(r"net-helper\[\d+\]: \w+: (?P<text>.*) \{ HOLDFAST_ACT=(?P<act>.*) "
                    r"HOLDFAST_OUTCOME=(?P<outcome>\w+) HOLDFAST_POLICY_ROW=(?P<row>.*) "
                    r"HOLDFAST_KERNEL=(?P<kernel>.*?) (HOLDFAST_PEER_PID=(?P<pid>\d+) "
                    r"HOLDFAST_PEER_UID=(?P<uid>\d+) )?HOLDFAST_SUPPRESSED=(?P<suppressed>\d+) \} "
                    r"\[(?P<id>HFN\d+)\]")


@pytest.fixture
def hostile(bare_seed, tmp_path):
    return UnderLauncher(bare_seed, attacks.load_messages(tmp_path))


def records(hostile, start=0):
    return [one.groupdict() for one in RECORD.finditer(hostile.read_log()[start:])]


def expect(hostile, start, act, **values):
    """A record of this act with these values; regular expressions."""
    def fits(one):
        return one["act"] == act and all(re.fullmatch(value, one[name] or "")
                                         for name, value in values.items())

    return wait_until(lambda: [one for one in records(hostile, start) if fits(one)], 10,
                      lambda: f"{act} {values} is recorded: {records(hostile, start)}")[0]


def test_every_act_is_recorded_with_who_asked(hostile):
    engine = str(hostile.suite.uid("vrrp-engine"))
    began = [one.groupdict() for one in RECORD.finditer(hostile.suite.log_text())]
    opened = [one["text"] for one in began if one["act"] == "raw socket opened"]
    assert re.fullmatch("generation [0-9a-f]{16}", began[0]["row"]), began[0]
    assert (began[0]["act"], began[0]["outcome"]) == ("policy loaded", "done")
    assert "raw socket opened: receive 224.0.67.67 on eno16777736" in opened
    assert "raw socket opened: announce addresses by ARP" in opened
    hostile.greet()
    start = len(hostile.read_log())
    hostile.puppet.send(hostile.batch(hostile.hold(priority=77, announce=2)))
    hostile.node.wait_address(VIP, 10)
    router = "myr vrid 167 dev eno16777736"
    asked = {"uid": engine, "outcome": "done", "kernel": "0"}
    expect(hostile, start, "lease granted", row=router, text=".*priority 77", **asked)
    expect(hostile, start, "address added", row="myr 172.18.67.33/16 dev .*", **asked)
    expect(hostile, start, "advertises", row=router, text=".*priority 77", **asked)
    expect(hostile, start, "addresses announced", row=router, text=".*: 2 times", **asked)
    hostile.puppet.send(hostile.batch(hostile.resign(linger_ms=0)))
    hostile.node.wait_address(VIP, 10, present=False)
    expect(hostile, start, "lease resigned", row=router, **asked)
    expect(hostile, start, "advertises", row=router, text=".*priority 0", **asked)
    expect(hostile, start, "address removed", **asked)
    # A refresh is no new act.
    assert len([one for one in records(hostile, start) if one["act"] == "address added"]) == 1


def test_what_nobody_asked_for_names_nobody(hostile):
    hostile.greet()
    start = len(hostile.read_log())
    hostile.puppet.send(hostile.batch(hostile.hold(valid_for_ms=500)))
    expect(hostile, start, "lease expired", uid="", pid="", outcome="done")
    expect(hostile, start, "address removed", uid="", pid="")


def test_every_refusal_is_recorded(hostile):
    engine = str(hostile.suite.uid("vrrp-engine"))
    hostile.greet()
    start = len(hostile.read_log())
    hostile.puppet.send(hostile.batch(hostile.hold(router=12345)))
    expect(hostile, start, "request refused", uid=engine, outcome="refused", row="",
           text=".*router id 12345: not in the policy")
    hostile.puppet.send(hostile.batch(hostile.hold(priority=0)))
    expect(hostile, start, "message refused, connection closed", uid=engine, outcome="refused",
           text=".*priority 0 is not within.*")
    other = Puppet(hostile.node, 0, "/run/holdfast/net.sock")
    assert other.connect() is None
    expect(hostile, start, "connection refused", uid="0", outcome="refused")


def test_a_flood_of_refusals_is_counted(hostile):
    hostile.greet()
    start = len(hostile.read_log())
    for _ in range(20):
        hostile.puppet.send(hostile.batch(*[hostile.hold(router=12345)] * 100))
        hostile.read_log()  # its pipe holds less than all of it

    def refusals():
        return [one for one in records(hostile, start) if one["act"] == "request refused"]

    def counted():
        hostile.puppet.send(hostile.batch(hostile.hold(router=12345)))
        return sum(int(one["suppressed"]) for one in refusals()) > 1000

    wait_until(counted, 10, lambda: f"records say how many there were: {refusals()}")
    assert 0 < len(refusals()) < 500
