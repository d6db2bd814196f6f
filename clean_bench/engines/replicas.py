"""Data parallelism: several replicas of an engine, each in its own process with its own GPUs.

vLLM's own data parallelism is for its server and for mixture-of-experts models. Request i goes to
replica i modulo their number, regardless of load, so a resumed run decodes the same as an
uninterrupted one. Replicas exit when the parent dies, even on SIGKILL.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clean_bench.child_process import end_with_parent
from clean_bench.engines.base import Completion, Engine, Request
from clean_bench.engines.counted import Reporting, Reports
from clean_bench.engines.special_tokens import encode
from clean_bench.engines.token_distributions import TokenStatistics
from clean_bench.errors import UserError

if TYPE_CHECKING:
    import torch

_VISIBLE = "CUDA_VISIBLE_DEVICES"


@dataclass(frozen=True, slots=True)
class _Opened:
    """What a replica sends of its engine; the fields as those of `Replicas`."""

    name: str
    context_length: int
    tokenizer: Any
    missing_begin: str | None
    description: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Ended:
    """A row that a replica reports before the result of the call."""

    place: int
    row: Any


class Replicas(Reports):
    """See `clean_bench.engines.base.Engine`.

    Args:
        load: opens one engine; it is pickled and called in each process.
        count: number of replicas.
        devices: number of GPUs per replica.

    Raises:
        UserError: if there are GPUs but too few, or an engine cannot be loaded. Every method raises it
            if a replica has died.
    """

    def __init__(self, load: Callable[[], Engine], count: int, *, devices: int = 1) -> None:
        super().__init__()
        self._replicas: list[tuple[Any, Any]] = []  # process, pipe
        self._busy = True
        context = multiprocessing.get_context("spawn")
        for visible in _visible_devices(count, devices):
            parent_end, child_end = context.Pipe()
            process = context.Process(
                target=_run_replica, args=(load, child_end), daemon=devices == 1
            )
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
            child_end.close()
            self._replicas.append((process, parent_end))
        try:
            opened: _Opened = self._receive_all()[0]
        except BaseException:
            self.close()
            raise
        self.name, self.context_length = opened.name, opened.context_length
        self.tokenizer, self.missing_begin = opened.tokenizer, opened.missing_begin
        self._description = {**opened.description, "data_parallel": count}

    def encode(self, text: str, *, special_tokens: bool = True) -> list[int]:
        return encode(self.tokenizer, text, special_tokens=special_tokens)

    def generate(self, requests: Sequence[Request]) -> Iterator[Completion]:
        yield from self._call_all("generate", requests)

    def logprobs(
        self, prefix_ids: Sequence[Sequence[int]], suffix_ids: Sequence[Sequence[int]]
    ) -> list[list[float]]:
        return self._call_all("logprobs", prefix_ids, suffix_ids)

    def update_weights(self, named_tensors: Iterable[tuple[str, torch.Tensor]]) -> None:
        from safetensors.torch import save_file

        with tempfile.TemporaryDirectory(prefix="clean-bench-weights-") as folder:
            file = Path(folder) / "model.safetensors"
            save_file(
                {name: tensor.detach().cpu().contiguous() for name, tensor in named_tensors}, file
            )
            self._tell_all("update_weights", file)

    def shares(self, model: Any) -> bool:
        """See `TrainingEngine.shares`."""
        return False

    def sleep(self) -> None:
        """See `TrainingEngine.sleep`."""
        self._tell_all("sleep")

    def wake(self) -> None:
        """See `TrainingEngine.wake`."""
        self._tell_all("wake")

    def update_adapter(self, folder: str | Path) -> None:
        """See `TrainingEngine.update_adapter`."""
        self._tell_all("update_adapter", folder)

    def describe(self) -> dict[str, Any]:
        return dict(self._description)

    def close(self) -> None:
        for process, pipe in self._replicas:
            pipe.close()
            if self._busy:  # interrupted: the result of the running call is not needed
                process.terminate()
        for process, _ in self._replicas:
            process.join(timeout=30)
            if process.is_alive():
                process.kill()
                process.join()
        self._replicas = []

    def _tell_all(self, method: str, *arguments: Any) -> None:
        """Call a method of every replica with the same arguments."""
        for index in range(len(self._replicas)):
            self._send(index, method, arguments)
        self._receive_all()

    def _call_all(self, method: str, *columns: Sequence[Any]) -> list[Any]:
        """Call a method of every replica on its share of the rows; results in the rows' order."""
        count = len(self._replicas)
        for index in range(count):
            self._send(index, method, tuple(list(column[index::count]) for column in columns))
        results: list[Any] = [None] * len(columns[0])
        report: Callable[[int, Any], None]
        report = self.on_completion if method == "generate" else self.on_logprobs

        def ended(index: int, place: int, row: Any) -> None:
            report(index + place * count, row)

        for index, share in enumerate(self._receive_all(ended)):
            results[index::count] = share
        return results

    def _send(self, index: int, method: str, arguments: tuple[Any, ...]) -> None:
        self._busy = True
        try:
            self._replicas[index][1].send((method, arguments))
        except OSError:
            raise self._death_error(index) from None

    def _receive_all(
        self, ended: Callable[[int, int, Any], None] = lambda index, place, row: None
    ) -> list[Any]:
        """One result per replica. All are received before the exception of one is raised.

        Args:
            ended: called with the replica, the place and the row that it reports before its result.
        """
        results: list[Any] = [None] * len(self._replicas)
        waiting: dict[Any, int] = {pipe: i for i, (_, pipe) in enumerate(self._replicas)}
        while waiting:
            # In the order in which they come: a replica waits while its pipe is full.
            ready: list[Any] = wait(list(waiting))
            for pipe in ready:
                index = waiting[pipe]
                try:
                    message = pipe.recv()
                except (EOFError, OSError):
                    message = self._death_error(index)
                if isinstance(message, _Ended):
                    ended(index, message.place, message.row)
                else:
                    results[index] = message
                    del waiting[pipe]
        self._busy = False
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return results

    def _death_error(self, index: int) -> UserError:
        process, _ = self._replicas[index]
        process.join(timeout=30)
        return UserError(
            f"--data-parallel {len(self._replicas)}: replica {index + 1} died (exit status "
            f"{process.exitcode}); if memory ran out, use fewer replicas"
        )


