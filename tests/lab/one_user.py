"""The suite in a user namespace that knows one user, who all four then are."""
import subprocess

from .programs import SEED_FILES
from .suites import make_suite

START = """
set -e
ip link add eno16777736 type veth peer name other
ip addr add 172.18.67.13/16 dev eno16777736
ip link set other up
ip link set eno16777736 up
mkdir -m 755 {directory}/run
{program} run -c {directory}/seed.conf --runtime-dir {directory}/run > {directory}/log 2>&1 &
for i in $(seq 300); do
    ip addr show dev eno16777736 | grep -q 172.18.67.33/16 && break
    sleep 0.1
done
"""
STOP = """
kill -TERM $!
wait $!
echo "ended with $?"
"""


def run_as_one_user(directory, script):
    """Runs `script` while the seed's node1 serves, then stops the suite and says how it ended.

    In the script {program} and {directory} are replaced. The suite's log is in the directory.
    """
    suite = make_suite("holdfast", None)
    (directory / "seed.conf").write_text((SEED_FILES / "node1.conf").read_text())
    whole = START + script + STOP
    return subprocess.run(["unshare", "-Urnm", "--pid", "--fork", "--mount-proc", "bash", "-c",
                           whole.format(directory=directory, program=suite.program)],
                          capture_output=True, text=True, timeout=120, check=False,
                          env=suite.environment())
