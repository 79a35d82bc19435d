"""Packets that are no advertisement of a peer: refused, counted, said once, and without effect."""
import random
import re
import socket
import time
from pathlib import Path

import pytest
from lab import GROUP, VIP, Holders, Sniffer, advert_v2, advert_v3, send_frame, wait_until
from lab.namespaces import inside
from lab.seed import INTERFACE

PATIENCE = 30
PASSWORD = b"571f97b2"
CLIENT, NODE1, NODE2 = "172.18.67.1", "172.18.67.13", "172.18.67.14"
RIGHT = {"vrid": 167, "addresses": [VIP], "auth_type": 1, "auth_data": PASSWORD,
         "destination": GROUP}
SEED = 67
GARBAGE = 100_000
MEMORY_GROWTH_MAX = 8 << 20  # bytes of resident memory, for any process


def advert(source=CLIENT, priority=254, **changes):
    """An advertisement that would take over at once, were it right in every field."""
    return advert_v2(source, priority=priority, **{**RIGHT, **changes})


# What is wrong -> the packet.
WRONG = {
    "cut to 7 bytes": advert(length=7),
    "cut inside the addresses": advert(length=10),
    "cut inside the password": advert(length=19),
    "more addresses than it says": advert(count=0),
    "fewer addresses than it says": advert(count=255),
    "type 2": advert(type=2),
    "version 1": advert(version=1),
    "version 4": advert(version=4),
    "version 3 for a router of version 2": advert_v3(
        CLIENT, 167, 254, [VIP], destination=GROUP),
    "TTL 254": advert(ttl=254),
    "TTL 1": advert(ttl=1),
    "checksum": advert(checksum=0x1234),
    "another interval": advert(interval=2),
    "no password": advert(auth_type=0, auth_data=b""),
    "another password": advert(auth_data=b"571f97b3"),
    "authentication type 2": advert(auth_type=2),
    "authentication type 255": advert(auth_type=255),
    "another group": advert(destination="224.0.0.18"),
}
OWN_ADDRESS = {"node1": NODE1, "node2": NODE2}


class Pair:
    def __init__(self, cluster):
        self.cluster, self.client, self.suites = cluster, cluster.client, cluster.suites
        self.sniffer = Sniffer(cluster.lab)
        cluster.start()
        self.sniffer.wait_advert(PATIENCE, port="node1", priority=95)
        wait_until(lambda: self.router("node2")["peers"], PATIENCE, "node2 hears node1")
        self.held = Holders(list(cluster.nodes.values()), VIP)
        wait_until(lambda: self.held.now() == ["node1"], PATIENCE, "node1 holds the address")
        self.since = time.monotonic()
        self.pids = {name: suite.pids() for name, suite in self.suites.items()}

    def router(self, name):
        return self.suites[name].status()["routers"][0]

    def refused(self, name):
        """Every counter but that of the accepted ones."""
        return sum(count for kind, count in self.router(name)["counters"].items()
                   if kind != "accepted")

    def expect_nothing_moved(self):
        now = time.monotonic()
        wait_until(lambda: len(self.sniffer.adverts("node1", since=now)) >= 4, PATIENCE,
                   "node1 goes on advertising")
        assert [one.hosts for one in self.held.intervals(self.since)] == [("node1",)]
        assert {one.priority for one in self.sniffer.adverts("node1", since=self.since)} == {95}
        assert self.sniffer.adverts("node2", since=self.since) == []
        states = {name: self.router(name)["state"] for name in self.suites}
        assert states == {"node1": "Active", "node2": "Backup"}
        transitions = {name: self.router(name)["transitions"] for name in self.suites}
        assert transitions == {"node1": 2, "node2": 1}
        assert {name: suite.pids() for name, suite in self.suites.items()} == self.pids


@pytest.fixture
def pair(bare_seed):
    return Pair(bare_seed)


def test_the_right_packet_has_its_effect(pair):
    """The control: the packet that the wrong ones are made from makes node1 step down."""
    send_frame(pair.client, advert())
    pair.cluster.node1.wait_address(VIP, PATIENCE, present=False)


