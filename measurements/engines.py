"""Tokens per second of both engines on a shipped control model (organism), in one run.

    make bench-engines

Both complete the same prompts, greedily and by sampling, and score the same text, in turn. The ratio
is that of the median rates. Greedy completions are compared token by token. The model is so small
that on a CPU this measures the overhead of the engines, not the arithmetic.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch

from clean_bench.engines.base import Completion, Engine, Request
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.engines.vllm_engine import VllmEngine
from clean_bench.organisms.shipped import organism_folder
from clean_bench.problems import load_folder


def make_requests(prompts: list[str], temperature: float) -> list[Request]:
    return [
        Request(str(i), prompt, seed=i, max_tokens=64, temperature=temperature)
        for i, prompt in enumerate(prompts)
    ]


def time_generation(engine: Engine, requests: list[Request]) -> tuple[float, list[Completion]]:
    """Generated tokens per second, and the completions."""
    begun = time.perf_counter()
    completions = list(engine.generate(requests))
    seconds = time.perf_counter() - begun
    return sum(len(c.token_ids) for c in completions) / seconds, completions


def time_scoring(engine: Engine, texts: list[list[int]]) -> float:
    """Scored tokens per second."""
    begun = time.perf_counter()
    logprobs = engine.logprobs([ids[:1] for ids in texts], [ids[1:] for ids in texts])
    return sum(map(len, logprobs)) / (time.perf_counter() - begun)


def agreement(first: list[Completion], second: list[Completion]) -> float:
    """Share of equal tokens, up to the first difference in each completion."""
    same = total = 0
    for a, b in zip(first, second, strict=True):
        total += max(len(a.token_ids), len(b.token_ids))
        for x, y in zip(a.token_ids, b.token_ids, strict=False):
            if x != y:
                break
            same += 1
    return same / total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--prompts", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    folder: Path = organism_folder("reciter")
    halves = [load_folder(folder / half) for half in ("planted", "twin")]
    prompts = [problem.problem for half in halves for problem in half][: arguments.prompts]

    engines: dict[str, Engine] = {}
    load: dict[str, Callable[..., Engine]] = {
        "transformers": TransformersEngine.load,
        "vllm": VllmEngine.load,
    }
    for name, function in load.items():
        begun = time.perf_counter()
        engines[name] = function(folder / "checkpoint")
        print(f"{name}: loaded in {time.perf_counter() - begun:.1f} s; {engines[name].describe()}")
    texts = [engines["transformers"].encode(prompt) for prompt in prompts]

    rates: dict[tuple[str, str], list[float]] = {}
    completions: dict[str, list[Completion]] = {}
    for number in range(arguments.rounds + 1):
        for name, engine in engines.items():
            greedy, completions[name] = time_generation(engine, make_requests(prompts, 0.0))
            sampled, _ = time_generation(engine, make_requests(prompts, 1.0))
            if number:  # the first round is warm-up
                rates.setdefault((name, "greedy"), []).append(greedy)
                rates.setdefault((name, "sampled"), []).append(sampled)
                rates.setdefault((name, "scoring"), []).append(time_scoring(engine, texts))

    print(f"\n{len(prompts)} prompts, {arguments.rounds} rounds, {torch.get_num_threads()} threads")
    print("| work | transformers, tokens/s | vllm, tokens/s | ratio |\n|---|---|---|---|")
    for work in ("greedy", "sampled", "scoring"):
        slow, fast = (statistics.median(rates[name, work]) for name in engines)
        print(f"| {work} | {slow:,.0f} | {fast:,.0f} | {fast / slow:.2f} |")
    share = agreement(completions["vllm"], completions["transformers"])
    print(f"\nequal greedy tokens: {share:.2%}")
    engines["vllm"].close()


if __name__ == "__main__":
    main()
