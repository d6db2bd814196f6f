"""A server with OpenAI's interface and without a model, for tests: it also fails, on order.

Its model writes the words of its prompt in reverse. One word is one token: the id is the sum of the
word's bytes, and the log-probability of a token is -id/100.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]
Fault = Callable[[BaseHTTPRequestHandler], bool]
"""Answers a request in place of the stub; true if it did."""


def token(word: str) -> int:
    return sum(word.encode())


def encode(text: str) -> list[int]:
    return [token(word) for word in text.split()]


class Stub:
    """The state of a server.

    Args:
        chat, raw: whether it has /chat/completions and /completions.
        vllm: whether it understands vLLM's extensions; else it ignores them.
        strict: whether it refuses parameters that are not OpenAI's.
        tokenize: whether it has /tokenize.
        echo: whether it repeats prompts with their log-probabilities.
        refuses: parameters that it refuses.
    """

    def __init__(
        self,
        *,
        chat: bool = True,
        raw: bool = True,
        vllm: bool = True,
        strict: bool = False,
        tokenize: bool = True,
        echo: bool = False,
        listed: bool = True,
        refuses: tuple[str, ...] = (),
        key: str | None = None,
        context: int = 1024,
        delay: float = 0.0,
    ) -> None:
        self.chat, self.raw, self.vllm, self.strict = chat, raw, vllm, strict
        self.tokenize, self.echo, self.listed, self.refuses = tokenize, echo, listed, refuses
        self.key, self.context, self.delay = key, context, delay
        self.url = ""
        self.bodies: list[tuple[str, Json]] = []
        """Path and body of every request that was answered or refused, in order."""
        self.keys: list[str | None] = []
        self.faults: list[Fault] = []
        """Each answers one request to a completion, in order of arrival."""
        self.running = self.most = 0
        self.lock = threading.Lock()

    def generations(self, path: str = "completions") -> list[Json]:
        """The bodies of requests for completions, without those of the tests at opening."""
        return [body for place, body in self.bodies if place.endswith(path)]

    def answer(self, path: str, body: Json) -> tuple[int, Json]:
        if path == "/tokenize" and self.tokenize:
            text = body.get("prompt")
            if text is None:
                text = " ".join(message["content"] for message in body["messages"])
            return 200, {"tokens": encode(text), "count": len(encode(text))}
        chat = path == "/v1/chat/completions"
        offered = self.chat if chat else self.raw
        if path not in ("/v1/chat/completions", "/v1/completions") or not offered:
            return 404, {"error": {"message": f"no {path}", "code": None}}
        known = set("model prompt messages temperature top_p max_tokens seed logprobs echo".split())
        extra = [name for name in body if name not in known]
        unknown = [name for name in body if name in self.refuses] + (extra if self.strict else [])
        if unknown:
            return 400, {"error": {"message": f"Unsupported parameter: {unknown[0]}"}}
        return self.complete(body, chat)

    def complete(self, body: Json, chat: bool) -> tuple[int, Json]:
        if chat:
            words = body["messages"][-1]["content"].split()
            ids = encode(" ".join(message["content"] for message in body["messages"]))
        elif isinstance(body["prompt"], list):
            words, ids = [], body["prompt"]
        else:
            words, ids = body["prompt"].split(), encode(body["prompt"])
        limit = body.get("max_tokens", body.get("max_completion_tokens", 16))
        if len(ids) + limit > self.context:
            message = f"This model's maximum context length is {self.context} tokens."
            return 400, {"error": {"message": message, "code": 400}}
        text, finish = " ".join(words[::-1][:limit]), "stop" if len(words) <= limit else "length"
        if self.vllm:
            for stop in body.get("stop", ()):
                if stop in text:
                    text, finish = text[: text.index(stop) + len(stop)], "stop"
        tokens = encode(text)
        logprobs = [-number / 100 for number in tokens]
        choice: Json = {"index": 0, "finish_reason": finish}
        answer: Json = {"model": body["model"], "choices": [choice]}
        if chat:
            choice["message"] = {"role": "assistant", "content": text}
        else:
            choice["text"] = text
        if self.vllm and body.get("return_token_ids"):
            choice["token_ids"] = tokens
            (answer if chat else choice)["prompt_token_ids"] = ids
            choice["logprobs"] = (
                {"content": [{"token": "", "logprob": value} for value in logprobs]}
                if chat
                else {"token_logprobs": logprobs}
            )
        if self.vllm and "prompt_logprobs" in body:
            entries = [{str(number): {"logprob": -number / 100}} for number in ids]
            choice["prompt_logprobs"] = [None, *entries[1:]]
        if self.vllm and "logprob_token_ids" in body:
            wanted = body["logprob_token_ids"][0]
            choice["logprobs"] = {"top_logprobs": [{f"token_id:{wanted}": -wanted / 100}]}
        if self.echo and body.get("echo"):
            choice["logprobs"] = {"token_logprobs": [None, *(-n / 100 for n in ids[1:]), -1.0]}
        return 200, answer


@contextmanager
def serving(stub: Stub) -> Iterator[Stub]:
    """Run a stub on a free port; `stub.url` is its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(stub))
    server.daemon_threads = True
    stub.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01))
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def status(code: int, body: Any = None, **headers: str) -> Fault:
    """Answer with a status."""

    def fault(handler: BaseHTTPRequestHandler) -> bool:
        body_ = {"error": {"message": "not now"}} if body is None else body
        _send(handler, code, json.dumps(body_).encode(), **headers)
        return True

    return fault


