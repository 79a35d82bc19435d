"""A compromised vrrp-engine: it may claim what is configured, and nothing else comes of it."""
import importlib
import os
import random
import re
import subprocess
import sys
import time

import pytest
from lab import GROUP, VIP, Holders, Sniffer, advert_v2, send_frame, wait_until
from lab.programs import TREE
from lab.puppet import Puppet

SEED = 20261123
OWN_ADDRESSES = {"172.18.67.13", "127.0.0.1"}
HEADER_BYTES = 24  # of a compiled file
CHANGES_BURST, CHANGES_A_SECOND = 40, 20  # what the helper grants a router
VIOLATION_LOG_SECONDS = 1  # within them the helper counts a breach of the protocol, and no more
PATIENCE = 20


@pytest.fixture(scope="module")
def proto(tmp_path_factory):
    """The messages' classes: (net_pb2, net_config_pb2)."""
    target = tmp_path_factory.mktemp("proto")
    names = ["net.proto", "net_config.proto", "common_config.proto"]
    subprocess.run(["protoc", f"--python_out={target}", f"-I{TREE / 'proto'}", *names], check=True)
    sys.path.insert(0, str(target))
    yield importlib.import_module("net_pb2"), importlib.import_module("net_config_pb2")
    sys.path.remove(str(target))


class HelperLog:
    """What the helper writes while its launcher, who would relay it, is stopped."""

    def __init__(self, pid):
        self._pipe = os.open(f"/proc/{pid}/fd/2", os.O_RDONLY | os.O_NONBLOCK)
        self.text = ""

    def read(self):
        try:
            while some := os.read(self._pipe, 65536):
                self.text += some.decode()
        except BlockingIOError:
            pass
        return self.text

    def wait(self, pattern, start):
        """The first match of the pattern in what was written from `start` on."""
        return wait_until(lambda: re.search(pattern, self.read()[start:]), PATIENCE,
                          lambda: f"{pattern!r} in the helper's log: {self.text[start:]}")

    def close(self):
        os.close(self._pipe)


class Hostile:
    """node1 with the real engine dead and in its place whatever a test says."""

    def __init__(self, cluster, proto):
        self.net, config = proto
        self.node, self.suite = cluster.node1, cluster.suites["node1"]
        self.cluster = cluster
        self.suite.start()
        self.node.wait_address(VIP, 20)
        self.suite.sigstop("holdfast")  # so that nobody starts the engine again
        self.suite.kill9("vrrp-engine")
        self.node.wait_address(VIP, 20, present=False)
        self.helper = self.suite.pids()["net-helper"]
        policy = config.NetConfig()
        policy.ParseFromString(self.suite.path("config/net.pb").read_bytes()[HEADER_BYTES:])
        self.router, = policy.routers
        self.sniffer = Sniffer(cluster.lab)
        self.seen = Holders([self.node], VIP)
        self.puppet = Puppet(self.node, self.suite.uid("vrrp-engine"),
                             "/run/holdfast/net.sock")
        self.log = HelperLog(self.helper)
        cluster.lab.on_close(self.log.close)

    # Messages

    def hello(self, *active, version=1):
        message = self.net.EngineToHelper()
        message.hello.protocol_version = version
        message.hello.active.extend(active)
        return message.SerializeToString()

    def batch(self, *requests):
        message = self.net.EngineToHelper()
        message.requests.SetInParent()
        message.requests.requests.extend(requests)
        return message.SerializeToString()

    def hold(self, router=None, priority=100, valid_for_ms=1000, **fields):
        router = self.router.id if router is None else router
        return self.net.Request(router_id=router, hold=self.net.Hold(
            priority=priority, valid_for_ms=valid_for_ms, **fields))

    def resign(self, linger_ms=0):
        return self.net.Request(router_id=self.router.id, resign=self.net.Resign(
            linger_ms=linger_ms))

    def withdraw(self):
        return self.net.Request(router_id=self.router.id, withdraw=self.net.Withdraw())

    # What comes of them

    def greet(self):
        """A connection past the greeting; refused until the helper has seen the last one end."""
        def attempt():
            assert self.puppet.connect() is None
            self.puppet.send(self.hello())
            return self.puppet.receive()

        answer = wait_until(attempt, PATIENCE, "the helper greets a new engine")
        hello = self.net.HelperToEngine.FromString(answer).hello
        assert hello.protocol_version == 1
        return hello

    def expect_closed(self, what, frames, why):
        """The helper closes the connection because of this breach of the protocol, no other."""
        start = len(self.log.read())
        self.puppet.send(*frames)
        assert self.puppet.is_closed(), what
        said = self.log.wait(r"HFN01[123]\]", start).string
        assert why in said, f"{what}: {said}"
        assert "is connected already" not in said, f"{what}: {said}"
        breach = re.search(r"connection closed \((\d+) more\) \[HFN013\]", said)
        assert breach is None or breach[1] == "0", f"{what}: {said}"

    def expect_harmless(self):
        """The helper lives, and nothing but the policy's is on the node and on the wire."""
        assert self.suite.pids()["net-helper"] == self.helper
        wait_until(lambda: self.seen.now() == [], 20, "the address is gone with the last lease")
        addresses = {one.ip for one in self.node.addresses() if ":" not in one.ip}
        assert addresses == OWN_ADDRESSES
        for one in self.sniffer.adverts("node1"):
            assert (one.vrid, one.source, one.destination, one.addresses, one.ttl) \
                == (167, "172.18.67.13", GROUP, (VIP,), 255)
        assert {one.sender for one in self.sniffer.gratuitous_arps(port="node1")} <= {VIP}
        self.greet()  # it still serves


