"""Scripts of other users under `holdfast run`: who runs them, who may ask, what a failure is."""
import grp
import importlib
import json
import pwd
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from lab import make_suite, wait_until
from lab.programs import TREE
from lab.puppet import Puppet

PATIENCE = 30
VIP = "10.9.0.100"
CHECKER, NOTIFIER, STRANGER = "games", "daemon", 65534
GAMES = pwd.getpwnam(CHECKER)
CONFIGURATION = """
global_defs {
    %(globals)s
}
vrrp_script chk {
    script "/etc/keepalived/check.sh"
    user %(check_user)s
    interval 1
    timeout 2
}
vrrp_instance V {
    interface eth0
    virtual_router_id 51
    priority 100
    advert_int 1
    virtual_ipaddress {
        10.9.0.100/24
    }
    track_script {
        chk
    }
    notify "/etc/keepalived/notify.sh one 'two  words'" %(notify_user)s
}
"""
# Into a file of whoever runs it; its exit status is what the test has written.
CHECK = """#!/bin/sh
file=/run/told/$(id -u)
{ id -un; id -gn; id -G; echo "$HOME $USER $LOGNAME"; } > $file.new 2>&1
mv $file.new $file
[ -e /run/told/status ] && exit "$(cat /run/told/status)"
exit 0
"""
NOTIFY = """#!/bin/sh
{ id -un; for word in "$@"; do echo "<$word>"; done; } >> /run/told/notify
"""


class Node:
    """A host with scripts of users, and what they told."""

    def __init__(self, lab):
        self.host = lab.add_host("node1", "10.9.0.1/24", "eth0")
        self.suite = make_suite("holdfast", self.host)
        self.host.write_file("check.sh", CHECK, 0o755)
        self.host.write_file("notify.sh", NOTIFY, 0o755)
        self.host.run("mkdir /run/told; chmod 1777 /run/told")

    def configure(self, check_user=CHECKER, notify_user=NOTIFIER, more=""):
        self.host.write_file("keepalived.conf", CONFIGURATION % {
            "check_user": check_user, "notify_user": notify_user, "globals": more})

    def start(self, *options, **configuration):
        self.configure(**configuration)
        command = self.suite.command() + list(options)
        self.suite.command = lambda: command
        self.suite.start()

    def told(self, name):
        """The lines of what a script wrote; a check does so as the user of that number."""
        path = Path(f"/proc/{self.host.init_pid}/root/run/told/{name}")
        return path.read_text().split("\n") if path.exists() else []

    def exit_with(self, status):
        self.host.run(f"echo {status} > /run/told/status; chmod 644 /run/told/status")

    def check(self):
        """Of the check what `status` says; nothing while the engine does not answer."""
        try:
            return self.suite.status()["checks"][0]
        except RuntimeError:
            return {}

    def passes(self):
        return self.check().get("passing", False)

    def fails(self):
        found = self.check()
        return found.get("known", False) and not found["passing"]

    def runners(self):
        """user id -> pid of the runners that run now."""
        found = {}
        for pid, _ in self.host.processes("runner"):
            if parent_of(pid) == self.suite.process.pid:
                found[Path(f"/proc/{pid}").stat().st_uid] = pid
        return found


