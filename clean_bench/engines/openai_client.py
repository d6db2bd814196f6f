"""JSON requests to an OpenAI-compatible server: many at a time, repeated with backoff, bounded.

The library `openai` sends them. It repeats a request after a lost connection, a timeout and the
statuses 408, 409, 429 and 5xx, with growing pauses or after the server's `Retry-After`. Here the
length and the duration of an answer are limited, and every failure becomes one line.

Requests run in an event loop of a thread of their own, so that they also work where a loop is running
already, such as in a notebook, and Ctrl-C ends the waiting at once.
"""

from __future__ import annotations

import asyncio
import os
import queue
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from importlib.util import find_spec
from typing import Any, TypeVar
from urllib.parse import urlsplit

from clean_bench.errors import UserError

MAX_BYTES = 1 << 25
"""Most bytes of one answer: 32 MiB, some 200,000 tokens with their log-probabilities."""
RETRIES = 8
"""How often a request is repeated: the pauses add up to 40 s unless the server asks for longer ones."""
_MALFORMED_RETRIES = 2
_FIRST_PAUSE = 0.5
_LONGEST_MESSAGE = 300

T = TypeVar("T")
R = TypeVar("R")


class RefusedError(Exception):
    """The server refused a request: a status from 400 to 499 that repeating does not change.

    `code` is the server's name of the reason, empty without one; `message` is one line.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"status {status}: {message}" if message else f"status {status}")
        self.status, self.code, self.message = status, code, message


class _TooLongError(Exception):
    """An answer is longer than `MAX_BYTES`."""


class ServerClient:
    """A connection to a server.

    Args:
        base_url: the address that ends before `/chat/completions`.
        key_name: the environment variable with the API key; without one the key is `EMPTY`, which
            local servers accept. The key is in no message.
        concurrency: most requests at a time.
        timeout: seconds until an answer must be complete.
        retries: how often a request is repeated.

    Raises:
        UserError: if the library is not installed, or for an address or a key that cannot be sent.
    """

    def __init__(
        self,
        base_url: str,
        *,
        key_name: str = "OPENAI_API_KEY",
        concurrency: int = 32,
        timeout: float = 1200.0,
        retries: int = RETRIES,
    ) -> None:
        self.url = checked_url(base_url)
        self._key_name, self._key = key_name, _api_key(key_name)
        self._concurrency, self._timeout, self._retries = concurrency, timeout, retries
        require_library()
        import httpx2
        import openai

        self._client = openai.AsyncOpenAI(
            api_key=self._key,
            base_url=self.url,
            timeout=httpx2.Timeout(timeout, connect=min(10.0, timeout)),
            max_retries=retries,
            default_headers={"Accept-Encoding": "identity"},
            http_client=openai.DefaultAsyncHttpxClient(event_hooks={"response": [self._limit]}),
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, call: Coroutine[Any, Any, R]) -> R:
        """The result of a coroutine that sends requests."""
        future = asyncio.run_coroutine_threadsafe(call, self._loop)
        try:
            return future.result()
        finally:
            future.cancel()

    def map(
        self,
        call: Callable[[T], Coroutine[Any, Any, R]],
        items: Sequence[T],
        report: Callable[[int, R], None] = lambda place, result: None,
    ) -> Iterator[R]:
        """The results of `call` for each item, in their order, at most `concurrency` at a time.

        After an exception of one, the others are cancelled and it is raised.

        Args:
            report: called with the place of an item and its result as soon as that has come.
        """
        ended: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        future = asyncio.run_coroutine_threadsafe(self._call_all(call, items, ended), self._loop)
        results: dict[int, R] = {}
        try:
            for index in range(len(items)):
                while index not in results:
                    number, result = ended.get()
                    if isinstance(result, BaseException):
                        raise result
                    report(number, result)
                    results[number] = result
                yield results.pop(index)
        finally:
            future.cancel()

    async def _call_all(
        self,
        call: Callable[[T], Coroutine[Any, Any, R]],
        items: Sequence[T],
        ended: queue.SimpleQueue[tuple[int, Any]],
    ) -> None:
        remaining = iter(enumerate(items))

        async def work() -> None:
            for index, item in remaining:
                try:
                    ended.put((index, await call(item)))
                except Exception as error:
                    ended.put((index, error))
                    raise

        workers = [asyncio.create_task(work()) for _ in range(min(self._concurrency, len(items)))]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def get(self, path: str, *, retries: int | None = None) -> dict[str, Any]:
        """As `post`, for the method GET."""
        return await self._request(
            path,
            retries,
            lambda options: self._client.get(path, cast_to=object, options=options),
        )

    async def post(
        self, path: str, body: dict[str, Any], *, retries: int | None = None
    ) -> dict[str, Any]:
        """The JSON object that the server answers.

        Args:
            path: appended to the address, unless it is a whole address.

        Raises:
            RefusedError: if the server refuses the request for what it contains.
            UserError: if the server cannot be reached, refuses the key, limits the rate or fails,
                all after the last repetition, and for an answer that is no JSON object.
        """
        return await self._request(
            path,
            retries,
            lambda options: self._client.post(path, cast_to=object, body=body, options=options),
        )

    async def _request(
        self, path: str, retries: int | None, send: Callable[[Any], Coroutine[Any, Any, object]]
    ) -> dict[str, Any]:
        import openai

        retries = self._retries if retries is None else retries
        for attempt in range(min(retries, _MALFORMED_RETRIES) + 1):
            if attempt:
                await asyncio.sleep(_FIRST_PAUSE * 2**attempt)
            try:
                answer = await send({"max_retries": retries})
            except openai.APIStatusError as error:
                raise self._status_error(error, retries + 1) from None
            except openai.APITimeoutError:
                raise UserError(
                    f"{self._at(path)}: expected an answer within {self._timeout:g} s, got none in "
                    f"{retries + 1} attempts; raise --request-timeout, lower --concurrency, or run the "
                    "same command again to resume"
                ) from None
            except openai.APIConnectionError as error:
                reason = self._one_line(str(error.__cause__ or error))
                raise UserError(
                    f"{self._at(path)}: the server cannot be reached ({reason}); start it or correct "
                    "--base-url, and run the same command again"
                ) from None
            except _TooLongError:
                raise UserError(
                    f"{self._at(path)}: expected an answer of at most {MAX_BYTES >> 20} MiB without "
                    "compression, got another; is this an OpenAI-compatible server?"
                ) from None
            except (ValueError, RecursionError):  # the library reads JSON
                answer = None
            if isinstance(answer, dict):
                return answer
        raise UserError(
            f"{self._at(path)}: expected a JSON object, got something else; is this an "
            "OpenAI-compatible server, and does --base-url end in its version, such as /v1?"
        )

    def _status_error(self, error: Any, attempts: int) -> Exception:
        status, message = int(error.status_code), self._one_line(_message(error.body))
        reply = f"status {status}: {message}" if message else f"status {status}"
        if status in (401, 403):
            return UserError(
                f"{self.url}: the server refused the API key ({reply}); set {self._key_name} to a key "
                "that it accepts"
            )
        if status == 429:
            return UserError(
                f"{self.url}: the server still limits requests after {attempts} attempts ({reply}); "
                "lower --concurrency, and run the same command later to resume"
            )
        if status >= 500 or status in (408, 409):
            return UserError(
                f"{self.url}: the server failed {attempts} times ({reply}); see its log, and run the "
                "same command again to resume"
            )
        return RefusedError(status, str(getattr(error, "code", None) or ""), message)

    async def _limit(self, response: Any) -> None:
        """Limit the bytes and the seconds of an answer before its body is read."""
        if response.headers.get("content-encoding", "identity") != "identity":
            raise _TooLongError
        response.stream = _limited(response.stream, time.monotonic() + self._timeout)

    def _at(self, path: str) -> str:
        return path if "://" in path else self.url + path

    def _one_line(self, text: str) -> str:
        line = " ".join(text[: 10 * _LONGEST_MESSAGE].split())
        return line.replace(self._key, "***")[:_LONGEST_MESSAGE] if self._key else line

    def close(self) -> None:
        """Cancel what still runs, and close the connections."""
        if self._loop.is_closed():
            return
        try:
            asyncio.run_coroutine_threadsafe(self._client.close(), self._loop).result(timeout=10)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=10)
            if not self._thread.is_alive():
                self._loop.close()


def checked_url(url: str) -> str:
    """The address without a slash at its end.

    Raises:
        UserError: unless it is an http or https address without a user, a query and a fragment.
    """
    try:
        parts = urlsplit(url)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole or any(character.isspace() for character in url):
        raise UserError(f"--base-url {url}: expected an address such as http://localhost:8000/v1")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise UserError(
            "--base-url: expected an address without a user name, a password and parameters; pass a key "
            "in the environment variable OPENAI_API_KEY"
        )
    return url.rstrip("/")


def require_library() -> None:
    """Raise `UserError` if the library `openai` is not installed."""
    if find_spec("openai") is None:
        raise UserError(
            "--engine openai: the package openai is not installed here; pip install 'openai>=3.57'"
        )


def _api_key(name: str) -> str:
    key = os.environ.get(name, "").strip() or "EMPTY"
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise UserError(f"{name}: expected a key of printable ASCII characters; set it again")
    return key


def _message(body: object) -> str:
    """The message in the body of an error: `{"error": {"message": ...}}`, or one of its variants."""
    while isinstance(body, dict):
        for name in ("message", "error", "detail", "msg"):
            if body.get(name):
                body = body[name]
                break
        else:
            return ""
    return body if isinstance(body, str) else ""


def _limited(stream: Any, deadline: float) -> Any:
    """A stream of bytes that ends with an exception where it is too long or takes too long."""
    import httpx2

    class Limited(httpx2.AsyncByteStream):  # type: ignore[misc]
        async def __aiter__(self) -> AsyncIterator[bytes]:
            size = 0
            async for chunk in stream:
                size += len(chunk)
                if size > MAX_BYTES:
                    raise _TooLongError
                if time.monotonic() > deadline:
                    raise httpx2.ReadTimeout("the answer takes too long")
                yield chunk

        async def aclose(self) -> None:
            await stream.aclose()

        @property
        def elapsed(self) -> Any:
            return stream.elapsed

    return Limited()
