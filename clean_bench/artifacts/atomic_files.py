"""Files of an artifact folder: atomic writes, the folder's lock, the inventory of its bytes.

A file or folder is written under a temporary name, flushed to disk and renamed. A temporary name is new:
no file of that name is overwritten, followed as a link, or deleted. A killed process leaves at most
temporary files, which the next `Artifact.open` removes from its folder.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clean_bench.artifacts import manifest as manifests
from clean_bench.errors import UserError

TEMPORARY = ".partial-"
"""Prefix of temporary names."""
_LEFTOVER = re.compile(
    r"\.partial-(?:[0-9a-f]{8}-.+|manifest\.json|[0-9][0-9-]*\.parquet)", re.DOTALL
)
"""Temporary names: `.partial-`, eight hexadecimal digits, the name. Earlier versions wrote no digits."""
_KEPT = 40
"""Last characters of a name that its temporary name has: the longest names leave room for no more."""
NOT_PLAIN = "not a plain file"
"""In place of the hash of a link, a pipe or a device in an untrusted folder."""
STATE = "state.safetensors"
"""File that a resumed run needs and a finished artifact does not; not listed in the manifest."""


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path; rename it to `path` if the block succeeds, else delete it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_path(path)
    try:
        yield temporary
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _flush(temporary)
    temporary.replace(path)
    _flush(path.parent)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Delete `path`, yield a temporary folder, rename that to `path` if the block succeeds."""
    if path.exists():
        shutil.rmtree(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_path(path, folder=True)
    yield temporary
    for entry in temporary.rglob("*"):
        _flush(entry)
    temporary.replace(path)
    _flush(path.parent)


def temporary_path(path: Path, *, folder: bool = False) -> Path:
    """A new empty file, or folder, beside `path` under a temporary name."""
    while True:
        token = os.urandom(4).hex()
        temporary = path.with_name(f"{TEMPORARY}{token}-{path.name[-_KEPT:]}")
        try:
            if folder:
                temporary.mkdir()
            else:
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
                os.close(os.open(temporary, flags, 0o666))
        except FileExistsError:
            continue
        return temporary


def is_temporary(path: Path) -> bool:
    """Whether a path has a temporary name of this module; others that begin like it are a user's own."""
    return _LEFTOVER.fullmatch(path.name) is not None


def remove_temporary(folder: Path) -> None:
    """Remove the temporary files and folders of a killed process."""
    leftovers = [path for path in folder.rglob(f"{TEMPORARY}*") if is_temporary(path)]
    for leftover in sorted(leftovers):
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
        else:
            leftover.unlink(missing_ok=True)


def lock_folder(folder: Path) -> int:
    """Lock a folder for this process; close the returned descriptor to unlock it.

    The kernel releases the lock when the process ends, also on SIGKILL.

    Raises:
        UserError: if another process holds the lock.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise UserError(
            f"{folder} is being written by another clean-bench process: wait until it ends"
        ) from None
    return descriptor


def inventory(folder: Path) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """SHA-256 of every file of an artifact, and the identity of every artifact inside it."""
    files, parts = {}, {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            # An untrusted folder may hold links and pipes: links are not followed, pipes not opened.
            if belongs_to(folder, path):
                files[name] = NOT_PLAIN
        elif path.is_dir() or name in (manifests.NAME, STATE):
            continue
        elif belongs_to(folder, path):
            files[name] = manifests.sha256_of_file(path) if path.is_file() else NOT_PLAIN
        elif path.name == manifests.NAME and belongs_to(folder, path.parent):
            parts[path.parent.relative_to(folder).as_posix()] = _identity(path.parent)
    return files, parts


def belongs_to(folder: Path, path: Path) -> bool:
    """Whether a path belongs to the folder's artifact itself, not to an artifact inside it."""
    return not any(
        (parent / manifests.NAME).is_file()
        for parent in path.parents
        if parent.is_relative_to(folder) and parent != folder
    )


def _identity(folder: Path) -> dict[str, str]:
    try:
        manifest = manifests.read_manifest(folder)
        return {key: manifest[key] for key in ("kind", "identity_sha256", "manifest_sha256")}
    except (UserError, KeyError):
        return {"kind": "damaged"}


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
