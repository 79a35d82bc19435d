"""Random restarts of the processes of two nodes, one after the other, and what may come of them.

Of each fault it is known whether an address may move. Everything else that moves is a finding,
unless the machine itself stood still for about as long as a Backup waits.
"""
import math
import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass

from .many import descriptors, memory_kib
from .recorders import AddressRecorder, sharing
from .stalls import Stalls
from .suites import Holdfast
from .waiting import NotInTime, wait_until

PRIORITIES = (150, 100)
SETTLE_SECONDS = 30
# Who is late when these wait for a processor: an advert, or an expiry.
ELECTING = ("net-helper", "vrrp-engine", "vrrp")
# Whoever lives shorter is started again after a pause, which is another thing to test.
HEALTHY_SECONDS = 10.5
REST_SECONDS = 8  # before memory is looked at
MEMORY_KIB_MORE = 512
MEMORY_SHARE_MORE = 0.15
HELPER_BACK_SECONDS = 1.0  # longer than it takes a helper to be killed and to be back
KERNEL_SLACK_SECONDS = 0.5  # the kernel looks for addresses that are over once in a while


@dataclass(frozen=True)
class Fault:
    node: str
    process: str
    number: signal.Signals

    def __str__(self):
        return f"{self.node} {self.process} {self.number.name}"


@dataclass(frozen=True)
class Outcome:
    fault: Fault
    moves: int  # addresses that somebody took
    takes: int  # the most often that one host took the same address
    nobody: float  # seconds, the longest of an address
    shared: float
    stall: float
    problems: tuple


class Soak:
    """Two nodes (ManyRouters) under faults. Use: start(), strike() as often as wanted, finish()."""

    def __init__(self, routers, seed):
        self._routers = routers
        self._load = routers.load
        self._random = random.Random(seed)
        self._nodes = {"node1": routers.one, "node2": routers.two}
        self._ours = {name: suite for name, suite in self._nodes.items()
                      if isinstance(suite, Holdfast)}
        self._recorder = AddressRecorder([routers.node1, routers.node2])
        self._stalls = Stalls()
        routers.lab.on_close(self._stalls.close)
        self._born = {}  # (node, process) -> when it was seen to be new
        self._before = {}
        self._judged = 0.0

    @property
    def lease_seconds(self):
        """How long the kernel keeps an address that nobody renews, at most."""
        return math.ceil(3 * self._load.interval) + 1 + KERNEL_SLACK_SECONDS

    def start(self):
        self._routers.start(PRIORITIES, self._recorder)
        self._born = {(name, process): time.monotonic() for name, suite in self._ours.items()
                      for process in suite.processes}
        self._wait_settled()
        time.sleep(REST_SECONDS)
        self._before = self._footprint()
        self._judged = time.monotonic()

    def may_move(self, fault):
        """Whether an address may go to the other node, and come back."""
        if fault.node == "node2" or fault.process in ("checker", "notifier"):
            return False
        if fault.number == signal.SIGTERM:
            return True  # an orderly stop: it gives up what it has
        patience = self._load.down_interval(PRIORITIES[1])
        return fault.process == "net-helper" and patience < HELPER_BACK_SECONDS

    def next_fault(self):
        """One of a process that has lived for long enough; None if there is none yet."""
        now = time.monotonic()
        able = sorted(key for key, born in self._born.items() if now - born > HEALTHY_SECONDS)
        if not able:
            return None
        return Fault(*self._random.choice(able),
                     self._random.choice([signal.SIGKILL, signal.SIGTERM]))

    def strike(self, fault):
        """Carry it out, wait until everything is as before, and judge."""
        suite, problems = self._nodes[fault.node], []
        before, counted = suite.pids()[fault.process], self._transitions(fault)
        since, held = time.monotonic(), self._recorder.holders()
        idle = any(one.holds for one in self._recorder.changes(self._judged))
        if idle and self._stalls.longest(self._judged - 1, since) <= self._load.interval:
            problems.append(f"something moved before, {since - self._judged:.2f} s after the last")
        os.kill(before, fault.number)
        try:
            wait_until(lambda: suite.pids().get(fault.process, before) != before, SETTLE_SECONDS,
                       f"{fault.process} of {fault.node} is started again")
            self._born[fault.node, fault.process] = time.monotonic()
            self._wait_settled()
            time.sleep(self._random.uniform(0.2, 1.5))
            self._wait_settled()
        except NotInTime as error:
            problems.append(str(error))
        self._judged = time.monotonic()
        return self._judge(fault, since, held, counted, problems)

    def _judge(self, fault, since, held, counted, problems):
        changes = self._recorder.changes(since)
        takes = Counter((one.host, one.ip) for one in changes if one.holds)
        nobody, shared = (max(times.values(), default=0.0)
                          for times in sharing(changes, held, self._judged))
        stall = self._stalls.longest(since - 1, time.monotonic())
        excused = stall > self._load.interval
        if takes and not self.may_move(fault) and not excused:
            problems.append(f"{takes.total()} times an address was taken")
        if self._transitions(fault) != counted and not self.may_move(fault) and not excused:
            problems.append("a router of a bystander changed its state")
        if shared > self.lease_seconds + stall:
            problems.append(f"two hosts held an address for {shared:.2f} s")
        return Outcome(fault, takes.total(), max(takes.values(), default=0), nobody, shared, stall,
                       tuple(problems))

    def _transitions(self, fault):
        """Of the engines that the fault does not strike, so far."""
        return {name: sum(router["transitions"] for router in suite.status()["routers"])
                for name, suite in self._ours.items()
                if name != fault.node or fault.process in ("checker", "notifier")}

    def _wait_settled(self):
        count = self._recorder.count

        def settled():
            return (count("node1") == self._load.all_addresses and count("node2") == 0
                    and all(self._connected(suite) for suite in self._ours.values()))
        wait_until(settled, SETTLE_SECONDS,
                   lambda: f"everything is as before; node1 holds {count('node1')}, node2 "
                           f"{count('node2')} of {self._load.all_addresses} addresses", 0.1)
        self._stalls.follow(pid for suite in self._nodes.values()
                            for name, pid in suite.pids().items() if name in ELECTING)

    @staticmethod
    def _connected(suite):
        try:
            status = suite.status()
        except RuntimeError:
            return False
        return (set(suite.processes) <= set(suite.pids())
                and all(status.get(f"{name}_connected") for name in
                        ("helper", "checker", "notifier")))

    def _footprint(self):
        """{(node, process): (KiB of its own memory, descriptors)}"""
        found = {}
        for name, suite in self._ours.items():
            pids = suite.pids()
            memory, files = memory_kib(pids), descriptors(pids)
            found |= {(name, process): (memory[process][1], files[process]) for process in pids}
        return found

    def finish(self, memory=True):
        """(problems of the end, lines that say what it cost)"""
        time.sleep(REST_SECONDS)
        problems, lines, after = [], [], self._footprint()
        for key, (kib, files) in self._before.items():
            kib_now, files_now = after.get(key, (0, 0))
            lines.append(f"{' '.join(key):<18} memory of its own {kib} -> {kib_now} KiB, "
                         f"descriptors {files} -> {files_now}")
            if memory and kib_now > kib * (1 + MEMORY_SHARE_MORE) + MEMORY_KIB_MORE:
                problems.append(f"{' '.join(key)} grew from {kib} to {kib_now} KiB")
            if files_now != files:
                problems.append(f"{' '.join(key)} has {files_now} descriptors, not {files}")
        return problems, lines
