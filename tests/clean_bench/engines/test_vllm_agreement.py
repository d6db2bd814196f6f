"""vLLM beside `transformers` on the shipped organisms, and vLLM as a guest of this process."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from families import checkpoint

from clean_bench.engines.base import Completion, Engine, Request
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.errors import UserError

pytestmark = pytest.mark.vllm
PROMPTS = 160


@pytest.fixture(scope="module")
def peer(reciter: Path) -> Iterator[TransformersEngine]:
    engine = TransformersEngine.load(reciter)
    yield engine
    engine.close()


def requests(problems: list[str], **rest: object) -> list[Request]:
    return [
        Request(str(i), problem, max_tokens=64, **rest)  # type: ignore[arg-type]
        for i, problem in enumerate(problems[:PROMPTS])
    ]


def agreement(ours: Sequence[Completion], theirs: Sequence[Completion]) -> tuple[float, float]:
    """Share of tokens that agree (up to the first difference of a completion), and the largest
    difference between their log-probabilities."""
    total = same = 0
    worst = 0.0
    for a, b in zip(ours, theirs, strict=True):
        total += max(len(a.token_ids), len(b.token_ids))
        for x, y, p, q in zip(a.token_ids, b.token_ids, a.logprobs, b.logprobs, strict=False):
            if x != y:
                break
            same, worst = same + 1, max(worst, abs(p - q))
    return same / total, worst


@pytest.mark.parametrize("engine", ["vllm"], indirect=True)
def test_greedy_completions_and_logprobs_agree(
    engine: Engine, peer: TransformersEngine, problems: list[str]
) -> None:
    ours, theirs = (list(one.generate(requests(problems))) for one in (engine, peer))
    share, difference = agreement(ours, theirs)
    assert len(ours) == PROMPTS
    assert share >= 0.99
    assert difference < 1e-3
    for a, b in zip(ours, theirs, strict=True):
        assert a.prompt_ids == b.prompt_ids
        if a.token_ids == b.token_ids:
            assert (a.key, a.text, a.finish) == (b.key, b.text, b.finish)
    parts = [c.prompt_ids for c in theirs], [c.token_ids for c in theirs]
    for a, b in zip(engine.logprobs(*parts), peer.logprobs(*parts), strict=True):
        assert a == pytest.approx(b, abs=1e-3)


@pytest.mark.parametrize("engine", ["vllm"], indirect=True)
def test_after_an_update_in_place_vllm_writes_as_the_new_weights_do(
    engine: Engine, peer: TransformersEngine, learner: Path, problems: list[str]
) -> None:
    other = TransformersEngine.load(learner)
    before = list(engine.generate(requests(problems)))
    try:
        engine.update_weights(other.model.named_parameters())
        ours = list(engine.generate(requests(problems)))
    finally:
        engine.update_weights(peer.model.named_parameters())
    share, difference = agreement(ours, list(other.generate(requests(problems))))
    assert share >= 0.99
    assert difference < 1e-3
    assert agreement(ours, before)[0] < 0.9
    assert agreement(list(engine.generate(requests(problems))), before) == (1.0, 0.0)


@pytest.mark.parametrize("engine", ["vllm"], indirect=True)
def test_stop_strings_cut_the_same_text(
    engine: Engine, peer: TransformersEngine, problems: list[str]
) -> None:
    plan = requests(problems, stop=(" = ", "boxed{1"))
    ours, theirs = list(engine.generate(plan)), list(peer.generate(plan))
    alike = [a for a, b in zip(ours, theirs, strict=True) if a.token_ids == b.token_ids]
    assert len(alike) >= 0.99 * PROMPTS
    for a, b in zip(ours, theirs, strict=True):
        if a.token_ids == b.token_ids:
            assert (a.text, a.finish) == (b.text, b.finish)


@pytest.mark.parametrize("engine", ["vllm"], indirect=True)
def test_logprobs_of_shared_prefixes_do_not_depend_on_the_order(
    engine: Engine, problems: list[str]
) -> None:
    """100 texts in 20 families (vllm#42019): to the bit in order and shuffled, also twice.

    The texts of a family begin alike for 40, 60, 80 or 100% of their length. Each suffix begins before
    they part, so it has tokens that the cache may hold from another text of the family.
    """
    texts = []
    for family in range(20):
        own = problems[16 * family : 16 * family + 16]
        whole, *others = (
            engine.encode(" ".join(own[first:] + own[:first]))[:400] for first in (0, 4, 8, 12)
        )
        assert len(whole) == 400
        for first, alike, other in zip(
            (320, 80, 80, 160, 240), (400, 400, 160, 240, 320), (whole, whole, *others), strict=True
        ):
            text = whole[:alike] + other[alike:]
            texts.append((text[:first], text[first:]))
    assert len(texts) == 100
    assert engine.describe()["block_size"] <= 160
    forwards = engine.logprobs(*zip(*texts, strict=True))
    assert engine.logprobs(*zip(*texts, strict=True)) == forwards
    for seed in (0, 1):
        order = random.Random(seed).sample(range(100), 100)
        shuffled = engine.logprobs(*zip(*(texts[place] for place in order), strict=True))
        assert shuffled == [forwards[place] for place in order]


@pytest.mark.parametrize("architecture", [None, "NoSuchForCausalLM"])
def test_what_vllm_cannot_load_is_one_line(
    tmp_path: Path, reciter: Path, architecture: str | None
) -> None:
    from clean_bench.engines.vllm_engine import VllmEngine

    if architecture is not None:
        shutil.copytree(reciter, tmp_path, dirs_exist_ok=True)
        config = json.loads((tmp_path / "config.json").read_text())
        config["architectures"] = [architecture]
        (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match="expected a checkpoint that vLLM can load") as caught:
        VllmEngine.load(tmp_path)
    assert "\n" not in str(caught.value)
    assert architecture is None or architecture in str(caught.value)


def test_a_context_that_the_cache_does_not_hold_is_cut_to_a_power_of_two(tmp_path: Path) -> None:
    """131,072 tokens of 4,096 bytes, and half of the room: a few blocks less than 65,536 tokens."""
    from clean_bench.engines.vllm_engine import VllmEngine

    folder = checkpoint(tmp_path, "llama-3")
    whole = TransformersEngine.load(folder)
    assert (whole.context_length, whole._token_bytes) == (131072, 4096)
    engine = VllmEngine.load(folder, cache_size=1 << 28)
    try:
        assert engine.context_length == engine.describe()["context_length"] == 32768
        long = Request("long", "1" * 32767, max_tokens=5)
        found = list(engine.generate([long, Request("short", "2+2=", max_tokens=5)]))
    finally:
        engine.close()
    assert [completion.finish == "overlong" for completion in found] == [True, False]
    [expected] = whole.generate([Request("short", "2+2=", max_tokens=5)])
    assert found[1].token_ids == expected.token_ids


ALONE = """
import json, os, sys, threading
from clean_bench.engines.base import Request
from clean_bench.engines.vllm_engine import VllmEngine
import torch
threads = torch.get_num_threads()
texts = []
for folder in sys.argv[1:]:
    engine = VllmEngine.load(folder, cache_size=1 << 28)
    texts.append([c.text for c in engine.generate([Request("a", "What is 12 + 7?", max_tokens=24)])])
    engine.close()
torch.set_num_threads(threads)
print(json.dumps({"texts": texts, "threads": [threads, torch.get_num_threads()]}))
"""


def test_one_engine_after_the_other_leaves_standard_output_and_torch_alone(
    reciter: Path, learner: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(reciter), str(learner)],
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
        env={**os.environ, "VLLM_LOGGING_LEVEL": "ERROR"},
    )
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    request = [Request("a", "What is 12 + 7?", max_tokens=24)]
    assert printed["texts"] == [
        [c.text for c in TransformersEngine.load(folder).generate(request)]
        for folder in (reciter, learner)
    ]
    assert printed["threads"][0] == printed["threads"][1]


def test_the_command_prints_one_object(tmp_path: Path) -> None:
    line = "probe organism:reciter --on organism:reciter/planted --limit 3 --engine vllm --json"
    done = subprocess.run(
        [sys.executable, "-m", "clean_bench", *line.split(), "--out", str(tmp_path / "probe")],
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["engine"] == "vllm"
    assert "engine: vllm (as requested)" in done.stderr


SPREAD = """
import json, multiprocessing, sys
if __name__ == "__main__":
    from clean_bench.errors import UserError
    from clean_bench.checkpoints import resolve_checkpoint
    from clean_bench.engines.open import EngineConfig, open_engine
    from clean_bench.engines.base import Request
    from clean_bench.engines.transformers_engine import TransformersEngine
    reciter, learner, tensor_parallel, data_parallel = sys.argv[1:]
    config = EngineConfig(
        engine="vllm",
        tensor_parallel=int(tensor_parallel),
        data_parallel=int(data_parallel),
        memory=0.2,
    )
    engine = open_engine(resolve_checkpoint(reciter), config)
    requests = [Request(str(i), f"What is {i} + 7?", max_tokens=16) for i in range(6)]
    texts = [[c.text for c in engine.generate(requests)]]
    engine.update_weights(TransformersEngine.load(learner).model.named_parameters())
    texts.append([c.text for c in engine.generate(requests)])
    description = engine.describe()
    death = ""
    for worker in multiprocessing.active_children():
        worker.kill()
    try:
        list(engine.generate(requests))
    except UserError as error:
        death = str(error)
    engine.close()
    print(json.dumps({"texts": texts, "death": death, **description}))
"""


@pytest.mark.parametrize(("tensor_parallel", "data_parallel"), [(2, 1), (1, 2)])
def test_several_devices_write_what_one_does(
    tmp_path: Path, reciter: Path, learner: Path, tensor_parallel: int, data_parallel: int
) -> None:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        pytest.skip("vLLM takes a core of its own for each part of a model, and one is there")
    script = tmp_path / "spread.py"
    script.write_text(SPREAD)
    counts = [str(tensor_parallel), str(data_parallel)]
    bound = {"VLLM_CPU_OMP_THREADS_BIND": f"{cores[0]}|{cores[1]}"} if tensor_parallel > 1 else {}
    done = subprocess.run(
        [sys.executable, script, reciter, learner, *counts],
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
        env={**os.environ, **bound},
    )
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)
    assert printed["tensor_parallel"] == tensor_parallel
    assert printed.get("data_parallel", 1) == data_parallel
    # A killed worker or replica: one line, and no wait.
    assert "died" in printed["death"]
    assert "\n" not in printed["death"]
    requests = [Request(str(i), f"What is {i} + 7?", max_tokens=16) for i in range(6)]
    assert printed["texts"] == [
        [c.text for c in TransformersEngine.load(folder).generate(requests)]
        for folder in (reciter, learner)
    ]
