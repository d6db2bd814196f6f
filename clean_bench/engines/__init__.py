"""Engines: what runs a checkpoint (see `clean_bench.engines.base`)."""
