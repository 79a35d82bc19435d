"""The lab itself: what the other tests take for granted. Runs keepalived, not holdfast."""
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lab import (VIP, Holders, IcmpProber, NotInTime, SeedCluster, Sniffer, advert_v2, advert_v3,
                 send_frame, wait_until)

TESTS = Path(__file__).resolve().parent.parent


@pytest.fixture
def cluster():
    with SeedCluster("keepalived") as made:
        yield made


def test_the_seed_cluster_with_keepalived(cluster):
    sniffer = Sniffer(cluster.lab)
    holders = Holders([cluster.node1, cluster.node2], VIP)
    cluster.start()
    assert cluster.holders() == ["node1"]
    held, = (one for one in cluster.node1.addresses("eno16777736") if one.ip == VIP)
    assert held.cidr == "172.18.67.33/16" and held.secondary and held.valid_seconds is None
    assert cluster.http.curl() == ["RS1:172.18.67.11", "RS2:172.18.67.12"] * 2

    prober = IcmpProber(cluster.client, VIP)
    prober.wait_answering(5)
    prober.reset()
    cluster.http.watch()
    stopped = time.monotonic()
    cluster.suites["node1"].stop()
    cluster.node2.wait_address(VIP, 10)
    prober.wait_answering(5)
    cluster.mail["node2"].wait_mail("node2 to be master", 10)
    assert sniffer.wait_advert(5, port="node1", since=stopped, priority=0).auth_data == b"571f97b2"
    assert sniffer.wait_advert(5, port="node2", since=stopped).checksum == "message"
    assert sniffer.gratuitous_arps(VIP, port="node2", since=stopped)
    assert holders.moves() == ["node1", "node2"]
    assert holders.shared() == []
    assert prober.report().outage > 0.3
    wait_until(lambda: cluster.http.answers[-1].text, 5, "the client is answered over HTTP")
    cluster.http.unwatch()
    assert cluster.http.outage() > 0.3

    cluster.web["web1"].stop()
    assert cluster.http.curl() == ["RS2:172.18.67.12"] * 4


def test_a_killed_suite_leaves_its_address(cluster):
    cluster.start()
    suite = cluster.suites["node1"]
    assert set(suite.pids()) == {"parent", "vrrp"}
    holders = Holders([cluster.node1, cluster.node2], VIP)
    suite.kill9_all()
    assert not suite.alive() and suite.pids() == {}
    wait_until(lambda: holders.now() == ["node1", "node2"], 8, "both nodes hold the address")
    assert holders.shared_seconds() > 0


def test_mail_from_a_user_without_a_name_or_privileges(cluster):
    before = len(cluster.mail["node1"].mails())
    cluster.node1.run("/etc/keepalived/notify.sh fault", uid=61200, no_new_privs=True)
    mail = cluster.mail["node1"].wait_mail("node1 to be fault", 10, after=before)
    assert mail.recipients == ["root@localhost"]
    assert "changed to be fault" in mail.body


def test_a_killed_nginx_is_gone_from_its_host_only(cluster):
    assert cluster.node1.run("killall -0 nginx", check=False).returncode == 0
    cluster.nginx["node1"].kill()
    assert cluster.node1.run("killall -0 nginx", check=False).returncode == 1
    assert cluster.node2.run("killall -0 nginx", check=False).returncode == 0


def test_wires_that_are_cut_and_unplugged(lab):
    one, two = lab.add_host("one", "10.9.0.1/24"), lab.add_host("two", "10.9.0.2/24")
    lab.attach(one, "eth1", ["10.8.0.1/24", "fd00::1/64"], wire="other")
    ping, carrier = "ping -c 1 -W 1 10.9.0.2", "cat /sys/class/net/eno16777736/carrier"
    assert one.run(ping).returncode == 0
    two.cut()
    assert one.run(ping, check=False).returncode == 1
    assert two.run(carrier).stdout == "1\n"
    two.mend()
    assert one.run(ping).returncode == 0
    two.unplug()
    assert two.run(carrier).stdout == "0\n"
    two.plug()
    assert two.run(carrier).stdout == "1\n"
    assert [address.cidr for address in one.addresses("eth1") if address.ip == "fd00::1"]
    with pytest.raises(NotInTime, match="one takes 10.9.0.2; it has .*10.9.0.1/24"):
        one.wait_address("10.9.0.2", 0.05)


def test_crafted_packets_arrive_as_made(lab):
    host = lab.add_host("one", "10.9.0.1/24")
    sniffer = Sniffer(lab)
    send_frame(host, advert_v2("10.9.0.1", 7, 50, ["10.9.0.9"], auth_type=1, auth_data=b"secret"))
    send_frame(host, advert_v2("10.9.0.5", 7, 51, ["10.9.0.9"], checksum=1, ttl=254))
    send_frame(host, advert_v3("10.9.0.1", 7, 52, ["10.9.0.9"], checksum="message"))
    send_frame(host, advert_v3("fe80::1", 7, 53, ["fe80::2", "fd00::2"], interval_cs=10),
               source_mac="00:00:5e:00:02:07")
    sniffer.wait_advert(5, priority=53)
    first, wrong, third, sixth = sniffer.adverts(port="one")
    assert (first.auth_data, first.checksum, first.ttl) == (b"secret\0\0", "message", 255)
    assert (wrong.source, wrong.checksum, wrong.ttl) == ("10.9.0.5", "wrong", 254)
    assert (third.version, third.checksum, third.interval) == (3, "message", 1.0)
    assert (sixth.addresses, sixth.checksum) == (("fe80::2", "fd00::2"), "pseudo")
    assert sixth.source_mac == "00:00:5e:00:02:07"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_nothing_is_left_however_the_lab_ends(number):
    # A shell's background jobs ignore SIGINT, and so would what they start.
    program = ("from lab import SeedCluster\nimport signal\nimport time\n"
               "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
               "made = SeedCluster('keepalived')\nmade.start()\n"
               "print(made.lab.prefix, made.lab.directory, made.node1.init_pid, flush=True)\n"
               "time.sleep(60)\n")
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True,
                               env={**os.environ, "PYTHONPATH": str(TESTS)})
    prefix, directory, init = process.stdout.readline().split()
    assert os.path.exists(f"/run/netns/{prefix}-node1")
    process.send_signal(number)
    process.wait(60)
    process.stdout.close()
    wait_until(lambda: not any(name.startswith(prefix + "-") for name in os.listdir("/run/netns")),
               10, f"the namespaces of {prefix} are gone")
    wait_until(lambda: not os.path.exists(directory), 10, f"{directory} is gone")
    wait_until(lambda: not os.path.exists(f"/proc/{init}"), 10, "the host's init is gone")
