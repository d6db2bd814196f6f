"""JSON rows read in parts are those that `json` reads as a whole, and sizes are bounded."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clean_bench.errors import UserError
from clean_bench.foreign_files import json_rows
from clean_bench.foreign_files.json_rows import json_lines, json_list
from clean_bench.foreign_files.json_text import MOST_DEPTH, decode_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


class Slow(io.BytesIO):
    """A stream that gives one to three bytes at a time, whatever is asked for."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(1 + self.tell() % 3)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(values=st.lists(VALUES, max_size=6), indent=st.sampled_from([None, 1]), ascii=st.booleans())
def test_a_list_read_in_parts_is_the_list(
    values: list[Any], indent: int | None, ascii: bool
) -> None:
    try:
        data = json.dumps(values, indent=indent, ensure_ascii=ascii).encode()
    except UnicodeEncodeError:
        return  # a lone surrogate has no UTF-8 form
    for stream in (io.BytesIO(b"\xef\xbb\xbf " + data + b"\n"), Slow(data)):
        assert [row for _, row in json_list("f", stream, 1 << 20)] == values
    lines = b"".join(json.dumps(value).encode() + b"\n\n" for value in values)
    read = list(json_lines("f", io.BytesIO(lines), 1 << 20))
    assert read == [(1 + 2 * place, value) for place, value in enumerate(values)]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(values=st.lists(VALUES, min_size=1, max_size=4), data=st.data())
def test_a_list_that_is_cut_off_or_edited_ends_in_one_line(
    values: list[Any], data: st.DataObject
) -> None:
    text = bytearray(json.dumps(values).encode())
    place = data.draw(st.integers(0, len(text) - 1))
    text[place : place + 1] = data.draw(st.binary(max_size=2))
    try:
        expected = json.loads(bytes(text).decode())
    except ValueError:
        expected = None
    try:
        read = [row for _, row in json_list("f", io.BytesIO(bytes(text)), 1 << 20)]
    except UserError as error:
        assert str(error).startswith("f") and "\n" not in str(error)
        assert not isinstance(expected, list)
    else:
        assert read == expected


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"[1", "f:1: expected JSON .a comma"),
        (b"[1,]", "f:2: expected JSON"),
        (b"[1 2]", "f:1: expected JSON .a comma"),
        (b"[] x", "f: expected JSON .nothing after"),
        (b"[" * 5000, "f:1: expected JSON"),
        (b'["\xff"]', "f: expected UTF-8"),
        (b"[" + b"9" * 5000 + b"]", "f:1: .* at most 4300 digits"),
        (b'[0, "' + b"x" * 9000 + b'"]', "f:2: expected rows of at most 4 KiB"),
        (b"[" + b"[" * 300 + b"]" * 300 + b"]", "f:1: .*at most 200 levels"),
    ],
)
def test_what_is_no_list_is_named(data: bytes, message: str) -> None:
    with pytest.raises(UserError, match=message):
        list(json_list("f", io.BytesIO(data), 4096))


def test_no_more_of_a_long_row_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_rows, "_BLOCK", 1 << 10)
    for read, begin in ((json_list, b'["'), (json_lines, b'"')):
        stream = io.BytesIO(begin + b"x" * (1 << 20))
        with pytest.raises(UserError, match="at most 4 KiB"):
            list(read("f", stream, 4096))
        assert stream.tell() < 5 * 4096


def nested(depth: int) -> bytes:
    """So many lists and objects in turn, around a number."""
    signs = ([(b'{"a":', b"}"), (b"[", b"]")] * depth)[:depth]
    return b"".join(begin for begin, _ in signs) + b"1" + b"".join(end for _, end in signs[::-1])


@pytest.mark.parametrize("depth", [1, 2, MOST_DEPTH - 1, MOST_DEPTH])
def test_values_may_be_this_deep(depth: int) -> None:
    assert decode_json(nested(depth), "f") == json.loads(nested(depth))
    with pytest.raises(UserError, match="f: expected JSON of at most 200 levels"):
        decode_json(nested(MOST_DEPTH + depth), "f")


def test_numbers_that_are_no_json_are_refused_where_they_matter() -> None:
    assert decode_json(b"[1e999]", "f") == [float("inf")]
    for name in (b"NaN", b"Infinity", b"-Infinity"):
        decode_json(name, "f")
        with pytest.raises(UserError, match=r"f: expected JSON .*is no number of JSON"):
            decode_json(name, "f", finite=True)
