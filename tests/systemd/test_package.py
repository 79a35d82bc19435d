"""The installed package under systemd: what an operator does with it."""
import json
import re
import subprocess

import pytest
from lab.package import ONE_ROUTER
from lab.waiting import wait_until

ADDRESS = "10.10.0.100/24"
SERVICES = ["net-helper", "vrrp-engine", "checker", "notifier"]
# Score times ten, as systemd-analyze wants it.
EXPOSURE = {"vrrp-engine": 3, "net-helper": 18, "checker": 12, "notifier": 12, "config": 10,
            "forget": 10}


def is_active(machine):
    return ADDRESS in machine.addresses()


def start(machine):
    machine.check("systemctl start holdfast.target")
    wait_until(lambda: is_active(machine), 15, "the address is held")


def transitions(machine):
    return machine.run("journalctl -t told -o cat --no-pager").stdout.split("\n")[:-1]


def watch_addresses(machine):
    machine.check("systemd-run --quiet sh -c 'exec ip monitor address > /run/events'")


def assert_only_renewed(machine):
    events = machine.check("cat /run/events")
    assert ADDRESS in events  # renewed with each advert: the monitor did run
    assert "Deleted" not in events


def test_lintian_finds_nothing(package):
    done = subprocess.run(["lintian", "--allow-root", "--fail-on=error,warning", package],
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, done.stdout
    assert not re.search("^[EW]:", done.stdout, re.MULTILINE), done.stdout


def test_each_program_is_hardened(package, tmp_path):
    """As Debian asks for: the package is compiled with meson.build's flags alone."""
    subprocess.run(["dpkg-deb", "--extract", package, tmp_path], check=True)
    files = [*tmp_path.glob("usr/libexec/holdfast/*"), tmp_path / "usr/sbin/holdfast"]
    programs = [path for path in files if path.read_bytes().startswith(b"\x7fELF")]
    assert {path.name for path in files if path not in programs} == {"start-runners"}
    assert len(programs) == 6
    for program in programs:
        shown = subprocess.run(["readelf", "--wide", "--file-header", "--segments", "--dynamic",
                                "--dyn-syms", "--notes", program], text=True, check=True,
                               stdout=subprocess.PIPE).stdout
        for sign in ("Position-Independent Executable", "GNU_RELRO", "BIND_NOW",
                     "__stack_chk_fail", r"__\w+_chk@", r"GNU_STACK .* RW "):
            assert re.search(sign, shown), f"{program.name}: {sign}"


def test_the_units_are_sound_and_closed(machine):
    assert machine.check("cd /lib/systemd/system && "
                         "systemd-analyze verify --man=no holdfast.target "
                         "./holdfast-*.service ./holdfast-*.socket") == ""
    for unit, most in EXPOSURE.items():
        machine.check("systemd-analyze security --no-pager --offline=true "
                      f"--threshold={most} /lib/systemd/system/holdfast-{unit}.service")
    # With the grant, as the checker's drop-in gives it.
    machine.check("install -D -m 644 -t /etc/systemd/system/holdfast-checker.service.d "
                  "/usr/share/holdfast/signal-zero.conf && systemctl daemon-reload && "
                  "systemd-analyze security --no-pager --threshold=15 holdfast-checker.service")


def test_start_status_reload_stop(machine):
    start(machine)
    assert machine.run("systemctl --failed --plain --no-legend").stdout == ""
    assert "V" in machine.check("holdfast status")
    audit = machine.check("holdfast audit")  # exit status 0: no deviation
    assert "DEVIATION" not in audit and "10.10.0.100/24 on eth0" in audit
    wait_until(lambda: "INSTANCE V MASTER 100" in transitions(machine), 5, "the script was told")
    before = {name: machine.main_pid(f"holdfast-{name}") for name in SERVICES}
    real_time = {name for name, pid in before.items()
                 if "SCHED_RR" in machine.check(f"chrt --pid {pid}")}
    assert real_time == {"net-helper", "vrrp-engine"}

    machine.write("/etc/keepalived/keepalived.conf",
                  ONE_ROUTER.replace("priority 100", "priority 120"), 0o600)
    machine.check("systemctl reload holdfast-config")
    wait_until(lambda: "120" in machine.check("holdfast status"), 5, "the new priority")

    machine.write("/etc/keepalived/keepalived.conf", "vrrp_instance V {\n prioritty 3\n}\n", 0o600)
    bad = machine.run("systemctl reload holdfast-config")
    assert bad.returncode != 0
    assert "prioritty" in machine.journal("holdfast-config")
    assert "120" in machine.check("holdfast status")
    assert is_active(machine)
    assert before == {name: machine.main_pid(f"holdfast-{name}") for name in SERVICES}
    assert len(transitions(machine)) == 2, transitions(machine)  # BACKUP, MASTER

    machine.check("systemctl stop holdfast.target")
    wait_until(lambda: not is_active(machine), 5, "the address is given up")
    wait_until(lambda: machine.run("pgrep -u holdfast-engine,holdfast-net,holdfast-check,"
                                   "holdfast-notify").stdout == "", 15, "all have ended")
    assert machine.run("systemctl --failed --plain --no-legend").stdout == ""


def test_a_restart_of_the_target_brings_all_back(machine):
    start(machine)
    before = [machine.main_pid(f"holdfast-{name}") for name in SERVICES]
    machine.check("systemctl restart holdfast.target")
    wait_until(lambda: is_active(machine), 15, "the address is held again")
    after = [machine.main_pid(f"holdfast-{name}") for name in SERVICES]
    assert 0 not in after and not set(before) & set(after)
    assert machine.run("systemctl --failed --plain --no-legend").stdout == ""


def test_a_stop_takes_as_long_as_a_successor_may(machine):
    """With adverts each 7 s: longer than the unit's TimeoutStopSec."""
    machine.write("/etc/keepalived/keepalived.conf", ONE_ROUTER.replace(
        "priority 100", "version 3\n    advert_int 7\n    priority 254"), 0o600)
    machine.check("systemctl start holdfast.target")
    wait_until(lambda: is_active(machine), 40, "the address is held")
    machine.check("systemctl stop holdfast-vrrp-engine")
    assert machine.check("systemctl show -P Result holdfast-vrrp-engine").strip() == "success"
    assert not is_active(machine)


def test_a_bad_configuration_starts_nothing(machine):
    machine.write("/etc/keepalived/keepalived.conf", "vrrp_instance {\n", 0o600)
    machine.run("systemctl start holdfast.target")
    assert machine.run("pgrep -u holdfast-engine,holdfast-net").stdout == ""
    assert "HF" in machine.journal("holdfast-config")
    # Mended: one command.
    machine.write("/etc/keepalived/keepalived.conf", ONE_ROUTER, 0o600)
    start(machine)


@pytest.mark.parametrize("unit", SERVICES)
def test_a_restart_of_one_unit_is_no_transition(machine, unit):
    start(machine)
    told = wait_until(lambda: transitions(machine)[1:] and transitions(machine), 5, "told")
    before = machine.main_pid(f"holdfast-{unit}")
    watch_addresses(machine)
    machine.check(f"systemctl restart holdfast-{unit}")
    assert machine.main_pid(f"holdfast-{unit}") != before
    wait_until(lambda: machine.run("holdfast status").returncode == 0, 10, "the engine answers")
    machine.check("sleep 4")  # more than a lease, and more than the kernel's
    assert is_active(machine)
    assert transitions(machine) == told
    assert_only_renewed(machine)


@pytest.mark.parametrize("unit", SERVICES)
@pytest.mark.parametrize("kind", ["KILL", "STOP"])
def test_systemd_replaces_what_dies_or_hangs(machine, unit, kind):
    start(machine)
    service = f"holdfast-{unit}"
    before = machine.main_pid(service)
    if kind == "STOP":  # the watchdogs of these two are half a minute
        machine.check("mkdir -p /run/systemd/system/holdfast-{checker,notifier}.service.d; "
                      "printf '[Service]\\nWatchdogSec=2s\\n' | tee /run/systemd/system/holdfast-"
                      "{checker,notifier}.service.d/soon.conf; systemctl daemon-reload; "
                      f"systemctl restart {service}")
        before = machine.main_pid(service)
    machine.check(f"kill -{kind} {before}")
    wait_until(lambda: machine.main_pid(service) not in (0, before), 20, f"a new {unit}")
    wait_until(lambda: machine.run("holdfast status").returncode == 0 and is_active(machine), 20,
               "the router is served again")


def test_the_audit_finds_what_a_drop_in_opened(machine):
    machine.check("mkdir -p /etc/systemd/system/holdfast-notifier.service.d; printf "
                  "'[Service]\\nSupplementaryGroups=adm\\n' > "
                  "/etc/systemd/system/holdfast-notifier.service.d/more.conf")
    machine.check("systemctl daemon-reload")
    start(machine)
    machine.check("chmod o+w /run/holdfast/net.sock")
    done = machine.run("holdfast audit --json")
    assert done.returncode == 1
    found = {(one["where"], one["what"]) for one in json.loads(done.stdout)["deviations"]}
    assert found == {("notifier", "supplementary groups"), ("net.sock", "mode")}


def test_upgrade_keeps_the_address_and_purge_leaves_nothing(machine):
    start(machine)
    told = wait_until(lambda: transitions(machine)[1:] and transitions(machine), 5, "told")
    watch_addresses(machine)
    machine.check("dpkg --install /var/tmp/holdfast.deb", timeout=120)
    machine.check("sleep 4")
    assert is_active(machine)
    assert transitions(machine) == told
    assert_only_renewed(machine)
    # What an operator's commands leave is taken away, too; it goes on until it is removed.
    machine.check("systemctl enable holdfast.target holdfast-runner@root.socket && "
                  "dpkg --purge holdfast")
    left = machine.run("find / -xdev -path /share -prune -o "
                       "-iname '*holdfast*' -print 2>/dev/null").stdout.split()
    assert [path for path in left if "/var/tmp/" not in path] == []
    assert machine.run("getent passwd | grep holdfast; getent group | grep holdfast; "
                       "systemctl list-units --all --plain --no-legend 'holdfast*'; "
                       "pgrep -a -f ^/usr/libexec/holdfast/").stdout == ""
    assert not is_active(machine)


def test_the_shell_completes_subcommands_options_and_files(machine):
    def completed(words):
        return machine.check(
            ". /usr/share/bash-completion/bash_completion; _completion_loader holdfast; "
            f"COMP_WORDS=({words}) COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)) "
            f"COMP_LINE='{words}' COMP_POINT={len(words)}; _holdfast; "
            'printf "%s\\n" "${COMPREPLY[@]}"').split()
    assert completed("holdfast au") == ["audit"]
    assert {"check", "compile", "run", "status"} <= set(completed("holdfast ''"))
    assert completed("holdfast audit --js") == ["--json"]
    assert completed("holdfast check --color al") == ["always"]
    assert "/etc/keepalived/keepalived.conf" in completed("holdfast run -c /etc/keepalived/k")


def test_an_upgrade_starts_nothing_that_was_stopped(machine):
    machine.check("systemctl start keepalived; systemctl enable holdfast.target")
    machine.check("dpkg --install /var/tmp/holdfast.deb", timeout=120)
    assert machine.run("pgrep -a -f ^/usr/libexec/holdfast/").stdout == ""
    assert machine.check("systemctl is-active keepalived").strip() == "active"


def test_it_takes_over_from_keepalived_on_the_same_host(machine):
    machine.check("systemctl start keepalived")
    machine.check("systemctl start holdfast.target")
    assert machine.run("systemctl is-active keepalived").stdout.strip() != "active"
    wait_until(lambda: is_active(machine), 15, "the address is held")


def test_the_manual_names_every_subcommand_and_option(machine):
    text = machine.check("man --version >/dev/null 2>&1; zcat /usr/share/man/man8/holdfast.8.gz "
                         "2>/dev/null || cat /usr/share/man/man8/holdfast.8").replace("\\-", "-")
    usage = machine.check("holdfast --help")
    commands = re.findall(r"^  ([a-z]+) ", usage.split("Subcommands:")[1], re.MULTILINE)
    assert commands
    for command in commands:
        assert f"\\fB{command}\\fR" in text, command
        for option in re.findall(r"--[a-z][a-z-]+", machine.check(f"holdfast {command} --help")):
            assert option in text, f"{command} {option}"
