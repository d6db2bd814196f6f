"""Draw a matched set and search each group for twins; with `drops`, a group with a twin is drawn again.

A later draw of a group differs from the first in its random bytes (`MatchedPlan.entropy`), and has the
same template, text and style. The computations of a dropped draw may occur in later groups.

A draw of a group is dropped with its five items. If a draw is kept with probability k, a computation of
an item of a kept group has at most 1/k times the probability that it has in a draw. The expected number
of draws for a kept group is 1/k, so the draws of a template over its groups estimate that factor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from clean_bench.errors import UserError
from generators.competition.draw import DrawnRow, draw_group
from generators.competition.plan import MatchedPlan
from generators.competition.selection import select
from generators.competition.twins import TwinSearch

MOST_REDRAWS = 1_000
"""Draws of a group after which all computations of its template count as twins."""


class SearchedGroup(NamedTuple):
    """The rows of a group, and its twins: with `drops` those of its dropped draws, else of the rows."""

    rows: Sequence[DrawnRow]
    twins: Sequence[Mapping[str, Any]]


def draw_searched(plan: MatchedPlan, search: TwinSearch | None) -> Iterator[SearchedGroup]:
    """Every group in order; without a search, no group has twins.

    Raises:
        UserError: if a template has no new computation left.
    """
    seen: set[str] = set()
    for group, selected in zip(plan.all_groups, select(plan), strict=True):
        twins: list[Mapping[str, Any]] = []
        for redraw in range(MOST_REDRAWS):
            rows = draw_group(plan, group._replace(redraw=redraw), selected, seen)
            if search is None:
                break
            twins_now = list(search.twins((row.problem for row in rows), redraw))
            twins += twins_now
            if not (twins_now and search.drops):
                break
            seen.difference_update(row.canonical for row in rows)
        else:
            raise UserError(
                f"--drop: {MOST_REDRAWS:,} draws of a group of {group.template.name} all had a twin in "
                "a file: leave out --drop or the file"
            )
        yield SearchedGroup(rows, twins)
