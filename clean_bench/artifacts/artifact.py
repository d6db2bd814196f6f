"""One artifact folder: begin, resume, append, finish.

Layout of a folder:

    manifest.json            state "open" until `finish`, then "finished"
    TABLE/00000.parquet      shards of a table, in order
    anything else            files placed with `write_file`; artifacts with their own manifest

Every write is atomic (`clean_bench.artifacts.atomic_files`).
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from clean_bench.artifacts import atomic_files
from clean_bench.artifacts import manifest as manifests
from clean_bench.artifacts.kinds import KINDS
from clean_bench.artifacts.manifest import Manifest, read_manifest
from clean_bench.errors import UserError
from clean_bench.foreign_files.parquet_rows import check_columns, check_table, opened_parquet
from clean_bench.foreign_files.schema import check_types

_PARTS_OF_CHECKPOINT = {
    f"{role}{name}_sha256": f"{text}{' of the base' if role else ''}"
    for role in ("", "base_")
    for name, text in (
        ("config", "settings (config.json, generation_config.json)"),
        ("tokenizer", "tokenizer"),
    )
}
"""Keys of the configuration that hash what a checkpoint has beside its weights; artifacts of earlier
versions lack them and resume without."""


class Artifact:
    """A folder with a manifest. Make one with `open` (to write) or `load` (to read)."""

    def __init__(self, folder: Path, manifest: Manifest, lock: int | None = None) -> None:
        self.folder = folder
        self.manifest = manifest
        self._lock = lock

    @classmethod
    def open(
        cls,
        folder: str | Path,
        kind: str,
        config: Mapping[str, Any],
        *,
        provenance: Mapping[str, Any] | None = None,
        replaces: Callable[[Mapping[str, Any]], None] | None = None,
    ) -> Artifact:
        """Begin an artifact, or resume the one in the folder.

        Args:
            folder: created if missing.
            kind: type of the artifact, such as `"scores"`.
            config: resolved configuration; must equal that of the artifact to resume.
            provenance: paths and names at the first run. Recorded, but not part of the identity and
                not compared on resume.
            replaces: called with the configuration of an unfinished artifact that differs from `config`.
                It raises `UserError` unless everything stored also follows from `config`, which then
                takes the place of the other.

        Raises:
            UserError: if the folder holds other files, another kind, another configuration (the key
                is named) or another format, or another process is writing it.
        """
        folder = Path(folder)
        _require_folder(folder)
        folder.mkdir(parents=True, exist_ok=True)
        lock = atomic_files.lock_folder(folder)
        try:
            return cls(folder, _begin(folder, kind, config, provenance or {}, replaces), lock)
        except BaseException:
            os.close(lock)
            raise

    @staticmethod
    def try_folder(folder: str | Path, kind: str) -> None:
        """Check before long work that `open` can write here; leaves no file behind.

        Raises:
            UserError: if the folder holds other files, another kind or another format.
            OSError: if the folder is not writable.
        """
        folder = Path(folder)
        _require_folder(folder)
        if folder.exists():
            _refuse_other_files(folder)
            if (folder / manifests.NAME).exists():
                manifest = read_manifest(folder)
                _require_kind(folder, manifest, kind)
                if manifest["state"] == "finished":
                    return  # only read from now on
        nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        if not nearest.is_dir():
            raise UserError(
                f"{folder}: expected a folder, but {nearest} is a file: choose another output folder"
            )
        try:
            tempfile.TemporaryFile(dir=nearest, prefix=atomic_files.TEMPORARY).close()
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(folder)) from None

    @classmethod
    def load(cls, folder: str | Path, kind: str | None = None) -> Artifact:
        """Open a finished artifact for reading.

        Raises:
            UserError: if there is none, it has another kind or format, a value of another type than
                commands read, or it is not finished.
        """
        folder = Path(folder)
        manifest = read_manifest(folder)
        if kind is not None and manifest["kind"] != kind:
            raise UserError(
                f"{folder}: expected a {kind} artifact, got {manifest['kind']}: choose another folder"
            )
        if manifest["state"] != "finished":
            raise UserError(f"{folder} was not finished: rerun the command that wrote it to resume")
        if manifest["kind"] in KINDS:
            check_types(manifest, KINDS[manifest["kind"]], str(folder / manifests.NAME))
        return cls(folder, manifest)

    @staticmethod
    def is_finished(folder: str | Path) -> bool:
        """Whether a folder holds a finished artifact of any kind."""
        try:
            return bool(read_manifest(Path(folder))["state"] == "finished")
        except UserError:
            return False

    @staticmethod
    def has_work(folder: str | Path) -> bool:
        """Whether a folder holds an artifact of which more than the first manifest is stored."""
        folder = Path(folder)
        try:
            manifest = read_manifest(folder)
        except UserError:
            return folder.is_dir() and any(folder.iterdir())
        return manifest["state"] == "finished" or not _holds_no_work(folder, manifest["kind"])

    @property
    def kind(self) -> str:
        return str(self.manifest["kind"])

    @property
    def config(self) -> dict[str, Any]:
        return dict(self.manifest["config"])

    @property
    def metadata(self) -> dict[str, Any]:
        return dict(self.manifest["metadata"])

    @property
    def finished(self) -> bool:
        return bool(self.manifest["state"] == "finished")

    def close(self) -> None:
        """Unlock the folder."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def done(self, shard: str) -> bool:
        """Whether the shard `TABLE/NUMBER` is written."""
        return (self.folder / f"{shard}.parquet").is_file()

    def write(self, shard: str, table: pa.Table) -> None:
        """Write a shard `TABLE/NUMBER`, atomically."""
        # Dictionary encoding only for text: for numbers that rarely repeat it costs time and space.
        texts = [field.name for field in table.schema if pa.types.is_string(field.type)]
        with atomic_files.atomic_file(self.folder / f"{shard}.parquet") as temporary:
            pq.write_table(table, temporary, compression="zstd", use_dictionary=texts)

    def write_file(self, name: str, data: bytes) -> None:
        """Write a file that is not a table, atomically."""
        with self.atomic_file(name) as temporary:
            temporary.write_bytes(data)

    def atomic_file(self, name: str) -> AbstractContextManager[Path]:
        """A temporary path to write to; becomes `name` if the block succeeds, replacing the old one."""
        return atomic_files.atomic_file(self.folder / name)

    def atomic_folder(self, name: str) -> AbstractContextManager[Path]:
        """A temporary folder to fill; becomes `name` if the block succeeds, replacing the old one."""
        return atomic_files.atomic_folder(self.folder / name)

    def shards(self, table: str) -> list[Path]:
        """Paths of the written shards of a table, in order."""
        return sorted((self.folder / table).glob("*.parquet"))

    def tables(
        self,
        table: str,
        columns: Sequence[str] | None = None,
        *,
        schema: pa.Schema | None = None,
        whole: Sequence[str] = (),
    ) -> Iterator[pa.Table]:
        """The shards of a table, one at a time, with all columns or the given ones.

        Args:
            schema: the types of columns, where a shard has them.
            whole: columns that have to be there, with a value in every row.

        Raises:
            UserError: naming the shard, if it is no Parquet file, holds texts that are no UTF-8, or has
                other columns.
        """
        for path in self.shards(table):
            with opened_parquet(path) as file:
                if columns is not None:
                    check_columns(path, file.schema_arrow.names, columns)
                shard = file.read(columns and list(columns), use_threads=False)
            check_table(path, shard, schema or pa.schema([]), whole)
            yield shard

    def rows(self, table: str, schema: pa.Schema | None = None) -> list[dict[str, Any]]:
        """All rows of a table (`schema` and errors as in `tables`)."""
        return [row for shard in self.tables(table, schema=schema) for row in shard.to_pylist()]

    def finish(self, metadata: Mapping[str, Any], *, volatile: Iterable[str] = ()) -> None:
        """Write the final manifest, with a hash of every file, table and artifact inside.

        Args:
            metadata: counts and facts about the whole artifact; part of the identity.
            volatile: tables that are not part of the identity, such as timings.
        """
        volatile = set(volatile)
        shards = self.folder.glob("*/*.parquet")
        tables = sorted(
            {path.parent.name for path in shards if atomic_files.belongs_to(self.folder, path)}
        )
        hashes, parts = atomic_files.inventory(self.folder)
        manifest = {
            **self.manifest,
            "state": "finished",
            "metadata": json.loads(manifests.canonical_json(metadata)),
            "environment": manifests.environment(),
            "files": hashes,
            "parts": parts,
            "tables": {
                name: {
                    "rows": sum(pq.read_metadata(path).num_rows for path in self.shards(name)),
                    "content_sha256": manifests.content_sha256(self.tables(name)),
                    "volatile": name in volatile,
                }
                for name in tables
            },
        }
        manifest["times"] = {**manifest["times"], "finished": _now()}
        self.manifest = manifests.seal(manifest)
        self._save()
        (self.folder / atomic_files.STATE).unlink(missing_ok=True)

    def _save(self) -> None:
        self.write_file(manifests.NAME, manifests.text_of(self.manifest))


