"""Tokens per second of both engines on the shipped organism, in one run.

    make bench-engines

Both complete the same prompts greedily and by sampling, and score the same text; rounds take turns,
and the ratio is that of the median rates. Greedy completions are compared, token by token. On a CPU
the organism is so small that this measures the engines' overhead and not the arithmetic of a model.
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


def requests(prompts: list[str], temperature: float) -> list[Request]:
    return [
        Request(str(i), prompt, seed=i, max_tokens=64, temperature=temperature)
        for i, prompt in enumerate(prompts)
    ]


def written(engine: Engine, asked: list[Request]) -> tuple[float, list[Completion]]:
    """Tokens per second, and the completions."""
    begun = time.perf_counter()
    completions = list(engine.generate(asked))
    seconds = time.perf_counter() - begun
    return sum(len(c.token_ids) for c in completions) / seconds, completions


def scored(engine: Engine, texts: list[list[int]]) -> float:
    """Tokens per second."""
    begun = time.perf_counter()
    found = engine.logprobs([ids[:1] for ids in texts], [ids[1:] for ids in texts])
    return sum(map(len, found)) / (time.perf_counter() - begun)


def agreement(ours: list[Completion], theirs: list[Completion]) -> float:
    """Share of tokens that are the same, up to the first difference of a completion."""
    same = total = 0
    for a, b in zip(ours, theirs, strict=True):
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
            greedy, completions[name] = written(engine, requests(prompts, 0.0))
            sampled, _ = written(engine, requests(prompts, 1.0))
            if number:  # the first round warms up
                rates.setdefault((name, "greedy"), []).append(greedy)
                rates.setdefault((name, "sampled"), []).append(sampled)
                rates.setdefault((name, "scoring"), []).append(scored(engine, texts))

    print(f"\n{len(prompts)} prompts, {arguments.rounds} rounds, {torch.get_num_threads()} threads")
    print("| work | transformers, tokens/s | vllm, tokens/s | ratio |\n|---|---|---|---|")
    for work in ("greedy", "sampled", "scoring"):
        one, other = (statistics.median(rates[name, work]) for name in engines)
        print(f"| {work} | {one:,.0f} | {other:,.0f} | {other / one:.2f} |")
    share = agreement(completions["vllm"], completions["transformers"])
    print(f"\ngreedy tokens that agree: {share:.2%}")
    engines["vllm"].close()


if __name__ == "__main__":
    main()