def parent_of(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


def status_of(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.strip() for key, value in (line.split(":", 1) for line in lines)}


@pytest.fixture
def node(lab):
    return Node(lab)


def test_a_check_and_a_notify_script_run_as_their_users(node):
    node.start()
    node.host.wait_address(VIP, PATIENCE)
    wait_until(lambda: node.told(GAMES.pw_uid), PATIENCE, "the check runs")
    groups = " ".join(str(number) for number in
                      [GAMES.pw_gid] + [one.gr_gid for one in grp.getgrall()
                                        if CHECKER in one.gr_mem])
    assert node.told(GAMES.pw_uid)[:4] == [CHECKER, grp.getgrgid(GAMES.pw_gid).gr_name, groups,
                                      f"{GAMES.pw_dir} {CHECKER} {CHECKER}"]
    wait_until(lambda: "<MASTER>" in node.told("notify"), PATIENCE, "the notify script runs")
    told = node.told("notify")
    assert set(told) >= {NOTIFIER, "<one>", "<two  words>", "<INSTANCE>", "<V>", "<100>"}
    assert told.index("<MASTER>") == told.index("<V>", told.index("<MASTER>") - 1) + 1

    node.exit_with(3)
    wait_until(node.fails, PATIENCE, "its exit status counts")
    assert node.check()["cause"] == "exit status 3"
    node.exit_with(0)
    wait_until(node.passes, PATIENCE, "and counts again")


def test_what_a_runner_may(node):
    node.start()
    wait_until(lambda: node.told(GAMES.pw_uid), PATIENCE, "a runner has run the script")
    words = status_of(node.runners()[GAMES.pw_uid])
    assert words["Uid"].split() == [str(GAMES.pw_uid)] * 4
    assert words["Gid"].split() == [str(GAMES.pw_gid)] * 4
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(words[name], 16) == 0, name
    assert (words["NoNewPrivs"], words["Seccomp"]) == ("1", "2")
    # Its file is for its user alone, the checker's holds none of its words.
    path = "/run/holdfast/config/runner.games.pb"
    reads = {uid: node.host.run(["test", "-r", path], check=False, uid=uid).returncode == 0
             for uid in (GAMES.pw_uid, STRANGER, node.suite.uid("checker"))}
    assert reads == {GAMES.pw_uid: True, STRANGER: False, node.suite.uid("checker"): False}
    assert node.host.run(["test", "-w", path], check=False, uid=GAMES.pw_uid).returncode != 0
    # Nothing that stays is root but the launcher, and it starts nobody it was not told to.
    roots = [path for pid, path in node.host.processes()
             if parent_of(pid) == node.suite.process.pid and
             status_of(pid)["Uid"].startswith("0\t")]
    assert roots == []


def test_status_and_audit_know_it(node):
    node.start()
    wait_until(node.passes, PATIENCE, "the check passes")
    process = [one for one in node.suite.status()["processes"] if one["name"] == "runner"]
    assert GAMES.pw_uid in [one["uid"] for one in process]
    done = node.host.run([node.suite.program, "audit", "--json"], check=False,
                         env=node.suite.environment())
    answer = json.loads(done.stdout)
    assert (answer["deviations"], done.returncode) == ([], 0)
    name = f"runner of {CHECKER} ({GAMES.pw_uid})"
    assert name in [one["name"] for one in answer["processes"]], answer["processes"]
    assert "runner.games.sock" in [one["name"] for one in answer["sockets"]]


def test_a_runner_that_ends_or_hangs_is_a_failure_and_comes_back(node):
    node.start()
    wait_until(node.passes, PATIENCE, "the check passes")
    runner = node.runners()[GAMES.pw_uid]
    node.host.kill(runner)
    wait_until(lambda: node.runners().get(GAMES.pw_uid, runner) != runner, PATIENCE, "another one")
    wait_until(node.passes, PATIENCE, "which serves")
    hung = node.runners()[GAMES.pw_uid]
    node.host.kill(hung, signal.SIGSTOP)
    wait_until(node.fails, PATIENCE, "the check fails")
    assert "the runner of user `games`" in node.check()["cause"]
    node.host.kill(hung, signal.SIGCONT)
    wait_until(node.passes, PATIENCE, "it is asked again")
    node.host.kill(hung, signal.SIGSTOP)
    assert node.suite.stop() == 0  # a hung runner keeps nobody
    assert not list(node.host.processes("runner"))


def test_a_reload_changes_who_runs_what(node):
    node.start()
    wait_until(lambda: node.told(GAMES.pw_uid), PATIENCE, "as the first user")
    node.configure(check_user="bin", notify_user="")
    node.suite.reload()
    wait_until(lambda: node.told(pwd.getpwnam("bin").pw_uid), PATIENCE, "as the next one")
    wait_until(lambda: GAMES.pw_uid not in node.runners(), PATIENCE, "whose runner has ended")
    files = node.host.run("ls /run/holdfast /run/holdfast/config").stdout.split()
    assert "runner.bin.sock" in files and "runner.games.sock" not in files
    assert "runner.bin.pb" in files and "runner.games.pb" not in files


def test_root_is_nobody_before_it_is_allowed(node):
    node.start(check_user="root", notify_user="")
    wait_until(lambda: node.told(node.suite.uid("checker")), PATIENCE, "it runs")
    assert node.told(0) == []
    assert "HF0341" in node.suite.log_text()
    assert node.runners() == {}
    assert node.suite.stop() == 0


def test_root_with_the_administrators_word(node):
    node.start("--allow-root-scripts", check_user="root", notify_user="")
    wait_until(lambda: node.told(0)[:1] == ["root"], PATIENCE, "it runs as root")
    assert "HF0341" not in node.suite.log_text()


def test_a_user_that_is_not_there(node):
    node.start(check_user="nosuchuser", notify_user="")
    wait_until(lambda: node.told(node.suite.uid("checker")), PATIENCE, "it runs as before")
    assert "HF0340" in node.suite.log_text()


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    """The messages' classes."""
    target = tmp_path_factory.mktemp("proto")
    subprocess.run(["protoc", f"--python_out={target}", f"-I{TREE / 'proto'}", "runner.proto",
                    "runner_config.proto", "common_config.proto"], check=True)
    sys.path.insert(0, str(target))
    yield importlib.import_module("runner_pb2"), importlib.import_module("runner_config_pb2")
    sys.path.remove(str(target))


class Hostile:
    """What a taken-over checker or notifier says to the runner of `games`."""

    def __init__(self, node, words):
        self.node, (self.wire, compiled) = node, words
        node.start(notify_user=CHECKER)
        wait_until(lambda: node.told(GAMES.pw_uid) and node.told("notify"), PATIENCE, "both run")
        content = node.suite.path("config/runner.games.pb").read_bytes()
        config = compiled.RunnerConfig.FromString(content[24:])
        self.generation = config.generation
        self.ids = {one.asker: one.id for one in config.scripts}
        self.runner = node.runners()[GAMES.pw_uid]

    def puppet(self, uid):
        puppet = Puppet(self.node.host, uid, "/run/holdfast/runner.games.sock")
        return puppet, puppet.connect()

    def as_checker(self):
        return self.puppet(self.node.suite.uid("checker"))[0]

    def as_notifier(self):
        return self.puppet(self.node.suite.uid("notifier"))[0]

    def hello(self, role=1, version=1):
        message = self.wire.AskerToRunner()
        message.hello.protocol_version, message.hello.role = version, role
        return message.SerializeToString()

    def run(self, script_id, number=1, arguments=None, generation=None):
        message = self.wire.AskerToRunner()
        message.run.number, message.run.script_id = number, script_id
        message.run.generation = self.generation if generation is None else generation
        if arguments:
            message.run.arguments.state, message.run.arguments.priority = arguments
        return message.SerializeToString()

    def kill(self, number):
        message = self.wire.AskerToRunner()
        message.kill.number = number
        return message.SerializeToString()

    def answer(self, puppet):
        return self.wire.RunnerToAsker.FromString(puppet.receive())

    def expect_unharmed(self):
        assert self.node.runners()[GAMES.pw_uid] == self.runner
        wait_until(lambda: self.node.check()["passing"], PATIENCE, "the checker is served")


@pytest.fixture
def hostile(node, words):
    return Hostile(node, words)


def test_what_an_asker_may_say(hostile):
    """The control: each is served with its own scripts."""
    puppet = hostile.as_checker()
    puppet.send(hostile.hello(), hostile.run(hostile.ids[1]))
    assert hostile.answer(puppet).hello.protocol_version == 1
    ended = hostile.answer(puppet).ended
    assert (ended.number, ended.how, ended.code) == (1, 1, 0)
    before = hostile.node.told("notify").count("<FAULT>")
    puppet = hostile.as_notifier()
    puppet.send(hostile.hello(role=2), hostile.run(hostile.ids[2], arguments=(3, 7)))
    assert hostile.answer(puppet).hello.protocol_version == 1
    assert hostile.answer(puppet).ended.how == 1
    assert hostile.node.told("notify").count("<FAULT>") == before + 1
    # A generation that is not there is an answer, no offence: reloads cross each other.
    puppet.send(hostile.run(hostile.ids[2], 2, (3, 7), hostile.generation ^ 1))
    assert "another configuration" in hostile.answer(puppet).ended.reason


def test_every_message_out_of_order_and_out_of_range(hostile):
    hello, check, notify = hostile.hello(), hostile.ids[1], hostile.ids[2]
    for what, frames in {
        "no hello": [hostile.run(check)],
        "two hellos": [hello, hello],
        "another version": [hostile.hello(version=2)],
        "no role": [hostile.hello(role=0)],
        "the other's role": [hostile.hello(role=2)],
        "an unknown role": [hostile.hello(role=9)],
        "an unknown script": [hello, hostile.run(4711)],
        "script 0": [hello, hostile.run(0)],
        "the notifier's script": [hello, hostile.run(notify)],
        "arguments for a check": [hello, hostile.run(check, arguments=(1, 1))],
        "number 0": [hello, hostile.run(check, number=0)],
        "a number twice": [hello, hostile.run(check, number=2), hostile.run(check, number=2)],
        "a kill of nothing": [hello, hostile.kill(1)],
        "an empty message": [hello, b"\x1a\x00"],
        "no message at all": [hello, b"\xff" * 100],
        "an unknown field alone": [hello, b"\x7a\x01a"],
        # A good request, but for a field that nobody knows.
        "257 bytes": [hello, hostile.run(check) + b"\x7a\xfa\x01" + b"a" * 250],
        "64 KiB and a byte": [hello, b"a" * 65537],
    }.items():
        puppet = hostile.as_checker()
        puppet.send(*frames)
        assert puppet.is_closed(), what
    for arguments in (None, (0, 1), (9, 1), (1, 256)):
        puppet = hostile.as_notifier()
        puppet.send(hostile.hello(role=2), hostile.run(notify, arguments=arguments))
        assert puppet.is_closed(), arguments
    hostile.expect_unharmed()
    assert "HFS005" in hostile.node.suite.log_text()


def test_nobody_else_may_ask(hostile):
    for uid in (STRANGER, hostile.node.suite.uid("vrrp-engine")):
        assert hostile.puppet(uid)[1] == "[Errno 13] Permission denied", uid
    # Whom the mode does not keep away: root, and the user whose runner it is if he could.
    root, error = hostile.puppet(0)
    assert error is None and root.is_closed()
    wait_until(lambda: "HFS004" in hostile.node.suite.log_text(), PATIENCE, "it is told")
    hostile.expect_unharmed()
