"""What every engine promises, against a plain model: forward passes without cache or batches.

The same tests run on `transformers` and, marked `vllm`, on vLLM.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clean_bench.engines.base import Engine, Request

Oracle = Callable[[Path], Any]


def greedy(prompts: list[str], most: int = 40, **rest: Any) -> list[Request]:
    return [Request(str(i), p, max_tokens=most, **rest) for i, p in enumerate(prompts)]


def sampled(prompts: list[str], most: int = 30, temperature: float = 0.8) -> list[Request]:
    return [
        Request(str(i), p, seed=2**62 + i, max_tokens=most, temperature=temperature)
        for i, p in enumerate(prompts)
    ]


def tokens(engine: Engine, requests: list[Request]) -> list[list[int]]:
    return [completion.token_ids for completion in engine.generate(requests)]


def test_greedy_takes_the_most_likely_token_again_and_again(
    engine: Engine, problems: list[str], reciter: Path, plain: Oracle
) -> None:
    oracle = plain(reciter)
    requests = greedy(problems[:16])
    for request, found in zip(requests, engine.generate(requests), strict=True):
        ids = oracle.tokenizer(request.prompt)["input_ids"]
        assert (found.key, found.prompt_ids) == (request.key, ids)
        assert oracle.writes(ids, found.token_ids)
        end = oracle.tokenizer.eos_token_id
        assert end not in found.token_ids[:-1]
        ended = found.token_ids[-1] == end
        assert found.finish == ("stop" if ended else "length")
        assert ended or len(found.token_ids) == 40
        assert found.text == oracle.tokenizer.decode(found.token_ids, skip_special_tokens=True)


@pytest.mark.parametrize("temperature", [0.0, 0.6, 1.0, 1.7])
def test_recorded_logprobs_are_of_the_distribution_sampled_from(
    engine: Engine, problems: list[str], reciter: Path, plain: Oracle, temperature: float
) -> None:
    for found in engine.generate(sampled(problems[:8], temperature=temperature)):
        expected = plain(reciter).logprobs(found.prompt_ids, found.token_ids, temperature or 1.0)
        assert found.logprobs == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(("top_k", "top_p"), [(0, 0.6), (3, 1.0), (8, 0.7)])
def test_top_k_and_top_p_restrict_the_samples_and_their_logprobs(
    engine: Engine, problems: list[str], reciter: Path, plain: Oracle, top_k: int, top_p: float
) -> None:
    """Every token is among those that numpy keeps, with its share of their probability."""
    temperature, restricted = 1.5, 0
    requests = [
        replace(request, top_k=top_k, top_p=top_p)
        for request in sampled(problems[:8], temperature=temperature)
    ]
    for found in engine.generate(requests):
        ids = [*found.prompt_ids, *found.token_ids]
        logits = plain(reciter).logits(ids).double().numpy() / temperature
        for place, (token, logp) in enumerate(zip(found.token_ids, found.logprobs, strict=True)):
            row = logits[len(found.prompt_ids) - 1 + place]
            p = np.exp(row - row.max())
            ordered = np.sort(p)[::-1][: top_k or None]
            reached = np.cumsum(ordered) / ordered.sum() >= top_p - 1e-6
            ordered = ordered[: int(reached.argmax()) + 1]
            assert p[token] >= ordered[-1] - 1e-6
            assert logp == pytest.approx(np.log(p[token] / ordered.sum()), abs=1e-3)
            restricted += ordered.sum() < 0.99 * p.sum()
    assert restricted > 20
    whole = sampled(problems[:8], temperature=temperature)
    assert tokens(engine, whole) != tokens(engine, requests)
    greedy_requests = [replace(r, temperature=0.0) for r in requests]
    assert tokens(engine, greedy_requests) == tokens(engine, greedy(problems[:8], 30))


def test_greedy_and_sampled_requests_share_a_batch(engine: Engine, problems: list[str]) -> None:
    plan = [
        one
        for pair in zip(greedy(problems[:8]), sampled(problems[:8]), strict=True)
        for one in pair
    ]
    mixed = list(engine.generate(plan))
    assert [c.token_ids for c in mixed[::2]] == tokens(engine, greedy(problems[:8]))
    assert [c.token_ids for c in mixed[1::2]] == tokens(engine, sampled(problems[:8]))
    alone = [c.logprobs for c in engine.generate(greedy(problems[:8]))]
    for a, b in zip([c.logprobs for c in mixed[::2]], alone, strict=True):
        assert a == pytest.approx(b, abs=1e-4)


def test_a_sample_depends_on_its_seed_and_on_nothing_beside_it(
    engine: Engine, problems: list[str]
) -> None:
    requests = sampled(problems[:16])
    together = tokens(engine, requests)
    assert tokens(engine, requests[::-1]) == together[::-1]
    assert [tokens(engine, [request])[0] for request in requests[:6]] == together[:6]
    others = [replace(request, seed=request.seed + 1000) for request in requests]
    assert sum(a != b for a, b in zip(tokens(engine, others), together, strict=True)) > 4
    assert (
        len({tuple(ids) for ids in tokens(engine, [replace(r, prompt="1") for r in requests])}) > 8
    )


def test_many_long_prompts_sample_as_each_alone(engine: Engine, problems: list[str]) -> None:
    """Together they have more tokens than an engine reads in one step."""
    prompts = [" ".join(problems[i : i + 6]) for i in range(60)]
    requests = sampled(prompts, most=6)
    assert sum(len(engine.encode(prompt)) for prompt in prompts) > 10_000
    together = tokens(engine, requests)
    assert [tokens(engine, [request])[0] for request in requests[::8]] == together[::8]


def test_samples_follow_the_model(engine: Engine, reciter: Path, plain: Oracle) -> None:
    """Counts of a first token within five standard deviations of their binomial expectation."""
    oracle, n, prompt, temperature = plain(reciter), 1500, "Ben has 12", 1.5
    ids = oracle.tokenizer(prompt)["input_ids"]
    p = (oracle.logits(ids)[-1] / temperature).softmax(-1).double().numpy()
    requests = [
        Request(str(i), prompt, seed=i * 7919, max_tokens=1, temperature=temperature)
        for i in range(n)
    ]
    counts = np.bincount([ids[0] for ids in tokens(engine, requests)], minlength=len(p))
    likely = p > 0.004
    assert likely.sum() >= 5
    deviation = np.sqrt(n * p[likely] * (1 - p[likely]))
    assert (np.abs(counts[likely] - n * p[likely]) < 5 * deviation).all()
    rare = p[~likely].sum()
    assert abs(counts[~likely].sum() - n * rare) < 5 * np.sqrt(n * rare * (1 - rare)) + 1


def test_logprobs_of_given_text(
    engine: Engine, problems: list[str], reciter: Path, plain: Oracle
) -> None:
    texts = [engine.encode(problem) for problem in problems[:10]]
    prefixes = [ids[: 1 + k % 9] for k, ids in enumerate(texts)]
    suffixes = [ids[1 + k % 9 :][: 3 * k] for k, ids in enumerate(texts)]
    found = engine.logprobs(prefixes, suffixes)
    for prefix, suffix, row in zip(prefixes, suffixes, found, strict=True):
        assert row == pytest.approx(plain(reciter).logprobs(prefix, suffix), abs=1e-4)
    assert found[0] == []


def test_logprobs_of_text_to_the_end_of_the_context(
    engine: Engine, problems: list[str], reciter: Path, plain: Oracle
) -> None:
    ids = [index for problem in problems[:40] for index in engine.encode(problem)][:520]
    assert len(ids) == 520 > engine.context_length == 512
    whole, cut, none = engine.logprobs(
        [ids[:300], ids[:300], ids[:512]], [ids[300:512], ids[300:], ids[512:]]
    )
    assert whole == pytest.approx(plain(reciter).logprobs(ids[:300], ids[300:512]), abs=1e-4)
    assert cut == pytest.approx(whole, abs=1e-4)
    assert none == []
    with pytest.raises(ValueError, match="expected a prefix of at least one token"):
        engine.logprobs([[]], [ids[:4]])


def test_stop_strings_end_a_completion_and_stay_in_it(engine: Engine, problems: list[str]) -> None:
    """The tokens are the fewest whose text has a stop string, and the text ends with it."""
    decode = engine.tokenizer.decode
    whole = list(engine.generate(greedy(problems[:12])))
    hits = 0
    for stop in (
        (" = ",),
        ("99",),
        ("boxed{", ". "),
        ("= 1", "=", " -"),
        ("\\boxed{4",),
        ("none",),
    ):
        stopped = list(engine.generate(greedy(problems[:12], stop=stop)))
        for free, found in zip(whole, stopped, strict=True):
            ends = [free.text.find(s) + len(s) for s in stop if s in free.text]
            if not ends:
                assert found == free
                continue
            hits += 1
            assert found.text == free.text[: min(ends)]
            assert found.finish == "stop"
            count = len(found.token_ids)
            assert found.token_ids == free.token_ids[:count]
            assert any(s in decode(found.token_ids) for s in stop)
            assert not any(s in decode(found.token_ids[:-1]) for s in stop)
            assert len(found.logprobs) == count
    assert hits > 20


def test_a_stop_string_at_the_limit_is_a_stop(engine: Engine, problems: list[str]) -> None:
    [free] = engine.generate(greedy(problems[:1], most=9))
    [found] = engine.generate(greedy(problems[:1], most=9, stop=(free.text[-2:],)))
    [request] = greedy(problems[:1], most=len(found.token_ids), stop=(free.text[-2:],))
    assert next(engine.generate([request])).finish == "stop"
    assert next(engine.generate([replace(request, stop=())])).finish == "length"


def test_prompts_without_room_come_back_and_the_others_go_on(engine: Engine) -> None:
    long = "7 " * 2000
    found = list(engine.generate(greedy(["12 + 7 =", long, "3 + 4 ="], most=3)))
    assert [c.finish == "overlong" for c in found] == [False, True, False]
    assert (found[1].text, found[1].token_ids, found[1].logprobs) == ("", [], [])
    assert len(found[1].prompt_ids) > engine.context_length
    [empty] = engine.generate([Request("e", "", special_tokens=False)])
    assert (empty.finish, empty.prompt_ids) == ("overlong", [])
    assert list(engine.generate([])) == []


def test_a_completion_ends_with_the_context(engine: Engine) -> None:
    prompt = "7 " * 498
    room = engine.context_length - len(engine.encode(prompt))
    assert 0 < room < 30
    finishes = set()
    for found in engine.generate(
        [replace(r, max_tokens=10_000) for r in sampled([prompt] * 12, temperature=1.7)]
    ):
        assert len(found.token_ids) <= room
        if found.finish == "length":
            assert len(found.token_ids) == room
        finishes.add(found.finish)
    assert "length" in finishes


def test_the_beginning_of_text_is_added_where_asked_for(engine: Engine) -> None:
    with_it, without = engine.generate(
        [Request("a", "3 + 4 =", max_tokens=2), Request("b", "3 + 4 =", 0, 2, 0.0, False)]
    )
    assert with_it.prompt_ids == engine.encode("3 + 4 =")
    assert without.prompt_ids == engine.encode("3 + 4 =", special_tokens=False)


def test_new_weights_speak_and_the_old_ones_again(
    engine: Engine, problems: list[str], reciter: Path, learner: Path, plain: Oracle
) -> None:
    requests = greedy(problems[:6], most=30)
    before = tokens(engine, requests)
    new, old = plain(learner), plain(reciter)
    texts = [engine.encode(problem) for problem in problems[:6]]
    parts = [ids[:5] for ids in texts], [ids[5:30] for ids in texts]
    try:
        # The engine's dtype stays.
        engine.update_weights((n, p.double()) for n, p in new.model.named_parameters())
        found = list(engine.generate(requests))
        scored = engine.logprobs(*parts)
    finally:
        engine.update_weights(old.model.named_parameters())
    for completion in found:
        assert new.writes(completion.prompt_ids, completion.token_ids)
        expected = new.logprobs(completion.prompt_ids, completion.token_ids)
        assert completion.logprobs == pytest.approx(expected, abs=1e-4)
    for prefix, suffix, row in zip(*parts, scored, strict=True):
        assert row == pytest.approx(new.logprobs(prefix, suffix), abs=1e-4)
    assert [completion.token_ids for completion in found] != before
    assert tokens(engine, requests) == before


@pytest.mark.parametrize("change", ["unknown", "missing", "tied", "shape", "broadcast"])
def test_weights_of_another_model_are_refused_and_nothing_changes(
    engine: Engine, problems: list[str], learner: Path, plain: Oracle, change: str
) -> None:
    before = tokens(engine, greedy(problems[:3]))
    named = dict(plain(learner).model.named_parameters())
    last = "model.layers.1.self_attn.k_proj.weight"
    error: type[Exception] = KeyError
    message = r"layers\.(9|1)"
    if change == "unknown":
        named["model.layers.9.mlp.up_proj.weight"] = named["model.layers.0.mlp.up_proj.weight"]
    elif change == "missing":
        del named[last]
    elif change == "tied":
        named["lm_head.weight"] = named["model.embed_tokens.weight"]
        message = r"lm_head\.weight"
    else:
        named[last] = named[last][:, :1] if change == "broadcast" else named[last][:1]
        error, message = ValueError, r"layers\.1\.self_attn\.k_proj\.weight: expected the shape"
    with pytest.raises(error, match=message):
        engine.update_weights(named.items())
    assert tokens(engine, greedy(problems[:3])) == before


def test_the_description_is_stable_and_plain(engine: Engine, problems: list[str]) -> None:
    before = json.dumps(engine.describe())
    list(engine.generate(greedy(problems[:2])))
    assert json.dumps(engine.describe()) == before
    assert engine.describe()["engine"] == engine.name
    assert engine.describe()["context_length"] == engine.context_length
