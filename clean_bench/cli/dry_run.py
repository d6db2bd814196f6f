"""`--dry-run`: print what a command would take (`clean_bench.cli.costs`) instead of running it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from clean_bench.cli.common import emit
from clean_bench.cli.progress_task import duration
from clean_bench.cli.tables import table
from clean_bench.estimates import Cost

dry_run_option = click.option(
    "--dry-run",
    is_flag=True,
    help="Check the input and print what the command would take (completions, tokens, disk, memory, "
    "time); run and write nothing.",
)


def print_cost(as_json: bool, cost: Cost, **details: Any) -> None:
    """Print the cost of a command that is not run.

    Args:
        details: by its key in the JSON, an object with `as_data()` and `view()`, which stands first.
    """
    data = {name: detail.as_data() for name, detail in details.items()}
    texts = [detail.view() for detail in details.values()]
    emit(as_json, {"dry_run": True, **as_data(cost), **data}, "\n".join([*texts, view(cost)]))


def as_data(cost: Cost) -> dict[str, Any]:
    """The cost as JSON; counts that the command does not have are left out."""
    data = asdict(cost)
    counts = ("items", "item", "completions", "prompt_tokens", "generated_tokens", "read_tokens")
    empty = [name for name in counts if not data[name]]
    kept = {name: value for name, value in data.items() if name not in empty}
    return {**kept, "seconds": _rounded(cost.seconds), "assumes": list(cost.assumes)}


def view(cost: Cost) -> str:
    """The cost as text."""
    rows = [
        (cost.item or "items", f"{cost.items:,}", cost.items),
        ("completions", f"{cost.completions:,}", cost.completions),
        ("prompt tokens", f"{cost.prompt_tokens:,}", cost.prompt_tokens),
        ("generated tokens", f"at most {cost.generated_tokens:,}", cost.generated_tokens),
        ("tokens to read", f"{cost.read_tokens:,}", cost.read_tokens),
        ("disk", f"about {size_text(cost.disk_bytes)} before compression", cost.disk_bytes),
        ("memory", f"about {size_text(cost.memory_bytes)}", cost.memory_bytes),
        ("time", "not known" if cost.seconds is None else f"about {duration(cost.seconds)}", True),
    ]
    lines = [table(("", "dry run"), [row[:2] for row in rows if row[2]], texts=2)]
    if cost.assumes:
        lines.append(f"The estimate assumes: {'; '.join(cost.assumes)}.")
    return "\n".join([*lines, "Nothing was run or written."])


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


def size_text(size: float) -> str:
    """Bytes in decimal units."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 999.5:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:,.3g} TB"
