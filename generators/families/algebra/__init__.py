"""Families of algebra: equations, systems, matrices, polynomials, sequences."""
