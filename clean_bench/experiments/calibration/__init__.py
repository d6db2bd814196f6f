"""Calibration of the probe: known copies are planted, and its flags are compared with them.

plan.py     what is planted and probed: one unit per model, stage, form and seed
curves.py   ROC, power by dose and false discoveries, from the flags of all units
run.py      plant, probe, summarize; resumes
checks.py   `clean-bench verify` of a calibration
"""
