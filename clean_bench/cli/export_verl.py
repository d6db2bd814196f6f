"""`clean-bench export ARM.toml --to verl`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clean_bench.cli.common import emit, say
from clean_bench.errors import UserError

if TYPE_CHECKING:
    from trainers.verl.arm import Arm

TARGET = "verl"


def export_verl(
    path: Path,
    out: Path,
    chosen: Mapping[str, Any],
    cluster: Mapping[str, int | None],
    *,
    as_json: bool,
) -> None:
    """Export the arm of a file, or an arm of a recipe, and print what was written.

    Args:
        chosen: `arm`, `model` and `seed` of a recipe.
        cluster: `nodes` and `gpus_per_node`, None where the file decides.
    """
    import clean_bench.organisms  # noqa: F401 - registers organism:NAME
    from clean_bench.foreign_files.regular_file import read_text
    from clean_bench.foreign_files.toml_text import LARGEST

    text = read_text(path, LARGEST)
    arm = _read(text, path, chosen)
    given = {name: value for name, value in cluster.items() if value is not None}
    arm = arm.model_copy(update={"cluster": arm.cluster.model_copy(update=given)})

    from trainers.verl.export import export_arm

    exported = export_arm(arm, (path.name, text), out)
    for warning in exported.warnings:
        say(f"warning: {warning}")
    run = exported.run
    data = {
        "out": str(out),
        "to": TARGET,
        "name": run.name,
        "steps": run.config.steps,
        "prompts": exported.prompts,
        "warnings": list(exported.warnings),
        "files": list(exported.files),
        "written": exported.written,
    }
    state = "" if exported.written else ", unchanged from an earlier export"
    lines = [
        f"{out}: {run.config.steps} steps of {run.config.reward} for verl on "
        f"{run.cluster.nodes} x {run.cluster.gpus_per_node} GPUs{state}",
        *exported.files,
        f"next: set MODEL and CHECKPOINTS in {out / 'cluster.env'}, then follow {out / 'README.md'}",
    ]
    emit(as_json, data, "\n".join(lines))


def _read(text: str, path: Path, chosen: Mapping[str, Any]) -> Arm:
    """The arm of a file, or of the recipe that the file holds."""
    from clean_bench.foreign_files.toml_text import decode_toml
    from trainers.verl.arm import parse_arm

    table = decode_toml(text, str(path))
    if "arms" in table:
        from clean_bench.experiments.recipe import parse_recipe
        from clean_bench.experiments.verl_arm import arm_of_recipe

        return arm_of_recipe(parse_recipe(text, str(path)), str(path), **chosen)
    given = [f"--{name}" for name, value in chosen.items() if value is not None]
    if given:
        raise UserError(f"{path}: {', '.join(given)}: expected a recipe with arms, got one arm")
    return parse_arm(table, str(path))
