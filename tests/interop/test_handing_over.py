"""`holdfast maintenance` with keepalived as the other node: as the one that takes over, and as the
one that goes on."""
import time

import pytest
from lab import VIP, wait_until

PATIENCE = 15
INTERVALS = pytest.mark.parametrize("version, interval", [(2, "1"), (3, "1"), (3, "0.1")])


def start(pair, version, interval):
    for node in pair.nodes:
        if version == 3:
            pair.speak_version3(node, interval)
    pair.start()
    pair.wait_holders(["node1"])
    wait_until(lambda: pair.state()[0] == ("Active" if pair.runs("holdfast") == "node1"
                                           else "Backup"), PATIENCE, "holdfast knows its state")


@INTERVALS
def test_it_gives_the_address_to_keepalived_and_gets_it_back(pair, version, interval):
    start(pair, version, interval)
    asked = time.monotonic()
    said = pair.holdfast.maintenance("on")
    assert pair.state()[0] == "Stopped"
    if pair.runs("holdfast") == "node2":
        assert said == "myr: was Backup, stays down\n"
        assert pair.addresses.moves(asked) == []
        pair.keepalived.stop()  # nobody is left, and it stays down all the same
        pair.wait_holders([])
        time.sleep(4)
        assert pair.addresses.now() == []
        assert pair.sniffer.adverts("node2", since=asked) == []
        assert pair.holdfast.maintenance("off").startswith("myr: Backup: the maintenance is over")
        pair.wait_holders(["node2"])
        return
    assert f"myr: {VIP} now at 172.18.67.14 (priority 95), after " in said
    pair.settled("node2")
    # At no time nobody had it, and node1 let go after keepalived's first advert.
    assert [one for one in pair.addresses.intervals(asked) if not one.hosts] == []
    resigned = pair.sniffer.wait_advert(5, port="node1", since=asked, priority=0)
    successor, = pair.sniffer.adverts("node2", since=asked)[:1]
    left, = (one.time for one in pair.addresses.changes if one.host == "node1" and not one.holds)
    assert resigned.time < successor.time < left
    assert [one for one in pair.sniffer.adverts("node1", since=asked)
            if one.time > resigned.time] == []
    pair.announces("node2", asked)
    # A router of a higher priority hears its lower peer for longer than any timer, and waits.
    pair.settled("node2", 5)

    returned = time.monotonic()
    pair.holdfast.maintenance("off")
    pair.settled("node1")
    assert pair.addresses.moves(asked) == ["node2", "node1"]
    pair.announces("node1", returned)
    pair.understand_each_other()
