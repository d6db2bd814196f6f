"""Which rows are regenerated.

The rows follow from the artifact's identity and from a text of the person who verifies, which is random
unless it is named. Whoever made the artifact cannot foresee them: rows that followed from the identity
alone could be avoided by trying forgeries until the chosen rows are honest ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import nsmallest

import pyarrow as pa

from clean_bench.artifacts import Artifact
from clean_bench.samples import Sample, read_samples
from clean_bench.seeds import stream


def choose(artifact: Artifact, count: int, rows: int, seed: str) -> list[int]:
    """`count` of the `rows` rows of an artifact, in order; all of them if there are no more."""
    rank = stream("regenerate", seed, str(artifact.manifest["identity_sha256"]))
    return sorted(nsmallest(count, range(rows), key=lambda row: rank(row, length=16)))


def read_rows(artifact: Artifact, table: str, places: list[int]) -> Iterator[tuple[int, Sample]]:
    """The samples at these places of a table, with their places, shard by shard."""
    begin = 0
    for shard in artifact.tables(table):
        inside = [place for place in places if begin <= place < begin + len(shard)]
        rows = shard.take(pa.array([place - begin for place in inside], pa.int64()))
        yield from zip(inside, read_samples(rows), strict=True)
        begin += len(shard)
