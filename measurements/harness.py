r"""What scoring costs beside the model: clean-bench and lm-eval with engines that take no time.

    make bench-harness

In each round both score the same freshly made problems with the same responses, one after the other,
in processes that live through all rounds. Every round has problems and responses of its own, so that
nothing is found in a cache. Both build the prompts, take the responses from a table, find and decide
the answers, average, and save every prompt and response. lm-eval does so with two tasks:

    gsm8k      its own task file for word problems with whole answers, zero-shot, pointed at these
               problems: answers are found and compared as lm-eval does it
    exported   the task that `clean-bench export --to lm-eval` makes of the problems: answers are found
               and compared by clean-bench's own code, so that only the harness differs

Not counted: the engines, start-up, and reading the problems. Of lm-eval only the core is counted,
`evaluate` and saving as `lm_eval --log_samples --output_path` does it; the whole `simple_evaluate`,
which also loads the task and asks the machine for its versions, is shown. clean-bench is counted whole:
`score`, from problems in memory to the finished folder.

Writes `measurements/results/harness.md`, and ends with status 1 where clean-bench takes more than a
tenth of the time of lm-eval with its own task, or where the two disagree on the accuracy.
"""

from __future__ import annotations

import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from clean_bench import prompts
from clean_bench.engines.base import Completion, Request
from clean_bench.exports import export
from clean_bench.problems import ProblemSet, load_folder
from clean_bench.scoring.run import ScoreConfig, score

HERE = Path(__file__).parent
RESULT = HERE / "results" / "harness.md"
LM_EVAL = HERE.parent / ".venv-lm-eval" / "bin" / "python"
PROMISED = 0.1
PROBLEMS = 4000
ROUNDS = 5
SAMPLES = 3
TOKENS = 128
WORDS = (
    "first we add the terms then carry and simplify so that each part has its least form".split()
)

GSM8K = """\
include: {tasks}/gsm8k/gsm8k.yaml
task: gsm8k_here
tag: null
dataset_path: null
dataset_name: null
custom_dataset: !function utils.load
num_fewshot: 0
"""
UTILS = '''\
"""The rows that lie beside this file, as lm-eval's `custom_dataset`."""

import json
from pathlib import Path


def load(**_):
    import datasets

    rows = json.loads(Path(__file__).with_name("rows.json").read_text())
    return {"train": datasets.Dataset.from_list(rows), "test": datasets.Dataset.from_list(rows)}
'''


class Instant:
    """An engine that knows the completions of every prompt; notes the seconds spent on giving them."""

    name = "instant"
    context_length = 4096

    def __init__(self, completions: Mapping[str, Sequence[Completion]]) -> None:
        self.left = {prompt: iter(found) for prompt, found in completions.items()}
        self.seconds = 0.0

    def generate(self, requests: Sequence[Request]) -> Iterator[Completion]:
        started = time.perf_counter()
        found = [next(self.left[request.prompt]) for request in requests]
        self.seconds += time.perf_counter() - started
        return iter(found)

    def describe(self) -> dict[str, Any]:
        return {"engine": self.name}


class LmEval:
    """The other side's process."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [str(LM_EVAL), str(HERE / "harness_lm_eval.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.start = self._reply()

    def work(self, **job: Any) -> dict[str, Any]:
        assert self.process.stdin
        print(json.dumps(job, default=str), file=self.process.stdin, flush=True)
        return self._reply()

    def _reply(self) -> dict[str, Any]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            sys.exit("the process with lm-eval ended early")
        return dict(json.loads(line))

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


def respond(answer: str, rng: random.Random) -> str:
    """A response of about a hundred words: right, wrong, or without an answer."""
    text = " ".join(rng.choices(WORDS, k=100)) + f", step {rng.choice('abcdefgh')}"
    kind = rng.random()
    if kind < 0.05:
        return text
    said = int(answer) + (kind < 0.5) * rng.randint(1, 9)
    return f"{text}: $\\boxed{{{said}}}$.\n#### {said}"


def make_problems(folder: Path, round_: int) -> ProblemSet:
    """New problems with whole answers, made as anyone would."""
    command = [sys.executable, "-m", "clean_bench", "generate", "integer-chains"]
    options = ["--steps", "5", "--count", str(PROBLEMS), "--seed", f"harness {round_}"]
    subprocess.run([*command, *options, "--out", str(folder)], check=True, capture_output=True)
    return load_folder(folder, "problems")


def make_gsm8k(folder: Path, problems: ProblemSet, tasks: str) -> None:
    """lm-eval's own task with other rows."""
    folder.mkdir()
    rows = [{"question": p.problem, "answer": f"By steps.\n#### {p.answer}"} for p in problems]
    (folder / "rows.json").write_text(json.dumps(rows))
    (folder / "utils.py").write_text(UTILS)
    (folder / "gsm8k_here.yaml").write_text(GSM8K.format(tasks=tasks))


