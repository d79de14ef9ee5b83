"""The peer of plain loads: a clean file to a new table, with polars and psycopg.

    python polars_plain.py csv|parquet --database-url URL --table NAME FILE

Prints one JSON object, as polars_sales.py does.
"""

import argparse
import json
import resource
import time

import polars as pl
import psycopg
from loading import csv_of
from plain_tables import create_table_sql, schema_of
from polars_sales import cpu_seconds
from psycopg.copy import QueuedLibpqWriter

SLICE_ROWS = 50_000


def load(url: str, kind: str, table: str, path: str) -> int:
    """:return: rows"""
    rows = pl.read_csv(path, schema=schema_of(kind)) if kind == "csv" else pl.read_parquet(path)
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(create_table_sql(kind, table))
        # The server takes one slice while the next is made.
        writer = QueuedLibpqWriter(cursor)
        with cursor.copy(f"copy {table} from stdin (format csv)", writer=writer) as copy:
            for some in rows.iter_slices(SLICE_ROWS):
                copy.write(csv_of(some).getvalue())
    return rows.height


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["csv", "parquet"])
    parser.add_argument("--database-url", required=True)
    parser.add_argument("--table", required=True)
    parser.add_argument("file")
    options = parser.parse_args()
    user, system = cpu_seconds()
    started = time.perf_counter()
    rows = load(options.database_url, options.kind, options.table, options.file)
    seconds = time.perf_counter() - started
    now_user, now_system = cpu_seconds()
    usage = {"user": now_user - user, "system": now_system - system}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"rows": rows, "seconds": seconds, "cpu_seconds": usage, "peak_rss_bytes": peak}))


if __name__ == "__main__":
    main()
