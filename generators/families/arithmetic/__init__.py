"""Families of arithmetic: integers, fractions, decimals, bases, residues, powers, random trees."""
