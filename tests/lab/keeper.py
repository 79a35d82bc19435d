"""The init (PID 1) of a lab host: sets up its private file system view, then waits.

Started in fresh mount, PID and UTS namespaces as `keeper.py NAME DIRECTORY`. DIRECTORY/etc holds
files to lay over /etc, DIRECTORY/keepalived becomes /etc/keepalived. It ends when its standard
input closes, and with it, because it is PID 1, every process of the host: nothing survives the
process that made the lab.
"""
import ctypes
import os
import shutil
import signal
import socket
import sys

MS_BIND = 4096


def mount(source, target, kind=None, flags=0, data=None):
    libc = ctypes.CDLL(None, use_errno=True)
    arguments = [text.encode() if text else None for text in (source, target, kind)]
    if libc.mount(*arguments, flags, data.encode() if data else None) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"cannot mount {kind or source} on {target}: {os.strerror(code)}")


def private_etc(directory):
    layers = os.path.join(directory, "layers")
    os.mkdir(layers)
    # An overlay's upper layer must not itself be on an overlay (as / is in a container).
    mount("tmpfs", layers, "tmpfs", data="mode=755")
    upper, work = os.path.join(layers, "upper"), os.path.join(layers, "work")
    os.mkdir(work)
    shutil.copytree(os.path.join(directory, "etc"), upper)
    os.makedirs(os.path.join(upper, "keepalived"))
    mount("overlay", "/etc", "overlay", data=f"lowerdir=/etc,upperdir={upper},workdir={work}")
    mount(os.path.join(directory, "keepalived"), "/etc/keepalived", flags=MS_BIND)


def main():
    name, directory = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    socket.sethostname(name)
    private_etc(directory)
    mount("tmpfs", "/run", "tmpfs", data="mode=755")
    os.makedirs("/run/lock")
    # Orphans become children of PID 1: the kernel reaps them itself when SIGCHLD is ignored.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    os.write(1, b"ready\n")
    while os.read(0, 4096):
        pass


main()
