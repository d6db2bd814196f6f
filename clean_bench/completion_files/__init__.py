"""Files of completions that other tools wrote, read as typed rows.

    file = read_completions("samples_gsm8k_2026-01-01T00-00-00.jsonl")
    file.format                          # "lm-eval"
    for row in file.rows:
        row.set, row.problem_id, row.gold, [response.text for response in row.responses]

The format is recognized from the first row. Each format has its module:

    lm_eval.py        --log_samples JSON lines         trl.py             completions Parquet
    lighteval.py      details Parquet                  verl.py            rollout JSON lines
    inspect_ai.py     .json and .eval logs             openai_batch.py    output files of batches
    columns.py        plain columns, and --map       join.py            problems of a set

`raw_rows` opens the files: JSON lines, JSON, Parquet and CSV, with gzip or zstd.
"""

from clean_bench.completion_files.columns import FIELDS, parse_map
from clean_bench.completion_files.read import CompletionFile, read_completions
from clean_bench.completion_files.row import CompletionRow, Response, require_gold

__all__ = [
    "FIELDS",
    "CompletionFile",
    "CompletionRow",
    "Response",
    "parse_map",
    "read_completions",
    "require_gold",
]
