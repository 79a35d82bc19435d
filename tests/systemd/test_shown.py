"""docs/privileges.md shows what ps and `holdfast audit` say on a host with the package."""
import re
from pathlib import Path

import pytest
from lab.waiting import wait_until

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/privileges.md"
CONFIGURATION = """
vrrp_script nginx {
    script "/usr/bin/killall -0 nginx"
    interval 1
    weight -20
}
vrrp_script app {
    script "/usr/local/bin/app-check"
    user app
    interval 1
    weight -20
}
vrrp_instance V {
    interface eth0
    virtual_router_id 51
    priority 100
    authentication {
        auth_type PASS
        auth_pass x7Kp2qLm
    }
    virtual_ipaddress {
        10.10.0.100/24
    }
    track_script {
        nginx
        app
    }
}
"""


@pytest.fixture
def host(machine):
    machine.check("useradd --system app; systemctl start nginx; install -D -m 644 -t "
                  "/etc/systemd/system/holdfast-checker.service.d "
                  "/usr/share/holdfast/signal-zero.conf; systemctl daemon-reload")
    machine.write("/usr/local/bin/app-check", "#!/bin/sh\n", 0o755)
    machine.write("/etc/keepalived/keepalived.conf", CONFIGURATION, 0o600)
    machine.check("systemctl start holdfast.target")
    wait_until(lambda: "priority  100 (base 100)" in machine.run("holdfast status").stdout and
               machine.run("pgrep -x runner").stdout, 20, "both checks pass, and the runner is up")
    return machine


def shown(name):
    """The lines of the document's block after the marker of that name."""
    text = DOCUMENT.read_text()
    return re.search(rf"<!-- {name} -->\n+```\n(.*?)```", text, re.DOTALL)[1].splitlines()


def alike(line):
    """Without what differs from one host, or from one moment, to another."""
    return re.sub(r"[0-9]+", "0", " ".join(line.split()))


def assert_shows(name, real):
    """Each line in the document is one of the real output, in its order; "..." is what was cut."""
    rest = iter([alike(line) for line in real.splitlines()])
    for line in shown(name):
        start, cut, _ = alike(line).partition("...")
        assert any(one.startswith(start) if cut else one == start for one in rest), \
            f"docs/privileges.md shows a line that is not (or not there) in:\n{real}\n{line}"


def test_the_document_shows_what_is(host):
    ps = re.search("^`(ps .*)`$", DOCUMENT.read_text(), re.MULTILINE)[1]
    assert_shows("ps", host.check(ps))
    audit = host.check("holdfast audit")
    assert_shows("audit", audit)
    real, here = (re.findall("^process ([^,]*)", text, re.MULTILINE) for text in
                  (audit, "\n".join(shown("audit"))))
    assert [alike(name) for name in real] == [alike(name) for name in here]
    assert len(shown("ps")) == len(real) + 2  # the heading and systemd; none is left out
