"""Give freed host memory back to the system, on Linux with glibc.

glibc takes tensors below 32 MiB from one heap, where the place of a freed tensor is seldom used again:
an update took up to half more memory than its tensors, and chance decided how much. With a fixed
threshold each larger tensor has a mapping of its own, whose pages are filled anew. The command line
lets torch ask for large pages (THP_MEM_ALLOC_ENABLE), which makes up for most of that time.
MALLOC_MMAP_THRESHOLD_=33554432 in the environment takes the heap again.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache
from typing import Any

_THRESHOLD = 1 << 20
"""Bytes from which a block has a mapping of its own."""
_M_MMAP_THRESHOLD = -3
"""Number of the parameter in glibc's malloc.h."""


@cache
def _glibc(function: str) -> Any:
    """A function of glibc; None with another C library."""
    try:
        return getattr(ctypes.CDLL(None), function)
    except (OSError, AttributeError, TypeError):
        return None


def map_large_tensors() -> bool:
    """Fix the threshold of this process, unless MALLOC_MMAP_THRESHOLD_ is set; False where it is not."""
    if "MALLOC_MMAP_THRESHOLD_" in os.environ:
        return False
    mallopt = _glibc("mallopt")
    return mallopt is not None and bool(mallopt(_M_MMAP_THRESHOLD, _THRESHOLD))


def release_free_memory() -> None:
    """Return the free pages of the heap to the system, where the C library can.

    Called before each row: the allocator keeps what the backward pass frees, in pieces that gradients
    and moments split, and into which the tensors of a longer row do not fit. Resident memory would grow
    from row to row.
    """
    trim = _glibc("malloc_trim")
    if trim is not None:
        trim(0)
