"""VRRP packets made by hand, right or wrong in any field, and sent from a host."""
import ipaddress
import socket
import struct

from .namespaces import inside

VRRP = 112
ETH_P_IP, ETH_P_IPV6 = 0x0800, 0x86DD


def internet_checksum(data):
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def pseudo_header(source, destination, length):
    """Of RFC 5798 (IPv4) and RFC 8200 (IPv6)."""
    source, destination = ipaddress.ip_address(source), ipaddress.ip_address(destination)
    tail = struct.pack("!BBH", 0, VRRP, length) if source.version == 4 else struct.pack(
        "!IHBB", length, 0, 0, VRRP)
    return source.packed + destination.packed + tail


def _ip_packet(source, destination, ttl, protocol, payload):
    source, destination = ipaddress.ip_address(source), ipaddress.ip_address(destination)
    if source.version == 6:
        return struct.pack("!IHBB", 6 << 28, len(payload), protocol, ttl) \
            + source.packed + destination.packed + payload
    header = struct.pack("!BBHHHBBH", 0x45, 0xC0, 20 + len(payload), 0, 0, ttl, protocol, 0) \
        + source.packed + destination.packed
    return header[:10] + struct.pack("!H", internet_checksum(header)) + header[12:] + payload


def advert_v2(source, vrid, priority, addresses, *, interval=1, auth_type=0, auth_data=b"",
              destination="224.0.0.18", ttl=255, version=2, type=1, count=None, checksum=None,
              protocol=VRRP, length=None):
    """An IPv4 packet with a VRRPv2 advert; PASS is auth_type 1 and the password as auth_data.

    Each keyword overrides one field (`length` cuts the VRRP message, or pads it with zeros).
    """
    packed = b"".join(ipaddress.IPv4Address(one).packed for one in addresses)
    count = len(addresses) if count is None else count
    head = struct.pack("!BBBBBB", version << 4 | type, vrid, priority, count, auth_type, interval)
    body = packed + auth_data[:8].ljust(8, b"\0")
    right = internet_checksum(head + b"\0\0" + body)
    message = head + struct.pack("!H", right if checksum is None else checksum) + body
    if length is not None:
        message = message[:length].ljust(length, b"\0")
    return _ip_packet(source, destination, ttl, protocol, message)


def advert_v3(source, vrid, priority, addresses, *, interval_cs=100, destination=None, ttl=255,
              version=3, type=1, count=None, reserved=0, checksum="pseudo", length=None):
    """An IPv4 or IPv6 packet (after the source) with a VRRPv3 advert.

    checksum: "pseudo" (RFC 5798, and always for IPv6), "message" (RFC 9568 for IPv4) or a number.
    """
    if destination is None:
        destination = "ff02::12" if ":" in source else "224.0.0.18"
    packed = b"".join(ipaddress.ip_address(one).packed for one in addresses)
    count = len(addresses) if count is None else count
    head = struct.pack("!BBBBH", version << 4 | type, vrid, priority, count,
                       reserved << 12 | interval_cs)
    covered = head + b"\0\0" + packed
    if checksum == "pseudo":
        checksum = internet_checksum(pseudo_header(source, destination, len(covered)) + covered)
    elif checksum == "message":
        checksum = internet_checksum(covered)
    message = head + struct.pack("!H", checksum) + packed
    if length is not None:
        message = message[:length].ljust(length, b"\0")
    return _ip_packet(source, destination, ttl, VRRP, message)


def _multicast_mac(destination):
    address = ipaddress.ip_address(destination)
    if not address.is_multicast:
        raise ValueError(f"{address} is not multicast: say destination_mac")
    if address.version == 6:
        return b"\x33\x33" + address.packed[-4:]
    return b"\x01\x00\x5e" + bytes([address.packed[1] & 0x7F]) + address.packed[2:]


def _mac(text):
    return bytes.fromhex(text.replace(":", ""))


def send_frame(host, packet, interface=None, source_mac=None, destination_mac=None):
    """Send an IP packet from a host as a frame of its interface (by default its first)."""
    interface = interface or next(iter(host.ports))
    is_v6 = packet[0] >> 4 == 6
    target = packet[24:40] if is_v6 else packet[16:20]
    destination = _mac(destination_mac) if destination_mac else _multicast_mac(target)
    kind = ETH_P_IPV6 if is_v6 else ETH_P_IP

    def send():
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sender:
            sender.bind((interface, 0))
            source = _mac(source_mac) if source_mac else sender.getsockname()[4]
            sender.send(destination + source + struct.pack("!H", kind) + packet)

    inside(host.namespace, send)
