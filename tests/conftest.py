"""Fixtures of the system and interoperability tests."""
import pytest

pytest.register_assert_rewrite("lab.hostile")
# pylint: disable=wrong-import-position
from lab import Lab, SeedCluster
from lab.machine import Machine


@pytest.fixture
def lab():
    """An empty lab: add hosts to it."""
    with Lab() as made:
        yield made


@pytest.fixture
def seed():
    """The whole seed cluster with holdfast on its nodes, services running, the suite not yet."""
    with SeedCluster("holdfast") as cluster:
        yield cluster


@pytest.fixture
def bare_seed():
    """The seed's nodes and client with holdfast: no web servers, no nginx, no mail."""
    with SeedCluster("holdfast", services=False) as cluster:
        yield cluster


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows what the processes of its lab or its machines logged."""
    outcome = yield
    if call.when != "call" or not outcome.get_result().failed:
        return
    for value in getattr(item, "funcargs", {}).values():
        for each in value if isinstance(value, list) else [value]:
            made = each if isinstance(each, Machine) else getattr(each, "lab", each)
            if isinstance(made, (Lab, Machine)):
                outcome.get_result().sections.append(("logs of the lab", made.logs()))
