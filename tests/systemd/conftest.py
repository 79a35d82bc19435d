"""Fixtures of the tests under a real systemd, from the package."""
import pytest
from lab.machine import Machine, Wire, why_not
from lab.package import build, install


@pytest.fixture(scope="session")
def package():
    """The package, built from this tree."""
    return build()


@pytest.fixture(scope="session")
def _machines():
    reason = why_not()
    if reason:
        pytest.skip(reason)


@pytest.fixture
def wire(_machines):
    with Wire() as made:
        yield made


@pytest.fixture
def machine(wire, package):
    """One host with the package and a router; nothing of it runs yet."""
    with Machine(wire, "10.10.0.1/24") as made:
        install(made, package)
        yield made