@pytest.fixture
def hostile(bare_seed, proto):
    return Hostile(bare_seed, proto)


def test_what_an_engine_may_do(hostile):
    """The control: without it the refusals below could be those of a broken test."""
    assert [one.running for one in hostile.greet().links] == [True]
    hostile.puppet.send(hostile.batch(hostile.hold(priority=77)))
    hostile.node.wait_address(VIP, 10)
    hostile.sniffer.wait_advert(10, port="node1", priority=77)
    hostile.puppet.send(hostile.batch(hostile.withdraw()))
    hostile.node.wait_address(VIP, 10, present=False)
    hostile.expect_harmless()


def test_every_message_out_of_order_and_out_of_range(hostile):
    limit, top = hostile.router.lease_limit_ms, hostile.router.priority_max
    linger = hostile.router.resign_linger_limit_ms
    nothing = hostile.net.Request(router_id=hostile.router.id)
    good = hostile.batch(hostile.hold())
    empty = hostile.net.EngineToHelper().SerializeToString()
    no_message, no_hold = "a frame that is not one message", "lists something else than a hold"
    greeting = {
        "a request before the hello": (good, "message 2 while greeting"),
        "an empty message": (empty + b"\x5a\x00", "message 0 while greeting"),
        "another version": (hostile.hello(version=2), "protocol version 2, not 1"),
        "no version": (hostile.hello(version=0), "protocol version 0, not 1"),
        "a hello with a resignation": (hostile.hello(hostile.resign()), no_hold),
        "a hello with a withdrawal": (hostile.hello(hostile.withdraw()), no_hold),
        "a hello that asks for nothing": (hostile.hello(nothing), no_hold),
        "a hello with a priority too high": (
            hostile.hello(hostile.hold(priority=top + 1)), f"priority {top + 1} is not within"),
        "a hello with a lease too long": (
            hostile.hello(hostile.hold(valid_for_ms=limit + 1)), f"a lease of {limit + 1} ms"),
        "a hello cut short": (hostile.hello(hostile.hold())[:-1], no_message),
    }
    serving = {
        "a second hello": (hostile.hello(), "message 1 while serving"),
        "asks for nothing": (hostile.batch(nothing), "asks for nothing"),
        "priority 0": (hostile.batch(hostile.hold(priority=0)), "priority 0 is not within"),
        "priority above the policy": (
            hostile.batch(hostile.hold(priority=top + 1)), f"priority {top + 1} is not within"),
        "priority 2^32-1": (
            hostile.batch(hostile.hold(priority=2**32 - 1)), "priority 4294967295 is not within"),
        "a lease of 0": (hostile.batch(hostile.hold(valid_for_ms=0)), "a lease of 0 ms"),
        "a lease too long": (
            hostile.batch(hostile.hold(valid_for_ms=limit + 1)), f"a lease of {limit + 1} ms"),
        "a lease for ever": (
            hostile.batch(hostile.hold(valid_for_ms=2**32 - 1)), "a lease of 4294967295 ms"),
        "a linger too long": (
            hostile.batch(hostile.resign(linger + 1)), f"a linger of {linger + 1} ms"),
        "a good hold beside a bad one": (
            hostile.batch(hostile.hold(), hostile.hold(priority=0)), "priority 0 is not within"),
        "more than 64 KiB": (hostile.batch(*[hostile.hold()] * 7000), "an oversized message"),
        "cut short": (good[:-1], no_message),
        "one byte too many": (good + b"\x00", no_message),
        "an empty frame": (empty + b"\x08", no_message),
    }
    for name, (frame, why) in greeting.items():
        time.sleep(VIOLATION_LOG_SECONDS)  # so that each of them is logged
        assert hostile.puppet.connect() is None, name
        hostile.expect_closed(name, [frame], why)
    for name, (frame, why) in serving.items():
        time.sleep(VIOLATION_LOG_SECONDS)
        hostile.greet()
        hostile.expect_closed(name, [frame], why)
    assert hostile.seen.moves() == []  # not one of them was carried out
    assert hostile.sniffer.adverts("node1") == []
    hostile.expect_harmless()


