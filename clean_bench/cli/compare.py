"""`clean-bench compare`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clean_bench.artifacts import manifest
from clean_bench.cli.common import output_options
from clean_bench.cli.completion_options import completion_options
from clean_bench.cli.options import (
    ModelOptions,
    config_options,
    model_options,
    names_of,
    sets_option,
    text_or_file,
)
from clean_bench.cli.run import run_plan
from clean_bench.errors import UserError
from clean_bench.scoring.config import ScoreConfig

if TYPE_CHECKING:
    from clean_bench.experiments.recipe import Recipe

_PROMPTS = ("system_prompt", "num_fewshot", "fewshot_from", "force_start", "top_p", "top_k", "stop",
            "seeds")  # fmt: skip
"""Fields of `ScoreConfig` that are the same options as those of `score`."""
_OF_MODELS = ("names", "fresh", "budget", "limit", "prefixes", "templates", "samples", "temperatures",
              "max_tokens", "seed", *_PROMPTS)  # fmt: skip
"""Options without a meaning where the completions are there already."""


@click.command("compare")
@click.argument("base", required=False)
@click.argument("trained", nargs=-1)
@sets_option("Problem sets that every checkpoint is scored and probed on", required=False)
@click.option(
    "--fresh",
    multiple=True,
    metavar="FAMILY:STEPS:COUNT",
    help="Draw a fresh set, bound to the weights of every checkpoint (clean-bench list families), or "
    "competition:GROUPS, a set matched to MATH-500; repeat the option for several.",
)
@click.option(
    "--from",
    "completions",
    multiple=True,
    metavar="[NAME=]FILE,...",
    help="Compare completions of one's own and run no model: one option per checkpoint, the base first. "
    "FILE is what `score --from` reads, or a folder that `score` wrote; commas separate several files "
    "of one checkpoint. NAME names the checkpoint; NAME=SET=FILE also names the problem set.",
)
@completion_options
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder to write (not needed with --dry-run)."
)
@click.option(
    "--budget",
    type=click.Choice(["small", "paper"]),
    default="small",
    show_default=True,
    help="Settings that no other option names. small: 4 samples at temperature 1, one template, 1,024 "
    "tokens. paper: 16 samples at temperature 0.6, three templates, 3,072 tokens, and the base also at "
    "temperature 1. A control model as BASE: 16 samples, 40 tokens, as in `run demo`.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Only the first problems of each set.")
@click.option(
    "--samples",
    type=click.IntRange(min=0),
    help="Sampled completions per problem; 0 decodes greedily only.",
)
@click.option(
    "--temperature",
    "temperatures",
    metavar="T,...",
    help="Temperature of the sampled completions; the base alone is sampled at the further ones.",
)
@click.option(
    "--template",
    "templates",
    multiple=True,
    metavar="NAME,...",
    help="Prompt templates (clean-bench list templates); the first is the headline. auto is the base's "
    "chat template where it has one, else the bare problem.",
)
@config_options(ScoreConfig, *_PROMPTS)
@click.option("--max-tokens", type=click.IntRange(min=1), help="Most tokens of a completion.")
@click.option(
    "--prefix",
    "prefixes",
    metavar="F,...",
    help="Fractions of each problem that the probe shows; 0.6, the headline, is among them.",
)
@click.option("--grader", metavar="NAME", help="Rules that grade.  [default: clean-bench]")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the sampling.  [default: 0]")
@click.option(
    "--dry-run", is_flag=True, help="Check everything and print the plan; compute nothing."
)
@model_options
@output_options
def command(
    base: str | None,
    trained: tuple[str, ...],
    completions: tuple[str, ...],
    columns: dict[str, str],
    problems: str | None,
    out: Path | None,
    dry_run: bool,
    model: ModelOptions,
    as_json: bool,
    **settings: Any,
) -> None:
    """Split the gain of trained checkpoints over their base.

    \b
    How much of a gain is memorized text, and how much does the base reach without training?
      clean-bench compare Qwen/Qwen2.5-Math-7B THEIR/CHECKPOINT --on math500,aime25 --out C
    With problems that are drawn after training, as published (hours on one GPU):
      clean-bench compare BASE TRAINED --on math500 --fresh random-calculation:5-10:200 \\
        --budget paper --out C
    In under two minutes on a CPU, after `clean-bench run demo --out runs/demo`:
      clean-bench compare organism:reciter runs/demo/reciter/arms/python-1/checkpoint \\
        --on organism:reciter/planted --on organism:reciter/twin --out C
    From completions that other tools wrote:
      clean-bench compare --from base.jsonl --from trained.jsonl --out C

    Every checkpoint is scored and probed on every set. The report OUT/index.html shows per set the gain
    with its interval; on public benchmarks the gain on memorized and on other problems; behaviors before
    and after; and the base's best setting without training (template, temperature, majority vote) beside
    the gain. `--revision` is that of BASE; a trained checkpoint takes NAME@REVISION. The same
    settings can be written as a recipe for `clean-bench run`: --dry-run --json prints it.

    Interrupted at any moment, rerun the same command to resume; it ends with the same numbers.
    """
    import clean_bench.organisms  # noqa: F401 - registers organism:NAME

    if completions:
        read = {"columns": columns, "problems": problems, "grader": settings["grader"]}
        # A pattern or a list of files reaches the command as --from FIRST OTHERS...
        others = [*filter(None, [base]), *trained]
        plan = _from_completions(others, completions, read, model)
    else:
        for option, value in (("--map", columns), ("--problems", problems)):
            if value:
                raise UserError(f"{option}: expected --from beside it, got none; leave it out")
        plan = _from_checkpoints(base, trained, settings, model)
    run_plan(plan, out, "comparison", dry_run=dry_run, as_json=as_json)


def _from_checkpoints(
    base: str | None, trained: Sequence[str], settings: dict[str, Any], model: ModelOptions
) -> Recipe:
    from clean_bench.experiments.compare import compare_recipe

    if base is None:
        raise UserError("BASE: expected a base checkpoint and trained ones, or --from, got neither")
    names = settings.pop("names")
    context = click.get_current_context()
    for name in _PROMPTS:
        if context.get_parameter_source(name) is not click.core.ParameterSource.COMMANDLINE:
            del settings[name]  # the budget decides
    if "system_prompt" in settings:
        settings["system_prompt"] = text_or_file("--system-prompt", settings["system_prompt"])
    options = {
        **settings,
        "prefixes": _numbers("--prefix", settings["prefixes"]),
        "temperatures": _numbers("--temperature", settings["temperatures"]),
        "templates": [n.strip() for part in settings["templates"] for n in part.split(",")] or None,
    }
    recipe = compare_recipe(base, trained, names_of(names), revision=model.revision, **options)
    given = {name: value for name, value in model.given().items() if name != "revision"}
    return recipe.model_copy(update={"engine": recipe.engine.model_copy(update=given)})


def _from_completions(
    others: Sequence[str], completions: Sequence[str], read: dict[str, Any], model: ModelOptions
) -> Recipe:
    from clean_bench.experiments.compare import completions_recipe

    for other in others:
        path = Path(other.rpartition("=")[2])
        if not (path.is_file() or (path / manifest.NAME).is_file()):
            raise UserError(
                f"{other}: expected files of completions beside --from, and no checkpoint; leave one of "
                "them out"
            )
    context = click.get_current_context()
    typed = [
        parameter.opts[0]
        for parameter in context.command.params
        if parameter.name in _OF_MODELS
        and context.get_parameter_source(parameter.name) is click.core.ParameterSource.COMMANDLINE
    ]
    typed += [f"--{name.replace('_', '-')}" for name in model.given()]
    if typed:
        raise UserError(f"{typed[0]}: no model is run with --from; leave it out")
    return completions_recipe([*completions, *others], **read)


def _numbers(option: str, text: str | None) -> list[float] | None:
    if text is None:
        return None
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise UserError(f"{option} {text}: expected numbers separated by commas") from None
