"""Tables and pages: what a run found, as rows, Markdown, a terminal table and one HTML file.

report = with_verdicts(RunReport.from_json(json.loads(text)))
render(report)      # leaderboards.page: the offline page
markdown(report)    # leaderboards.table, with `to_table` (Parquet rows) and `console`
"""
