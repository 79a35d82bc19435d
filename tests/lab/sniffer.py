"""Sees what each host sends on a lab's wires: VRRP, ARP and IPv6 neighbour advertisements."""
import ctypes
import ipaddress
import socket
import struct
import threading
import time
from collections import deque
from dataclasses import dataclass

from .namespaces import inside
from .packets import VRRP, internet_checksum, pseudo_header
from .waiting import wait_until

ETH_P_ALL, ETH_P_IP, ETH_P_ARP, ETH_P_IPV6 = 0x0003, 0x0800, 0x0806, 0x86DD
PACKET_OUTGOING = 4
SO_TIMESTAMPNS, SO_ATTACH_FILTER, SO_RCVBUFFORCE = 35, 26, 33
ICMPV6, NEIGHBOUR_ADVERTISEMENT = 58, 136

# (code, jump if true, jump if false, operand): ARP, IPv4 and IPv6 protocol 112, ICMPv6.
_FILTER = [
    (0x28, 0, 0, 12), (0x15, 7, 0, ETH_P_ARP),
    (0x15, 0, 2, ETH_P_IP), (0x30, 0, 0, 23), (0x15, 4, 5, VRRP),
    (0x15, 0, 4, ETH_P_IPV6), (0x30, 0, 0, 20), (0x15, 1, 0, VRRP), (0x15, 0, 1, ICMPV6),
    (0x06, 0, 0, 0x40000), (0x06, 0, 0, 0),
]


@dataclass(frozen=True)
class Vrrp:
    time: float  # time.monotonic() at which the kernel saw it
    port: str  # the port of the wire it came in by: the host that really sent it
    source_mac: str
    destination_mac: str
    source: str
    destination: str
    ttl: int
    version: int
    type: int
    vrid: int
    priority: int
    addresses: tuple
    interval: float  # seconds
    auth_type: int  # VRRPv2; 0 otherwise
    auth_data: bytes
    checksum: str  # "message", "pseudo" (with the pseudo header) or "wrong"
    message: bytes
    frame: bytes


@dataclass(frozen=True)
class Arp:
    time: float
    port: str
    source_mac: str
    destination_mac: str
    operation: int  # 1 request, 2 reply
    sender_mac: str
    sender: str
    target_mac: str
    target: str
    frame: bytes

    @property
    def gratuitous(self):
        return self.sender == self.target


@dataclass(frozen=True)
class NeighbourAdvert:
    time: float
    port: str
    source_mac: str
    destination: str
    target: str
    router: bool
    solicited: bool
    override: bool


def _mac(data):
    return data.hex(":")


def _vrrp(when, port, frame, source, destination, ttl, message):
    if len(message) < 8:
        return None
    version, kind = message[0] >> 4, message[0] & 15
    size = 16 if ":" in source else 4
    end = min(8 + message[3] * size, len(message))
    addresses = tuple(str(ipaddress.ip_address(message[at:at + size]))
                      for at in range(8, end - size + 1, size))
    if version == 2:
        interval, auth_type, auth_data = float(message[5]), message[4], message[end:]
    else:
        centiseconds = struct.unpack_from("!H", message, 4)[0] & 0xFFF
        interval, auth_type, auth_data = centiseconds / 100, 0, b""
    checksum = "wrong"
    if internet_checksum(message) == 0:
        checksum = "message"
    elif internet_checksum(pseudo_header(source, destination, len(message)) + message) == 0:
        checksum = "pseudo"
    return Vrrp(when, port, _mac(frame[6:12]), _mac(frame[:6]), source, destination, ttl, version,
                kind, message[1], message[2], addresses, interval, auth_type, auth_data, checksum,
                message, frame)


