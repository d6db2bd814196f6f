"""The state that a killed run resumes from, in one safetensors file that is written tensor by tensor.

It holds the trained tensors and their optimizer state by name, tables of rows that are not yet in a
shard (such as the rollouts of the step in progress), other tensors, and a record: step, epoch,
mini-batch, running sums. A run so resumes inside a rollout batch without generating it again.

There is no random state: prompts, sampling and random rewards are functions of (seed, step, problem,
sample), and there is no dropout. A state takes the place of the earlier one by one rename, after it is
flushed to disk: a kill or a full disk leaves the earlier one. `Artifact.finish` removes it after the
final manifest.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa
import torch
from safetensors import SafetensorError, safe_open

from clean_bench.artifacts import STATE, Artifact
from clean_bench.errors import UserError
from trainers.tensor_files import form_of, write_tensors

_TABLE, _TENSOR, _RECORD = "table", "tensor", "record"
_logger = logging.getLogger(__name__)


class Stateful(Protocol):
    """What has trained tensors, such as an optimizer."""

    def state_tensors(self) -> Iterable[tuple[str, torch.Tensor]]:
        """All tensors to save, by names that no other part of the state has."""
        ...

    def load_tensor(self, entry: str, tensor: torch.Tensor) -> None:
        """Set one of them.

        Raises:
            KeyError: for an unknown one.
        """
        ...


@dataclass(frozen=True, slots=True)
class State:
    """What is saved beside the trained tensors.

    `record` is stored as JSON: numbers come back exactly, tuples as lists. `tensors` come back on the
    CPU.
    """

    record: Mapping[str, Any]
    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    tensors: Mapping[str, torch.Tensor] = field(default_factory=dict)


def save_state(artifact: Artifact, trained: Stateful, state: State) -> None:
    """Save a state in the place of the earlier one.

    Raises:
        OSError: if it cannot be written; the earlier one is kept.
    """
    tensors = dict(trained.state_tensors())
    tensors |= {f"{_TENSOR}/{name}": tensor for name, tensor in state.tensors.items()}
    tensors |= {f"{_TABLE}/{name}": _bytes_of(table) for name, table in state.tables.items()}
    forms = {name: form_of(tensor) for name, tensor in tensors.items()}
    with artifact.atomic_file(STATE) as temporary:
        metadata = {_RECORD: json.dumps(dict(state.record))}
        write_tensors(temporary, forms, tensors.items(), metadata)


def load_state(artifact: Artifact, trained: Stateful) -> State | None:
    """Load the saved state: the trained tensors in place, the rest as a `State`; None if there is none.

    Raises:
        UserError: if the file is damaged, or is the state of other tensors.
    """
    path = artifact.folder / STATE
    if not path.is_file():
        return None
    expected = {name for name, _ in trained.state_tensors()}
    tables: dict[str, pa.Table] = {}
    tensors: dict[str, torch.Tensor] = {}
    try:
        with safe_open(path, framework="pt") as file:
            record = json.loads(file.metadata()[_RECORD])
            for entry in file.keys():  # noqa: SIM118 - the handle is not a mapping
                tensor = file.get_tensor(entry)
                kind, _, name = entry.partition("/")
                if kind == _TABLE:
                    tables[name] = _table_of(tensor)
                elif kind == _TENSOR:
                    tensors[name] = tensor
                else:
                    trained.load_tensor(entry, tensor)
                    expected.discard(entry)
    except (
        SafetensorError,
        KeyError,
        TypeError,
        ValueError,
        RuntimeError,
        pa.ArrowException,
    ) as error:
        raise _unusable(path, error) from None
    if expected:
        raise _unusable(path, f"it lacks {min(expected)}")
    _logger.info("%s: resuming at %s", artifact.folder, _scalars(record))
    return State(record, tables, tensors)


class SaveTimer:
    """Tells when a state is due: `seconds` after the last one."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.saved()

    def due(self) -> bool:
        return time.monotonic() - self._last >= self._seconds

    def saved(self) -> None:
        """Note that a state was saved, at whatever occasion."""
        self._last = time.monotonic()


def _unusable(path: Any, why: object) -> UserError:
    text = " ".join(str(why).split())[:200]
    return UserError(
        f"{path}: expected the state that this version saved for this run, got another file ({text}); "
        "delete it to train again from the first step, or choose another folder"
    )


def _scalars(record: Mapping[str, Any]) -> str:
    parts = [f"{key} {value}" for key, value in record.items() if isinstance(value, int)]
    return ", ".join(parts)


def _bytes_of(table: pa.Table) -> torch.Tensor:
    """A table as Arrow's stream format, in a tensor of bytes."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return torch.frombuffer(bytearray(sink.getvalue()), dtype=torch.uint8)


def _table_of(tensor: torch.Tensor) -> pa.Table:
    with pa.ipc.open_stream(pa.py_buffer(tensor.numpy().tobytes())) as reader:
        return reader.read_all()
