"""One artifact folder: begun, resumed, appended to and finished, never half-written.

Layout of a folder:

    manifest.json            state "open" while in work, "finished" at the end
    TABLE/00000.parquet      shards of a table, in order
    anything else            files placed with `write_file`, sub-artifacts with their own manifest

Every file appears by writing a temporary one beside it, flushing it to disk and renaming it. A
process that is killed leaves at most temporary files, which the next `open` removes.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from clean_bench.artifacts import manifest as manifests
from clean_bench.artifacts.manifest import Manifest
from clean_bench.errors import UserError

_TEMPORARY = ".partial-"
STATE = "state.safetensors"
"""What a resumption needs and a finished artifact does not: no part of the manifest."""


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
    ) -> Artifact:
        """Begin an artifact, or resume the one that is there.

        Args:
            folder: made if absent.
            kind: what the folder is, for example `"scores"`.
            config: the resolved configuration; a resumed artifact must have been begun with the same.
            provenance: how things were called when it was begun (paths, names). Recorded, and no part
                of the identity or of what a resumption compares.

        Raises:
            UserError: if the folder holds something else, another kind, another configuration (the
                key is named), another format, or is being written by a living process.
        """
        folder = Path(folder)
        _require_folder(folder)
        folder.mkdir(parents=True, exist_ok=True)
        lock = _lock(folder)
        try:
            return cls(folder, _begin(folder, kind, config, provenance or {}), lock)
        except BaseException:
            os.close(lock)
            raise

    @staticmethod
    def try_folder(folder: str | Path, kind: str) -> None:
        """Find out whether `open` may write here, before long work; nothing stays behind.

        Raises:
            UserError: if the folder holds something else, another kind or another format.
            OSError: if nothing can be written there.
        """
        folder = Path(folder)
        _require_folder(folder)
        if folder.exists():
            _require_room(folder)
            if (folder / manifests.NAME).exists():
                manifest = _read(folder)
                _require_kind(folder, manifest, kind)
                if manifest["state"] == "finished":
                    return  # only read from here on
        there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        if not there.is_dir():
            raise UserError(f"{there} is a file, and {folder} is to lie in it")
        try:
            tempfile.TemporaryFile(dir=there, prefix=_TEMPORARY).close()
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(folder)) from None

    @classmethod
    def load(cls, folder: str | Path, kind: str | None = None) -> Artifact:
        """Read a finished artifact.

        Raises:
            UserError: if there is none, it is of another kind or format, or it was not finished.
        """
        folder = Path(folder)
        manifest = _read(folder)
        if kind is not None and manifest["kind"] != kind:
            raise UserError(f"{folder} holds a {manifest['kind']} artifact, and {kind} is wanted")
        if manifest["state"] != "finished":
            raise UserError(f"{folder} was not finished: run the command that began it again")
        return cls(folder, manifest)

    @staticmethod
    def is_finished(folder: str | Path) -> bool:
        """Whether a folder holds a finished artifact (of whatever kind)."""
        try:
            return bool(_read(Path(folder))["state"] == "finished")
        except UserError:
            return False

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
        """Let another process write here."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def done(self, shard: str) -> bool:
        """Whether the shard `TABLE/NUMBER` is complete."""
        return (self.folder / f"{shard}.parquet").is_file()

    def write(self, shard: str, table: pa.Table) -> None:
        """Add a shard; it appears whole or not at all."""
        path = self.folder / f"{shard}.parquet"
        # A dictionary of numbers that hardly repeat takes time and makes the file larger.
        texts = [field.name for field in table.schema if pa.types.is_string(field.type)]
        with _appearing(path) as temporary:
            pq.write_table(table, temporary, compression="zstd", use_dictionary=texts)

    def write_file(self, name: str, data: bytes) -> None:
        """Add a file that is no table; it appears whole or not at all."""
        with _appearing(self.folder / name) as temporary:
            temporary.write_bytes(data)

    @contextmanager
    def folder_in_work(self, name: str) -> Iterator[Path]:
        """A folder to fill that becomes `name` when all went well, replacing what was there."""
        temporary, final = self.folder / (_TEMPORARY + name), self.folder / name
        for stale in (temporary, final):
            if stale.exists():
                shutil.rmtree(stale)
        temporary.mkdir()
        yield temporary
        for path in temporary.rglob("*"):
            _flush(path)
        temporary.replace(final)
        _flush(self.folder)

    def shards(self, table: str) -> list[Path]:
        """The complete shards of a table, in order."""
        return sorted((self.folder / table).glob("*.parquet"))

    def tables(self, table: str, columns: Sequence[str] | None = None) -> Iterator[pa.Table]:
        """The shards of a table, one at a time, with all columns or with those named."""
        for path in self.shards(table):
            with pq.ParquetFile(path) as file:
                yield file.read(columns and list(columns), use_threads=False)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table."""
        return [row for shard in self.tables(table) for row in shard.to_pylist()]

    def finish(self, metadata: Mapping[str, Any], *, volatile: Iterable[str] = ()) -> None:
        """Write the final manifest, with a hash of every file, table and sub-artifact.

        Args:
            metadata: what the artifact says beyond its rows; part of the identity.
            volatile: tables that are no part of the identity (seconds, mostly).
        """
        volatile = set(volatile)
        found = self.folder.glob("*/*.parquet")
        tables = sorted({path.parent.name for path in found if _own(self.folder, path)})
        files, parts = inventory(self.folder)
        manifest = {
            **self.manifest,
            "state": "finished",
            "metadata": json.loads(manifests.canonical(metadata)),
            "environment": manifests.environment(),
            "files": files,
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
        (self.folder / STATE).unlink(missing_ok=True)

    def _save(self) -> None:
        self.write_file(manifests.NAME, manifests.text_of(self.manifest))


def inventory(folder: Path) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Hashes of the files of an artifact, and the identities of the artifacts inside it."""
    files, parts = {}, {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or name in (manifests.NAME, STATE):
            continue
        if _own(folder, path):
            # A link or a pipe in a stranger's folder is not followed and not opened.
            plain = path.is_file() and not path.is_symlink()
            files[name] = manifests.sha256_of_file(path) if plain else "not a plain file"
        elif path.name == manifests.NAME and _own(folder, path.parent):
            parts[path.parent.relative_to(folder).as_posix()] = _identity(path.parent)
    return files, parts


def _identity(folder: Path) -> dict[str, str]:
    try:
        manifest = _read(folder)
        return {key: manifest[key] for key in ("kind", "identity_sha256", "manifest_sha256")}
    except (UserError, KeyError):
        return {"kind": "damaged"}


def _own(folder: Path, path: Path) -> bool:
    """Whether a path belongs to the folder's artifact and not to one inside it."""
    return not any(
        (parent / manifests.NAME).is_file()
        for parent in path.parents
        if parent.is_relative_to(folder) and parent != folder
    )


def _begin(
    folder: Path, kind: str, config: Mapping[str, Any], provenance: Mapping[str, Any]
) -> Manifest:
    config = json.loads(manifests.canonical(config))
    if not (folder / manifests.NAME).exists():
        _require_room(folder)
        manifest = manifests.seal(
            {
                "kind": kind,
                "format": manifests.FORMAT,
                "state": "open",
                "config": config,
                "metadata": {},
                "provenance": json.loads(manifests.canonical(provenance)),
                "times": {"begun": _now()},
            }
        )
        _clear(folder)
        Artifact(folder, manifest)._save()
        return manifest
    manifest = _read(folder)
    _require_kind(folder, manifest, kind)
    for key in sorted({*manifest["config"], *config}):
        before, now = manifest["config"].get(key), config.get(key)
        if before != now:
            raise UserError(
                f"{folder} was begun with {key} = {_short(before)}, and now it is {_short(now)}: "
                "use the same options or choose another folder"
            )
    _clear(folder)
    return manifest


def _require_folder(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file, and an output folder is wanted")


def _require_room(folder: Path) -> None:
    if (folder / manifests.NAME).exists():
        return
    if any(not path.name.startswith(_TEMPORARY) for path in folder.iterdir()):
        raise UserError(
            f"{folder} is not empty and holds no clean-bench artifact: choose another folder"
        )


def _require_kind(folder: Path, manifest: Manifest, kind: str) -> None:
    if manifest["kind"] != kind:
        raise UserError(
            f"{folder} holds a {manifest['kind']} artifact, not {kind}: choose another folder"
        )


def _clear(folder: Path) -> None:
    """Remove what a killed process left half-written."""
    for leftover in sorted(folder.rglob(f"{_TEMPORARY}*")):
        if leftover.is_dir():
            shutil.rmtree(leftover)
        else:
            leftover.unlink(missing_ok=True)


def _read(folder: Path) -> Manifest:
    path = folder / manifests.NAME
    if not path.is_file():
        raise UserError(f"{folder} holds no clean-bench artifact (no {manifests.NAME})")
    try:
        manifest = json.loads(path.read_bytes())
        found = manifest["format"]
        manifest["kind"], manifest["state"], manifest["config"], manifest["metadata"]
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is damaged: {type(error).__name__}: {error}") from None
    if found != manifests.FORMAT:
        raise UserError(
            f"{path} is of format {found}, and this version of clean-bench reads {manifests.FORMAT}"
        )
    return dict(manifest)


def _lock(folder: Path) -> int:
    """Hold the folder for this process; the kernel lets go when the process ends, however it ends."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise UserError(f"{folder} is being written by another clean-bench process") from None
    return handle


class _appearing:
    """A path to write to that becomes `path` when all went well."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._temporary = path.with_name(_TEMPORARY + path.name)

    def __enter__(self) -> Path:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        return self._temporary

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self._temporary.unlink(missing_ok=True)
            return
        _flush(self._temporary)
        self._temporary.replace(self._path)
        _flush(self._path.parent)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
