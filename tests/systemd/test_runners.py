"""Scripts of other users, from the package under systemd."""
import pytest
from lab.waiting import wait_until

PATIENCE = 20
NOTE = """#!/bin/sh
file=/run/told/$(id -un)
{ id -un; cat /run/of-adm; echo "$HOME"; for word; do echo "<$word>"; done; } > $file.new 2>&1
mv $file.new $file
[ ! -e /run/down ]
"""
SCRIPTS = """
vrrp_script chk {
    script "/usr/local/bin/note"
    user %(user)s
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
    notify "/usr/local/bin/note one" other-user
}
"""


def configure(machine, user="app"):
    machine.write("/etc/keepalived/keepalived.conf", SCRIPTS % {"user": user}, 0o600)


@pytest.fixture
def host(machine):
    machine.check("useradd --create-home --groups adm app && useradd --system other-user && "
                  "mkdir -m 1777 /run/told && install -d -m 755 "
                  "/etc/systemd/system/holdfast-runner@.service.d")
    # The notes lie outside of what a script may write.
    machine.write("/etc/systemd/system/holdfast-runner@.service.d/told.conf",
                  "[Service]\nReadWritePaths=/run/told\n")
    machine.write("/usr/local/bin/note", NOTE, 0o755)
    machine.write("/run/of-adm", "for the group adm\n", 0o640)
    machine.check("chgrp adm /run/of-adm")
    machine.check("systemctl daemon-reload")
    return machine


def start(host, **what):
    configure(host, **what)
    host.check("systemctl start holdfast.target")
    wait_until(lambda: "10.10.0.100/24" in host.addresses(), PATIENCE, "the address is held")


def told(host, user):
    return host.run(f"cat /run/told/{user}").stdout.split("\n")


def check_line(host):
    lines = host.run("holdfast status").stdout.splitlines()
    return next((line for line in lines if line.startswith("check chk")), "")


def is_up(host, unit):
    return host.run(f"systemctl is-active '{unit}'").stdout.split()[:1] == ["active"]


def test_the_units_are_sound_and_closed(machine):
    # For a user who is there.
    assert machine.check("cd /lib/systemd/system && systemd-analyze verify --man=no "
                         "holdfast-runner@games.service holdfast-runner@games.socket "
                         "holdfast-runner@root.service") == ""
    machine.check("systemd-analyze security --no-pager --offline=true --threshold=12 "
                  "/lib/systemd/system/holdfast-runner@.service")


def test_scripts_run_as_their_users_and_the_runners_come_and_go(host):
    start(host)
    wait_until(lambda: told(host, "app")[0] == "app", PATIENCE, "the check runs")
    # Its groups count, though the unit's user namespace shows but the first one by its name.
    assert told(host, "app")[1] == "for the group adm"
    assert told(host, "app")[2] == "/home/app"
    wait_until(lambda: "<MASTER>" in told(host, "other-user"), PATIENCE, "the notify script runs")
    assert told(host, "other-user")[3:8] == ["<one>", "<INSTANCE>", "<V>", "<MASTER>", "<100>"]
    wait_until(lambda: check_line(host).endswith("passes"), PATIENCE, "it passes")
    host.check("touch /run/down")
    wait_until(lambda: "exit status 1" in check_line(host), PATIENCE, "its exit status counts")
    host.check("rm /run/down")
    assert host.run("systemctl --failed --plain --no-legend").stdout == ""
    assert "DEVIATION" not in host.check("holdfast audit")
    # The one that is asked for lives on; the other one has nothing to do.
    host.check("systemctl stop holdfast-runner@other-user.service")
    host.check("sleep 2")
    assert is_up(host, "holdfast-runner@app.service")
    assert not is_up(host, "holdfast-runner@other-user.service")
    assert is_up(host, "holdfast-runner@other-user.socket")

    # A user that is named no more has no socket.
    configure(host, user="other-user")
    host.check("systemctl reload holdfast-config")
    wait_until(lambda: not is_up(host, "holdfast-runner@app.socket"), PATIENCE, "it is gone")
    wait_until(lambda: check_line(host).endswith("passes"), PATIENCE, "the other one serves")
    assert "runner.app.pb" not in host.check("ls /run/holdfast/config")
    host.check("systemctl stop holdfast.target")
    wait_until(lambda: host.run("pgrep -x runner").stdout == "", PATIENCE, "all have ended")


def test_its_file_and_its_socket_are_for_whom_they_say(host):
    start(host)
    wait_until(lambda: told(host, "app")[0] == "app", PATIENCE, "the check runs")

    def reads(user):
        return host.run(f"setpriv --reuid {user} --regid {user} --init-groups cat "
                        "/run/holdfast/config/runner.app.pb").returncode == 0
    assert [user for user in ("app", "other-user", "holdfast-check", "holdfast-notify")
            if reads(user)] == ["app"]
    assert host.check("stat -c '%U %G %a' /run/holdfast/runner.app.sock").strip() == \
        "holdfast-check holdfast-notify 660"


def test_a_killed_runner_is_started_by_the_next_script(host):
    start(host)
    wait_until(lambda: check_line(host).endswith("passes"), PATIENCE, "it passes")
    before = host.main_pid("holdfast-runner@app")
    host.check(f"kill -KILL {before}")
    wait_until(lambda: host.main_pid("holdfast-runner@app") not in (0, before), PATIENCE, "another")
    wait_until(lambda: check_line(host).endswith("passes"), PATIENCE, "it passes again")
    # A restart of the checker, as an upgrade does it, takes the runner's old program away.
    running = host.main_pid("holdfast-runner@app")
    host.check("systemctl restart holdfast-checker")
    wait_until(lambda: host.main_pid("holdfast-runner@app") not in (0, running), PATIENCE, "too")
    wait_until(lambda: check_line(host).endswith("passes"), PATIENCE, "it passes again")


def test_root_is_the_administrators_decision(host):
    start(host, user="root")
    assert "HF0341" in host.journal("holdfast-config")
    assert not is_up(host, "holdfast-runner@root.socket")
    assert told(host, "root")[0] != "root"
    # A compiler that was taken over could leave this; it starts nobody.
    host.check("touch /run/holdfast/config/runner.root.pb && "
               "/usr/libexec/holdfast/start-runners")
    assert not is_up(host, "holdfast-runner@root.socket")
    host.check("systemctl enable --now holdfast-runner@root.socket && "
               "systemctl reload holdfast-config")
    wait_until(lambda: told(host, "root")[0] == "root", PATIENCE, "it runs as root")
    wait_until(lambda: check_line(host).endswith("passes"), PATIENCE, "it passes")
    host.check("systemctl disable --now holdfast-runner@root.socket && "
               "systemctl reload holdfast-config; rm /run/told/root")
    host.check("sleep 3")
    assert told(host, "root")[0] != "root"
