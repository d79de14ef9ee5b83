"""Writes the file of a plain load.

    python make_plain.py csv|parquet FIRST_ROW ROWS FILE
"""

import json
import sys

from plain_tables import rows_of

kind, first, count, path = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
rows = rows_of(kind, first, count)
if kind == "csv":
    rows.write_csv(path)
else:
    rows.write_parquet(path, row_group_size=100_000)
print(json.dumps({"rows": rows.height, "columns": rows.width}))