def _begin(
    folder: Path,
    kind: str,
    config: Mapping[str, Any],
    provenance: Mapping[str, Any],
    replaces: Callable[[Mapping[str, Any]], None] | None,
) -> Manifest:
    """The manifest of the artifact to resume, or a new one, written."""
    config = json.loads(manifests.canonical_json(config))
    if not (folder / manifests.NAME).exists() or _holds_no_work(folder, kind):
        _refuse_other_files(folder)
        manifest = manifests.seal(
            {
                "kind": kind,
                "format": manifests.FORMAT,
                "state": "open",
                "config": config,
                "metadata": {},
                "provenance": json.loads(manifests.canonical_json(provenance)),
                "times": {"begun": _now()},
            }
        )
        atomic_files.remove_temporary(folder)
        Artifact(folder, manifest)._save()
        return manifest
    manifest = read_manifest(folder)
    _require_kind(folder, manifest, kind)
    if replaces is not None and manifest["state"] == "open" and manifest["config"] != config:
        replaces(manifest["config"])
        manifest = manifests.seal({**manifest, "config": config})
        atomic_files.remove_temporary(folder)
        Artifact(folder, manifest)._save()
        return manifest
    for key in _most_telling_first({**manifest["config"], **config}):
        before, now = manifest["config"].get(key), config.get(key)
        if key in _PARTS_OF_CHECKPOINT:
            _require_part(folder, _PARTS_OF_CHECKPOINT[key], before, now)
        elif before != now:
            name, before, now = _difference(key, before, now)
            raise UserError(
                f"{folder} was begun with {name} = {_short(before)}, got {_short(now)}: "
                "use the same options or choose another folder"
            )
    atomic_files.remove_temporary(folder)
    return manifest


