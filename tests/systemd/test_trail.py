"""The audit trail of the installed package in a real journal, read by `holdfast audit log`."""
import json
import time

import pytest
from lab.waiting import wait_until

ADDRESS = "10.10.0.100/24"
ENGINE = "holdfast-vrrp-engine.service"


def trail(machine, options=""):
    said = machine.check(f"holdfast audit log --json {options}")
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def find(machine, act, **values):
    return [one for one in trail(machine)
            if one["act"] == act and all(one[name] == value for name, value in values.items())]


def expect(machine, act, **values):
    return wait_until(lambda: find(machine, act, **values), 10,
                      lambda: f"{act} {values} is recorded: {trail(machine)}")[0]


@pytest.fixture
def started(machine):
    machine.check("systemctl start holdfast.target")
    wait_until(lambda: ADDRESS in machine.addresses(), 15, "the address is held")
    return machine


def test_acts_are_read_back_with_who_asked(started):
    router = "V vrid 51 dev eth0"
    loaded = expect(started, "policy loaded", outcome="done", peer_unit="", peer_pid="")
    assert loaded["policy_row"].startswith("generation ")
    expect(started, "vrrp-engine connected", peer_unit=ENGINE)
    expect(started, "raw socket opened", outcome="done", kernel="0")
    granted = expect(started, "lease granted", policy_row=router, peer_unit=ENGINE)
    assert int(granted["peer_pid"]) == started.main_pid(ENGINE)
    assert int(granted["peer_uid"]) == int(started.check("id -u holdfast-engine"))
    expect(started, "address added", policy_row="V 10.10.0.100/24 dev eth0", peer_unit=ENGINE,
           outcome="done", kernel="0")
    expect(started, "advertises", policy_row=router, message=f"{router}: advertises: "
           "priority 100 [HFN042]")
    expect(started, "addresses announced", policy_row=router)

    table = started.check("holdfast audit log")
    heading, *lines = table.splitlines()
    assert heading.split() == ["TIME", "WHO", "WHAT", "POLICY", "ROW", "OUTCOME"]
    added = next(line for line in lines if "address added" in line)
    assert f"{ENGINE} (pid " in added and "V 10.10.0.100/24 dev eth0" in added
    assert added.rstrip().endswith("done")

    time.sleep(1.1)
    assert [one["act"] for one in trail(started, "--since 1s")] == []
    started.check("systemctl stop holdfast.target")
    for act in ("lease resigned", "address removed"):
        expect(started, act, outcome="done")


def test_refusals_are_read_back(started):
    # Root may open the socket, and is not the engine.
    started.check("""python3 -c 'import socket
peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
peer.connect("/run/holdfast/net.sock")
assert peer.recv(1) == b""'""")
    refused = expect(started, "connection refused", outcome="refused")
    assert refused["peer_uid"] == "0"


def test_nobody_else_writes_the_trail(started):
    """A record with its id from elsewhere is none of it."""
    before = trail(started)
    started.check("""printf 'MESSAGE=forged\\nMESSAGE_ID=3a0831171c634a39bbbad5a871ce0596\\n"""
                  """HOLDFAST_ACT=forged\\n_SYSTEMD_UNIT=holdfast-net-helper.service\\n' """
                  """| logger --journald; journalctl --sync""")
    assert started.check("journalctl -o cat MESSAGE_ID=3a0831171c634a39bbbad5a871ce0596")\
        .count("forged") == 1
    after = trail(started)
    assert len(after) >= len(before)
    assert "forged" not in {one["act"] for one in after}


def test_no_right_and_no_journal_are_told(started):
    said = started.run("setpriv --reuid 65534 --clear-groups holdfast audit log")
    assert said.returncode == 2
    assert "may not read the system's journal" in said.stdout
    said = started.run("holdfast audit log --directory /var/empty-journal")
    assert said.returncode == 2 and "/var/empty-journal" in said.stdout
    started.check("mkdir /var/empty-journal")
    said = started.run("holdfast audit log --directory /var/empty-journal")
    assert said.returncode == 2 and "no journal file there" in said.stdout
    said = started.run("holdfast audit log --since yesterday")
    assert said.returncode == 2 and "how long ago" in said.stdout
