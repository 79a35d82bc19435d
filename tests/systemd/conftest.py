"""Fixtures of the tests under a real systemd, from the package."""
import subprocess
from pathlib import Path

import pytest
from lab.machine import Machine, Wire

TREE = Path(__file__).resolve().parents[2]
ONE_ROUTER = """
vrrp_script chk {
    script "/usr/bin/test ! -e /run/down"
    interval 1
    weight -20
}
vrrp_instance V {
    interface eth0
    virtual_router_id 51
    priority 100
    virtual_ipaddress {
        10.10.0.100/24
    }
    track_script {
        chk
    }
    notify /usr/local/bin/told
}
"""


@pytest.fixture(scope="session")
def package():
    """The package, built from this tree."""
    done = subprocess.run([TREE / "packaging/build-deb"], text=True, check=True,
                          stdout=subprocess.PIPE)
    return Path(done.stdout.split()[-1])


@pytest.fixture
def wire():
    with Wire() as made:
        yield made


def install(machine, package, configuration=ONE_ROUTER):
    machine.put(package, "/var/tmp/holdfast.deb")
    machine.check("dpkg --install /var/tmp/holdfast.deb")
    machine.write("/usr/local/bin/told", "#!/bin/sh\nlogger -t told \"$@\"\n", 0o755)
    machine.write("/etc/keepalived/keepalived.conf", configuration, 0o600)


@pytest.fixture
def machine(wire, package):
    """One host with the package and a router; nothing of it runs yet."""
    with Machine(wire, "10.10.0.1/24") as made:
        install(made, package)
        yield made


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the journals of its machines."""
    outcome = yield
    if call.when != "call" or not outcome.get_result().failed:
        return
    for value in getattr(item, "funcargs", {}).values():
        for each in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(each, Machine):
                outcome.get_result().sections.append(("journal of " + each.name, each.journal()))
