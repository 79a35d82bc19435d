"""What a process tries that was taken over: a program that runs in its place, in its sandbox.

Its argument is a JSON file that says what it may try on whom (tests/systemd/test_taken.py). It
prints one JSON object: each attempt, and "done", the error's name or what else came of it. The
numbers of system calls are those of x86-64.
"""
import ctypes
import errno
import json
import mmap
import os
import signal
import socket
import struct
import subprocess
import sys

_libc = ctypes.CDLL(None, use_errno=True)
PAGE = 4096
ATTEMPTS = {}
RUN = "/run/holdfast"
CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET, CLONE_NEWPID = 0x20000, 0x10000000, 0x40000000, 0x20000000
CLONE = 56
CAP_SYS_ADMIN = 21


def attempt(name):
    """Registers what follows under this name; it is done if it raises nothing."""
    def register(function):
        ATTEMPTS[name] = function
        return function
    return register


def call(number, *arguments):
    """A system call by its number, past the C library."""
    words = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    result = _libc.syscall(ctypes.c_long(number), *words)
    if result == -1:
        raise OSError(ctypes.get_errno(), "")
    return result


def add_calls(table):
    for name, words in table.items():
        ATTEMPTS[name] = lambda known, words=words: call(*(known.get(word, word) if
                                                           isinstance(word, str) else word
                                                           for word in words))


# Sockets

def _open_socket(family, kind, protocol=0):
    return lambda known: socket.socket(family, kind, protocol)


ATTEMPTS["open an IPv4 socket"] = _open_socket(socket.AF_INET, socket.SOCK_DGRAM)
ATTEMPTS["open an IPv6 socket"] = _open_socket(socket.AF_INET6, socket.SOCK_DGRAM)
ATTEMPTS["open a raw socket of VRRP"] = _open_socket(socket.AF_INET, socket.SOCK_RAW, 112)
ATTEMPTS["open a packet socket"] = _open_socket(socket.AF_PACKET, socket.SOCK_RAW)
ATTEMPTS["open a netlink socket"] = _open_socket(socket.AF_NETLINK, socket.SOCK_RAW)


@attempt("add an address over netlink")
def add_address(_):
    netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    payload = struct.pack("BBBBi", socket.AF_INET, 32, 0, 0, 1) + struct.pack(
        "HH4s", 8, 2, socket.inet_aton("192.0.2.9"))
    # RTM_NEWADDR; request, acknowledge, create, replace.
    netlink.send(struct.pack("IHHII", 16 + len(payload), 20, 0x505, 1, 0) + payload)
    answer = struct.unpack_from("i", netlink.recv(PAGE), 16)[0]
    if answer:
        raise OSError(-answer, "")


@attempt("send a datagram to VRRP's group")
def send_to_group(known):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                          socket.inet_aton(known["address of eth0"]))
        sender.sendto(b"x", ("224.0.0.18", 9))


def _connect(path, kind=socket.SOCK_SEQPACKET):
    def connect(_):
        with socket.socket(socket.AF_UNIX, kind) as speaker:
            speaker.connect(path)
    return connect


for _one in ("net", "health", "events", "control"):
    ATTEMPTS[f"connect to {_one}.sock"] = _connect(f"{RUN}/{_one}.sock")
ATTEMPTS["connect to systemd's own socket"] = _connect("/run/systemd/private", socket.SOCK_STREAM)


@attempt("tell systemd something in another process's name")
def notify_as_another(known):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as speaker:
        who = struct.pack("iII", known["process of root"], 0, 0)
        speaker.sendmsg([b"STOPPING=1"], [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, who)], 0,
                        "/run/systemd/notify")


