"""Removes what outlives a lab's processes: its named namespaces and its directory.

Started once a lab as `janitor.py PREFIX DIRECTORY`, in a session of its own, so that neither a
Ctrl-C nor the death of the lab by any signal keeps it from its work; standard input closing is
its sign to begin.
"""
import os
import shutil
import signal
import subprocess
import sys
import time


def main():
    prefix, directory = sys.argv[1:]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.read(0, 4096):
        pass
    names = os.listdir("/run/netns") if os.path.isdir("/run/netns") else []
    for name in names:
        if name.startswith(prefix + "-"):
            subprocess.run(["ip", "netns", "del", name], check=False)
    # The hosts' last processes may still be writing their logs here.
    for _ in range(50):
        shutil.rmtree(directory, ignore_errors=True)
        if not os.path.exists(directory):
            break
        time.sleep(0.1)


main()
