"""`clean-bench export`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from clean_bench.cli.common import emit, output_options
from clean_bench.cli.export_verl import TARGET as VERL
from clean_bench.cli.export_verl import export_verl
from clean_bench.errors import UserError
from clean_bench.exports import SCORES, TARGETS, ExportResult

_OF_VERL = ("arm", "model", "seed", "nodes", "gpus_per_node")
"""Options that only an export to verl takes."""


@click.command("export")
@click.argument("folder", metavar="DIR_OR_FILE", type=click.Path(path_type=Path))
@click.option(
    "--to",
    "target",
    type=click.Choice((*TARGETS, *SCORES, VERL)),
    required=True,
    help="The tool that reads the export.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder to write; with --to jsonl, the file. It must be empty or absent.",
)
@click.option(
    "--name",
    help="Name of the task (letters, digits, - and _); of scores, the model as DEVELOPER/MODEL.  "
    "[default: from the set's family and folder, or the checkpoint]",
)
@click.option("--arm", metavar="NAME", help="verl: the arm of a recipe.")
@click.option("--model", metavar="NAME", help="verl: the model of a recipe.")
@click.option("--seed", type=click.IntRange(min=0), help="verl: the seed of a recipe.")
@click.option("--nodes", type=click.IntRange(1, 10_000), help="verl: machines of the cluster.")
@click.option("--gpus-per-node", type=click.IntRange(1, 64), help="verl: GPUs of each machine.")
@output_options
def command(
    folder: Path, target: str, out: Path, name: str | None, as_json: bool, **of_verl: Any
) -> None:
    """Export a problem set, scores, or an arm to train, to the format of another tool.

    \b
    clean-bench export fresh --to lm-eval --name fresh-sums --out tasks/fresh-sums
    clean-bench export fresh --to jsonl --out fresh.jsonl
    clean-bench export scores --to every-eval-ever --name Qwen/Qwen2.5-Math-7B --out eee
    clean-bench export scores --to eval-results --out model-card
    clean-bench export ARM.toml --to verl --nodes 2 --gpus-per-node 8 --out verl-run

    Of a problem set: DIR is a problem-set folder, as `generate` writes it. lm-eval: a task folder for
    `lm_eval --include_path`. verifiers: an environment package for `pip install`. jsonl: one JSON
    object per problem, with all columns. The exports score responses exactly (0.5 is 1/2, 0.667 is not
    2/3); where answers are no plain numbers they need clean-bench beside the tool. Each export holds
    the content hash of the set, which is the SHA-256 of its row file.

    Of scores: DIR is a folder of `score`. every-eval-ever: results and samples in the schema 0.3.0 of
    Every Eval Ever. eval-results: the .eval_results/*.yaml files of a model on the hub, for public
    benchmarks that were scored as a whole; check their task_id against the benchmark's eval.yaml.

    Of an arm: DIR_OR_FILE is a TOML file with checkpoint, data, [train] (the keys of train --set, with
    reward and steps) and [cluster]; or a recipe of `run`, with --arm. verl: a folder that trains the arm
    on a Ray cluster with verl 0.9.1, without clean-bench's trainer. What verl cannot express is refused
    by name.

    Rerunning the same command leaves a finished export unchanged.
    """
    from clean_bench.exports import export, export_scores

    if target == VERL:
        chosen = {key: of_verl[key] for key in ("arm", "model", "seed")}
        cluster = {key: of_verl[key] for key in ("nodes", "gpus_per_node")}
        if name is not None:
            raise UserError(
                f"--name needs --to {' or '.join((*TARGETS, *SCORES))}: an arm has its own"
            )
        export_verl(folder, out, chosen, cluster, as_json=as_json)
        return
    given = [f"--{key.replace('_', '-')}" for key in _OF_VERL if of_verl[key] is not None]
    if given:
        raise UserError(f"{', '.join(given)}: expected --to {VERL}, got --to {target}")
    if target in SCORES:
        of_scores = export_scores(folder, target, out, name)
        model, files = of_scores.scores.model, list(of_scores.files)
        data = {"out": str(out), "to": target, "model": model, "files": files}
        state = "" if of_scores.written else ", unchanged from an earlier export"
        text = f"{out}: {model} for {target}{state}\n" + "\n".join(files)
        emit(as_json, {**data, "written": of_scores.written}, text)
        return
    exported = export(folder, target, out, name)
    problem_set = exported.problem_set
    emit(
        as_json,
        {
            "out": str(out),
            "to": target,
            "name": exported.name,
            "problems": len(problem_set.rows),
            "content_sha256": problem_set.content_sha256,
            "claim": problem_set.claim,
            "files": list(exported.files),
            "written": exported.written,
        },
        _text(exported, target),
    )


def _text(exported: ExportResult, target: str) -> str:
    """A summary, and the command that uses the export."""
    out, name = exported.out, exported.name
    problem_set = exported.problem_set
    summary = f"{len(problem_set.rows)} problems for {target}"
    if not exported.written:
        summary += ", unchanged from an earlier export"
    lines = [f"{out}: {summary} (content {problem_set.content_sha256})"]
    if target == "lm-eval":
        lines.append(f"lm_eval --include_path {out} --tasks {name} --model hf --model_args ...")
    if target == "verifiers":
        lines.append(f"pip install {out} && vf-eval {name} --model ...")
    return "\n".join(lines)
