"""What `clean-bench score` prints for people: a table of sets and templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import StringIO
from typing import Any

from clean_bench.cli.common import percent


def score_table(metadata: Mapping[str, Any], context: int) -> str:
    """The scores of every set under every template, their differences and the repeats, as text.

    Args:
        context: the most tokens of a prompt and its completion together.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    samples = max((_samples(scores) for scores in metadata["sets"].values()), default=0)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("set", "template"):
        table.add_column(heading, no_wrap=True)
    several = ("greedy", f"best@{samples}", f"maj@{samples}") if samples else ()
    accuracy = f"avg@{samples} [95%]" if samples else "accuracy [95%]"
    for heading in (accuracy, "s.e.", *several, "no answer", "cut off", "undecided"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, scores in metadata["sets"].items():
        for template in _templates(scores):
            table.add_row(name, template, *_cells(scores["templates"][template], samples))
    text = StringIO()
    width = 150 + max(map(len, metadata["sets"]), default=0)
    # A name may hold brackets or colons: it is no markup.
    Console(file=text, width=width, color_system=None, markup=False, emoji=False).print(table)
    lines = [line.rstrip() for line in text.getvalue().splitlines()]
    return "\n".join([line for line in lines if line] + list(_notes(metadata, context)))


def _templates(scores: Mapping[str, Any]) -> list[str]:
    """In the order in which they were named, which the keys of a manifest have lost."""
    return [scores["template"], *(found["template"] for found in scores["differences"])]


def _samples(scores: Mapping[str, Any]) -> int:
    return max(map(int, scores.get("pass@k", {})), default=0)


def _cells(found: Mapping[str, Any], samples: int) -> Iterator[str]:
    yield percent(found["accuracy"])
    yield _share(found["accuracy"]["standard_error"])
    if samples:
        yield _share(found["greedy"]["value"])
        for key in ("pass@k", "maj@k"):
            yield _share(found[key][str(samples)]["value"])
    for key in ("no_answer", "truncated"):
        yield _share(found[key]["value"])
    yield str(found["undecided"]["completions"])


def _share(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}%"


def _notes(metadata: Mapping[str, Any], context: int) -> Iterator[str]:
    for name, scores in metadata["sets"].items():
        for found in scores["differences"]:
            yield f"{name}: {found['template']} minus {found['minus']}: {percent(found)}"
        for template in _templates(scores):
            found = scores["templates"][template]
            if found["overlong"]:
                # Every completion of such a prompt is counted.
                prompts = found["overlong"] * found["problems"] // _completions(found)
                yield (
                    f"{name}, {template}: {prompts} of {found['problems']} prompts did not fit the "
                    f"context of {context} tokens: no completion"
                )
            undecided = [f"{found['verdicts'][kind]} {kind}" for kind in _kinds(found)]
            if undecided:
                bounds = found["undecided"]
                low, high = bounds["accuracy_if_wrong"], bounds["accuracy_if_right"]
                yield (
                    f"{name}, {template}: {' and '.join(undecided)} of {_completions(found)} graded; "
                    f"between {_share(low)} and {_share(high)} if all of these were wrong or right"
                )
    if "repeat" in metadata:
        found = metadata["repeat"]
        yield (
            f"{found['completions']} greedy completions repeated: text differs in "
            f"{percent(found['text'])}, verdict in {percent(found['verdict'])}"
        )


def _kinds(found: Mapping[str, Any]) -> list[str]:
    """The verdicts that occurred and decide nothing."""
    return [kind for kind in ("timeout", "crash") if found["verdicts"].get(kind)]


def _completions(found: Mapping[str, Any]) -> int:
    return sum(found["verdicts"].values())
