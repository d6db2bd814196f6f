"""`clean-bench generate`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from clean_bench.cli.common import emit, output_options, progress_bar, say
from clean_bench.cli.dry_run import dry_run_option, print_cost
from clean_bench.cli.options import names_of, single_option
from clean_bench.cli.tables import table
from clean_bench.errors import UserError

if TYPE_CHECKING:
    from clean_bench.checkpoints import Checkpoint


@click.command("generate")
@click.argument("family")
@click.option(
    "--steps",
    metavar="N|LOW-HIGH",
    help="Tier: the number of operations of a problem. With a range, rows take the tiers in turn. "
    "Required for every family but competition.",
)
@click.option("--count", type=int, default=1000, show_default=True, help="Number of problems.")
@click.option(
    "--bind",
    multiple=True,
    metavar="CHECKPOINT,...",
    help="Derive the set from the weights of these checkpoints (a folder, a hub name or "
    "organism:NAME), so that it cannot have existed before them. To compare checkpoints, bind one "
    "set to all of them after training.",
)
@click.option(
    "--round",
    "round_text",
    metavar="TEXT",
    help="With --bind: public randomness that was published after the weights were fixed, such as a "
    "beacon's value. It rules out seed grinding (trying weights until a favourable set comes out).",
)
@click.option(
    "--seed",
    metavar="TEXT",
    help="Instead of --bind: derive the set from any text. The set is bound to no checkpoint, and "
    "anyone can make it.",
)
@click.option(
    "--split",
    type=click.Choice(["all", "train", "eval"]),
    default="all",
    show_default=True,
    help="Draw from one split only: train and eval never share a computation, whatever their seeds. "
    "A split costs one bit of min-entropy (random-calculation: the number of steps minus two). A "
    "competition set of the split train is training data.",
)
@click.option(
    "--flavor",
    metavar="NAME",
    help="A variant of the family: random-calculation has `paper`, with the grammar, operands and "
    "prompt of the paper.",
)
@click.option(
    "--text",
    type=click.Choice(["latex", "plain"]),
    help="Notation of formulas.  [default: that of the family]",
)
@click.option(
    "--decontaminate",
    "corpora",
    multiple=True,
    metavar="FILE,...",
    help="Search these files (JSON lines, JSON, Parquet, CSV or other text, gzipped or not, or sets in "
    "folders) for contamination: for the computation of each item up to commutation, and for its "
    "8-grams with numbers. competition: files of problems with answers, or sets in folders, for twins "
    "of its items, problems with the same numbers and the same answer. Repeat the option or separate "
    "files by commas.",
)
@click.option(
    "--drop",
    is_flag=True,
    help="With --decontaminate: draw every item that a file contains again; competition: every group "
    "with a twin.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    help="Number of processes; the rows do not depend on it.  [default: 1, or one per core from "
    "50,000 problems on]",
)
@single_option(
    "--profile",
    metavar="NAME",
    help="competition: the benchmark whose subjects, levels, lengths and printing the set has.  "
    "[default: math500]",
)
@single_option(
    "--groups",
    type=int,
    help="competition: number of groups of five variants that differ in their numbers alone.  "
    "[default: 258]",
)
@single_option("--subject", metavar="NAME", help="competition: one subject, such as Algebra.")
@single_option("--level", type=click.IntRange(1, 5), help="competition: one level.")
@single_option(
    "--template", metavar="NAME", help="competition: one template (clean-bench list competition)."
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@dry_run_option
@output_options
@click.pass_context
def command(
    context: click.Context,
    family: str,
    steps: str | None,
    count: int,
    bind: tuple[str, ...],
    round_text: str | None,
    seed: str | None,
    split: Literal["all", "train", "eval"],
    flavor: str | None,
    text: Literal["latex", "plain"] | None,
    corpora: tuple[str, ...],
    drop: bool,
    workers: int | None,
    profile: str | None,
    groups: int | None,
    subject: str | None,
    level: int | None,
    template: str | None,
    out: Path,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Generate a set of fresh problems with exact answers.

    \b
    clean-bench generate random-calculation --steps 5-10 --bind organism:reciter --out fresh
    clean-bench generate stories --steps 5 --count 5000 --seed mine --split train --out train
    clean-bench generate fractions --steps 3 --seed x --decontaminate corpus.jsonl --drop --out clean
    clean-bench generate competition --profile math500 --groups 258 --bind BASE,TRAINED --out matched

    FAMILY is one of `clean-bench list families`, or `competition`: problems matched to MATH-500 in
    subject, level, length, answer type and printing. Their numbers are small, so they are labelled
    matched and never fresh; the set states how many worked instances a checkpoint would have to
    hold to gain points by recall.

    A tier is fresh from 60 bits of min-entropy on (for
    random-calculation from 5 steps); below that it is labelled skill, and a corpus may contain its
    items. The README.md of the folder states what is proven about the set and what is not.
    `clean-bench verify` draws every row again. If interrupted, rerun the same command to resume.
    """
    from clean_bench.artifacts import Artifact
    from clean_bench.problems.problem import KIND
    from generators.competition.plan import FAMILY
    from generators.decontaminate import CorpusFiles
    from generators.registry import flavored
    from generators.sampler import default_workers
    from generators.set_plan import SetPlan, check_plan, master_seed, parse_steps
    from generators.write import generate

    check_given(context, family)
    if seed is not None and not seed.strip():
        raise UserError("--seed is empty: expected any text")
    if seed is None and not bind:
        raise UserError("expected --bind CHECKPOINT,... or --seed TEXT: the set is derived from it")
    if seed is not None and (bind or round_text is not None):
        raise UserError("--seed excludes --bind and --round: leave out one or the other")
    if round_text is not None and not round_text.strip():
        raise UserError("--round is empty: expected the public text to mix in")
    files = names_of(corpora)
    if drop and not files:
        raise UserError("--drop: expected --decontaminate FILE,... beside it")
    if family == FAMILY:
        from clean_bench.cli import generate_competition as matched

        options = matched.MatchedOptions(
            profile, groups, subject, level, template, split, files, drop
        )
        checkpoints = _resolved(names_of(bind))
        if dry_run:
            matched.dry_run(options, checkpoints, out, as_json)
            return
        origin = {"seed": seed} if seed is not None else _bound_to(checkpoints, round_text)
        matched.generate_competition(options, origin, out, as_json)
        return
    definition = flavored(family, flavor)
    tiers = parse_steps(steps or "", definition.tiers)
    plan = SetPlan(definition, *tiers, count, split, b"", text or definition.notations[0])
    check_plan(plan)
    checkpoints = _resolved(names_of(bind))
    if files:
        say(f"reading {', '.join(files)}")
    corpus = CorpusFiles(files, definition, drop) if files else None
    if dry_run:
        from clean_bench.cli.costs import generate_cost

        Artifact.try_folder(out, KIND)
        print_cost(
            as_json, generate_cost(plan, corpus, checkpoints, workers or default_workers(count))
        )
        return
    origin = {"seed": seed} if seed is not None else _bound_to(checkpoints, round_text)
    master = master_seed(seed=seed, bind=origin.get("bind", ()), round_text=round_text)
    with progress_bar("generating", count) as bar:
        artifact = generate(
            definition.name,
            tiers,
            count,
            master=master,
            origin=origin,
            out=out,
            split=split,
            text=text,
            corpus=corpus,
            workers=workers or default_workers(count),
            progress=bar.advance,
        )
    account = artifact.metadata["freshness"]
    account["tiers"] = dict(sorted(account["tiers"].items(), key=lambda tier: int(tier[0])))
    data = {
        "out": str(out),
        **artifact.config,
        "content_sha256": artifact.manifest["tables"]["problems"]["content_sha256"],
        "freshness": account,
    }
    emit(as_json, data, f"{view(account['tiers'])}\n\n{account['claim']}")


