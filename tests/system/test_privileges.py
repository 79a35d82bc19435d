"""What each process may: read off the kernel, beside what the design demands."""
import os
import shutil
from pathlib import Path

import pytest
from lab import VIP, wait_until
from lab.one_user import run_as_one_user
from lab.programs import SEED_FILES
from lab.seed import INTERFACE, lone_seed_node

PATIENCE = 30
NET_ADMIN, NET_RAW, KILL = 1 << 12, 1 << 13, 1 << 5
PB = {"net-helper": "net", "vrrp-engine": "engine", "checker": "checker", "notifier": "notifier"}


@pytest.fixture
def node(lab):
    """node1 of the seed, alone, with holdfast running on it."""
    host = lone_seed_node(lab)
    host.suite.start()
    host.wait_address(VIP, PATIENCE)
    host.suite.wait_processes(host.suite.processes)
    return host


def status(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":", 1) for line in lines)


def capabilities(pid):
    """Permitted, effective, bounding, ambient, inheritable."""
    words = status(pid)
    return tuple(int(words[name], 16) for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb",
                                                   "CapInh"))


def all_processes(host, name):
    """Every process that runs this executable: the checker has a runner beside it."""
    return [pid for pid, path in host.processes() if os.path.basename(path) == name]


def test_users_and_groups(node):
    uids = {}
    for name, pid in node.suite.pids().items():
        words = status(pid)
        uids[name] = {int(word) for word in words["Uid"].split()}
        if name != "holdfast":
            assert len(uids[name]) == 1 and uids[name] == {node.suite.uid(name)}
            assert {int(word) for word in words["Gid"].split()} == uids[name]
            assert words["Groups"].split() == []
    assert uids.pop("holdfast") == {0}
    everyone = set.union(*uids.values())
    assert len(everyone) == 4 and 0 not in everyone


def test_capabilities(node):
    def of(name):
        return [capabilities(pid) for pid in all_processes(node, name)]

    permitted = NET_ADMIN | NET_RAW
    helper, = of("net-helper")
    assert helper[:3] == (permitted, permitted, 0)
    assert of("vrrp-engine") == of("notifier") == [(0, 0, 0, 0, 0)]
    # A script between fork and exec shows the executable and the sets of the one that forked it.
    runner, checker = sorted(set(of("checker")), reverse=True)
    assert checker == (0, 0, 0, 0, 0)
    assert runner[:3] == (KILL, KILL, 0) and runner[3] == KILL


def test_no_new_privileges_and_a_filter(node):
    for name in PB:
        for pid in all_processes(node, name):
            words = status(pid)
            assert words["NoNewPrivs"].strip() == "1", name
            assert words["Seccomp"].strip() == "2", name


def inodes_of_sockets(pid):
    found = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(entry)
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            found.add(target[8:-1])
    return found


def test_who_has_deadlines_goes_before_the_rest(node):
    """The real-time class and locked memory, of the two processes on an advertisement's way."""
    for name, pid in node.suite.pids().items():
        deadlines = name in ("net-helper", "vrrp-engine")
        assert os.sched_getscheduler(pid) == (os.SCHED_RR if deadlines else os.SCHED_OTHER), name
        if b"__asan_init" in Path(f"/proc/{pid}/exe").read_bytes():
            continue  # AddressSanitizer makes mlockall(2) do nothing
        locked = int(status(pid)["VmLck"].split()[0]) > 0
        # Where the host has a limit that root cannot raise, it is refused, and the log says so.
        refusals = {"net-helper": "[HFN006]", "vrrp-engine": "[HFE003]"}
        refused = deadlines and refusals[name] in node.suite.log_text()
        assert (locked or refused) == deadlines, name
    assert "[HFR014]" not in node.suite.log_text()


def test_the_engine_has_no_network(node):
    pid = node.suite.pids()["vrrp-engine"]
    assert os.readlink(f"/proc/{pid}/ns/net") != os.readlink(f"/proc/{node.init_pid}/ns/net")
    devices = Path(f"/proc/{pid}/net/dev").read_text().splitlines()[2:]
    assert [line.split(":")[0].strip() for line in devices] == ["lo"]
    mine = inodes_of_sockets(pid)
    assert mine
    of_unix = set()
    for namespace in (pid, node.init_pid):
        lines = Path(f"/proc/{namespace}/net/unix").read_text().splitlines()[1:]
        of_unix |= {line.split()[6] for line in lines}
    assert mine <= of_unix  # AF_UNIX, each of them


