"""Makes `draws.py` importable in the folders below: pytest adds the folder of a conftest to the path."""
