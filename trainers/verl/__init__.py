"""Export an arm to verl 0.9.1, which trains it on a Ray cluster of several machines.

    arm = read_arm("ARM.toml")
    export_arm(arm, "DIR")

`arm` reads the file, `refusals` names what verl cannot express, `mapping` gives verl's value of every
setting, `overrides` writes them for Hydra, `prompts` and `dataset` make the Parquet files, `files` the
folder. Nothing of verl is imported.
"""
