"""Observers of many things at once: they keep what comes unread, and read it when asked.

They look every few milliseconds, not at each event, because a machine of two processors is
measured that they would take a share of.
"""
import math
import socket
import struct
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass

from .namespaces import inside
from .netlink import RTM_DELADDR, RTM_NEWADDR, RTMGRP_IPV4_IFADDR
from .packets import VRRP
from .sniffer import ETH_P_ALL, ETH_P_ARP, ETH_P_IP, SO_RCVBUFFORCE, SO_TIMESTAMPNS, attach_filter

LOOK_SECONDS = 0.002
BUFFER_BYTES = 256 << 20
SNAP_BYTES = 64
PACKET_OUTGOING = 4
# ARP, and IPv4 protocol 112: (code, jump if true, jump if false, operand)
_FILTER = [(0x28, 0, 0, 12), (0x15, 3, 0, ETH_P_ARP), (0x15, 0, 3, ETH_P_IP), (0x30, 0, 0, 23),
           (0x15, 0, 1, VRRP), (0x06, 0, 0, SNAP_BYTES), (0x06, 0, 0, 0)]


@dataclass(frozen=True)
class AddressChange:
    time: float  # time.monotonic()
    host: str
    ip: str
    holds: bool


class _Recorder:
    """Reads its sockets from now until close() (the lab's close() does it too)."""

    def __init__(self, lab, sockets):
        self._raw = deque()  # filled by the thread, emptied by who asks: nothing falls in between
        self._sockets = sockets  # (socket, what stands beside each of its records)
        self._closing = False
        self._thread = threading.Thread(target=self._record, daemon=True)
        self._thread.start()
        lab.on_close(self.close)

    def _record(self):
        while not self._closing:
            for one, tag in self._sockets:
                self._drain(one, tag)
            time.sleep(LOOK_SECONDS)

    def _drain(self, one, tag):
        raise NotImplementedError

    def _taken(self):
        while self._raw:
            yield self._raw.popleft()

    def close(self):
        if not self._closing:
            self._closing = True
            self._thread.join()
            for one, _ in self._sockets:
                one.close()


class AddressRecorder(_Recorder):
    """When each of the hosts got or lost which IPv4 address, by the kernel's notifications."""

    def __init__(self, hosts):
        self._lock = threading.Lock()
        self._holding = {host.name: set() for host in hosts}
        self._changes = []
        super().__init__(hosts[0].lab, [(inside(host.namespace, self._open), host.name)
                                        for host in hosts])

    @staticmethod
    def _open():
        netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
        netlink.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
        netlink.setblocking(False)
        netlink.bind((0, RTMGRP_IPV4_IFADDR))
        return netlink

    def _drain(self, one, tag):
        now = time.monotonic()
        try:
            while True:
                self._raw.append((now, tag, one.recv(512)))
        except BlockingIOError:
            return
        except OSError:
            self._raw.append((now, tag, b""))  # lost some: whoever asks is told

    def _read(self):
        """What was kept, into changes. A notification has one message (struct nlmsghdr)."""
        with self._lock:
            for when, host, data in self._taken():
                if not data:
                    raise RuntimeError("notifications of addresses were lost")
                kind, = struct.unpack_from("H", data, 4)
                if kind not in (RTM_NEWADDR, RTM_DELADDR):
                    continue
                address, holding = data[28:32], self._holding[host]  # IFA_ADDRESS comes first
                if (kind == RTM_NEWADDR) != (address in holding):
                    (holding.add if kind == RTM_NEWADDR else holding.discard)(address)
                    self._changes.append((when, host, address, kind == RTM_NEWADDR))

    def count(self, host):
        """How many addresses the host holds that it got since the recorder is there."""
        self._read()
        return len(self._holding[host])

    def holders(self):
        """{ip: how many hosts hold it} now."""
        self._read()
        return Counter(socket.inet_ntoa(address) for holding in self._holding.values()
                       for address in holding)

    def changes(self, since=0.0):
        self._read()
        return [AddressChange(when, host, socket.inet_ntoa(address), holds)
                for when, host, address, holds in self._changes if when >= since]


def sharing(changes, before=None, until=math.inf):
    """From changes: ({ip: longest time with nobody}, {ip: longest with two}), of those that moved.

    It counts from an address's first change on; `before` says how many held it then, if not one.
    What lasts at the end lasts until `until`.
    """
    nobody, shared, holders, since = {}, {}, dict(before or {}), {}

    def note(ip, now):
        for table, applies in ((nobody, holders[ip] == 0), (shared, holders[ip] > 1)):
            if applies and ip in since:
                table[ip] = max(table.get(ip, 0.0), now - since[ip])

    for change in changes:
        holders.setdefault(change.ip, 1)
        note(change.ip, change.time)
        holders[change.ip] += 1 if change.holds else -1
        since[change.ip] = change.time
    for ip in since:
        note(ip, until)
    return nobody, shared


class AdvertRecorder(_Recorder):
    """Which host's adverts and ARP come in on which interface, by the kernel's time stamps."""

    def __init__(self, host):
        self._adverts = []  # (time, interface, VRID, priority)
        self._arps = []  # (time, interface, sender)
        self._offset = time.time() - time.monotonic()
        super().__init__(host.lab, [(inside(host.namespace, self._open), None)])

    @staticmethod
    def _open():
        sniffing = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        attach_filter(sniffing, _FILTER)
        sniffing.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        sniffing.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
        sniffing.setblocking(False)
        return sniffing

    def _drain(self, one, tag):
        try:
            while True:
                self._raw.append(one.recvmsg(SNAP_BYTES, 64))
        except BlockingIOError:
            pass

    def _read(self):
        for frame, ancillary, _, address in self._taken():
            if address[2] == PACKET_OUTGOING:
                continue
            seconds, nanoseconds = struct.unpack("qq", ancillary[0][2][:16])
            when = seconds + nanoseconds / 1e9 - self._offset
            if frame[12:14] == b"\x08\x06":
                self._arps.append((when, address[0], socket.inet_ntoa(frame[28:32])))
            else:
                start = 14 + (frame[14] & 15) * 4
                self._adverts.append((when, address[0], frame[start + 1], frame[start + 2]))

    def adverts(self, since=0.0):
        """(time, interface, VRID, priority) of each."""
        self._read()
        return [one for one in self._adverts if one[0] >= since]

    def arps(self, since=0.0):
        """(time, interface, sender's address) of each."""
        self._read()
        return [one for one in self._arps if one[0] >= since]

    def gaps(self, since, until):
        """{(interface, VRID): longest time without an advert} of those heard at all."""
        last, longest = {}, {}
        for when, interface, vrid, _ in self.adverts():
            key = interface, vrid
            if when <= until:
                gap = when - max(last.get(key, since), since)
                longest[key] = max(longest.get(key, 0.0), gap)
                last[key] = when
        return {key: max(gap, until - max(last[key], since)) for key, gap in longest.items()}
