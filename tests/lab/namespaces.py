"""Sockets in another network namespace, without leaving one's own."""
import ctypes
import os
import threading

CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def inside(namespace, function):
    """Run `function` in the named network namespace and return what it returns.

    It runs in a short-lived thread, whose namespace is its own; a socket opened there stays in
    that namespace for whoever uses it afterwards.
    """
    outcome = {}

    def work():
        try:
            descriptor = os.open(f"/run/netns/{namespace}", os.O_RDONLY | os.O_CLOEXEC)
            try:
                if _libc.setns(descriptor, CLONE_NEWNET) != 0:
                    code = ctypes.get_errno()
                    raise OSError(code, f"cannot enter {namespace}: {os.strerror(code)}")
            finally:
                os.close(descriptor)
            outcome["value"] = function()
        except BaseException as error:  # handed to the caller's thread
            outcome["error"] = error

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join()
    if "error" in outcome:
        raise outcome["error"]
    return outcome["value"]
