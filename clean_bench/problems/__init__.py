"""Problems, the catalog of public sets, and every loader of a problem set.

load_problems("math500")                        # from the hub, pinned at its first load
load_problems("math500=path/to/file.jsonl")     # a local file (or problem-set folder) under a name
load_problems("sets/fresh-1")                   # a problem-set folder
load_problems("my/problems.parquet")            # a file whose columns are recognized (`columns`)
"""

from clean_bench.problems.load import load_problems
from clean_bench.problems.problem import (
    COLUMNS,
    KIND,
    SCHEMA,
    TABLE,
    Problem,
    ProblemSet,
    Role,
    check_sets,
    from_rows,
    load_folder,
    problems_table,
    write_folder,
)

__all__ = [
    "COLUMNS",
    "KIND",
    "SCHEMA",
    "TABLE",
    "Problem",
    "ProblemSet",
    "Role",
    "check_sets",
    "from_rows",
    "load_folder",
    "load_problems",
    "problems_table",
    "write_folder",
]
