"""The suites under test, interchangeable: keepalived and holdfast on a host."""
import json
import os
import shutil
import signal
from pathlib import Path

from .programs import TREE
from .waiting import wait_until

STATUS_FAULT = 3  # exit status: a router is in Fault


class Suite:
    """What a node runs. Configuration: the host's /etc/keepalived/keepalived.conf.

    `election` names the process that speaks VRRP; pids() has it.
    """

    name = ""
    election = ""

    def __init__(self, host):
        self.host = host
        self.process = None

    def command(self):
        raise NotImplementedError

    def environment(self):
        return None

    def pids(self):
        """Name of each of its processes -> its id as seen from outside."""
        raise NotImplementedError

    def start(self, configuration=None):
        """Start it, with this text as its keepalived.conf if one is given."""
        if configuration is not None:
            self.host.write_file("keepalived.conf", configuration)
        if self.alive():
            raise RuntimeError(f"{self.name} runs on {self.host.name} already")
        self.process = self.host.popen(self.command(), f"{self.name}.log", self.environment())

    def alive(self):
        """Whether its main process lives."""
        return self.process is not None and self.process.alive()

    def wait_elects(self, group, timeout=15):
        """Wait until it hears what its peers say to this multicast group and acts on it."""
        wait_until(lambda: self.host.hears(group) and self._has_begun(), timeout,
                   lambda: f"{self.name} on {self.host.name} listens; "
                           f"its log:\n{self.log_text()[-3000:]}")

    def _has_begun(self):
        return True

    def stop(self, timeout=15):
        """SIGTERM, as an operator or systemd stops it; returns the exit status."""
        return self.process.stop(timeout)

    def reload(self):
        self.process.signal(signal.SIGHUP)

    def kill9_all(self):
        """SIGKILL to every process of it, none of which can react to the death of another."""
        everything = self.pids().values()
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in everything:
                self._signal(pid, number)
        self.process.wait(10)

    def kill9(self, name):
        self._signal(self.pids()[name], signal.SIGKILL)

    def sigstop(self, name):
        self._signal(self.pids()[name], signal.SIGSTOP)

    def sigcont(self, name):
        pid = self.pids()[name]
        if pid == self.process.pid:
            self.process.resume()
        else:
            self._signal(pid, signal.SIGCONT)

    @staticmethod
    def _signal(pid, number):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass  # it ended between being found and being signalled

    def wait_processes(self, names=None, timeout=10):
        """Wait until these processes (default: the one that speaks VRRP) run; their pids."""
        wanted = {self.election} if names is None else set(names)
        wait_until(lambda: wanted <= set(self.pids()), timeout,
                   lambda: f"{self.name} on {self.host.name} runs {', '.join(sorted(wanted))}; "
                           f"its log:\n{self.log_text()[-3000:]}")
        return self.pids()

    def log_text(self):
        """All that it has logged on this host, over restarts."""
        path = self.host.directory / f"{self.name}.log"
        return path.read_text(errors="replace") if path.exists() else ""


def _parent(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])


class Keepalived(Suite):
    name = "keepalived"
    election = "vrrp"

    def command(self):
        return ["/usr/sbin/keepalived", "-n", "-l", "-D", "-f", "/etc/keepalived/keepalived.conf"]

    def pids(self):
        found = {}
        everything = [pid for pid, _ in self.host.processes("keepalived")]
        for pid in everything:
            if pid == (self.process.pid if self.process else None):
                found["parent"] = pid
            elif self.process and _parent(pid) == self.process.pid:
                # Its own pid files say which child is which; with one child it is the VRRP one.
                found[self._role(pid)] = pid
        return found

    def _role(self, pid):
        status = Path(f"/proc/{pid}/status").read_text()
        inner = status.split("NSpid:")[1].split("\n")[0].split()[-1]
        run = Path(f"/proc/{self.host.init_pid}/root/run")
        for role in ("vrrp", "checkers"):
            for path in (run / f"{role}.pid", run / "keepalived" / f"{role}.pid"):
                if path.exists() and path.read_text().strip() == inner:
                    return role
        return f"child {inner}"


class Holdfast(Suite):
    """holdfast out of a build directory: HOLDFAST_BUILD, by default build/release."""

    name = "holdfast"
    election = "vrrp-engine"
    processes = ("vrrp-engine", "net-helper", "checker", "notifier")
    runtime_directory = "/run/holdfast"

    def __init__(self, host, build=None):
        super().__init__(host)
        self.build = Path(build or os.environ.get("HOLDFAST_BUILD") or TREE / "build/release")
        if not self.build.is_absolute():
            self.build = TREE / self.build
        self.program = str(self.build / "cli/holdfast")
        if not shutil.which(self.program):
            raise FileNotFoundError(f"{self.program}: build it first (./test unit does)")

    def command(self):
        return [self.program, "run", "-c", "/etc/keepalived/keepalived.conf",
                "--runtime-dir", self.runtime_directory]

    def environment(self):
        # LeakSanitizer stops its own process's threads with ptrace, which a process that dropped
        # its privileges (not dumpable) or stands behind a seccomp filter may not do: it would end
        # every daemon with an error. The unit tests run with leak detection.
        return {**os.environ, "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0",
                "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}

    def pids(self):
        found = {}
        if self.alive():
            found["holdfast"] = self.process.pid
        for pid, path in self.host.processes():
            name = os.path.basename(path)
            # The checker's runner, and a script just forked, show the same executable.
            if name in self.processes and (name not in found or self._is_ours(pid)):
                found[name] = pid
        return found

    def _is_ours(self, pid):
        """Whether the launcher itself started it."""
        try:
            return _parent(pid) == self.process.pid
        except OSError:
            return False

    def path(self, name=""):
        """A file of the runtime directory, as seen from outside the host."""
        return Path(f"/proc/{self.host.init_pid}/root{self.runtime_directory}") / name

    def uid(self, name):
        """The user that one of the four processes runs as."""
        short = {"vrrp-engine": "engine", "net-helper": "net"}.get(name, name)
        return self.path(f"config/{short}.pb").stat().st_uid

    def _has_begun(self):
        # The helper listens before the engine is there to be told.
        try:
            routers = self.status()["routers"]
        except RuntimeError:
            return False  # nobody answers yet
        return all(router["state"] != "Initialize" for router in routers)

    def status(self):
        """What `holdfast status --json` says, parsed; its exit status tells of a Fault."""
        done = self.host.run([self.program, "status", "--json", "--runtime-dir",
                              self.runtime_directory], check=False, env=self.environment())
        if done.returncode not in (0, STATUS_FAULT):
            raise RuntimeError(f"status ended with {done.returncode}: {done.stderr}")
        status = json.loads(done.stdout)
        fault = any(router["state"] == "Fault" for router in status["routers"])
        assert (done.returncode == STATUS_FAULT) == fault, status
        return status

    def maintenance(self, *words, check=0, **options):
        """`holdfast maintenance WORDS`, which ends with this status: what it prints."""
        done = self.host.run([self.program, "maintenance", *words, "--runtime-dir",
                              self.runtime_directory], check=False, env=self.environment(),
                             **options)
        assert done.returncode == check, (done.returncode, done.stdout, done.stderr)
        return done.stdout + done.stderr


def make_suite(name, host):
    """The suite "keepalived" or "holdfast" for a host."""
    return {"keepalived": Keepalived, "holdfast": Holdfast}[name](host)
