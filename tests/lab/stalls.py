"""When this machine did not run what was due: what others did not do then proves nothing."""
import os
import threading
import time

LOOK_SECONDS = 0.002
KEPT_SECONDS = 0.005  # shorter ones are not kept


class Stalls:
    """Watches every processor, from now until close()."""

    def __init__(self):
        self._kept = []  # (end, seconds)
        self._closing = False
        self._threads = [threading.Thread(target=self._watch, args=(cpu,), daemon=True)
                         for cpu in sorted(os.sched_getaffinity(0))]
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

    def longest(self, start, end):
        """Seconds of the longest one between the two times."""
        return max((length for when, length in list(self._kept)
                    if when >= start and when - length <= end), default=0.0)

    def close(self):
        self._closing = True
        for thread in self._threads:
            thread.join()
