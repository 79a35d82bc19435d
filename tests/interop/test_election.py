"""holdfast and keepalived elect each other: every test runs with either of them as the master."""
import time

import pytest
from lab import GROUP, VIP, wait_until

PASSWORD = b"571f97b2"
SKEW_SECONDS = (256 - 95) / 256  # of node2's priority
MARGIN_SECONDS = 0.4  # for two busy processors
DOWN_SECONDS = 3 + SKEW_SECONDS
# What the kernel leaves of an address after its last refresh: 4 s, and a tick of its own clock.
KERNEL_LEASE_SECONDS = 4.3


def test_the_master_holds_and_the_backup_listens(pair):
    pair.start()
    pair.settled("node1", 5)
    advert = pair.sniffer.adverts(port="node1")[-1]
    assert (advert.destination, advert.vrid, advert.priority) == (GROUP, 167, 100)
    assert (advert.ttl, advert.auth_type, advert.auth_data) == (255, 1, PASSWORD)
    assert pair.sniffer.adverts(port="node2") == []
    assert pair.addresses.moves() == ["node1"] and not pair.addresses.shared()
    assert pair.state()[0] == ("Active" if pair.runs("holdfast") == "node1" else "Backup")
    pair.understand_each_other()


def test_planned_stop_and_return(pair):
    pair.start()
    stopped = time.monotonic()
    assert pair.suites["node1"].stop() == 0
    pair.wait_holders(["node2"])
    resigned = pair.sniffer.wait_advert(5, port="node1", since=stopped, priority=0)
    assert resigned.auth_data == PASSWORD and resigned.addresses == (VIP,)
    successor = pair.sniffer.wait_advert(5, port="node2", since=stopped)
    # On its skew time, not on the whole silence that a dead master leaves.
    assert successor.time - resigned.time < 2 + pair.stalls.seconds()
    pair.announces("node2", stopped)
    pair.shared_at_most(MARGIN_SECONDS, stopped)
    pair.settled("node2")
    pair.understand_each_other()

    returned = time.monotonic()
    pair.suites["node1"].start()
    pair.settled("node1")
    assert pair.addresses.moves() == ["node1", "node2", "node1"]
    pair.shared_at_most(MARGIN_SECONDS, returned)
    pair.announces("node1", returned)
    pair.understand_each_other()


def test_killed_master(pair):
    pair.start()
    killed = time.monotonic()
    pair.suites["node1"].kill9_all()
    wait_until(lambda: "node2" in pair.addresses.now(), 10, "node2 takes the address")
    assert pair.sniffer.wait_advert(5, port="node2", since=killed).priority == 95
    pair.announces("node2", killed)
    if pair.runs("holdfast") == "node1":
        # Nothing of it is left to withdraw the address: the kernel does.
        pair.wait_holders(["node2"])
        gone = next(one.time for one in pair.addresses.changes
                    if one.host == "node1" and not one.holds)
        assert gone - killed < KERNEL_LEASE_SECONDS + MARGIN_SECONDS + pair.stalls.seconds()
        pair.settled("node2")
    else:
        # keepalived's address stays on its host; whoever answers there is not ours to end.
        time.sleep(KERNEL_LEASE_SECONDS)
        assert pair.state()[0] == "Active"
        assert pair.addresses.now() == ["node1", "node2"]
    pair.understand_each_other()


def test_killed_backup_is_not_missed(pair):
    pair.start()
    killed = time.monotonic()
    pair.suites["node2"].kill9_all()
    pair.settled("node1", DOWN_SECONDS)
    pair.suites["node2"].start()
    pair.settled("node1", DOWN_SECONDS + 1)
    assert pair.sniffer.adverts(port="node2", since=killed) == []
    assert pair.addresses.moves() == ["node1"]
    pair.understand_each_other()


def test_cut_wire_and_mended(pair):
    pair.start()
    cut = time.monotonic()
    pair.node1.cut()
    # Both hold it while they cannot hear each other: no protocol of two can avoid it.
    wait_until(lambda: pair.addresses.now() == ["node1", "node2"], 10, "node2 takes the address")
    pair.announces("node2", cut)
    mended = time.monotonic()
    pair.node1.mend()
    pair.settled("node1")
    # node1's next advert ends it, one interval from here at most.
    pair.shared_at_most(1 + MARGIN_SECONDS, mended)
    # node1 tells the wire again that the address is its own.
    pair.announces("node1", mended)
    pair.understand_each_other()


def test_equal_priority_the_higher_address_wins(pair):
    for name in pair.nodes:
        pair.edit(name, priority=100)
    pair.start()
    pair.settled("node1", DOWN_SECONDS + 1)  # a backup of equal priority does not preempt
    pair.node2.cut()
    wait_until(lambda: pair.addresses.now() == ["node1", "node2"], 10, "node2 takes the address")
    mended = time.monotonic()
    pair.node2.mend()
    pair.settled("node2")
    pair.shared_at_most(1 + MARGIN_SECONDS, mended)
    assert pair.state()[0] == ("Active" if pair.runs("holdfast") == "node2" else "Backup")
    pair.understand_each_other()


def test_priority_lowered_by_reload(pair):
    pair.start()
    pair.edit("node1", priority=90)
    reloaded = time.monotonic()
    pair.suites["node1"].reload()
    pair.settled("node2")
    pair.shared_at_most(MARGIN_SECONDS, reloaded)
    pair.edit("node1", priority=100)
    reloaded = time.monotonic()
    pair.suites["node1"].reload()
    pair.settled("node1")
    pair.shared_at_most(MARGIN_SECONDS, reloaded)
    pair.understand_each_other()


@pytest.mark.parametrize("setting, rung, complaint, reason", [
    ({"auth_pass": "other"}, "wrong_auth_data", "invalid passwd", "password"),
    ({"advert_int": "2"}, "wrong_interval", "interval mismatch", "interval"),
], ids=["password", "interval"])
def test_disagreement_is_named_and_survived(pair, setting, rung, complaint, reason):
    pair.edit("node2", **setting)
    pair.start()
    pair.wait_holders(["node1", "node2"])  # each discards what the other says
    both = time.monotonic()
    # keepalived 2.2.7 falls silent now: each packet that it refuses restarts its own timer.
    wait_until(lambda: len(pair.sniffer.adverts(pair.runs("holdfast"), since=both)) >= 3, 10,
               "holdfast goes on advertising")
    state, refused = pair.state()
    assert state == "Active" and set(refused) == {rung} and refused[rung] >= 1
    own = next(node for name, node in pair.nodes.items() if name == pair.runs("keepalived"))
    peer = next(one.ip for one in own.addresses("eno16777736") if one.ip != VIP)
    lines = [line for line in pair.holdfast.log_text().splitlines() if "HFE020" in line]
    assert lines and peer in lines[0] and reason in lines[0]
    assert "571f97b2" not in pair.holdfast.log_text()
    assert complaint in pair.keepalived.log_text()
    assert all(suite.alive() for suite in pair.suites.values())

    # Set right, they find each other again.
    pair.edit("node2", auth_pass="571f97b2", advert_int="1")
    pair.suites["node2"].reload()
    pair.settled("node1")
