"""The variables of the page's templates: views, panels and sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

from markupsafe import Markup

from clean_bench.artifacts.manifest import canonical_json
from clean_bench.results import Results
from clean_bench.statistics.estimate import Estimate
from leaderboards import charts, probe_charts, training_charts
from leaderboards.alignment import align
from leaderboards.comparisons import comparisons_sentence
from leaderboards.conclusions import deciding_contrast
from leaderboards.embedded_json import HEAD, TAIL, results_json
from leaderboards.formatting import (
    FLOATS,
    accuracy_of,
    display_name,
    joined,
    percent,
    percent_interval,
    size,
)
from leaderboards.matplotlib_svg import SERIES
from leaderboards.page_data import SAMPLES_SHOWN, RunTimes
from leaderboards.report_schema import CheckpointInfo, RunReport
from leaderboards.variant_groups import DEFINITIONS as VARIANT_DEFINITIONS
from leaderboards.view import (
    BASE,
    CURVES,
    MEMORIZED_MINUS_OTHERS,
    PLANTED_MINUS_TWIN,
    Arm,
    ModelView,
    views_of,
)

SHAPES = ("●", "■", "▲", "◆", "▼", "✚")
"""The markers of the charts as text, for legends."""

SPLITS = {
    PLANTED_MINUS_TWIN: "planted minus twin",
    MEMORIZED_MINUS_OTHERS: "memorized minus others",
}
"""Short names of the contrasts that a conclusion rests on."""


def page_context(report: RunReport, results: Results, times: RunTimes | None) -> dict[str, Any]:
    """The variables of the templates, without problems and scripts."""
    views = views_of(report, results)
    roles = {info.role for info in report.sets}
    return {
        "report": report,
        "several": len(views) > 1,
        "accuracy": accuracy_of(report),
        "models": [_model(view) for view in views],
        "planted": "planted" in roles,
        "planted_in": [model.name for model in report.models if model.planted_here],
        "controls": [model.name for model in report.models if not model.planted_here],
        "bound": any(info.bound for info in report.sets),
        "generated": bool(roles & {"fresh", "matched"}),
        "trained": any(arm.checkpoint is None for model in report.models for arm in model.arms),
        "names": {info.name: display_name(info, report.sets) for info in report.sets},
        "labels": {info.name: info.label for info in report.sets},
        "set_keys": _keys([display_name(info, report.sets) for info in report.sets]),
        "methods": sorted(
            {
                re.sub(r"pass@\d+", "pass@k", estimate.method)
                for view in views
                for estimate in _estimates(view)
                if estimate.method
            }
        ),
        "comparisons": comparisons_sentence(views),
        "checkpoints": [(info.name, _described(info)) for info in report.checkpoints],
        "times": times,
        "results": Markup(results_json(results)),
        "report_sha256": sha256(canonical_json(report.model_dump(mode="json"))).hexdigest(),
        "bibtex_title": _bibtex(report.title),
        "kept": {"head": HEAD, "tail": TAIL, "samples": SAMPLES_SHOWN},
    }


def _model(view: ModelView) -> dict[str, Any]:
    """The variables of one model's sections."""
    return {
        "view": view,
        "memorized": _memorized(view),
        "none_memorized": _none_memorized(view),
        "examples": [(row, align(row.ending, row.continuation)) for row in view.info.examples],
        "starting_note": _starting_note(view),
        "arms": [_arm(arm, view) for arm in view.arms],
        "scores": charts.score_panels(view),
        "contrasts": charts.contrast_panels(view),
        "passes": charts.pass_at_k_panels(view),
        "pass_keys": _keys([BASE, *(arm.name for arm in view.arms)]),
        "largest_k": [row for row in _largest_k(view) if row.checkpoint == BASE],
        "probes": [*probe_charts.probe_panels(view), *probe_charts.dose_panels(view)],
        "curves": training_charts.curve_panels(view),
        "unclipped": [CURVES[name] for name in training_charts.unclipped_metrics(view)],
        "arm_keys": _keys([arm.name for arm in view.arms]),
        "greedy": any(score.greedy_before for arm in view.arms for score in arm.scores),
        "seeds": sorted({arm.info.seeds for arm in view.arms}),
        "extractions": view.extractions,
        "extractions_differ": any(row.differ for row in view.extractions),
        "variant_groups": view.variant_groups,
        "definitions": VARIANT_DEFINITIONS,
        "splits": [(arm, split) for arm in view.arms for split in arm.splits],
        "behaviors": [(arm, part) for arm in view.arms for part in arm.behaviors],
    }


