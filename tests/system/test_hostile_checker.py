"""A compromised checker: the engine believes it about its checks, and about nothing else."""
import importlib
import subprocess
import sys

import pytest
from lab import VIP, Sniffer, wait_until
from lab.programs import TREE
from lab.puppet import Puppet

PATIENCE = 20
HEALTH_SOCKET = "/run/holdfast/health.sock"


@pytest.fixture(scope="module")
def health(tmp_path_factory):
    """The messages' classes."""
    target = tmp_path_factory.mktemp("proto")
    subprocess.run(["protoc", f"--python_out={target}", f"-I{TREE / 'proto'}", "health.proto"],
                   check=True)
    sys.path.insert(0, str(target))
    yield importlib.import_module("health_pb2")
    sys.path.remove(str(target))


class Hostile:
    """node1 with the real checker asleep, and beside it whatever a test says."""

    def __init__(self, cluster, health):
        self.node, self.suite, self.health = cluster.node1, cluster.suites["node1"], health
        self.sniffer = Sniffer(cluster.lab)
        self.suite.start()
        self.node.wait_address(VIP, PATIENCE)
        self.sniffer.wait_advert(PATIENCE, port="node1", priority=95)  # its checks are decided
        self.suite.sigstop("checker")
        self.engine = self.suite.pids()["vrrp-engine"]

    def hello(self, version=1):
        message = self.health.CheckerToEngine()
        message.hello.protocol_version = version
        return message.SerializeToString()

    def results(self, **fields):
        message = self.health.CheckerToEngine()
        message.health.health.add(**fields)
        return message.SerializeToString()

    def router(self):
        return self.suite.status()["routers"][0]

    def expect_harmless(self):
        """The engine lives and nothing moved: a checker's word is no priority of its own."""
        assert self.suite.pids()["vrrp-engine"] == self.engine
        assert (self.router()["state"], self.router()["effective_priority"]) == ("Active", 95)
        assert self.node.has_address(VIP)


@pytest.fixture
def hostile(bare_seed, health):
    return Hostile(bare_seed, health)


def test_what_a_checker_may_say(hostile):
    """The control: a good message is taken, one of an unknown check is passed over."""
    puppet = Puppet(hostile.node, hostile.suite.uid("checker"), HEALTH_SOCKET)
    passing = hostile.health.Health.RESULT_PASSING
    assert puppet.connect() is None
    puppet.send(hostile.hello())
    greeting = hostile.health.EngineToChecker.FromString(puppet.receive())
    assert greeting.hello.protocol_version == 1
    puppet.send(hostile.results(check_id=4711, result=passing, cause="\x1b[2J" * 1000))
    assert puppet.receive(timeout=1) is None  # still connected, and nothing to say
    hostile.expect_harmless()


def test_every_message_out_of_order_and_out_of_range(hostile):
    puppet = Puppet(hostile.node, hostile.suite.uid("checker"), HEALTH_SOCKET)
    passing, hello = hostile.health.Health.RESULT_PASSING, hostile.hello()
    good = hostile.results(check_id=1, result=passing)
    for what, frames in {
            "results before the hello": [good], "another version": [hostile.hello(2)],
            "no version": [hostile.hello(0)], "a second hello": [hello, hello],
            "an empty message": [b"\x5a\x00"], "cut short": [hello, good[:-1]],
            "no verdict": [hello, hostile.results(check_id=1)],
            "an unknown verdict": [hello, hostile.results(check_id=1, result=3)],
            "more than 64 KiB": [hello, hostile.results(
                check_id=1, result=passing, cause="x" * 66_000)]}.items():
        assert puppet.connect() is None, what
        puppet.send(*frames)
        assert puppet.is_closed(), what
    wait_until(lambda: "a message out of order" in hostile.suite.log_text(), PATIENCE, "it says so")
    hostile.expect_harmless()


@pytest.mark.parametrize("who", ["root", "net-helper", "notifier", "stranger"])
def test_nobody_else_may_speak_to_the_engine(hostile, who):
    uid = {"root": 0, "stranger": 12345}.get(who)
    uid = hostile.suite.uid(who) if uid is None else uid
    other = Puppet(hostile.node, uid, HEALTH_SOCKET)
    refused = other.connect()
    if who == "root":  # the file's mode does not keep root out: the engine does
        assert refused is None
        other.send(hostile.hello())
        assert other.receive() == b""  # closed, and not greeted before
        wait_until(lambda: "refused user 0" in hostile.suite.log_text(), PATIENCE, "it says so")
    else:
        assert "Permission denied" in refused
    hostile.expect_harmless()
