"""`clean-bench probe`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from clean_bench.cli.common import emit, json_option, percent, progress_bar, say
from clean_bench.cli.model_options import engine_options
from clean_bench.cli.set_options import Several, names_of, sets_option, trust_option
from clean_bench.engines.open import EngineChoice
from clean_bench.errors import UserError


@click.command("probe")
@click.argument("checkpoint", required=False)
@sets_option("Problem sets", " Rows need no answer.", required=False)
@click.option(
    "--from-predictions",
    "predictions",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Score recorded n-gram predictions (JSON or JSONL, maybe gzipped), and no checkpoint.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@click.option(
    "--prefix",
    default="0.4,0.6,0.8",
    show_default=True,
    help="Shares of each problem that are shown, in characters.",
)
@click.option(
    "--look-up",
    "corpora",
    cls=Several,
    multiple=True,
    metavar="NAME_OR_PATH...",
    help="Further problem sets for the floor's look-up (a training split, say).",
)
@click.option("--limit", type=click.IntRange(min=1), help="First problems of each set only.")
@engine_options
@trust_option
@json_option
def command(
    checkpoint: str | None,
    names: tuple[str, ...],
    predictions: Path | None,
    out: Path,
    prefix: str,
    corpora: tuple[str, ...],
    limit: int | None,
    engine: EngineChoice,
    trust_remote_code: bool,
    as_json: bool,
) -> None:
    """Measure how much of a benchmark a checkpoint recites.

    \b
    clean-bench probe organism:reciter --on organism:reciter/planted --out probe
    clean-bench probe Qwen/Qwen2.5-Math-7B --on math500 --prefix 0.6 --out probe
    clean-bench probe --from-predictions Gemma-7B.json.gz --out probe

    Every problem is cut between words and outside formulas; the checkpoint continues the first part
    greedily, as raw text, and is compared with the second. Beside each rate stands its floor: what
    a look-up in other problems restores without any model. Stopped at any moment, the same line
    continues.
    """
    fractions = _fractions(prefix)
    if predictions is not None:
        if checkpoint is not None or names or corpora:
            raise UserError("--from-predictions takes no checkpoint, no --on and no --look-up")
        from clean_bench.probe.compat.benbench import score_benbench

        metadata = score_benbench(predictions, out).metadata
        emit(as_json, {"out": str(out), **metadata}, _recorded_text(metadata))
        return
    if checkpoint is None or not names:
        raise UserError(
            "probe: name a checkpoint and --on a problem set, or give --from-predictions"
        )
    from clean_bench.experiments.names import checkpoint_folder, problem_set

    folder = checkpoint_folder(checkpoint)
    sets = [problem_set(name).head(limit) for name in names_of(names)]
    texts = [problem.problem for name in names_of(corpora) for problem in problem_set(name)]
    # torch is loaded after what was typed has been found to exist.
    from clean_bench.checkpoints import weights_sha256
    from clean_bench.engines.open import open_engine
    from clean_bench.probe.run import probe, rows_of

    runner = open_engine(folder, engine, trust_remote_code=trust_remote_code, say=say)
    with closing(runner), progress_bar("probing", rows_of(sets, fractions)) as advance:
        artifact = probe(
            runner,
            sets,
            out,
            checkpoint={"name": checkpoint, "weights_sha256": weights_sha256(folder)},
            fractions=fractions,
            texts=texts,
            progress=advance,
        )
    metadata = artifact.metadata
    emit(as_json, {"out": str(out), "engine": runner.name, **metadata}, _text(metadata))


def _fractions(text: str) -> list[float]:
    try:
        fractions = [float(part) for part in text.split(",")]
    except ValueError:
        fractions = []
    if not fractions or not all(0 < fraction < 1 for fraction in fractions):
        raise UserError(
            f"--prefix {text}: fractions between 0 and 1 are wanted, for example 0.4,0.6,0.8"
        )
    return fractions


def _text(metadata: Mapping[str, Any]) -> str:
    lines = []
    for name, summary in metadata["sets"].items():
        lines.append(f"{name}: {summary['n']} problems")
        for fraction, one in summary["prefix"].items():
            line = f"  after {100 * float(fraction):g}%: "
            if one["exact_match"] is None:
                line += "no problem could be scored"
            else:
                line += (
                    f"exact match {percent(one['exact_match'])}, "
                    f"without a model {percent(one['floor'])}, "
                    f"ROUGE-L {one['rouge_l']['value']:.2f}"
                )
            missing = summary["n"] - one["scored"]
            lines.append(line + (f" ({missing} not scored)" if missing else ""))
        lines += [
            f"  dose {dose}: exact match {percent(one['exact_match'])} of {one['n']} problems"
            for dose, one in sorted(summary["by_dose"].items(), key=lambda pair: int(pair[0]))
            if one["exact_match"] is not None
        ]
    return "\n".join(lines)


def _recorded_text(metadata: Mapping[str, Any]) -> str:
    intervals = metadata["intervals"]
    return "\n".join(
        [
            f"{metadata['ngrams']} predictions in {metadata['n']} rows",
            f"  exact match      {percent(intervals['exact_match'])}",
            f"  edit similarity  {percent(intervals['edit_similarity'])}",
            f"  ROUGE-L          {percent(intervals['rouge_l'])}",
        ]
    )
