"""Engines that run a checkpoint; the interface is `clean_bench.engines.base.Engine`."""
