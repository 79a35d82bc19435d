#!/usr/bin/env python3
"""Writes the pages of this directory as a C++ table: embed.py DIRECTORY OUTPUT DEPFILE."""
import sys
from pathlib import Path

HEAD = """// Made from config/explanations by embed.py.
#include "config/explanations.h"

namespace holdfast::config {
namespace {

constexpr Explanation kPages[] = {
"""
TAIL = """};

}  // namespace

std::span<const Explanation> explanations() {
  return kPages;
}

}  // namespace holdfast::config
"""


def main(directory, output, depfile):
    pages = sorted(Path(directory).glob("HF*.md"))
    rows = [f'    {{"{page.stem}", R"page({page.read_text(encoding="utf-8")})page"}},\n'
            for page in pages]
    Path(output).write_text(HEAD + "".join(rows) + TAIL, encoding="utf-8")
    # The directory changes when a page is added or removed.
    needed = " ".join(str(path).replace(" ", "\\ ") for path in [Path(directory), *pages])
    Path(depfile).write_text(f"{output}: {needed}\n", encoding="utf-8")


main(*sys.argv[1:])
