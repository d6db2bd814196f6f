"""`clean-bench list`."""

from __future__ import annotations

import calendar
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import click

from clean_bench.cli.common import emit, output_options
from clean_bench.errors import UserError

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2}))?")


def _families() -> list[dict[str, Any]]:
    from generators.freshness import FRESH_BITS
    from generators.registry import FAMILIES, FLAVORS

    return [
        {
            "name": f.name,
            "steps": f"{f.tiers[0]}-{f.tiers[-1]}",
            "fresh_from": next((t for t in f.tiers if f.min_bits(t) >= FRESH_BITS), None),
            "text": list(f.notations),
            "flavors": ["default", *(flavor for name, flavor in FLAVORS if name == f.name)],
            "version": f.version,
            "summary": f.summary,
        }
        for f in FAMILIES.values()
    ]


def _competition() -> list[dict[str, Any]]:
    from generators.competition.counts import bits_of
    from generators.competition.registry import templates

    return [
        {
            "name": template.name,
            "subject": template.subject,
            "level": template.level,
            "answer_type": template.answer.name,
            "bits": bits_of(template),
            "version": template.version,
            "kin": list(template.kin),
            "summary": f"{template.subject}, level {template.level}: {template.summary}",
        }
        for template in templates().values()
    ]


def _benchmarks() -> list[dict[str, Any]]:
    from clean_bench.problems.catalog import BENCHMARKS
    from clean_bench.problems.famous_passages import famous_passages_row
    from clean_bench.problems.one_shot import one_shot_rows

    rows = [
        {**asdict(b), "configs": list(b.configs), "caveat": b.caveat} for b in BENCHMARKS.values()
    ]
    return [*rows, *one_shot_rows(), famous_passages_row()]


def _rewards() -> list[dict[str, Any]]:
    from trainers.rewards import REWARDS

    return [
        {
            "name": reward.name,
            "spurious": reward.spurious,
            "needs_labels": reward.needs_labels,
            "parameters": [asdict(parameter) for parameter in reward.parameters],
            "summary": reward.summary,
            "example": reward.example,
        }
        for reward in REWARDS.values()
    ]


def _objectives() -> list[dict[str, Any]]:
    from trainers.presets import CATALOG

    return [
        {
            "name": preset.name,
            "summary": preset.summary,
            "source": preset.source,
            "sets": dict(preset.settings),
            "open": list(preset.open),
            "differs": list(preset.differs),
        }
        for preset in CATALOG
    ]


def _templates() -> list[dict[str, Any]]:
    from clean_bench.prompts import TEMPLATES

    return [{"name": name, "summary": template.summary} for name, template in TEMPLATES.items()]


def _recipes() -> list[dict[str, Any]]:
    from clean_bench.experiments.recipe import built_in, built_in_files

    paths = {name: str(path) for name, path in built_in_files().items()}
    return [
        {"name": name, "summary": recipe.title, "path": paths[name]}
        for name, recipe in built_in().items()
    ]


def _signals() -> list[dict[str, Any]]:
    from clean_bench.experiments.calibration.power import shipped_power
    from clean_bench.probing.tests import DEFAULT, TESTS

    power = shipped_power()

    return [
        {
            "name": test.name,
            "summary": test.summary,
            "needs": sorted(test.needs),
            "default": test.name in DEFAULT,
            "power_on_control_models": power.get(test.name, {}),
        }
        for test in TESTS.values()
    ]


def settings_rows() -> list[dict[str, Any]]:
    from clean_bench.experiments.recipe import Recipe
    from clean_bench.settings import describe_settings
    from trainers.config import TrainConfig

    sections = [*describe_settings(Recipe), *describe_settings(TrainConfig, "train.")]
    set_by_recipe = ("train.reward", "train.seed")
    return [asdict(setting) for setting in sections if setting.name not in set_by_recipe]


LISTS: Mapping[str, Callable[[], list[dict[str, Any]]]] = {
    "families": _families,
    "competition": _competition,
    "benchmarks": _benchmarks,
    "rewards": _rewards,
    "objectives": _objectives,
    "templates": _templates,
    "recipes": _recipes,
    "signals": _signals,
    "settings": settings_rows,
}


@click.command("list")
@click.argument("what", metavar="WHAT", type=click.Choice(list(LISTS)))
@click.option(
    "--after",
    metavar="DATE",
    help="With benchmarks: only those released after a month (2025-01) or a day (2025-01-31), such "
    "as the training cutoff of a checkpoint.",
)
@output_options
def command(what: str, after: str | None, as_json: bool) -> None:
    """List families, benchmarks, rewards, objectives, prompt templates, recipes and more.

    \b
    clean-bench list benchmarks --after 2024-06
    clean-bench list objectives
    clean-bench list signals
    clean-bench list settings

    `competition` are the templates of clean-bench generate competition (--template NAME).

    `objectives` shows what each preset sets, what its source leaves open with the value used here, and
    where the settings differ from the source. Each setting is overridden by --set key=value.

    `signals` are the tests of the contamination probe for --signals, with what each needs, and the share
    of problems that it flags on control models with planted copies (docs/validation.md). On another
    checkpoint the power is another: `clean-bench calibrate CHECKPOINT` measures it.

    `settings` are the keys of a recipe and, under train, those of --set: with type, default, meaning
    and the source of the default. `recipes` shows where each recipe lies, so that it can be copied.

    Release dates of benchmarks are known to the month. A benchmark released in the month of DATE is
    not listed. A star marks a set collected from sources that were public before: its problems are
    older than the date.
    """
    if after is not None and what != "benchmarks":
        raise UserError(f"--after: expected benchmarks, got {what}, which have no release dates")
    entries = LISTS[what]()
    if after is not None:
        last = _last_day(after)
        entries = [e for e in entries if date.fromisoformat(f"{e['released']}-01") > last]
    if what == "benchmarks":
        text = _benchmark_table(entries, after)
    elif what == "rewards":
        text = _rewards_text(entries)
    elif what == "objectives":
        text = _objectives_text(entries)
    elif what == "signals":
        text = _signals_text(entries)
    elif what == "settings":
        text = _settings_text(entries)
    else:
        text = _lines(entries)
    emit(as_json, {what: entries}, text)


