"""A compromised vrrp-engine in the sandbox of its unit, against the helper of the package."""
import base64
import json
import os
import select

import pytest
from lab import Holders, Sniffer
from lab import hostile as attacks
from lab.programs import here
from lab.puppet import PATIENCE, Puppet
from lab.waiting import wait_until

SERVICE = "holdfast-vrrp-engine.service"
# The unit's own, with another program, which is told what to say through two pipes.
DROP_IN = """[Service]
Type=exec
ExecStart=
ExecStart=/usr/bin/python3 -I -S /usr/local/lib/puppet.py /run/holdfast/net.sock
Restart=no
WatchdogSec=0
StandardInput=file:/share/puppet.in
StandardOutput=file:/share/puppet.out
"""


class UnitPuppet(Puppet):
    """In the place of the engine, as its unit starts it."""

    def __init__(self, machine):  # pylint: disable=super-init-not-called
        self._machine = machine
        machine.put(here("puppet.py"), "/usr/local/lib/puppet.py")
        machine.write(f"/run/systemd/system/{SERVICE}.d/puppet.conf", DROP_IN)
        pipes = [machine.share / "puppet.in", machine.share / "puppet.out"]
        for pipe in pipes:
            os.mkfifo(pipe)
        # Both for reading and writing: to open them waits for nobody.
        self._to, self._from = (open(os.open(pipe, os.O_RDWR), mode, encoding="utf-8", buffering=1)
                                for pipe, mode in zip(pipes, "wr"))
        machine.check(f"systemctl daemon-reload; systemctl restart {SERVICE}")

    def _ask(self, **request):
        self._to.write(json.dumps(request) + "\n")
        if not select.select([self._from], [], [], 3 * PATIENCE)[0]:
            raise AssertionError(self._machine.run(f"systemctl status {SERVICE}").stdout)
        return json.loads(self._from.readline())

    def leave(self):
        """The real engine comes back."""
        self._machine.check(f"rm /run/systemd/system/{SERVICE}.d/puppet.conf; "
                            f"systemctl daemon-reload; systemctl restart {SERVICE}")
        self._to.close()
        self._from.close()


class UnderSystemd(attacks.Hostile):
    vip, group, own_address = "10.10.0.100", "224.0.0.18", "10.10.0.1"
    own_addresses = {own_address, "127.0.0.1"}

    def __init__(self, machine, messages):
        self.machine = machine
        self.port = machine.ports["eth0"][0]
        machine.check("systemctl start holdfast.target")
        wait_until(lambda: self.vip in self.ipv4_addresses(), 20, "the address is held")
        self.helper = self.helper_pid()
        self.puppet = UnitPuppet(machine)
        wait_until(lambda: self.vip not in self.ipv4_addresses(), 20, "the lease has ended")
        super().__init__(messages, base64.b64decode(
            machine.check("base64 /run/holdfast/config/net.pb")))
        self.sniffer = Sniffer(machine.lab)
        self.seen = Holders([machine], self.vip)

    def helper_pid(self):
        return self.machine.main_pid("holdfast-net-helper")

    def read_log(self):
        return self.machine.journal("holdfast-net-helper")

    def ipv4_addresses(self):
        listed = self.machine.check("ip -4 -brief address").split()
        return {word.split("/")[0] for word in listed if "/" in word}

    def expect_a_real_engine_served(self):
        self.puppet.leave()
        wait_until(lambda: self.vip in self.ipv4_addresses(), 20, "a real engine is served")
        assert self.helper_pid() == self.helper


@pytest.fixture(scope="module")
def messages(tmp_path_factory):
    return attacks.load_messages(tmp_path_factory.mktemp("proto"))


@pytest.mark.parametrize("attack", [
    attacks.what_an_engine_may_do, attacks.every_message_out_of_order_and_out_of_range,
    attacks.routers_that_the_policy_does_not_hold, attacks.random_bytes,
    attacks.a_flood_of_claims_is_rate_limited], ids=lambda attack: attack.__name__)
def test_only_what_the_policy_holds_happens(machine, messages, attack):
    hostile = UnderSystemd(machine, messages)
    user = machine.check(f"ps -o user:32= -p $(systemctl show -P MainPID {SERVICE})").strip()
    assert user == "holdfast-engine"
    attack(hostile)
    hostile.expect_a_real_engine_served()
