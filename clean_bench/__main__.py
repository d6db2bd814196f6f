"""`python -m clean_bench` is the command `clean-bench`.

Python puts the current folder first on the search path of `-m`. The command does not import from there,
unless clean_bench itself lies there.
"""

import sys
from pathlib import Path

folder = Path.cwd()
if sys.path[0] == str(folder) != str(Path(__file__).parents[1]):
    del sys.path[0]

from clean_bench.cli.main import main  # noqa: E402

main()
