"""What a client gets from the service address over HTTP, and for how long it got nothing."""
import socket
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from .namespaces import inside


@dataclass(frozen=True)
class Answer:
    started: float  # time.monotonic()
    ended: float
    text: str | None  # None: no answer (refused, unreachable, timed out, or not status 200)


class HttpClient:
    """Requests from a host. get() asks now; between watch() and unwatch() a thread keeps asking."""

    def __init__(self, host, url):
        self._host = host
        self._parts = urlsplit(url)
        self._watch = None
        self._stop = threading.Event()
        self.answers = []

    def curl(self, count=4):
        """What `curl` prints, `count` times over; "" for no answer."""
        url = self._parts.geturl()
        done = self._host.run(f"for i in {{1..{count}}}; do curl -fsS -m 3 {url} "
                              "2>/dev/null || echo; done", check=False)
        return done.stdout.splitlines()

    def get(self, timeout=1.0):
        """One request on a connection of its own: the Answer."""
        return inside(self._host.namespace, lambda: self._request(timeout))

    def _request(self, timeout):
        started = time.monotonic()
        address = (self._parts.hostname, self._parts.port or 80)
        text = None
        try:
            with socket.create_connection(address, timeout=timeout) as connection:
                connection.settimeout(timeout)
                connection.sendall(f"GET {self._parts.path or '/'} HTTP/1.0\r\n"
                                   f"Host: {address[0]}\r\n\r\n".encode())
                data = b""
                while chunk := connection.recv(65536):
                    data += chunk
            head, _, body = data.partition(b"\r\n\r\n")
            if b" 200 " in head.split(b"\r\n")[0]:
                text = body.decode(errors="replace").strip()
        except OSError:
            pass
        return Answer(started, time.monotonic(), text)

    def watch(self, interval=0.05, timeout=0.3):
        """Begin to ask every `interval` seconds; forgets what an earlier watch saw."""
        self.unwatch()
        self.answers = []
        self._stop.clear()

        def keep_asking():
            while not self._stop.wait(interval):
                self.answers.append(self._request(timeout))

        self._watch = threading.Thread(
            target=lambda: inside(self._host.namespace, keep_asking), daemon=True)
        self._watch.start()
        self._host.lab.on_close(self.unwatch)

    def unwatch(self):
        """Stop asking; the Answers."""
        if self._watch:
            self._stop.set()
            self._watch.join()
            self._watch = None
        return self.answers

    def outage(self):
        """The longest time without an answer, in seconds: between two answered requests with
        unanswered ones between them; 0 if all were answered."""
        longest, last_good, failed_since = 0.0, None, None
        for answer in self.answers:
            if answer.text is None:
                if failed_since is None:
                    failed_since = last_good if last_good is not None else answer.started
            else:
                if failed_since is not None:
                    longest = max(longest, answer.ended - failed_since)
                last_good, failed_since = answer.ended, None
        if failed_since is not None and self.answers:
            longest = max(longest, self.answers[-1].ended - failed_since)
        return longest
