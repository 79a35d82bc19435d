"""Many virtual routers: two hosts, as many links between them as it takes, and their text."""
import os
from dataclasses import dataclass

from .lab import Lab
from .suites import Holdfast, Keepalived
from .waiting import wait_until

GROUP = "224.0.0.18"
VRIDS = 250  # on one link: there are 255
PATIENCE = 60

HEAD = """global_defs {
    router_id many
    vrrp_version 3
}
"""
ROUTER = """vrrp_instance r{number} {{
    interface {interface}
    virtual_router_id {vrid}
    priority {priority}
    advert_int {interval:g}
    virtual_ipaddress {{
{addresses}
    }}
}}
"""


@dataclass(frozen=True)
class Load:
    """So many routers, each with so many addresses; a second between adverts or less."""
    routers: int
    addresses: int = 4
    interval: float = 1.0

    @property
    def links(self):
        return [f"l{link}" for link in range(-(-self.routers // VRIDS))]

    @property
    def all_addresses(self):
        return self.routers * self.addresses

    def addresses_of(self, number):
        link, vrid = divmod(number, VRIDS)
        return [f"10.{link}.{one}.{vrid + 1}" for one in range(self.addresses)]

    def configuration(self, priority, more=None):
        """The whole file; `more` maps a router's number to addresses that it has besides."""
        more = more or {}
        return HEAD + "".join(self._router(number, priority, more.get(number, []))
                              for number in range(self.routers))

    def _router(self, number, priority, more):
        link, vrid = divmod(number, VRIDS)
        lines = "\n".join(f"        {one}/16 dev l{link}"
                          for one in self.addresses_of(number) + more)
        return ROUTER.format(number=number, interface=f"l{link}", vrid=vrid + 1,
                             priority=priority, interval=self.interval, addresses=lines)

    def down_interval(self, priority):
        """After how long of silence a Backup of this priority takes over, in seconds."""
        return self.interval * 3 + self.skew(priority)

    def skew(self, priority):
        return self.interval * (256 - priority) / 256


class _TerseKeepalived(Keepalived):
    """As its unit starts it: without a line for each address."""

    def command(self):
        return [word for word in super().command() if word != "-D"]


class ManyRouters:
    """node1 and node2 with a direct cable for each link, and a suite on each. A context manager.

    The cables have no bridge in between: it would cost more than what is measured.
    """

    def __init__(self, load, suites=("holdfast", "holdfast")):
        self.load = load
        self.lab = Lab()
        try:
            self.node1, self.node2 = (self.lab.add_host(name, interface=None)
                                      for name in ("node1", "node2"))
            self.lab.connect(self.node1, self.node2,
                             {name: (f"10.{number}.255.1/16", f"10.{number}.255.2/16")
                              for number, name in enumerate(load.links)})
            kinds = {"holdfast": Holdfast, "keepalived": _TerseKeepalived}
            self.one, self.two = (kinds[name](host) for name, host in
                                  zip(suites, (self.node1, self.node2), strict=True))
        except BaseException:
            self.lab.close()
            raise

    def start(self, priorities=(150, 100), recorder=None):
        """node1 holds everything, node2 hears it. The recorder is asked, if there is one."""
        for suite, priority in zip((self.one, self.two), priorities, strict=True):
            suite.host.write_file("keepalived.conf", self.load.configuration(priority))
        self.one.start()
        self.wait_held(self.node1, recorder)
        self.two.start()
        self.two.wait_elects(GROUP, PATIENCE)

    def wait_held(self, host, recorder=None, timeout=PATIENCE):
        """Until the host holds every address."""
        def count():
            if recorder:
                return recorder.count(host.name)
            return len(host.addresses()) - len(self.load.links) - 1  # its own, and lo's
        wait_until(lambda: count() >= self.load.all_addresses, timeout,
                   lambda: f"{host.name} holds all addresses; it holds {count()} of "
                           f"{self.load.all_addresses}", interval=0.1)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.lab.__exit__(*exception)


def memory_kib(pids):
    """{name: (proportional share of memory, of it anonymous) in KiB} of {name: pid}."""
    found = {}
    for name, pid in pids.items():
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as text:
            lines = dict(line.split(":", 1) for line in text if ":" in line and "[" not in line)
        found[name] = tuple(int(lines[key].split()[0]) for key in ("Pss", "Pss_Anon"))
    return found


def descriptors(pids):
    """{name: number of open files} of {name: pid}."""
    return {name: len(os.listdir(f"/proc/{pid}/fd")) for name, pid in pids.items()}
