"""What a calibration asks of its signals: that they can flag, and a null set that is large enough."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from math import ceil

from clean_bench.errors import UserError
from clean_bench.organisms.planting_plan import without_near_duplicates
from clean_bench.probing.flags import deciding, least_flagged
from clean_bench.probing.tests import TESTS, tests_of
from clean_bench.probing.tests.base import VARIANTS, Test
from clean_bench.problems import ProblemSet

_logger = logging.getLogger(__name__)


def calibrated_tests(names: Sequence[str]) -> list[Test]:
    """The tests of the names of `--signals`; `all` stands for those that a calibration can run.

    Raises:
        UserError: for an unknown name, a test that needs versions of the problems, which a calibration
            does not have, and for tests of which none flags problems.
    """
    chosen = tests_of(names)
    if "all" in names:
        chosen = [test for test in chosen if VARIANTS not in test.needs or test.name in names]
    for test in chosen:
        if VARIANTS in test.needs:
            raise UserError(
                f"--signals {test.name}: expected a signal without versions of the problems, which "
                "only probe takes; leave it out"
            )
    if not any(test.can_flag for test in chosen):
        known = [t.name for t in TESTS.values() if t.can_flag and VARIANTS not in t.needs]
        raise UserError(
            f"--signals {','.join(names)}: expected a signal that flags problems, such as "
            f"{', '.join(known)}; got none, so that there is nothing to calibrate"
        )
    return chosen


def warn_of_small_null(
    problems: ProblemSet, nulls: Sequence[ProblemSet], tests: Sequence[Test]
) -> None:
    """Log a warning where the null set is so small that no planting can lead to a flag.

    The smallest p-value is 1 / (null problems + 1). Where more problems than are planted would have to
    reach it, nothing is flagged, however strong the evidence. Problems that are longer than the context
    or have no place to cut are counted here: they are known only after planting.
    """
    total = len(without_near_duplicates(problems.problems)[0])
    planted = total // 2
    null = sum(map(len, nulls)) if nulls else (total - planted) // 2
    tested = total if nulls else total - null
    flagging = len(deciding([test.name for test in tests if test.can_flag]))
    if not planted or least_flagged(tested, null, flagging) <= planted:
        return
    signals = "1 signal" if flagging == 1 else f"{flagging} signals"
    if nulls:
        remedy = f"name null sets of at least {_needed(total, planted, flagging)} problems"
    else:
        remedy = (
            f"name a null set of at least {_needed(total, planted, flagging)} problems (--null), take a "
            "larger set"
        )
    _logger.warning(
        "no problem can be flagged: %d null problems are too few for %s and %d planted problems; %s or "
        "fewer signals",
        null,
        signals,
        planted,
        remedy,
    )


def _needed(tested: int, planted: int, tests: int) -> int:
    """The least number of null problems with which all planted problems together can be flagged."""
    size = ceil(tested / planted) * tests
    while least_flagged(tested, size, tests) > planted:
        size += 1
    return size
