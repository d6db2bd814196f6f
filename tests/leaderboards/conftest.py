"""The made-up reports that the tests of views share."""

from __future__ import annotations

import pytest
from made_up import MadeUp, made_up, two_models


@pytest.fixture(scope="session")
def run() -> MadeUp:
    return made_up()


@pytest.fixture(scope="session")
def both() -> MadeUp:
    return two_models()