@attempt("ask systemd over D-Bus to stop a unit")
def stop_unit(known):
    manager = "org.freedesktop.systemd1"
    done = subprocess.run(
        ["busctl", "--timeout=10", "call", manager, "/org/freedesktop/systemd1",
         f"{manager}.Manager", "StopUnit", "ss", known["unit"], "replace"], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    for said, code in (("access denied", errno.EACCES),
                       ("interactive authentication required", errno.EACCES),
                       (os.strerror(errno.EAFNOSUPPORT), errno.EAFNOSUPPORT)):
        if said.lower() in done.stdout.lower():
            raise OSError(code, "")
    if done.returncode != 0:
        raise RuntimeError(done.stdout)


# What others have

def _read(path):
    def read(known):
        with open(path.format_map(known), "rb") as opened:
            opened.read(1)
    return read


for _name, _path in {
        "read engine.pb": f"{RUN}/config/engine.pb", "read net.pb": f"{RUN}/config/net.pb",
        "read checker.pb": f"{RUN}/config/checker.pb",
        "read notifier.pb": f"{RUN}/config/notifier.pb",
        "read the configuration's text": "/etc/keepalived/keepalived.conf",
        "read the passwords' file": "/etc/holdfast/secrets.conf",
        "read the passwords' credential": "/run/credentials/holdfast-config.service/secrets.conf",
        "read the credential's copy": f"{RUN}/config/secrets.conf",
        "read /etc/shadow": "/etc/shadow",
        "read the mail spool": "/var/lib/holdfast/secret",
        "read another user's environment": "/proc/{process}/environ",
        "read another user's file by /proc/PID/root": "/proc/{process}/root/etc/passwd",
}.items():
    ATTEMPTS[_name] = _read(_path)


@attempt("open another user's memory")
def open_memory(known):
    with open(f"/proc/{known['process']}/mem", "r+b", buffering=0):
        pass


@attempt("list another user's descriptors")
def list_descriptors(known):
    os.listdir(f"/proc/{known['process']}/fd")


@attempt("take a descriptor of another user's process")
def take_descriptor(known):
    call(438, call(434, known["process"], 0), 0, 0)  # pidfd_open, pidfd_getfd


@attempt("read another user's memory (process_vm_readv)")
def read_memory(known):
    buffer = ctypes.create_string_buffer(8)
    local = (ctypes.c_long * 2)(ctypes.addressof(buffer), 8)
    remote = (ctypes.c_long * 2)(known["address"], 8)
    call(310, known["process"], local, 1, remote, 1, 0)


@attempt("trace another user's process")
def trace(known):
    call(101, 0x4206, known["process"], 0, 0)  # PTRACE_SEIZE


@attempt("end another user's process")
def end_process(known):
    os.kill(known["process to end"], signal.SIGTERM)


@attempt("end a process of root")
def end_root(known):
    os.kill(known["process of root to end"], signal.SIGTERM)


# The kernel

@attempt("mount a file system")
def mount(_):
    if _libc.mount(b"none", b"/mnt", b"tmpfs", 0, None) != 0:
        raise OSError(ctypes.get_errno(), "")


def _clone(flags):
    def clone(_):
        if call(CLONE, flags | signal.SIGCHLD, 0, 0, 0, 0) == 0:
            os._exit(0)  # the child
    return clone


ATTEMPTS["a child in a new user namespace"] = _clone(CLONE_NEWUSER)
ATTEMPTS["a child in a new network namespace"] = _clone(CLONE_NEWNET)
add_calls({
    "unshare the user namespace": (272, CLONE_NEWUSER),
    "unshare the mount namespace": (272, CLONE_NEWNS),
    "unshare the network namespace": (272, CLONE_NEWNET),
    "unshare the process namespace": (272, CLONE_NEWPID),
})


@attempt("enter another process's namespace")
def enter_namespace(known):
    call(308, os.open(f"/proc/{known['process of root']}/ns/net", os.O_RDONLY), CLONE_NEWNET)


@attempt("change the root directory")
def change_root(_):
    os.chroot("/")


@attempt("memory that is writable and executable")
def writable_and_executable(_):
    mmap.mmap(-1, PAGE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)


def _make_executable(descriptor, flags):
    _libc.mmap.restype = ctypes.c_void_p
    area = _libc.mmap(None, PAGE, mmap.PROT_READ | mmap.PROT_WRITE, flags, descriptor, 0)
    if area == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), "")
    ctypes.memmove(area, b"\xc3", 1)
    if _libc.mprotect(ctypes.c_void_p(area), PAGE, mmap.PROT_READ | mmap.PROT_EXEC) != 0:
        raise OSError(ctypes.get_errno(), "")


