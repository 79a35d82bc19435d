"""The Debian package, and a host on which it is installed."""
import os
import subprocess
from pathlib import Path

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


def build():
    """Builds it from this tree, or takes the one that ./test has built."""
    made = os.environ.get("HOLDFAST_PACKAGE")
    if not made:
        made = subprocess.run([TREE / "packaging/build-deb"], text=True, check=True,
                              stdout=subprocess.PIPE).stdout.split()[-1]
    return Path(made)


def install(machine, package, configuration=ONE_ROUTER):
    machine.put(package, "/var/tmp/holdfast.deb")
    machine.check("dpkg --install /var/tmp/holdfast.deb")
    machine.write("/usr/local/bin/told", "#!/bin/sh\nlogger -t told \"$@\"\n", 0o755)
    machine.write("/etc/keepalived/keepalived.conf", configuration, 0o600)
