"""A process that was taken over, in the place of each of the suite's, in its unit's sandbox."""
import contextlib
import errno
import json
import os
import textwrap
from pathlib import Path

import pytest
from lab.machine import SUITE, Machine, Wire
from lab.package import install
from lab.programs import TREE, here
from lab.waiting import wait_until

UNITS = {"vrrp-engine": "holdfast-vrrp-engine", "checker": "holdfast-checker",
         "notifier": "holdfast-notifier", "compile": "holdfast-config",
         "net-helper": "holdfast-net-helper", "runner": "holdfast-runner@app"}
NO, HIDDEN, NO_FAMILY, REFUSED, DONE = "EPERM", "ENOENT", "EAFNOSUPPORT", "EACCES", "done"
# Each attempt of tests/lab/taken.py, and what comes of it for vrrp-engine, checker, notifier,
# compile, net-helper and a user's runner; one word: for each of them. docs/threat-model.md has the
# same list: HOLDFAST_WRITE_GOLDENS=1 writes it there.
ATTEMPTS = {
    "open an IPv4 socket": (NO_FAMILY, DONE, DONE, NO_FAMILY, DONE, DONE),
    "open an IPv6 socket": (NO_FAMILY, DONE, DONE, NO_FAMILY, NO_FAMILY, DONE),
    "open a raw socket of VRRP": (NO_FAMILY, NO, NO, NO_FAMILY, DONE, NO),
    "open a packet socket": (NO_FAMILY, NO_FAMILY, NO_FAMILY, NO_FAMILY, DONE, NO_FAMILY),
    "open a netlink socket": (NO_FAMILY, DONE, DONE, NO_FAMILY, DONE, DONE),
    "add an address over netlink": (NO_FAMILY, NO, NO, NO_FAMILY, DONE, NO),
    "send a datagram to VRRP's group": (NO_FAMILY, NO, NO, NO_FAMILY, DONE, NO),
    "connect to net.sock": (DONE, REFUSED, REFUSED, NO_FAMILY, REFUSED, REFUSED),
    "connect to health.sock": (REFUSED, DONE, REFUSED, NO_FAMILY, REFUSED, REFUSED),
    "connect to events.sock": (DONE, REFUSED, REFUSED, NO_FAMILY, REFUSED, REFUSED),
    "connect to control.sock": (REFUSED, REFUSED, REFUSED, NO_FAMILY, REFUSED, REFUSED),
    "connect to systemd's own socket": (REFUSED, REFUSED, REFUSED, NO_FAMILY, REFUSED, REFUSED),
    "tell systemd something in another process's name": (NO, NO, NO, NO_FAMILY, NO, NO),
    "ask systemd over D-Bus to stop a unit": (REFUSED, REFUSED, REFUSED, NO_FAMILY, REFUSED,
                                              REFUSED),
    "read engine.pb": (DONE, REFUSED, REFUSED, DONE, REFUSED, REFUSED),
    "read net.pb": (REFUSED, REFUSED, REFUSED, DONE, DONE, REFUSED),
    "read checker.pb": (REFUSED, DONE, REFUSED, DONE, REFUSED, REFUSED),
    "read notifier.pb": (REFUSED, REFUSED, DONE, DONE, REFUSED, REFUSED),
    "read the configuration's text": (REFUSED, REFUSED, REFUSED, DONE, REFUSED, REFUSED),
    "read the passwords' file": (REFUSED, REFUSED, REFUSED, DONE, REFUSED, REFUSED),
    "read the passwords' credential": (REFUSED, REFUSED, REFUSED, DONE, REFUSED, REFUSED),
    "read the credential's copy": (REFUSED, REFUSED, REFUSED, DONE, REFUSED, REFUSED),
    "read /etc/shadow": REFUSED,
    "read the mail spool": (REFUSED, REFUSED, DONE, REFUSED, REFUSED, REFUSED),
    "read another user's environment": (HIDDEN, REFUSED, HIDDEN, REFUSED, HIDDEN, REFUSED),
    "read another user's file by /proc/PID/root": (HIDDEN, REFUSED, HIDDEN, REFUSED, HIDDEN,
                                                   REFUSED),
    "open another user's memory": (HIDDEN, REFUSED, HIDDEN, REFUSED, HIDDEN, REFUSED),
    "list another user's descriptors": (HIDDEN, REFUSED, HIDDEN, REFUSED, HIDDEN, REFUSED),
    "enter another process's namespace": (HIDDEN, REFUSED, HIDDEN, REFUSED, HIDDEN, REFUSED),
    "take a descriptor of another user's process": NO,
    "read another user's memory (process_vm_readv)": NO,
    "trace another user's process": NO,
    "end another user's process": NO,
    "end a process of root": NO,
    "mount a file system": NO,
    "a child in a new user namespace": NO,
    "a child in a new network namespace": NO,
    "unshare the user namespace": NO,
    "unshare the mount namespace": NO,
    "unshare the network namespace": NO,
    "unshare the process namespace": NO,
    "change the root directory": NO,
    "memory that is writable and executable": NO,
    "make written memory executable": NO,
    # A script may run any program that it can write or fetch: nothing is gained by this.
    "run code out of an anonymous file": (NO, DONE, DONE, NO, NO, DONE),
    "let all that is readable be executable (personality)": NO,
    "load a module (init_module)": NO,
    "load a module (finit_module)": NO,
    "unload a module": NO,
    "load another kernel": NO,
    "load a BPF program": NO,
    "set up io_uring": NO,
    "handle page faults (userfaultfd)": NO,
    "count events of the processor": NO,
    "make a key": NO,
    "use a keyring": NO,
    "read the kernel's log": NO,
    "open a file by its handle": NO,
    "set the clock": NO,
    "set the host's name": NO,
    "run in real time": NO,
    "take more of the processor (nice)": NO,
    "set a kernel variable": (HIDDEN, REFUSED, REFUSED, HIDDEN, HIDDEN, REFUSED),
    "become another user": NO,
    "leave its groups": NO,
    "become root by a set-user-id program": NO,
    "make a file set-user-id": NO,
    "make a device": (REFUSED, NO, NO, REFUSED, REFUSED, NO),
    "leave its control group": "EROFS",
    "write a file": ("EROFS", "/dev/shm /tmp /var/tmp", "/dev/shm /tmp /var/lib/holdfast /var/tmp",
                     "/run/holdfast/config", "EROFS", "/dev/shm /tmp /var/tmp"),
}
# The machine, a container, has not the right to these itself: its root is refused as well.
BEYOND_THE_MACHINE = ["load a module (init_module)", "load a module (finit_module)",
                      "unload a module", "load another kernel", "read the kernel's log",
                      "open a file by its handle", "set the clock", "set a kernel variable"]
