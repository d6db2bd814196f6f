"""Compare a stored configuration with the one that a recipe gives, key by key."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from clean_bench.artifacts import Artifact, Failure
from clean_bench.scoring.config import ScoreConfig

_MOST = 60


def compare(
    part: Artifact,
    where: str,
    how: str,
    expected: Mapping[str, Any],
    *,
    free: Collection[str] = (),
) -> Iterator[Failure]:
    """The first key of a part's configuration that differs from the expected one.

    Args:
        how: what was done with the part, such as "made".
        expected: every key that the configuration has, except the `free` ones.
        free: keys that the recipe does not decide.
    """
    # An artifact of an earlier version lacks the settings that came later: they had their defaults.
    stored = {**_later_settings(expected), **part.config}
    for key in sorted({*expected, *stored} - set(free)):
        if key not in expected:
            yield Failure(where, f"has the setting {key}, which the run does not make")
            return
        if key not in stored or stored[key] != expected[key]:
            got, wanted = shown(stored.get(key)), shown(expected[key])
            yield Failure(
                where, f"was not {how} as the run says: {key} is {got}, expected {wanted}"
            )
            return


def shown(value: Any) -> str:
    """A value as short JSON."""
    text = json.dumps(value, sort_keys=True, default=str)
    return text if len(text) <= _MOST else f"{text[: _MOST - 3]}..."


def _later_settings(expected: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in ScoreConfig().model_dump(mode="json").items() if k in expected}
