"""keepalived's sample configurations, as Debian ships them: what `holdfast check` says of each.

tests/samples/NAME.txt holds the verdict and the messages of the sample NAME, and NAME@ID.txt those
with `--config-id ID`: our own words and places, none of the sample's lines. To write them anew, for
a review of the difference: /usr/bin/python3 tests/system/test_samples.py
"""
import gzip
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parent.parent.parent
BUILD = TREE / os.environ.get("HOLDFAST_BUILD", "build/release")
GOLDENS = TREE / "tests" / "samples"
SAMPLES = Path("usr/share/doc/keepalived/samples")
PREFIX = "keepalived.conf."
# The host's name would be the id otherwise.
NO_ID = "nobody"
IDS = {"keepalived.conf.conditional_conf": ("high", "low")}
# What depends on the files, the users and the groups of the machine that checks.
ABOUT_FILES = {"HF0320", "HF0321", "HF0322", "HF0323", "HF0326", "HF0340", "HF0342", "HF0420",
               "HF0421", "HF0422"}
SEVERITIES = ("error", "warning", "lint", "note")
SECONDS_MAX = 60


def read_samples(directory):
    """The text of every sample configuration, by its name; dh_compress may have packed it."""
    texts = {}
    for path in sorted(directory.glob(PREFIX + "*")):
        data = path.read_bytes()
        name = path.name.removesuffix(".gz")
        texts[name] = gzip.decompress(data) if path.name != name else data
    return texts


def fetch_samples():
    """Out of the package itself: dpkg can be told to leave documentation out (path-exclude)."""
    with tempfile.TemporaryDirectory() as directory:
        # apt downloads as a user of its own, which must reach the directory.
        os.chmod(directory, 0o777)
        done = subprocess.run(["apt-get", "download", "keepalived"], cwd=directory,
                              capture_output=True, text=True, check=False)
        packages = list(Path(directory).glob("keepalived_*.deb"))
        assert done.returncode == 0 and packages, (
            f"/{SAMPLES} has no samples of the package keepalived, and `apt-get download "
            f"keepalived` does not fetch it (run apt-get update?):\n{done.stdout}{done.stderr}")
        unpacked = Path(directory) / "unpacked"
        subprocess.run(["dpkg-deb", "-x", str(packages[0]), str(unpacked)], check=True)
        return read_samples(unpacked / SAMPLES)


def all_samples():
    return read_samples(Path("/") / SAMPLES) or fetch_samples()


def verdict(text, config_id):
    """What the golden file holds: exit status and counts, then a line a message."""
    done = subprocess.run(
        [BUILD / "cli" / "holdfast", "check", "--format=json", f"--config-id={config_id}", "-"],
        input=text, capture_output=True, check=False, timeout=SECONDS_MAX,
        # LeakSanitizer looks at its process by ptrace, which a confined process forbids.
        env={"PATH": os.environ["PATH"], "ASAN_OPTIONS": "detect_leaks=0"})
    assert done.stderr == b"", done.stderr.decode(errors="replace")
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert "summary" in said[-1] and said[-1]["summary"]["left_out"] == 0
    messages = [one for one in said[:-1] if one["id"] not in ABOUT_FILES]
    counts = Counter(one["severity"] for one in messages)
    lines = [f"exit {done.returncode}: "
             + ", ".join(f"{counts[severity]} {severity}s" for severity in SEVERITIES)]
    lines += [f"{one['severity']} {one['id']} {one['line']}:{one['column']} {one['message']}"
              for one in messages]
    return "\n".join(lines) + "\n"


def cases(samples):
    """(name of the golden file, sample, config id)"""
    for name in samples:
        yield f"{name}.txt", name, NO_ID
        for config_id in IDS.get(name, ()):
            yield f"{name}@{config_id}.txt", name, config_id


@pytest.fixture(scope="module")
def samples():
    return all_samples()


def test_every_sample_has_its_expected_messages(samples):
    assert samples, "the package keepalived has no samples"
    expected = {golden for golden, _, _ in cases(samples)}
    assert {path.name for path in GOLDENS.iterdir()} == expected


@pytest.mark.parametrize("golden", sorted(path.name for path in GOLDENS.glob("*.txt")))
def test_sample(samples, golden):
    name, _, config_id = golden.removesuffix(".txt").partition("@")
    assert name in samples, f"the package keepalived has no sample {name}"
    assert verdict(samples[name], config_id or NO_ID) == (GOLDENS / golden).read_text()


if __name__ == "__main__":
    found = all_samples()
    for golden_name, sample, chosen_id in cases(found):
        (GOLDENS / golden_name).write_text(verdict(found[sample], chosen_id))
    sys.exit(0 if found else 1)
