"""A compromised vrrp-engine, and what it tries on the helper: wherever the two run.

`Hostile` says whatever it is told on net.sock in the engine's place. Who derives from it puts it
there. The functions below are the attacks; each leaves nothing but what the policy holds.
"""
import importlib
import random
import re
import subprocess
import sys
import time

from .programs import TREE
from .waiting import wait_until

SEED = 20261123
HEADER_BYTES = 24  # of a compiled file
CHANGES_BURST, CHANGES_A_SECOND = 40, 20  # what the helper grants a router
PATIENCE = 20


def load_messages(directory):
    """The messages' classes, generated there: (net_pb2, net_config_pb2)."""
    names = ["net.proto", "net_config.proto", "common_config.proto"]
    subprocess.run(["protoc", f"--python_out={directory}", f"-I{TREE / 'proto'}", *names],
                   check=True)
    sys.path.insert(0, str(directory))
    try:
        return importlib.import_module("net_pb2"), importlib.import_module("net_config_pb2")
    finally:
        sys.path.remove(str(directory))


class Hostile:
    """One node with the real helper and one router, and in the engine's place a Puppet.

    Derived: `puppet`, `seen` (Holders), `sniffer`, `port` on the wire, `vip`, `group`,
    `own_address`, `own_addresses`, `helper` (its pid at the start); and the three
    methods that follow.
    """

    def __init__(self, messages, policy):
        """`policy`: the bytes of net.pb."""
        self.net, config = messages
        self.policy = config.NetConfig()
        self.policy.ParseFromString(policy[HEADER_BYTES:])
        self.router, = self.policy.routers

    def helper_pid(self):
        raise NotImplementedError

    def read_log(self):
        """All that the helper has logged since some time in the past."""
        raise NotImplementedError

    def ipv4_addresses(self):
        """The node's, as a set."""
        raise NotImplementedError

    def wait_log(self, pattern, start):
        """The first match of the pattern in what was logged from `start` on."""
        return wait_until(lambda: re.search(pattern, self.read_log()[start:]), PATIENCE,
                          lambda: f"{pattern!r} in the helper's log: {self.read_log()[start:]}")

    def wait_held(self, held):
        wait_until(lambda: (self.vip in self.ipv4_addresses()) == held, PATIENCE,
                   f"{self.vip} is held: {held}")

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
        assert self.net.HelperToEngine.FromString(answer).hello.protocol_version == 1
        return self.net.HelperToEngine.FromString(self.puppet.receive()).links

    def expect_closed(self, what, frames, why):
        """The helper closes the connection because of this breach of the protocol, no other."""
        start = len(self.read_log())
        self.puppet.send(*frames)
        assert self.puppet.is_closed(), what
        said = self.wait_log(r"HFN01[123]\]", start).string
        assert why in said, f"{what}: {said}"
        assert "is connected already" not in said, f"{what}: {said}"

    def expect_harmless(self):
        """The helper lives, and nothing but the policy's is on the node and on the wire."""
        assert self.helper_pid() == self.helper
        wait_until(lambda: self.seen.now() == [], 20, "the address is gone with the last lease")
        assert self.ipv4_addresses() == self.own_addresses
        vrid, source = self.router.vrid, self.own_address
        for one in self.sniffer.adverts(self.port):
            assert (one.vrid, one.source, one.destination, one.addresses, one.ttl) \
                == (vrid, source, self.group, (self.vip,), 255)
        assert {one.sender for one in self.sniffer.gratuitous_arps(port=self.port)} <= {self.vip}
        self.greet()  # it still serves


def what_an_engine_may_do(hostile):
    """The control: without it the refusals below could be those of a broken test."""
    assert [one.running for one in hostile.greet().links] == [True]
    hostile.puppet.send(hostile.batch(hostile.hold(priority=77)))
    hostile.wait_held(True)
    hostile.sniffer.wait_advert(10, port=hostile.port, priority=77)
    hostile.puppet.send(hostile.batch(hostile.withdraw()))
    hostile.wait_held(False)
    hostile.expect_harmless()


def every_message_out_of_order_and_out_of_range(hostile):
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
            hostile.hello(hostile.hold(valid_for_ms=limit + 1)),
            f"valid_for_ms {limit + 1} is not within"),
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
        "a lease of 0": (
            hostile.batch(hostile.hold(valid_for_ms=0)), "valid_for_ms 0 is not within"),
        "a lease too long": (
            hostile.batch(hostile.hold(valid_for_ms=limit + 1)),
            f"valid_for_ms {limit + 1} is not within"),
        "a lease for ever": (
            hostile.batch(hostile.hold(valid_for_ms=2**32 - 1)),
            "valid_for_ms 4294967295 is not within"),
        "a linger too long": (
            hostile.batch(hostile.resign(linger + 1)), f"linger_ms {linger + 1} is not within"),
        "a good hold beside a bad one": (
            hostile.batch(hostile.hold(), hostile.hold(priority=0)), "priority 0 is not within"),
        "more than 64 KiB": (hostile.batch(*[hostile.hold()] * 7000), "an oversized message"),
        "cut short": (good[:-1], no_message),
        "one byte too many": (good + b"\x00", no_message),
        "an empty frame": (empty + b"\x08", no_message),
    }
    for name, (frame, why) in greeting.items():
        assert hostile.puppet.connect() is None, name
        hostile.expect_closed(name, [frame], why)
    for name, (frame, why) in serving.items():
        hostile.greet()
        hostile.expect_closed(name, [frame], why)
    assert hostile.seen.moves() == []  # not one of them was carried out
    assert hostile.sniffer.adverts(hostile.port) == []
    hostile.expect_harmless()


def routers_that_the_policy_does_not_hold(hostile):
    hostile.greet()
    unknown = [hostile.router.id ^ 1, 0, 1, 167, 2**32 - 1]
    hostile.puppet.send(hostile.batch(*[hostile.hold(one, priority=255) for one in unknown]))
    told = []
    while len(told) < len(unknown):
        message = hostile.net.HelperToEngine.FromString(hostile.puppet.receive())
        told += [(one.router_id, one.reason) for one in message.ended.ended]
    assert told == [(one, hostile.net.Ended.REASON_UNKNOWN_ROUTER) for one in unknown]
    assert hostile.sniffer.adverts(hostile.port) == []
    hostile.expect_harmless()


def random_bytes(hostile):
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


def a_flood_of_claims_is_rate_limited(hostile):
    """Claims and resignations as fast as the socket takes them."""
    hostile.greet()
    began = time.monotonic()
    loud = hostile.router.announce_limit
    pair = [hostile.hold(advertise_now=True, announce=2**32 - 1, valid_for_ms=500),
            hostile.resign(), hostile.hold(priority=1, valid_for_ms=500), hostile.withdraw()]
    for _ in range(200):
        if hostile.puppet.send(hostile.batch(*pair * 50)) == 0:
            hostile.greet()
    hostile.greet()  # it is answered when the last of the flood has been dealt with
    seconds = time.monotonic() - began
    # A claim sends one advert and a resignation after it another, and announces at its limit,
    # whatever it asks for.
    granted = CHANGES_BURST + CHANGES_A_SECOND * seconds
    adverts = hostile.sniffer.adverts(hostile.port, since=began)
    assert 0 < len(adverts) <= 2 * granted + seconds
    assert len(hostile.sniffer.gratuitous_arps(port=hostile.port, since=began)) <= loud * granted
    hostile.expect_harmless()
