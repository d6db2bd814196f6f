"""Files that others wrote: problem sets, completions, manifests, configurations, recipes.

Such a file may be damaged or hostile. Every reader of one goes through this package, which

    regular_file.py   opens regular files only: no pipe, device, socket or folder, and never blocks
    compressed.py     unpacks gzip and zstd in blocks
    json_text.py      parses JSON with bounds on size, depth and digits
    json_rows.py      reads JSON lines, and lists of JSON values, row by row
    csv_rows.py       reads CSV and TSV row by row
    parquet_rows.py   reads Parquet block by block
    toml_text.py      parses TOML with the same bounds
    schema.py         checks the types of a JSON value

and turns whatever fails into one `UserError` that names the file and, where there is one, the row.
Sizes are bounded while a file is read, so that a small file cannot fill the memory.
"""
