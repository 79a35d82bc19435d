"""FRR's VRRP daemon on a host: a peer by other hands than keepalived's."""
import json
import shutil

from .waiting import wait_until

DAEMONS = "/usr/lib/frr"


class Frr:
    """zebra and vrrpd with one IPv4 virtual router, version 3, in the group 224.0.0.18.

    vrrpd holds the address on a macvlan that has to be there (its virtual MAC, the address): as
    Backup it takes the carrier from it, so the address alone does not tell who holds it: state().
    """

    def __init__(self, host, vrid, address, interface):
        self.host = host
        self.vrid = vrid
        self.address = address
        self.interface = interface
        self.directory = host.directory / "frr"
        self.directory.mkdir()
        shutil.chown(self.directory, "frr", "frr")
        for path in (self.directory, *self.directory.parents[:2]):
            path.chmod(path.stat().st_mode | 0o011)
        link = "vrrp4"
        for command in (f"link add {link} link {interface} type macvlan mode bridge",
                        f"link set {link} address 00:00:5e:00:01:{vrid:02x}",
                        f"address add {address}/32 dev {link}", f"link set {link} up"):
            host.run(["ip", *command.split()])
        self.zebra = self.vrrpd = None

    def start(self, priority, interval_ms):
        """The interval: a multiple of 10 ms."""
        self._configure("zebra", "\n")
        self._configure("vrrpd", f"interface {self.interface}\n"
                        f" vrrp {self.vrid} version 3\n"
                        f" vrrp {self.vrid} priority {priority}\n"
                        f" vrrp {self.vrid} advertisement-interval {interval_ms}\n"
                        f" vrrp {self.vrid} ip {self.address}\n")
        if self.zebra is None:
            self.zebra = self._daemon("zebra")
            wait_until((self.directory / "zserv.api").exists, 10, self.zebra.log_text)
        self.vrrpd = self._daemon("vrrpd")

    def _configure(self, daemon, text):
        path = self.directory / f"{daemon}.conf"
        path.write_text(text)
        shutil.chown(path, "frr", "frr")

    def _daemon(self, name):
        at = self.directory
        return self.host.popen([f"{DAEMONS}/{name}", "-i", at / f"{name}.pid", "-z",
                                at / "zserv.api", "--vty_socket", at, "-f", at / f"{name}.conf",
                                "--log", "stdout"], f"{name}.log")

    def router(self):
        """What `show vrrp` says of the IPv4 router; {} while vrrpd does not answer."""
        said = self.host.run(["vtysh", "--vty_socket", self.directory, "-c", "show vrrp json"],
                             check=False)
        try:
            return json.loads(said.stdout)[0]["v4"]
        except (ValueError, LookupError):
            return {}

    def state(self):
        """"Master", "Backup" or "Initialize"."""
        return self.router().get("status")

    def stop(self):
        """End vrrpd as its service does: it resigns."""
        return self.vrrpd.stop()
