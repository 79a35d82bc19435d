"""Hundreds of routers: a reload touches what it changes, and nothing moves when processes die."""
import random
import signal
import time

from lab import AddressRecorder, AdvertRecorder, Load, ManyRouters, wait_until
from lab.recorders import sharing
from lab.soak import Fault, Soak
from lab.stalls import Stalls

PATIENCE = 60
ACTIVE, BACKUP = 150, 100
LOAD = Load(260, 2)  # on two links
ADVERTS = 3  # of each router after a reload


class Watch:
    """Two nodes at rest, and what is seen of a reload of node1."""

    def __init__(self, routers):
        self.routers = routers
        self.addresses = AddressRecorder([routers.node1, routers.node2])
        routers.start((ACTIVE, BACKUP), self.addresses)
        time.sleep(6)  # the second batch of gratuitous ARP is over
        self.adverts = AdvertRecorder(routers.node2)
        self.stalls = Stalls()
        routers.lab.on_close(self.stalls.close)
        time.sleep(1)

    def peer_transitions(self):
        return {one["name"]: one["transitions"] for one in self.routers.two.status()["routers"]}

    def reload(self, load, more=None):
        """Carries it out; since when."""
        self.routers.node1.write_file("keepalived.conf", load.configuration(ACTIVE, more))
        log, since = len(self.routers.one.log_text()), time.monotonic()
        self.routers.one.reload()
        wait_until(lambda: all(word in self.routers.one.log_text()[log:] for word in
                               ("[HFN003]", "[HFE060]", "[HFM004]")), PATIENCE, "the reload")
        wanted = time.monotonic()
        wait_until(lambda: len(self.adverts.adverts(wanted)) > ADVERTS * load.routers, PATIENCE,
                   "everybody goes on advertising")
        return since

    def expect_untouched(self, since, numbers):
        """These routers missed no advert, and nobody heard of their addresses."""
        until = time.monotonic()
        gaps = self.adverts.gaps(since - LOAD.interval, until)
        longest = 1.5 * LOAD.interval + self.stalls.longest(since - LOAD.interval, until)
        keys = {key_of(number) for number in numbers}
        assert {key: gap for key, gap in gaps.items() if key in keys and gap > longest} == {}
        assert keys <= set(gaps)
        assert {priority for _, interface, vrid, priority in self.adverts.adverts(since)
                if (interface, vrid) in keys} == {ACTIVE}
        addresses = {ip for number in numbers for ip in LOAD.addresses_of(number)}
        assert [one for one in self.addresses.changes(since) if one.ip in addresses] == []
        assert [one for one in self.adverts.arps(since) if one[2] in addresses] == []


def key_of(number):
    return f"l{number // 250}", number % 250 + 1


def test_a_reload_touches_the_router_that_it_changes():
    with ManyRouters(LOAD) as routers:
        watch = Watch(routers)
        before = watch.peer_transitions()
        since = watch.reload(LOAD)
        watch.expect_untouched(since, range(LOAD.routers))

        added = "10.0.200.1"
        since = watch.reload(LOAD, {7: [added]})
        watch.expect_untouched(since, [n for n in range(LOAD.routers) if n != 7])
        assert [(one.host, one.ip, one.holds) for one in watch.addresses.changes(since)] \
            == [("node1", added, True)]
        assert added in {one[2] for one in watch.adverts.arps(since)}

        since = watch.reload(Load(LOAD.routers - 1, 2), {7: [added]})  # the last is gone
        watch.expect_untouched(since, range(LOAD.routers - 1))
        wait_until(lambda: watch.addresses.count("node2") == LOAD.addresses, PATIENCE,
                   "the peer has taken what is gone here")
        gone = set(LOAD.addresses_of(LOAD.routers - 1))
        assert {one.ip for one in watch.addresses.changes(since)} == gone

        since = watch.reload(LOAD, {7: [added]})  # and comes back
        watch.expect_untouched(since, range(LOAD.routers - 1))
        wait_until(lambda: watch.addresses.count("node2") == 0, PATIENCE, "it is here again")
        assert {one.ip for one in watch.addresses.changes(since)} == gone
        changed = {name for name, count in watch.peer_transitions().items()
                   if count != before[name]}
        assert changed == {f"r{LOAD.routers - 1}"}


def test_a_stop_waits_for_a_successor_that_is_slow_by_its_configuration():
    """A Backup of the lowest priority waits for nearly an interval: longer than a stop may take."""
    with ManyRouters(Load(1, 2, interval=5)) as routers:
        recorder = AddressRecorder([routers.node1, routers.node2])
        routers.start((ACTIVE, 1), recorder)
        since = time.monotonic()
        routers.one.process.signal(signal.SIGTERM)
        assert routers.one.process.wait(PATIENCE) == 0
        routers.wait_held(routers.node2, recorder)
        changes = recorder.changes(since)
        assert [one.host for one in changes if one.holds] == ["node2"] * 2
        nobody, _ = sharing(changes)
        assert nobody == {}


def test_every_process_of_both_nodes_dies_and_nothing_moves():
    """tests/soak in short, at adverts that a busy machine cannot be late for."""
    with ManyRouters(Load(40, 1)) as routers:
        soak = Soak(routers, seed=1)
        soak.start()
        faults = [Fault(node, process, signal.SIGKILL) for node in ("node1", "node2")
                  for process in routers.one.processes]
        random.Random(1).shuffle(faults)
        outcomes = [soak.strike(fault) for fault in faults]
        assert [one for one in outcomes if one.problems or one.moves] == []
        problems, _ = soak.finish(memory=False)  # a sanitizer keeps what was freed
        assert problems == []
