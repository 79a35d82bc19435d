"""ICMP echo at an address every 2 ms: for how long does a client get no answer?"""
import select
import socket
import struct
import threading
import time
from dataclasses import dataclass

from .namespaces import inside
from .packets import internet_checksum
from .sniffer import SO_TIMESTAMPNS, receive_time
from .waiting import wait_until

STALL_SECONDS = 0.020  # longer between two rounds of the loop: the prober itself was not run
SOL_RAW, ICMP_FILTER, ECHO_REPLY, ECHO_REQUEST = 255, 1, 0, 8
_identifiers = iter(range(1, 65536))


@dataclass(frozen=True)
class ProbeReport:
    outage: float  # seconds, the longest time between two answers (or since the last)
    outage_start: float  # time.monotonic()
    stalls: tuple  # (start, seconds) of each time the prober itself was not run
    sent: int
    answered: int

    @property
    def stalled(self):
        """Whether the figure may be the prober's own fault."""
        return bool(self.stalls)


class IcmpProber:
    """Probes from now until close() (the lab's close() does it too)."""

    def __init__(self, host, address, interval=0.002):
        self._target = (address, 0)
        self._interval = interval
        self._identifier = next(_identifiers)
        self._socket = inside(host.namespace, self._open)
        self._lock = threading.Lock()
        self._closing = False
        self._sent = 0
        self._forget(time.monotonic())
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        host.lab.on_close(self.close)

    @staticmethod
    def _open():
        probe = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        probe.setblocking(False)
        probe.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        probe.setsockopt(SOL_RAW, ICMP_FILTER,
                         struct.pack("I", 0xFFFFFFFF & ~(1 << ECHO_REPLY)))
        return probe

    def _forget(self, now):
        self._since = now
        self._last_answer = now
        self._longest = (0.0, now)
        self._stalls = []
        self._first_sent = self._sent
        self._answered = 0

    def _run(self):
        due = previous = time.monotonic()
        while not self._closing:
            now = time.monotonic()
            if now - previous > STALL_SECONDS:
                with self._lock:
                    self._stalls.append((previous, now - previous))
            previous = now
            if now >= due:
                self._send()
                due = max(due + self._interval, now)
            if select.select([self._socket], [], [], max(0.0, due - now))[0]:
                self._receive()

    def _send(self):
        body = struct.pack("!BBHHH", ECHO_REQUEST, 0, 0, self._identifier, self._sent & 0xFFFF)
        checksum = struct.pack("!H", internet_checksum(body))
        try:
            self._socket.sendto(body[:2] + checksum + body[4:], self._target)
        except OSError:
            pass  # no neighbour answers for the address: that is what is measured
        self._sent += 1

    def _receive(self):
        while True:
            try:
                data, ancillary, _, address = self._socket.recvmsg(256, 128)
            except BlockingIOError:
                return
            except OSError:
                continue  # an earlier request's ICMP error
            echo = data[(data[0] & 15) * 4:]
            if address[0] != self._target[0] or len(echo) < 8:
                continue
            if struct.unpack_from("!H", echo, 4)[0] == self._identifier:
                self._answer(receive_time(ancillary))

    def _answer(self, when):
        with self._lock:
            if when < self._since:
                return
            self._answered += 1
            gap = when - self._last_answer
            if gap > self._longest[0]:
                self._longest = (gap, self._last_answer)
            self._last_answer = max(when, self._last_answer)

    def reset(self):
        """Forget what was seen: measure from now."""
        with self._lock:
            self._forget(time.monotonic())

    def silent_for(self):
        """Seconds since the last answer."""
        with self._lock:
            return time.monotonic() - self._last_answer

    def wait_answering(self, timeout):
        """Wait until answers come (again)."""
        wait_until(lambda: self._answered and self.silent_for() < 0.05, timeout,
                   f"{self._target[0]} answers ICMP echo")

    def report(self):
        """What was seen since the start or reset(), an outage that lasts included."""
        with self._lock:
            lasting = (time.monotonic() - self._last_answer, self._last_answer)
            outage, start = max(self._longest, lasting)
            return ProbeReport(outage, start, tuple(self._stalls), self._sent - self._first_sent,
                               self._answered)

    def close(self):
        if not self._closing:
            self._closing = True
            self._thread.join()
            self._socket.close()