def test_each_reads_its_own_configuration_only(node):
    for reader in PB:
        for name in PB.values():
            path = f"/run/holdfast/config/{name}.pb"
            done = node.run(f"cat {path} > /dev/null", uid=node.suite.uid(reader), check=False)
            assert (done.returncode == 0) == (name == PB[reader]), f"{reader}: {name}.pb"
            written = node.run(f"echo >> {path}", uid=node.suite.uid(reader), check=False)
            if name != PB[reader]:
                assert written.returncode != 0, f"{reader} writes {name}.pb"
    secret = "571f97b2"
    holders = {name for name in PB.values()
               if secret.encode() in node.suite.path(f"config/{name}.pb").read_bytes()}
    assert holders == {"engine", "net"}  # the password goes no further


def test_two_suites_on_one_host(lab, node):
    lab.attach(node, "second0", "172.19.0.1/16", wire="other")
    other = (SEED_FILES / "node1.conf").read_text().replace(INTERFACE, "second0") \
        .replace("172.18.67.33", "172.19.0.33")
    node.write_file("other.conf", other)
    program = node.suite.program
    again = node.run([program, "run", "-c", "/etc/keepalived/other.conf"], check=False,
                     env=node.suite.environment())
    assert again.returncode == 1
    assert "another holdfast runs in /run/holdfast" in again.stdout + again.stderr
    assert node.has_address(VIP)

    second = node.popen([program, "run", "-c", "/etc/keepalived/other.conf", "--runtime-dir",
                         "/run/second"], "second.log", node.suite.environment())
    node.wait_address("172.19.0.33", PATIENCE)
    engines = all_processes(node, "vrrp-engine")
    assert len(engines) == 2
    users = [{status(pid)["Uid"].split()[0] for name in PB for pid in all_processes(node, name)
              if (runtime in Path(f"/proc/{pid}/cmdline").read_text())}
             for runtime in ("/run/holdfast/", "/run/second/")]
    assert len(users[0]) == len(users[1]) == 4 and not users[0] & users[1]
    assert second.stop() == 0
    node.wait_address("172.19.0.33", PATIENCE, present=False)
    assert node.has_address(VIP) and len(all_processes(node, "vrrp-engine")) == 1


def test_an_ordinary_user_in_a_user_namespace(tmp_path):
    """`unshare -Urn`: one user is mapped, so that the four cannot be separated, and it says so."""
    done = run_as_one_user(tmp_path, """
ip addr show dev eno16777736
{program} status --runtime-dir {directory}/run
""")
    log = (tmp_path / "log").read_text()
    assert "172.18.67.33/16" in done.stdout, done.stdout + done.stderr + log
    assert "Active" in done.stdout
    assert "ended with 0" in done.stdout, done.stdout + log
    assert "run as the calling user" in log


def test_from_a_directory_that_is_closed_to_everybody_else(node, tmp_path):
    """A clone in a home directory: the four users may not search the way to their programs."""
    assert node.suite.stop() == 0
    closed = tmp_path / "closed"
    for name in ("cli/holdfast", *(f"{name}/{name}" for name in PB)):
        (closed / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(node.suite.build / name, closed / name)
    closed.chmod(0o700)
    node.suite.program = str(closed / "cli/holdfast")
    node.suite.start()
    node.suite.wait_processes(node.suite.processes)
    for name, pid in node.suite.pids().items():
        assert Path(f"/proc/{pid}/exe").resolve().is_relative_to(closed)
        # The checker executes itself anew, and has its name when that has begun.
        wait_until(lambda pid=pid, name=name: Path(f"/proc/{pid}/comm").read_text().strip() == name,
                   5, f"{name} has its name")


def test_as_the_first_process_of_a_container(node):
    """PID 1: inherits orphans, ignores no stop, and its end ends the namespace."""
    suite = node.suite
    assert suite.stop() == 0
    command = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", *suite.command()]
    first = node.popen(command, "first.log", suite.environment())
    node.wait_address(VIP, PATIENCE)
    launcher, = children(first.pid)
    assert os.path.basename(os.readlink(f"/proc/{launcher}/exe")) == "holdfast"
    assert status(launcher)["NSpid"].split()[-1] == "1"
    os.kill(launcher, 15)
    assert first.wait(PATIENCE) == 0
    node.wait_address(VIP, PATIENCE, present=False)
    wait_until(lambda: not all_processes(node, "vrrp-engine"), PATIENCE, "all have ended")


def children(pid):
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]
