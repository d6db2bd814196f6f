"""The graders by name: how each finds an answer, and what it can say of it at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from clean_bench.errors import UserError
from clean_bench.grading import equality
from clean_bench.grading.compat import spurious_rewards
from clean_bench.grading.extract import extract


@dataclass(frozen=True)
class Grader:
    """One way of grading.

    `read` gives the answer in a response to a gold answer, None where there is none; a grader without
    it (None) is given the whole response and finds the answer itself. `settle` says quickly whether
    (gold, answer) are equal, or None where the worker process has to be asked (`judges`).
    """

    name: str
    read: Callable[[str, str], str | None] | None
    settle: Callable[[str, str], bool | None]
    summary: str


GRADERS: Mapping[str, Grader] = {
    entry.name: entry
    for entry in (
        Grader(
            "clean-bench",
            lambda gold, response: extract(response),
            equality.settle,
            "this project's extraction and equality",
        ),
        Grader(
            "math-verify",
            None,
            lambda gold, response: None,
            "the plain library's word on the whole response",
        ),
        Grader(
            "spurious-rewards",
            spurious_rewards.read,
            spurious_rewards.settle,
            "the rules of the code of Spurious Rewards (2506.10947)",
        ),
    )
}


def named(name: str) -> Grader:
    """The grader of a name.

    Raises:
        UserError: listing the graders, if there is none of that name.
    """
    if name not in GRADERS:
        raise UserError(f"no grader is called {name!r}; there are {', '.join(GRADERS)}")
    return GRADERS[name]