def test_every_wrong_field(pair):
    for what, packet in WRONG.items():
        before = {name: pair.refused(name) for name in pair.suites}
        send_frame(pair.client, packet)
        if what == "another group":
            continue
        for name in pair.suites:
            wait_until(lambda name=name: pair.refused(name) > before[name], PATIENCE,
                       lambda name=name, what=what: f"{name} counts {what!r}: "
                       f"{pair.router(name)['counters']}")
    for vrid in (1, 166, 255):  # somebody else's business
        send_frame(pair.client, advert(vrid=vrid))
    pair.expect_nothing_moved()


@pytest.mark.parametrize("name", OWN_ADDRESS)
def test_packets_with_a_nodes_own_source_address(pair, name):
    """Its own kernel drops them; the other node refuses them for their password."""
    other = next(one for one in OWN_ADDRESS if one != name)
    before = pair.refused(other)
    for priority in (254, 0):
        send_frame(pair.client, advert(source=OWN_ADDRESS[name], priority=priority,
                                       auth_data=b"wrong"))
    wait_until(lambda: pair.refused(other) >= before + 2, PATIENCE,
               lambda: f"{other} refuses both: {pair.router(other)['counters']}")
    pair.expect_nothing_moved()


def test_the_actives_own_address_with_the_right_password(pair):
    def is_heard():
        # The Active's own next advertisement may be there before anybody asks.
        send_frame(pair.client, advert(source=NODE1, priority=254))
        return any(one["priority"] == 254 for one in pair.router("node2")["peers"])
    wait_until(is_heard, PATIENCE, "node2 hears it")
    pair.expect_nothing_moved()


def test_its_own_packet_comes_back(pair):
    """Echoed by a broken switch: no reason to step down."""
    own = pair.sniffer.wait_advert(PATIENCE, port="node1")
    packet = advert(source=NODE1, priority=own.priority)
    assert packet[20:] == own.message
    for _ in range(5):
        send_frame(pair.client, packet, source_mac=own.source_mac)
    pair.expect_nothing_moved()


def garbage(chance):
    """A frame's payload to the group: noise, or the right packet with some bytes changed."""
    packet = bytearray(advert())
    if chance.random() < 0.5:
        packet[20:] = chance.randbytes(chance.randrange(0, 1400))
        packet[2:4] = len(packet).to_bytes(2, "big")
        return bytes(packet)
    # With another password always, or some would be right packets.
    packet = bytearray(advert(priority=chance.choice((0, 1, 95, 254)),
                              auth_data=chance.randbytes(8)))
    for _ in range(chance.randrange(3)):
        packet[20 + chance.randrange(len(packet) - 20)] = chance.randrange(256)
    return bytes(packet)


def blast(host, packets):
    def send():
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sender:
            sender.bind((INTERFACE, 0))
            head = bytes.fromhex("01005e004343") + sender.getsockname()[4] + b"\x08\x00"
            for number, packet in enumerate(packets):
                sender.send(head + packet)
                if number % 100 == 99:
                    time.sleep(0.01)  # two cores for everything: a burst, not a lock-out
    inside(host.namespace, send)


def resident_bytes(pid):
    text = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", text)[1]) << 10


def keeps_freed_memory(pid):
    """AddressSanitizer does, in its quarantine: there only leaks and faults are looked for."""
    return b"__asan_init" in Path(f"/proc/{pid}/exe").read_bytes()


def test_a_hundred_thousand_packets_of_garbage(pair):
    chance = random.Random(SEED)
    blast(pair.client, [garbage(chance) for _ in range(1000)])  # whatever grows once has grown
    before = {pid: resident_bytes(pid) for pids in pair.pids.values() for pid in pids.values()
              if not keeps_freed_memory(pid)}
    lengths = {name: len(suite.log_text()) for name, suite in pair.suites.items()}
    began = time.monotonic()
    some = [garbage(chance) for _ in range(GARBAGE // 10)]
    for _ in range(10):
        blast(pair.client, some)
    seconds = time.monotonic() - began
    pair.expect_nothing_moved()
    for pid, bytes_before in before.items():
        assert resident_bytes(pid) - bytes_before < MEMORY_GROWTH_MAX
    for name, suite in pair.suites.items():
        assert pair.refused(name) > 10_000, pair.router(name)["counters"]
        lines = [line for line in suite.log_text()[lengths[name]:].splitlines()
                 if "HFE020" in line or "refused an advertisement" in line]
        assert 0 < len(lines) < seconds + 20  # not one a packet
        assert any(re.search(r"\([1-9]\d* more like it", line) for line in lines), lines[-3:]
