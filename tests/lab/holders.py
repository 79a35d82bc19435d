"""Who holds an address, when: followed by the kernel's own notifications on each host."""
import selectors
import threading
import time
from dataclasses import dataclass

from .netlink import AddressSocket


@dataclass(frozen=True)
class Change:
    time: float  # time.monotonic()
    host: str
    holds: bool


@dataclass(frozen=True)
class Interval:
    start: float
    end: float  # of one that lasts: the time of asking
    hosts: tuple  # who held the address

    @property
    def seconds(self):
        return self.end - self.start


class Holders:
    """Follows from now until close() (the lab's close() does it too)."""

    def __init__(self, hosts, ip, bound=100_000):
        self._ip = ip
        self._bound = bound
        self._lock = threading.Lock()
        self.changes = []
        self.started = time.monotonic()
        self._holding = {host.name: False for host in hosts}
        self._dumping = {}  # host -> whether the dump under way has shown the address
        self._closing = False
        self._selector = selectors.DefaultSelector()
        for host in hosts:
            follower = AddressSocket(host.namespace, follow=True)
            self._selector.register(follower, selectors.EVENT_READ, host.name)
            self._begin_dump(follower, host.name)
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()
        hosts[0].lab.on_close(self.close)

    def _begin_dump(self, follower, name):
        self._dumping[name] = False
        follower.request_dump()

    def _follow(self):
        while not self._closing:
            for key, _ in self._selector.select(0.1):
                for event, address in key.fileobj.read():
                    self._take(key.fileobj, key.data, event, address)

    def _take(self, follower, name, event, address):
        if event == "lost":  # notifications did not fit into the socket's buffer
            self._begin_dump(follower, name)
        elif event == "done":
            if not self._dumping.pop(name, True):
                self._set(name, False)
        elif address.ip == self._ip:
            if event == "new" and name in self._dumping:
                self._dumping[name] = True
            self._set(name, event == "new")

    def _set(self, name, holds):
        with self._lock:
            if self._holding[name] != holds and len(self.changes) < self._bound:
                self._holding[name] = holds
                self.changes.append(Change(time.monotonic(), name, holds))

    def close(self):
        if not self._closing:
            self._closing = True
            self._thread.join()
            for key in list(self._selector.get_map().values()):
                key.fileobj.close()
            self._selector.close()

    def now(self):
        """The names of those who hold it now."""
        with self._lock:
            return [name for name, holds in self._holding.items() if holds]

    def intervals(self, since=0.0):
        """The time from `since` (default: the start) until now, cut where the holders changed."""
        with self._lock:
            changes = list(self.changes)
        begin, end = max(since, self.started), time.monotonic()
        holding, start, found = set(), begin, []
        for change in changes:
            at = max(change.time, begin)
            if at > start:
                found.append(Interval(start, at, tuple(sorted(holding))))
                start = at
            (holding.add if change.holds else holding.discard)(change.host)
        found.append(Interval(start, end, tuple(sorted(holding))))
        return found

    def shared(self, since=0.0):
        """The intervals in which two or more held it."""
        return [one for one in self.intervals(since) if len(one.hosts) > 1]

    def shared_seconds(self, since=0.0):
        return sum(one.seconds for one in self.shared(since))

    def moves(self, since=0.0):
        """Each host that took the address, in order: ["node1", "node2"]."""
        return [change.host for change in self.changes if change.holds and change.time >= since]