class DistributionReplicas(Replicas):
    """Replicas of a `clean_bench.engines.token_distributions.DistributionEngine`."""

    def token_statistics(
        self, prefix_ids: Sequence[Sequence[int]], suffix_ids: Sequence[Sequence[int]]
    ) -> list[list[TokenStatistics]]:
        """See `DistributionEngine.token_statistics`."""
        return self._call_all("token_statistics", prefix_ids, suffix_ids)


def _visible_devices(count: int, devices: int) -> list[str | None]:
    """CUDA_VISIBLE_DEVICES of each replica; None if there are no GPUs."""
    import torch

    if not torch.cuda.is_available():
        return [None] * count
    visible = os.environ.get(_VISIBLE)
    gpus = visible.split(",") if visible else [str(i) for i in range(torch.cuda.device_count())]
    if len(gpus) < count * devices:
        raise UserError(
            f"--data-parallel {count} with --tensor-parallel {devices}: expected {count * devices} "
            f"GPUs, got {len(gpus)}; lower one of the options"
        )
    return [",".join(gpus[i * devices : (i + 1) * devices]) for i in range(count)]


def _run_replica(load: Callable[[], Engine], pipe: Any) -> None:
    """Main function of a replica's process."""
    end_with_parent()
    os.dup2(2, 1)  # standard output is for results
    try:
        engine = load()
    except BaseException as error:
        pipe.send(_picklable(error))
        return
    missing_begin = getattr(engine, "missing_begin", None)
    pipe.send(
        _Opened(
            engine.name, engine.context_length, engine.tokenizer, missing_begin, engine.describe()
        )
    )
    if isinstance(engine, Reporting):
        engine.on_completion = lambda place, completion: pipe.send(_Ended(place, completion))
        engine.on_logprobs = lambda place, tokens: pipe.send(_Ended(place, tokens))
    while True:
        try:
            method, arguments = pipe.recv()
        except EOFError:
            break
        try:
            pipe.send(_call(engine, method, arguments))
        except Exception as error:
            pipe.send(_picklable(error))
    engine.close()
    os._exit(0)  # threads of libraries would keep the process alive


def _call(engine: Engine, method: str, arguments: tuple[Any, ...]) -> Any:
    if method == "generate":
        return list(engine.generate(*arguments))
    if method == "logprobs":
        return engine.logprobs(*arguments)
    if method != "update_weights":
        return getattr(engine, method)(*arguments)
    from safetensors.torch import load_file

    return engine.update_weights(load_file(*arguments).items())


def _picklable(error: BaseException) -> BaseException:
    """The exception, or a RuntimeError with its message if it cannot be pickled."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
