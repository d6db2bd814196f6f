"""What each test flagged of a set, and whether it could flag anything with its null."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clean_bench.probing.flags import Flag, least_flagged


@dataclass(frozen=True)
class FlagCount:
    """The flags of one test on one set.

    Attributes:
        null_problems: size of the null, near-duplicates counted once.
        flagged: ids of the flagged problems.
        least: the least number of problems that can be flagged at all.
    """

    set: str
    test: str
    decides: bool
    null: str
    null_problems: int
    calibrated: bool
    tested: int
    flagged: Sequence[str]
    least: int

    @property
    def can_flag(self) -> bool:
        """Whether any number of extreme problems would be flagged."""
        return self.least <= self.tested


def count_flags(flags: Iterable[Flag]) -> list[FlagCount]:
    """One count for each set and test, in the order of the flags."""
    groups: dict[tuple[str, str], list[Flag]] = {}
    families: dict[tuple[str, bool], set[str]] = {}
    for flag in flags:
        groups.setdefault((flag.set, flag.test), []).append(flag)
        families.setdefault((flag.set, flag.decides), set()).add(flag.test)
    counts = []
    for (name, test), of_group in groups.items():
        first = of_group[0]
        sharing = len(families[name, first.decides])
        counts.append(
            FlagCount(
                name,
                test,
                first.decides,
                first.null,
                first.null_problems,
                first.calibrated,
                len(of_group),
                [flag.problem_id for flag in of_group if flag.flagged],
                least_flagged(len(of_group), first.null_problems, sharing),
            )
        )
    return counts