# The unit's own, with another program: everything else is as it is installed.
DROP_IN = """[Service]
Type=exec
ExecStart=
ExecStart=/usr/bin/python3 -I -S /usr/local/lib/taken.py /run/known.json
ExecReload=
Restart=no
WatchdogSec=0
StandardOutput=truncate:/run/taken.json
"""


@pytest.fixture(scope="module")
def victim(_machines, package):
    """A machine on which the suite runs, and things that are nobody's business."""
    with contextlib.ExitStack() as stack:
        machine = stack.enter_context(Machine(stack.enter_context(Wire()), "10.10.0.1/24"))
        install(machine, package)
        machine.put(Path(here("taken.py")), "/usr/local/lib/taken.py")
        machine.write("/etc/holdfast/secrets.conf", "$PASSWORD=secret\n", 0o600)
        machine.check("useradd --system app; systemctl start holdfast.target; "
                      "install -m 4755 /usr/bin/cat /usr/local/bin/set-user-id; "
                      "install -o holdfast-notify -m 600 /dev/null /var/lib/holdfast/secret; "
                      "echo x > /var/lib/holdfast/secret; touch /run/scratch")
        yield machine


def sleeper(machine, name, user):
    machine.check(f"systemd-run --quiet --unit={name} --uid={user} sleep 1000")
    return machine.main_pid(name)


