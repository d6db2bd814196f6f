"""The tests of the probe by name, one file each; `--signals` chooses among them.

A new one is a subclass of a class of `base` and an entry of `TESTS`: its rows are stored, recomputed by
`verify`, summarized and shown without a change elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from clean_bench.errors import UserError
from clean_bench.probing.tests.altered_suffix import AlteredSuffix
from clean_bench.probing.tests.base import CompletionTest, Test
from clean_bench.probing.tests.donor_prefix import DonorPrefix
from clean_bench.probing.tests.exchangeability import Exchangeability
from clean_bench.probing.tests.min_k import MinK
from clean_bench.probing.tests.min_knn import MinKnn
from clean_bench.probing.tests.ngram_accuracy import NgramAccuracy
from clean_bench.probing.tests.paraphrase import Paraphrase
from clean_bench.probing.tests.partial_answer import PartialAnswer
from clean_bench.probing.tests.reconstruction import Reconstruction
from clean_bench.probing.tests.self_critique import SelfCritique
from clean_bench.probing.tests.suffix_logprob import SuffixLogprob
from clean_bench.probing.tests.zero_cot import ZeroCot

_ENTRIES: tuple[Test, ...] = (
    Reconstruction(),
    SuffixLogprob(),
    AlteredSuffix(),
    DonorPrefix(),
    Exchangeability(),
    MinK(),
    MinKnn(),
    NgramAccuracy(),
    Paraphrase(),
    PartialAnswer(),
    SelfCritique(),
    ZeroCot(),
)
TESTS: Mapping[str, Test] = MappingProxyType({test.name: test for test in _ENTRIES})
DEFAULT = ("reconstruction", "suffix-logprob")
"""The tests of a probe without `--signals`: they share a completion and a reading of each item."""


def tests_of(names: Sequence[str]) -> list[Test]:
    """The tests of names, in the order of `TESTS`; `default` and `all` stand for several.

    Raises:
        UserError: for an unknown name, or none.
    """
    chosen: set[str] = set()
    for name in names:
        if name == "all":
            chosen |= {*TESTS}
        elif name == "default":
            chosen |= {*DEFAULT}
        elif name in TESTS:
            chosen.add(name)
        else:
            raise UserError(
                f"--signals {name}: expected default, all or names of {', '.join(TESTS)}, got {name!r}"
            )
    if not chosen:
        raise UserError(
            f"--signals: expected default, all or names of {', '.join(TESTS)}, got none"
        )
    return [test for name, test in TESTS.items() if name in chosen]


def forced_start(template: str) -> str:
    """The text with which every response under a template begins: that of the test that owns it."""
    starts = (
        test.force_start
        for test in TESTS.values()
        if isinstance(test, CompletionTest) and test.owns(template)
    )
    return next(starts, "")
