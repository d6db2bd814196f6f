"""Locate the answer of a response; `tiers` names how sure each rule is."""
