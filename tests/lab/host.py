"""One host of the lab: a network, mount, PID and UTS namespace with a small init."""
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from .netlink import AddressSocket
from .programs import PYTHON, here
from .waiting import wait_until

MSMTPRC = """# sendmail for this host: everything goes to its own mail server
account default
host 127.0.0.1
port 25
auth off
tls off
from root@localhost
"""


def children(pid):
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


class LabProcess:
    """A process started on a host. `pid` is its id as seen from outside the host."""

    def __init__(self, host, command, log, environment=None):
        self.log = Path(log)
        with open(self.log, "ab") as output:
            self._entry = host.enter(command, stdout=output, stderr=subprocess.STDOUT,
                                     stdin=subprocess.DEVNULL, env=environment)
        self.command = command
        self.pid = self._find()

    def _find(self):
        # nsenter forks into the PID namespace: the process is its only child.
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            found = children(self._entry.pid)
            if found:
                return found[0]
            if self._entry.poll() is not None:
                return None
            time.sleep(0.001)
        raise TimeoutError(f"{self.command[0]} did not start")

    def alive(self):
        return self._entry.poll() is None

    @property
    def returncode(self):
        """As subprocess has it; None while it runs."""
        return self._entry.poll()

    def signal(self, number):
        if self.pid is not None and self.alive():
            os.kill(self.pid, number)

    def resume(self):
        """Undo SIGSTOP. nsenter, which waits for the process, has stopped itself with it."""
        if self.pid is not None and self.alive():
            os.kill(self.pid, signal.SIGCONT)
        self._entry.send_signal(signal.SIGCONT)

    def wait(self, timeout):
        """The exit status, also of a process that was killed while it was stopped."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                return self._entry.wait(0.1)
            except subprocess.TimeoutExpired:
                if time.monotonic() > deadline:
                    raise
                self._entry.send_signal(signal.SIGCONT)

    def stop(self, timeout=10):
        """SIGTERM, wait, and SIGKILL after `timeout` seconds; the exit status."""
        self.signal(signal.SIGTERM)
        try:
            return self._entry.wait(timeout)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            return self._entry.wait(timeout)

    def log_text(self):
        return self.log.read_text(errors="replace")


class Host:
    """Made by Lab.add_host. Files below `keepalived` are its /etc/keepalived."""

    def __init__(self, lab, name, namespace):
        self.lab = lab
        self.name = name
        self.namespace = namespace
        self.directory = lab.directory / name
        self.keepalived = self.directory / "keepalived"
        self.ports = {}  # interface -> (its port's name, the wire's name)
        self._keeper = None
        self._init = None
        self._address_socket = None
        self._entered = []
        etc = self.directory / "etc"
        etc.mkdir(parents=True)
        self.keepalived.mkdir()
        (etc / "msmtprc").write_text(MSMTPRC)
        (etc / "hostname").write_text(f"{name}\n")
        (etc / "hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {name}\n")

    def boot(self):
        """Called by Lab: start the init; what lies in directory/etc by now shows in /etc."""
        command = ["ip", "netns", "exec", self.namespace, "unshare", "--mount", "--pid", "--fork",
                   "--uts", "--mount-proc", PYTHON, "-I", "-S", here("keeper.py"), self.name,
                   str(self.directory)]
        log = self.directory / "keeper.log"
        with open(log, "wb") as errors:
            self._keeper = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=errors, start_new_session=True, cwd="/")
        if self._keeper.stdout.readline() != b"ready\n":
            self._keeper.wait()
            raise RuntimeError(f"host {self.name} did not come up: {log.read_text()}")
        self._init = children(self._keeper.pid)[0]

    def halt(self):
        """Pull the plug: every process of the host dies."""
        if self._address_socket:
            self._address_socket.close()
            self._address_socket = None
        if self._keeper:
            # One that was stopped would not see its process die, and leave it unburied.
            for entry in self._entered:
                if entry.poll() is None:
                    entry.send_signal(signal.SIGCONT)
            self._keeper.stdin.close()
            self._keeper.wait()
            self._keeper.stdout.close()
            self._keeper = None

    # Processes

    @property
    def init_pid(self):
        """PID 1 of the host, as seen from outside: `nsenter -t <it> -m -u -n -p`."""
        return self._init

    def _wrap(self, command, uid=None, no_new_privs=False):
        command = ["/bin/bash", "-c", command] if isinstance(command, str) else list(command)
        if uid is not None or no_new_privs:
            drop = ["setpriv"]
            if uid is not None:
                drop += [f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
            if no_new_privs:
                drop += ["--no-new-privs"]
            command = drop + command
        return ["nsenter", "-t", str(self._init), "-m", "-u", "-n", "-p", "--wd=/"] + command

    def enter(self, command, uid=None, no_new_privs=False, **options):
        """subprocess.Popen in the host. Prefer run() and popen()."""
        entry = subprocess.Popen(self._wrap(command, uid, no_new_privs), start_new_session=True,
                                 **options)
        self._entered = [one for one in self._entered if one.poll() is None] + [entry]
        return entry

    def run(self, command, check=True, timeout=30, uid=None, no_new_privs=False, **options):
        """Run a command (a list, or a string for bash) and return its CompletedProcess.

        Text output is captured. With `check` a failure raises with what it printed. `uid` runs
        it as that user and group, without capabilities.
        """
        done = subprocess.run(self._wrap(command, uid, no_new_privs), capture_output=True,
                              text=True, timeout=timeout, check=False, start_new_session=True,
                              **options)
        if check and done.returncode != 0:
            raise RuntimeError(f"{self.name}: {command!r} ended with {done.returncode}: "
                               f"{done.stdout}{done.stderr}")
        return done

    def popen(self, command, log, environment=None):
        """Start a command (a list) that keeps running; its output is appended to `log`.

        A relative log lies in the host's directory.
        """
        return LabProcess(self, command, self.directory / log, environment)

    def processes(self, executable=None):
        """(pid as seen from outside, path of the executable) of the host's processes."""
        mine = os.readlink(f"/proc/{self._init}/ns/pid")
        found = []
        for entry in os.listdir("/proc"):
            if not entry.isdigit() or int(entry) == self._init:
                continue
            try:
                if os.readlink(f"/proc/{entry}/ns/pid") != mine:
                    continue
                path = os.readlink(f"/proc/{entry}/exe")
            except OSError:
                continue
            if executable is None or os.path.basename(path) == executable:
                found.append((int(entry), path))
        return found

    def kill(self, pid, number=signal.SIGKILL):
        """Signal a process by its id as seen from outside."""
        os.kill(pid, number)

    # Files

    def write_file(self, name, content, mode=0o644):
        """Write a file into the host's /etc/keepalived; returns its path there."""
        path = self.keepalived / name
        path.write_text(content)
        path.chmod(mode)
        return f"/etc/keepalived/{name}"

    # Network

    def addresses(self, interface=None):
        """netlink.Address of this interface, or of all."""
        if self._address_socket is None:
            self._address_socket = AddressSocket(self.namespace)
        return [address for address in self._address_socket.dump()
                if interface in (None, address.interface)]

    def has_address(self, ip):
        return any(address.ip == ip for address in self.addresses())

    def wait_address(self, ip, timeout, present=True):
        """Wait until the host has (or has no longer) this address."""
        verb = "takes" if present else "gives up"
        wait_until(lambda: self.has_address(ip) == present, timeout,
                   lambda: f"{self.name} {verb} {ip}; it has "
                           f"{', '.join(one.cidr for one in self.addresses())}")

    def hears(self, group):
        """Whether a process of the host has joined this IPv4 multicast group."""
        # The kernel prints the address as it lies in memory, as one hexadecimal number.
        wanted = f"{int.from_bytes(socket.inet_aton(group), sys.byteorder):08X}"
        return wanted in Path(f"/proc/{self._init}/net/igmp").read_text().split()

    def _port(self, interface):
        return self.ports[interface or next(iter(self.ports))]

    def cut(self, interface=None):
        """Cut the wire behind the switch: the host keeps its carrier, no frame passes."""
        self.lab.ip(self.lab.wire_namespace, f"link set {self._port(interface)[0]} nomaster")

    def mend(self, interface=None):
        """Undo cut()."""
        port, wire = self._port(interface)
        self.lab.ip(self.lab.wire_namespace, f"link set {port} master {wire}")

    def unplug(self, interface=None):
        """Pull the cable: the host loses its carrier."""
        self.lab.ip(self.lab.wire_namespace, f"link set {self._port(interface)[0]} down")

    def plug(self, interface=None):
        """Undo unplug()."""
        self.lab.ip(self.lab.wire_namespace, f"link set {self._port(interface)[0]} up")
