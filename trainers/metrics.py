"""What can be said of a rollout batch from its stored rows, before any update."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def batch_metrics(rows: Sequence[Mapping[str, Any]], group: int) -> dict[str, float]:
    """Means over the rollouts of one step (`Rollouts.rows`); `verify` computes them again.

    `reward` is over the scorable rollouts; `equal_groups` is the share of groups, of `group`
    rollouts each, whose rewards give no advantage; `length` is in tokens.
    """
    n = len(rows)
    rewards = [row["reward"] for row in rows]
    known = [value for value in rewards if value is not None]
    groups = [
        {value for value in rewards[start : start + group] if value is not None}
        for start in range(0, n, group)
    ]
    return {
        "reward": sum(known) / max(len(known), 1),
        "accuracy": sum(row["verdict"] == "equal" for row in rows) / n,
        "unscorable": (n - len(known)) / n,
        "equal_groups": sum(len(values) < 2 for values in groups) / len(groups),
        "length": sum(row["tokens"] for row in rows) / n,
        "truncated": sum(row["finish"] == "length" for row in rows) / n,
        "python": sum("python" in row["response"].lower() for row in rows) / n,
        "no_answer": sum(row["verdict"] == "no answer" for row in rows) / n,
    }
