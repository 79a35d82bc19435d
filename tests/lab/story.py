"""The steps of the demo: the seed's four points, and its traps where one meets them."""
import time

from .holders import Holders
from .prober import IcmpProber
from .seed import INTERFACE, VIP
from .sniffer import Sniffer
from .waiting import NotInTime, wait_until

ALTERNATING = ["RS1:172.18.67.11", "RS2:172.18.67.12"] * 2
GARP_REPEAT_SECONDS = 5
TAKEOVER_SECONDS = 8  # three lost adverts and the skew are 3.6 s


class Step:
    """One heading of the story: what was seen, and whether it is what the operator saw."""

    def __init__(self, title):
        self.title = title
        self.ok = True
        self.silence = ""
        print(f"\n{title}", flush=True)

    def say(self, label, text):
        print(f"   {label + ':':<18}{text}", flush=True)

    def expect(self, claim, holds):
        self.ok = self.ok and bool(holds)
        print(f"   {'as expected' if holds else 'NOT AS EXPECTED'}: {claim}", flush=True)

    def trap(self, text):
        first, *rest = text.split("\n")
        print("   trap:             " + first, *("                     " + line for line in rest),
              sep="\n", flush=True)


class Story:
    def __init__(self, cluster, suite):
        self.cluster = cluster
        self.suite = suite
        self.steps = []
        self.sniffer = Sniffer(cluster.lab)
        self.holders = Holders(list(cluster.nodes.values()), VIP)
        self.prober = IcmpProber(cluster.client, VIP)
        self.mailed = {name: 0 for name in cluster.nodes}

    def play(self):
        print(f"The seed cluster, played with {self.suite} in network namespaces of this machine.\n"
              "node1 172.18.67.13 (MASTER, priority 100) and node2 172.18.67.14 (BACKUP, 95) run\n"
              f"nginx before web1 and web2; a client asks http://{VIP}. Configuration,\n"
              "notify script and nginx site are the operator's own files, unedited.")
        self.both_start()
        self.first_stops()
        self.web_server_stops()
        self.first_returns()
        self.down_file()
        self.nginx_dies()
        self.both_reasons()
        self.all_mended()
        return self.summary()

    # What every step shows

    def step(self, title):
        self.steps.append(Step(f"{len(self.steps) + 1}. {title}"))
        return self.steps[-1]

    def measure(self):
        self.prober.reset()
        self.cluster.http.watch(interval=0.02)
        return time.monotonic()

    def attempt(self, predicate, timeout):
        """Wait for it; whether it came. What did not come is for the step to report."""
        try:
            wait_until(predicate, timeout, "")
            return True
        except NotInTime:
            return False

    def ask(self, expected=None):
        """Four requests of the client; with `expected` set, the round robin at its start."""
        self.cluster.http.unwatch()
        if expected == ALTERNATING:
            # The measuring requests took turns too, and nginx avoids a web server that failed for
            # 10 s: ask until it is the first one's turn.
            self.attempt(lambda: (self.cluster.http.get().text or "").startswith("RS1"), 15)
            self.attempt(lambda: (self.cluster.http.get().text or "").startswith("RS2"), 3)
        return self.cluster.http.curl()

    def priority(self, name):
        adverts = self.sniffer.adverts(port=name)
        return adverts[-1].priority if adverts else None

    def show(self, step, since=None, answers=None):
        """The lines that every step ends with; returns who holds the address."""
        if answers is not None:
            step.say("client gets", ", ".join(answer or "no answer" for answer in answers))
        holders = self.cluster.holders()
        step.say("address", f"{VIP} is on {' and '.join(holders) or 'no node'}")
        subjects = []
        for name, server in self.cluster.mail.items():
            subjects += server.subjects()[self.mailed[name]:]
            self.mailed[name] = len(server.subjects())
        if subjects:
            step.say("mail to root", "; ".join(f'"{subject}"' for subject in subjects))
        if since is not None:
            report = self.prober.report()
            step.silence = (f"{self.cluster.http.outage():.2f} s / {report.outage:.3f} s"
                            + (" (this machine stalled)" if report.stalled else ""))
            step.say("no answer for", f"{self.cluster.http.outage():.2f} s over HTTP, "
                     f"{report.outage:.3f} s by ICMP echo"
                     + ("; the prober itself was held up meanwhile" if report.stalled else ""))
            step.say("both held it for", f"{self.holders.shared_seconds(since):.3f} s")
        return holders

    def mail_arrives(self, name, text):
        server, seen = self.cluster.mail[name], self.mailed[name]
        return self.attempt(lambda: any(text in one for one in server.subjects()[seen:]), 5)

    # The steps

    def both_start(self):
        step = self.step(f"{self.suite} starts on both nodes")
        try:
            self.cluster.start()
            started = self.cluster.holders() == ["node1"]
        except NotInTime as late:
            step.say("problem", str(late))
            started = False
        mailed = self.mail_arrives("node1", "node1 to be master")
        answers = self.ask(ALTERNATING)
        self.show(step, answers=answers)
        step.expect("node1 is master and holds the address, node2 does not", started)
        held = [one for one in self.cluster.node1.addresses(INTERFACE) if one.ip == VIP]
        step.expect(f"it is {VIP}/16, a secondary address of {INTERFACE}",
                    [(one.cidr, one.secondary) for one in held] == [(f"{VIP}/16", True)])
        step.expect("the client gets RS1, RS2, RS1, RS2", answers == ALTERNATING)
        step.expect("root@localhost is told that node1 is master", mailed)
        adverts = self.sniffer.adverts(port="node1")
        password = adverts[-1].auth_data.decode(errors="replace") if adverts else ""
        step.trap(f'the password "{password}" was just read off the wire: PASS travels in clear\n'
                  "text and only VRRPv2 has it; it keeps out accidents, not attackers")
        step.trap("both nodes call themselves node1 (router_id): logs and mail cannot tell them\n"
                  "apart by it")

    def first_stops(self):
        step = self.step(f"{self.suite} on node1 is stopped, as for maintenance")
        since = self.measure()
        self.cluster.suites["node1"].stop()
        took = self.attempt(lambda: self.cluster.holders() == ["node2"], TAKEOVER_SECONDS)
        mailed = self.mail_arrives("node2", "node2 to be master")

        def announcements():
            return [one.time for one in self.sniffer.gratuitous_arps(VIP, "node2", since)]

        self.attempt(lambda: announcements()[-1] - announcements()[0] > GARP_REPEAT_SECONDS - 1,
                     GARP_REPEAT_SECONDS + 3)
        times = announcements()
        answers = self.ask(ALTERNATING)
        self.show(step, since, answers)
        if times:
            step.say("gratuitous ARP", f"{len(times)} by node2: the first {times[0] - since:.2f} s "
                     f"after the stop, the last {times[-1] - times[0]:.2f} s after the first")
        step.expect("node2 takes the address", took)
        step.expect("it sends gratuitous ARP at once and again 5 s later",
                    times and 4.5 < times[-1] - times[0] < 6.5)
        step.expect("notify.sh master ran and mailed root@localhost", mailed)
        step.expect("the client still gets RS1, RS2, RS1, RS2", answers == ALTERNATING)

    def web_server_stops(self):
        step = self.step("web1 is stopped")
        since = self.measure()
        self.cluster.web["web1"].stop()
        time.sleep(0.5)
        answers = self.ask()
        self.show(step, since, answers)
        step.expect("the client gets RS2 four times", answers == [ALTERNATING[1]] * 4)
        step.trap("nginx's last resort, `server 127.0.0.1:80 backup`, is nginx itself: with web2\n"
                  "down too, each request would go round in it until it runs out of connections")
        self.cluster.web["web1"].start()

    def first_returns(self):
        step = self.step(f"web1 is back, and {self.suite} on node1 too")
        since = self.measure()
        self.cluster.suites["node1"].start()
        took = self.attempt(lambda: self.cluster.holders() == ["node1"], 15)
        self.mail_arrives("node1", "node1 to be master")
        answers = self.ask(ALTERNATING)
        self.show(step, since, answers)
        step.expect("node1 takes the address back: 100 is above 95", took)
        step.expect("the client gets RS1, RS2, RS1, RS2", answers == ALTERNATING)

    def lowered(self, step, before):
        """Whether node1 comes to advertise 5 less than before; says what it advertises."""
        fell = self.attempt(lambda: self.priority("node1") == before - 5, 5)
        step.say("priority", f"node1 advertises {self.priority('node1')}, before {before}")
        return fell

    def down_file(self):
        step = self.step("On node1, the master: touch /etc/keepalived/down")
        before = self.priority("node1")
        down = self.cluster.node1.keepalived / "down"
        down.touch()
        fell = self.lowered(step, before)
        if fell:
            time.sleep(4)  # longer than node2 would wait for a master it had lost
        holders = self.show(step, answers=self.ask(ALTERNATING))
        step.expect("its priority falls by 5", fell)
        step.expect("and nothing moves: the address stays on node1", holders == ["node1"])
        step.trap("100 - 5 is 95, and node2 has 95: a backup takes over from a lower master, not\n"
                  "from an equal one. What the operator meant needs a weight of -6 or less")
        step.trap("`[[ ... ]]` is bash; on Debian /bin/sh is dash, where it always counts as\n"
                  "success. Run by a suite that starts no shell, it is not found at all")
        if not fell:
            step.say("why", self.why_not("chk_down"))
        down.unlink()
        self.attempt(lambda: self.priority("node1") == before, 5)

    def nginx_dies(self):
        step = self.step("On node1, the master: nginx dies")
        before = self.priority("node1")
        since = self.measure()
        self.cluster.nginx["node1"].kill()
        fell = self.lowered(step, before)
        if fell:
            time.sleep(4)
        answers = self.ask()
        holders = self.show(step, since, answers)
        step.expect("after two failed checks its priority falls by 5", fell)
        step.expect("95 against 95 again: the address stays on node1, which answers nobody",
                    holders == ["node1"] and answers == [""] * 4)
        step.trap("this outage lasts until somebody sees it: the check works, its weight does not")
        step.trap("`killall -0 nginx` needs the right to signal another user's process; without\n"
                  "it the check fails for ever, whatever nginx does")
        if not fell:
            step.say("why", self.why_not("chk_nginx"))

    def both_reasons(self):
        step = self.step("nginx stays dead, and the down file comes on top: 100 - 5 - 5")
        since = self.measure()
        (self.cluster.node1.keepalived / "down").touch()
        took = self.attempt(lambda: self.cluster.holders() == ["node2"], TAKEOVER_SECONDS)
        answered = self.attempt(lambda: self.cluster.http.answers[-1].text, 2)
        answers = self.ask(ALTERNATING if answered else None)
        self.show(step, since, answers)
        step.say("priority", f"node1 advertised {self.priority('node1')} last")
        step.expect("90 is below 95: node2 takes the address", took)
        step.expect("the client is answered again", answers == ALTERNATING)

    def all_mended(self):
        step = self.step("nginx on node1 runs again, and the down file is gone")
        since = self.measure()
        self.cluster.nginx["node1"].start()
        (self.cluster.node1.keepalived / "down").unlink()
        took = self.attempt(lambda: self.cluster.holders() == ["node1"], TAKEOVER_SECONDS)
        answers = self.ask(ALTERNATING)
        self.show(step, since, answers)
        step.expect("node1 holds the address", took)
        step.expect("the client gets RS1, RS2, RS1, RS2", answers == ALTERNATING)

    def why_not(self, check):
        lines = [line for line in self.cluster.suites["node1"].log_text().splitlines()
                 if check in line]
        return lines[-1] if lines else f"{self.suite} logged nothing about {check}"

    def summary(self):
        width = max(len(step.title) for step in self.steps)
        print(f"\n{'step':<{width}}  as the operator saw it  no answer for (HTTP / ICMP echo)")
        for step in self.steps:
            print(f"{step.title:<{width}}  {'yes' if step.ok else 'NO':<22}  {step.silence or '-'}")
        wrong = sum(not step.ok for step in self.steps)
        print(f"\n{len(self.steps) - wrong} of {len(self.steps)} steps came out as the operator "
              "saw them.", flush=True)
        return 1 if wrong else 0
