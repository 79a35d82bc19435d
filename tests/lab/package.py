"""The Debian package, and a host on which it is installed."""
import os
import re
import subprocess
from pathlib import Path

from .machine import SUITE, debian_tree

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
        command = [TREE / "packaging/build-deb"]
        environment = dict(os.environ)
        if SUITE != "bookworm":  # this host's
            command.append(TREE / f"build/deb-{SUITE}")
            environment["HOLDFAST_BUILD_ROOT"] = str(debian_tree(SUITE, build_dependencies()))
        made = subprocess.run(command, text=True, check=True, env=environment,
                              stdout=subprocess.PIPE).stdout.split()[-1]
    return Path(made)


def build_dependencies():
    """Of the package, and what ./test has beside them."""
    control = (TREE / "packaging/debian/control").read_text()
    listed = re.search(r"^Build-Depends:(.*?)^\S", control, re.MULTILINE | re.DOTALL)[1]
    names = [one.split("|")[0].split("(")[0].strip() for one in listed.split(",")]
    return ["debhelper" if name == "debhelper-compat" else name for name in names] + [
        "build-essential", "ccache"]


def install(machine, package, configuration=ONE_ROUTER):
    machine.put(package, "/var/tmp/holdfast.deb")
    machine.check("dpkg --install /var/tmp/holdfast.deb")
    machine.write("/usr/local/bin/told", "#!/bin/sh\nlogger -t told \"$@\"\n", 0o755)
    machine.write("/etc/keepalived/keepalived.conf", configuration, 0o600)