def _holds_no_work(folder: Path, kind: str) -> bool:
    """Whether an artifact of this kind was begun here and nothing of it was stored.

    It is then begun again, with any configuration: a command that fails at its start must not block
    the folder for the corrected one.
    """
    manifest = read_manifest(folder)
    return (
        manifest["kind"] == kind
        and manifest["state"] == "open"
        and all(
            path.name == manifests.NAME or atomic_files.is_temporary(path)
            for path in folder.iterdir()
        )
    )


def _require_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: expected an output folder, got a file: choose another folder")


def _refuse_other_files(folder: Path) -> None:
    if (folder / manifests.NAME).exists():
        return
    if not all(map(atomic_files.is_temporary, folder.iterdir())):
        raise UserError(
            f"{folder} is not empty and holds no clean-bench artifact: choose another folder"
        )


def _require_kind(folder: Path, manifest: Manifest, kind: str) -> None:
    if manifest["kind"] != kind:
        raise UserError(
            f"{folder} holds a {manifest['kind']} artifact, not {kind}: choose another folder"
        )


def _most_telling_first(config: Mapping[str, Any]) -> list[str]:
    """Keys in the order in which a difference is named.

    The checkpoint, then what the user sets, then the descriptions (of an engine) that follow from it.
    """

    def rank(key: str) -> int:
        if key.endswith("weights_sha256"):
            return 0
        if key in _PARTS_OF_CHECKPOINT:
            return 1
        return 3 if isinstance(config[key], dict) else 2

    return sorted(config, key=lambda key: (rank(key), key))


def _difference(key: str, before: Any, now: Any) -> tuple[str, Any, Any]:
    """The first entry in which two values of a key differ: `engine.dtype` inside of a description."""
    while isinstance(before, dict) and isinstance(now, dict):
        inner = next(k for k in sorted({*before, *now}) if before.get(k) != now.get(k))
        key, before, now = f"{key}.{inner}", before.get(inner), now.get(inner)
    return key, before, now


def _require_part(folder: Path, part: str, before: Any, now: Any) -> None:
    """Raise `UserError` for another part than that of the first run, if that is known."""
    if before is None or before == now:
        return
    names = ""
    if isinstance(before, dict) and isinstance(now, dict):
        names = f" of {', '.join(name for name in before if before[name] != now.get(name))}"
    raise UserError(
        f"{folder}: expected the {part}{names} of the first run, got another: name the checkpoint that "
        "it was begun with, or choose another folder"
    )


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
