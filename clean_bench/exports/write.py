"""Fill the templates of an export, and write it atomically, never over other files."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from string import Template

from clean_bench.artifacts.atomic_files import atomic_file, temporary_path
from clean_bench.artifacts.manifest import sha256_of_file
from clean_bench.errors import UserError

_IGNORED = "__pycache__"
"""Created by Python when an export is used; not part of the export."""


def fill_template(name: str, /, **fields: object) -> bytes:
    """A template of `templates/`, with each `$field` replaced by its value."""
    path = Path(__file__).parent / "templates" / f"{name}.tmpl"
    return Template(path.read_text(encoding="utf-8")).substitute(fields).encode()


def write_file(out: Path, data: bytes) -> bool:
    """Write one file; returns False if it already holds the same bytes.

    Raises:
        UserError: if `out` is a folder, a device or a pipe, or a file with other content.
    """
    if out.is_dir():
        raise UserError(f"--out {out}: expected a file, got a folder")
    if out.exists() and not out.is_file():
        raise UserError(
            f"--out {out}: expected a file, got a device or a pipe: choose another file"
        )
    if out.exists() and out.stat().st_size:
        if out.read_bytes() == data:
            return False
        raise UserError(f"--out {out}: the file exists with other content: choose another file")
    with atomic_file(out.resolve()) as temporary:
        temporary.write_bytes(data)
    return True


def write_export(out: Path, files: Mapping[str, bytes]) -> bool:
    """Write a folder of files, by relative path; returns False if it already holds the same files.

    Raises:
        UserError: if `out` is a file, or a folder with other content.
    """
    if out.exists() and not out.is_dir():
        raise UserError(f"--out {out}: expected a folder, got a file")
    if out.exists() and any(out.iterdir()):
        if _content(out) == dict(files):
            return False
        raise UserError(f"--out {out}: the folder exists with other content: choose another folder")
    with _temporary_folder(out) as temporary:
        for name, data in files.items():
            path = temporary / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        temporary.replace(out.resolve())
    return True


def write_folder(out: Path, write: Callable[[Path], list[str]]) -> tuple[list[str], bool]:
    """Write a folder that `write` fills; returns its files, and False if it already holds the same.

    The files are written to a temporary folder first, and are never held in memory together.

    Raises:
        UserError: if `out` is a file, or a folder with other content; nothing is changed.
    """
    if out.exists() and not out.is_dir():
        raise UserError(f"--out {out}: expected a folder, got a file")
    with _temporary_folder(out) as temporary:
        files = write(temporary)
        if not (out.exists() and any(out.iterdir())):
            temporary.replace(out.resolve())
            return files, True
        if _hashes(out) == _hashes(temporary):
            return files, False
    raise UserError(f"--out {out}: the folder exists with other content: choose another folder")


def _hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): sha256_of_file(path)
        for path in folder.rglob("*")
        if path.is_file()
    }


@contextmanager
def _temporary_folder(out: Path) -> Iterator[Path]:
    """A new folder beside `out`, which is deleted unless the block renames it."""
    out = out.resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_path(out, folder=True)
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and _IGNORED not in path.parts
    }