def one_score(
    problems: ProblemSet,
    told: Mapping[str, Sequence[str]],
    out: Path,
    *,
    samples: int = 0,
    tokens: int = TOKENS,
) -> dict[str, Any]:
    """One `score`: seconds beside the engine, and the greedy accuracy."""
    rng = np.random.default_rng(samples)
    engine: Any = Instant(
        {
            prompt: [
                Completion(
                    key="",
                    text=text,
                    token_ids=rng.integers(50_000, size=tokens).tolist(),
                    logprobs=(-rng.exponential(size=tokens)).tolist(),
                    finish="stop",
                    prompt_ids=[],
                )
                for text in texts
            ]
            for prompt, texts in told.items()
        }
    )
    config = ScoreConfig(templates=("boxed",), samples=samples)
    checkpoint = {"name": "instant", "weights_sha256": "0" * 64}
    started = time.perf_counter()
    artifact = score(engine, None, [problems], out, config, checkpoint=checkpoint)
    seconds = time.perf_counter() - started - engine.seconds
    return {
        "core": seconds,
        "accuracies": [artifact.metadata["sets"][problems.name]["greedy"]["value"]],
        "documents": artifact.metadata["sets"][problems.name]["problems"],
    }


def one_round(folder: Path, round_: int, other: LmEval) -> dict[str, float]:
    """Milliseconds per completion of everything that is compared."""
    folder.mkdir()
    problems = make_problems(folder / "set", round_)
    export(folder / "set", "lm-eval", folder / "exported", "exported")
    make_gsm8k(folder / "gsm8k", problems, other.start["tasks"])
    rng = random.Random(round_)
    asked = [prompts.render_prompt(problem.problem, "boxed", None).text for problem in problems]
    answers = [problem.answer or "" for problem in problems]
    # Responses of their own for each score: the grader knows what it has decided.
    greedy, alone, sampled = (
        {
            prompt: [respond(answer, rng) for _ in range(count)]
            for prompt, answer in zip(asked, answers, strict=True)
        }
        for count in (1, 1, 1 + SAMPLES)
    )
    known = {prompt: texts[0] for prompt, texts in greedy.items()}
    known |= {
        f"Question: {problem.problem}\nAnswer:": known[prompt]
        for problem, prompt in zip(problems, asked, strict=True)
    }
    (folder / "known.json").write_text(json.dumps(known))

    found = {"clean-bench": one_score(problems, greedy, folder / "greedy")}
    for name, task in (("gsm8k", "gsm8k_here"), ("exported", "exported")):
        found[name] = other.work(
            folder=folder / name, task=task, responses=folder / "known.json", out=folder / "saved"
        )
    if len({value for one in found.values() for value in one["accuracies"]}) > 1:
        sys.exit(f"the harnesses disagree on the accuracy: {found}")
    if {one["documents"] for one in found.values()} != {PROBLEMS}:
        sys.exit(f"a harness left problems out: {found}")
    seconds = {name: one["core"] for name, one in found.items()}
    seconds |= {f"{name} whole": found[name]["whole"] for name in ("gsm8k", "exported")}
    seconds["alone"] = one_score(problems, alone, folder / "alone", tokens=0)["core"]
    more = one_score(problems, sampled, folder / "sampled", samples=SAMPLES)
    seconds["sampled"] = more["core"] / (1 + SAMPLES)
    return {name: 1000 * value / PROBLEMS for name, value in seconds.items()}


