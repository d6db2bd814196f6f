"""Read one file of a zip archive, with zstd too, which Python's `zipfile` has only since 3.14.

inspect_ai (0.3.285) compresses its logs with zstd, method 93 of the format.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path

_ZSTD = 93
_LOCAL_HEADER = struct.Struct("<4s22xHH")
"""Signature, and the lengths of the name and of the extra field that stand before the data."""


def read_member(path: Path, archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """The first `most` bytes of a file in the archive at `path`, decompressed.

    Raises:
        zipfile.BadZipFile: if the file is damaged.
        NotImplementedError: for another compression than deflate and zstd.
    """
    info = archive.getinfo(name)
    if info.compress_type != _ZSTD:
        with archive.open(info) as file:
            return file.read(most)
    return _read_zstd(path, info, most)


def _read_zstd(path: Path, info: zipfile.ZipInfo, most: int) -> bytes:
    import pyarrow as pa

    with path.open("rb") as file:
        file.seek(info.header_offset)
        header = file.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size or header[:4] != b"PK\x03\x04":
            raise zipfile.BadZipFile(f"no file header of {info.filename!r}")
        _, name_length, extra_length = _LOCAL_HEADER.unpack(header)
        file.seek(name_length + extra_length, 1)
        # Compressed data is hardly ever longer than its content, which is bounded.
        compressed = file.read(min(info.compress_size, 2 * most))
    try:
        with pa.CompressedInputStream(pa.BufferReader(compressed), "zstd") as stream:
            data = bytes(stream.read(most))
    except OSError as error:
        raise zipfile.BadZipFile(f"{info.filename!r}: {error}") from None
    if len(data) < most and (len(data), zlib.crc32(data)) != (info.file_size, info.CRC):
        raise zipfile.BadZipFile(f"bad checksum of {info.filename!r}")
    return data
