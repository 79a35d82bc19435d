"""The seed cluster: two nodes, two web servers, a client, with the operator's own files."""
from .http_client import HttpClient
from .lab import Lab
from .programs import SEED_FILES
from .services import MailServer, Nginx, WebServer
from .suites import make_suite

VIP = "172.18.67.33"
GROUP = "224.0.67.67"  # vrrp_mcast_group4 of the seed
INTERFACE = "eno16777736"
NODES = {"node1": "172.18.67.13/16", "node2": "172.18.67.14/16"}
WEB = {"web1": "172.18.67.11", "web2": "172.18.67.12"}
CLIENT = "172.18.67.1/16"


class SeedCluster:
    """The lab of the seed, ready to start the suite on its nodes. A context manager.

    `suites["node1"]`, `nginx["node1"]`, `mail["node1"]`, `web["web1"]`, `http` (the client's
    curl); hosts as attributes: node1, node2, web1, web2, client. Without `services` there are no
    web servers, no nginx and no mail: enough for a test of the election, and faster.
    """

    def __init__(self, suite="holdfast", prefix=None, services=True):
        self.lab = Lab(prefix)
        try:
            self._build(suite, services)
        except BaseException:
            self.lab.close()
            raise

    def _build(self, suite, services):
        add = self.lab.add_host
        self.node1, self.node2 = (add(name, at, INTERFACE) for name, at in NODES.items())
        self.client = add("client", CLIENT, INTERFACE)
        self.nodes = {"node1": self.node1, "node2": self.node2}
        for name, node in self.nodes.items():
            for file, mode in ((f"{name}.conf", 0o644), ("notify.sh", 0o755)):
                target = "keepalived.conf" if file.endswith(".conf") else file
                node.write_file(target, (SEED_FILES / file).read_text(), mode)
        self.suites = {name: make_suite(suite, node) for name, node in self.nodes.items()}
        self.http = HttpClient(self.client, f"http://{VIP}")
        self.web, self.nginx, self.mail = {}, {}, {}
        if services:
            self._build_services(add)

    def _build_services(self, add):
        for number, (name, address) in enumerate(WEB.items(), 1):
            host = add(name, address + "/16", INTERFACE)
            setattr(self, name, host)
            self.web[name] = WebServer(host, f"RS{number}:{address}")
        for name, node in self.nodes.items():
            self.mail[name] = MailServer(node)
            self.nginx[name] = Nginx(node)
        everything = [*self.web.values(), *self.mail.values(), *self.nginx.values()]
        for service in everything:
            service.start(wait=False)
        for service in everything:
            service.wait_ready()

    def start(self):
        """The suite on node1, and when it holds the address on node2; wait until that listens.

        Both at once would be a race: their first waits differ by 20 ms, and a machine that stalls
        for longer lets node2 win for a moment.
        """
        self.suites["node1"].start()
        self.node1.wait_address(VIP, 15)
        self.suites["node2"].start()
        self.suites["node2"].wait_elects(GROUP)

    def holders(self):
        """The nodes that have the address now."""
        return [name for name, node in self.nodes.items() if node.has_address(VIP)]

    def close(self):
        self.lab.close()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.lab.__exit__(*exception)


def lone_seed_node(lab):
    """node1 of the seed in this lab, alone, with holdfast not yet running: `suite` starts it."""
    host = lab.add_host("node1", NODES["node1"], INTERFACE)
    for name, mode in (("node1.conf", 0o644), ("notify.sh", 0o755)):
        host.write_file(name.replace("node1", "keepalived"), (SEED_FILES / name).read_text(), mode)
    host.suite = make_suite("holdfast", host)
    return host
