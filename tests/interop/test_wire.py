"""What holdfast sends is what keepalived sends, byte for byte, for the same configuration."""
import re
import struct

import pytest
from lab import VIP, SeedCluster, Sniffer, make_suite, wait_until
from lab.packets import internet_checksum

ETHERNET, IP_ID, IP_CHECKSUM = 14, 4, 10


@pytest.fixture
def frames():
    """frames(suite, text): the (advertisement, resignation, gratuitous ARP) frames it sends.

    All from the same host with the same file, so that even the source is the same.
    """
    with SeedCluster("keepalived", services=False) as cluster:
        def capture(name, text):
            suite = make_suite(name, cluster.node1)
            sniffer = Sniffer(cluster.lab)
            suite.start(text)
            cluster.node1.wait_address(VIP, 15)
            wait_until(lambda: len(sniffer.adverts()) >= 3
                       and len(sniffer.gratuitous_arps(VIP)) >= 10, 15,
                       lambda: f"{name} says what it has to say: {sniffer.packets()}")
            suite.stop()
            adverts = sniffer.adverts()
            resigned = sniffer.wait_advert(5, priority=0)
            announced = sniffer.gratuitous_arps()
            sniffer.close()
            cluster.node1.wait_address(VIP, 15, present=False)
            return adverts, resigned, announced

        yield capture


CONFIGURATION = """global_defs {
    vrrp_mcast_group4 224.0.67.67
}
vrrp_instance myr {
    state MASTER
    interface eno16777736
    virtual_router_id 167
    priority 100
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass 571f97b2
    }
    virtual_ipaddress {
        172.18.67.33/16 dev eno16777736
        10.9.8.7/24 dev eno16777736
    }
}
"""


WITH_PASSWORD = CONFIGURATION.replace("global_defs {", "global_defs {\n    vrrp_version 3")
VERSION_3 = re.sub(r" *authentication \{.*?\}\n", "", WITH_PASSWORD, flags=re.DOTALL)
TEXTS = {
    "version2": CONFIGURATION,
    "version3": VERSION_3,
    "version3_rounded_down": VERSION_3.replace("advert_int 1", "advert_int 0.1149"),
    "version3_rounded_up": VERSION_3.replace("advert_int 1", "advert_int 0.115"),
    "version3_without_its_password": WITH_PASSWORD,
}


def without_identification(frame):
    """The frame with the IP identification and the checksum that covers it zeroed; the header
    must be a right one with both."""
    header = frame[ETHERNET:ETHERNET + (frame[ETHERNET] & 15) * 4]
    assert internet_checksum(header) == 0
    total, = struct.unpack_from("!H", header, 2)
    same = bytearray(frame[:ETHERNET + total])
    for at in (IP_ID, IP_CHECKSUM):
        same[ETHERNET + at:ETHERNET + at + 2] = b"\0\0"
    return bytes(same).hex(" ")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_same_bytes_as_keepalived(frames, text):
    said = {}
    for name in ("keepalived", "holdfast"):
        adverts, resigned, announced = frames(name, text)
        kinds = {without_identification(one.frame) for one in adverts if one.priority}
        assert len(kinds) == 1, f"{name}'s adverts differ among themselves"
        said[name] = (*kinds, without_identification(resigned.frame),
                      [one.frame.hex(" ") for one in announced])
    for ours, theirs in zip(said["holdfast"], said["keepalived"], strict=True):
        assert ours == theirs
