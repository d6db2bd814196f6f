"""Equality of numbers and formulas: exact normal form, certified enclosures, proofs of equality.

Values are different if certified enclosures (Arb) are disjoint. Values are equal only if one of three
arguments proves it: the normal form (`fields`), the separation bound of algebraic numbers
(`separation`), or simplification of the difference to 0 (`symbolic`).
"""
