"""The launcher is root: what it takes from others, and what it gives away."""
import os
import stat

import pytest
from lab import VIP, wait_until
from lab.seed import lone_seed_node

PATIENCE = 30
FOUR = ("net-helper", "vrrp-engine", "checker", "notifier")
NOBODY = 65534
STRANGER = 60001


@pytest.fixture
def node(lab):
    """node1 of the seed, alone, with holdfast not yet running."""
    return lone_seed_node(lab)


def start(node):
    node.suite.start()
    node.wait_address(VIP, PATIENCE)
    node.suite.wait_processes(node.suite.processes)


def tell(node, name, text, uid):
    """A datagram to what that process reports to, from another process of this user."""
    code = ("import socket; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); "
            f"s.sendto(b'{text}', '/run/holdfast/notify.{name}')")
    return node.run(["/usr/bin/python3", "-c", code], uid=uid, check=False)


def test_each_reports_at_a_socket_of_its_own(node):
    start(node)
    for name in FOUR:
        file = node.suite.path(f"notify.{name}").lstat()
        assert stat.S_ISSOCK(file.st_mode) and stat.S_IMODE(file.st_mode) == 0o600
        own = node.suite.uid(name)
        assert file.st_uid == own
        for other in {*map(node.suite.uid, FOUR), NOBODY} - {own}:
            assert "PermissionError" in tell(node, name, "STATUS=lies", other).stderr, name
        # A script of the same user may write, but is not that process.
        assert tell(node, name, "STATUS=lies", own).returncode == 0, name
    wait_until(lambda: all(one["status"] for one in node.suite.status()["processes"]), PATIENCE,
               "all have reported")
    assert "lies" not in str(node.suite.status())
    assert node.suite.stop() == 0
    assert not list(node.suite.path().glob("notify.*"))


def test_a_number_that_somebody_has_is_not_taken(node):
    start(node)
    before = {node.suite.uid(name) for name in FOUR}
    assert all(60706 <= uid <= 61183 for uid in before)  # none of systemd's dynamic users
    assert node.suite.stop() == 0
    for database, line in (("passwd", f"one:x:{min(before)}:1::/:/bin/sh"),
                           ("group", f"two:x:{min(before) + 4}:")):
        node.run(f"cp /etc/{database} /run/{database} && echo '{line}' >> /run/{database} && "
                 f"mount --bind /run/{database} /etc/{database}")
    start(node)
    after = {node.suite.uid(name) for name in FOUR}
    assert not after & (before | {uid + 4 for uid in before})


def test_only_what_was_the_former_notifiers_is_handed_on(node):
    """A process of it that was left over could have put anything into the spool meanwhile."""
    spool = node.suite.path("spool")
    (spool / "mail").mkdir(parents=True)
    elsewhere = node.suite.path("elsewhere")
    elsewhere.mkdir()
    for file in (spool / "mail/roots", spool / "mail/mine", elsewhere / "roots"):
        file.write_text("")
    (spool / "mail/away").symlink_to("/run/holdfast/elsewhere")
    for own in (spool, spool / "mail", spool / "mail/mine"):
        os.chown(own, STRANGER, STRANGER)
    os.lchown(spool / "mail/away", STRANGER, STRANGER)
    start(node)
    notifier = node.suite.uid("notifier")
    owners = {str(path.relative_to(spool)): path.lstat().st_uid
              for path in [spool, *spool.rglob("mail"), spool / "mail/mine", spool / "mail/roots"]}
    assert owners == {".": notifier, "mail": notifier, "mail/mine": notifier, "mail/roots": 0}
    assert elsewhere.stat().st_uid == (elsewhere / "roots").stat().st_uid == 0
