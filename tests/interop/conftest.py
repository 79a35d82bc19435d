"""Fixtures of the interoperability tests: holdfast and keepalived as the two nodes of the seed."""
import re
import threading
import time

import pytest
from lab import VIP, Holders, SeedCluster, Sniffer, make_suite, wait_until

STALL_SECONDS = 0.05
AUTHENTICATION = re.compile(r"^ *authentication *\{.*?\}\n", re.MULTILINE | re.DOTALL)
BLOCKS = re.compile(r"^ *(vrrp_script|track_script)\b[^{]*\{.*?\}\n", re.MULTILINE | re.DOTALL)

# What keepalived 2.2.7 logs of a packet that it does not like.
COMPLAINT = re.compile(r"bogus|invalid|mismatch|checksum|wrong|drop|discard|incorrect|malformed|"
                       r"unexpected|too short|ignor|not match|expected", re.IGNORECASE)
ELECTION = "received lower priority"  # "... advert from A - discarding": a better one's right
REFUSED = "HFE020"  # holdfast: refused an advertisement
OTHER_ADDRESSES = "HFE021"


class Stalls:
    """Adds up how long this process was not run: what others did not do then proves nothing."""

    def __init__(self):
        self._seconds = 0.0
        self._closing = False
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self):
        before = time.monotonic()
        while not self._closing:
            time.sleep(0.01)
            now = time.monotonic()
            if now - before > STALL_SECONDS:
                self._seconds += now - before
            before = now

    def seconds(self):
        return self._seconds

    def close(self):
        self._closing = True
        self._thread.join()


class Pair(SeedCluster):
    """The seed's nodes: one suite on node1 (master, 172.18.67.13), the other on node2 (backup).

    The seed's check scripts are left out: keepalived 2.2.7 cannot run `[[`, and a check that one
    side lacks would make the priorities differ for another reason than the test's.
    """

    def __init__(self, first, second):
        super().__init__("keepalived", services=False)
        self.suites = {"node1": make_suite(first, self.node1),
                       "node2": make_suite(second, self.node2)}
        for name in self.nodes:
            self.edit(name)
        self.sniffer = Sniffer(self.lab)
        self.addresses = Holders(list(self.nodes.values()), VIP)
        self.stalls = Stalls()
        self.lab.on_close(self.stalls.close)

    def runs(self, suite):
        """The name of the node that runs this suite."""
        return next(name for name, one in self.suites.items() if one.name == suite)

    @property
    def holdfast(self):
        return self.suites[self.runs("holdfast")]

    @property
    def keepalived(self):
        return self.suites[self.runs("keepalived")]

    def edit(self, node, **values):
        """Give these keywords of the node's vrrp_instance other values, as in priority=100."""
        path = self.nodes[node].keepalived / "keepalived.conf"
        text = BLOCKS.sub("", path.read_text())
        for keyword, value in values.items():
            text, count = re.subn(rf"^( *{keyword}) .*$", rf"\g<1> {value}", text,
                                  flags=re.MULTILINE)
            assert count == 1, f"{keyword} stands {count} times in {path}"
        path.write_text(text)

    def wait_holders(self, names, timeout=15):
        wait_until(lambda: self.addresses.now() == names, timeout,
                   lambda: f"held by {names}; {self.addresses.now()} have it")

    def settled(self, name, seconds=2.5):
        """Nobody but this node holds the address, now and for some adverts more."""
        self.wait_holders([name])
        since = time.monotonic()
        time.sleep(seconds)
        assert self.addresses.now() == [name] and not self.addresses.moves(since)
        assert {one.port for one in self.sniffer.adverts(since=since)} == {name}

    def announces(self, name, since, count=5):
        """Wait until this node has told the wire so often that the address is its own."""
        wait_until(lambda: len(self.sniffer.gratuitous_arps(VIP, name, since)) >= count, 5,
                   f"{name} sends {count} gratuitous ARPs")

    def shared_at_most(self, seconds, since=0.0):
        """Two held the address for this long at most, time in which nobody ran left out."""
        allowed = seconds + self.stalls.seconds()
        assert self.addresses.shared_seconds(since) <= allowed, self.addresses.shared(since)

    def state(self):
        """The state of holdfast's router, and the packets it refused, by name of the rung."""
        router, = self.holdfast.status()["routers"]
        return router["state"], {name: value for name, value in router["counters"].items()
                                 if name != "accepted" and not name.startswith("checksum_")}

    def counters(self):
        router, = self.holdfast.status()["routers"]
        return router["counters"]

    def speak_version3(self, node, interval):
        """VRRPv3 with this advert_int on the node, without the authentication that it lacks."""
        path = self.nodes[node].keepalived / "keepalived.conf"
        text = AUTHENTICATION.sub("", path.read_text())
        text, count = re.subn(r"global_defs \{\n", "global_defs {\n   vrrp_version 3\n", text)
        assert count == 1, text
        path.write_text(text)
        self.edit(node, advert_int=interval)

    def complaints(self):
        """What either logged about the other's packets."""
        return [line for line in self.keepalived.log_text().splitlines() if COMPLAINT.search(line)
                and ELECTION not in line] + [line for line in self.holdfast.log_text().splitlines()
                     if REFUSED in line or OTHER_ADDRESSES in line]

    def understand_each_other(self):
        assert self.complaints() == []
        if self.holdfast.alive():
            assert self.state()[1] == {}
            assert self.holdfast.pids().keys() >= set(self.holdfast.processes)


@pytest.fixture(params=[("holdfast", "keepalived"), ("keepalived", "holdfast")],
                ids=["holdfast-first", "keepalived-first"])
def pair(request):
    """Each test twice: holdfast on node1 with keepalived on node2, and the reverse."""
    with Pair(*request.param) as made:
        yield made
