"""`holdfast audit`: the running suite as it should be, with something wrong, and seen by others."""
import json

import pytest
from lab import VIP
from lab.one_user import run_as_one_user

PATIENCE = 30
FOUR = ("net-helper", "vrrp-engine", "checker", "notifier")
NOBODY = 65534


@pytest.fixture
def node(bare_seed):
    """node1 with its suite running."""
    host = bare_seed.node1
    host.suite = bare_seed.suites["node1"]
    host.suite.start()
    host.wait_address(VIP, PATIENCE)
    host.suite.wait_processes(host.suite.processes)
    return host


def audit(host, *options, uid=None):
    return host.run([host.suite.program, "audit", *options], uid=uid, check=False,
                    env=host.suite.environment())


def by_name(answer):
    return {process["name"]: process for process in answer["processes"]}


def test_the_suite_is_as_declared(node):
    before = node.suite.status()
    done = audit(node, "--json")
    answer = json.loads(done.stdout)
    assert answer["deviations"] == []
    assert answer["not_readable"] == []
    assert done.returncode == 0
    processes = by_name(answer)
    assert set(processes) == {*FOUR, "launcher", "granted-runner"}
    for name in FOUR:
        assert processes[name]["uids"] == [node.suite.uid(name)] * 4
        assert processes[name]["no_new_privs"] is True
        assert processes[name]["seccomp"]["mode"] == 2
    assert processes["net-helper"]["capabilities"]["effective"] == ["net_admin", "net_raw"]
    assert processes["granted-runner"]["capabilities"]["ambient"] == ["kill"]
    assert processes["vrrp-engine"]["other_namespaces"] == ["net"]
    assert set(processes["vrrp-engine"]["sockets"]["kinds"]) == {"unix"}
    assert {"raw", "packet", "netlink"} <= set(processes["net-helper"]["sockets"]["kinds"])
    assert "unix /run/holdfast/net.sock" in processes["net-helper"]["sockets"]["listening"]
    assert "unix /run/holdfast/net.sock" in processes["net-helper"]["sockets"]["connected"]
    # Whom each client asks, though its own end has no name.
    for client, asks in (("vrrp-engine", {"net", "events"}), ("checker", {"health"})):
        connected = processes[client]["sockets"]["connected"]
        assert {f"unix to /run/holdfast/{name}.sock" for name in asks} <= connected.keys()
    assert processes["notifier"]["writable"] == ["/run/holdfast/spool", "/tmp"]
    # An allow-list admits tens of system calls, a refuse-list all but tens.
    assert 40 < processes["vrrp-engine"]["seccomp"]["admitted"] < 110
    assert 350 < processes["checker"]["seccomp"]["admitted"] < 430
    sockets = {one["name"]: one for one in answer["sockets"]}
    assert sockets["net.sock"]["uid"] == node.suite.uid("vrrp-engine")
    assert sockets["net.sock"]["mode"] == "0600"
    assert answer["policy"] == [
        "vrrp-engine may: hold or release 172.18.67.33/16 on eno16777736; announce each up to 5 "
        "times at once; advertise VRID 167 with priority 1 to 254 on eno16777736, at most 20 "
        "changes a second; nothing else"]
    # Nobody noticed.
    for _ in range(20):
        assert audit(node).returncode == 0
    after = node.suite.status()
    assert [one["pid"] for one in after["processes"]] == [one["pid"] for one in before["processes"]]
    assert after["routers"][0]["transitions"] == before["routers"][0]["transitions"]
    assert node.has_address(VIP)


def test_an_ordinary_user_is_told_what_it_may_not_see(node):
    done = audit(node, "--json", uid=NOBODY)
    answer = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout
    processes = by_name(answer)
    assert processes["net-helper"]["capabilities"]["effective"] == ["net_admin", "net_raw"]
    assert processes["vrrp-engine"]["seccomp"]["filters"] == 1
    assert processes["vrrp-engine"]["seccomp"]["admitted"] is None
    assert processes["vrrp-engine"]["sockets"] is None
    assert answer["policy"] is None
    assert any("net.pb: Permission denied" in line for line in answer["not_readable"])


def test_a_deviation_is_found(node):
    """Somebody opens a socket to everybody, and the launcher is not there to mind."""
    node.suite.path("net.sock").chmod(0o622)
    done = audit(node)
    assert done.returncode == 1
    assert "DEVIATION     mode: declared at most 0600; actual 0622" in done.stdout
    assert "1 deviation from what is declared" in done.stdout


def test_nothing_runs(node):
    assert node.suite.stop() == 0
    done = audit(node)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "no process of a suite runs in /run/holdfast" in done.stderr


def test_one_user_for_all_four_deviates(tmp_path):
    """`unshare -Urn`: what HFR004 warns of when the suite starts."""
    done = run_as_one_user(tmp_path, """
{program} audit --json --runtime-dir {directory}/run > {directory}/answer || echo "exit $?"
""")
    assert done.stdout == "exit 1\nended with 0\n", done.stdout + done.stderr
    found = json.loads((tmp_path / "answer").read_text())["deviations"]
    shared = {one["where"] for one in found if one["declared"] == "no other's"}
    assert shared == {"vrrp-engine", "checker", "notifier"}
    assert {one["where"] for one in found if one["declared"] == "not root"} >= set(FOUR)
