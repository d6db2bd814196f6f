"""Give the memory of large freed tensors back to the system at once, on Linux with glibc.

glibc takes tensors below 32 MiB from one heap, where the place of a freed tensor is seldom used again:
an update took up to half more memory than its tensors, and chance decided how much. With a fixed
threshold each larger tensor has a mapping of its own. No difference in CPU time was measurable.
"""

from __future__ import annotations

import ctypes
import os

_THRESHOLD = 1 << 20
"""Bytes from which a block has a mapping of its own."""
_M_MMAP_THRESHOLD = -3
"""Number of the parameter in glibc's malloc.h."""


def map_large_tensors() -> bool:
    """Fix the threshold of this process, unless MALLOC_MMAP_THRESHOLD_ is set; False where it is not."""
    if "MALLOC_MMAP_THRESHOLD_" in os.environ:
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if os.name == "posix" else None
    return mallopt is not None and bool(mallopt(_M_MMAP_THRESHOLD, _THRESHOLD))
