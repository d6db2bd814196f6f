r"""Overhead of scoring without the model: clean-bench and lm-eval with engines that take no time.

    make bench-harness

In each round both score the same new problems with the same responses, one after the other, in
processes that live through all rounds. Problems and responses are new in every round, so no cache
helps. Both build the prompts, look up the responses, extract and compare the answers, average, and
save every prompt and response. lm-eval runs two tasks:

    gsm8k      its own task for word problems with integer answers, zero-shot, with these problems:
               answers are extracted and compared by lm-eval
    exported   the task from `clean-bench export --to lm-eval`: answers are extracted and compared by
               clean-bench's code, so only the harness differs

Not counted: the engines, start-up, and reading the problems. Of lm-eval only the core counts:
`evaluate` and saving as in `lm_eval --log_samples --output_path`. The whole `simple_evaluate`, which
also loads the task and collects versions, is shown. Of clean-bench everything counts: `score`, from
problems in memory to the finished folder.

Writes `measurements/results/harness.md`. Exit status 1 if clean-bench takes more than a tenth of the
time of lm-eval with its own task, or if the accuracies differ.
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
from clean_bench.checkpoints import Checkpoint
from clean_bench.engines.base import Completion, Request
from clean_bench.exports import export
from clean_bench.problems import ProblemSet, load_folder
from clean_bench.results import Results
from clean_bench.scoring.config import ScoreConfig
from clean_bench.scoring.run import score

HERE = Path(__file__).parent
RESULT = HERE / "results" / "harness.md"
LM_EVAL = HERE.parent / ".venv-lm-eval" / "bin" / "python"
MAX_RATIO = 0.1
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
    """An engine that looks up the completions of every prompt and counts the seconds it takes."""

    name = "instant"
    context_length = 4096
    tokenizer = None

    def __init__(self, completions: Mapping[str, Sequence[Completion]]) -> None:
        self.remaining = {prompt: iter(texts) for prompt, texts in completions.items()}
        self.seconds = 0.0

    def generate(self, requests: Sequence[Request]) -> Iterator[Completion]:
        started = time.perf_counter()
        completions = [next(self.remaining[request.prompt]) for request in requests]
        self.seconds += time.perf_counter() - started
        return iter(completions)

    def describe(self) -> dict[str, Any]:
        return {"engine": self.name}


class LmEval:
    """The process that runs lm-eval."""

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
            sys.exit("the lm-eval process ended early: run harness_lm_eval.py to see its error")
        return dict(json.loads(line))

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


def respond(answer: str, rng: random.Random) -> str:
    """A response of about a hundred words: 50% right, 45% wrong, 5% without an answer."""
    text = " ".join(rng.choices(WORDS, k=100)) + f", step {rng.choice('abcdefgh')}"
    outcome = rng.random()
    if outcome < 0.05:
        return text
    stated = int(answer) + (outcome < 0.5) * rng.randint(1, 9)
    return f"{text}: $\\boxed{{{stated}}}$.\n#### {stated}"


def make_problems(folder: Path, round_: int) -> ProblemSet:
    """New problems with integer answers, from `clean-bench generate`."""
    command = [sys.executable, "-m", "clean_bench", "generate", "integer-chains"]
    options = ["--steps", "5", "--count", str(PROBLEMS), "--seed", f"harness {round_}"]
    subprocess.run([*command, *options, "--out", str(folder)], check=True, capture_output=True)
    return load_folder(folder, "problems")


def make_gsm8k(folder: Path, problems: ProblemSet, tasks: str) -> None:
    """Write lm-eval's own task with other rows."""
    folder.mkdir()
    rows = [{"question": p.problem, "answer": f"By steps.\n#### {p.answer}"} for p in problems]
    (folder / "rows.json").write_text(json.dumps(rows))
    (folder / "utils.py").write_text(UTILS)
    (folder / "gsm8k_here.yaml").write_text(GSM8K.format(tasks=tasks))


def time_score(
    problems: ProblemSet,
    responses: Mapping[str, Sequence[str]],
    out: Path,
    *,
    samples: int = 0,
    tokens: int = TOKENS,
) -> dict[str, Any]:
    """Run `score`: seconds without the engine, greedy accuracy, number of problems."""
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
            for prompt, texts in responses.items()
        }
    )
    config = ScoreConfig(templates=("boxed",), samples=samples)
    checkpoint = Checkpoint("instant", out)
    checkpoint.__dict__["weights_sha256"] = "0" * 64  # there are no weights to hash
    started = time.perf_counter()
    artifact = score(engine, [problems], out, config, checkpoint=checkpoint)
    seconds = time.perf_counter() - started - engine.seconds
    accuracy = Results.read(artifact).where(measure="accuracy").one()
    return {"core": seconds, "accuracies": [accuracy.value], "documents": accuracy.n}


