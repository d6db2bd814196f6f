"""The made-up reports that the tests of views share."""

from __future__ import annotations

import pytest
from made_up import MadeUp, made_up, two_models
from made_up_details import detailed


@pytest.fixture(scope="session")
def run() -> MadeUp:
    return made_up()


@pytest.fixture(scope="session")
def both() -> MadeUp:
    return two_models()


@pytest.fixture(scope="session")
def full() -> MadeUp:
    """A run with everything that a page can show."""
    return detailed(made_up())
