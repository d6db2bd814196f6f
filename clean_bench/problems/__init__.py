"""Problems, the catalog of public sets, and every loader of a problem set (see `load`)."""

from clean_bench.problems.checks import check_named_set, check_stored_sets, set_notes
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
    describe_sets,
    from_rows,
    load_folder,
    problems_table,
    stored_sets,
    write_folder,
    write_sets,
)

__all__ = [
    "COLUMNS",
    "KIND",
    "SCHEMA",
    "TABLE",
    "Problem",
    "ProblemSet",
    "Role",
    "check_named_set",
    "check_sets",
    "check_stored_sets",
    "describe_sets",
    "from_rows",
    "load_folder",
    "load_problems",
    "problems_table",
    "set_notes",
    "stored_sets",
    "write_folder",
    "write_sets",
]
