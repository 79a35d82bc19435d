"""The form of the tree: what a reader may rely on in every tracked file."""
import re
import subprocess
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parent.parent.parent
LINES_MAX = 800
COLUMNS_MAX = 100
CPP = (".cc", ".h")
CODE = CPP + (".py", ".proto", ".build", ".sh")
# Split so that this file does not hold what it looks for.
LEFT_OPEN = ["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK", "not implem" + "ented",
             "unimplem" + "ented", "place" + "holder"]


def tracked(*arguments):
    done = subprocess.run(["git", "-c", f"safe.directory={TREE}", "ls-files", "-z", *arguments],
                          cwd=TREE, capture_output=True, text=True, check=True)
    return [TREE / name for name in done.stdout.split("\0") if name]


def is_code(path):
    """By its ending, or a script by its first line; what a fuzzer wrote is none."""
    if "corpus" in path.parts:
        return False
    if path.suffix in CODE:
        return True
    if path.suffix or not path.is_file():
        return False
    first = path.read_bytes()[:15]
    return first[:2] == b"#!" and first != b"#!/usr/bin/make"  # whose syntax wants tabs


def code_files():
    files = [path for path in tracked() if is_code(path) and path.exists()]
    assert len(files) > 20, "git lists hardly any code: is this the tree?"
    return files


def findings(problem):
    """`problem(number, line)` of every line of code: the places where it says something."""
    return [f"{path.relative_to(TREE)}:{number}: {text}"
            for path in code_files()
            for number, line in enumerate(path.read_text().splitlines(), 1)
            if (text := problem(number, line))]


def report(found):
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def test_no_file_is_longer_than_800_lines():
    report(findings(lambda number, _: number == LINES_MAX + 1 and f"over {LINES_MAX} lines"))


def test_no_line_is_wider_than_100_columns():
    def wide(_, line):
        width = len(line.encode())  # as any tool counts
        return width > COLUMNS_MAX and f"{width} columns"

    report(findings(wide))


def test_no_trailing_space_and_no_tab():
    report(findings(lambda _, line: (line != line.rstrip() or "\t" in line) and "trailing space "
                    "or tab"))


def test_nothing_is_left_open():
    words = re.compile(r"\b(" + "|".join(LEFT_OPEN) + r")\b", re.IGNORECASE)
    report(findings(lambda _, line: (match := words.search(line)) and match.group()))


def test_clang_format_agrees():
    files = [str(path) for path in tracked() if path.suffix in CPP and path.exists()]
    assert files
    done = subprocess.run(["clang-format-19", "--dry-run", "-Werror", *files], cwd=TREE,
                          capture_output=True, text=True, check=False)
    lines = [line for line in done.stderr.replace(str(TREE) + "/", "").splitlines()
             if "clang-format" in line]
    places = sorted({line.split(":")[0] for line in lines})
    report([f"{place}: run clang-format-19 -i" for place in places])
    assert done.returncode == 0, done.stderr


def test_every_python_file_compiles():
    for path in tracked("*.py"):
        if path.exists():
            compile(path.read_text(), str(path), "exec")


def test_every_mutation_still_fits_the_code():
    """tests/mutations/run proves them; it takes too long to be asked each time."""
    patches = tracked("tests/mutations/*.patch")
    assert len(patches) > 30
    refused = [subprocess.run(["git", "apply", "--check", patch], cwd=TREE, capture_output=True,
                              text=True, check=False).stderr for patch in patches]
    report([line for text in refused for line in text.splitlines()])


def has_test(file, name):
    """Whether the test `file` has `name`: a function, or a suite of unit tests and one in it."""
    places = [path for path in tracked("tests") if path.stem == file]
    suite, _, case = name.partition(".")
    forms = [rf"^def {name}\(", rf"^TEST\w*\({suite},\s*{case or '.*'}"]
    return any(re.search("|".join(forms), path.read_text(), re.M) for path in places)


def test_every_test_that_the_threat_model_names_is_there():
    text = (TREE / "docs/threat-model.md").read_text()
    named = re.findall(r"`(\w+)::([\w.]+)`", text)
    assert len(named) > 30
    report([f"docs/threat-model.md: no test {file}::{name}" for file, name in named
            if not has_test(file, name)])


def test_package_list_is_well_formed():
    lines = (TREE / "packaging/debian-packages.txt").read_text().splitlines()
    names = [line.split("#")[0].strip() for line in lines]
    names = [name for name in names if name]
    assert len(names) == len(set(names))
    report([line for line in lines if line.strip() and not line.startswith("#")
            and not line.partition("#")[2].strip()])
