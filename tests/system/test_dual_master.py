"""Two routers crossed over two nodes, and the address as a default gateway."""
import hashlib
import threading
import time

import pytest
from lab import Holders, Sniffer, make_suite, wait_until
from lab.namespaces import inside
from lab.programs import PYTHON
from lab.seed import INTERFACE

PATIENCE = 30
VIPS = {"A": "172.18.67.33", "B": "172.18.67.34"}
ADDRESSES = {"node1": "172.18.67.13/16", "node2": "172.18.67.14/16"}

ROUTER = """
vrrp_instance {name} {{
    state {state}
    interface {interface}
    virtual_router_id {vrid}
    priority {priority}
    advert_int 1
    virtual_ipaddress {{
        {address}
    }}
}}
"""


def router(name, vrid, priority, address, interface=INTERFACE):
    return ROUTER.format(name=name, state="MASTER" if priority == 100 else "BACKUP", vrid=vrid,
                         priority=priority, address=address, interface=interface)


class Crossed:
    """A is node1's and B is node2's, unless that node is gone."""

    def __init__(self, lab):
        self.nodes = {name: lab.add_host(name, at) for name, at in ADDRESSES.items()}
        self.suites = {name: make_suite("holdfast", host) for name, host in self.nodes.items()}
        self.held = {name: Holders(list(self.nodes.values()), ip) for name, ip in VIPS.items()}
        self.sniffer = Sniffer(lab)
        for name, suite in self.suites.items():
            first = name == "node1"
            suite.start(router("A", 167, 100 if first else 95, f"{VIPS['A']}/16")
                        + router("B", 168, 95 if first else 100, f"{VIPS['B']}/16"))
        self.wait({"A": "node1", "B": "node2"})

    def wait(self, expected):
        """Wait until each address is with this node alone."""
        wait_until(lambda: self.now() == {name: [node] for name, node in expected.items()},
                   PATIENCE, lambda: f"{expected}, but it is {self.now()}")
        for name, node in expected.items():
            state = next(one["state"] for one in self.suites[node].status()["routers"]
                         if one["name"] == name)
            assert state == "Active"

    def now(self):
        return {name: held.now() for name, held in self.held.items()}


@pytest.fixture
def crossed(lab):
    return Crossed(lab)


@pytest.mark.parametrize("gone, left", [("node1", "node2"), ("node2", "node1")])
def test_each_takes_the_others_address_and_gives_it_back(crossed, gone, left):
    other = {"node1": "A", "node2": "B"}[left]
    since = time.monotonic()
    assert crossed.suites[gone].stop() == 0
    crossed.wait({"A": left, "B": left})
    crossed.suites[gone].start()
    crossed.wait({"A": "node1", "B": "node2"})
    # What was in its place stayed there all the time.
    assert [one.hosts for one in crossed.held[other].intervals(since)] == [(left,)]
    adverts = crossed.sniffer.adverts(since=since)
    assert {(one.vrid, one.addresses) for one in adverts} \
        == {(167, (VIPS["A"],)), (168, (VIPS["B"],))}


def test_a_node_that_dies_at_once_loses_only_its_own(crossed):
    since = time.monotonic()
    crossed.suites["node1"].kill9_all()
    crossed.wait({"A": "node2", "B": "node2"})
    assert [one.hosts for one in crossed.held["B"].intervals(since)] == [("node2",)]


def test_a_router_that_leaves_the_configuration(crossed):
    """A reload takes one router away and leaves the other alone."""
    since = time.monotonic()
    crossed.nodes["node1"].write_file("keepalived.conf",
                                      router("B", 168, 95, f"{VIPS['B']}/16"))
    crossed.suites["node1"].reload()
    crossed.wait({"A": "node2", "B": "node2"})
    crossed.nodes["node1"].write_file("keepalived.conf",
                                      router("A", 167, 100, f"{VIPS['A']}/16")
                                      + router("B", 168, 95, f"{VIPS['B']}/16"))
    crossed.suites["node1"].reload()
    crossed.wait({"A": "node1", "B": "node2"})
    assert [one.hosts for one in crossed.held["B"].intervals(since)] == [("node2",)]


# The gateway: inside 10.1.0.0/24 and outside 10.2.0.0/24, node1 and node2 between them.

BYTES = 24 << 20
SENDER = """
import hashlib, socket, sys, time
listening = socket.create_server(("10.2.0.9", 9000))
print("ready", flush=True)
connection, _ = listening.accept()
total, block = int(sys.argv[1]), bytes(range(256)) * 256
while total > 0:
    connection.sendall(block[:total])
    total -= len(block)
    time.sleep(0.03)  # slow enough that the gateway moves in the middle of it
connection.shutdown(socket.SHUT_WR)
connection.recv(1)
"""


class Gateway:
    def __init__(self, lab):
        self.nodes = {}
        for number, name in enumerate(("node1", "node2"), 2):
            host = lab.add_host(name, f"10.1.0.{number}/24")
            lab.attach(host, "outside0", f"10.2.0.{number}/24", wire="outside")
            inside(host.namespace, lambda: open("/proc/sys/net/ipv4/ip_forward", "w").write("1"))
            self.nodes[name] = host
        self.inner = lab.add_host("inner", "10.1.0.9/24")
        self.outer = lab.add_host("outer", "10.2.0.9/24", wire="outside")
        self.inner.run("ip route add default via 10.1.0.1")
        self.outer.run("ip route add default via 10.2.0.1")
        self.suites = {name: make_suite("holdfast", host) for name, host in self.nodes.items()}
        for name, suite in self.suites.items():
            priority = 100 if name == "node1" else 95
            suite.start(router("INNER", 11, priority, "10.1.0.1/24")
                        + router("OUTER", 12, priority, "10.2.0.1/24", "outside0"))
        self.wait("node1")

    def wait(self, name):
        for node, host in self.nodes.items():
            for ip in ("10.1.0.1", "10.2.0.1"):
                host.wait_address(ip, PATIENCE, present=node == name)


def receive(host, result):
    """The whole transfer into a digest, on a thread in the host's network."""
    import socket

    def read():
        digest = hashlib.sha256()
        with socket.create_connection(("10.2.0.9", 9000), timeout=PATIENCE) as connection:
            connection.settimeout(2 * PATIENCE)
            while chunk := connection.recv(1 << 16):
                digest.update(chunk)
                result["bytes"] += len(chunk)
        result["digest"] = digest.hexdigest()

    thread = threading.Thread(target=lambda: inside(host.namespace, read), daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize("how", ["stop", "kill9_all", "unplug"])
def test_a_transfer_survives_the_failover_of_its_gateway(lab, how):
    gateway = Gateway(lab)
    sender = gateway.outer.popen([PYTHON, "-c", SENDER, str(BYTES)], "sender.log")
    wait_until(lambda: "ready" in sender.log_text(), PATIENCE, "the sender listens")
    result = {"bytes": 0, "digest": None}
    thread = receive(gateway.inner, result)
    wait_until(lambda: result["bytes"] > 1 << 20, PATIENCE, "the transfer runs")
    if how == "unplug":
        gateway.nodes["node1"].unplug(INTERFACE)
        gateway.nodes["node1"].unplug("outside0")
    else:
        getattr(gateway.suites["node1"], how)()
    gateway.wait("node2")
    moved_at = result["bytes"]
    assert moved_at < BYTES, "the transfer was over before the gateway had moved"
    thread.join(4 * PATIENCE)
    assert result["bytes"] == BYTES
    whole = (bytes(range(256)) * 256) * (BYTES // (1 << 16))
    assert result["digest"] == hashlib.sha256(whole).hexdigest()
