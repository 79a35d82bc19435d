"""What is not as it should be, under systemd: files, directories, users, peers, disks."""
import pytest
from lab.package import ONE_ROUTER
from lab.waiting import wait_until

ADDRESS = "10.10.0.100/24"
CONFIG = "/run/holdfast/config"
READERS = {"net": "net-helper", "engine": "vrrp-engine", "checker": "checker",
           "notifier": "notifier"}
MEND = "compile anew: `systemctl reload holdfast-config`"
# What becomes of a file, and what its reader says of it.
SPOILED = {
    "chown www-data {}": "owned by user",
    "chmod g+w {}": "mode 0460 lets others write it",
    r"printf '\x09' | dd of={} bs=1 seek=9 conv=notrunc status=none": "written by another version",
    r"printf '\x07' | dd of={} bs=1 seek=8 conv=notrunc status=none":
        "the configuration of another process",
    "truncate -s -1 {}": "truncated or corrupted",
    r"printf '\xff' | dd of={} bs=1 seek=30 conv=notrunc status=none": "truncated or corrupted",
    "truncate -s 0 {}": "not a compiled configuration",
}


def start(machine):
    machine.check("systemctl start holdfast.target")
    wait_until(lambda: ADDRESS in machine.addresses(), 15, "the address is held")


def running(machine):
    return machine.run("pgrep -a -f ^/usr/libexec/holdfast/").stdout


def pids(machine):
    return {unit: machine.main_pid(f"holdfast-{unit}") for unit in READERS.values()}


class Journal:
    """What a unit logs from now on."""

    def __init__(self, machine, unit):
        self._machine, self._unit = machine, unit
        self._read = len(machine.journal(unit))

    def text(self):
        return self._machine.journal(self._unit)[self._read:]

    def wait(self, *words):
        wait_until(lambda: all(word in self.text() for word in words), 15,
                   lambda: f"{self._unit} says {words}: {self.text()}")


def spoil(machine, name, how):
    machine.check(f"cd {CONFIG} && cp -p {name}.pb spoiled && {how.format('spoiled')} && "
                  f"mv spoiled {name}.pb")


@pytest.mark.parametrize("name", READERS)
def test_a_spoiled_file_at_a_reload_changes_nothing(machine, name):
    start(machine)
    before = pids(machine)
    machine.check(f"cp -p {CONFIG}/{name}.pb /run/good")
    unit = f"holdfast-{READERS[name]}"
    for how, why in SPOILED.items():
        machine.check(f"cp -p /run/good {CONFIG}/{name}.pb")
        spoil(machine, name, how)
        journal = Journal(machine, unit)
        machine.run(f"systemctl reload {unit}")
        journal.wait(f"{CONFIG}/{name}.pb: {why}", MEND)
    assert pids(machine) == before
    assert ADDRESS in machine.addresses()
    machine.check("systemctl reload holdfast-config")  # what the message advises
    journal = Journal(machine, unit)
    machine.check(f"systemctl restart {unit}; sleep 1")
    assert MEND not in journal.text()
    wait_until(lambda: ADDRESS in machine.addresses(), 15, "the address is held")


@pytest.mark.parametrize("name", READERS)
def test_a_spoiled_file_at_a_start_is_refused(machine, name):
    start(machine)
    unit = f"holdfast-{READERS[name]}"
    machine.check(f"cp -p {CONFIG}/{name}.pb /run/good")
    before = pids(machine)
    for how, why in SPOILED.items():
        machine.check(f"cp -p /run/good {CONFIG}/{name}.pb")
        spoil(machine, name, how)
        journal = Journal(machine, unit)
        machine.run(f"systemctl restart --no-block {unit}")
        journal.wait(f"{CONFIG}/{name}.pb: {why}", MEND)
    after = pids(machine)
    assert {one for one in after if after[one] != before[one]} == {READERS[name]}
    if name in ("checker", "notifier"):
        assert ADDRESS in machine.addresses()
    machine.check("systemctl reload holdfast-config")
    wait_until(lambda: machine.run(f"systemctl is-active {unit}").stdout == "active\n", 15,
               "it is started again by itself")
    wait_until(lambda: ADDRESS in machine.addresses(), 15, "the address is held")


def test_who_else_connects_is_refused(machine):
    start(machine)
    before = pids(machine)
    speak = ("import socket; s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); "
             "s.connect('/run/holdfast/{}.sock'); s.settimeout(10); print(len(s.recv(9)))")
    for name in ("net", "health", "events", "control"):
        connect = f'python3 -c "{speak.format(name)}"'
        for user in ("www-data", "holdfast-net"):
            said = machine.run(f"setpriv --reuid={user} --clear-groups {connect}").stdout
            assert "PermissionError" in said, said
    # The mode does not keep root out; those who listen do, and record it.
    for name, reader, words in (("net", "net-helper", "connection refused: not the engine's user"),
                                ("health", "vrrp-engine", "refused user 0"),
                                ("events", "notifier", "user 0")):
        journal = Journal(machine, f"holdfast-{reader}")
        said = machine.run(f'python3 -c "{speak.format(name)}"').stdout
        assert said == "0\n" or "ConnectionResetError" in said, said
        journal.wait(words)
    assert pids(machine) == before and ADDRESS in machine.addresses()


