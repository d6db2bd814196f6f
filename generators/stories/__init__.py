"""Stories told around a running total: their vocabulary and how they are printed and read."""
