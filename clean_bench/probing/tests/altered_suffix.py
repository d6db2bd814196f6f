"""Altered suffixes: is the true suffix more likely than the same text with other numbers, words or case?

Reads the true suffix and altered copies of it (`clean_bench.probing.alter`) after the same prefix, by
teacher forcing. It finds text that greedy decoding misses, such as a passage that is stored in another
case. Statistics per problem, at the headline prefix, in nats:

    own                          log-probability of the true suffix
    renumbered, swapped, cased   log-probability of the suffix with other numbers, with neighboring words
                                 exchanged, with the case of its words changed; absent where nothing can
                                 be changed

Evidence is `own - renumbered` where there are numbers, else `own - swapped`. Text with words exchanged
is less likely in any model, so the evidence is calibrated on a null set, as for every test.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from clean_bench.engines.base import Engine
from clean_bench.probing.alter import change_case, renumber, swap_words
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

FORMS: Mapping[str, Callable[[str, str], str | None]] = {
    "renumbered": renumber,
    "swapped": swap_words,
    "cased": lambda text, seed: change_case(text),
}


class AlteredSuffix(CutTest):
    """See the module."""

    name = "altered-suffix"
    summary = "the true suffix against copies with other numbers, words exchanged or case changed"
    needs = frozenset({LOGPROBS})
    headline_only = True
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
            for form, alter in FORMS.items():
                altered = alter(item.cut.suffix, f"altered suffix/{item.problem.id}")
                if altered is not None and altered != item.cut.suffix:
                    ids = tokens_after(shard.engine, item.cut.prefix, item.prefix_ids, altered)
                    pairs.append((item.prefix_ids, ids))
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
