"""clang-tidy over the tree, each file anew only if it or something it includes has changed.

`./test tidy` runs it on build/release; it is no part of a plain ./test because the first run takes
half an hour. What was found clean is remembered in the build directory.
"""
import hashlib
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent.parent
CLANG_TIDY = "clang-tidy-19"


def dependencies(build):
    """{source: [what it includes of this tree]} as the compiler saw it."""
    listed = subprocess.run(["ninja", "-C", str(build), "-t", "deps"], capture_output=True,
                            text=True, check=True).stdout
    result = {}
    for entry in listed.split("\n\n"):
        names = [os.path.normpath(build / line.strip()) for line in entry.splitlines()[1:]]
        inside = [name for name in names if name.startswith(f"{TREE}{os.sep}")]
        if inside:
            result[inside[0]] = inside
    return result


def digest(files):
    sums = hashlib.sha256((TREE / ".clang-tidy").read_bytes())
    for name in files:
        sums.update(name.encode() + b"\0" + Path(name).read_bytes())
    return sums.hexdigest()


def check(build, source):
    done = subprocess.run([CLANG_TIDY, "-p", str(build), "--quiet", source], cwd=TREE, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return done.returncode == 0, done.stdout


def main(build):
    commands = json.loads((build / "compile_commands.json").read_text())
    sources = sorted({os.path.normpath(Path(one["directory"]) / one["file"]) for one in commands})
    sources = [name for name in sources if not name.startswith(f"{build}{os.sep}")]
    depend = dependencies(build)
    remembered = build / "clang-tidy.json"
    clean = json.loads(remembered.read_text()) if remembered.exists() else {}
    digests = {name: digest(depend.get(name, [name])) for name in sources}
    due = [name for name in sources if clean.get(name) != digests[name]]
    print(f"{len(due)} of {len(sources)} files to look at", flush=True)
    failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, (fine, output) in zip(due, pool.map(lambda one: check(build, one), due),
                                        strict=True):
            if fine:
                clean[name] = digests[name]
                remembered.write_text(json.dumps(clean, indent=1))
            else:
                failed += 1
                print(output, flush=True)
    print(f"{len(sources) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main((TREE / sys.argv[1]).resolve()))
