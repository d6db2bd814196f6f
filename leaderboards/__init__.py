"""Views of results: the report of a run as one HTML file, as Markdown and as terminal rows.

report = with_conclusions(RunReport.from_json(text), results)
render_page(report, results) # leaderboards.page: the offline page
markdown(report, results)    # leaderboards.table
"""
