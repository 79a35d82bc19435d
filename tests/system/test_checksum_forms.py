"""`v3_checksum_as_v2`: what goes over the wire, and that holdfast hears the other form as well."""
import pytest
from lab import Lab, Sniffer, make_suite, wait_until
from lab.seed import INTERFACE, NODES, VIP

PATIENCE = 15
GROUP = "224.0.0.18"
CONFIGURATION = """vrrp_instance myr {{
    version 3
    v3_checksum_as_v2 {switch}
    interface {interface}
    virtual_router_id 167
    priority {priority}
    advert_int 0.1
    virtual_ipaddress {{
        {vip}/16
    }}
}}
"""


@pytest.fixture
def lab():
    with Lab() as made:
        yield made


def start(suite, switch, priority):
    suite.start(CONFIGURATION.format(switch=switch, interface=INTERFACE, priority=priority,
                                     vip=VIP))
    suite.wait_elects(GROUP)


def wait_backup(suite, counter):
    """Until it is Backup because of what it hears, which is of this form alone."""
    def hears():
        router, = suite.status()["routers"]
        counters = router["counters"]
        return (router["state"] == "Backup" and counters.get(counter, 0) >= 3
                and set(counters) == {"accepted", counter})

    wait_until(hears, PATIENCE, lambda: f"a Backup that counts {counter}; {suite.status()}")


def test_each_sends_its_own_and_hears_the_other(lab):
    hosts = {name: lab.add_host(name, at, INTERFACE) for name, at in NODES.items()}
    suites = {name: make_suite("holdfast", host) for name, host in hosts.items()}
    sniffer = Sniffer(lab)
    start(suites["node1"], "on", 100)
    hosts["node1"].wait_address(VIP, PATIENCE)
    start(suites["node2"], "off", 90)
    wait_backup(suites["node2"], "checksum_rfc9568")
    assert suites["node1"].stop() == 0
    hosts["node2"].wait_address(VIP, PATIENCE)
    start(suites["node1"], "on", 80)
    wait_backup(suites["node1"], "checksum_rfc5798")
    forms = {(one.port, one.checksum) for one in sniffer.adverts()}
    assert forms == {("node1", "message"), ("node2", "pseudo")}
