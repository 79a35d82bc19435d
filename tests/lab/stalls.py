"""When this machine did not run what was due: what others did not do then proves nothing."""
import os
import threading
import time
from pathlib import Path

LOOK_SECONDS = 0.002
LOOK_AT_OTHERS_SECONDS = 0.01
KEPT_SECONDS = 0.005  # shorter ones are not kept


class Stalls:
    """Watches every processor, from now until close(), and how long followed processes wait.

    Who sleeps much, as a watcher does, is run before who works much: hence the second.
    """

    def __init__(self):
        self._kept = []  # (end, seconds)
        self._closing = False
        self._pids = ()
        self._threads = [threading.Thread(target=self._watch, args=(cpu,), daemon=True)
                         for cpu in sorted(os.sched_getaffinity(0))]
        self._threads.append(threading.Thread(target=self._look_at_others, daemon=True))
        for thread in self._threads:
            thread.start()

    def _watch(self, cpu):
        os.sched_setaffinity(0, {cpu})  # of this thread alone
        before = time.monotonic()
        while not self._closing:
            time.sleep(LOOK_SECONDS)
            now = time.monotonic()
            if now - before > LOOK_SECONDS + KEPT_SECONDS:
                self._kept.append((now, now - before - LOOK_SECONDS))
            before = now

    def follow(self, pids):
        """Those whose waiting for a processor counts from now on, instead of others."""
        self._pids = tuple(pids)

    def _look_at_others(self):
        waited = {}
        while not self._closing:
            time.sleep(LOOK_AT_OTHERS_SECONDS)
            now, before = time.monotonic(), waited
            waited = {pid: seconds for pid in self._pids
                      if (seconds := waited_seconds(pid)) is not None}
            for pid, seconds in waited.items():
                if seconds - before.get(pid, seconds) > KEPT_SECONDS:
                    self._kept.append((now, seconds - before[pid]))

    def longest(self, start, end):
        """Seconds of the longest one between the two times."""
        return max((length for when, length in list(self._kept)
                    if when >= start and when - length <= end), default=0.0)

    def close(self):
        self._closing = True
        for thread in self._threads:
            thread.join()


def waited_seconds(pid):
    """How long the process was ready and had no processor, so far; None if it is gone."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, IndexError):
        return None
