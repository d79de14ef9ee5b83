"""The peer: dirty sales files to a keyed table and three gold tables, with polars and psycopg, in one process.

It keeps no books and names no rejects; after a crash it is run again from the start, which the key makes harmless.

    python polars_sales.py --database-url URL [--source 1] [--no-gold] FILE...

The tables must exist, the gold tables be empty. The first file gets the number --source. Prints one JSON object: records read,
seconds from the first read to the commit of gold, and what this process used meanwhile; its memory from its start on.
"""

import argparse
import json
import resource
import time
from concurrent.futures import ThreadPoolExecutor

import polars as pl
import psycopg
from loading import CONNECTIONS, KeyedLoader
from records import read_blocks, records_of
from sales import COLUMNS, clean

GOLD = [
    """insert into sales_by_month_region_category (sale_month, region, category, orders, quantity, revenue)
       select sale_month, region, category, count(*), sum(quantity), sum(revenue) from sales group by 1, 2, 3""",
    """insert into sales_by_product (product_name, orders, quantity, revenue, unit_price_sum)
       select product_name, count(*), sum(quantity), sum(revenue), sum(unit_price) from sales group by 1""",
    """insert into sales_daily (sale_date, region, orders, quantity, revenue)
       select sale_date, region, count(*), sum(quantity), sum(revenue) from sales group by 1, 2""",
]


def load_file(loader: KeyedLoader, path: str, source: int) -> int:
    """:return: records of the file"""
    blocks = read_blocks(path)
    names: list[str] | None = None
    records = 0
    rest: bytes | None = None
    while True:
        try:
            block, last = blocks.send(rest)
        except StopIteration:
            return records
        if names is None:
            header, _, block = block.partition(b"\n")
            names = [name.strip() for name in header.decode("utf-8-sig").split(",")]
        rest = None
        if not block:
            continue
        found, count, rest = records_of(block, last, names, records)
        loader.load(clean(found).with_columns(_source=pl.lit(source)).select(COLUMNS))
        records += count


def make_gold(url: str) -> None:
    """Side by side, as an INSERT ... SELECT uses one core only."""

    def run(statement: str) -> None:
        with psycopg.connect(url) as connection:
            connection.execute("set local work_mem = '64MB'")
            connection.execute(statement)

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(run, GOLD))


def cpu_seconds() -> tuple[float, float]:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime, usage.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--database-url", required=True)
    parser.add_argument("--source", type=int, default=1)
    parser.add_argument("--no-gold", action="store_true")
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()
    user, system = cpu_seconds()
    started = time.perf_counter()
    loader = KeyedLoader(options.database_url, "sales")
    rows = sum(load_file(loader, path, options.source + at) for at, path in enumerate(options.files))
    loader.finish()
    if not options.no_gold:
        make_gold(options.database_url)
    seconds = time.perf_counter() - started
    now_user, now_system = cpu_seconds()
    usage = {"user": now_user - user, "system": now_system - system}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"rows": rows, "seconds": seconds, "cpu_seconds": usage, "peak_rss_bytes": peak}))


if __name__ == "__main__":
    main()
