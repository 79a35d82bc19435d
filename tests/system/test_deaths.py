"""What dies or hangs, and what becomes of the address. No nginx here: node1 has 95, node2 90."""
import signal
import time

import pytest
from lab import VIP, Holders, Sniffer, wait_until
from lab.seed import INTERFACE

ENOUGH_ADVERTS = 6  # at one a second: longer than a Backup waits before it takes over
PATIENCE = 30
HANDED_OVER_WITHIN = 0.8  # of the second that the helper answers for a hung engine


class Pair:
    """The two nodes running and settled, with everything that is seen of them."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.one, self.two = cluster.suites["node1"], cluster.suites["node2"]
        self.sniffer = Sniffer(cluster.lab)
        cluster.start()
        self.one.wait_processes(self.one.processes)
        self.two.wait_processes(self.two.processes)
        self.sniffer.wait_advert(PATIENCE, port="node1", priority=95)
        wait_until(lambda: self.router(self.two)["effective_priority"] == 90, PATIENCE,
                   lambda: f"node2 has lowered its priority: {self.router(self.two)}")
        self.held = Holders([cluster.node1, cluster.node2], VIP)
        wait_until(lambda: self.held.now() == ["node1"], PATIENCE, "node1 alone holds it")
        self.since = time.monotonic()
        self.before = self.one.pids()

    @staticmethod
    def router(suite):
        return suite.status()["routers"][0]

    def adverts(self, port):
        return self.sniffer.adverts(port, since=self.since)

    def wait_restarted(self, name):
        return wait_until(lambda: self.one.pids().get(name, self.before[name]) != self.before[name],
                          PATIENCE, f"{name} is started again")

    def wait_adverts(self, port, count=ENOUGH_ADVERTS):
        now = time.monotonic()
        wait_until(lambda: len(self.sniffer.adverts(port, since=now)) >= count, PATIENCE,
                   f"{port} goes on advertising")

    def wait_only(self, name):
        wait_until(lambda: self.held.now() == [name], PATIENCE,
                   lambda: f"{name} alone holds the address; so do {self.held.now()}")

    def expect_nothing_moved(self):
        """No transition anywhere, the address never left, no priority 0, no gap long enough."""
        assert [one.hosts for one in self.held.intervals(self.since)] == [("node1",)]
        assert self.adverts("node2") == []
        assert {one.priority for one in self.adverts("node1")} == {95}
        status = self.router(self.two)
        assert (status["state"], status["transitions"]) == ("Backup", 1)


@pytest.fixture
def pair(bare_seed):
    return Pair(bare_seed)


@pytest.mark.parametrize("name", ["vrrp-engine", "checker", "notifier", "net-helper"])
def test_one_process_is_killed_and_started_again(pair, name):
    pair.one.kill9(name)
    pair.wait_restarted(name)
    pair.wait_adverts("node1")
    pair.expect_nothing_moved()
    assert pair.router(pair.one)["state"] == "Active"
    assert {one: pid for one, pid in pair.one.pids().items() if one != name} \
        == {one: pid for one, pid in pair.before.items() if one != name}


def test_the_engine_is_killed_again_and_again(pair):
    for _ in range(3):
        pair.before = pair.one.pids()
        pair.one.kill9("vrrp-engine")
        pair.wait_restarted("vrrp-engine")
        wait_until(lambda: pair.router(pair.one)["state"] == "Active", PATIENCE,
                   "the new engine is Active")
    pair.wait_adverts("node1")
    pair.expect_nothing_moved()


def test_the_helper_stays_dead(pair):
    """Nobody is left who could remove the address: the kernel does."""
    held, = (one for one in pair.cluster.node1.addresses() if one.ip == VIP)
    assert held.valid_seconds is not None and held.valid_seconds <= 4
    pair.one.sigstop("holdfast")
    pair.one.kill9("net-helper")
    pair.wait_only("node2")
    assert pair.router(pair.one)["state"] != "Active"
    settled = time.monotonic()
    pair.wait_adverts("node2")
    assert pair.held.shared(settled) == []
    assert pair.held.now() == ["node2"]
    pair.one.sigcont("holdfast")  # the helper comes back: 95 preempts 90
    pair.wait_only("node1")


def test_everything_is_killed(pair):
    pair.one.kill9_all()
    pair.cluster.node1.wait_address(VIP, PATIENCE, present=False)
    pair.wait_only("node2")
    settled = time.monotonic()
    pair.wait_adverts("node2")
    assert pair.held.shared(settled) == []
    assert pair.held.moves(pair.since) == ["node2"]
    assert pair.one.pids() == {}
    pair.one.start()  # over what the dead left in the runtime directory
    pair.wait_only("node1")


def test_the_launcher_alone_is_killed(pair):
    """Its children see it and stop in order: the address goes where it belongs."""
    pair.one.kill9("holdfast")
    pair.wait_only("node2")
    wait_until(lambda: pair.one.pids() == {}, PATIENCE,
               lambda: f"no process is left: {pair.one.pids()}")


def test_the_engine_hangs(pair):
    pair.one.sigstop("vrrp-engine")
    last = pair.sniffer.wait_advert(PATIENCE, port="node1", since=pair.since, priority=0)
    pair.wait_only("node2")
    assert "lease expired" in pair.one.log_text()
    # Until the successor was heard node1 has answered, and then it has let go because of it.
    successor, = pair.adverts("node2")[:1]
    assert [one for one in pair.held.intervals(pair.since)
            if not one.hosts and one.start < successor.time] == []
    if successor.time < last.time + HANDED_OVER_WITHIN:
        assert "lease withdrawn" in pair.one.log_text()
    settled = time.monotonic()
    pair.wait_adverts("node2")
    # The helper says nothing more for an engine that does not speak.
    assert [one for one in pair.adverts("node1") if one.time > last.time] == []
    assert pair.held.shared(settled) == []

    pair.one.sigcont("vrrp-engine")
    pair.wait_only("node1")  # 95 preempts 90
    settled = time.monotonic()
    pair.wait_adverts("node1")
    assert pair.held.shared(settled) == []
    assert pair.held.moves(pair.since) == ["node2", "node1"]
    assert pair.router(pair.two)["state"] == "Backup"


def test_a_hung_checker_and_notifier_cost_nothing(pair):
    """Not to the engine that knows them, nor to a new one that they do not answer."""
    pair.one.sigstop("checker")
    pair.one.sigstop("notifier")
    pair.wait_adverts("node1")
    pair.one.kill9("vrrp-engine")
    pair.wait_restarted("vrrp-engine")
    pair.wait_adverts("node1")
    pair.expect_nothing_moved()
    assert pair.router(pair.one)["state"] == "Active"


def test_an_address_without_a_lease_is_removed_at_the_start(bare_seed):
    """As a helper leaves it that died with its kernel lease switched off."""
    one, two = bare_seed.node1, bare_seed.node2
    bare_seed.suites["node1"].start()
    one.wait_address(VIP, PATIENCE)
    two.run(["ip", "address", "add", f"{VIP}/16", "dev", INTERFACE])
    bare_seed.suites["node2"].start()
    two.wait_address(VIP, PATIENCE, present=False)
    wait_until(lambda: "[HFN027]" in bare_seed.suites["node2"].log_text(), PATIENCE, "it says so")
    assert one.has_address(VIP)


def test_the_helper_hangs(pair):
    """Nobody renews the kernel's lease, so that the address goes without anybody's doing."""
    pair.one.sigstop("net-helper")
    pair.wait_only("node2")
    settled = time.monotonic()
    pair.wait_adverts("node2")
    assert pair.held.shared(settled) == []
    pair.one.sigcont("net-helper")
    pair.wait_only("node1")
    settled = time.monotonic()
    pair.wait_adverts("node1")
    assert pair.held.shared(settled) == []


def test_a_backup_loses_every_process_in_turn(pair):
    before = pair.two.pids()
    for name in ("vrrp-engine", "net-helper", "checker", "notifier"):
        pair.two.kill9(name)
        wait_until(lambda name=name: pair.two.pids().get(name, before[name]) != before[name],
                   PATIENCE, f"{name} is started again")
    wait_until(lambda: pair.router(pair.two)["peers"], PATIENCE, "the new engine hears node1")
    pair.wait_adverts("node1")
    assert pair.held.moves(pair.since) == [] and pair.held.now() == ["node1"]
    assert pair.adverts("node2") == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_orderly_stop_makes_before_it_breaks(pair, number):
    pair.one.process.signal(number)
    assert pair.one.process.wait(PATIENCE) == 0
    assert pair.one.pids() == {}
    pair.wait_only("node2")
    assert pair.sniffer.wait_advert(5, port="node1", since=pair.since).priority in (0, 95)
    assert pair.adverts("node1")[-1].priority == 0
    successor, = pair.adverts("node2")[:1]
    left, = (one.time for one in pair.held.changes if one.host == "node1" and not one.holds)
    assert left > successor.time
    runtime = pair.cluster.node1.run(["ls", "/run/holdfast"]).stdout.split()
    assert not [name for name in runtime if name.endswith((".sock", ".pb"))], runtime
