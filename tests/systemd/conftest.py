"""Fixtures of the tests under a real systemd, from the package."""
import pytest
from lab.machine import Machine, Wire
from lab.package import build, install

@pytest.fixture(scope="session")
def package():
    """The package, built from this tree."""
    return build()


@pytest.fixture
def wire():
    with Wire() as made:
        yield made


@pytest.fixture
def machine(wire, package):
    """One host with the package and a router; nothing of it runs yet."""
    with Machine(wire, "10.10.0.1/24") as made:
        install(made, package)
        yield made


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the journals of its machines."""
    outcome = yield
    if call.when != "call" or not outcome.get_result().failed:
        return
    for value in getattr(item, "funcargs", {}).values():
        for each in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(each, Machine):
                outcome.get_result().sections.append(("journal of " + each.name, each.journal()))
