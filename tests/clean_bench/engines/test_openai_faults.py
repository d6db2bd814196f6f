"""Servers that fail: what is repeated, what ends a command, and how each ends in one line."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from stub_server import Fault, Stub, drip, endless, hang, raw_body, serving, status

from clean_bench.engines import openai_client
from clean_bench.engines.base import Request
from clean_bench.engines.openai_client import ServerClient, checked_url
from clean_bench.engines.openai_engine import OpenAIEngine
from clean_bench.errors import UserError

pytestmark = pytest.mark.processes

pytest.importorskip("openai")


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's pauses begin at a hundredth of a second."""
    from openai import _base_client

    monkeypatch.setattr(_base_client, "INITIAL_RETRY_DELAY", 0.01)
    monkeypatch.setattr(openai_client, "_FIRST_PAUSE", 0.01)


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving(Stub()) as running:
        yield running


def texts(stub: Stub, faults: list[Fault], count: int = 1, **options: Any) -> list[str]:
    """The texts of requests to a server that first has some faults."""
    options = {"retries": 3, "concurrency": 1, **options}
    engine = OpenAIEngine.load("served/model", base_url=stub.url, **options)
    stub.bodies.clear()
    stub.faults = list(faults)
    try:
        return [c.text for c in engine.generate([Request(str(i), "b a") for i in range(count)])]
    finally:
        engine.close()


@pytest.mark.parametrize(
    "faults",
    [
        [status(500), status(503)],
        [status(429), status(429)],
        [status(408)],
        [status(502, "<html>bad gateway</html>")],
        [raw_body(b"")],
        [raw_body(b'{"choices": [')],
        [raw_body(b"not json"), raw_body(b"[" * 100_000)],
        [raw_body(b"\xff\xfe{")],
        [raw_body(b'{"choices": [{"te', length=4000)],
        [raw_body(b"", length=10), status(500)],
        [raw_body(b"[1, 2]")],
        [raw_body(b"hello", kind="text/html")],
    ],
)
def test_a_fault_that_passes_is_repeated(stub: Stub, faults: list[Fault]) -> None:
    assert texts(stub, faults, count=2) == ["a b", "a b"]
    assert len(stub.bodies) == 2 + len(faults)


def test_retry_after_is_respected(stub: Stub) -> None:
    begin = time.monotonic()
    assert texts(stub, [status(429, Retry_After="1")]) == ["a b"]
    assert 1 <= time.monotonic() - begin < 4


def test_a_request_that_hangs_is_repeated(stub: Stub) -> None:
    assert texts(stub, [hang(1.0)], timeout=0.3) == ["a b"]
    assert texts(stub, [drip], timeout=0.3) == ["a b"]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (status(500), r"/v1: the server failed 4 times \(status 500: not now\); .*to resume$"),
        (
            status(429),
            r"still limits requests after 4 attempts \(status 429: not now\); lower --conc",
        ),
        (status(401), r"refused the API key \(status 401: not now\); set OPENAI_API_KEY"),
        (
            status(400, {"error": "bad\nvalue"}),
            r"refused a request \(status 400: bad value\); requ",
        ),
        (status(400, {"detail": [{"msg": 1}]}), r"refused a request \(status 400\); request 0$"),
        (status(400, []), r"refused a request \(status 400\)"),
        (raw_body(b"not json"), r"/completions: expected a JSON object, got something else"),
        (raw_body(b"{}"), r"/completions: expected a choice in the answer, got none"),
        (status(200, {"choices": 3}), r"expected a choice in the answer, got none"),
        (status(200, {"choices": [{}]}), r"expected text to be a string, got NoneType"),
        (status(200, {"choices": [{"text": ["x"]}]}), r"expected text to be a string, got list"),
        (status(200, {"choices": [{"text": "x"}]}), r"expected a list of token ids in token_ids"),
        (
            status(200, {"choices": [{"text": "x", "token_ids": [1, -4]}]}),
            r"expected a list of token ids in token_ids",
        ),
        (
            status(200, {"choices": [{"text": "x", "token_ids": [1], "logprobs": {}}]}),
            r"expected a list of log-probabilities",
        ),
        (
            status(
                200,
                {
                    "choices": [
                        {"text": "x", "token_ids": [1], "logprobs": {"token_logprobs": [0.5]}}
                    ]
                },
            ),
            r"expected a list of log-probabilities",
        ),
        (
            status(
                200,
                {
                    "choices": [
                        {"text": "x", "token_ids": [1], "logprobs": {"token_logprobs": [-1, -1]}}
                    ]
                },
            ),
            r"expected one log-probability for each of 1 tokens, got 2",
        ),
        (
            status(
                200,
                {
                    "choices": [
                        {
                            "text": "x",
                            "token_ids": [1] * 600,
                            "logprobs": {"token_logprobs": [-1] * 600},
                            "prompt_token_ids": [],
                        }
                    ]
                },
            ),
            r"expected at most 512 tokens, got 600",
        ),
        (hang(0.6), r"expected an answer within 0\.3 s, got none in 4 attempts; raise --request-"),
        (endless, r"expected an answer of at most 32 MiB"),
    ],
)
def test_a_fault_that_stays_is_one_line(stub: Stub, fault: Fault, message: str) -> None:
    timeout = 0.3 if "within 0" in message else 30
    with pytest.raises(UserError, match=message) as caught:
        texts(stub, [fault] * 50, timeout=timeout)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 700


