"""The file that a command writes with rows of another file: whole or not at all, by one process.

A finished output is never mixed from two processes, and nothing that another program wrote is replaced
unless the user asks for it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from clean_bench.artifacts.atomic_files import atomic_file
from clean_bench.errors import UserError

_State = tuple[int, int, int, int] | None


def check_output(
    out: Path, source: Path, *, replaceable: Callable[[Path], bool], overwrite: bool
) -> bool:
    """Whether an output replaces a file with content.

    Args:
        source: the file that is read.
        replaceable: whether a file was written by the same command, so that a second run replaces it.
        overwrite: replace any file but `source`.

    Raises:
        UserError: if `out` cannot be written, is no regular file, is `source`, or holds something else.
    """
    if not out.parent.is_dir():
        raise UserError(f"--out: there is no folder {out.parent}; create it first")
    if not out.exists():
        return False
    if not out.is_file():
        raise UserError(f"--out: expected a file, got {out}, which is none; give another path")
    if source.exists() and out.samefile(source):
        raise UserError(
            f"--out {out}: expected another file than the input, which would be replaced; give another "
            "path"
        )
    if not out.stat().st_size:
        return False
    if not overwrite and not replaceable(out):
        raise UserError(
            f"--out {out}: expected a new file or an earlier output of this command, got a file with "
            "other content; give another path, or --overwrite to replace it"
        )
    return True


@contextmanager
def output_file(out: Path) -> Iterator[Path]:
    """A temporary path that becomes `out` if the block succeeds; a link is followed.

    Raises:
        UserError: if another process of this machine writes the same file, or any program changed it
            in the meantime.
    """
    out = out.resolve()
    with _locked(out):
        before = _state(out)
        with atomic_file(out) as temporary:
            yield temporary
            if _state(out) != before:
                raise UserError(
                    f"--out {out}: another program wrote this file in the meantime, and it was kept; "
                    "give another path, or run the command again"
                )


def _state(path: Path) -> _State:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    """Lock an output for this process; the kernel unlocks it when the process ends.

    The lock is an empty file in the folder for temporary files, named by the hash of the path.
    """
    name = hashlib.sha256(os.fsencode(out)).hexdigest()[:32]
    lock = Path(tempfile.gettempdir()) / f"clean-bench-{os.getuid()}-{name}.lock"
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(lock, flags, 0o600)
    try:
        if not _try_lock(descriptor, lock):
            raise UserError(
                f"--out {out} is being written by another clean-bench process: wait until it ends, or "
                "give another path"
            )
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int, lock: Path) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Between opening and locking, the last owner may have deleted the file.
        return lock.stat().st_ino == os.fstat(descriptor).st_ino
    except OSError:
        return False
