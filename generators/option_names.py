"""Options of `generate` that belong to one kind of family only."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from clean_bench.errors import UserError
from generators.competition.plan import FAMILY
from generators.registry import family as family_named

TIERED = frozenset({"steps", "count", "flavor", "text", "workers"})
"""Options of the families with tiers."""
MATCHED = frozenset({"profile", "groups", "subject", "level", "template"})
"""Options of the family `competition`."""


def check_options(
    family: str, given: Collection[str], options: Sequence[str], prefix: str = ""
) -> None:
    """Refuse options that belong to the other kind of family.

    Args:
        given: names of the options that have a value.
        options: names of all options, in the order in which the error lists those that fit.
        prefix: what stands before a name: `--` on a command line.

    Raises:
        UserError: for an unknown family, with the names like it, or naming the option.
    """
    if family == FAMILY:
        fitting = [f"{prefix}{name}" for name in options if name not in TIERED]
        wrong = TIERED & set(given)
        instead = f"a matched set takes {', '.join(fitting[:-1])} and {fitting[-1]}"
    else:
        family_named(family)
        wrong = MATCHED & set(given)
        instead = f"it belongs to the family {FAMILY}"
    if wrong:
        raise UserError(f"{prefix}{min(wrong)}: not an option of {family}: {instead}")
