"""Terminal tables and numbers: every command prints its results with these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import StringIO
from typing import TYPE_CHECKING

from clean_bench.cli.terminal_text import inert

if TYPE_CHECKING:
    from clean_bench.results import Result, Results


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, texts: int = 1) -> str:
    """A table as text, without colours; the first `texts` columns are left-justified."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    cells = [[inert(cell) for cell in row] for row in rows]
    view = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column, heading in enumerate(headings):
        view.add_column(heading, justify="left" if column < texts else "right", no_wrap=True)
    for row in cells:
        view.add_row(*row)
    width = 20 + sum(
        4 + max(len(row[column]) for row in [list(headings), *cells])
        for column in range(len(headings))
    )
    text = StringIO()
    # A name may hold brackets or colons: it is no markup.
    Console(file=text, width=width, color_system=None, markup=False, emoji=False).print(view)
    lines = [line.rstrip() for line in text.getvalue().splitlines()]
    return "\n".join(line for line in lines if line)


def percent(result: Result | None) -> str:
    """`61.0% [58.2, 63.9]`."""
    return _interval(result, 100, "%", 1)


def number(result: Result | None, digits: int = 2) -> str:
    """`1.23 [1.10, 1.40]`."""
    return _interval(result, 1, "", digits)


def share(value: float | None) -> str:
    """`61.0%`."""
    return "-" if value is None else f"{_fixed(100 * value, 1)}%"


def value_of(results: Results, **columns: object) -> float | None:
    """The value of the first row with these columns, None where there is none."""
    row = results.first(**columns)
    return None if row is None else row.value


def _interval(result: Result | None, scale: float, unit: str, digits: int) -> str:
    """The value and its interval; `-` where nothing is known, no brackets without bounds."""
    if result is None or result.value is None:
        return "-"
    text = _fixed(scale * result.value, digits) + unit
    if result.low is None or result.high is None:
        return text
    low, high = (_fixed(scale * bound, digits) for bound in (result.low, result.high))
    return f"{text} [{low}, {high}]"


def _fixed(x: float, digits: int) -> str:
    """The number with so many digits, and no minus before a zero."""
    return f"{round(x, digits) + 0.0:.{digits}f}"
