"""The transformers engine against `generate` and against plain forward passes of the same model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from clean_bench.engines.base import Request
from clean_bench.engines.transformers_engine import TransformersEngine
from clean_bench.errors import UserError

PROMPTS = [
    "How many coins does Mia have?",
    "12 + 7 =",
    "A much longer prompt, with 31 coins. " * 3,
    "x",
]


@pytest.fixture(scope="module")
def engine(tiny_checkpoint: Path) -> TransformersEngine:
    return TransformersEngine.load(tiny_checkpoint, batch_size=3)


def teacher_forced(
    folder: Path, prompt_ids: list[int], ids: list[int], temperature: float
) -> list[float]:
    model = AutoModelForCausalLM.from_pretrained(folder)
    with torch.inference_mode():
        logits = model(torch.tensor([prompt_ids + ids])).logits[0]
    logp = torch.log_softmax(logits / temperature, -1)
    return [float(logp[len(prompt_ids) - 1 + k, token]) for k, token in enumerate(ids)]


def test_greedy_is_what_generate_writes(engine: TransformersEngine, tiny_checkpoint: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(tiny_checkpoint)
    tokenizer = AutoTokenizer.from_pretrained(tiny_checkpoint)
    requests = [Request(key=str(i), prompt=p, max_tokens=12) for i, p in enumerate(PROMPTS)]
    for request, completion in zip(requests, engine.generate(requests), strict=True):
        ids = tokenizer(request.prompt, return_tensors="pt")["input_ids"]
        expected = model.generate(ids, max_new_tokens=12, do_sample=False)[0, ids.shape[1] :]
        assert completion.key == request.key
        assert completion.token_ids == expected.tolist()
        assert completion.finish in ("stop", "length")


def test_recorded_logprobs_are_those_of_a_forward_pass(
    engine: TransformersEngine, tiny_checkpoint: Path
) -> None:
    requests = [
        Request(key=str(i), prompt=p, max_tokens=10, temperature=0.7, seed=i)
        for i, p in enumerate(PROMPTS)
    ]
    for completion in engine.generate(requests):
        expected = teacher_forced(tiny_checkpoint, completion.prompt_ids, completion.token_ids, 0.7)
        assert completion.logprobs == pytest.approx(expected, abs=1e-4)


def test_a_sample_depends_on_its_seed_and_not_on_its_batch(engine: TransformersEngine) -> None:
    requests = [
        Request(key=str(i), prompt=PROMPTS[i % 4], max_tokens=15, temperature=1.0, seed=100 + i)
        for i in range(8)
    ]
    together = [c.token_ids for c in engine.generate(requests)]
    alone = [next(engine.generate([request])).token_ids for request in requests]
    assert together == alone
    other = [Request(r.key, r.prompt, r.seed + 1, 15, 1.0) for r in requests]
    assert together != [c.token_ids for c in engine.generate(other)]


def test_teacher_forced_logprobs_of_a_suffix(
    engine: TransformersEngine, tiny_checkpoint: Path
) -> None:
    prefixes = [engine.encode(p) for p in PROMPTS]
    suffixes = [engine.encode(" and 5 more.", special_tokens=False)[: k + 1] for k in range(4)]
    for prefix, suffix, found in zip(
        prefixes, suffixes, engine.logprobs(prefixes, suffixes), strict=True
    ):
        assert found == pytest.approx(
            teacher_forced(tiny_checkpoint, prefix, suffix, 1.0), abs=1e-4
        )


def test_stops_at_an_end_token_and_keeps_it(
    engine: TransformersEngine, tiny_checkpoint: Path
) -> None:
    ender = TransformersEngine.load(tiny_checkpoint)
    end = ender.tokenizer.eos_token_id
    with torch.no_grad():  # the model's own embedding of the end token, made the best direction
        hidden = ender.model.model(torch.tensor([ender.encode("12 + 7 =")])).last_hidden_state[
            0, -1
        ]
        ender.model.get_output_embeddings().weight[end] = 10 * hidden
    [completion] = ender.generate([Request("a", "12 + 7 =", max_tokens=9)])
    assert completion.finish == "stop"
    assert completion.token_ids == [end]
    assert completion.text == ""
    assert len(completion.logprobs) == 1


def test_a_prompt_that_fills_the_context_is_overlong_and_the_others_go_on(
    engine: TransformersEngine,
) -> None:
    long = "coins " * 400
    first, second = engine.generate(
        [Request("long", long), Request("short", "12 + 7 =", max_tokens=3)]
    )
    assert (first.finish, first.text, first.token_ids) == ("overlong", "", [])
    assert len(second.token_ids) <= 3
    assert second.finish != "overlong"


def test_completions_end_with_the_context(engine: TransformersEngine) -> None:
    prompt = "coins " * 60
    room = engine.context_length - len(engine.encode(prompt))
    [completion] = engine.generate(
        [Request("a", prompt, max_tokens=10_000, temperature=1.0, seed=3)]
    )
    assert room > 0
    assert completion.finish in ("stop", "length")
    assert 0 < len(completion.token_ids) <= room


def test_updated_weights_speak(tiny_checkpoint: Path) -> None:
    engine, other = (
        TransformersEngine.load(tiny_checkpoint),
        TransformersEngine.load(tiny_checkpoint),
    )
    torch.manual_seed(5)
    with torch.no_grad():
        for parameter in other.model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    request = [Request("a", "12 + 7 =", max_tokens=10)]
    before = next(engine.generate(request)).token_ids
    engine.update_weights(other.model.named_parameters())
    after = next(engine.generate(request)).token_ids
    assert after == next(other.generate(request)).token_ids
    assert after != before


@pytest.mark.parametrize("contents", [None, "{}", "not json"])
def test_what_is_no_checkpoint_is_one_line(tmp_path: Path, contents: str | None) -> None:
    if contents is not None:
        (tmp_path / "config.json").write_text(contents)
    with pytest.raises(
        UserError, match="expected a checkpoint that transformers can load"
    ) as caught:
        TransformersEngine.load(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("tokenizer", "it has no tokenizer files"),
        ("pickle", r"it has no \*\.safetensors"),
        ("code", "add --trust-remote-code"),
        ("shapes", "other shapes than in its config.json"),
        ("half", r"\(.{10}"),
    ],
)
def test_what_is_wrong_with_a_checkpoint_is_named(
    tiny_checkpoint: Path,
    tmp_path: Path,
    fault: str,
    message: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    folder = shutil.copytree(tiny_checkpoint, tmp_path / "checkpoint")
    config = json.loads((folder / "config.json").read_text())
    weights = folder / "model.safetensors"
    if fault == "tokenizer":
        for file in folder.glob("*token*"):
            file.unlink()
    elif fault == "pickle":
        torch.save(load_file(weights), folder / "pytorch_model.bin")
        weights.unlink()
    elif fault == "code":
        config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Config"}}
        (folder / "own.py").write_text("print('it ran')")
    elif fault == "shapes":
        config["intermediate_size"] *= 2
    else:
        weights.write_bytes(weights.read_bytes()[:5000])
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match="that transformers can load.*" + message) as caught:
        TransformersEngine.load(folder)
    assert "\n" not in str(caught.value)
    assert "it ran" not in capfd.readouterr().out