def raw_body(content: bytes, length: int | None = None, kind: str = "application/json") -> Fault:
    """Answer 200 with these bytes, and close the connection after them."""

    def fault(handler: BaseHTTPRequestHandler) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(content) if length is None else length))
        handler.end_headers()
        handler.wfile.write(content)
        handler.close_connection = True
        return True

    return fault


def hang(seconds: float) -> Fault:
    """Answer nothing for some seconds."""

    def fault(handler: BaseHTTPRequestHandler) -> bool:
        time.sleep(seconds)
        handler.close_connection = True
        return True

    return fault


def drip(handler: BaseHTTPRequestHandler) -> bool:
    """Answer one byte every tenth of a second."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()
    try:
        for _ in range(50):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.1)
    except OSError:
        pass
    handler.close_connection = True
    return True


def endless(handler: BaseHTTPRequestHandler) -> bool:
    """Answer bytes without an end."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()
    try:
        for _ in range(1 << 12):
            handler.wfile.write(b'"' + b"a" * (1 << 16))
    except OSError:
        pass
    handler.close_connection = True
    return True


def _send(handler: BaseHTTPRequestHandler, code: int, content: bytes, **headers: str) -> None:
    handler.send_response(code)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(content)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(content)


def _handler(stub: Stub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            stub.keys.append(self.headers.get("Authorization"))
            if stub.key and self.headers.get("Authorization") != f"Bearer {stub.key}":
                sent = self.headers.get("Authorization")
                _send(self, 401, json.dumps({"error": {"message": f"bad key {sent}"}}).encode())
            elif self.path == "/v1/models" and stub.listed:
                entry: Json = {"id": "served/model"}
                if stub.vllm:
                    entry["max_model_len"] = stub.context
                _send(self, 200, json.dumps({"data": [entry]}).encode())
            else:
                _send(self, 404, b'{"detail": "Not Found"}')

        def do_POST(self) -> None:
            with stub.lock:
                stub.running += 1
                stub.most = max(stub.most, stub.running)
            try:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with stub.lock:
                    stub.bodies.append((self.path, body))
                    fault = None
                    if self.path.endswith("completions") and stub.faults:
                        fault = stub.faults.pop(0)
                time.sleep(stub.delay)
                if fault is None or not fault(self):
                    code, answer = stub.answer(self.path, body)
                    _send(self, code, json.dumps(answer).encode())
            except OSError:
                pass  # the client has gone
            finally:
                with stub.lock:
                    stub.running -= 1

        def log_message(self, format: str, *args: Any) -> None: ...

    return Handler
