"""What is linked and included where: the parts that must not meet, read off the build."""
import os
import re
import subprocess
from pathlib import Path

import pytest
from lab.programs import TREE

BUILD = TREE / os.environ.get("HOLDFAST_BUILD", "build/release")
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)

# Readers of what strangers wrote: packets, text, what a script said.
PARSERS = ["common/vrrp_decode.h", "common/vrrp_message.h", "common/script_explain.h",
           "common/child_process.h"]
READING = re.compile(r"holdfast::(vrrp::(decode_|message_vrid)|config::|"
                     r"ScriptRun|spawn_script|make_script_pipes|find_command|explain_exec_error)")

CORE = ["announcement_pacer", "announcements", "engine", "receive", "router", "settings",
        "tracking"]
# Everything by which time, chance, order or the outside could come in.
WORLD = re.compile(
    r"\b(clock_\w+|gettimeofday|time|nanosleep|ftime|timespec_get|getrandom|getentropy|s?rand\w*|"
    r"arc4random\w*|socket|connect|accept4?|bind|listen|v?sendm?m?\w*|recv\w*|open(64|at|at64)?|"
    r"read|write|pread\w*|pwrite\w*|poll|epoll_\w+|timerfd_\w+|signalfd|select|ioctl|fork|exec\w*|"
    r"getenv|secure_getenv|syscall|pthread_create|sd_\w+)$|"
    r"::now\(\)|std::random_device|std::thread|std::filesystem|holdfast::(log::write|EventLoop|"
    r"FrameChannel|FrameListener|UniqueFd)")
CORE_SYSTEM_HEADERS = re.compile(r"[a-z_]+|fmt/(format|core)\.h")  # of the language, and {fmt}
WORLDLY_HEADERS = {"random", "thread", "atomic", "mutex", "future", "fstream", "iostream",
                   "filesystem", "unordered_map", "unordered_set"}


def includes(path):
    """(the bracket, the name) of each include."""
    return INCLUDE.findall(path.read_text())


def closure(paths):
    """The project's own headers that these files come to include; generated ones by name."""
    found, waiting = set(), list(paths)
    while waiting:
        for bracket, name in includes(waiting.pop()):
            if bracket == '"' and name not in found:
                found.add(name)
                if (TREE / name).exists():
                    waiting.append(TREE / name)
    return found


def symbols(path, *options):
    """Names with their arguments, demangled."""
    done = subprocess.run(["nm", "-C", *options, path], capture_output=True, text=True, check=True)
    return [line[19:].strip() for line in done.stdout.splitlines() if len(line) > 19]


def test_the_helper_is_built_of_nothing_that_reads():
    names = symbols(BUILD / "net-helper/net-helper")
    assert any("holdfast::net::receive_filter" in name for name in names), "these are its symbols"
    assert [name for name in names if READING.search(name)] == []


@pytest.mark.parametrize(("program", "reader"), [
    ("vrrp-engine/vrrp-engine", "holdfast::vrrp::decode_v2"),
    ("checker/checker", "holdfast::ScriptRun"), ("cli/holdfast", "holdfast::config::")])
def test_a_reader_shows_in_the_symbols(program, reader):
    """The control of the test above."""
    names = symbols(BUILD / program)
    assert any(reader in name and READING.search(name) for name in names)


def test_the_helper_includes_nothing_that_reads():
    files = [path for path in (TREE / "net-helper").iterdir() if path.suffix in (".cc", ".h")]
    assert len(files) > 20
    reached = closure(files)
    assert "net.pb.h" in reached and "common/vrrp_wire.h" in reached
    generated = {"net.pb.h", "net_config.pb.h"}
    strange = {name for name in reached - generated
               if not name.startswith(("common/", "net-helper/")) or name in PARSERS}
    assert strange == set()


def code_lines(path):
    """Lines that are neither blank nor only comment."""
    without = re.sub(r"/\*.*?\*/", lambda comment: "\n" * comment[0].count("\n"),
                     path.read_text(), flags=re.DOTALL)
    return sum(1 for line in without.splitlines() if not re.fullmatch(r"\s*(//.*)?", line))


def linked_objects():
    """The objects of our code that the linker put into net-helper, by its own map."""
    linked = (BUILD / "net-helper/net-helper.map").read_text()
    places = {Path(path) for path in re.findall(r"\S+\.cc\.o\b", linked)}
    # A thin archive's member is shown by its file, a copy in an archive as lib.a(member.o).
    assert not re.search(r"lib(common|net_helper|vrrp)\w*\.a\(", linked), "the archives are thin"
    known = {path for path in places if (BUILD / path).exists()}
    return sorted({path for path in known if path.parts[0] in ("common", "net-helper")})


