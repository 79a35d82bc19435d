"""Builds, runs every kind of test, and counts: what ./test runs."""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent
PARTS = ("format", "unit", "system", "interop", "systemd")
# clang-tidy takes half an hour the first time; so does the package in another Debian.
ON_REQUEST = ("tidy", "trixie")
BUILDS = {
    "release": [],
    # Less optimized: that compiles in two thirds of the time, and says the same.
    "sanitize": ["-Db_sanitize=address,undefined", "-Db_lundef=false", "-Doptimization=1"],
}
PYTEST = ["/usr/bin/python3", "-B", "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider"]
EXECUTABLE_SECONDS = 300
PYTEST_SECONDS = 1800
NO_TESTS_COLLECTED = 5  # pytest's exit status
ALONE_MAX = 6  # failures that are looked at again; more are no stall


@dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __iadd__(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        return self

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def say(text):
    print(f"== {text}", flush=True)


def build(name):
    say(f"build/{name}")
    command = ["packaging/build", f"build/{name}", *BUILDS[name]]
    return subprocess.run(command, cwd=TREE, check=False).returncode == 0


def run_executable(command, environment, workdir):
    """(exit status, output); a status of None: it took too long."""
    try:
        done = subprocess.run(command, env=environment, cwd=workdir, text=True, errors="replace",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                              timeout=EXECUTABLE_SECONDS)
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        output = late.stdout or b""
        return None, output.decode(errors="replace") if isinstance(output, bytes) else output


def count_gtest(path):
    count = Count()
    for suite in json.loads(path.read_text())["testsuites"]:
        for case in suite["testsuite"]:
            if case.get("result") == "SKIPPED" or case["status"] == "NOTRUN":
                count.skipped += 1
            elif case.get("failures"):
                count.failed += 1
            else:
                count.passed += 1
    return count


def run_unit_test(test, directory, pattern):
    """One of meson's tests: its cases if it is a GoogleTest, itself otherwise."""
    command, is_gtest = list(test["cmd"]), test["protocol"] == "gtest"
    result = directory / f"{test['name']}.json"
    if is_gtest:
        command.append(f"--gtest_output=json:{result}")
        if pattern:
            command.append(f"--gtest_filter=*{pattern}*")
    elif pattern and pattern not in test["name"]:
        return Count()
    variables = {**test["env"], "UBSAN_OPTIONS": "print_stacktrace=1"}
    if os.geteuid() != 0:  # some of them change users, or make namespaces
        command = ["sudo", "env", *(f"{name}={value}" for name, value in variables.items()),
                   *command]
    status, output = run_executable(command, {**os.environ, **variables},
                                    test["workdir"] or TREE)
    if is_gtest and result.exists():
        count = count_gtest(result)
        if pattern:
            count.skipped = 0  # those that the pattern leaves out
    else:
        count = Count(passed=int(status == 0))
    if status != 0:
        print(output)
        print(f"{test['name']}: "
              + ("took too long" if status is None else f"exit status {status}"), flush=True)
        # A crash, or a sanitizer's word at the end: no case counted it.
        count.failed = max(count.failed, 1)
    return count


def unit_tests(name, pattern):
    say(f"unit tests of build/{name}")
    listed = subprocess.run(["meson", "introspect", "--tests", f"build/{name}"], cwd=TREE,
                            capture_output=True, text=True, check=True)
    count = Count()
    with tempfile.TemporaryDirectory() as directory:
        for test in json.loads(listed.stdout):
            count += run_unit_test(test, Path(directory), pattern)
    print(count, flush=True)
    return count


def count_junit(path):
    count = Count()
    for suite in ElementTree.parse(path).getroot().iter("testsuite"):
        failed = int(suite.get("failures")) + int(suite.get("errors"))
        skipped = int(suite.get("skipped"))
        count += Count(max(int(suite.get("tests")) - failed - skipped, 0), failed, skipped)
    return count


def failed_tests(path):
    """The node ids of the test functions that failed."""
    return [case.get("classname").replace(".", "/") + ".py::" + case.get("name")
            for case in ElementTree.parse(path).getroot().iter("testcase")
            if case.find("failure") is not None or case.find("error") is not None]


def run_pytest(words, build_name, root):
    """(count, failed node ids) of one pytest; by sudo if it needs root and is not."""
    with tempfile.TemporaryDirectory() as temporary:
        result = Path(temporary) / "junit.xml"
        variables = [f"HOLDFAST_BUILD={TREE / 'build' / build_name}"] if build_name else []
        variables += [f"{name}={os.environ[name]}" for name in
                      ("HOLDFAST_PACKAGE", "HOLDFAST_DEBIAN") if name in os.environ]
        sudo = ["sudo"] if root and os.geteuid() != 0 else []
        command = [*sudo, "env", *variables, *PYTEST, f"--junitxml={result}", *words]
        try:
            status = subprocess.run(command, cwd=TREE, check=False,
                                    timeout=PYTEST_SECONDS).returncode
        except subprocess.TimeoutExpired:
            print(f"pytest took longer than {PYTEST_SECONDS} s")
            return Count(failed=1), []
        count = count_junit(result) if result.exists() else Count()
        failed = failed_tests(result) if result.exists() else []
    if status not in (0, NO_TESTS_COLLECTED):
        count.failed = max(count.failed, 1)
    return count, failed


def python_tests(directories, pattern, build_name=None, workers=4, root=True):
    """pytest over those of the directories that exist.

    Several at once, a machine of two cores can stall one for seconds. A few failures are therefore
    looked at again, each alone: what fails then is broken, what passes is named.
    """
    directories = [f"tests/{one}" for one in directories if (TREE / "tests" / one).is_dir()]
    if not directories:
        return Count()
    say(" and ".join(directories) + (f" with build/{build_name}" if build_name else ""))
    words = ["-n", str(workers), *directories, *(["-k", pattern] if pattern else [])]
    count, failed = run_pytest(words, build_name, root)
    if workers > 1 and 0 < count.failed == len(failed) <= ALONE_MAX:
        for test in failed:
            say(f"again, alone: {test}")
            alone, _ = run_pytest(["-n", "0", test], build_name, root)
            if alone.failed == 0 and alone.passed == 1:
                print(f"{test} passed only when it was run alone", flush=True)
                count.failed -= 1
                count.passed += 1
    return count


def clang_tidy(name):
    say(f"clang-tidy with build/{name}")
    command = ["/usr/bin/python3", "-B", "tests/tidy/clang_tidy.py", f"build/{name}"]
    done = subprocess.run(command, cwd=TREE, text=True, stdout=subprocess.PIPE, check=False)
    print(done.stdout, flush=True)
    words = done.stdout.split()[-6:]
    return Count(int(words[0]), int(words[2]), 0) if len(words) == 6 else Count(failed=1)


def systemd_tests(pattern, workers, suite="bookworm"):
    """The installed package on machines of its own, with this Debian."""
    say(f"the package of Debian's {suite}")
    # Here with what this machine has; for another one in a root that only root can make.
    sudo = ["sudo"] if suite != "bookworm" and os.geteuid() != 0 else []
    done = subprocess.run(
        [*sudo, "env", f"HOLDFAST_DEBIAN={suite}", f"PYTHONPATH={TREE / 'tests'}",
         "/usr/bin/python3", "-B", "-c", "from lab.package import build; print(build())"],
        cwd=TREE, text=True, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        return Count(failed=1)
    os.environ["HOLDFAST_PACKAGE"] = done.stdout.split()[-1]
    os.environ["HOLDFAST_DEBIAN"] = suite
    return python_tests(["systemd"], pattern, workers=workers)


def arguments():
    parser = argparse.ArgumentParser(
        prog="./test", description="Build and test everything, in build/release and under the "
        "address and undefined-behaviour sanitizers in build/sanitize. The last line is the count; "
        "exit status 1: something failed, or nothing ran.")
    parser.add_argument("parts", nargs="*", metavar="PART",
                        help=f"only these: {', '.join(PARTS)} (default: all); or "
                        f"{', '.join(ON_REQUEST)}")
    parser.add_argument("-k", dest="pattern", metavar="EXPR",
                        help="only tests whose name holds this (pytest's -k; a part of the name "
                        "for unit tests)")
    parser.add_argument("--build", choices=BUILDS, action="append",
                        help="only this build (default: both)")
    parser.add_argument("-n", type=int, default=4, metavar="N",
                        help="system tests at once (default: 4; they mostly wait)")
    options = parser.parse_args()
    unknown = [part for part in options.parts if part not in PARTS + ON_REQUEST]
    if unknown:
        parser.error(f"no part {unknown[0]!r}; there are {', '.join(PARTS + ON_REQUEST)}")
    return options


def main():
    options = arguments()
    parts = options.parts or PARTS
    total = Count()
    if "format" in parts:
        total += python_tests(["tidy"], options.pattern, workers=0, root=False)
    for name in options.build or (["release"] if parts == ["tidy"] else BUILDS):
        if not set(parts) - {"format", "systemd", "trixie"}:
            break
        if not build(name):
            print(f"build/{name} does not build: its tests count as one failure", flush=True)
            total += Count(failed=1)
            continue
        if "tidy" in parts:
            total += clang_tidy(name)
        if "unit" in parts:
            total += unit_tests(name, options.pattern)
        directories = [part for part in ("system", "interop") if part in parts
                       # Other suites' behaviour does not depend on our build's instrumentation.
                       and (part == "system" or name == "release")]
        if directories:
            total += python_tests(directories, options.pattern, name, options.n)
    # Last: the compiler's cache has by then what the package is built of.
    if "systemd" in parts and "release" in (options.build or BUILDS):
        total += systemd_tests(options.pattern, options.n)
    if "trixie" in parts:
        total += systemd_tests(options.pattern, options.n, "trixie")
    print(total, flush=True)
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main())