def start_up() -> float:
    """Seconds until a fresh Python has what `clean-bench score` needs beside the engine's library."""
    started = time.perf_counter()
    command = "import clean_bench.cli.score, clean_bench.scoring.run, clean_bench.experiments.names"
    subprocess.run([sys.executable, "-c", command], check=True)
    return time.perf_counter() - started


def main() -> None:
    """Measure and write."""
    if not LM_EVAL.exists():
        sys.exit("lm-eval has no environment here: `make bench-harness` makes one")
    load = os.getloadavg()[0]
    other = LmEval()
    with tempfile.TemporaryDirectory() as folder:
        # The round before the first warms both up.
        rounds = [one_round(Path(folder) / str(n), n, other) for n in range(ROUNDS + 1)][1:]
    other.close()
    mine = statistics.median(start_up() for _ in range(3))
    text, met = report(rounds, other.start["start"], mine, load)
    RESULT.write_text(text)
    print(text)
    sys.exit(not met)


LABELS = {
    "gsm8k": "lm-eval 0.4.13, its gsm8k: `evaluate` and saving",
    "gsm8k whole": "lm-eval 0.4.13, its gsm8k: `simple_evaluate` and saving",
    "exported": "lm-eval 0.4.13, exported task: `evaluate` and saving",
    "exported whole": "lm-eval 0.4.13, exported task: `simple_evaluate` and saving",
    "clean-bench": "clean-bench, `score`, greedy",
    "alone": "clean-bench, `score`, greedy, engine that gives text alone",
    "sampled": f"clean-bench, `score`, greedy and {SAMPLES} samples a problem",
}


def report(
    rounds: Sequence[Mapping[str, float]], theirs: float, mine: float, load: float
) -> tuple[str, bool]:
    """The result as Markdown, and whether what is promised holds."""
    lines = []
    for name, label in LABELS.items():
        values = [one[name] for one in rounds]
        ratios = [
            statistics.median(one[name] / one[task] for one in rounds)
            for task in ("gsm8k", "exported")
        ]
        lines.append(
            f"| {label} | {statistics.median(values):.3f} | {min(values):.3f} to "
            f"{max(values):.3f} | {ratios[0]:.3f} | {ratios[1]:.3f} |"
        )
    own, exported = (
        statistics.median(one["clean-bench"] / one[task] for one in rounds)
        for task in ("gsm8k", "exported")
    )
    text = f"""\
# Harness

`make bench-harness` on {platform.machine()}, {os.cpu_count()} cores, Python \
{platform.python_version()}, with a load of {load:.1f} from elsewhere. \
{PROBLEMS:,} problems a round, {ROUNDS} rounds after one to warm up, taking turns, new problems \
and responses of a hundred words in each. Milliseconds per completion beside the engines; the ratios \
are medians over the rounds.

| | median, ms | range, ms | of gsm8k | of exported |
|---|---|---|---|---|
{chr(10).join(lines)}

All build each prompt, look the response up, find the answer and compare it, average, and save prompts \
and responses; their accuracies are equal in every round.

- *gsm8k* is lm-eval's own task file for such problems, zero-shot, pointed at these: two filters find \
an answer each, and its `exact_match` compares them. This is lm-eval as its users meet it.
- *exported* is the task that `clean-bench export --to lm-eval` makes: one filter, and clean-bench's \
own code finds and compares the answer. Only the harness around it differs.
- lm-eval also hashes documents, prompts and targets. Its standard error of a mean is a formula, so its \
100,000 bootstrap iterations do not run.
- clean-bench also stores {TOKENS} token ids and log-probabilities a completion (none where the engine \
gives text alone, as lm-eval's does), hashes every row and file, and flushes every shard to disk.

Start-up, in no number above: {theirs:.1f} s for lm-eval's imports, {mine:.1f} s for those of \
`clean-bench score` before its engine's.

Promised: at most {PROMISED:g} of lm-eval's overhead. Found: {own:.3f} of lm-eval with its own task, \
{exported:.3f} of lm-eval with the exported one.
"""
    return text, own <= PROMISED


if __name__ == "__main__":
    main()
