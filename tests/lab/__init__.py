"""A lab of hosts in network namespaces: the seed cluster, observers, and the suites to compare.

Start reading at `Lab` (hosts on a wire), `SeedCluster` (the whole seed story) and `Keepalived` /
`Holdfast` (what runs on a node). Needs root; leaves nothing behind, however the caller ends.
"""
from .host import Host, LabProcess
from .http_client import HttpClient
from .holders import Holders
from .lab import Lab
from .many import Load, ManyRouters
from .packets import advert_v2, advert_v3, send_frame
from .prober import IcmpProber
from .recorders import AddressRecorder, AdvertRecorder
from .seed import GROUP, VIP, SeedCluster
from .services import MailServer, Nginx, WebServer
from .sniffer import Sniffer
from .suites import Holdfast, Keepalived, Suite, make_suite
from .waiting import NotInTime, wait_until

__all__ = [
    "AddressRecorder", "AdvertRecorder", "GROUP", "Holders", "Holdfast", "Host", "HttpClient",
    "IcmpProber", "Keepalived", "Lab", "LabProcess", "Load", "MailServer", "ManyRouters", "Nginx",
    "NotInTime", "SeedCluster", "Sniffer", "Suite", "VIP", "WebServer", "advert_v2", "advert_v3",
    "make_suite", "send_frame", "wait_until",
]