@pytest.mark.parametrize("leave", ["", f"mkdir -p {CONFIG}; touch {CONFIG}/net.pb "
                                   f"{CONFIG}/engine.pb {CONFIG}/checker.pb {CONFIG}/notifier.pb"])
def test_a_directory_that_someone_else_made(machine, leave):
    machine.check(f"rm -rf /run/holdfast; mkdir /run/holdfast; {leave}\n"
                  "chown -R www-data /run/holdfast")
    machine.run("systemctl start holdfast.target")
    assert running(machine) == ""
    said = machine.journal("holdfast-config")
    assert "/run/holdfast: owned by user 33, who could exchange what is compiled into it" in said
    listening = machine.check("ss -xl")
    assert "/run/holdfast" not in listening
    machine.check("chown root /run/holdfast")  # as the message says
    start(machine)


def test_a_full_disk_at_a_reload_changes_nothing(machine):
    machine.check(f"mkdir -p {CONFIG}; mount -t tmpfs -o size=64k none {CONFIG}")
    start(machine)
    before = pids(machine)
    machine.run(f"dd if=/dev/zero of={CONFIG}/fill status=none")
    machine.write("/etc/keepalived/keepalived.conf",
                  ONE_ROUTER.replace("priority 100", "priority 120"), 0o600)
    journal = Journal(machine, "holdfast-config")
    assert machine.run("systemctl reload holdfast-config").returncode != 0
    journal.wait("No space left on device", f"write {CONFIG}/")
    assert machine.check(f"ls -A {CONFIG} | grep ^[.] || true") == ""  # nothing half-written
    assert "priority  100" in machine.check("holdfast status")
    machine.check(f"rm {CONFIG}/fill; systemctl reload holdfast-config")
    wait_until(lambda: "120" in machine.check("holdfast status"), 5, "the new priority")
    assert pids(machine) == before and ADDRESS in machine.addresses()


def test_a_full_disk_at_a_start_starts_nothing(machine):
    machine.check(f"mkdir -p {CONFIG}; mount -t tmpfs -o size=64k none {CONFIG}; "
                  f"dd if=/dev/zero of={CONFIG}/fill status=none || true")
    machine.run("systemctl start holdfast.target")
    assert running(machine) == ""
    assert "No space left on device" in machine.journal("holdfast-config")
    assert "/run/holdfast" not in machine.check("ss -xl")
    machine.check(f"rm {CONFIG}/fill")
    start(machine)


def test_a_full_spool_costs_mail_alone(machine):
    """The mail server does not answer, and there is no room to keep the mail."""
    machine.check("mkdir -p /var/lib/holdfast && mount -t tmpfs -o size=16k none /var/lib/holdfast")
    machine.write("/etc/keepalived/keepalived.conf", """global_defs {
    notification_email {
        root@example.org
    }
    smtp_server 127.0.0.1 9
    smtp_connect_timeout 1
}
""" + ONE_ROUTER.replace("notify /", "smtp_alert\n    notify /"), 0o600)
    machine.check("systemctl start holdfast-config; systemctl start holdfast-notifier; "
                  "dd if=/dev/zero of=/var/lib/holdfast/fill status=none || true")
    journal = Journal(machine, "holdfast-notifier")
    start(machine)
    journal.wait("No space left on device")
    assert "INSTANCE V MASTER 100" in wait_until(
        lambda: machine.run("journalctl -t told -o cat --no-pager | grep MASTER").stdout, 5,
        "the script was told")
    assert ADDRESS in machine.addresses()


def test_a_missing_user_starts_nothing(machine):
    machine.check("userdel holdfast-check")
    machine.run("systemctl start holdfast.target")
    assert running(machine) == ""
    assert "216/GROUP" in machine.journal("holdfast-config")
    machine.check("systemd-sysusers")  # as the package does
    start(machine)


def test_a_user_that_goes_leaves_the_others(machine):
    start(machine)
    before = pids(machine)
    machine.run("userdel -f holdfast-check")
    journal = Journal(machine, "holdfast-checker")
    assert machine.run("systemctl restart holdfast-checker").returncode != 0
    journal.wait("217/USER")
    assert machine.run("systemctl reload holdfast-config").returncode != 0
    machine.check("sleep 4")  # more than a lease
    after = pids(machine)
    assert {one for one in after if after[one] != before[one]} == {"checker"}
    assert ADDRESS in machine.addresses()


def test_what_an_earlier_start_compiled_is_not_started(machine):
    start(machine)
    machine.check("systemctl stop holdfast.target")
    wait_until(lambda: running(machine) == "", 15, "all have ended")
    wait_until(lambda: machine.run(f"ls {CONFIG}").returncode != 0, 5, "nothing is left of it")
    machine.write("/etc/keepalived/keepalived.conf", "vrrp_instance {\n", 0o600)
    machine.run("systemctl start holdfast.target")
    assert running(machine) == ""
    machine.write("/etc/keepalived/keepalived.conf", ONE_ROUTER, 0o600)
    start(machine)
