"""Only regular files are opened, without waiting."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from clean_bench.errors import UserError
from clean_bench.foreign_files.regular_file import (
    open_regular,
    read_regular,
    read_text,
    sha256_of_regular,
    size_text,
)
from clean_bench.foreign_files.schema import Schema, check_types
from clean_bench.foreign_files.toml_text import decode_toml


def test_regular_files_and_links_to_them(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc\n")
    (tmp_path / "link").symlink_to("a")
    for name in ("a", "link"):
        assert read_regular(tmp_path / name, 4) == b"abc\n"
        assert sha256_of_regular(tmp_path / name).startswith("edeaaff3f1774ad28886")
        with pytest.raises(UserError, match=f"{name}: expected at most 3 bytes, got a larger file"):
            read_regular(tmp_path / name, 3)


def test_whatever_else_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    Path("link").symlink_to("pipe")
    Path("loop").symlink_to("loop")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind("socket")
    for name, message in (
        ("pipe", "expected a file, got a pipe; save it first"),
        ("link", "expected a file, got a pipe; save it first"),
        ("loop", "cannot be read .Too many levels"),
        ("socket", "expected a file, got a socket"),
        (".", "expected a file, got a folder"),
        ("/dev/zero", "expected a file, got a device"),
        ("none", "cannot be read .No such file"),
        ("n\0ne", "expected a path, got one with a NUL"),
    ):
        with pytest.raises(UserError, match=message):
            open_regular(Path(name))
    listening.close()


def test_a_file_that_is_exchanged_while_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe in its place is opened without waiting, recognized and closed."""
    path = tmp_path / "a"
    path.write_text("x")
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    examined = Path.stat

    def exchange(self: Path, **options: bool) -> os.stat_result:
        result = examined(self, **options)
        if self == path and result.st_size:
            path.unlink()
            os.mkfifo(path)
        return result

    monkeypatch.setattr(Path, "stat", exchange)
    with pytest.raises(UserError, match="got a pipe"):
        open_regular(path)
    assert len(list(Path("/proc/self/fd").iterdir())) == descriptors


def test_texts(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"ab\xff")
    with pytest.raises(UserError, match=r"expected UTF-8 text .byte 2"):
        read_text(tmp_path / "a", 9)
    assert [size_text(n) for n in (9, 2048, 10 << 20, 3 << 30)] == [
        "9 bytes", "2 KiB", "10 MiB", "3 GiB",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = ", "r.toml: expected TOML: "),
        ("a = " + "[" * 5000, "r.toml: expected TOML"),
        ("a = " + "[" * 300 + "]" * 300, "r.toml: .* at most 200 levels|nested too deeply"),
        ("a = " + "9" * 6000, "r.toml: expected TOML .Exceeds the limit"),
    ],
)
def test_toml_is_bounded(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        decode_toml(text, "r.toml")
    assert decode_toml("a = [1]", "r.toml") == {"a": [1]}


class Inner(Schema):
    count: int
    names: list[str] = []  # noqa: RUF012 - pydantic copies it


class Outer(Schema):
    inner: Inner
    by_name: dict[str, float] = {}  # noqa: RUF012 - pydantic copies it


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "f: expected an object, got a list"),
        ({}, "f: expected inner, got none"),
        ({"inner": 7}, "f: expected an object, got the number 7 at inner"),
        ({"inner": {"count": "7"}}, "f: expected a whole number, got a text at inner.count"),
        (
            {"inner": {"count": True}},
            "f: expected a whole number, got true or false at inner.count",
        ),
        ({"inner": {"count": 7, "names": [None]}}, "expected a text, got null at inner.names.0"),
        (
            {"inner": {"count": 7}, "by_name": {"a": "b"}},
            "expected a number, got a text at by_name.a",
        ),
        ({"inner": {"count": 7}, "by_name": {"a": float("nan")}}, "expected a finite number"),
    ],
)
def test_the_type_and_the_place_of_a_mismatch(value: object, message: str) -> None:
    with pytest.raises(UserError, match=message):
        check_types(value, Outer, "f")
    check_types({"inner": {"count": 7, "more": []}, "by_name": {"a": 1}}, Outer, "f")
