"""The engine on a stub of a server: what is sent, what is stored, and what a server cannot do."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from stub_server import Stub, encode, serving, status, token

from clean_bench.engines.base import Completion, Request, ServedEngine
from clean_bench.engines.openai_engine import OpenAIEngine
from clean_bench.errors import UserError

pytest.importorskip("openai")
KEY = "sk-secret-123"


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving(Stub()) as running:
        yield running


def load(stub: Stub, **options: Any) -> OpenAIEngine:
    engine = OpenAIEngine.load("served/model", base_url=stub.url, **{"retries": 1, **options})
    stub.bodies.clear()
    return engine


def generate(stub: Stub, *requests: Request, **options: Any) -> list[Completion]:
    engine = load(stub, **options)
    try:
        return list(engine.generate(requests))
    finally:
        engine.close()


def chat(key: str, text: str, **fields: Any) -> Request:
    return Request(key, f"[{text}]", special_tokens=False, messages=(("user", text),), **fields)


def test_completions_have_the_tokens_and_the_logprobs_of_the_server(stub: Stub) -> None:
    raw, spoken = generate(stub, Request("a", "one two three"), chat("b", "four five"))
    assert raw == Completion(
        "a",
        "three two one",
        encode("three two one"),
        [-token(word) / 100 for word in ("three", "two", "one")],
        "stop",
        encode("one two three"),
    )
    assert (spoken.key, spoken.text, spoken.token_ids) == ("b", "five four", encode("five four"))
    assert spoken.prompt_ids == encode("four five")
    assert spoken.logprobs == [-token("five") / 100, -token("four") / 100]


def test_every_sampling_parameter_is_sent_because_the_server_has_defaults_of_its_own(
    stub: Stub,
) -> None:
    generate(stub, Request("a", "x y", seed=1 << 62, temperature=0.7, top_p=0.9, top_k=5))
    (body,) = stub.generations()
    assert body["seed"] == 1 << 62
    assert (body["temperature"], body["top_p"], body["top_k"]) == (0.7, 0.9, 5)
    assert (body["min_p"], body["repetition_penalty"]) == (0, 1)
    assert (body["presence_penalty"], body["frequency_penalty"]) == (0, 0)
    assert body["model"] == "served/model" and body["prompt"] == "x y"


def test_greedy_requests_have_no_seed_and_all_tokens(stub: Stub) -> None:
    generate(stub, Request("a", "x y", seed=7, special_tokens=False))
    (body,) = stub.generations()
    assert "seed" not in body and body["temperature"] == 0 and body["top_k"] == -1
    assert body["add_special_tokens"] is False


def test_chat_prompts_are_sent_as_messages(stub: Stub) -> None:
    messages = (("system", "be brief"), ("user", "two three"))
    generate(stub, Request("a", "rendered", messages=messages))
    (body,) = stub.generations()
    assert body["messages"] == [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "two three"},
    ]
    assert "prompt" not in body and body["add_generation_prompt"] is True


def test_a_started_response_is_continued_by_vllm_only(stub: Stub) -> None:
    request = Request("a", "p", messages=(("user", "one"), ("assistant", "Let me")))
    generate(stub, request)
    (body,) = stub.generations()
    assert body["continue_final_message"] is True and body["add_generation_prompt"] is False
    stub.vllm = False
    with pytest.raises(UserError, match=r"--force-start: .*cannot continue a started response"):
        generate(stub, request)


def test_completions_come_in_the_order_of_the_requests_within_the_concurrency() -> None:
    with serving(Stub(delay=0.02)) as stub:
        engine = load(stub, concurrency=4)
        stub.most = 0
        texts = [f"w{i} end" for i in range(24)]
        reported: list[tuple[int, str]] = []
        engine.on_completion = lambda place, c: reported.append((place, c.text))
        begin = time.monotonic()
        made = list(engine.generate([Request(str(i), text) for i, text in enumerate(texts)]))
        duration = time.monotonic() - begin
        engine.close()
    assert [c.key for c in made] == [str(i) for i in range(24)]
    assert [c.text for c in made] == [f"end w{i}" for i in range(24)]
    assert 2 <= stub.most <= 4
    assert sorted(reported) == [(i, f"end w{i}") for i in range(24)]
    assert duration >= 24 / 4 * 0.02


def test_stop_strings_stay_in_the_text(stub: Stub) -> None:
    request = Request("a", "d c b a", stop=("c", "b"))
    (by_server,) = generate(stub, request)
    assert (by_server.text, by_server.finish) == ("a b", "stop")
    assert stub.generations()[0]["include_stop_str_in_output"] is True
    stub.vllm = False
    (cut_here,) = generate(stub, request)
    assert (cut_here.text, cut_here.finish) == ("a b", "stop")
    assert "stop" not in stub.generations()[0]


def test_a_completion_ends_at_the_end_of_the_context_at_the_latest() -> None:
    with serving(Stub(context=32)) as stub:
        raw, spoken, full, empty = generate(
            stub,
            Request("a", "w " * 20, max_tokens=30),
            chat("b", "w " * 20, max_tokens=30),
            Request("c", "w " * 32, max_tokens=30),
            Request("d", "", max_tokens=30),
        )
    for completion in (raw, spoken):
        assert len(completion.token_ids) == 12 and completion.finish == "length"
    assert (full.finish, full.text, full.token_ids) == ("overlong", "", [])
    assert full.prompt_ids == encode("w " * 32)
    assert (empty.finish, empty.prompt_ids) == ("overlong", [])


def test_without_tokens_a_prompt_is_overlong_only_if_it_does_not_fit_alone() -> None:
    with serving(Stub(vllm=False, context=32)) as stub:
        (full,) = generate(stub, Request("c", "w " * 32, max_tokens=30))
        assert full.finish == "overlong"
        with pytest.raises(UserError, match=r"no room for 30 tokens after a prompt \(a\); lower"):
            generate(stub, Request("a", "w " * 20, max_tokens=30))


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("stop", "stop"),
        ("eos_token", "stop"),
        ("length", "length"),
        ("content_filter", "unknown"),
        (None, "unknown"),
        (5, "unknown"),
    ],
)
def test_finish_reasons(reason: object, finish: str) -> None:
    with serving(Stub(vllm=False)) as stub:
        engine = load(stub)
        choice = {"text": "x", "finish_reason": reason}
        stub.faults = [status(200, {"choices": [choice]})]
        (completion,) = engine.generate([Request("a", "one")])
        engine.close()
    assert (completion.text, completion.finish, completion.token_ids) == ("x", finish, [])


def test_separated_reasoning_is_part_of_the_response() -> None:
    with serving(Stub(vllm=False)) as stub:
        engine = load(stub)
        messages = [
            {"content": "4", "reasoning_content": "2+2"},
            {"content": None, "reasoning": "2+"},
            {"content": None},
        ]
        stub.faults = [
            status(200, {"choices": [{"message": m, "finish_reason": "stop"}]}) for m in messages
        ]
        texts = []
        for _ in messages:
            texts += [c.text for c in engine.generate([chat("a", "2+2?")])]
        engine.close()
    assert texts == ["<think>\n2+2\n</think>\n\n4", "<think>\n2+", ""]


def test_texts_are_encoded_and_scored(stub: Stub) -> None:
    engine = load(stub)
    ids = engine.encode("one two three four")
    assert ids == encode("one two three four")
    engine.encode_ahead(["five six", "seven", "five six"])
    assert len([path for path, _ in stub.bodies if path == "/tokenize"]) == 3
    assert engine.encode("seven") == encode("seven")
    assert len([path for path, _ in stub.bodies if path == "/tokenize"]) == 3
    first, none, last = engine.logprobs([ids[:1], ids, ids[:3]], [ids[1:], [], ids[3:]])
    assert first == [-number / 100 for number in ids[1:]]
    assert none == [] and last == [-ids[3] / 100]
    with pytest.raises(ValueError, match="at least one token"):
        engine.logprobs([[]], [ids])
    engine.close()


def test_a_text_that_fills_the_context_is_scored_to_its_end(stub: Stub) -> None:
    engine = load(stub)
    ids = list(range(1, stub.context + 5))
    (values,) = engine.logprobs([ids[:1]], [ids[1:]])
    engine.close()
    assert values == [-number / 100 for number in ids[1 : stub.context]]
    assert stub.generations()[-1]["prompt"] == ids[: stub.context - 1]


def test_echoed_logprobs_serve_where_vllms_are_not_offered() -> None:
    with serving(Stub(vllm=False, echo=True)) as stub:
        engine = load(stub)
        assert engine.describe()["suffix_logprobs"] == "echo"
        (values,) = engine.logprobs([[3, 4]], [[5, 6, 7]])
        engine.close()
    assert values == [-0.05, -0.06, -0.07]


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ({}, ("vllm", True, True, True, "prompt_logprobs", True)),
        ({"vllm": False}, (None, True, True, False, None, True)),
        ({"vllm": False, "strict": True}, (None, True, True, False, None, True)),
        ({"vllm": False, "tokenize": False, "raw": False}, (None, True, False, False, None, True)),
        ({"chat": False}, ("vllm", False, True, True, "prompt_logprobs", True)),
        ({"vllm": False, "refuses": ("seed",)}, (None, True, True, False, None, False)),
        ({"vllm": False, "refuses": ("max_tokens",)}, (None, True, True, False, None, True)),
        ({"listed": False}, ("vllm", True, True, True, "prompt_logprobs", True)),
    ],
)
def test_capabilities_are_found_out(server: dict[str, Any], expected: tuple[Any, ...]) -> None:
    with serving(Stub(**server)) as stub:
        engine = load(stub)
        described = engine.describe()
        engine.close()
    names = ("extensions", "chat", "raw", "tokens", "suffix_logprobs", "seeds")
    assert tuple(described[name] for name in names) == expected
    assert described["engine"] == "openai" and described["model"] == "served/model"
    assert stub.url not in str(described)
    assert isinstance(engine, ServedEngine)


def test_parameters_that_a_server_refuses_are_left_out() -> None:
    with serving(Stub(vllm=False, strict=True, refuses=("seed",))) as stub:
        generate(stub, Request("a", "x", temperature=1.0, seed=3), chat("b", "x", temperature=1.0))
        assert all("seed" not in body and "min_p" not in body for body in stub.generations())


def test_what_a_server_cannot_do_is_said_before_anything_is_sent() -> None:
    with serving(Stub(vllm=False, raw=False)) as stub:
        engine = load(stub)
        with pytest.raises(UserError, match=r"does not offer /completions.*--template chat"):
            list(engine.generate([chat("a", "x"), Request("b", "x")]))
        with pytest.raises(UserError, match=r"--top-k 5: .*does not offer top-k"):
            list(engine.generate([chat("a", "x", top_k=5)]))
        with pytest.raises(UserError, match=r"does not encode texts"):
            engine.encode("x")
        with pytest.raises(UserError, match=r"log-probabilities of given texts"):
            engine.logprobs([[1]], [[2]])
        with pytest.raises(UserError, match=r"weights of a served model"):
            engine.update_weights([])
        engine.close()
        assert stub.bodies == []
    with serving(Stub(chat=False)) as stub:
        engine = load(stub)
        assert not engine.tokenizer.chat_template
        with pytest.raises(UserError, match=r"does not offer /chat/completions.*--template raw"):
            list(engine.generate([chat("a", "x")]))
        with pytest.raises(UserError, match=r"--temperature 0.001"):
            list(engine.generate([Request("a", "x", temperature=0.001)]))
        engine.close()


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("served/modell", r"serves no model of this name; it serves served/model$"),
        ("zzz", r"serves no model of this name; it serves served/model$"),
    ],
)
def test_a_model_that_is_not_served(stub: Stub, model: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        OpenAIEngine.load(model, base_url=stub.url, retries=0)
    assert stub.bodies == []


def test_a_local_path_is_never_sent(tmp_path: Any) -> None:
    with serving(Stub(listed=False)) as stub:
        with pytest.raises(UserError, match="got a local path; name the served model"):
            OpenAIEngine.load(str(tmp_path), base_url=stub.url, retries=0)
        assert stub.bodies == []


def test_an_address_without_its_version(stub: Stub) -> None:
    url = stub.url.removesuffix("/v1")
    with pytest.raises(UserError, match=rf"try --base-url {url}/v1$"):
        OpenAIEngine.load("served/model", base_url=url, retries=0)


def test_the_key_is_sent_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Stub(key=KEY)) as stub:
        monkeypatch.setenv("OPENAI_API_KEY", KEY + "\n")
        engine = load(stub)
        assert KEY not in repr(vars(engine)) + str(engine.describe())
        engine.close()
        monkeypatch.setenv("MY_KEY", "sk-other")
        with pytest.raises(UserError, match=r"refused the API key .*set MY_KEY") as caught:
            load(stub, key_name="MY_KEY")
        assert "sk-other" not in str(caught.value) and "Bearer ***" in str(caught.value)
        monkeypatch.setenv("MY_KEY", "sk-ä\nb")
        with pytest.raises(UserError, match=r"MY_KEY: expected a key of printable") as caught:
            load(stub, key_name="MY_KEY")
        assert "sk-ä" not in str(caught.value)
    with serving(Stub()) as stub:
        monkeypatch.delenv("OPENAI_API_KEY")
        load(stub).close()
        assert stub.keys == ["Bearer EMPTY"]


@pytest.mark.processes
def test_a_closed_engine_leaves_no_thread_and_no_socket(stub: Stub) -> None:
    descriptors = Path("/proc/self/fd")
    load(stub).close()
    before = threading.active_count(), len(list(descriptors.iterdir()))
    for _ in range(3):
        engine = load(stub)
        list(engine.generate([Request(str(i), "x") for i in range(8)]))
        engine.close()
        engine.close()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        after = threading.active_count(), len(list(descriptors.iterdir()))
        if after[0] <= before[0] and after[1] <= before[1]:
            break
        time.sleep(0.02)
    assert after[0] <= before[0] and after[1] <= before[1]


def test_generation_that_is_abandoned_stops_sending() -> None:
    with serving(Stub(delay=0.02)) as stub:
        engine = load(stub, concurrency=2)
        made = engine.generate([Request(str(i), "x") for i in range(200)])
        assert next(made).key == "0"
        made.close()  # type: ignore[attr-defined]
        time.sleep(0.2)
        sent = len(stub.bodies)
        time.sleep(0.2)
        assert len(stub.bodies) == sent < 50
        engine.close()
