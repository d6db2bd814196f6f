"""Experiments: a recipe, its plan of stages, the runner, the results and the checks of a run."""
