"""The results of `clean-bench behaviors` as tables."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from clean_bench.cli.tables import number, percent, table
from clean_bench.results import Result, Results

_TABLES: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
_MODES = {"greedy": "greedy", "sample": "sampled"}
_CELLS = {
    "CC": "CC code > code",
    "CL": "CL code > language",
    "LC": "LC language > code",
    "LL": "LL language > language",
    "all pairs": "all (the {})",
}


def view(results: Results, counts: Mapping[str, Any]) -> str:
    """The results of every set and template, or of every training step, as text."""
    blocks = []
    for set_name in results.values_of("set"):
        for template in results.where(set=set_name).values_of("template"):
            part = results.where(set=set_name, template=template)
            if part.values_of("step") == [None]:
                blocks += [f"{set_name} ({template})", *_part(part, counts)]
            else:
                blocks += [f"{set_name} ({template}), rollouts by training step", _by_step(part)]
    blocks += _left_out(counts["left_out"])
    if counts["differs"]:
        changes = (f"{key} {old!r} and {new!r}" for key, (old, new) in counts["differs"].items())
        blocks.append("settings that differ before and after: " + ", ".join(changes))
    return "\n".join(blocks)


def _left_out(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A line per set and template; problems are summed over training steps."""
    sums: dict[str, tuple[int, int]] = {}
    for entry in entries:
        name = f"{entry['set']}, {entry['template']}"
        before, after = sums.get(name, (0, 0))
        sums[name] = before + entry["before"], after + entry["after"]
    for name, (before, after) in sums.items():
        yield f"{name}: left out {before} problems with samples only before, {after} only after"


def _by_step(part: Results) -> str:
    """A line per step and checkpoint, without intervals; columns without any value are left out."""
    rows, names = [], part.values_of("checkpoint")
    for step in part.values_of("step"):
        for checkpoint in names:
            of_step = part.where(step=step, checkpoint=checkpoint).labelled(low=None, high=None)
            cells = [_cell(of_step, *column) for _, *column in _TABLES["steps"]]
            rows.append([str(step), checkpoint, *cells])
    headings = ["step", "checkpoint", *(label for label, *_ in _TABLES["steps"])]
    kept = [
        column
        for column in range(len(headings))
        if any(row[column] != "-" for row in rows) and (column != 1 or len(names) > 1)
    ]
    return table(
        [headings[column] for column in kept],
        [[row[column] for column in kept] for row in rows],
        texts=1 + (len(names) > 1),
    )


def _part(part: Results, counts: Mapping[str, Any]) -> Iterator[str]:
    key = {"set": part[0].set, "template": part[0].template}
    modes = {entry["mode"] for entry in _entries(counts["completions"], **key)}
    for mode in _MODES:
        # The protocol of completions of other tools need not state how they were decoded.
        single = modes == {mode}
        of_mode = Results(row for row in part if single or _mode(row) == mode)
        if mode not in modes or not len(of_mode):
            continue
        yield _levels(of_mode, _MODES[mode], _entries(counts["completions"], mode=mode, **key))
        if of_mode.first(measure="mutual_information", versus="checkpoint=before"):
            yield "mutual information of after: judged by the completions before"
        for entry in _entries(counts["pairs"], mode=mode, **key):
            yield from _transitions(of_mode, entry)
            yield _similarity(of_mode)


def _entries(entries: Sequence[Mapping[str, Any]], **key: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in entries if all(entry[name] == key[name] for name in key)]


def _levels(of_mode: Results, mode: str, entries: Sequence[Mapping[str, Any]]) -> str:
    """The behaviors of one mode, a column per checkpoint."""
    checkpoints, protocols = of_mode.values_of("checkpoint"), of_mode.values_of("protocol")
    rows = [["completions", *(str(entry["completions"]) for entry in entries)]]
    if any(entry["undecided"] for entry in entries):
        rows.append(["  undecided", *(str(entry["undecided"]) for entry in entries)])
    for label, *line in _TABLES["lines"]:
        cells = [_cell(of_mode.where(checkpoint=name), *line) for name in checkpoints]
        if any(cell != "-" for cell in cells):
            rows.append([label, *cells])
    return table((protocols[0] if len(protocols) == 1 else mode, *checkpoints), rows)


def _cell(part: Results, measure: str, subset: str, digits: int | str) -> str:
    row = part.first(measure=measure, subset=subset or None)
    return number(row, digits) if isinstance(digits, int) else percent(row)


def _mode(row: Result) -> str:
    return "greedy" if row.protocol.startswith("greedy") else "sample"


def _transitions(part: Results, entry: Mapping[str, Any]) -> Iterator[str]:
    gain = part.where(measure="gain:accuracy").one()
    change = "loss" if (gain.value or 0) < 0 else "gain"
    rows = []
    for subset, label in _CELLS.items():
        cell = part.where(subset=subset)
        whole = subset == "all pairs"
        rows.append(
            [
                label.format(change),
                str(entry["all" if whole else subset]),
                percent(cell.first(measure="accuracy", checkpoint="before")),
                percent(cell.first(measure="accuracy", checkpoint="after")),
                percent(gain if whole else cell.first(measure="share_of_gain")),
            ]
        )
    headings = ("transitions", "pairs", "accuracy before", "accuracy after")
    yield table((*headings, f"share of the {change}"), rows)
    if gain.value == 0:
        yield "the gain is zero: shares are undefined"
    elif gain.value is not None and gain.estimate.holds_zero:
        yield f"the {change} may be zero: shares have no intervals"
    if entry["undecided"]:
        yield f"{entry['undecided']} pairs without two decided grades are left out"
    if entry["unpaired"]:
        yield f"{entry['unpaired']} completions without a partner of the same index are left out"
    if entry["same_seed"]:
        yield f"{entry['same_seed']} pairs share a seed: they differ less than new samples would"


def _similarity(part: Results) -> str:
    rows: list[Sequence[str]] = [
        ["before and after", number(part.first(measure="similarity"), 3)],
        ["two of before", number(part.first(measure="similarity_within", checkpoint="before"), 3)],
        ["two of after", number(part.first(measure="similarity_within", checkpoint="after"), 3)],
        ["excess", number(part.first(measure="similarity_excess"), 3)],
        ["identical text", percent(part.first(measure="identical"))],
        ["log-ratio where tokens agree", number(part.first(subset="same tokens"), 4)],
    ]
    return table(("similarity (ROUGE-L)", "value [95%]"), [row for row in rows if row[1] != "-"])
