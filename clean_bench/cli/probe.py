"""`clean-bench probe`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import click

from clean_bench.cli.common import emit, output_options, progress_bar
from clean_bench.cli.dry_run import dry_run_option, print_cost
from clean_bench.cli.options import ModelOptions, model_options, names_of, sets_option
from clean_bench.cli.probe_view import recorded_view, view
from clean_bench.cli.set_labels import labelled
from clean_bench.engines.open import resolve_model
from clean_bench.errors import UserError
from clean_bench.results import Results


@click.command("probe")
@click.argument("checkpoint", required=False)
@sets_option(
    "Problem sets", " Rows need no answer; those without a text are counted.", required=False
)
@click.option(
    "--from-predictions",
    "predictions",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Score recorded n-gram predictions (JSON or JSONL, gzipped or not) without a checkpoint.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@click.option(
    "--prefix",
    default="0.4,0.6,0.8",
    show_default=True,
    help="Fractions of each problem that are shown, in characters.",
)
@click.option(
    "--cut",
    "protocol",
    default="clean",
    show_default=True,
    metavar="PROTOCOL",
    help="clean: between words and outside formulas; paper: as 2507.10532; paradox: as 2601.11061.",
)
@click.option(
    "--signals",
    "signals",
    default="default",
    show_default=True,
    metavar="NAME,...",
    help="Tests to run; `clean-bench list signals` shows them with what each needs. `all`: all that are "
    "possible.",
)
@click.option(
    "--null",
    "nulls",
    multiple=True,
    metavar="NAME_OR_PATH,...",
    help="Problem sets that the checkpoint has not seen, matched to those under test: flags are "
    "calibrated on them.",
)
@click.option(
    "--look-up",
    "corpora",
    multiple=True,
    metavar="NAME_OR_PATH,...",
    help="Further problem sets for the look-up baseline (a training split, for example).",
)
@click.option(
    "--variants",
    multiple=True,
    metavar="NAME_OR_PATH,...",
    help="Problem sets with renumbered versions of the problems and their answers (signal zero-cot). "
    "A version belongs to the problem that its metadata variant_of names, to the problems of its kin "
    "(a set of clean-bench generate competition), else to that of its id, its group or its row. "
    "NAME=FILE gives the versions of the set NAME.",
)
@click.option(
    "--paraphrases",
    multiple=True,
    metavar="NAME_OR_PATH,...",
    help="Problem sets with reworded versions of the problems, named as --variants. With "
    "--from-predictions: files of predictions on paraphrases, row for row.",
)
@click.option(
    "--positive-control/--no-positive-control",
    "with_control",
    default=True,
    help="Probe famous passages too (the default): does the probe see memorization in this checkpoint?",
)
@click.option(
    "--calibration",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of `clean-bench calibrate CHECKPOINT`: a null verdict then states the power.",
)
@click.option(
    "--overlap",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder of `clean-bench overlap` of the training corpus with these sets, for claim level L4.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help="Only the first problems of each set of --on; null sets stay whole.",
)
@model_options
@dry_run_option
@output_options
def command(
    checkpoint: str | None,
    names: tuple[str, ...],
    predictions: Path | None,
    out: Path,
    prefix: str,
    protocol: str,
    signals: str,
    nulls: tuple[str, ...],
    corpora: tuple[str, ...],
    variants: tuple[str, ...],
    paraphrases: tuple[str, ...],
    with_control: bool,
    calibration: Path | None,
    overlap: Path | None,
    limit: int | None,
    model: ModelOptions,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Measure how much of a benchmark a checkpoint has memorized.

    \b
    clean-bench probe organism:reciter --on organism:reciter/planted,organism:reciter/twin --out probe
    clean-bench probe Qwen/Qwen2.5-Math-7B --on math500 --null MATCHED --signals all --out probe
    clean-bench probe --from-predictions Gemma-7B.json.gz --out probe
    clean-bench probe NAME --engine openai --base-url http://localhost:8000/v1 --on math500 --out probe

    Partial-prompt reconstruction: every problem is cut; the checkpoint continues the prefix greedily as
    raw text, and the completion is compared with the true suffix. The log-probability of the true suffix
    is read in the same run. Beside each rate stands its baseline: what a look-up in other problems
    reconstructs without a model. Problems are flagged with p-values against a null set, and the page
    OUT/index.html shows rates, flags, the positive control and the claim. If it is interrupted,
    rerun the same command to resume. A server (--engine openai) must offer raw completions, as vLLM
    does; a server for chat only is refused.
    """
    if predictions is not None:
        if dry_run:
            raise UserError("--dry-run: --from-predictions runs no model; leave it out")
        if checkpoint is not None or names or corpora or nulls or variants:
            raise UserError(
                "--from-predictions: expected no checkpoint and no problem sets (--on, --null, "
                "--look-up, --variants); leave them out"
            )
        _score_predictions(predictions, names_of(paraphrases), out, as_json)
        return
    if checkpoint is None or not names:
        raise UserError(
            "probe: expected a checkpoint and --on a problem set, or --from-predictions; name them"
        )
    import clean_bench.organisms  # noqa: F401 - registers organism:NAME
    from clean_bench.artifacts import Artifact
    from clean_bench.experiments.probe_corpus import corpus_of
    from clean_bench.probing.items import checked_fractions, count_rows
    from clean_bench.probing.run import check_control, checked_protocol, probe
    from clean_bench.probing.tests import tests_of
    from clean_bench.probing.variants import pair_variants
    from clean_bench.problems import check_sets, load_problems
    from clean_bench.problems.famous_passages import NAME, famous_passages
    from clean_bench.problems.null_sets import check_null_sets

    fractions = checked_fractions(_numbers(prefix))
    chosen = signals.split(",")
    tests_of(chosen)
    checked_protocol(protocol)
    subject = resolve_model(checkpoint, model.engine, model.revision, weights=not dry_run)
    tested = [load_problems(name, empty=True) for name in names_of(names)]
    # Not cut to the limit: a smaller null set flags less, or nothing.
    null_sets = [load_problems(name, empty=True) for name in names_of(nulls)]
    check_null_sets(tested, null_sets)
    sets = [problems.head(limit) for problems in tested]
    check_sets(sets)
    known = {problems.name for problems in sets}
    sets += [problems for problems in null_sets if problems.name not in known]
    control = NAME if with_control and NAME not in known else None
    if control:
        sets.append(famous_passages())
        check_control(sets, [problems.name for problems in null_sets], control)
    texts = [problem.problem for name in names_of(corpora) for problem in load_problems(name)]
    # Not cut to the limit: the versions of a problem can stand anywhere.
    variant_sets = [load_problems(name) for name in names_of(variants)]
    paraphrase_sets = [load_problems(name) for name in names_of(paraphrases)]
    pair_variants(sets, variant_sets)
    pair_variants(sets, paraphrase_sets, "--paraphrases")
    power = None
    if calibration is not None:
        from clean_bench.experiments.calibration.power import power_of

        power = power_of(calibration, subject)
    corpus = None if overlap is None else corpus_of(overlap, sets)
    Artifact.try_folder(out, "probe")
    if dry_run:
        from clean_bench.cli.costs import probe_cost, subject_of

        cost = probe_cost(
            subject_of(subject, model.engine),
            sets,
            fractions,
            protocol,
            control,
            chosen,
            variant_sets,
            paraphrase_sets,
        )
        print_cost(as_json, cost)
        return
    # torch is loaded only after everything that was typed has been checked.
    from clean_bench.engines.open import open_engine
    from clean_bench.experiments.probe_page import page_writer

    with (
        closing(open_engine(subject, model.engine)) as engine,
        progress_bar("probing", count_rows(sets, fractions, control), model.described()) as bar,
    ):
        artifact = probe(
            engine,
            sets,
            out,
            checkpoint=subject,
            fractions=fractions,
            texts=texts,
            variants=variant_sets,
            paraphrases=paraphrase_sets,
            tests=chosen,
            protocol=protocol,
            nulls=[problems.name for problems in null_sets],
            control=control,
            power=power,
            corpus=corpus,
            page=page_writer(),
            progress=bar.advance,
        )
    results, counts = Results.read(artifact), artifact.metadata["counts"]
    claims = artifact.rows("claims")
    data = {
        "out": str(out),
        "engine": engine.name,
        "counts": counts,
        "claims": claims,
        "hypotheses": artifact.rows("hypotheses"),
        "results": results.as_json(),
    }
    emit(as_json, data, view(*labelled(artifact, results, counts), claims))


def _score_predictions(
    predictions: Path, paraphrases: Sequence[str], out: Path, as_json: bool
) -> None:
    from clean_bench.probing.compat.benbench import score_benbench

    artifact = score_benbench(predictions, out, paraphrases)
    results = Results.read(artifact)
    data = {"out": str(out), **artifact.metadata, "results": results.as_json()}
    emit(as_json, data, recorded_view(results, artifact.metadata))


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise UserError(
            f"--prefix {text}: expected numbers separated by commas, for example 0.4,0.6,0.8"
        ) from None
