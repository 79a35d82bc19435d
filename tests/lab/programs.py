"""Where things are."""
from pathlib import Path

PYTHON = "/usr/bin/python3"  # Debian's: it has the packages the lab needs
LAB = Path(__file__).resolve().parent
TREE = LAB.parent.parent
SEED_FILES = LAB.parent / "seed-cluster"


def here(name):
    return str(LAB / name)