def _last_day(text: str) -> date:
    """The last day of a month, or the day itself."""
    match = _DATE.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        year, month = int(match[1]), int(match[2])
        return date(year, month, int(match[3] or calendar.monthrange(year, month)[1]))
    except ValueError:
        raise UserError(
            f"--after {text}: expected a month (2025-01) or a day (2025-01-31)"
        ) from None


def _lines(entries: Sequence[Mapping[str, Any]]) -> str:
    width = max(len(entry["name"]) for entry in entries)
    return "\n".join(
        f"{entry['name']:{width}}  {entry['summary']}"
        + (f"\n{'':{width}}  {entry['path']}" if "path" in entry else "")
        for entry in entries
    )


def _rewards_text(entries: Sequence[Mapping[str, Any]]) -> str:
    """Each reward with what it is, and below its kind, its parameters and an expression."""
    width = max(len(entry["name"]) for entry in entries)
    lines = []
    for entry in entries:
        lines.append(f"{entry['name']:{width}}  {entry['summary']}")
        kind = "spurious" if entry["spurious"] else "not spurious"
        lines.append(f"{'':{width}}    {kind}; for example {entry['example']}")
        lines += [
            f"{'':{width}}    {p['name']}: {p['meaning']}, {p['low']:g} to {p['high']:g}, "
            f"default {p['default']:g}"
            for p in entry["parameters"]
        ]
    return "\n".join([*lines, *_REWARD_NOTES])


_REWARD_NOTES = (
    "Spurious: the reward of a rollout does not depend on whether it gives the gold answer.",
    "Expressions: weights (format+0.5*python), and (format & python), not (!python), brackets.",
    "A rollout that one part cannot score has no reward (it is not 0); see docs/rewards.md.",
)


def _objectives_text(entries: Sequence[Mapping[str, Any]]) -> str:
    """Each preset with its source, its settings as --set takes them, and notes, wrapped."""
    blocks = []
    for entry in entries:
        settings = " ".join(f"{key}={_typed(value)}" for key, value in entry["sets"].items())
        parts = [("source", entry["source"]), ("sets", settings)]
        parts += [("open", note) for note in entry["open"]]
        parts += [("differs", note) for note in entry["differs"]]
        lines = [f"{entry['name']}: {entry['summary']}"]
        for label, text in parts:
            lines += textwrap.wrap(
                text,
                100,
                initial_indent=f"    {label:9}",
                subsequent_indent=" " * 13,
                break_on_hyphens=False,
            )
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _typed(value: Any) -> str:
    """A value as --set takes it."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _signals_text(entries: Sequence[Mapping[str, Any]]) -> str:
    """Each test with what it measures, and below what it needs."""
    width = max(len(entry["name"]) for entry in entries)
    lines = []
    for entry in entries:
        lines.append(f"{entry['name']:{width}}  {entry['summary']}")
        default = "; default" if entry["default"] else ""
        lines.append(f"{'':{width}}    needs {', '.join(entry['needs'])}{default}")
        power = entry["power_on_control_models"]
        if power:
            shares = ", ".join(f"{100 * share:.0f}% at {dose}" for dose, share in power.items())
            lines.append(f"{'':{width}}    flags, by copies planted in a small model: {shares}")
    return "\n".join(lines)


def _settings_text(entries: Sequence[Mapping[str, Any]]) -> str:
    """Each key with its type and default on one line, and its meaning and source below."""
    lines = []
    for entry in entries:
        default = f", default {entry['default']}" if entry["default"] else ""
        lines.append(f"{entry['name']}  ({entry['type']}{default})")
        source = f" [{entry['source']}]" if entry["source"] else ""
        lines.append(f"    {entry['meaning']}{source}")
    return "\n".join(lines)


def _benchmark_table(entries: Sequence[Mapping[str, Any]], after: str | None) -> str:
    from clean_bench.cli.tables import table

    if not entries:
        return f"no benchmark of the catalog was released after {after}"
    headings = ("name", "kind", "rows", "released", "license", "on the hub", "columns")
    rows = [
        (
            entry["name"],
            entry["kind"],
            str(entry["size"]),
            entry["released"] + ("*" if entry["collected"] else ""),
            entry["license"],
            f"{entry['hub']} [{entry['split']}]",
            ", ".join(name for name in entry["columns"].values() if name is not None),
        )
        for entry in entries
    ]
    text = table(headings, rows, texts=len(headings))
    if any(entry["collected"] for entry in entries):
        text += "\n* collected from sources that were public before"
    notes = [f"{entry['name']}: {entry['caveat']}" for entry in entries if entry["caveat"]]
    return "\n".join([text, *notes])
