"""Donor prefixes, altered suffixes and paraphrases on an engine whose log-probabilities are a rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import exp, log
from pathlib import Path
from typing import Any

import pytest

from clean_bench.artifacts import Artifact, verify
from clean_bench.checkpoints import Checkpoint
from clean_bench.errors import UserError
from clean_bench.probing.alter import change_case, renumber, swap_words
from clean_bench.probing.checks import check_probe
from clean_bench.probing.clusters import cluster_ids
from clean_bench.probing.cut import cut
from clean_bench.probing.donors import choose_donors
from clean_bench.probing.rows import STATISTICS
from clean_bench.probing.run import probe
from clean_bench.probing.tests.after_other_prefixes import log_mean_exp
from clean_bench.probing.tests.altered_suffix import altered_copies
from clean_bench.problems import Problem, ProblemSet

Statistics = dict[tuple[str, str], dict[str, float]]
WORDS = (
    "find the sum of all even numbers from 3 to 90 that are multiples of 7 and of 11 too".split()
)


def problems() -> ProblemSet:
    """Eleven problems of two subjects, of different lengths."""
    texts = [" ".join([f"case{i}", *WORDS[: 12 + i % 4], f"end{i}"]) for i in range(11)]
    return ProblemSet(
        "main",
        [Problem(str(i), text, subject="ab"[i % 2]) for i, text in enumerate(texts)],
    )


@pytest.fixture
def ruled(fake_engine: Any) -> Any:
    """A token costs 0.1, and 0.1 more per token of the prefix where the text is none of the problems;
    after a prefix that begins none of them, a quarter of it more.
    """

    class Ruled(fake_engine):  # type: ignore[misc]
        def logprobs(
            self, prefix_ids: Sequence[Sequence[int]], suffix_ids: Sequence[Sequence[int]]
        ) -> list[list[float]]:
            known = {tuple(self.encode(problem.problem)) for problem in problems()}
            starts = {whole[:length] for whole in known for length in range(len(whole))}
            rows = []
            for prefix, suffix in zip(prefix_ids, suffix_ids, strict=True):
                own = (*prefix, *suffix) in known
                cost = 0.0 if own else len(prefix) / 10 * (1 if tuple(prefix) in starts else 1.25)
                rows.append([-0.1 - cost] * len(suffix))
            return rows

    return Ruled()


def statistics(artifact: Artifact) -> Statistics:
    found: Statistics = {}
    for row in artifact.rows(STATISTICS):
        if row["prefix"] == 0.6:
            of_place = found.setdefault((row["test"], row["problem_id"]), {})
            of_place[row["statistic"]] = row["value"]
    return found


def run(engine: Any, out: Path, *tests: str, **options: Any) -> Artifact:
    model = Checkpoint("some/model", Path("nowhere"))
    model.__dict__["weights_sha256"] = "ab" * 32
    artifact = probe(engine, [problems()], out, checkpoint=model, tests=tests, **options)
    assert verify(out, {"probe": check_probe}) == []
    return artifact


class _Item:
    def __init__(self, problem: Problem, cluster: int) -> None:
        parts = cut(problem.problem, 0.6)
        self.subject, self.prefix, self.suffix = problem.subject, parts.prefix, parts.suffix
        self.cluster = cluster


def test_donors_by_hand(tmp_path: Path, ruled: Any) -> None:
    found = statistics(run(ruled, tmp_path / "p", "donor-prefix"))
    clusters = cluster_ids([problem.problem for problem in problems()])
    donors = choose_donors(
        [_Item(problem, cluster) for problem, cluster in zip(problems(), clusters, strict=True)]
    )
    cuts = [cut(problem.problem, 0.6) for problem in problems()]
    for place, problem in enumerate(problems()):
        known = found["donor-prefix", problem.id]
        tokens = len(cuts[place].suffix.split())
        # The beginning token and the words of the donor's prefix.
        sums = [
            tokens * (-0.1 - (1 + len(cuts[donor].prefix.split())) / 10)
            for donor in donors[place].indices
        ]
        assert len(sums) == known["donor_count"] == 8
        assert known["own"] == pytest.approx(-0.1 * tokens)
        assert known["donors"] == pytest.approx(log(sum(map(exp, sums)) / 8))
        assert known["best_donor"] == pytest.approx(max(sums))


def test_altered_suffixes_by_hand(tmp_path: Path, ruled: Any) -> None:
    found = statistics(run(ruled, tmp_path / "p", "altered-suffix"))
    factors = set()
    for problem in problems():
        parts, known = cut(problem.problem, 0.6), found["altered-suffix", problem.id]
        prefix = 1 + len(parts.prefix.split())
        seed = f"altered suffix/{problem.id}"
        renumbered = renumber(problem.problem, seed) or problem.problem
        altered = {
            "renumbered": renumbered[parts.offset :],
            "swapped": swap_words(parts.suffix, seed),
            "cased": change_case(parts.suffix),
        }
        assert altered["renumbered"] != parts.suffix
        # The renumbered suffix is read after the renumbered prefix.
        factor = 1.0 if renumbered.startswith(parts.prefix) else 1.25
        factors.add(factor)
        cost = {"renumbered": factor * prefix / 10}
        expected = {
            form: len(text.split()) * (-0.1 - cost.get(form, prefix / 10))
            for form, text in altered.items()
            if text is not None
        }
        assert expected
        own = -0.1 * len(parts.suffix.split())
        assert known == pytest.approx({"own": own, **expected})
    assert 1.25 in factors  # some prefixes have numbers


def test_a_number_that_prefix_and_suffix_share_stays_shared() -> None:
    text = "Each of 47 boxes holds 36 pens. Ann opens all 47 boxes and gives 36 pens to 58 friends."
    parts = cut(text, 0.5)
    assert "47" in parts.prefix and "36" in parts.prefix
    prefix, suffix = altered_copies(parts, "seed")["renumbered"]
    assert len(prefix) == len(parts.prefix) and len(suffix) == len(parts.suffix)
    boxes, pens = prefix.split()[2], prefix.split()[5]
    assert {"47", "36", "58"}.isdisjoint(f"{prefix} {suffix}".split())
    words = suffix.split()
    assert words[words.index("boxes") - 1] == boxes
    assert words[words.index("pens") - 1] == pens
    assert len({boxes, pens, words[words.index("friends.") - 1]}) == 3


def test_numbers_of_the_prefix_alone_make_no_altered_suffix() -> None:
    parts = cut("Ann has 47 boxes, and she opens every one of them with care.", 0.5)
    assert "renumbered" not in altered_copies(parts, "seed")
    assert {"swapped", "cased"} <= set(altered_copies(parts, "seed"))


def test_paraphrases_by_hand(tmp_path: Path, ruled: Any) -> None:
    reworded = ProblemSet(
        "reworded", [Problem(p.id, "in other words " + p.problem) for p in list(problems())[:10]]
    )
    artifact = run(ruled, tmp_path / "p", "paraphrase", paraphrases=[reworded])
    found = statistics(artifact)
    assert ("paraphrase", "10") not in found
    for problem in list(problems())[:10]:
        own = cut(problem.problem, 0.6)
        other = cut("in other words " + problem.problem, 0.6)
        prefix, tokens = 1 + len(other.prefix.split()), len(own.suffix.split())
        cost = 1.25 * prefix / 10
        assert found["paraphrase", problem.id] == pytest.approx(
            {
                "own": -0.1 * tokens,
                "own_per_token": -0.1,
                "after_paraphrase": tokens * (-0.1 - cost),
                "paraphrase_per_token": -0.1 - cost,
            }
        )


def test_paraphrases_are_needed(tmp_path: Path, ruled: Any) -> None:
    with pytest.raises(UserError, match="--signals paraphrase: expected --paraphrases SET"):
        run(ruled, tmp_path / "p", "paraphrase")


@pytest.mark.parametrize("name", ["donor-prefix", "altered-suffix"])
def test_a_server_without_logprobs_is_refused(
    tmp_path: Path, fake_engine: Callable[..., Any], name: str
) -> None:
    class Server(fake_engine):  # type: ignore[misc,valid-type]
        def describe(self) -> dict[str, Any]:
            return {**super().describe(), "suffix_logprobs": False}

    with pytest.raises(UserError, match=f"--signals {name}: expected an engine that gives"):
        run(Server(), tmp_path / "p", name)


def test_log_mean_exp_of_small_numbers() -> None:
    assert log_mean_exp([-1.0, -2.0]) == pytest.approx(log((exp(-1) + exp(-2)) / 2))
    assert log_mean_exp([-5000.0, -5000.0]) == pytest.approx(-5000.0)
