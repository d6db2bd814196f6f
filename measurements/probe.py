"""What the probe costs beside the bare engine, and its ROUGE-L beside rouge-score.

    make bench-probe [CHECKPOINT=FOLDER] [ON=math500=FILE]

The probe of 500 problems at three prefixes with its default signals, and the bare engine on the same
requests: the same completions in the same shards, and the log-probabilities of the same suffixes, with
nothing kept. Rounds alternate which comes first; the median of the ratios is printed. Without a
checkpoint it is the control model, whose engine is so fast that the probe's own work weighs most.

ROUGE-L of the same 1,500 pairs of texts, by `clean_bench.text.similarity` and by rouge-score in the same
run: of the same tokens, which the probe needs for other measures too (the values must be equal), and
from the texts, each with its own tokenizer. rouge-score is on the path of this script alone.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median

import clean_bench.organisms  # noqa: F401 - registers organism:NAME
from clean_bench.checkpoints import resolve_checkpoint
from clean_bench.engines.base import Engine
from clean_bench.engines.open import EngineConfig, open_engine
from clean_bench.experiments.calibration.plan import drawn_problems
from clean_bench.probing.items import headline_of, items_of, planned_entries, request_of
from clean_bench.probing.run import FRACTIONS, SHARD, probe
from clean_bench.problems import ProblemSet, load_problems
from clean_bench.samples import TABLE, generate_completions
from clean_bench.text.normalize import normalize_spaces
from clean_bench.text.similarity import rouge_l
from clean_bench.text.tokenizer import notation_tokens

HERE = Path(__file__).parent
REPORT = HERE / "results" / "probe.md"
PROBLEMS = 500
MOST_COST, LEAST_SPEED = 1.10, 15.0
"""Goals: the probe against the bare engine, and ROUGE-L against rouge-score."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--checkpoint", default="organism:reciter")
    parser.add_argument("--on", help="problem set; default 500 generated problems")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rouge", type=Path, help="site-packages folder that holds rouge_score")
    asked = parser.parse_args()
    problems = load_problems(asked.on) if asked.on else drawn_problems("probe cost", PROBLEMS)
    problems = problems.head(PROBLEMS)
    checkpoint = resolve_checkpoint(asked.checkpoint)
    ratios: list[float] = []
    pairs: list[tuple[str, str]] = []
    with closing(open_engine(checkpoint, EngineConfig())) as engine:
        bare(engine, problems.head(20))  # warm-up
        for number in range(asked.rounds):
            with tempfile.TemporaryDirectory() as folder:

                def probed(out: str = folder) -> None:
                    probe(engine, [problems], f"{out}/p", checkpoint=checkpoint)

                order: list[tuple[str, Callable[[], None]]] = [
                    ("bare", lambda: bare(engine, problems)),
                    ("probe", probed),
                ]
                seconds = {name: timed(run) for name, run in order[:: 1 if number % 2 else -1]}
                pairs = pairs or texts_of(Path(folder) / "p")
            ratios.append(seconds["probe"] / seconds["bare"])
            print(
                f"round {number + 1}: bare engine {seconds['bare']:.1f} s, "
                f"probe {seconds['probe']:.1f} s, ratio {ratios[-1]:.3f}",
                file=sys.stderr,
            )
    lines = [
        "# What the probe costs",
        "",
        f"`make bench-probe`; {len(problems)} problems at {len(FRACTIONS)} prefixes on "
        f"{asked.checkpoint}, default signals, {asked.rounds} rounds.",
        "",
        f"Probe / bare engine on the same tokens: {median(ratios):.3f} (median; "
        f"{min(ratios):.3f} to {max(ratios):.3f}). Goal: at most {MOST_COST:.2f}.",
    ]
    reached = median(ratios) <= MOST_COST
    if asked.rouge:
        rounds = [speed_of_rouge(pairs, asked.rouge) for _ in range(asked.rounds)]
        of_tokens, of_texts = zip(*rounds, strict=True)
        lines += [
            "",
            f"ROUGE-L of {len(pairs)} pairs, times as fast as rouge-score: {spread(of_tokens)} of the "
            f"same tokens (goal: at least {LEAST_SPEED:.0f}; equal values), {spread(of_texts)} from the "
            "texts, each with its own tokenizer.",
        ]
        reached &= median(of_tokens) >= LEAST_SPEED
    REPORT.write_text("\n".join([*lines, ""]))
    print(REPORT.read_text())
    return 0 if reached else 1


def bare(engine: Engine, problems: ProblemSet) -> None:
    """The engine alone on the requests of a probe with the default signals."""
    entries, headline = planned_entries([problems], FRACTIONS), headline_of(FRACTIONS)
    begin = engine.encode("")
    for start in range(0, len(entries), SHARD):
        items = items_of(engine, entries[start : start + SHARD], "clean")
        items = [item for item in items if item.reason is None]
        generate_completions(engine, [request_of(item) for item in items])
        engine.logprobs([i.prefix_ids for i in items], [i.suffix_ids for i in items])
        shown = [item.suffix_ids for item in items if item.fraction == headline]
        if begin and shown:
            engine.logprobs([begin] * len(shown), shown)


def timed(run: Callable[[], object]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def texts_of(folder: Path) -> list[tuple[str, str]]:
    """Completion and true suffix of every sample of a probe."""
    from clean_bench.artifacts import Artifact

    return [
        (row["response"], row["gold"])
        for table in Artifact.load(folder, "probe").tables(TABLE, ("response", "gold"))
        for row in table.to_pylist()
    ]


def spread(values: Sequence[float]) -> str:
    """The median and the range."""
    return f"{median(values):.1f} (median; {min(values):.1f} to {max(values):.1f})"


class Tokenized:
    """Gives rouge-score tokens in place of texts."""

    def tokenize(self, tokens: list[str]) -> list[str]:
        return tokens


def speed_of_rouge(pairs: Sequence[tuple[str, str]], folder: Path) -> tuple[float, float]:
    """How many times as fast as rouge-score ROUGE-L is: of the same tokens, and from the texts."""
    sys.path.append(str(folder))
    from rouge_score.rouge_scorer import RougeScorer

    def tokens_of(text: str) -> list[str]:
        return notation_tokens(normalize_spaces(text))

    tokens = [(tokens_of(completion), tokens_of(suffix)) for completion, suffix in pairs]
    of_tokens = RougeScorer(["rougeL"], tokenizer=Tokenized())
    of_texts = RougeScorer(["rougeL"])
    ours: list[float] = []
    theirs: list[float] = []
    seconds = [
        timed(lambda: theirs.extend(of_tokens.score(s, c)["rougeL"].fmeasure for c, s in tokens)),
        timed(lambda: ours.extend(rouge_l(c, s) for c, s in tokens)),
        timed(lambda: [of_texts.score(s, c) for c, s in pairs]),
        timed(lambda: [rouge_l(tokens_of(c), tokens_of(s)) for c, s in pairs]),
    ]
    for pair, one, other in zip(pairs, ours, theirs, strict=True):
        if abs(one - other) > 1e-9:
            sys.exit(f"expected equal values of ROUGE-L, got {one} and {other} of {pair}")
    return seconds[0] / seconds[1], seconds[2] / seconds[3]


if __name__ == "__main__":
    sys.exit(main())
