"""Data parallelism: several copies of an engine, each in a process and on GPUs of its own.

vLLM's own data parallelism is for its server and for mixtures of experts; copies of a dense model
have nothing to say to each other. Request i goes to copy i modulo their number, whatever the copies
are doing, so that a resumed run decodes what an uninterrupted one does. A copy ends with the process
that started it, however that ends.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clean_bench.engines import special_tokens as token_ids
from clean_bench.engines.base import Completion, Engine, Request
from clean_bench.errors import UserError

if TYPE_CHECKING:
    import torch

_VISIBLE = "CUDA_VISIBLE_DEVICES"


class Replicas:
    """See `clean_bench.engines.base.Engine`.

    Args:
        load: makes one copy; it is pickled, and called in each process.
        count: how many copies.
        devices: GPUs of one copy.

    Raises:
        UserError: if there are GPUs but too few of them, or a copy cannot be loaded; later, if one
            has died.
    """

    def __init__(self, load: Callable[[], Engine], count: int, *, devices: int = 1) -> None:
        self._copies = []
        self._busy = True
        context = multiprocessing.get_context("spawn")
        for visible in _shares(count, devices):
            here, there = context.Pipe()
            process = context.Process(target=_serve, args=(load, there), daemon=devices == 1)
            before = os.environ.get(_VISIBLE)
            if visible is not None:
                os.environ[_VISIBLE] = visible
            try:
                process.start()
            finally:
                if visible is not None:
                    os.environ.pop(_VISIBLE)
                    if before is not None:
                        os.environ[_VISIBLE] = before
            there.close()
            self._copies.append((process, here))
        try:
            self.name, self.context_length, self.tokenizer, description = self._gather()[0]
        except BaseException:
            self.close()
            raise
        self._description = {**description, "data_parallel": count}

    def encode(self, text: str, *, special_tokens: bool = True) -> list[int]:
        return token_ids.encode(self.tokenizer, text, special_tokens=special_tokens)

    def generate(self, requests: Sequence[Request]) -> Iterator[Completion]:
        yield from self._spread("generate", requests)

    def logprobs(
        self, prefix_ids: Sequence[Sequence[int]], suffix_ids: Sequence[Sequence[int]]
    ) -> list[list[float]]:
        return self._spread("logprobs", prefix_ids, suffix_ids)

    def update_weights(self, named_tensors: Iterable[tuple[str, torch.Tensor]]) -> None:
        from safetensors.torch import save_file

        with tempfile.TemporaryDirectory(prefix="clean-bench-weights-") as folder:
            file = Path(folder) / "model.safetensors"
            save_file(
                {name: tensor.detach().cpu().contiguous() for name, tensor in named_tensors}, file
            )
            for place in range(len(self._copies)):
                self._ask(place, "update_weights", (file,))
            self._gather()

    def describe(self) -> dict[str, Any]:
        return dict(self._description)

    def close(self) -> None:
        for process, pipe in self._copies:
            pipe.close()
            if self._busy:  # cut short, and nobody waits for what the copy is at
                process.terminate()
        for process, _ in self._copies:
            process.join(timeout=30)
            if process.is_alive():
                process.kill()
                process.join()
        self._copies = []

    def _spread(self, method: str, *columns: Sequence[Any]) -> list[Any]:
        """A method of every copy on its share of the rows; the results in the rows' order."""
        count = len(self._copies)
        for place in range(count):
            self._ask(place, method, tuple(list(column[place::count]) for column in columns))
        result: list[Any] = [None] * len(columns[0])
        for place, share in enumerate(self._gather()):
            result[place::count] = share
        return result

    def _ask(self, place: int, method: str, arguments: tuple[Any, ...]) -> None:
        self._busy = True
        try:
            self._copies[place][1].send((method, arguments))
        except OSError:
            raise self._dead(place) from None

    def _gather(self) -> list[Any]:
        """One answer of each copy. All are awaited before an exception of one is raised."""
        answers: list[Any] = []
        for place, (_, pipe) in enumerate(self._copies):
            try:
                answers.append(pipe.recv())
            except (EOFError, OSError):
                answers.append(self._dead(place))
        self._busy = False
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
        return answers

    def _dead(self, place: int) -> UserError:
        process, _ = self._copies[place]
        process.join(timeout=30)
        return UserError(
            f"--data-parallel {len(self._copies)}: copy {place + 1} of the engine died (exit status "
            f"{process.exitcode}); where memory ran out, take fewer copies"
        )


def _shares(count: int, devices: int) -> list[str | None]:
    """The GPUs of each copy as CUDA_VISIBLE_DEVICES names them; None where there are none."""
    import torch

    if not torch.cuda.is_available():
        return [None] * count
    named = os.environ.get(_VISIBLE)
    there = named.split(",") if named else [str(i) for i in range(torch.cuda.device_count())]
    if len(there) < count * devices:
        raise UserError(
            f"--data-parallel {count} with --tensor-parallel {devices} takes {count * devices} GPUs, "
            f"and {len(there)} are there"
        )
    return [",".join(there[i * devices : (i + 1) * devices]) for i in range(count)]


def _serve(load: Callable[[], Engine], pipe: Any) -> None:
    """What runs in the process of one copy."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    # A terminal interrupts all processes at once; this one is ended by the first.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(2, 1)  # standard output belongs to the results
    try:
        engine = load()
    except BaseException as error:
        pipe.send(_sendable(error))
        return
    pipe.send((engine.name, engine.context_length, engine.tokenizer, engine.describe()))
    while True:
        try:
            method, arguments = pipe.recv()
        except EOFError:
            break
        try:
            pipe.send(_call(engine, method, arguments))
        except Exception as error:
            pipe.send(_sendable(error))
    engine.close()
    os._exit(0)  # libraries' threads would keep the process


def _call(engine: Engine, method: str, arguments: tuple[Any, ...]) -> Any:
    if method == "generate":
        return list(engine.generate(*arguments))
    if method == "logprobs":
        return engine.logprobs(*arguments)
    from safetensors.torch import load_file

    return engine.update_weights(load_file(*arguments).items())


def _sendable(error: BaseException) -> BaseException:
    """The exception, or its words where it cannot travel."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)
