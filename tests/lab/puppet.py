"""A process on a host that says on a Unix socket whatever it is told: a hostile peer.

As a program it reads one JSON request a line and answers with one; `Puppet` drives it. It runs as
a user of the caller's choice, because the kernel tells the other side who connected.
"""
import json
import socket
import subprocess
import sys
import time

PATIENCE = 10  # seconds for an answer that must come
FRAME_BYTES_MAX = 1 << 20


class Puppet:
    """Started on a host as a user; connects to one SOCK_SEQPACKET socket at a time."""

    def __init__(self, host, uid, path):
        from .programs import PYTHON, here
        self._process = host.enter([PYTHON, "-I", "-S", here("puppet.py"), path], uid=uid,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._to, self._from = self._process.stdin, self._process.stdout
        host.lab.on_close(self.close)

    def _ask(self, **request):
        self._to.write(json.dumps(request) + "\n")
        self._to.flush()
        return json.loads(self._from.readline())

    def connect(self):
        """A fresh connection; None, or why there is none."""
        return self._ask(do="connect")["error"]

    def send(self, *frames):
        """How many were taken before the other side closed."""
        return self._ask(do="send", frames=[frame.hex() for frame in frames])["sent"]

    def receive(self, timeout=PATIENCE):
        """The next frame; b"" if the other side closed; None if neither in time."""
        answer = self._ask(do="receive", timeout=timeout)["frame"]
        return None if answer is None else bytes.fromhex(answer)

    def is_closed(self):
        """Whether the other side closes; frames that came before that are passed over."""
        while frame := self.receive():
            pass
        return frame == b""

    def close(self):
        if self._process.poll() is None:
            self._process.stdin.close()
            self._process.wait(PATIENCE)
            self._process.stdout.close()


class _Speaker:
    """The program's side."""

    def __init__(self, path):
        self._path = path
        self._socket = None

    def connect(self):
        if self._socket:
            self._socket.close()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * FRAME_BYTES_MAX)
        self._socket.settimeout(PATIENCE)
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self._socket.connect(self._path)
                return {"error": None}
            except BlockingIOError as error:  # too many wait to be accepted
                if time.monotonic() > deadline:
                    return {"error": str(error)}
                time.sleep(0.01)
            except OSError as error:
                return {"error": str(error)}

    def send(self, frames):
        sent = 0
        for frame in frames:
            try:
                self._socket.send(bytes.fromhex(frame))
            except OSError:
                break
            sent += 1
        return {"sent": sent}

    def receive(self, timeout):
        self._socket.settimeout(timeout)
        try:
            return {"frame": self._socket.recv(FRAME_BYTES_MAX).hex()}
        except TimeoutError:
            return {"frame": None}
        except OSError:  # closed while something of ours lay unread
            return {"frame": ""}
        finally:
            self._socket.settimeout(PATIENCE)


def main():
    speaker = _Speaker(sys.argv[1])
    for line in sys.stdin:
        request = json.loads(line)
        answer = getattr(speaker, request.pop("do"))(**request)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
