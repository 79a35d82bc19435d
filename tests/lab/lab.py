"""The lab: hosts, the wires between them, and the guarantee that all of it goes away."""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from .host import Host
from .namespaces import inside
from .programs import PYTHON, here

SANITIZER_REPORT = re.compile(r"ERROR: \w+Sanitizer|: runtime error: ")


class Lab:
    """Hosts on wires. Use as a context manager, or call close().

    Every namespace is named `<prefix>-<host>`; the default prefix is unique to this process and
    lab. Each wire is a bridge in the namespace `<prefix>-wire`; each host's end there is an
    interface named as the host.
    """

    _made = 0

    def __init__(self, prefix=None):
        Lab._made += 1
        self.prefix = prefix or f"hf{os.getpid()}x{Lab._made}"
        if os.geteuid() != 0:
            raise PermissionError("the lab makes network namespaces: run it as root")
        taken = [name for name in self._names() if name.startswith(self.prefix + "-")]
        if taken:
            raise RuntimeError(f"network namespace {taken[0]} exists: is this lab already up?")
        os.umask(0o022)  # the hosts' unprivileged users read what is made here
        self.directory = Path(tempfile.mkdtemp(prefix="holdfast-lab-"))
        self.directory.chmod(0o755)
        self.hosts = {}
        self._closers = []
        self._wires = set()
        self._janitor = subprocess.Popen(
            [PYTHON, "-I", here("janitor.py"), self.prefix, str(self.directory)],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True, cwd="/")
        try:
            self.wire_namespace = self._add_namespace("wire")
        except BaseException:
            self.close()
            raise

    @staticmethod
    def _names():
        return os.listdir("/run/netns") if os.path.isdir("/run/netns") else []

    def _add_namespace(self, name):
        namespace = f"{self.prefix}-{name}"
        subprocess.run(["ip", "netns", "add", namespace], check=True)

        def no_delay_for_ipv6():
            # Without this an IPv6 address is tentative for its first second.
            path = Path("/proc/sys/net/ipv6/conf/default/accept_dad")
            if path.exists():
                path.write_text("0")

        inside(namespace, no_delay_for_ipv6)
        return namespace

    def ip(self, namespace, *lines):
        """Run ip(8) commands in a namespace, all in one process."""
        text = "\n".join(lines) + "\n"
        done = subprocess.run(["ip", "-n", namespace, "-batch", "-"], input=text, text=True,
                              capture_output=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"ip in {namespace}: {done.stderr.strip()}\n{text}")

    def add_wire(self, name):
        """A bridge that hosts can be attached to; made on first use by add_host and attach."""
        if name in self._wires:
            return
        self.ip(self.wire_namespace,
                f"link add {name} type bridge mcast_snooping 0",
                f"link set {name} addrgenmode none",
                f"link set {name} up")
        self._wires.add(name)

    def add_host(self, name, address=None, interface="eno16777736", wire="lan"):
        """A host with one interface on a wire (or None); `address` as in "172.18.67.13/16"."""
        host = Host(self, name, self._add_namespace(name))
        self.hosts[name] = host
        self.ip(host.namespace, "link set lo up")
        if interface:
            self.attach(host, interface, address, wire, port=name)
        host.boot()
        return host

    def attach(self, host, interface, address=None, wire="lan", port=None):
        """Another interface for a host, on this wire."""
        self.add_wire(wire)
        port = port or f"{host.name}-{interface}"[:15]
        self.ip(self.wire_namespace,
                f"link add {port} type veth peer name {interface} netns {host.namespace}",
                f"link set {port} addrgenmode none",
                f"link set {port} master {wire} up")
        addresses = [address] if isinstance(address, str) else address or []
        # A broadcast address as ifup and NetworkManager give it: keepalived copies it.
        self.ip(host.namespace, *(f"addr add {one} brd + dev {interface}" if ":" not in one
                                  else f"addr add {one} dev {interface} nodad"
                                  for one in addresses),
                f"link set {interface} up")
        host.ports[interface] = (port, wire)

    def connect(self, first, second, cables):
        """Direct cables between two hosts: {interface: (address of first, address of second)}."""
        self.ip(first.namespace, *(f"link add {name} type veth peer name {name} "
                                   f"netns {second.namespace}" for name in cables))
        for end, host in enumerate((first, second)):
            self.ip(host.namespace, *(line for name, addresses in cables.items() for line in (
                f"link set {name} addrgenmode none",
                f"addr add {addresses[end]} brd + dev {name}", f"link set {name} up")))

    def on_close(self, function):
        """Called by close(), last first, while the hosts still run: for observers' threads."""
        self._closers.append(function)

    def logs(self, tail=4000):
        """The end of every log of every host, as one text."""
        return "\n".join(f"--- {path.relative_to(self.directory)}\n"
                         + path.read_text(errors="replace")[-tail:]
                         for path in sorted(self.directory.glob("*/*.log"))
                         if path.stat().st_size)

    def close(self):
        """End every process of the lab and remove every trace of it.

        Raises AssertionError when a sanitizer has reported something in a log.
        """
        if self._janitor.stdin.closed:
            return
        for function in reversed(self._closers):
            function()
        self._closers.clear()
        for host in self.hosts.values():
            host.halt()
        reports = self._sanitizer_reports()
        self._janitor.stdin.close()
        self._janitor.wait()
        if reports:
            raise AssertionError("a sanitizer reported:\n" + "\n".join(reports))

    def _sanitizer_reports(self):
        found = []
        for path in self.directory.glob("*/*.log"):
            text = path.read_text(errors="replace")
            match = SANITIZER_REPORT.search(text)
            if match:
                found.append(f"--- {path.relative_to(self.directory)}\n"
                             + text[match.start():match.start() + 4000])
        return found

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None or not issubclass(kind, Exception):  # an interrupt is no failure
            self.close()
            return
        print(self.logs(), file=sys.stderr)
        try:
            self.close()
        except AssertionError as report:
            print(report, file=sys.stderr)
