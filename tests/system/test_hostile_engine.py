"""A compromised vrrp-engine: it may claim what is configured, and nothing else comes of it."""
import os

import pytest
from lab import GROUP, VIP, Holders, Sniffer, advert_v2, send_frame
from lab import hostile as attacks
from lab.puppet import Puppet


@pytest.fixture(scope="module")
def messages(tmp_path_factory):
    return attacks.load_messages(tmp_path_factory.mktemp("proto"))


class UnderLauncher(attacks.Hostile):
    """node1 with the real engine dead and in its place whatever a test says."""

    port, vip, group, own_address = "node1", VIP, GROUP, "172.18.67.13"
    own_addresses = {own_address, "127.0.0.1"}

    def __init__(self, cluster, messages):
        self.node, self.suite = cluster.node1, cluster.suites["node1"]
        self.cluster = cluster
        self.suite.start()
        self.node.wait_address(VIP, 20)
        self.suite.sigstop("holdfast")  # so that nobody starts the engine again
        self.suite.kill9("vrrp-engine")
        self.node.wait_address(VIP, 20, present=False)
        self.helper = self.helper_pid()
        super().__init__(messages, self.suite.path("config/net.pb").read_bytes())
        self.sniffer = Sniffer(cluster.lab)
        self.seen = Holders([self.node], VIP)
        self.puppet = Puppet(self.node, self.suite.uid("vrrp-engine"),
                             "/run/holdfast/net.sock")
        # What the helper writes while its launcher, who would relay it, is stopped.
        self._pipe = os.open(f"/proc/{self.helper}/fd/2", os.O_RDONLY | os.O_NONBLOCK)
        self._log = ""
        cluster.lab.on_close(lambda: os.close(self._pipe))

    def helper_pid(self):
        return self.suite.pids()["net-helper"]

    def read_log(self):
        try:
            while some := os.read(self._pipe, 65536):
                self._log += some.decode()
        except BlockingIOError:
            pass
        return self._log

    def ipv4_addresses(self):
        return {one.ip for one in self.node.addresses() if ":" not in one.ip}


@pytest.fixture
def hostile(bare_seed, messages):
    return UnderLauncher(bare_seed, messages)


def test_what_an_engine_may_do(hostile):
    attacks.what_an_engine_may_do(hostile)


def test_every_message_out_of_order_and_out_of_range(hostile):
    attacks.every_message_out_of_order_and_out_of_range(hostile)


def test_routers_that_the_policy_does_not_hold(hostile):
    attacks.routers_that_the_policy_does_not_hold(hostile)


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
    stamps = [one.received_at_ns for one in arrived]
    assert stamps[0] > 0 and stamps == sorted(stamps)
    hostile.expect_harmless()


def test_random_bytes(hostile):
    attacks.random_bytes(hostile)


def test_a_flood_of_claims_is_rate_limited(hostile):
    attacks.a_flood_of_claims_is_rate_limited(hostile)


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