def test_a_long_message_of_the_server_is_cut(stub: Stub) -> None:
    with pytest.raises(UserError) as caught:
        texts(stub, [status(400, {"error": {"message": "word\n" * 100_000}})])
    assert len(str(caught.value)) < 600 and "\n" not in str(caught.value)


def test_a_compressed_answer_is_refused(stub: Stub) -> None:
    with pytest.raises(UserError, match="without compression"):
        texts(stub, [status(200, Content_Encoding="gzip")] * 50)


def test_a_prompt_that_the_server_filters_is_one_row(stub: Stub) -> None:
    fault = status(400, {"error": {"message": "filtered", "code": "content_filter"}})
    engine = OpenAIEngine.load("served/model", base_url=stub.url, concurrency=1)
    stub.faults = [fault]
    first, second = engine.generate([Request("a", "b a"), Request("b", "b a")])
    engine.close()
    assert (first.text, first.finish, first.token_ids) == ("", "unknown", [])
    assert second.text == "a b"


def test_the_other_requests_end_with_the_one_that_fails() -> None:
    with serving(Stub(delay=0.05)) as stub:
        with pytest.raises(UserError, match="status 400"):
            texts(stub, [status(400)], count=400, concurrency=4)
        time.sleep(0.2)
        assert len(stub.bodies) <= 12


def test_a_server_that_is_not_there() -> None:
    with serving(Stub()) as stub:
        url = stub.url
    with pytest.raises(
        UserError, match=rf"{url}/models: the server cannot be reached .*--base-url"
    ):
        OpenAIEngine.load("served/model", base_url=url)
    with pytest.raises(UserError, match="cannot be reached"):
        OpenAIEngine.load("served/model", base_url="http://no-such-host.invalid/v1", retries=0)


def test_an_interrupt_ends_the_waiting(stub: Stub) -> None:
    engine = OpenAIEngine.load("served/model", base_url=stub.url)
    stub.faults = [hang(3.0)]
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        list(engine.generate([Request("a", "b a")]))
    engine.close()
    assert time.monotonic() - begin < 2.5


@pytest.mark.parametrize(
    "url",
    ["localhost:8000/v1", "ftp://host/v1", "http://", "http://host:port/v1", "", "http://a b/v1"],
)
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(UserError, match=r"expected an address such as http://localhost:8000/v1"):
        checked_url(url)


@pytest.mark.parametrize(
    "url", ["http://me:word@host/v1", "http://host/v1?key=word", "http://h/#word"]
)
def test_secrets_in_an_address_are_refused_and_not_shown(url: str) -> None:
    with pytest.raises(
        UserError, match=r"without a user name, a password and parameters"
    ) as caught:
        checked_url(url)
    assert "word@" not in str(caught.value) and "key=" not in str(caught.value)


def test_addresses_end_without_a_slash() -> None:
    assert checked_url("https://host:1/v1/") == "https://host:1/v1"


def test_a_missing_library_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_client, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="package openai is not installed here; pip install"):
        ServerClient("http://localhost:1/v1")
