"""The seed cluster's story, played for a newcomer: what ./demo runs after it has built."""
import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lab import SeedCluster, wait_until  # noqa: E402 (the package is found by the line above)
from lab.story import Story  # noqa: E402

PREFIX = "hf"
STATE = Path("/run/holdfast-demo.json")


def arguments():
    parser = argparse.ArgumentParser(
        prog="./demo", description="Play the seed cluster's story: two nodes, two web servers and "
        "a client in network namespaces of this machine. Exit status 0: every step came out as "
        "the cluster's operator saw it.")
    parser.add_argument("--suite", choices=("holdfast", "keepalived"), default="holdfast",
                        help="what runs on the nodes (default: holdfast)")
    parser.add_argument("--keep", action="store_true", help="leave the cluster up afterwards")
    parser.add_argument("--down", action="store_true", help="take a kept cluster down")
    parser.add_argument("--on", nargs=argparse.REMAINDER, metavar="HOST COMMAND",
                        help="run a command on a host of a kept cluster")
    return parser.parse_args()


def kept():
    """The state of a kept demo that is still there, or None."""
    try:
        state = json.loads(STATE.read_text())
        command = Path(f"/proc/{state['pid']}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    return state if b"demo.py" in command else None


def down():
    state = kept()
    if not state:
        print("No cluster is up.")
        return 0
    os.kill(state["pid"], signal.SIGTERM)
    wait_until(lambda: not os.path.exists(f"/proc/{state['pid']}"), 30, "the cluster goes down")
    print("The cluster is down.")
    return 0


def on(words):
    state = kept()
    if not state:
        sys.exit("No cluster is up: start one with ./demo --keep")
    if not words or words[0] not in state["hosts"]:
        sys.exit(f"./demo --on HOST COMMAND, with HOST one of {', '.join(state['hosts'])}")
    command = words[1:] or ["bash"]
    entry = ["nsenter", "-t", str(state["hosts"][words[0]]), "-m", "-u", "-n", "-p", "--wd=/"]
    os.execvp(entry[0], entry + command)


def how_to_look(story):
    program = getattr(story.cluster.suites["node1"], "program", None)
    lines = ["The cluster stays up. To look into it:"]
    if program:
        lines.append(f"  ./demo --on node1 {program} status")
    sudo = "sudo " if "SUDO_USER" in os.environ else ""
    log = story.cluster.suites["node1"].host.directory / f"{story.suite}.log"
    lines += ["  ./demo --on node1 ip addr show eno16777736",
              "  ./demo --on client curl http://172.18.67.33",
              "  ./demo --on node1 touch /etc/keepalived/down",
              f"  tail -f {log}",
              f"  {sudo}ip netns exec {PREFIX}-wire tcpdump -ni lan proto 112 or arp",
              "To take it down:", "  ./demo --down"]
    return "\n".join(lines)


def play(suite, keep, tell_parent):
    """The story; `tell_parent(status)` is called as soon as it is over and the cluster kept."""
    with SeedCluster(suite, prefix=PREFIX) as cluster:
        story = Story(cluster, suite)
        status = story.play()
        if keep:
            hosts = {name: host.init_pid for name, host in cluster.lab.hosts.items()}
            STATE.write_text(json.dumps({"pid": os.getpid(), "hosts": hosts}))
            print("\n" + how_to_look(story), flush=True)
            tell_parent(status)
            try:
                signal.pause()
            finally:
                STATE.unlink(missing_ok=True)
    return status


def play_and_keep(suite):
    """Play in a child that holds the cluster up after this process has returned."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child:
        os.close(write_end)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: os.kill(child, signal.SIGTERM))
        with os.fdopen(read_end, "rb") as pipe:
            told = pipe.read(1)
        return told[0] if told else os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) or 1
    os.setsid()
    os.close(read_end)

    def tell_parent(status):
        os.write(write_end, bytes([status]))
        os.close(write_end)
        nowhere = os.open("/dev/null", os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)

    return play(suite, True, tell_parent)


def interrupted(number, _):
    # Once is enough: what remains is clearing up.
    for other in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    sys.exit(128 + number)


def main():
    options = arguments()
    if os.geteuid() != 0:
        sys.exit("The demo makes network namespaces: run ./demo, which asks for root.")
    if options.down:
        return down()
    if options.on is not None:
        return on(options.on)
    if kept():
        sys.exit("A cluster is up already. Take it down with ./demo --down")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    begun = time.monotonic()
    status = play_and_keep(options.suite) if options.keep else play(options.suite, False, None)
    if not options.keep:
        print(f"\nPlayed in {time.monotonic() - begun:.0f} s; nothing is left behind.")
    return status


if __name__ == "__main__":
    sys.exit(main())
