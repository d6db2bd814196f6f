"""Altered suffixes: is the true suffix more likely than the same text with other numbers, words or case?

Reads the true suffix and altered copies of it (`clean_bench.probing.alter`) by teacher forcing. It finds
text that greedy decoding misses, such as a passage that is stored in another case. Statistics per
problem, at the headline prefix, in nats:

    own              log-probability of the true suffix after the true prefix
    renumbered       log-probability of the suffix of the problem with other numbers, after the prefix
                     with other numbers; a number that prefix and suffix share stays shared, or any model
                     that reads would prefer the true suffix
    swapped, cased   log-probability of the suffix with neighboring words exchanged, and with the case of
                     its words changed, after the true prefix

A form is absent where it changes nothing in the suffix.

Evidence is `own - renumbered` where there are numbers, else `own - swapped`. Text with words exchanged
is less likely in any model, so the evidence is calibrated on a null set, as for every test.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from clean_bench.engines.base import Engine
from clean_bench.probing.alter import change_case, renumber, swap_words
from clean_bench.probing.cut import Cut
from clean_bench.probing.rows import Value
from clean_bench.probing.tests.after_other_prefixes import read_sums, tokens_after
from clean_bench.probing.tests.base import (
    LOG_PROBABILITY,
    LOGPROBS,
    Bounds,
    CutShard,
    CutTest,
    Material,
    Measured,
)
from clean_bench.probing.tests.suffix_logprob import require_logprobs

FORMS = ("renumbered", "swapped", "cased")


def altered_copies(parts: Cut, seed: str) -> dict[str, tuple[str, str]]:
    """Prefix and suffix of the altered copies of a cut problem, by form (see the module)."""
    whole = parts.prefix + parts.suffix
    renumbered = renumber(whole, seed) or whole
    copies = {
        # Renumbering keeps the length of a text, so the copy is cut at the same place.
        "renumbered": (renumbered[: parts.offset], renumbered[parts.offset :]),
        "swapped": (parts.prefix, swap_words(parts.suffix, seed)),
        "cased": (parts.prefix, change_case(parts.suffix)),
    }
    return {
        form: (prefix, suffix)
        for form, (prefix, suffix) in copies.items()
        if suffix is not None and suffix != parts.suffix
    }


class AlteredSuffix(CutTest):
    """See the module."""

    name = "altered-suffix"
    summary = "the true suffix against copies with other numbers, words exchanged or case changed"
    needs = frozenset({LOGPROBS})
    headline_only = True
    readings = len(FORMS)
    bounds: ClassVar[Mapping[str, Bounds]] = {
        "own": LOG_PROBABILITY,
        **dict.fromkeys(FORMS, LOG_PROBABILITY),
    }
    optional = frozenset(FORMS)

    def check(self, engine: Engine, material: Material) -> None:
        """See `Test.check`."""
        require_logprobs(engine, self.name)

    def measure(self, shard: CutShard, material: Material) -> Measured:
        """See `CutTest.measure`."""
        items = [
            (item, row)
            for item, row in zip(shard.items, shard.suffix_logprobs, strict=True)
            if self.measures(item.fraction, material)
        ]
        pairs, names = [], []
        values = []
        for item, row in items:
            own = min(sum(row), 0.0)
            values.append(Value(item.set, item.problem.id, self.name, item.fraction, "own", own))
            copies = altered_copies(item.cut, f"altered suffix/{item.problem.id}")
            for form, (prefix, suffix) in copies.items():
                same = prefix == item.cut.prefix
                prefix_ids = item.prefix_ids if same else shard.engine.encode(prefix)
                ids = tokens_after(shard.engine, prefix, prefix_ids, suffix)
                pairs.append((prefix_ids, ids))
                names.append((item, form))
        for (item, form), value in zip(names, read_sums(shard.engine, pairs), strict=True):
            if value is not None:
                values.append(
                    Value(item.set, item.problem.id, self.name, item.fraction, form, value)
                )
        return Measured((), values)

    def evidence(self, values: Mapping[str, float]) -> float | None:
        """The logarithm of the ratio of the true suffix to an altered one."""
        for form in ("renumbered", "swapped"):
            if form in values:
                return values["own"] - values[form]
        return None
