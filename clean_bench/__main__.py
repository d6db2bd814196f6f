"""`python -m clean_bench` is the command `clean-bench`."""

from clean_bench.cli.main import main

main()
