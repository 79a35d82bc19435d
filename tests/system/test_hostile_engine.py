"""A compromised vrrp-engine: it may claim what is configured, and nothing else comes of it."""
import importlib
import random
import subprocess
import sys
import time

import pytest
from lab import GROUP, VIP, Holders, Sniffer, wait_until
from lab.programs import TREE
from lab.puppet import Puppet

SEED = 20261123
OWN_ADDRESSES = {"172.18.67.13", "127.0.0.1"}
HEADER_BYTES = 24  # of a compiled file
CHANGES_BURST, CHANGES_A_SECOND = 40, 20  # what the helper grants a router


@pytest.fixture(scope="module")
def proto(tmp_path_factory):
    """The messages' classes: (net_pb2, net_config_pb2)."""
    target = tmp_path_factory.mktemp("proto")
    names = ["net.proto", "net_config.proto", "common_config.proto"]
    subprocess.run(["protoc", f"--python_out={target}", f"-I{TREE / 'proto'}", *names], check=True)
    sys.path.insert(0, str(target))
    yield importlib.import_module("net_pb2"), importlib.import_module("net_config_pb2")
    sys.path.remove(str(target))


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

        answer = wait_until(attempt, 20, "the helper greets a new engine")
        hello = self.net.HelperToEngine.FromString(answer).hello
        assert hello.protocol_version == 1
        return hello

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
    nothing = hostile.net.Request(router_id=hostile.router.id)
    good = hostile.batch(hostile.hold())
    hello = hostile.hello()
    greeting = {
        "a request before the hello": [good],
        "an empty message": [hostile.net.EngineToHelper().SerializeToString() + b"\x5a\x00"],
        "another version": [hostile.hello(version=2)],
        "no version": [hostile.hello(version=0)],
        "a hello with a resignation": [hostile.hello(hostile.resign())],
        "a hello with a withdrawal": [hostile.hello(hostile.withdraw())],
        "a hello that asks for nothing": [hostile.hello(nothing)],
        "a hello with a priority too high": [hostile.hello(hostile.hold(priority=top + 1))],
        "a hello with a lease too long": [hostile.hello(hostile.hold(valid_for_ms=limit + 1))],
    }
    linger = hostile.router.resign_linger_limit_ms
    serving = {
        "a second hello": [hello],
        "asks for nothing": [hostile.batch(nothing)],
        "priority 0": [hostile.batch(hostile.hold(priority=0))],
        "priority above the policy": [hostile.batch(hostile.hold(priority=top + 1))],
        "priority 2^32-1": [hostile.batch(hostile.hold(priority=2**32 - 1))],
        "a lease of 0": [hostile.batch(hostile.hold(valid_for_ms=0))],
        "a lease too long": [hostile.batch(hostile.hold(valid_for_ms=limit + 1))],
        "a lease for ever": [hostile.batch(hostile.hold(valid_for_ms=2**32 - 1))],
        "a linger too long": [hostile.batch(hostile.resign(linger + 1))],
        "a good hold beside a bad one": [hostile.batch(hostile.hold(),
                                                       hostile.hold(priority=0))],
        "more than 64 KiB": [hostile.batch(*[hostile.hold()] * 7000)],
        "cut short": [good[:-1]],
        "one byte too many": [good + b"\x00"],
        "an empty frame": [hostile.net.EngineToHelper().SerializeToString() + b"\x08"],
    }
    for name, frames in greeting.items():
        assert hostile.puppet.connect() is None, name
        hostile.puppet.send(*frames)
        assert hostile.puppet.is_closed(), name
    for name, frames in serving.items():
        hostile.greet()
        hostile.puppet.send(*frames)
        assert hostile.puppet.is_closed(), name
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
    hostile.expect_harmless()
    seconds = time.monotonic() - began
    # A claim sends one advert and a resignation after it another; a claim announces 5 times.
    granted = CHANGES_BURST + CHANGES_A_SECOND * seconds
    adverts = hostile.sniffer.adverts("node1", since=began)
    assert 0 < len(adverts) <= 2 * granted + seconds
    assert len(hostile.sniffer.gratuitous_arps(port="node1", since=began)) <= 10 * granted


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
