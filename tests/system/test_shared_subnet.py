"""Virtual addresses in a subnet that the host itself has no address of."""
import time

import pytest
from lab import make_suite, wait_until
from lab.seed import INTERFACE, NODES

PATIENCE = 20
ROUTER = """vrrp_instance {name} {{
    interface eno16777736
    virtual_router_id {vrid}
    virtual_ipaddress {{
        10.77.0.{vrid}/24
    }}
}}
"""


def configuration(**routers):
    return "".join(ROUTER.format(name=name, vrid=vrid) for name, vrid in routers.items())


@pytest.fixture
def node(lab):
    host = lab.add_host("node1", NODES["node1"], INTERFACE)
    host.suite = make_suite("holdfast", host)
    return host


def test_a_router_keeps_its_address_when_the_first_of_the_subnet_goes(node):
    """The kernel takes the others of a subnet away with its first (ip-sysctl: without
    promote_secondaries); the one that stays must not suffer from a reload that is not about it."""
    node.run(["sysctl", "-qw", f"net.ipv4.conf.{INTERFACE}.promote_secondaries=0",
              "net.ipv4.conf.all.promote_secondaries=0"])
    node.suite.start(configuration(goes=1))
    node.wait_address("10.77.0.1", PATIENCE)
    node.write_file("keepalived.conf", configuration(goes=1, stays=2))
    node.suite.reload()
    node.wait_address("10.77.0.2", PATIENCE)
    before = next(one for one in node.suite.status()["routers"] if one["name"] == "stays")
    node.write_file("keepalived.conf", configuration(stays=2))
    node.suite.reload()
    node.wait_address("10.77.0.1", PATIENCE, present=False)
    wait_until(lambda: node.has_address("10.77.0.2"), PATIENCE, "the address is put back")
    time.sleep(1)
    after, = node.suite.status()["routers"]
    assert (after["state"], after["transitions"]) == ("Active", before["transitions"])
    assert node.has_address("10.77.0.2")
    assert "HFN026" not in node.suite.log_text()
