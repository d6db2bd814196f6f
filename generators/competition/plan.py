"""The plan of a matched set: which template and style each group has.

Everything follows from the master seed, the profile and the number of groups. Groups are shared out over
the cells of the profile (subject and level) by the largest remainder. `allocation` shares them out over
the templates of a cell, `selection` chooses the texts. Styles are quotas: of n groups of a subject, the
share of the profile has them, rounded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any, NamedTuple

from clean_bench.errors import UserError
from clean_bench.seeds import digest, stream
from generators.competition.allocation import allocate
from generators.competition.printing import Style
from generators.competition.profile import DEFAULT, LEVELS, Profile, profile_named
from generators.competition.registry import template_named, templates
from generators.competition.template import SUBJECTS, Template
from generators.family import SPLITS, Split
from generators.suggestions import did_you_mean

FAMILY = "competition"
VARIANTS = 5
DEFAULT_GROUPS = 258
MOST_GROUPS = 200_000
_LINKED = {"wide": "breaks", "commas": "breaks", "glued": "breaks"}
"""In MATH the texts of one editor have these together."""


class Group(NamedTuple):
    """One group of variants: its template, how it is printed, and the logarithm of the characters
    that its text should have, in thousandths. Whether bare numbers stand in dollar signs is open
    (`selection`). `redraw` counts the earlier draws of the group that had a twin in a file
    (`redraws`)."""

    number: int
    template: Template
    style: Style
    length: int
    redraw: int = 0


@dataclass(frozen=True)
class MatchedPlan:
    """Everything that determines the rows of a matched set.

    `subject`, `level` and `template` restrict the set; None takes all. The splits train and eval
    share no computation; a set of the split train is training data, and has the role train.
    """

    profile: Profile
    groups: int
    master: bytes
    subject: str | None = None
    level: int | None = None
    template: str | None = None
    split: Split = "all"

    def config(self) -> dict[str, Any]:
        """The plan as stored in the manifest; `templates` has the versions of all that are used."""
        return {
            "family": FAMILY,
            "role": "train" if self.split == "train" else "matched",
            "profile": self.profile.name,
            "groups": self.groups,
            "variants": VARIANTS,
            "subject": self.subject,
            "level": self.level,
            "template": self.template,
            "split": self.split,
            "templates": {template.name: template.version for template in self.used},
            "master_seed": self.master.hex(),
        }

    @property
    def count(self) -> int:
        """The number of rows."""
        return self.groups * VARIANTS

    @cached_property
    def used(self) -> Sequence[Template]:
        """The templates of the set, in the order of the registry."""
        wanted = [template_named(self.template)] if self.template else list(templates().values())
        return [
            template
            for template in wanted
            if self.subject in (None, template.subject) and self.level in (None, template.level)
        ]

    @cached_property
    def cells(self) -> Mapping[tuple[str, int], int]:
        """The number of groups of each cell that has templates."""
        available = {(template.subject, template.level) for template in self.used}
        weights = {
            cell: self.profile.cells[cell] for cell in self.profile.cells if cell in available
        }
        if not sum(weights.values()):
            weights = dict.fromkeys(weights, 1)
        return shares(weights, self.groups)

    @cached_property
    def all_groups(self) -> Sequence[Group]:
        """The groups in the order of the rows."""
        chosen: list[tuple[Template, int]] = []
        members = {
            cell: [t for t in self.used if (t.subject, t.level) == cell] for cell in self.cells
        }
        rich = {
            cell: (members[cell], count)
            for cell, count in self.cells.items()
            if count >= 2 * len(members[cell]) > 2
        }
        allocated = allocate(rich, self.profile.targets)
        for (subject, level), count in self.cells.items():
            cell = members[subject, level]
            start = self._below(len(cell), "start", subject, level)
            order = self.permutation(count, "length", subject, level)
            if (subject, level) in rich:
                sequence = [t for t in cell for _ in range(allocated[t.name])]
            else:
                sequence = [cell[(start + number) % len(cell)] for number in range(count)]
            for number, template in enumerate(sequence):
                length = self.profile.length_at(subject, level, order[number], count)
                chosen.append((template, length))
        # In random order, the first problems of a set (`--limit`) are a sample of all its cells.
        ranks = self.permutation(len(chosen), "order")
        chosen = [pair for _, pair in sorted(zip(ranks, chosen, strict=True), key=itemgetter(0))]
        styles = self._styles([template.subject for template, _ in chosen])
        return [
            Group(index, template, styles[index], length)
            for index, (template, length) in enumerate(chosen)
        ]

    @cached_property
    def drawn(self) -> frozenset[str]:
        """The names of the templates that have a group."""
        return frozenset(group.template.name for group in self.all_groups)

    def _styles(self, subjects: Sequence[str]) -> list[Style]:
        flags: list[dict[str, bool]] = [{} for _ in subjects]
        for subject in dict.fromkeys(subjects):
            rows = [index for index, other in enumerate(subjects) if other == subject]
            for field in self.profile.styles[subject]:
                order = self.permutation(len(rows), "style", subject, _LINKED.get(field, field))
                quota = round(self.profile.styles[subject][field] * len(rows))
                for place, index in enumerate(rows):
                    flags[index][field] = order[place] < quota
        return [Style(**flag) for flag in flags]

    def entropy(self, group: Group) -> Callable[..., bytes]:
        """The random bytes of a group, by labels: see `draw`."""
        template = group.template
        again = ("again", group.redraw) if group.redraw else ()
        return stream("matched", self.master, template.name, template.version, group.number, *again)

    def _below(self, n: int, *labels: str | int) -> int:
        return int.from_bytes(digest("plan", self.master, *labels, length=16), "big") % n

    def permutation(self, n: int, *labels: str | int) -> list[int]:
        """The rank of each of n places, in random order."""
        keys = [digest("plan", self.master, *labels, place, length=16) for place in range(n)]
        ranks = [0] * n
        for rank, place in enumerate(sorted(range(n), key=keys.__getitem__)):
            ranks[place] = rank
        return ranks


def shares(weights: Mapping[Any, float], total: int) -> dict[Any, int]:
    """Whole numbers with that total, in proportion to the weights by the largest remainder."""
    whole = sum(weights.values())
    exact = {key: weight * total / whole for key, weight in weights.items()}
    counts = {key: int(value) for key, value in exact.items()}
    rest = sorted(exact, key=lambda key: counts[key] - exact[key])
    for key in rest[: total - sum(counts.values())]:
        counts[key] += 1
    return {key: count for key, count in counts.items() if count}


def matched_plan(
    master: bytes,
    *,
    profile: str | None = None,
    groups: int | None = None,
    subject: str | None = None,
    level: int | None = None,
    template: str | None = None,
    split: Split = "all",
) -> MatchedPlan:
    """The plan of the options of a command; None stands for the default.

    Raises:
        UserError: for an unknown profile or template, or values that `check_plan` rejects.
    """
    count = DEFAULT_GROUPS if groups is None else groups
    plan = MatchedPlan(
        profile_named(profile or DEFAULT), count, master, subject, level, template, split
    )
    check_plan(plan)
    return plan


def plan_from_config(config: Mapping[str, Any]) -> MatchedPlan:
    """The plan of a stored set.

    Raises:
        UserError: for an unknown template, another version of one, or values that `check_plan` rejects.
    """
    plan = MatchedPlan(
        profile_named(config["profile"]),
        config["groups"],
        bytes.fromhex(config["master_seed"]),
        config["subject"],
        config["level"],
        config["template"],
        config["split"],
    )
    check_plan(plan)
    versions = {template.name: template.version for template in plan.used}
    stored = config["templates"]
    if others := sorted(versions.keys() ^ stored.keys()):
        raise UserError(
            f"templates: expected the {len(versions)} that subject, level and template select in this "
            f"release, got {len(stored)}; they differ in {', '.join(others[:5])}"
        )
    if changed := sorted(name for name in versions if versions[name] != stored[name]):
        raise UserError(
            f"expected the templates of this release, got another version of {', '.join(changed[:5])}: "
            "use the release of clean-bench that made the set"
        )
    return plan


def check_plan(plan: MatchedPlan) -> None:
    """Raise `UserError` for a plan that no set can fulfil."""
    if type(plan.groups) is not int or not 1 <= plan.groups <= MOST_GROUPS:
        raise UserError(f"--groups {plan.groups}: expected 1 to {MOST_GROUPS:,}")
    if plan.split not in SPLITS:
        raise UserError(f"--split {plan.split}: expected {', '.join(SPLITS)}")
    if plan.subject is not None and plan.subject not in SUBJECTS.values():
        hint = did_you_mean(str(plan.subject), SUBJECTS.values())
        raise UserError(f"--subject {plan.subject}: expected {', '.join(SUBJECTS.values())}{hint}")
    if plan.level is not None and (type(plan.level) is not int or plan.level not in LEVELS):
        raise UserError(f"--level {plan.level}: expected {LEVELS[0]} to {LEVELS[-1]}")
    if not plan.used:
        raise UserError(
            "--subject, --level and --template: expected a template that has them all, got none"
        )
