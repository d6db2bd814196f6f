"""The probe: how much of a benchmark does a checkpoint complete word for word?

Every problem is cut into a prefix and a suffix, the checkpoint continues the prefix greedily as
raw text, and what it wrote is compared with the suffix. Beside it stands the floor: what a look-up
in other texts reconstructs without any model.
"""
