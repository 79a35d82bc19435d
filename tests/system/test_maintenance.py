"""`holdfast maintenance`: a router gives its address away and stays down, whatever dies."""
import time

import pytest
from lab import VIP, Holders, Sniffer, wait_until
from lab.puppet import Puppet
from lab.seed import lone_seed_node

PATIENCE = 30
ENOUGH_SECONDS = 5  # longer than a Backup waits before it takes over
ORDER = "in maintenance since "
ENDS = "(`holdfast maintenance off` ends it)"


def router(suite):
    return suite.status()["routers"][0]


def wait_answer(suite):
    wait_until(lambda: suite.host.run([suite.program, "status"], check=False).returncode == 0,
               PATIENCE, "the engine answers")


def wait_state(suite, state):
    wait_answer(suite)
    wait_until(lambda: router(suite)["state"] == state, PATIENCE,
               lambda: f"the router is {state}: {router(suite)}")


def wait_restarted(suite, name, before):
    wait_until(lambda: suite.pids().get(name, before) != before, PATIENCE, f"{name} is back")
    wait_answer(suite)


def notified(suite, what):
    """How often the log tells of this transition."""
    return suite.log_text().count(what)


class Pair:
    """node1 with 95 has the address, node2 with 90 is the Backup."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.one, self.two = cluster.suites["node1"], cluster.suites["node2"]
        self.sniffer = Sniffer(cluster.lab)
        cluster.start()
        self.sniffer.wait_advert(PATIENCE, port="node1", priority=95)
        wait_until(lambda: router(self.two)["effective_priority"] == 90, PATIENCE,
                   "node2 has lowered its priority")
        self.held = Holders([cluster.node1, cluster.node2], VIP)
        wait_until(lambda: self.held.now() == ["node1"], PATIENCE, "node1 alone holds it")
        self.since = time.monotonic()

    def wait_only(self, *names):
        wait_until(lambda: self.held.now() == list(names), PATIENCE,
                   lambda: f"{names} alone; {self.held.now()} have it")

    def stays_down(self, seconds=ENOUGH_SECONDS):
        since = time.monotonic()
        time.sleep(seconds)
        assert "node1" not in self.held.now()
        assert "node1" not in self.held.moves(since)
        assert self.sniffer.adverts("node1", since=since) == []
        assert router(self.one)["state"] == "Stopped"


@pytest.fixture
def pair(bare_seed):
    return Pair(bare_seed)


def test_it_hands_over_stays_down_and_comes_back(pair):
    said = pair.one.maintenance("on")
    before, after = said.splitlines()
    assert before.startswith(f"myr: Active with {VIP}; "), said
    assert after.startswith(f"myr: {VIP} now at 172.18.67.14 (priority 90), after "), said
    pair.wait_only("node2")
    # Made before broken: at no time nobody had it.
    assert [one for one in pair.held.intervals(pair.since) if not one.hosts] == []
    successor, = pair.sniffer.adverts("node2", since=pair.since)[:1]
    left, = (one.time for one in pair.held.changes if one.host == "node1" and not one.holds)
    assert left > successor.time
    assert pair.sniffer.adverts("node1", since=pair.since)[-1].priority == 0
    status = router(pair.one)
    assert (status["state"], status["in_maintenance"]) == ("Stopped", True)
    assert status["cause"].startswith(ORDER) and ENDS in status["cause"]
    assert status["cause"].endswith("; 172.18.67.14 took over")
    assert "[HFE080]" in pair.one.log_text()
    pair.stays_down()

    said = pair.one.maintenance("on", "myr")
    assert said.startswith("myr: in maintenance already since "), said
    pair.two.stop()  # nobody is left, and it stays down all the same
    pair.wait_only()
    pair.stays_down()
    pair.two.start()
    pair.wait_only("node2")

    assert pair.one.maintenance("off").startswith("myr: Backup: the maintenance is over")
    pair.wait_only("node1")  # 95 preempts 90
    assert router(pair.one)["in_maintenance"] is False
    assert pair.one.maintenance("off") == "myr: not in maintenance\n"
    assert not pair.one.path("maintenance").exists()


def test_it_outlives_the_engine_and_the_whole_suite(pair):
    pair.one.maintenance("on", "myr")
    pair.wait_only("node2")
    pids = pair.one.pids()
    pair.one.kill9("vrrp-engine")
    wait_restarted(pair.one, "vrrp-engine", pids["vrrp-engine"])
    assert router(pair.one)["in_maintenance"]
    assert "[HFE081]" in pair.one.log_text()
    pair.stays_down()
    pair.one.kill9("net-helper")
    wait_restarted(pair.one, "net-helper", pids["net-helper"])
    pair.one.reload()
    pair.stays_down()
    assert pair.one.stop() == 0
    pair.one.start()
    wait_state(pair.one, "Stopped")
    pair.stays_down()
    # Neither of the new engines told the notifier of what was told when it began.
    assert notified(pair.one, "Active -> Stopped") == 1
    assert pair.held.moves(pair.since) == ["node2"]
    pair.one.maintenance("off", "myr")
    pair.wait_only("node1")


def test_the_engine_dies_while_it_waits_for_the_successor(pair):
    """The order stands in the file, so the next engine follows it."""
    pair.two.sigstop("vrrp-engine")  # nobody takes over for now
    engine = pair.one.pids()["vrrp-engine"]
    asking = pair.one.host.popen([pair.one.program, "maintenance", "on"], "maintenance.log")
    pair.sniffer.wait_advert(PATIENCE, port="node1", since=pair.since, priority=0)
    pair.one.kill9("vrrp-engine")
    assert asking.wait(PATIENCE) == 1
    assert "the next vrrp-engine follows it" in asking.log_text()
    wait_restarted(pair.one, "vrrp-engine", engine)
    pair.two.sigcont("vrrp-engine")
    pair.wait_only("node2")
    pair.stays_down()


def test_nobody_is_there_to_take_it(lab):
    host = lone_seed_node(lab)
    host.suite.start()
    host.wait_address(VIP, PATIENCE)
    wait_state(host.suite, "Active")
    before, after = host.suite.maintenance("on", "myr", check=3).splitlines()
    assert before == (f"myr: Active with {VIP}; no other router was heard since the engine "
                      "started, but a Backup is silent")
    assert after.startswith(f"myr: nobody was heard to take {VIP} within 1")
    assert "`holdfast maintenance off myr` brings it back" in after
    assert not host.has_address(VIP)
    text = host.run([host.suite.program, "status"]).stdout
    assert "router myr: Stopped" in text and ORDER in text
    assert "`holdfast maintenance off myr` ends it" in text
    host.suite.maintenance("off", "myr")
    host.wait_address(VIP, PATIENCE)


def test_what_cannot_be_done_is_told_and_changes_nothing(lab):
    host = lone_seed_node(lab)
    suite = host.suite
    said = suite.maintenance("on", check=1)
    assert "vrrp-engine does not answer: connect to /run/holdfast/control.sock: No such" in said
    suite.start()
    host.wait_address(VIP, PATIENCE)
    wait_state(suite, "Active")
    assert "did you mean `myr`?" in suite.maintenance("on", "mir", check=2)
    assert "maybe not in {on,off}" in suite.maintenance("maybe", check=2)
    said = suite.maintenance("on", check=1, uid=65534)
    assert "does not answer: connect to /run/holdfast/control.sock: Permission denied" in said
    # Who may ask for the status may not give orders: the directory is root's.
    suite.path("control.sock").chmod(0o666)
    said = suite.maintenance("on", check=1, uid=65534)
    assert "Permission denied: nothing was changed; are you root?" in said
    assert router(suite)["state"] == "Active" and host.has_address(VIP)
    assert not suite.path("maintenance").exists()


def test_an_order_that_others_could_have_written_is_none(lab):
    host = lone_seed_node(lab)
    suite = host.suite
    suite.start()
    host.wait_address(VIP, PATIENCE)
    wait_state(suite, "Active")
    suite.maintenance("on", check=3)
    path = suite.path("maintenance")
    path.chmod(0o666)
    engine = suite.pids()["vrrp-engine"]
    suite.kill9("vrrp-engine")
    wait_restarted(suite, "vrrp-engine", engine)
    host.wait_address(VIP, PATIENCE)
    assert "[HFE082]" in suite.log_text() and "lets others write it" in suite.log_text()
    said = suite.maintenance("off", check=1)
    assert "mode 0666 lets others write it: remove it" in said
    path.chmod(0o644)
    suite.maintenance("off")
    assert router(suite)["state"] == "Active"


def test_one_of_a_host_in_maintenance_cannot_be_taken_out(lab):
    host = lone_seed_node(lab)
    host.suite.start()
    host.wait_address(VIP, PATIENCE)
    wait_state(host.suite, "Active")
    host.suite.maintenance("on", check=3)
    said = host.suite.maintenance("off", "myr", check=1)
    assert "the whole host is in maintenance since " in said
    assert router(host.suite)["in_maintenance"]
    host.suite.maintenance("off")
    host.wait_address(VIP, PATIENCE)


def test_whoever_may_connect_moves_nothing_by_asking(lab):
    """The request says that the file is to be read again, and the file is root's."""
    ask = bytes.fromhex("12020801")  # OperatorToEngine{maintenance{protocol_version: 1}}
    host = lone_seed_node(lab)
    suite = host.suite
    suite.start()
    host.wait_address(VIP, PATIENCE)
    wait_state(suite, "Active")
    engine = suite.pids()["vrrp-engine"]
    suite.path("control.sock").chmod(0o666)
    stranger = Puppet(host, 65534, "/run/holdfast/control.sock")
    assert stranger.connect() is None
    assert stranger.send(*[ask] * 100) == 100
    assert stranger.receive()  # each is answered: nothing has changed
    assert stranger.connect() is None
    stranger.send(bytes.fromhex("12020802"))
    assert b"another version of the protocol" in stranger.receive()
    assert router(suite)["state"] == "Active" and "[HFE080]" not in suite.log_text()

    # One at a time: who asks again while a router still lingers is closed, and that one goes on.
    suite.path("maintenance").write_bytes(bytes.fromhex("0a061201781a0179"))  # since x, by y
    assert stranger.connect() is None
    stranger.send(ask)
    assert stranger.receive() is not None
    stranger.send(ask)
    assert stranger.is_closed()
    host.wait_address(VIP, PATIENCE, present=False)
    assert router(suite)["cause"].startswith("in maintenance since x, by y")
    assert suite.pids()["vrrp-engine"] == engine
    suite.maintenance("off")
    host.wait_address(VIP, PATIENCE)