def parse(when, port, frame):
    """A Vrrp, Arp or NeighbourAdvert, or None."""
    kind = struct.unpack_from("!H", frame, 12)[0]
    packet = frame[14:]
    if kind == ETH_P_ARP and len(packet) >= 28:
        operation, = struct.unpack_from("!H", packet, 6)
        return Arp(when, port, _mac(frame[6:12]), _mac(frame[:6]), operation, _mac(packet[8:14]),
                   socket.inet_ntoa(packet[14:18]), _mac(packet[18:24]),
                   socket.inet_ntoa(packet[24:28]), frame)
    if kind == ETH_P_IP and len(packet) >= 20 and packet[9] == VRRP:
        start, total = (packet[0] & 15) * 4, struct.unpack_from("!H", packet, 2)[0]
        return _vrrp(when, port, frame, socket.inet_ntoa(packet[12:16]),
                     socket.inet_ntoa(packet[16:20]), packet[8], packet[start:total])
    if kind == ETH_P_IPV6 and len(packet) >= 40:
        source, destination = (str(ipaddress.ip_address(packet[at:at + 16])) for at in (8, 24))
        body = packet[40:40 + struct.unpack_from("!H", packet, 4)[0]]
        if packet[6] == VRRP:
            return _vrrp(when, port, frame, source, destination, packet[7], body)
        if packet[6] == ICMPV6 and len(body) >= 24 and body[0] == NEIGHBOUR_ADVERTISEMENT:
            return NeighbourAdvert(when, port, _mac(frame[6:12]), destination,
                                   str(ipaddress.ip_address(body[8:24])), bool(body[4] & 0x80),
                                   bool(body[4] & 0x40), bool(body[4] & 0x20))
    return None


def attach_filter(sniffing, program):
    code = b"".join(struct.pack("HBBI", *line) for line in program)
    buffer = ctypes.create_string_buffer(code)
    sniffing.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                        struct.pack("HP", len(program), ctypes.addressof(buffer)))


def receive_time(ancillary):
    """time.monotonic() of a message received with SO_TIMESTAMPNS."""
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = struct.unpack("qq", data[:16])
            age = time.time_ns() - (seconds * 1_000_000_000 + nanoseconds)
            return time.monotonic() - age / 1e9
    return time.monotonic()


class Sniffer:
    """Records from now until close() (the lab's close() does it too), the last `bound` packets.

    A host that is cut off is still seen: what its port receives counts, not what gets through.
    """

    def __init__(self, lab, bound=200_000):
        self._ports = {port for host in lab.hosts.values() for port, _ in host.ports.values()}
        self._packets = deque(maxlen=bound)
        self._socket = inside(lab.wire_namespace, self._open)
        self._closing = False
        self._thread = threading.Thread(target=self._record, daemon=True)
        self._thread.start()
        lab.on_close(self.close)

    @staticmethod
    def _open():
        sniffing = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        attach_filter(sniffing, _FILTER)
        sniffing.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        sniffing.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
        sniffing.settimeout(0.1)
        return sniffing

    def _record(self):
        while not self._closing:
            try:
                frame, ancillary, _, address = self._socket.recvmsg(65536, 128)
            except TimeoutError:
                continue
            # A frame shows again where it leaves the bridge, and at the bridge itself.
            if address[2] == PACKET_OUTGOING or address[0] not in self._ports:
                continue
            packet = parse(receive_time(ancillary), address[0], frame)
            if packet:
                self._packets.append(packet)

    def close(self):
        if not self._closing:
            self._closing = True
            self._thread.join()
            self._socket.close()

    def packets(self, kind=object, since=0.0, port=None):
        """Those of a class (Vrrp, Arp, NeighbourAdvert), later than `since`, from this port."""
        return [packet for packet in list(self._packets)
                if isinstance(packet, kind) and packet.time >= since
                and port in (None, packet.port)]

    def adverts(self, port=None, vrid=None, since=0.0):
        return [packet for packet in self.packets(Vrrp, since, port) if vrid in (None, packet.vrid)]

    def gratuitous_arps(self, ip=None, port=None, since=0.0):
        return [packet for packet in self.packets(Arp, since, port)
                if packet.gratuitous and ip in (None, packet.sender)]

    def neighbour_adverts(self, ip=None, port=None, since=0.0):
        """Unsolicited ones."""
        return [packet for packet in self.packets(NeighbourAdvert, since, port)
                if not packet.solicited and ip in (None, packet.target)]

    def wait_advert(self, timeout, port=None, since=0.0, **fields):
        """The first advert with these fields, as in wait_advert(5, port="node1", priority=95)."""
        def find():
            return next((packet for packet in self.adverts(port, since=since)
                         if all(getattr(packet, key) == value for key, value in fields.items())),
                        None)
        return wait_until(find, timeout, lambda: f"an advert with {fields} from {port or 'anyone'};"
                          f" last seen: {self.adverts(port, since=since)[-3:]}")