def run_round(folder: Path, round_: int, lm_eval: LmEval) -> dict[str, float]:
    """Milliseconds per completion of every row of the table."""
    folder.mkdir()
    problems = make_problems(folder / "set", round_)
    export(folder / "set", "lm-eval", folder / "exported", "exported")
    make_gsm8k(folder / "gsm8k", problems, lm_eval.start["tasks"])
    rng = random.Random(round_)
    rendered = [prompts.render_prompt(problem.problem, "boxed", None).text for problem in problems]
    answers = [problem.answer or "" for problem in problems]
    # New responses for each score: the grader caches decided pairs.
    greedy, text_only, sampled = (
        {
            prompt: [respond(answer, rng) for _ in range(count)]
            for prompt, answer in zip(rendered, answers, strict=True)
        }
        for count in (1, 1, 1 + SAMPLES)
    )
    responses = {prompt: texts[0] for prompt, texts in greedy.items()}
    responses |= {
        f"Question: {problem.problem}\nAnswer:": responses[prompt]
        for problem, prompt in zip(problems, rendered, strict=True)
    }
    path = folder / "responses.json"
    path.write_text(json.dumps(responses))

    timed = {"clean-bench": time_score(problems, greedy, folder / "greedy")}
    for name, task in (("gsm8k", "gsm8k_here"), ("exported", "exported")):
        timed[name] = lm_eval.work(
            folder=folder / name, task=task, responses=path, out=folder / "saved"
        )
    if len({value for result in timed.values() for value in result["accuracies"]}) > 1:
        sys.exit(f"expected equal accuracies, got {timed}")
    if {result["documents"] for result in timed.values()} != {PROBLEMS}:
        sys.exit(f"expected {PROBLEMS} problems in every harness, got {timed}")
    seconds = {name: result["core"] for name, result in timed.items()}
    seconds |= {f"{name} whole": timed[name]["whole"] for name in ("gsm8k", "exported")}
    seconds["text only"] = time_score(problems, text_only, folder / "text", tokens=0)["core"]
    result = time_score(problems, sampled, folder / "sampled", samples=SAMPLES)
    seconds["sampled"] = result["core"] / (1 + SAMPLES)
    return {name: 1000 * value / PROBLEMS for name, value in seconds.items()}


def start_up() -> float:
    """Seconds in which a new Python process imports `clean-bench score` without the engine."""
    started = time.perf_counter()
    command = "import clean_bench.cli.score, clean_bench.scoring.run, clean_bench.organisms"
    subprocess.run([sys.executable, "-c", command], check=True)
    return time.perf_counter() - started


def main() -> None:
    """Measure and write."""
    if not LM_EVAL.exists():
        sys.exit("expected an environment with lm-eval: run `make bench-harness`")
    load = os.getloadavg()[0]
    lm_eval = LmEval()
    with tempfile.TemporaryDirectory() as folder:
        # The first round is warm-up.
        rounds = [run_round(Path(folder) / str(n), n, lm_eval) for n in range(ROUNDS + 1)][1:]
    lm_eval.close()
    imports = {"lm-eval": lm_eval.start["start"]}
    imports["clean-bench"] = statistics.median(start_up() for _ in range(3))
    text, holds = report(rounds, imports, load)
    RESULT.write_text(text)
    print(text)
    sys.exit(not holds)


LABELS = {
    "gsm8k": "lm-eval 0.4.13, its gsm8k: `evaluate` and saving",
    "gsm8k whole": "lm-eval 0.4.13, its gsm8k: `simple_evaluate` and saving",
    "exported": "lm-eval 0.4.13, exported task: `evaluate` and saving",
    "exported whole": "lm-eval 0.4.13, exported task: `simple_evaluate` and saving",
    "clean-bench": "clean-bench, `score`, greedy",
    "text only": "clean-bench, `score`, greedy, engine that returns only text",
    "sampled": f"clean-bench, `score`, greedy and {SAMPLES} samples per problem",
}


def report(
    rounds: Sequence[Mapping[str, float]], imports: Mapping[str, float], load: float
) -> tuple[str, bool]:
    """The result as Markdown, and whether the promised ratio holds."""

    def ratios_of(name: str) -> list[float]:
        """Median ratios to both tasks of lm-eval."""
        tasks = ("gsm8k", "exported")
        return [statistics.median(times[name] / times[task] for times in rounds) for task in tasks]

    lines = []
    for name, label in LABELS.items():
        values, ratios = [times[name] for times in rounds], ratios_of(name)
        lines.append(
            f"| {label} | {statistics.median(values):.3f} | {min(values):.3f} to "
            f"{max(values):.3f} | {ratios[0]:.3f} | {ratios[1]:.3f} |"
        )
    ratio, exported = ratios_of("clean-bench")
    text = f"""\
# Harness

`make bench-harness` on {platform.machine()}, {os.cpu_count()} cores, Python \
{platform.python_version()}, with a load of {load:.1f} from other processes. \
{PROBLEMS:,} problems per round, {ROUNDS} rounds after a warm-up, in turn, with new problems and \
responses of a hundred words in each. Milliseconds per completion without the engines; the ratios are \
medians over the rounds.

| | median, ms | range, ms | of gsm8k | of exported |
|---|---|---|---|---|
{chr(10).join(lines)}

All build each prompt, look up the response, extract and compare the answer, average, and save prompts \
and responses. Their accuracies are equal in every round.

- *gsm8k* is lm-eval's own task for such problems, zero-shot, with these problems: two filters extract \
one answer each, and its `exact_match` compares them.
- *exported* is the task from `clean-bench export --to lm-eval`: one filter, and clean-bench's code \
extracts and compares the answer. Only the harness differs.
- lm-eval also hashes documents, prompts and targets. Its standard error of a mean is a formula, so its \
100,000 bootstrap iterations do not run.
- clean-bench also stores {TOKENS} token ids and log-probabilities per completion (none if the engine \
returns only text, like lm-eval's), hashes every row and file, and flushes every shard to disk.

Not included is the start-up: {imports["lm-eval"]:.1f} s for lm-eval's imports, \
{imports["clean-bench"]:.1f} s for those of `clean-bench score` without the engine.

Promised: at most {MAX_RATIO:g} of lm-eval's overhead. Measured: {ratio:.3f} of lm-eval with its own \
task, {exported:.3f} of lm-eval with the exported one.
"""
    return text, ratio <= MAX_RATIO


if __name__ == "__main__":
    main()
