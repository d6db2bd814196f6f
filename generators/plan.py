"""What fixes every row of a set: the plan, its master seed, and which plans no set can fulfil."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clean_bench.errors import UserError
from clean_bench.seeds import digest
from generators.family import SPLITS, Family, Notation, Split
from generators.registry import family as family_named


def master_seed(
    *, seed: str | None = None, bind: Sequence[str] = (), round_text: str | None = None
) -> bytes:
    """The 32 bytes from which a whole set follows.

    Args:
        seed: any text, for a set that is reproducible and bound to nothing.
        bind: weights hashes (`clean_bench.checkpoints.weights_sha256`) instead; their order and
            repetitions do not matter.
        round_text: public randomness that was published after the weights were fixed.

    Raises:
        UserError: unless exactly one of `seed` and `bind` is given, or for a round without `bind`.
    """
    if (seed is None) == (not bind):
        raise UserError("give either a seed or checkpoints to bind the set to, and not both")
    if seed is not None:
        if round_text is not None:
            raise UserError(
                "a round is mixed into a set that is bound to checkpoints, not to a seed"
            )
        return digest("master", "seed", seed, length=32)
    labels = ("master", "bind", *sorted(set(bind)))
    if round_text is not None:
        labels = (*labels, "round", round_text)
    return digest(*labels, length=32)


@dataclass(frozen=True)
class Plan:
    """What fixes every row of a set.

    `low` and `high` are the tiers, which take turns; `notation` is how texts are printed.
    """

    family: Family[Any]
    low: int
    high: int
    count: int
    split: Split
    master: bytes
    notation: Notation = "latex"

    def tier(self, index: int) -> int:
        """The tier of a row: tiers take turns."""
        return self.low + index % (self.high - self.low + 1)

    def sizes(self) -> dict[int, int]:
        """How many rows each tier has."""
        whole, rest = divmod(self.count, self.high - self.low + 1)
        return {t: whole + (t - self.low < rest) for t in range(self.low, self.high + 1)}

    def config(self) -> dict[str, Any]:
        """The plan as it stands in the manifest."""
        return {
            "family": self.family.name,
            "version": self.family.version,
            "steps": [self.low, self.high],
            "count": self.count,
            "split": self.split,
            "text": self.notation,
            "master_seed": self.master.hex(),
        }


def plan_of(config: Mapping[str, Any]) -> Plan:
    """The plan that the configuration of a generated set stands for.

    Raises:
        UserError: if the family or this version of it is not known, or the values make no plan.
    """
    family = family_named(config["family"])
    if config["version"] != family.version:
        raise UserError(
            f"the set was made by version {config['version']} of {family.name}, and this is "
            f"version {family.version}"
        )
    low, high = config["steps"]
    master = bytes.fromhex(config["master_seed"])
    plan = Plan(family, low, high, config["count"], config["split"], master, config["text"])
    check(plan)
    return plan


def check(plan: Plan) -> None:
    """Raise `UserError` for a plan that no set can fulfil."""
    family, tiers = plan.family, plan.family.tiers
    if plan.low not in tiers or plan.high not in tiers or plan.low > plan.high:
        given = str(plan.low) if plan.low == plan.high else f"{plan.low}-{plan.high}"
        raise UserError(
            f"--steps {given}: {family.name} has tiers {tiers[0]} to {tiers[-1]}, "
            f"so give one of them or a rising range such as {tiers[0]}-{tiers[-1]}"
        )
    if plan.count < 1:
        raise UserError(f"--count {plan.count}: a set holds at least one problem")
    if plan.split not in SPLITS:
        raise UserError(f"--split {plan.split}: it is one of {', '.join(SPLITS)}")
    if plan.notation not in family.notations:
        raise UserError(
            f"--text {plan.notation}: {family.name} is printed as {' or '.join(family.notations)}"
        )
    for tier, size in plan.sizes().items():
        if size <= 2 ** family.min_bits(tier):
            continue  # there are at least that many; to count them all can take seconds
        space = family.space(tier)
        most = family.most(tier) if space is None else space
        if size > most:
            raise UserError(
                f"--count {plan.count}: {size:,} problems of {tier} steps are wanted, and "
                f"{family.name} has {'at most ' if space is None else ''}{most:,} different ones"
            )
