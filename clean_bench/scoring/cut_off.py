"""Warn of completions that the token limit cut off: a problem that was not finished counts as wrong."""

from __future__ import annotations

from collections.abc import Iterator

from clean_bench.results import Results

MOST = 0.05
"""Share of cut-off completions above which a set is warned of."""


def cut_off_warnings(
    results: Results, max_tokens: int, context: int | None = None
) -> Iterator[str]:
    """One line per set, template and checkpoint with more than `MOST` of its completions cut off.

    Args:
        results: rows of scores; those of other measures than `truncated` do not matter.
        max_tokens: the limit that was set.
        context: the tokens of a prompt and its completion together, if that is known.
    """
    checkpoints = len(results.where(measure="truncated").values_of("checkpoint"))
    for row in results.where(measure="truncated", subset=None, versus=None):
        if row.value is not None and row.value > MOST:
            whose = f"{row.checkpoint}: " if checkpoints > 1 else ""
            limit = f"; the context of the checkpoint is {context} tokens" if context else ""
            yield (
                f"{whose}{row.set}, template {row.template}: {row.value:.0%} of the completions were "
                f"cut off at {max_tokens} tokens and mostly count as wrong; raise --max-tokens{limit}"
            )
