"""`clean-bench generate competition`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clean_bench.cli.common import emit, progress_bar, say
from clean_bench.cli.dry_run import print_cost
from clean_bench.cli.tables import table

if TYPE_CHECKING:
    from clean_bench.checkpoints import Checkpoint
    from generators.competition.plan import MatchedPlan
    from generators.competition.twins import TwinFiles
    from generators.family import Split


@dataclass(frozen=True)
class MatchedOptions:
    """The options of a matched set; None stands for the default.

    `files` are searched for twins; with `drop`, a group with a twin is drawn again.
    """

    profile: str | None
    groups: int | None
    subject: str | None
    level: int | None
    template: str | None
    split: Split
    files: Sequence[str]
    drop: bool

    def plan(self, master: bytes) -> MatchedPlan:
        """The plan; raises as `generators.competition.plan.matched_plan`."""
        from generators.competition.plan import matched_plan

        return matched_plan(
            master,
            profile=self.profile,
            groups=self.groups,
            subject=self.subject,
            level=self.level,
            template=self.template,
            split=self.split,
        )

    def twin_files(self) -> TwinFiles | None:
        """The files, which are read; None if there are none."""
        from generators.competition.twins import TwinFiles

        if not self.files:
            return None
        say(f"reading {', '.join(self.files)}")
        return TwinFiles(self.files, self.drop)


@dataclass(frozen=True)
class PlannedSet:
    """The size of a planned set, for a dry run."""

    groups: int
    templates: int
    problems: int
    cells: Mapping[str, int]
    """Groups by subject and level."""

    def as_data(self) -> dict[str, Any]:
        """The object of the JSON."""
        return dict(vars(self))

    def view(self) -> str:
        """The line above the table."""
        groups = f"{self.groups:,} group{'s' * (self.groups != 1)}"
        templates = f"{self.templates} template{'s' * (self.templates != 1)}"
        return f"{groups} of {templates}: {self.problems:,} problems"


def planned_set(plan: MatchedPlan) -> PlannedSet:
    """The size of the set of a plan."""
    return PlannedSet(
        plan.groups,
        len(plan.drawn),
        plan.count,
        {f"{subject} {level}": count for (subject, level), count in plan.cells.items()},
    )


def dry_run(
    options: MatchedOptions, checkpoints: Sequence[Checkpoint], out: Path, as_json: bool
) -> None:
    """Check the input and print what the set would take.

    Args:
        checkpoints: those whose weights would be hashed.
    """
    from clean_bench.artifacts import Artifact
    from clean_bench.cli.costs import matched_cost
    from clean_bench.problems.problem import KIND

    plan = options.plan(b"dry run")
    files = options.twin_files()
    Artifact.try_folder(out, KIND)
    print_cost(as_json, matched_cost(plan, files, checkpoints), matched=planned_set(plan))


def generate_competition(
    options: MatchedOptions, origin: Mapping[str, Any], out: Path, as_json: bool
) -> None:
    """Draw a matched set and print its account.

    Args:
        origin: `seed`, or `bind`, `names` and `round`.
    """
    from generators.competition.write import generate_matched
    from generators.set_plan import master_seed

    plan = options.plan(
        master_seed(
            seed=origin.get("seed"), bind=origin.get("bind", ()), round_text=origin.get("round")
        )
    )
    files = options.twin_files()
    with progress_bar("generating", plan.count) as bar:
        artifact = generate_matched(plan, origin=origin, out=out, files=files, progress=bar.advance)
    account = artifact.metadata["matched"]
    data = {
        "out": str(out),
        **artifact.config,
        "content_sha256": artifact.manifest["tables"]["problems"]["content_sha256"],
        "matched": account,
    }
    emit(as_json, data, f"{view(account)}\n\n{account['claim']}")


def view(account: Mapping[str, Any]) -> str:
    """The problems of each subject by level, as text."""
    from generators.competition.account import cell_table
    from generators.competition.profile import LEVELS

    headings = ("subject", *(f"level {level}" for level in LEVELS))
    return table(headings, cell_table(account["cells"]))
