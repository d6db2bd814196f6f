"""`clean-bench list`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from clean_bench.cli.common import emit, json_option


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


def _benchmarks() -> list[dict[str, Any]]:
    from clean_bench.benchmarks.registry import BENCHMARKS

    return [
        {
            "name": b.name,
            "hub": b.hub,
            "size": b.size,
            "license": b.license,
            "released": b.released,
            "summary": b.summary,
        }
        for b in BENCHMARKS.values()
    ]


def _rewards() -> list[dict[str, Any]]:
    from trainers.rewards import REWARDS

    return [
        {"name": r.name, "spurious": r.spurious, "summary": r.summary} for r in REWARDS.values()
    ]


def _objectives() -> list[dict[str, Any]]:
    from trainers.grpo.config import PRESETS, SUMMARIES

    return [{"name": name, "summary": SUMMARIES[name], **PRESETS[name]} for name in PRESETS]


def _templates() -> list[dict[str, Any]]:
    from clean_bench.prompts import TEMPLATES

    return [{"name": name, "summary": template.summary} for name, template in TEMPLATES.items()]


def _recipes() -> list[dict[str, Any]]:
    from clean_bench.pipeline.recipe import built_in

    return [{"name": name, "summary": recipe.title} for name, recipe in built_in().items()]


LISTS: Mapping[str, Callable[[], list[dict[str, Any]]]] = {
    "families": _families,
    "benchmarks": _benchmarks,
    "rewards": _rewards,
    "objectives": _objectives,
    "templates": _templates,
    "recipes": _recipes,
}


@click.command("list")
@click.argument("what", metavar="WHAT", type=click.Choice(list(LISTS)))
@json_option
def command(what: str, as_json: bool) -> None:
    """List what can be named: families, benchmarks, rewards, objectives, templates or recipes."""
    entries = LISTS[what]()
    width = max(len(entry["name"]) for entry in entries)
    emit(
        as_json,
        {what: entries},
        "\n".join(f"{entry['name']:{width}}  {entry['summary']}" for entry in entries),
    )
