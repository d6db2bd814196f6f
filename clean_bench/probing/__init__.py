"""The probe: how much of a benchmark does a checkpoint complete word for word?

Every problem is cut into a prefix and a suffix. The checkpoint continues the prefix greedily as raw
text, and the completion is compared with the suffix. Beside each rate stands a baseline: what a look-up
in other texts reconstructs without a model.
"""