def _arm(arm: Arm, view: ModelView) -> dict[str, Any]:
    """An arm, its conclusion apart from the evidence, and the contrast that the conclusion rests on."""
    conclusion, _, evidence = arm.info.conclusion.partition(": ")
    if evidence:
        evidence = evidence[0].upper() + evidence[1:]
    split = deciding_contrast(arm, view.sets)
    return {
        "arm": arm,
        "conclusion": conclusion.rstrip("."),
        "evidence": evidence,
        "split": split,
        "split_name": SPLITS[split.kind] if split else "",
    }


def _base_rates(view: ModelView) -> list[tuple[str, Estimate, Estimate]]:
    """Per set the name, exact match and look-up baseline of the base at the headline prefix."""
    prefix = probe_charts.headline_prefix(view.probe)
    infos = {info.name: info for info in view.sets}
    return [
        (display_name(infos[row.set], view.sets), row.exact_match, row.lookup)
        for row in view.probe
        if row.checkpoint == BASE and row.prefix == prefix
    ]


def _memorized(view: ModelView) -> str:
    """How much the base has memorized, in a sentence or two; empty where it was not probed."""
    rates = _base_rates(view)
    prefix = probe_charts.headline_prefix(view.probe)
    if prefix is None or not rates:
        return ""
    parts = [f"{name} {percent_interval(match)}" for name, match, _ in rates]
    baseline = percent(max(lookup.value for _, _, lookup in rates))
    return (
        f"From the first {prefix:.0%} of a problem's text, the base model completes the rest word for "
        f"word: {joined(parts)}. The baseline, a look-up without a model, reaches at most {baseline}."
    )


def _none_memorized(view: ModelView) -> str:
    """A sentence with the intervals where the base completes nothing; else empty."""
    rates = _base_rates(view)
    if not rates or any(match.value for _, match, _ in rates):
        return ""
    parts = [f"{name} {percent_interval(match)}" for name, match, _ in rates]
    return f"The base model completes no problem word for word: {joined(parts)}."


def _starting_note(view: ModelView) -> str:
    """Why the planted problems start lower than their twins, where they do and the reason is known."""
    starts = {
        info.role: score.before.value
        for info in view.sets
        for arm in view.arms[:1]
        if (score := arm.score(info.name))
    }
    planted, twin = starts.get("planted"), starts.get("twin")
    if planted is None or twin is None or planted >= twin or not view.info.starting_note:
        return ""
    return (
        f"The planted problems start lower than their twins ({percent(planted)} and {percent(twin)}). "
        f"The reason: {view.info.starting_note}"
    )


def _largest_k(view: ModelView) -> list[Any]:
    """The pass@k of every checkpoint and set at its largest k."""
    largest = {(row.checkpoint, row.set): row for row in view.pass_at_k}
    return list(largest.values())


def _described(info: CheckpointInfo) -> str:
    """Where a checkpoint is from and how large it is."""
    if info.parameters is None:
        return info.source
    dtype = FLOATS.get(info.dtype, info.dtype)
    return f"{info.source}, {size(info.parameters)} parameters, stored as {dtype}"


def _bibtex(text: str) -> str:
    """Text inside the braces of a BibTeX field."""
    text = " ".join(text.replace("\\", " ").replace("{", "(").replace("}", ")").split())
    return "".join(f"\\{c}" if c in "$&#%_" else c for c in text)


def _keys(names: Sequence[str]) -> list[tuple[int, str, str]]:
    """Legend entries: the number of the series' color, its marker, its name."""
    return [(i % SERIES, SHAPES[i % len(SHAPES)], name) for i, name in enumerate(names)]


def _estimates(view: ModelView) -> Iterator[Estimate]:
    """Every estimate that the page prints."""
    for arm in view.arms:
        for score in arm.scores:
            yield from (score.before, score.after, score.gain)
            greedy = (score.greedy_before, score.greedy_after, score.greedy_gain)
            yield from filter(None, greedy)
        yield from (contrast.estimate for contrast in arm.contrasts)
        yield from (split.gain for split in arm.splits)
    for row in view.probe:
        yield from (row.exact_match, row.lookup, row.rouge_l)
    yield from (row.exact_match for row in view.doses)
    yield from (row.estimate for row in view.pass_at_k)
    yield from (row.best for row in view.training_free)
