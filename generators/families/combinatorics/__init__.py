"""Families of combinatorics and descriptive statistics: counting, probabilities, averages."""
