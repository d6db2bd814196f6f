"""The grading subprocess: slow comparisons under hard limits of time and memory.

Why an outer subprocess, and no pool in the caller's process: the pool forks its children, and forking
a process that holds torch or a model is slow and unsafe. Daemonic processes (the workers of a data
loader) cannot have children at all. `spawn` and `forkserver` re-import the caller's `__main__`. loky
has neither a hard timeout per task nor a memory limit. So `client` starts `process.py` as a plain
subprocess by its path, and a pebble pool inside it forks one small child per running comparison.
"""
