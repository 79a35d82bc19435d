"""`holdfast maintenance` of the installed package: who may, and what it outlives."""
from lab.waiting import wait_until

ADDRESS = "10.10.0.100/24"


def is_active(machine):
    return ADDRESS in machine.addresses()


def transitions(machine):
    return machine.run("journalctl -t told -o cat --no-pager").stdout.split("\n")[:-1]


def wait_answer(machine):
    wait_until(lambda: machine.run("holdfast status").returncode == 0, 20, "the engine answers")


def assert_down(machine):
    wait_answer(machine)
    assert "in maintenance since " in machine.check("holdfast status")
    machine.check("sleep 4")  # more than a Backup waits
    assert not is_active(machine)


def test_root_orders_it_and_it_outlives_restart_upgrade_and_stop(machine):
    machine.check("systemctl start holdfast.target")
    wait_until(lambda: is_active(machine), 15, "the address is held")
    # The group of the socket asks; orders are root's.
    machine.check("useradd --groups holdfast asker")
    assert "V: Active" in machine.check("runuser -u asker -- holdfast status")
    refused = machine.run("runuser -u asker -- holdfast maintenance on")
    assert refused.returncode == 1 and "Permission denied" in refused.stdout
    assert is_active(machine)

    done = machine.run("holdfast maintenance on")
    assert done.returncode == 3 and "nobody was heard to take 10.10.0.100" in done.stdout
    assert not is_active(machine)
    wait_until(lambda: transitions(machine)[-1:] == ["INSTANCE V STOP 100"], 5, "it is told")
    assert "0 Active, 0 Backup, 0 Fault, 1 in maintenance" in machine.check(
        "systemctl status holdfast-vrrp-engine")
    machine.check("holdfast audit")  # no deviation
    told = transitions(machine)
    machine.check("systemctl restart holdfast-vrrp-engine")
    assert_down(machine)
    machine.check("systemctl reload holdfast-config; systemctl restart holdfast-net-helper")
    assert_down(machine)
    machine.check("dpkg --install /var/tmp/holdfast.deb", timeout=120)
    assert_down(machine)
    machine.check("systemctl stop holdfast.target; systemctl start holdfast.target")
    assert_down(machine)
    assert transitions(machine) == told

    said = machine.check("holdfast maintenance off")
    assert said.startswith("V: Backup: the maintenance is over")
    wait_until(lambda: is_active(machine), 15, "the address is held again")
    wait_until(lambda: transitions(machine)[len(told):] == ["INSTANCE V BACKUP 100",
                                                            "INSTANCE V MASTER 100"], 5, "told")
