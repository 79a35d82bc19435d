"""The seed cluster's four points, with real nginx, Apache and mail, its files unedited."""
import time

import pytest
from lab import VIP, Holders, IcmpProber, Sniffer, wait_until
from lab.seed import INTERFACE

ALTERNATING = ["RS1:172.18.67.11", "RS2:172.18.67.12"] * 2
WEB2_ONLY = ["RS2:172.18.67.12"] * 4
FAR_ENOUGH = 6  # seconds: longer than a Backup waits before it takes over


@pytest.fixture
def story(seed):
    """The cluster running, with a sniffer and a record of the holders from before the start."""
    seed.sniffer = Sniffer(seed.lab)
    seed.held = Holders([seed.node1, seed.node2], VIP)
    seed.start()
    seed.sniffer.wait_advert(15, port="node1", priority=100)
    return seed


def answers_in_turn(cluster):
    """Four answers, beginning at web1's turn: nginx goes on where the request before ended."""
    wait_until(lambda: (cluster.http.get().text or "").startswith("RS2"), 20,
               "the client is answered by web2")
    return cluster.http.curl()


def test_both_started(story):
    assert answers_in_turn(story) == ALTERNATING
    held, = (one for one in story.node1.addresses(INTERFACE) if one.ip == VIP)
    assert held.cidr == f"{VIP}/16" and held.secondary
    assert story.held.moves() == ["node1"]
    states = {name: suite.status()["routers"][0]["state"] for name, suite in story.suites.items()}
    assert states == {"node1": "Active", "node2": "Backup"}
    story.mail["node1"].wait_mail("node1 to be master", 15)
    story.mail["node2"].wait_mail("node2 to be backup", 15)

    advert = story.sniffer.wait_advert(5, port="node1")
    assert (advert.source, advert.destination, advert.ttl) == ("172.18.67.13", "224.0.67.67", 255)
    assert (advert.version, advert.vrid, advert.interval) == (2, 167, 1.0)
    assert (advert.auth_type, advert.auth_data) == (1, b"571f97b2")
    assert advert.addresses == (VIP,) and advert.checksum == "message"
    assert story.sniffer.adverts(port="node2") == []


def test_node1_stopped(story):
    assert answers_in_turn(story) == ALTERNATING
    prober = IcmpProber(story.client, VIP)
    prober.wait_answering(10)
    stopped = time.monotonic()
    assert story.suites["node1"].stop() == 0
    story.node2.wait_address(VIP, 15)
    story.node1.wait_address(VIP, 15, present=False)
    assert story.held.moves() == ["node1", "node2"]

    def announced():
        return [one.time for one in story.sniffer.gratuitous_arps(VIP, "node2", stopped)]

    times = wait_until(lambda: announced() if announced()[-1] - announced()[0] > 4 else None, 25,
                       lambda: f"node2 announces the address twice: {announced()}")
    first = [one for one in times if one - times[0] < 2.5]
    second = [one for one in times if one - times[0] >= 2.5]
    assert len(first) == len(second) == 5  # garp_master_repeat's default
    took, = (one.time for one in story.held.changes if one.holds and one.host == "node2")
    assert times[0] - took < 2  # at once
    assert 4.5 < second[0] - first[0]  # garp_master_delay's default is 5 s

    mail = story.mail["node2"].wait_mail("node2 to be master", 20)
    assert mail.recipients == ["root@localhost"]
    assert mail.subject == "node2 to be master, vip floating"
    assert "vrrp transition, node2 changed to be master" in mail.body
    prober.wait_answering(10)
    assert answers_in_turn(story) == ALTERNATING


def test_web1_stopped(story):
    assert answers_in_turn(story) == ALTERNATING
    story.web["web1"].stop()
    assert story.http.curl() == WEB2_ONLY
    assert story.held.moves() == ["node1"]


def test_down_file_lowers_the_priority_by_five(story):
    down = story.node1.keepalived / "down"
    down.touch()
    story.sniffer.wait_advert(15, port="node1", priority=95)
    router, = story.suites["node1"].status()["routers"]
    assert (router["base_priority"], router["effective_priority"]) == (100, 95)
    assert "chk_down" in router["priority_cause"]
    assert story.held.now() == ["node1"]
    down.unlink()
    removed = time.monotonic()
    story.sniffer.wait_advert(15, port="node1", since=removed, priority=100)
    assert story.held.moves() == ["node1"]


def test_a_dead_nginx_moves_nothing(story):
    """95 against 95: the trap in the seed, which must be kept, not mended."""
    story.nginx["node1"].kill()
    killed = time.monotonic()
    low = story.sniffer.wait_advert(20, port="node1", since=killed, priority=95)
    lines = [line for line in story.suites["node1"].log_text().splitlines()
             if "chk_nginx" in line and "HFC00" in line]
    assert any("1 of the 2 results" in line for line in lines), lines  # the first changed nothing
    assert any("FAILS, 2 in a row" in line for line in lines), lines
    wait_until(lambda: len(story.sniffer.adverts("node1", since=low.time)) >= FAR_ENOUGH, 30,
               "node1 goes on advertising")
    assert {one.priority for one in story.sniffer.adverts("node1", since=low.time)} == {95}
    assert story.sniffer.adverts(port="node2") == []
    assert story.held.moves() == ["node1"]

    story.nginx["node1"].start()
    back = time.monotonic()
    story.sniffer.wait_advert(20, port="node1", since=back, priority=100)  # rise 1


def test_nginx_down_and_down_file_move_the_address(story):
    """Both together: 90 against 95, and node1 takes it back at 100."""
    story.nginx["node1"].kill()
    (story.node1.keepalived / "down").touch()
    story.sniffer.wait_advert(20, port="node1", priority=90)
    story.node2.wait_address(VIP, 20)
    assert answers_in_turn(story) == ALTERNATING
    (story.node1.keepalived / "down").unlink()
    story.nginx["node1"].start()
    story.node1.wait_address(VIP, 20)
    story.node2.wait_address(VIP, 20, present=False)
    wait_until(lambda: story.held.moves() == ["node1", "node2", "node1"], 5,
               lambda: f"it moved there and back: {story.held.moves()}")
    story.mail["node2"].wait_mail("node2 to be master", 20)
    story.mail["node1"].wait_mail("node1 to be backup", 20)
