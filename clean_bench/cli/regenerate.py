"""The part of `clean-bench verify` that runs a checkpoint: `--regenerate N`."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clean_bench.artifacts import Artifact, Failure
from clean_bench.cli.common import progress_bar
from clean_bench.cli.options import ModelOptions
from clean_bench.errors import UserError

if TYPE_CHECKING:
    from clean_bench.experiments.regenerate import Agreement, Part


@dataclass(frozen=True)
class Regeneration:
    """What is to be regenerated: `count` rows of each part, which follow from `seed`."""

    parts: Sequence[Part]
    count: int
    seed: str
    settings: dict[str, Any]


@dataclass(frozen=True)
class Regenerated:
    """The agreement of each part."""

    agreements: Sequence[Agreement]
    count: int
    seed: str

    @property
    def failures(self) -> list[Failure]:
        """The failures of all parts, with the folder of each."""
        return [
            Failure(failure.where if a.part == "." else f"{a.part}/{failure.where}", failure.what)
            for a in self.agreements
            for failure in a.failures
        ]

    def lines(self) -> list[str]:
        """One line per part, for people."""
        return [
            f"regenerated {self.count} rows of each part; --regenerate-seed {self.seed} takes the same:",
            *(f"  {agreement}" for agreement in self.agreements),
        ]

    def as_json(self) -> dict[str, Any]:
        parts = [agreement.as_json() for agreement in self.agreements]
        return {"count": self.count, "seed": self.seed, "parts": parts}


def prepare(
    folder: Path, count: int | None, seed: str | None, checkpoint: str | None, model: ModelOptions
) -> Regeneration | None:
    """Find the checkpoints and compare their weights, before anything runs; None without a count.

    Raises:
        UserError: as `experiments.regenerate.parts_of`, for an option without `--regenerate`, and for a
            server, which offers no weights.
    """
    given = model.given()
    if count is None:
        named = {"checkpoint": checkpoint, "regenerate_seed": seed, **given}
        unused = [name for name, value in named.items() if value is not None]
        if unused:
            option = f"--{unused[0].replace('_', '-')}"
            raise UserError(
                f"{option}: expected --regenerate N beside it; add it or leave this out"
            )
        return None
    model.engine.require_weights("--regenerate")
    from clean_bench.experiments.regenerate import parts_of

    revision = given.pop("revision", None)
    if revision is not None and checkpoint is None:
        raise UserError("--revision: expected --checkpoint beside it; name the checkpoint")
    try:
        parts = parts_of(Artifact.load(folder), checkpoint, revision)
    except UserError:
        raise
    # A forged manifest may lack anything; `verify` then names what is wrong with it.
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise UserError(
            f"{folder}: expected a folder whose parts name their checkpoints, got another "
            f"({' '.join(reason.split())[:200]}); verify it without --regenerate"
        ) from None
    return Regeneration(parts, count, seed or secrets.token_hex(8), given)


def regenerate_all(plan: Regeneration) -> Regenerated:
    """Run every part, with progress."""
    from clean_bench.experiments.regenerate import regenerate

    with progress_bar("regenerating", len(plan.parts)) as bar:
        begun: list[str] = []

        def begin(key: str) -> None:
            bar.move_to(len(begun), key)
            begun.append(key)

        agreements = list(
            regenerate(plan.parts, plan.count, plan.seed, settings=plan.settings, begun=begin)
        )
        bar.move_to(len(plan.parts))
    return Regenerated(agreements, plan.count, plan.seed)
