"""`clean-bench score`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from clean_bench.cli.common import emit, output_options, progress_bar, say
from clean_bench.cli.completion_options import completion_options
from clean_bench.cli.dry_run import dry_run_option, print_cost
from clean_bench.cli.options import (
    ModelOptions,
    config_options,
    model_options,
    names_of,
    sets_option,
    text_or_file,
)
from clean_bench.cli.score_variants import variants_text
from clean_bench.cli.set_labels import labelled
from clean_bench.cli.tables import percent, share, table, value_of
from clean_bench.engines.open import resolve_model
from clean_bench.errors import UserError
from clean_bench.results import Results
from clean_bench.scoring.config import ScoreConfig


@click.command("score")
@click.argument("checkpoint", nargs=-1)
@sets_option("Problem sets", required=False)
@click.option(
    "--from",
    "files",
    multiple=True,
    metavar="FILE,...",
    help="Files of completions of other tools, in place of CHECKPOINT and --on: lm-eval "
    "(--log_samples), lighteval, inspect_ai, TRL, verl, OpenAI batches, or plain columns. SET=FILE "
    "names the problem set.",
)
@completion_options
@click.option(
    "--name",
    metavar="MODEL",
    help="With --from: the model that wrote the completions.  [default: as the file names it, else the "
    "file's name]",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@click.option(
    "--template",
    "templates",
    multiple=True,
    default=("auto",),
    metavar="NAME_OR_FILE,...",
    help="Prompt templates, separated by commas or repeated (clean-bench list templates); the first "
    "is the headline. A file is a plain prompt with {problem} in it (.txt), a chat template as "
    "tokenizers have it (.jinja, .j2), or the fields of a template (.toml). auto is the checkpoint's "
    "chat template where it has one, else the bare problem.  [default: auto]",
)
@config_options(
    ScoreConfig,
    "system_prompt",
    "num_fewshot",
    "fewshot_from",
    "force_start",
    "samples",
    "temperature",
    "top_p",
    "top_k",
    "max_tokens",
    "stop",
    "repeat",
    "grader",
    "tolerance",
    "seed",
    "seeds",
)
@click.option("--limit", type=click.IntRange(min=1), help="Only the first problems of each set.")
@model_options
@dry_run_option
@output_options
def command(
    checkpoint: tuple[str, ...],
    names: tuple[str, ...],
    files: tuple[str, ...],
    columns: dict[str, str],
    problems: str | None,
    name: str | None,
    out: Path,
    templates: tuple[str, ...],
    limit: int | None,
    model: ModelOptions,
    dry_run: bool,
    as_json: bool,
    **settings: Any,
) -> None:
    """Score a checkpoint on problem sets, or the completions of another tool.

    \b
    How accurate is it, and what would oracle choice or a majority vote among its samples add?
      clean-bench score organism:reciter --on organism:reciter/planted --samples 16 --out S
    How much does the prompt matter?
      clean-bench score Qwen/Qwen2.5-Math-7B --on math500 --template raw,chat,lorem --out S
    What if every response begins with code?
      clean-bench score CHECKPOINT --on math500 --force-start "Let's solve this using Python." --out S
    How were MATH and GSM8K scored before chat models?
      clean-bench score CHECKPOINT --on gsm8k --template gsm8k-8shot --fewshot-from TRAIN --out S
    The sampling of a paper, under three seeds, with a prompt of your own?
      clean-bench score CHECKPOINT --on math500 --samples 8 --temperature 0.6 --top-p 0.95 --top-k 20 \\
        --seeds 1,2,3 --template my.jinja --system-prompt @system.txt --stop "Question:" --out S
    Do greedy completions depend on their batch?
      clean-bench score CHECKPOINT --on aime24 --repeat 30 --out S
    What do the logs of another tool give, graded here?
      clean-bench score --from samples_gsm8k_2026-01-01T00-00-00.jsonl --name my-model --out S
      clean-bench score --from math500=rows.parquet --map gold=target,response=resps --out S
    The model runs on a server already (vLLM, or another with OpenAI's interface):
      clean-bench score NAME --engine openai --base-url http://localhost:8000/v1 --on math500 --out S

    Two accuracies stand side by side. Strict takes an answer in a box or after a marker such as "the
    answer is"; flexible also takes one that only the closing sentence gives. The headline is strict for
    templates that ask for a format of the answer (boxed, r1, qwen-default, few-shot ones) and flexible
    for the others (raw, chat) and for --from, where the prompt is not known.

    Prompts and completions are kept, so `clean-bench verify` can grade everything again. Interrupted at
    any moment, rerun the same command to resume; it ends with the same rows.
    """
    import clean_bench.organisms  # noqa: F401 - registers organism:NAME

    if files:
        _require_no_model(checkpoint, names)
        # A pattern such as samples_*.jsonl reaches the command as --from FIRST OTHERS...
        _score_files(
            [*files, *checkpoint],
            out,
            columns,
            problems,
            name,
            {key: settings[key] for key in ("grader", "tolerance")},
            as_json,
        )
        return
    for option, value in (("--map", columns), ("--problems", problems), ("--name", name)):
        if value:
            raise UserError(f"{option}: is of --from FILE, which is missing")
    if len(checkpoint) > 1:
        raise UserError(
            f"expected one CHECKPOINT, got {' and '.join(checkpoint)}; clean-bench compare takes several"
        )
    if not checkpoint or not names:
        missing = "--on NAME_OR_PATH" if checkpoint else "CHECKPOINT"
        raise UserError(
            f"expected CHECKPOINT and --on NAME_OR_PATH, or --from FILE; {missing} is missing"
        )
    from clean_bench.artifacts import Artifact
    from clean_bench.problems import check_sets, load_problems
    from clean_bench.scoring.cut_off import cut_off_warnings
    from clean_bench.scoring.requests import count_requests

    subject = resolve_model(checkpoint[0], model.engine, model.revision, weights=not dry_run)
    sets = [load_problems(entry).head(limit) for entry in names_of(names)]
    check_sets(sets)
    for problem_set in sets:
        problem_set.require_answers()
    settings["system_prompt"] = text_or_file("--system-prompt", settings["system_prompt"])
    config = ScoreConfig(templates=tuple(names_of(templates)), **settings)
    config.check()
    config = config.loaded(sets)
    Artifact.try_folder(out, "scores")
    requests = count_requests(sets, config)
    if dry_run:
        from clean_bench.cli.costs import score_cost, subject_of

        print_cost(as_json, score_cost(subject_of(subject, model.engine), sets, config))
        return
    # torch is loaded only after everything that was typed has been checked.
    from clean_bench.engines.open import open_engine
    from clean_bench.scoring.run import score

    with (
        closing(open_engine(subject, model.engine)) as engine,
        progress_bar("scoring", requests, model.described()) as bar,
    ):
        artifact = score(engine, sets, out, config, checkpoint=subject, progress=bar.advance)
    results, counts = Results.read(artifact), artifact.metadata["counts"]
    for line in cut_off_warnings(results, config.max_tokens, engine.context_length):
        say(f"warning: {line}")
    data = {"out": str(out), "engine": engine.name, "counts": counts, "results": results.as_json()}
    emit(as_json, data, view(*labelled(artifact, results, counts), engine.context_length))


STRICT_AND_FLEXIBLE = (
    "Strict: an answer in a box or after a marker such as 'the answer is'; flexible: also one that only "
    "the closing sentence gives."
)

_OF_FILES = (
    "as_json",
    "quiet",
    "verbose",
    "log_file",
    "out",
    "files",
    "checkpoint",
    "mapped",
    "problems",
    "name",
    "grader",
    "tolerance",
)
"""Options that may stand beside --from."""


def _require_no_model(others: Sequence[str], names: Sequence[str]) -> None:
    """Raise `UserError` for an option that makes completions, beside --from, which has them.

    Args:
        others: arguments beside the value of --from, which have to be files too.
    """
    no_files = [other for other in others if not Path(other.partition("=")[2] or other).is_file()]
    if no_files or names:
        what = f"CHECKPOINT {no_files[0]}" if no_files else "--on"
        raise UserError(
            f"--from: expected neither CHECKPOINT nor --on beside it, got {what}: the completions are "
            "in the file; --problems names the problems that it lacks"
        )
    context = click.get_current_context()
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if source is click.core.ParameterSource.COMMANDLINE and parameter.name not in _OF_FILES:
            raise UserError(
                f"--from: {parameter.opts[-1]} is of completions that are made here: leave it out"
            )


def _score_files(
    files: Sequence[str],
    out: Path,
    columns: Mapping[str, str],
    problems: str | None,
    name: str | None,
    rules: Mapping[str, Any],
    as_json: bool,
) -> None:
    from clean_bench.artifacts import Artifact
    from clean_bench.problems import load_problems
    from clean_bench.scoring.from_files import model_of, score_files

    paths = names_of(files)
    Artifact.try_folder(out, "scores")
    joined = None if problems is None else load_problems(problems)
    name = name or model_of(paths[0], columns)
    with progress_bar(f"scoring {', '.join(paths)}", None) as bar:
        artifact = score_files(
            paths,
            out,
            name=name,
            columns=columns,
            problems=joined,
            progress=bar.advance,
            **rules,
        )
    results, counts = Results.read(artifact), artifact.metadata["counts"]
    read = artifact.config["files"]
    data = {"out": str(out), "name": name, "files": read, "counts": counts}
    data["results"] = results.as_json()
    lines = [
        f"{entry['file']}: {entry['completions']} completions, {entry['format']}" for entry in read
    ]
    emit(as_json, data, "\n".join([*lines, view(*labelled(artifact, results, counts), 0)]))


def view(results: Results, counts: Sequence[Mapping[str, Any]], context: int) -> str:
    """The results of every set under every template, their differences and the repeats, as text."""
    headline = next((row.measure for row in results if row.measure.startswith("avg@")), "accuracy")
    samples = headline.partition("@")[2]
    extra = ("accuracy", f"pass@{samples}", f"maj@{samples}") if samples else ()
    names = ("greedy", *extra[1:]) if samples else ()
    # Scores of versions with one grade have no strict and flexible averages.
    both = tuple(kind for kind in _BOTH if results.first(measure=f"{kind}:{headline}"))
    headings = ("set", "template", f"{headline} [95%]", "s.e.", *both, *names)
    rows = []
    for entry in counts:
        part = results.where(set=entry["set"], template=entry["template"], subset=None, versus=None)
        row = part.first(measure=headline)
        rows.append(
            [
                entry["set"],
                entry["template"],
                percent(row),
                share(row.standard_error if row else None),
                *(percent(part.first(measure=f"{kind}:{headline}")) for kind in both),
                *(share(value_of(part, measure=measure)) for measure in extra),
                share(value_of(part, measure="no_answer")),
                share(value_of(part, measure="truncated")),
                str(sum(entry["grades"].get(kind, 0) for kind in ("timeout", "crash"))),
            ]
        )
    text = table([*headings, "no answer", "cut off", "undecided"], rows, texts=2)
    return "\n".join(
        [
            text,
            *_headline_note(counts),
            *_published(results),
            *variants_text(results),
            *_notes(results, counts, headline, context),
        ]
    )


_BOTH = ("strict", "flexible")
"""The two accuracies: heads of their measures, in the order of the columns."""


def _headline_note(counts: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Which of the two accuracies the headline is, by template, and what they count."""
    templates = {
        kind: dict.fromkeys(entry["template"] for entry in counts if entry.get("headline") == kind)
        for kind in _BOTH
    }
    parts = [f"{kind} for {', '.join(names)}" for kind, names in templates.items() if names]
    if parts:
        yield f"headline: {'; '.join(parts)}. {STRICT_AND_FLEXIBLE}"


def _published(results: Results) -> Iterator[str]:
    """Accuracies by the rules of published numbers, and the caveats of the sets that have these."""
    from clean_bench.problems.catalog import BENCHMARKS
    from clean_bench.scoring.published import published_measure

    for name in dict.fromkeys(row.set for row in results):
        benchmark = BENCHMARKS.get(name)
        rows = [row for row in results if row.set == name and published_measure(row)]
        for row in rows:
            grader, _, measure = row.measure.rpartition(":")
            own = results.first(set=name, template=row.template, measure=measure, subset=None)
            yield (
                f"{name}, {row.template}: {measure} {percent(own)} by the grader of this score, "
                f"{percent(row)} by the published rules (grader {grader})"
            )
        if rows and benchmark:
            yield f"{name}: {benchmark.caveat}"


def _notes(
    results: Results, counts: Sequence[Mapping[str, Any]], headline: str, context: int
) -> Iterator[str]:
    from clean_bench.scoring.summary import SPREAD

    for row in results:
        if row.versus is not None and row.versus.startswith("template="):
            other = row.versus.removeprefix("template=")
            yield f"{row.set}: {row.template} minus {other}: {percent(row)}"
    for row in results:
        if row.measure.startswith(SPREAD):
            seeds = results.where(
                set=row.set, template=row.template, measure=row.measure.removeprefix(SPREAD)
            )
            each = ", ".join(
                f"{seed.subset.replace('=', ' ')} {share(seed.value)}"
                for seed in seeds
                if seed.subset and seed.subset.startswith("seed=")
            )
            yield (
                f"{row.set}, {row.template}: {seeds[0].measure} {each}; standard deviation over seeds "
                f"{percent(row)}"
            )
    for entry in counts:
        where = f"{entry['set']}, {entry['template']}"
        completions = sum(entry["grades"].values())
        if entry["overlong"]:
            # Every completion of such a prompt is counted.
            prompts = entry["overlong"] * entry["problems"] // completions
            yield (
                f"{where}: {prompts} of {entry['problems']} prompts did not fit the context of "
                f"{context} tokens: no completion"
            )
        undecided = [
            f"{entry['grades'][kind]} {kind}"
            for kind in ("timeout", "crash")
            if entry["grades"].get(kind)
        ]
        if undecided:
            part = results.where(set=entry["set"], template=entry["template"], measure=headline)
            low, high = (
                share(value_of(part, subset=f"undecided as {name}")) for name in ("wrong", "right")
            )
            yield (
                f"{where}: {' and '.join(undecided)} of {completions} graded; accuracy between {low} "
                f"and {high} if all of these were wrong or right"
            )
    text, grade = (results.first(measure=name) for name in ("flipped_text", "flipped_grade"))
    if text is not None:
        yield (
            f"{text.n} greedy completions repeated: the text differs in {percent(text)}, the grade in "
            f"{percent(grade)}"
        )
