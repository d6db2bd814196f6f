"""The types of what other commands read in the manifests of each kind of artifact.

A manifest may come from anyone. `Artifact.load` checks these types, so that a command that reads an
artifact can rely on them; what `verify` recomputes goes further. Only keys that are read outside of the
check of their own kind are listed. A missing key has the reader's own error: earlier versions did not
write all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from clean_bench.foreign_files.schema import Schema

Count = Annotated[int, Field(ge=0)]


def _iso_time(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("expected a time such as 2026-01-31T12:00:00+00:00") from None
    return text


Time = Annotated[str, AfterValidator(_iso_time)]


class Times(Schema):
    """When an artifact was begun and finished."""

    begun: Time


class FinishedTimes(Times):
    """The times of a finished artifact."""

    finished: Time


class Environment(Schema):
    """Versions of packages by name."""

    packages: dict[str, str]


class TableEntry(Schema):
    """A table of an artifact."""

    rows: Count
    content_sha256: str
    volatile: bool


class PartEntry(Schema):
    """An artifact inside another one."""

    kind: str
    identity_sha256: str
    manifest_sha256: str


class OpenManifest(Schema):
    """A manifest of any kind."""

    kind: str
    state: Literal["open", "finished"]
    config: dict[str, Any]
    metadata: dict[str, Any]
    provenance: dict[str, Any] = Field(default_factory=dict)
    times: Times


class FinishedManifest(OpenManifest):
    """A manifest of a finished artifact of any kind."""

    environment: Environment
    files: dict[str, str]
    parts: dict[str, PartEntry]
    tables: dict[str, TableEntry]
    times: FinishedTimes
    identity_sha256: str
    manifest_sha256: str


class _Bits(Schema):
    min: float = 0


class _Tier(Schema):
    label: str = ""
    bits: _Bits = _Bits()


class _Freshness(Schema):
    claim: str = ""
    bound: bool = False
    tiers: dict[str, _Tier] = Field(default_factory=dict)


class _Matched(Schema):
    claim: str = ""
    bound: bool = False


class _SetMetadata(Schema):
    freshness: _Freshness | None = None
    matched: _Matched | None = None


class _SetConfig(Schema):
    role: str | None = None


class _ProblemSet(Schema):
    config: _SetConfig = _SetConfig()
    metadata: _SetMetadata = _SetMetadata()


class _MeasuredSet(Schema):
    name: str = ""
    sha256: str = ""
    problems: Count = 0
    role: str | None = None


class _ScoreConfig(Schema):
    weights_sha256: str | None = None
    sets: list[_MeasuredSet] = Field(default_factory=list)
    templates: list[str] = Field(default_factory=list)
    engine: dict[str, Any] = Field(default_factory=dict)
    samples: Count = 0
    temperature: float | None = None
    max_tokens: int | None = None
    force_start: str = ""
    grader: str = ""
    formats: list[str] | None = None
    files: list[dict[str, Any]] | None = None
    definitions: dict[str, dict[str, Any]] = Field(default_factory=dict)


class _Counts(Schema):
    set: str = ""
    template: str = ""
    problems: Count = 0
    overlong: Count = 0
    grades: dict[str, Count] = Field(default_factory=dict)


class _ScoreMetadata(Schema):
    counts: list[_Counts] = Field(default_factory=list)


class _OfCheckpoint(Schema):
    checkpoint: str = ""


class _Scores(Schema):
    config: _ScoreConfig = _ScoreConfig()
    metadata: _ScoreMetadata = _ScoreMetadata()
    provenance: _OfCheckpoint = _OfCheckpoint()


class _TrainConfig(Schema):
    base_weights_sha256: str = ""
    data: str = ""
    data_sha256: str = ""
    reward: str = ""
    seed: int = 0
    temperature: float = 0
    max_tokens: int = 0
    engine: dict[str, Any] = Field(default_factory=dict)


class _TrainMetadata(Schema):
    template: str = ""
    weights_sha256: str = ""


class _OfBase(Schema):
    base: str = ""


class _Training(Schema):
    config: _TrainConfig = _TrainConfig()
    metadata: _TrainMetadata = _TrainMetadata()
    provenance: _OfBase = _OfBase()


class _ProbeConfig(Schema):
    sets: list[_MeasuredSet] = Field(default_factory=list)
    fractions: list[float] = Field(default_factory=list)
    weights_sha256: str | None = None


class _Probe(Schema):
    config: _ProbeConfig = _ProbeConfig()
    provenance: _OfCheckpoint = _OfCheckpoint()


KINDS: Mapping[str, type[Schema]] = MappingProxyType(
    {"problem-set": _ProblemSet, "scores": _Scores, "training": _Training, "probe": _Probe}
)
"""The schema of each kind of artifact that another command reads."""