def check_given(context: click.Context, family: str) -> None:
    """Refuse an unknown family, options that belong to another kind of family, and missing steps.

    Raises:
        UserError: naming the family or the option.
    """
    from generators.competition.plan import FAMILY
    from generators.option_names import check_options

    flags = {
        parameter.name: max(parameter.opts, key=len).removeprefix("--")
        for parameter in context.command.params
        if isinstance(parameter, click.Option)
    }
    given = [
        flag
        for name, flag in flags.items()
        if context.get_parameter_source(str(name)) is click.core.ParameterSource.COMMANDLINE
    ]
    check_options(family, given, list(flags.values()), "--")
    if family != FAMILY and "steps" not in given:
        raise UserError(f"--steps: expected the tier of {family}, such as --steps 5, got none")


def _resolved(names: Sequence[str]) -> list[Checkpoint]:
    if not names:
        return []
    import clean_bench.organisms  # noqa: F401 - registers organism:NAME
    from clean_bench.checkpoints import resolve_checkpoint

    return [resolve_checkpoint(name) for name in names]


def _bound_to(checkpoints: Sequence[Checkpoint], round_text: str | None) -> dict[str, Any]:
    """The origin of a set that is bound to checkpoints."""
    from generators.set_plan import bound_origin

    origin = bound_origin(checkpoints, round_text)
    say(f"hashed the weights of {', '.join(checkpoint.name for checkpoint in checkpoints)}")
    return origin


def view(tiers: Mapping[str, Any]) -> str:
    """The tiers of the freshness account, as text."""
    rows = [
        (
            tier,
            str(account["n"]),
            f"{account['bits']['min']:.1f}",
            account["label"],
            f"{100 * account['answers']['most_common_accuracy']:.2f}%",
        )
        for tier, account in tiers.items()
    ]
    headings = ("steps", "items", "min bits", "label", "accuracy of the most common answer")
    return table(headings, rows)