def privileged_files():
    """What those objects were made of that is ours, by the compiler's dependency files."""
    objects = linked_objects()
    said = subprocess.run(["ninja", "-C", BUILD, "-t", "deps", *objects], text=True,
                          capture_output=True, check=True).stdout
    assert said.count("#deps") == len(objects), f"no dependencies are known of some of {objects}"
    found = set()
    for line in said.splitlines():
        path = (BUILD / line.strip()).resolve()
        if line.startswith("    ") and path.is_relative_to(TREE) \
                and not path.is_relative_to(BUILD.resolve()):
            found.add(path)
    return sorted(found)


PRIVILEGED_LINES_MAX = 2500


def test_the_privileged_code_is_small():
    """net-helper and what it links of ours: the objects by the linker's map, their sources and
    headers by the compiler's dependencies. Counted are lines that are neither blank nor only
    comment; what protoc generated is not."""
    lines = {str(path.relative_to(TREE)): code_lines(path) for path in privileged_files()}
    assert {"net-helper/main.cc", "net-helper/helper.h", "common/frame_socket.cc",
            "common/unique_fd.h"} <= lines.keys()
    assert not lines.keys() & {"common/child_process.cc", "common/frame_endpoint.cc"}
    assert sum(lines.values()) <= PRIVILEGED_LINES_MAX, lines


def linked_libraries(program):
    said = subprocess.run(["readelf", "-d", BUILD / program], text=True, capture_output=True,
                          check=True).stdout
    runtime = {"c", "m", "gcc_s", "stdc++", "asan", "ubsan"}
    return set(re.findall(r"NEEDED.*\[lib([\w+-]+)\.so", said)) - runtime


def test_the_privileged_process_links_few_libraries():
    assert linked_libraries("net-helper/net-helper") == {"protobuf-lite", "nl-3", "cap-ng",
                                                         "systemd", "fmt"}


def test_nothing_links_what_speaks_to_a_mail_server():
    """libcurl brings some forty libraries: the process that a mail has loads it by name."""
    assert linked_libraries("notifier/notifier") == {"protobuf-lite", "cap-ng", "seccomp",
                                                     "systemd", "fmt"}
    assert b"libcurl.so.4" in (BUILD / "notifier/notifier").read_bytes()


def test_the_helper_itself_is_small():
    """The same bound for its own files with every blank and comment."""
    files = [path for path in (TREE / "net-helper").iterdir() if path.suffix in (".cc", ".h")]
    assert sum(path.read_text().count("\n") for path in files) <= 2500


def test_what_counts_as_code(tmp_path):
    sample = tmp_path / "a.cc"
    sample.write_text("// x\n\nint a;  // y\n/* z\n   z */\n  /* z */ int b;\n   \n#pragma once\n")
    assert code_lines(sample) == 3


def test_the_core_needs_nothing_of_the_world():
    undefined = symbols(BUILD / "vrrp-engine/libengine_core.a", "-u")
    assert any("HealthTable" in name or "std::" in name for name in undefined)
    assert [name for name in undefined if WORLD.search(name)] == []


def test_a_clock_shows_in_the_symbols():
    """The control of the test above: the shell has a clock and sockets."""
    undefined = symbols(BUILD / "vrrp-engine/vrrp-engine", "-u")
    assert [name for name in undefined if WORLD.search(name.split("@")[0])] != []


def test_the_core_includes_nothing_of_the_world():
    files = [path for name in CORE for path in
             (TREE / f"vrrp-engine/{name}.cc", TREE / f"vrrp-engine/{name}.h")]
    allowed = {"common/clock.h", "common/error.h", "common/ipv4.h", "common/log.h",
               "common/overloaded.h", "common/rate_limit.h", "common/vrrp_decode.h",
               "common/vrrp_message.h", "common/vrrp_wire.h",
               "engine_config.pb.h", *(f"vrrp-engine/{name}.h" for name in CORE)}
    assert closure(files) <= allowed
    for path in files:
        for bracket, name in includes(path):
            assert bracket == '"' or (CORE_SYSTEM_HEADERS.fullmatch(name)
                                      and name not in WORLDLY_HEADERS), f"{path}: {name}"


def test_the_core_is_all_that_its_library_holds():
    members = subprocess.run(["ar", "t", BUILD / "vrrp-engine/libengine_core.a"], text=True,
                             capture_output=True, check=True).stdout.split()
    assert sorted(Path(one).name for one in members) == sorted(f"{name}.cc.o" for name in CORE)
