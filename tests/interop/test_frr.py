"""VRRPv3 with FRR 8.4, either of the two as the master, from 1 s down to 10 ms an advert."""
import time

import pytest
from lab import Lab, Sniffer, make_suite, wait_until
from lab.frr import Frr
from lab.seed import INTERFACE, NODES, VIP

PATIENCE = 20
VRID = 167
GROUP = "224.0.0.18"
CONFIGURATION = """global_defs {{
    vrrp_version 3
}}
vrrp_instance myr {{
    state BACKUP
    interface {interface}
    virtual_router_id {vrid}
    priority {priority}
    advert_int {seconds}
    virtual_ipaddress {{
        {vip}/16
    }}
}}
"""
INTERVALS = pytest.mark.parametrize("interval_ms", [1000, 100, 10])


class Peers:
    """holdfast on node1 and FRR on node2."""

    def __init__(self):
        self.lab = Lab()
        self.node1, self.node2 = (self.lab.add_host(name, at, INTERFACE)
                                  for name, at in NODES.items())
        self.holdfast = make_suite("holdfast", self.node1)
        self.frr = Frr(self.node2, VRID, VIP, INTERFACE)
        self.sniffer = Sniffer(self.lab)

    def start_holdfast(self, priority, interval_ms):
        self.holdfast.start(CONFIGURATION.format(interface=INTERFACE, vrid=VRID, vip=VIP,
                                                 priority=priority, seconds=interval_ms / 1000))
        self.holdfast.wait_elects(GROUP)

    def router(self):
        router, = self.holdfast.status()["routers"]
        return router

    def wait(self, ours, theirs):
        """Until these are the states of both, and the address is where it should be."""
        wait_until(lambda: (self.router()["state"], self.frr.state()) == (ours, theirs)
                   and self.node1.has_address(VIP) == (ours == "Active"), PATIENCE,
                   lambda: f"{ours}, {theirs}; {self.router()}; {self.frr.router()}")

    def wait_heard(self, count=3):
        """Until holdfast has taken so many adverts more, and refused none but its own version."""
        before = self.router()["counters"].get("accepted", 0)
        wait_until(lambda: self.router()["counters"].get("accepted", 0) >= before + count,
                   PATIENCE, "holdfast hears FRR")

    def understand_each_other(self):
        counters = self.router()["counters"]
        assert set(counters) <= {"accepted", "checksum_rfc5798"}, counters
        assert "HFE02" not in self.holdfast.log_text()


@pytest.fixture
def peers():
    made = Peers()
    with made.lab:
        yield made


@INTERVALS
def test_frr_as_the_master(peers, interval_ms):
    peers.frr.start(100, interval_ms)
    wait_until(lambda: peers.frr.state() == "Master", PATIENCE, "FRR is the master")
    peers.start_holdfast(95, interval_ms)
    peers.wait("Backup", "Master")
    peers.wait_heard()
    stopped = time.monotonic()
    peers.frr.stop()
    wait_until(lambda: peers.node1.has_address(VIP), PATIENCE, "holdfast takes the address")
    assert peers.sniffer.wait_advert(5, port="node2", since=stopped, priority=0)
    assert "resigned (priority 0)" in peers.router()["cause"]
    peers.frr.start(100, interval_ms)
    peers.wait("Backup", "Master")
    peers.understand_each_other()


@INTERVALS
def test_holdfast_as_the_master(peers, interval_ms):
    peers.start_holdfast(100, interval_ms)
    wait_until(lambda: peers.node1.has_address(VIP), PATIENCE, "holdfast has the address")
    peers.frr.start(95, interval_ms)
    peers.wait("Active", "Backup")
    wait_until(lambda: peers.frr.router()["stats"]["adverRx"] >= 3, PATIENCE, "FRR hears holdfast")
    assert peers.holdfast.stop() == 0
    wait_until(lambda: peers.frr.state() == "Master", PATIENCE, "FRR takes the address")
    peers.start_holdfast(100, interval_ms)
    peers.wait("Active", "Backup")
    peers.understand_each_other()
