"""As much rtnetlink as an observer needs: the addresses of a namespace, and their changes."""
import errno
import fcntl
import ipaddress
import socket
import struct
from dataclasses import dataclass

from .namespaces import inside

NLMSG_ERROR, NLMSG_DONE, RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR = 2, 3, 20, 21, 22
NLM_F_REQUEST, NLM_F_DUMP = 1, 0x300
RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR = 0x10, 0x100
IFA_ADDRESS, IFA_LOCAL, IFA_CACHEINFO, IFA_FLAGS = 1, 2, 6, 8
IFA_F_SECONDARY, IFA_F_PERMANENT = 0x01, 0x80
SIOCGIFNAME = 0x8910


@dataclass(frozen=True)
class Address:
    cidr: str  # "172.18.67.33/16"
    interface: str
    secondary: bool
    valid_seconds: int | None  # None: for ever

    @property
    def ip(self):
        return self.cidr.split("/")[0]


def _attributes(data):
    while len(data) >= 4:
        length, kind = struct.unpack_from("HH", data)
        if length < 4:
            return
        yield kind, data[4:length]
        data = data[(length + 3) & ~3:]


class AddressSocket:
    """A netlink socket in one namespace: dump the addresses, or follow their changes."""

    def __init__(self, namespace, follow=False):
        groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR if follow else 0

        def open_socket():
            netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
            netlink.bind((0, groups))
            return netlink, socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

        self._netlink, self._query = inside(namespace, open_socket)

    def fileno(self):
        return self._netlink.fileno()

    def close(self):
        self._netlink.close()
        self._query.close()

    def request_dump(self):
        body = struct.pack("BBBBi", socket.AF_UNSPEC, 0, 0, 0, 0)
        flags = NLM_F_REQUEST | NLM_F_DUMP
        header = struct.pack("IHHII", 16 + len(body), RTM_GETADDR, flags, 1, 0)
        self._netlink.send(header + body)

    def read(self):
        """Block for one datagram; a list of ("new" | "gone" | "done" | "lost", Address or None)."""
        try:
            data = self._netlink.recv(1 << 18)
        except OSError as error:
            if error.errno == errno.ENOBUFS:
                return [("lost", None)]
            raise
        found = []
        while len(data) >= 16:
            length, kind = struct.unpack_from("IH", data)
            if length < 16:
                break
            if kind == NLMSG_ERROR:
                raise OSError("the kernel refused to list addresses")
            if kind == NLMSG_DONE:
                found.append(("done", None))
            elif kind in (RTM_NEWADDR, RTM_DELADDR):
                address = self._parse(data[16:length])
                if address:
                    found.append(("new" if kind == RTM_NEWADDR else "gone", address))
            data = data[(length + 3) & ~3:]
        return found

    def dump(self):
        """The addresses now. Only on a socket that does not follow."""
        self.request_dump()
        addresses = []
        while True:
            for event, address in self.read():
                if event == "done":
                    return addresses
                addresses.append(address)

    def _parse(self, body):
        family, prefix, flags, _, index = struct.unpack_from("BBBBI", body)
        attributes = dict(_attributes(body[8:]))
        raw = attributes.get(IFA_LOCAL) or attributes.get(IFA_ADDRESS)
        if raw is None or family not in (socket.AF_INET, socket.AF_INET6):
            return None
        if IFA_FLAGS in attributes:
            flags = struct.unpack("I", attributes[IFA_FLAGS])[0]
        valid = None
        if not flags & IFA_F_PERMANENT and IFA_CACHEINFO in attributes:
            valid = struct.unpack_from("II", attributes[IFA_CACHEINFO])[1]
        return Address(f"{ipaddress.ip_address(raw)}/{prefix}", self._name(index),
                       bool(flags & IFA_F_SECONDARY), valid)

    def _name(self, index):
        try:
            answer = fcntl.ioctl(self._query, SIOCGIFNAME, struct.pack("16si16x", b"", index))
        except OSError:
            return f"#{index}"  # the interface went together with its address
        return answer[:16].split(b"\0")[0].decode()