def known_of(machine):
    """What the taken process is told: it need not find it out."""
    machine.run("systemctl stop 'victim*'")
    known = {"process": sleeper(machine, "victim-user", "www-data"),
             "process to end": sleeper(machine, "victim-end", "www-data"),
             "process of root": sleeper(machine, "victim-root", "root"),
             "process of root to end": sleeper(machine, "victim-root-end", "root"),
             "address of eth0": "10.10.0.1", "unit": "victim-stop.service", "uid": 33,
             "scratch": "/run/scratch"}
    sleeper(machine, "victim-stop", "root")
    wait_until(lambda: "sleep" in machine.run(f"cat /proc/{known['process']}/comm").stdout, 5,
               "the victim runs")
    maps = machine.check(f"head -n 1 /proc/{known['process']}/maps")
    known["address"] = int(maps.split("-")[0], 16)
    machine.write("/run/known.json", json.dumps(known))
    return known


def said(machine):
    return machine.run("cat /run/taken.json").stdout.partition("\n")[0]


def attempts(machine, role):
    known_of(machine)
    machine.check("rm -f /run/taken.json")
    if role == "nobody":  # root, in no sandbox: what each attempt is when it succeeds
        unit = "victim-nobody"
        machine.check(f"systemd-run --quiet --unit={unit} "
                      "--property=StandardOutput=truncate:/run/taken.json "
                      "/usr/bin/python3 -I -S /usr/local/lib/taken.py /run/known.json")
    else:
        unit = UNITS[role]
        machine.write(f"/run/systemd/system/{unit}.service.d/taken.conf", DROP_IN)
        machine.check(f"systemctl daemon-reload; systemctl restart {unit}")
    result = json.loads(wait_until(lambda: said(machine).endswith("}") and said(machine), 30,
                                   "all has been tried"))
    machine.check(f"rm -f /run/systemd/system/{unit}.service.d/taken.conf; "
                  f"systemctl daemon-reload; systemctl restart {unit}")
    return result


def expected(role):
    column = list(UNITS).index(role)
    result = {name: one if isinstance(one, str) else one[column] for name, one in ATTEMPTS.items()}
    if SUITE == "trixie":
        # The kernel forbids it there (PR_SET_MDWE), no longer a filter.
        result["memory that is writable and executable"] = REFUSED
        result["make written memory executable"] = REFUSED
        # A unit may ask to be told of its own group's lack of memory.
        slices = "system-holdfast\\x2drunner.slice/" if "@" in UNITS[role] else ""
        own = f"/sys/fs/cgroup/system.slice/{slices}{UNITS[role]}.service/memory.pressure"
        places = [one for one in result["write a file"].split() if one != "EROFS"]
        result["write a file"] = " ".join(sorted([*places, own]))
    return result


@pytest.mark.parametrize("role", UNITS)
def test_it_gains_nothing(victim, role):
    assert attempts(victim, role) == expected(role)


def test_without_a_sandbox_each_attempt_succeeds(victim):
    """The control: else the refusals could be those of attempts that fail anyhow."""
    failed = {name: said for name, said in attempts(victim, "nobody").items() if said != DONE}
    assert failed.pop("write a file") == "/"
    assert list(failed) == BEYOND_THE_MACHINE


def documented():
    """As docs/threat-model.md has it."""
    alike = {}
    table = ["| attempt | " + " | ".join(UNITS) + " |", "| --- " * (1 + len(UNITS)) + "|"]
    for name, said in ATTEMPTS.items():
        if isinstance(said, str):
            alike.setdefault(said, []).append(name)
        else:
            words = (one if hasattr(errno, one) else f"**{one}**" for one in said)
            table.append(f"| {name} | " + " | ".join(words) + " |")
    lists = [f"{code} for each of the six: {'; '.join(names)}." for code, names in alike.items()]
    filled = [textwrap.fill(one, 120, break_on_hyphens=False) for one in lists]
    return "\n" + "\n\n".join([*filled, "\n".join(table)]) + "\n\n"


def test_the_threat_model_lists_the_attempts():
    path = TREE / "docs/threat-model.md"
    before, begin, rest = path.read_text().partition("<!-- attempts -->\n")
    listed, end, after = rest.partition("<!-- end of attempts -->\n")
    assert begin and end
    if os.environ.get("HOLDFAST_WRITE_GOLDENS"):
        path.write_text(before + begin + documented() + end + after)
    else:
        assert listed == documented()
