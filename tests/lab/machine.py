"""Hosts with a real systemd as their first process: Debian in containers, on one wire.

A machine's files are an overlay over one tree that mmdebstrap makes once; they go with it. It has
the network namespace that the wire gives it, with one interface, eth0.
"""
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from .waiting import wait_until

MIRROR = "http://deb.debian.org/debian"
SUITE = os.environ.get("HOLDFAST_DEBIAN") or "bookworm"
# What a host has that runs holdfast and the seed cluster; the package's own dependencies too, so
# that it installs without a network.
PACKAGES = """systemd systemd-sysv dbus udev iproute2 iputils-ping procps psmisc python3 keepalived
    nginx-light apache2 bsd-mailx msmtp-mta curl bash-completion libnl-route-3-200 libcap-ng0
    libseccomp2 libsystemd0""".split()
LIBRARIES = {"bookworm": ["libprotobuf-lite32", "libcurl4", "libfmt9"],
             "trixie": ["libprotobuf-lite32t64", "libcurl4t64", "libfmt10"]}
CGROUPS = [Path("/sys/fs/cgroup/unified"), Path("/sys/fs/cgroup")]
BOOT_SECONDS = 60


def debian_tree(suite, packages):
    """The tree of a minimal Debian with these packages, made if it is not there: half a minute.

    Every clone of the project on this machine uses the same one.
    """
    packages = sorted(packages)
    name = hashlib.sha256(" ".join([suite, *packages]).encode()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "holdfast"
    tree = cache / f"debian-{suite}-{name}"
    if tree.exists():
        return tree
    making = tree.with_suffix(f".{os.getpid()}")
    cache.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["mmdebstrap", "--variant=minbase", f"--include={','.join(packages)}", suite, str(making),
         MIRROR], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        shutil.rmtree(making, ignore_errors=True)
        raise RuntimeError(f"mmdebstrap: {done.stdout[-2000:]}")
    (making / "etc/machine-id").write_text("")
    (making / "etc/hostname").unlink(missing_ok=True)
    # None of them is to be up but those that a test starts.
    for service in ("nginx", "apache2", "keepalived"):
        for link in (making / "etc/systemd/system").glob(f"*.wants/{service}.service"):
            link.unlink()
    try:
        making.rename(tree)
    except OSError:  # another run was faster
        shutil.rmtree(making)
    return tree


def host_tree():
    """The files of a host, without the package."""
    return debian_tree(SUITE, [*PACKAGES, *LIBRARIES[SUITE]])


def why_not():
    """Why no machine can be had here; None if one can, whether it then boots or not."""
    if os.geteuid() != 0:
        return "it takes root to make a machine"
    missing = [name for name in ("mmdebstrap", "systemd-nspawn") if not shutil.which(name)]
    if missing:
        return f"there is no {missing[0]} here"
    try:
        tree = host_tree()
    except (OSError, RuntimeError) as error:
        return f"no Debian to boot: {error}"
    if not any((path / "cgroup.procs").exists() for path in CGROUPS):
        return "no control groups are mounted here"
    done = subprocess.run(
        ["systemd-nspawn", "--quiet", f"--directory={tree}", "--volatile=overlay",
         "--register=no", "--keep-unit", f"--machine=holdfast-probe-{os.getpid()}",
         "--capability=CAP_NET_ADMIN", "--private-network", "--console=pipe", "/bin/true"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}, check=False)
    return f"systemd-nspawn: {done.stdout.strip()}" if done.returncode != 0 else None


class Wire:
    """A bridge in a network namespace of its own, and one namespace a machine.

    To an observer (Sniffer, Holders) it is a Lab.
    """

    def __init__(self):
        self.name = f"hf{os.getpid()}-{int(time.monotonic() * 1000) % 100000}"
        self.wire_namespace = self.name
        self.namespaces = []
        self.hosts = {}
        self._closers = []

    def __enter__(self):
        self._add_namespace(self.name)
        self.ip("link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
        self.ip("link", "set", "br0", "up")
        return self

    def __exit__(self, *_):
        for function in reversed(self._closers):
            function()
        for namespace in reversed(self.namespaces):
            subprocess.run(["ip", "netns", "del", namespace], check=False)

    def on_close(self, function):
        self._closers.append(function)

    def _add_namespace(self, name):
        subprocess.run(["ip", "netns", "add", name], check=True)
        self.namespaces.append(name)
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)

    def ip(self, *words, namespace=None):
        return subprocess.run(["ip", "-n", namespace or self.name, *words], check=True, text=True,
                              stdout=subprocess.PIPE).stdout

    @staticmethod
    def port(namespace):
        """The bridge's end of what attach() has made."""
        return "p" + namespace.rsplit("-", 1)[1]

    def attach(self, address, interface="eth0"):
        """The name of a new namespace whose interface is on the wire."""
        name = f"{self.name}-{len(self.namespaces)}"
        self._add_namespace(name)
        port = self.port(name)
        self.ip("link", "add", port, "type", "veth", "peer", "name", interface, "netns", name)
        self.ip("link", "set", port, "master", "br0", "up")
        self.ip("addr", "add", address, "dev", interface, namespace=name)
        self.ip("link", "set", interface, "up", namespace=name)
        return name


class Machine:
    def __init__(self, wire, address, name="node", interface="eth0"):
        self.namespace = wire.attach(address, interface)
        self.ports = {interface: (wire.port(self.namespace), wire.name)}
        self.lab = wire
        wire.hosts[name] = self
        self.name = name
        self.interface = interface
        self.tree = host_tree()
        self.share = Path(tempfile.mkdtemp(prefix="holdfast-machine-"))
        self._process = None
        self._leader = None
        # Without one of its own two containers would share one group's name.
        root = next(path for path in CGROUPS if (path / "cgroup.procs").exists())
        self._group = root / self.namespace

    def __enter__(self):
        self._group.mkdir()
        procs = self._group / "cgroup.procs"
        command = ["systemd-nspawn", "--quiet", f"--directory={self.tree}", "--volatile=overlay",
                   f"--machine={self.namespace}", f"--hostname={self.name}", "--register=no",
                   f"--network-namespace-path=/run/netns/{self.namespace}",
                   "--capability=CAP_NET_ADMIN", "--keep-unit", "--console=pipe",
                   # What the units forbid is to be seen, not what the container does.
                   "--system-call-filter=bpf perf_event_open pidfd_getfd @keyring",
                   "--kill-signal=SIGRTMIN+4", f"--bind={self.share}:/share", "--boot"]
        self._log = open(self.share / "console.log", "wb")  # pylint: disable=consider-using-with
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT,
            env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}, start_new_session=True,
            preexec_fn=lambda: procs.write_text(str(os.getpid())))
        try:
            wait_until(self._find_leader, BOOT_SECONDS, "the container has a first process")
            wait_until(lambda: self.run("systemctl is-system-running --wait").stdout.strip() in
                       ("running", "degraded"), BOOT_SECONDS, "systemd has started")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
        for group in sorted(self._group.rglob("*"), reverse=True):
            if group.is_dir():
                group.rmdir()
        self._group.rmdir()
        propagate = Path("/run/systemd/nspawn/propagate") / self.namespace
        if propagate.exists():
            propagate.rmdir()
        shutil.rmtree(self.share)

    def _find_leader(self):
        if self._process.poll() is not None:
            raise RuntimeError(f"nspawn ended: {(self.share / 'console.log').read_text()}")
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        for child in children.read_text().split():
            if Path(f"/proc/{child}/comm").read_text().strip() == "systemd":
                self._leader = child
        return self._leader

    def run(self, command, timeout=60):
        """A shell command on the machine, as root; its output holds standard error as well."""
        words = ["nsenter", "-t", self._leader, "-a", "--", "/bin/bash", "-c", command]
        return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace",
                              timeout=timeout, check=False)

    def check(self, command, timeout=60):
        """The same, and it has to succeed. Returns the output."""
        done = self.run(command, timeout)
        said = f"{self.name}: {command}\nexit {done.returncode}\n{done.stdout}"
        assert done.returncode == 0, said
        return done.stdout

    def write(self, path, text, mode=0o644):
        source = self.share / "file"
        source.write_text(text)
        self.check(f"install -D -m {mode:o} /share/file {path}")

    def put(self, source, path, mode=0o644):
        shutil.copy(source, self.share / "file")
        self.check(f"install -D -m {mode:o} /share/file {path}")

    def journal(self, unit="holdfast-*"):
        return self.run(f"journalctl --no-pager -o cat -u '{unit}'").stdout

    def logs(self):
        return f"{self.name}:\n{self.journal()}"

    def main_pid(self, service):
        return int(self.check(f"systemctl show -P MainPID {service}"))

    def addresses(self):
        return [word for line in self.check(f"ip -brief address show {self.interface}").splitlines()
                for word in line.split()[2:]]
