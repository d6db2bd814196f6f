"""`clean-bench export`."""

from __future__ import annotations

from pathlib import Path

import click

from clean_bench.cli.common import emit, output_options
from clean_bench.exports import TARGETS, Exported


@click.command("export")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--to",
    "target",
    type=click.Choice(TARGETS),
    required=True,
    help="What is to read the problems.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder to write; with --to jsonl, the file. It must not be there, or be empty.",
)
@click.option(
    "--name",
    help="Name of the task (letters, digits, - and _). Default: the set's family and folder.",
)
@output_options
def command(folder: Path, target: str, out: Path, name: str | None, as_json: bool) -> None:
    """Write a problem set in the form of another tool.

    \b
    clean-bench export fresh --to lm-eval --name fresh-sums --out tasks/fresh-sums
    clean-bench export fresh --to jsonl --out fresh.jsonl

    DIR is a problem-set folder, as `generate` writes it. lm-eval: a task folder for `lm_eval
    --include_path`. verifiers: an environment package for `pip install`. jsonl: one JSON object a
    problem, with every column. Responses are scored exactly there too (0.5 is 1/2, 0.667 is not 2/3).
    Each export carries the content hash of the set, which is the SHA-256 of its file of rows. The same
    line again leaves a finished export as it is.
    """
    from clean_bench.exports import export

    exported = export(folder, target, out, name)
    source = exported.source
    emit(
        as_json,
        {
            "out": str(out),
            "to": target,
            "name": exported.name,
            "problems": len(source.rows),
            "content_sha256": source.content_sha256,
            "freshness_claim": source.claim,
            "files": list(exported.files),
            "written": exported.written,
        },
        _text(exported, target),
    )


def _text(exported: Exported, target: str) -> str:
    """What was done, and how to go on."""
    out, name = exported.out, exported.name
    done = f"{len(exported.source.rows)} problems for {target}"
    if not exported.written:
        done += ", there already and left as they are"
    lines = [f"{out}: {done} (content {exported.source.content_sha256})"]
    if target == "lm-eval":
        lines.append(f"lm_eval --include_path {out} --tasks {name} --model hf --model_args ...")
    if target == "verifiers":
        lines.append(f"pip install {out} && vf-eval {name} --model ...")
    return "\n".join(lines)
