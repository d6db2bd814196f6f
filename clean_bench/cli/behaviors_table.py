"""The numbers of a `behaviors` artifact as a table for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Numbers = Mapping[str, Any]

_LINES = (
    ("code reasoning", "code", "%"),
    ("accuracy", "accuracy", "%"),
    ("  with code", "accuracy_with_code", "%"),
    ("  without code", "accuracy_without_code", "%"),
    ("boxed answer", "boxed", "%"),
    ("truncated", "truncated", "%"),
    ("tokens", "tokens", ""),
    ("  of correct ones", "tokens_correct", ""),
    ("  of incorrect ones", "tokens_incorrect", ""),
    ("characters", "characters", ""),
    ("repeats itself", "repeats", "%"),
    ("repeated 4-grams", "repeated_4grams", "%"),
    ("distinct 2-grams", "distinct_2grams", "%"),
    ("CJK letters", "cjk", "%"),
    ("other letters", "other_scripts", "%"),
    ("mixed scripts", "mixed", "%"),
    ("token probability", "probability", "%"),
)
_CELLS = {
    "CC": "code > code",
    "CL": "code > language",
    "LC": "language > code",
    "LL": "language > language",
}
_MODES = {"greedy": "greedy", "sample": "sampled"}
_WIDTH = 24


def text_of(metadata: Numbers, order: Sequence[str] = ()) -> str:
    """Every set and template of the metadata, with 95% intervals in brackets.

    Args:
        order: the templates as they were named for the scores, which the keys of a manifest have
            lost; others follow.
    """
    place = {template: number for number, template in enumerate(order)}
    blocks = [
        "\n".join(_part(f"{name} ({template})" if template else name, one))
        for name, templates in metadata["sets"].items()
        for template, one in sorted(
            templates.items(), key=lambda item: place.get(item[0], len(place))
        )
    ]
    for part, counts in metadata["left_out"].items():
        blocks.append(
            f"{part}: left out {counts['before']} problems only scored before, "
            f"{counts['after']} only after"
        )
    if metadata["differs"]:
        changes = (f"{key} {old!r} and {new!r}" for key, (old, new) in metadata["differs"].items())
        blocks.append("scored in different ways before and after: " + ", ".join(changes))
    return "\n\n".join(blocks)


def _part(name: str, one: Numbers) -> Iterator[str]:
    sides = [side for side in ("before", "after") if side in one]
    yield f"{name}: {one['problems']} problems"
    for mode in _MODES:
        columns = [one[side][mode] for side in sides if mode in one[side]]
        if not columns:
            continue
        yield ""
        heads = [f"{column['completions']} completions" for column in columns]
        if len(sides) > 1:
            heads = [
                f"{side}, {head}"
                for side, head in zip([s for s in sides if mode in one[s]], heads, strict=True)
            ]
        yield _row(_MODES[mode], heads)
        for label, key, unit in _LINES:
            yield _row("  " + label, [_number(column[key], unit) for column in columns])
        if any(column["undecided"] for column in columns):
            yield _row("  without a verdict", [str(column["undecided"]) for column in columns])
    for mode, table in one.get("transitions", {}).items():
        yield from _transitions(mode, table)
    for mode, numbers in one.get("likeness", {}).items():
        yield ""
        yield f"likeness of completions before and after, {_MODES[mode]} (ROUGE-L)"
        yield _row("  before to after", [_number(numbers["across"], "", 3)])
        if numbers["excess"]["value"] is not None:
            yield _row("  two of before", [_number(numbers["within_before"], "", 3)])
            yield _row("  two of after", [_number(numbers["within_after"], "", 3)])
            yield _row("  above two of one side", [_number(numbers["excess"], "", 3)])
        yield _row("  the same text", [_number(numbers["same"], "%")])
    if one.get("same_tokens", {}).get("completions"):
        same = one["same_tokens"]
        yield ""
        yield "log p(before) - log p(after) where both wrote the same tokens, nats a token"
        yield _row(
            "  greedy",
            [_number(same["mean_log_ratio"], "", 4), f"{same['completions']} completions"],
        )
    for side in sides:
        if side in one.get("divergence", {}):
            yield from _divergence(side, one["divergence"][side])
    yield from _dependence({side: one[side]["dependence"] for side in sides})


def _transitions(mode: str, table: Numbers) -> Iterator[str]:
    yield ""
    yield f"code reasoning before > after, {_MODES[mode]}"
    gain = table["all"]["gain"]
    what = "loss" if (gain["value"] or 0) < 0 else "gain"
    yield f"  {'':<{_WIDTH}}{'n':>6}  {'accuracy':>14}  share of the {what}"
    for cell, label in _CELLS.items():
        one = table[cell]
        label = f"{cell} {label}"
        yield (f"  {label:<{_WIDTH}}{one['n']:>6}  {_moved(one):>14}  {_number(one['share'], '%')}")
    whole = table["all"]
    yield f"  {'all':<{_WIDTH}}{whole['n']:>6}  {_moved(whole):>14}  gain {_number(gain, '%')}"
    if gain["value"] == 0:
        yield "  no gain, so nothing to share"
    elif gain["value"] is not None and (gain["low"] is None or gain["low"] <= 0 <= gain["high"]):
        yield f"  the {what} may be zero, so the shares have no intervals"
    if table["undecided"]:
        yield f"  {table['undecided']} pairs without two verdicts are left out"
    if table["unpaired"]:
        yield f"  {table['unpaired']} completions without a partner of the same sample are left out"
    if mode == "sample" and table["same_seed"]:
        yield (
            f"  {table['same_seed']} pairs share a seed: they move less than samples drawn anew would"
        )


def _moved(cell: Numbers) -> str:
    values = [cell[side]["value"] for side in ("before", "after")]
    return " > ".join("-" if value is None else f"{100 * value:.1f}" for value in values)


def _divergence(side: str, modes: Numbers) -> Iterator[str]:
    yield ""
    yield f"the text of {side}: KL({side} || --with), nats a token"
    for mode in _MODES:
        one = modes.get(mode)
        if one is None:
            continue
        if "unknown" in one:
            yield _row(f"  {_MODES[mode]}", [f"unknown: {one['unknown']}"])
        elif mode == "greedy":
            yield _row("  greedy, log-ratio only", [_number(one["mean_log_ratio"], "", 4)])
        else:
            yield _row("  sampled, k1", [_number(one["kl"], "", 4)])
            yield _row("  sampled, k3", [_number(one["kl_k3"], "", 4)])


def _dependence(sides: Mapping[str, Numbers]) -> Iterator[str]:
    yield ""
    yield "information between problem and completion, a lower bound in bits (0: template collapse)"
    known = {side: one for side, one in sides.items() if "unknown" not in one}
    if known:
        yield _columns("", ["bits", "of", "null", "p", "problem told (by chance)"])
    for side, one in sides.items():
        if side not in known:
            yield _row(f"  {side}", [f"unknown: {one['unknown']}"])
            continue
        for label, key in (("beyond copying", "beyond_copying"), ("with copying", "with_copying")):
            found, null = one[key], one[key]["null"]
            yield _columns(
                f"  {side}, {label}",
                [
                    _number(found["bits"], "", 2),
                    _fixed(found["most"], 2),
                    _fixed(null["mean"], 2),
                    f"{null['p']:.3f}",
                    f"{_number(found['retrieved'], '%')} ({_fixed(100 * null['retrieved'], 1)}%)",
                ],
            )
        if one["references"] == "before":
            yield f"  {side}: one completion a problem, so it is told by the completions before"


def _columns(label: str, values: list[str]) -> str:
    widths = (22, 7, 7, 7, 0)
    cells = (f"{value:<{width}}" for value, width in zip(values, widths, strict=True))
    return (f"{label:<{_WIDTH + 2}}" + "".join(cells)).rstrip()


def _row(label: str, values: list[str]) -> str:
    return (f"{label:<{_WIDTH + 2}}" + "".join(f"{value:<30}" for value in values)).rstrip()


def _number(estimate: Numbers, unit: str, digits: int = 1) -> str:
    """`61.0% [58.2, 63.9]`; without brackets where the interval is not known."""
    if estimate["value"] is None:
        return "-"
    scale = 100 if unit == "%" else 1
    value, low, high = (
        None if estimate[key] is None else _fixed(scale * estimate[key], digits)
        for key in ("value", "low", "high")
    )
    return f"{value}{unit}" + ("" if low is None or high is None else f" [{low}, {high}]")


def _fixed(x: float, digits: int) -> str:
    """The number with so many digits, and no minus before a zero."""
    return f"{round(x, digits) + 0.0:.{digits}f}"
