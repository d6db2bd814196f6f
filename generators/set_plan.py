"""The plan of a set: everything that determines its rows, with the master seed and the tiers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clean_bench.checkpoints import Checkpoint
from clean_bench.errors import UserError
from clean_bench.seeds import digest
from generators.family import SPLITS, Family, Notation, Split
from generators.registry import family as family_named


def parse_steps(text: str, tiers: range, option: str = "--steps") -> tuple[int, int]:
    """Parse `5` or `5-10` to the lowest and the highest tier.

    Raises:
        UserError: naming `option`, if the text has neither form or a tier is not in `tiers`.
    """
    match = re.fullmatch(r"([0-9]{1,6})(?:-([0-9]{1,6}))?", text.strip())
    low, high = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if low not in tiers or high not in tiers or low > high:
        raise UserError(
            f"{option} {text}: expected a number of steps from {tiers[0]} to {tiers[-1]}, or a range "
            f"such as {tiers[0]}-{tiers[-1]}"
        )
    return low, high


def master_seed(
    *, seed: str | None = None, bind: Sequence[str] = (), round_text: str | None = None
) -> bytes:
    """The 32 bytes that determine a whole set.

    Args:
        seed: any text, for a reproducible set that is bound to no checkpoint.
        bind: weights hashes (`clean_bench.checkpoints.weights_sha256`) instead of a seed. Order and
            repetitions do not matter.
        round_text: public randomness that was published after the weights were fixed.

    Raises:
        UserError: unless exactly one of `seed` and `bind` is set, or for a round without `bind`.
    """
    if (seed is None) == (not bind):
        raise UserError(
            "expected either a seed or checkpoints to bind the set to, got both or none"
        )
    if seed is not None:
        if round_text is not None:
            raise UserError(
                "expected checkpoints with a round, got a seed: leave out one of the two"
            )
        return digest("master", "seed", seed, length=32)
    labels = ("master", "bind", *sorted(set(bind)))
    if round_text is not None:
        labels = (*labels, "round", round_text)
    return digest(*labels, length=32)


def bound_origin(
    checkpoints: Sequence[Checkpoint], round_text: str | None = None
) -> dict[str, Any]:
    """The origin of a set that is bound to checkpoints: their hashes and names, and the round."""
    origin: dict[str, Any] = {
        "bind": sorted({checkpoint.weights_sha256 for checkpoint in checkpoints}),
        "names": [checkpoint.name for checkpoint in checkpoints],
    }
    return origin if round_text is None else {**origin, "round": round_text}


@dataclass(frozen=True)
class SetPlan:
    """Everything that determines the rows of a set.

    Row i has tier `low` + i modulo the number of tiers; `notation` is how the texts are printed.
    """

    family: Family[Any]
    low: int
    high: int
    count: int
    split: Split
    master: bytes
    notation: Notation = "latex"

    def tier_of(self, index: int) -> int:
        """The tier of a row."""
        return self.low + index % (self.high - self.low + 1)

    def tier_counts(self) -> dict[int, int]:
        """The number of rows of each tier."""
        whole, rest = divmod(self.count, self.high - self.low + 1)
        return {t: whole + (t - self.low < rest) for t in range(self.low, self.high + 1)}

    def config(self) -> dict[str, Any]:
        """The plan as stored in the manifest."""
        return {
            "family": self.family.name,
            "version": self.family.version,
            "steps": [self.low, self.high],
            "count": self.count,
            "split": self.split,
            "text": self.notation,
            "master_seed": self.master.hex(),
        }


def plan_from_config(config: Mapping[str, Any]) -> SetPlan:
    """Read the plan of a generated set from its configuration.

    Raises:
        UserError: for an unknown family, another version of it, or values that `check_plan` rejects.
    """
    family = family_named(config["family"])
    if config["version"] != family.version:
        raise UserError(
            f"expected a set of {family.name} version {family.version}, got one of version "
            f"{config['version']}: use the release of clean-bench that made it"
        )
    low, high = config["steps"]
    master = bytes.fromhex(config["master_seed"])
    plan = SetPlan(family, low, high, config["count"], config["split"], master, config["text"])
    check_plan(plan)
    return plan


def check_plan(plan: SetPlan) -> None:
    """Raise `UserError` for a plan that no set can fulfil."""
    family, tiers = plan.family, plan.family.tiers
    if plan.low not in tiers or plan.high not in tiers or plan.low > plan.high:
        steps = str(plan.low) if plan.low == plan.high else f"{plan.low}-{plan.high}"
        raise UserError(
            f"--steps {steps}: {family.name} has tiers {tiers[0]} to {tiers[-1]}: choose one of them "
            f"or a rising range such as {tiers[0]}-{tiers[-1]}"
        )
    if plan.count < 1:
        raise UserError(f"--count {plan.count}: expected at least 1")
    if plan.split not in SPLITS:
        raise UserError(f"--split {plan.split}: expected {', '.join(SPLITS)}")
    if plan.notation not in family.notations:
        raise UserError(
            f"--text {plan.notation}: expected {' or '.join(family.notations)} for {family.name}"
        )
    for tier, count in plan.tier_counts().items():
        if count <= 2 ** family.min_bits(tier):
            continue  # the tier has at least 2^min_bits forms; an exact count can take seconds
        space = family.space(tier)
        most = family.most(tier) if space is None else space
        if count > most:
            raise UserError(
                f"--count {plan.count}: {count:,} problems of {tier} steps are too many: "
                f"{family.name} has {'at most ' if space is None else ''}{most:,} different ones"
            )