def test_routers_that_the_policy_does_not_hold(hostile):
    hostile.greet()
    unknown = [hostile.router.id ^ 1, 0, 1, 167, 2**32 - 1]
    hostile.puppet.send(hostile.batch(*[hostile.hold(one, priority=255) for one in unknown]))
    for expected in unknown:
        refusal = hostile.net.HelperToEngine.FromString(hostile.puppet.receive()).refusal
        assert refusal.router_id == expected
        assert refusal.reason == hostile.net.Refusal.REASON_UNKNOWN_ROUTER
    assert hostile.sniffer.adverts("node1") == []
    hostile.expect_harmless()


def test_payloads_go_through_unread(hostile):
    """Whatever stands behind the IP header reaches the engine as it came, byte for byte."""
    right = {"vrid": 167, "addresses": [VIP], "destination": GROUP}
    packets = [advert_v2("172.18.67.1", **{**right, **changes}) for changes in (
        {"priority": 254}, {"priority": 0}, {"priority": 254, "checksum": 0x1234},
        {"priority": 254, "version": 4}, {"priority": 254, "type": 7},
        {"priority": 254, "count": 255}, {"priority": 254, "length": 2},
        {"priority": 254, "ttl": 1}, {"priority": 254, "interval": 99})]
    hostile.greet()
    for packet in packets:
        send_frame(hostile.cluster.client, packet)
    arrived = []
    while len(arrived) < len(packets):
        frame = hostile.puppet.receive()
        assert frame, f"only {len(arrived)} of {len(packets)} packets were handed on"
        message = hostile.net.HelperToEngine.FromString(frame)
        arrived += message.packets.packets
    assert [one.datagram.hex() for one in arrived] == [packet.hex() for packet in packets]
    assert [one.ttl for one in arrived] == [packet[8] for packet in packets]
    assert {one.source for one in arrived} == {bytes([172, 18, 67, 1])}
    hostile.expect_harmless()


def test_random_bytes(hostile):
    """5,000 frames: some nonsense, some a good message with bytes changed."""
    chance = random.Random(SEED)
    good = [hostile.hello(), hostile.batch(hostile.hold(valid_for_ms=100)),
            hostile.batch(hostile.resign()), hostile.batch(hostile.withdraw())]
    connections = sent = 0
    while sent < 5000:
        assert hostile.puppet.connect() is None
        connections += 1
        frames = [hostile.hello()] if chance.random() < 0.8 else []
        for _ in range(20):
            frame = bytearray(chance.choice(good) if chance.random() < 0.6
                              else chance.randbytes(chance.randrange(1, 200)))
            for _ in range(chance.randrange(3)):
                frame[chance.randrange(len(frame))] = chance.randrange(256)
            frames.append(bytes(frame))
        hostile.puppet.send(*frames)
        sent += len(frames)
    assert connections > 200
    hostile.expect_harmless()


def test_a_flood_of_claims_is_rate_limited(hostile):
    """Claims and resignations as fast as the socket takes them."""
    hostile.greet()
    began = time.monotonic()
    pair = [hostile.hold(advertise_now=True, announce_now=True, valid_for_ms=500),
            hostile.resign(), hostile.hold(priority=1, valid_for_ms=500), hostile.withdraw()]
    for _ in range(200):
        if hostile.puppet.send(hostile.batch(*pair * 50)) == 0:
            hostile.greet()
    hostile.greet()  # it is answered when the last of the flood has been dealt with
    seconds = time.monotonic() - began
    # A claim sends one advert and a resignation after it another; a claim announces 5 times.
    granted = CHANGES_BURST + CHANGES_A_SECOND * seconds
    adverts = hostile.sniffer.adverts("node1", since=began)
    assert 0 < len(adverts) <= 2 * granted + seconds
    assert len(hostile.sniffer.gratuitous_arps(port="node1", since=began)) <= 10 * granted
    hostile.expect_harmless()


@pytest.mark.parametrize("who", ["root", "checker", "notifier", "stranger"])
def test_nobody_else_may_speak_to_the_helper(hostile, who):
    uid = {"root": 0, "stranger": 12345}.get(who)
    uid = hostile.suite.uid(who) if uid is None else uid
    other = Puppet(hostile.node, uid, "/run/holdfast/net.sock")
    refused = other.connect()
    if who == "root":  # the file's mode does not keep root out: the helper does
        assert refused is None
        other.send(hostile.hello(), hostile.batch(hostile.hold()))
        assert other.is_closed()
    else:
        assert "Permission denied" in refused
    hostile.expect_harmless()
