"""The roof: what needs more than one floor (run, organisms' corpora, names of things)."""
