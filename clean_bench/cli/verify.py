"""`clean-bench verify`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clean_bench import __version__
from clean_bench.cli.common import emit, output_options, say
from clean_bench.cli.options import ModelOptions, model_options, names_of
from clean_bench.cli.terminal_text import inert
from clean_bench.errors import UserError

if TYPE_CHECKING:
    from clean_bench.artifacts import Artifact, Verification

_SHOWN = 20
"""Failures that are printed; the JSON output has all."""


@click.command("verify")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--bind",
    multiple=True,
    metavar="CHECKPOINT,...",
    help="For a generated set: check that it was derived from the weights of exactly these "
    "checkpoints; separate several by commas, or repeat the option.",
)
@click.option(
    "--regenerate",
    type=click.IntRange(min=1),
    metavar="N",
    help="Also run N completions of every score, N rows of every probe and the first step of every "
    "training again on their checkpoints.",
)
@click.option(
    "--regenerate-seed",
    metavar="TEXT",
    help="Decides which rows, together with the identity of the folder.  [default: a random text, "
    "which is printed, so that nobody can forge around the rows]",
)
@click.option(
    "--checkpoint",
    metavar="CHECKPOINT",
    help="For --regenerate: the checkpoint, or the base of a run or training.  [default: the recorded "
    "name]",
)
@model_options
@output_options
def command(
    folder: Path,
    bind: tuple[str, ...],
    regenerate: int | None,
    regenerate_seed: str | None,
    checkpoint: str | None,
    model: ModelOptions,
    as_json: bool,
) -> None:
    """Verify any folder that clean-bench wrote.

    Compares every byte with the manifest, then recomputes every number from the stored rows: it
    generates a set again from its seed, grades completions again, compares a probe's suffixes again,
    builds a report's table and page again. Of a run it also compares every part with the recipe and
    with the other parts. Exit status 0 if all checks pass, else 1, with each file or row that failed.

    \b
    clean-bench verify runs/demo
    clean-bench verify S --regenerate 20
    clean-bench verify S --regenerate 20 --checkpoint models/mine --dtype bfloat16
    clean-bench verify F --bind organism:reciter

    With --regenerate the stored completions are compared with the checkpoint token by token, and its
    weights with the recorded hash before anything runs. The engine, its data type and batch size are
    those of the artifact unless they are named. Rounding differs between batches and devices: a
    completion that differs is read by the checkpoint, and fails if one of its tokens is further from
    the sampler's choice than rounding explains (with vllm: if more completions differ than flip between
    two batch sizes here). Of a training step 0 is repeated, rollouts and update; later steps start from
    weights that are not stored.

    Prints the identity of the folder, a hash of its configuration and rows that leaves out times and
    versions: publish it to show later that the folder is still the same one. The last lines list what
    no check of a folder can prove.
    """
    import clean_bench.organisms  # noqa: F401 - registers organism:NAME
    from clean_bench.artifacts import Artifact, verification
    from clean_bench.checkpoints import resolve_checkpoint
    from clean_bench.cli.regenerate import prepare, regenerate_all
    from clean_bench.experiments.scopes import scopes
    from clean_bench.experiments.verify import checks

    checkpoints = [resolve_checkpoint(name) for name in names_of(bind)]
    weights = {checkpoint.name: checkpoint.weights_sha256 for checkpoint in checkpoints}
    plan = prepare(folder, regenerate, regenerate_seed, checkpoint, model)
    verified = verification(folder, checks(), scopes())
    failures = list(verified.failures)
    artifact = None if failures else Artifact.load(folder)
    kind = artifact.kind if artifact else None
    freshness = artifact.metadata.get("freshness") if artifact else None
    if artifact and bind:
        from generators.checks import verify_binding

        failures = list(verify_binding(artifact, weights))
    regenerated = regenerate_all(plan) if plan and not failures else None
    lines = regenerated.lines() if regenerated else []
    if regenerated and regenerated.failures:
        failures = regenerated.failures
        for line in lines:
            click.echo(inert(line), err=True)
    emit(
        as_json,
        {
            "folder": str(folder),
            "kind": kind,
            "ok": not failures,
            **({"bind": weights} if bind else {}),
            **({"freshness": freshness} if freshness else {}),
            "identity_sha256": artifact.manifest["identity_sha256"] if artifact else None,
            "version": _version(artifact) if artifact else None,
            "checked": dict(verified.checked),
            "not_checked": list(verified.not_checked),
            **({"regenerated": regenerated.as_json()} if regenerated else {}),
            "failures": [{"where": failure.where, "what": failure.what} for failure in failures],
        },
        None
        if failures or not artifact
        else "\n".join(_lines(folder, artifact, bind, verified, lines)),
    )
    for failure in failures[:_SHOWN]:
        click.echo(inert(f"{folder}: {failure}"), err=True)
    if len(failures) > _SHOWN:
        click.echo(inert(f"{folder}: and {len(failures) - _SHOWN} more"), err=True)
    if failures:
        writer = _writer(folder)
        if writer not in ("unknown", __version__):
            say(
                f"{folder}: written by clean-bench {writer}, verified by {__version__}; rules of "
                "grading change between versions: verify it with the version that wrote it as well"
            )
        raise click.exceptions.Exit(1)


def _lines(
    folder: Path,
    artifact: Artifact,
    bind: tuple[str, ...],
    verified: Verification,
    regenerated: Sequence[str],
) -> list[str]:
    """What is printed where every check passed."""
    bound = inert(f", bound to {', '.join(bind)}") if bind else ""
    lines = [
        f"{inert(str(folder))}: {artifact.kind}, all checks passed{bound}",
        f"identity: sha256 {artifact.manifest['identity_sha256']}",
        f"written by: clean-bench {inert(_version(artifact))}",
    ]
    counted = [f"{count:,} {phrase}" for phrase, count in verified.checked.items()]
    if counted:
        lines.append(f"checked: {'; '.join(counted)}")
    lines += map(inert, regenerated)
    if verified.not_checked:
        beyond = " beyond the regenerated rows" if regenerated else ""
        phrases = [f"  - {inert(phrase)}" for phrase in verified.not_checked]
        lines += [f"not checked{beyond}:", *phrases]
    return lines


def _writer(folder: Path) -> str:
    """The version that wrote a folder whose check failed; "unknown" where it cannot be read."""
    from clean_bench.artifacts import Artifact

    try:
        return _version(Artifact.load(folder))
    except (UserError, KeyError, TypeError, AttributeError):
        return "unknown"


def _version(artifact: Artifact) -> str:
    """The version of clean-bench that wrote an artifact, as its manifest states it."""
    return str(artifact.manifest["environment"]["packages"].get("clean-bench", "unknown"))