@attempt("make written memory executable")
def make_executable(_):
    _make_executable(-1, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


@attempt("run code out of an anonymous file")
def run_anonymous_file(_):
    descriptor = call(319, b"x", 0)  # memfd_create
    os.write(descriptor, b"\xc3" * PAGE)
    mmap.mmap(descriptor, PAGE, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC)


add_calls({
    "let all that is readable be executable (personality)": (135, 0x0400000),
    "load a module (init_module)": (175, b"", 0, b""),
    "load a module (finit_module)": (313, 0, b"", 0),
    "unload a module": (176, b"none", 0),
    "load another kernel": (246, 0, 0, None, 0),
    "load a BPF program": (321, 0, struct.pack("IIII", 2, 4, 8, 1) + bytes(100), 72),
    "set up io_uring": (425, 1, ctypes.create_string_buffer(120)),
    "handle page faults (userfaultfd)": (323, 0),
    "count events of the processor": (298, struct.pack("IIQ", 1, 112, 0) + bytes(96), 0, -1, -1, 0),
    "make a key": (248, b"user", b"holdfast", b"x", 1, -2),
    "use a keyring": (250, 0, -2, 1),
    "read the kernel's log": (103, 3, ctypes.create_string_buffer(PAGE), PAGE),
    "open a file by its handle": (304, -100, struct.pack("II", 0, 1) + bytes(128), 0),
})


@attempt("set the clock")
def set_clock(_):
    call(227, 0, struct.pack("qq", 1, 0))


@attempt("set the host's name")
def set_host_name(_):
    name = os.uname().nodename.encode()
    call(170, name, len(name))


@attempt("run in real time")
def run_in_real_time(_):
    call(144, 0, 1, struct.pack("i", 1))


@attempt("take more of the processor (nice)")
def take_more(_):
    call(141, 0, 0, -5)


@attempt("set a kernel variable")
def set_kernel_variable(_):
    path = "/proc/sys/net/ipv4/ip_forward"
    with open(path, "r+", encoding="ascii") as variable:
        variable.write("0")


# Users and files

@attempt("become another user")
def become_another(known):
    os.setresuid(known["uid"], known["uid"], known["uid"])


@attempt("leave its groups")
def leave_groups(_):
    os.setgroups([])


@attempt("become root by a set-user-id program")
def use_set_user_id(_):
    """A cat(1) that is set-user-id root."""
    done = subprocess.run(["/usr/local/bin/set-user-id", "/proc/self/status"], text=True,
                          check=False, stdout=subprocess.PIPE)
    effective = done.stdout.partition("CapEff:")[2].split()[0]
    if not int(effective, 16) & 1 << CAP_SYS_ADMIN:
        raise OSError(errno.EPERM, "")


@attempt("make a file set-user-id")
def make_set_user_id(known):
    os.chmod(known["scratch"], 0o4755)


@attempt("make a device")
def make_device(_):
    os.mknod("/tmp/device", 0o20600, os.makedev(1, 1))


@attempt("leave its control group")
def leave_control_group(_):
    with open("/sys/fs/cgroup/cgroup.procs", "w", encoding="ascii") as group:
        group.write(str(os.getpid()))


def _writable(root, skip=()):
    """The directories and files below it that may be written, without what lies in such a one."""
    for directory, directories, files in os.walk(root):
        if os.access(directory, os.W_OK):
            yield directory
            directories.clear()
            continue
        directories[:] = [one for one in directories if os.path.join(directory, one) not in skip]
        for path in (os.path.join(directory, one) for one in files):
            if os.path.isfile(path) and not os.path.islink(path) and os.access(path, os.W_OK):
                yield path


@attempt("write a file")
def write_file(_):
    """Anywhere; says where it can."""
    found = [*_writable("/", ("/proc", "/share")), *_writable("/proc/sys")]
    if not found:
        raise OSError(errno.EROFS, "")
    return " ".join(sorted(found)[:12])


def outcome(function, known):
    """Tried in a child, which may die of it."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = function(known)
            said = said if isinstance(said, str) else "done"
        except OSError as error:
            said = errno.errorcode.get(error.errno, str(error))
        except BaseException as error:  # pylint: disable=broad-except
            said = repr(error)
        os.write(writer, said.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        said = told.read()
    status = os.waitpid(child, 0)[1]
    return signal.Signals(status & 127).name if status & 127 else said


def main():
    with open(sys.argv[1], encoding="utf-8") as opened:
        known = json.load(opened)
    result = {name: outcome(function, known) for name, function in ATTEMPTS.items()}
    print(json.dumps(result), flush=True)
    signal.pause()  # else its sockets would start it again


if __name__ == "__main__":
    main()
