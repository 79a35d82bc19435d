"""Mail out of the notifier's sandbox: libcurl is loaded there, for a mail alone."""
import re

from lab.package import ONE_ROUTER
from lab.waiting import wait_until

CONFIGURATION = """global_defs {
    notification_email {
        root@localhost
    }
    smtp_server 127.0.0.1 2525
}
""" + ONE_ROUTER.replace("notify /", "smtp_alert\n    notify /")
# Takes every mail and prints its subject.
SERVER = r"""
import socketserver
class Session(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 here\r\n")
        for line in self.rfile:
            self.wfile.write(b"354 go\r\n" if line == b"DATA\r\n" else b"250 yes\r\n")
            while line == b"DATA\r\n" and (text := self.rfile.readline()) != b".\r\n":
                if text.startswith(b"Subject: "):
                    print(text.decode().strip(), flush=True)
            if line == b"DATA\r\n":
                self.wfile.write(b"250 taken\r\n")
socketserver.ThreadingTCPServer(("127.0.0.1", 2525), Session).serve_forever()
"""


def loaded(machine):
    pid = machine.main_pid("holdfast-notifier")
    return "libcurl" in machine.check(f"cat /proc/{pid}/maps")


def mails(machine):
    return machine.run("journalctl -u sink -o cat --no-pager | grep ^Subject").stdout


def processes(machine):
    return machine.run("pgrep -a -u holdfast-notify").stdout.splitlines()


def test_mail_waits_for_libcurl_and_leaves_nothing_of_it(machine):
    machine.write("/root/server.py", SERVER)
    machine.check("systemd-run --quiet --unit=sink python3 /root/server.py")
    library = machine.check("find /usr/lib -name libcurl.so.4").strip()
    machine.check(f"mv {library} /root/")
    machine.write("/etc/keepalived/keepalived.conf", CONFIGURATION, 0o600)
    machine.check("systemctl start holdfast.target")
    said = wait_until(lambda: re.search(".*HFM038.*", machine.journal("holdfast-notifier")), 15,
                      lambda: f"that mail waits: {machine.journal('holdfast-notifier')}")[0]
    assert "cannot open shared object file" in said and "Install or mend libcurl" in said
    wait_until(lambda: "2 mails waiting" in machine.check("systemctl status holdfast-notifier"), 15,
               "both wait")
    pid = machine.main_pid("holdfast-notifier")

    machine.check(f"mv /root/libcurl.so.4 {library}")
    machine.check("systemctl reload holdfast-config")  # or the next try, some seconds later
    wait_until(lambda: mails(machine).count("Entering") == 2, 30,
               lambda: mails(machine) + machine.journal("holdfast-notifier"))
    wait_until(lambda: len(processes(machine)) == 1, 15, lambda: f"one: {processes(machine)}")
    assert machine.main_pid("holdfast-notifier") == pid and not loaded(machine)
    assert "DEVIATION" not in machine.check("holdfast audit")
