"""Batches into a keyed table as people do it: COPY to a temporary table, then INSERT ... ON CONFLICT DO NOTHING.

Two connections take turns: while one inserts a batch, the other copies the next. The inserts go in the order of the batches,
so that of rows with one key the first stays.
"""

import io
from queue import Queue
from threading import Condition, Thread

import polars as pl
import psycopg

CONNECTIONS = 2


def csv_of(rows: pl.DataFrame) -> io.BytesIO:
    """Empty strings come out quoted, so that an empty field is NULL."""
    buffer = io.BytesIO()
    rows.write_csv(buffer, include_header=False)
    return buffer


class KeyedLoader:
    """`load` batches in their order, then `finish`."""

    def __init__(self, url: str, table: str) -> None:
        self.table = table
        self.batches: Queue[tuple[int, list[str], io.BytesIO] | None] = Queue(1)
        self.count = 0
        self.turn = 0
        self.turned = Condition()
        self.failure: BaseException | None = None
        self.workers = [Thread(target=self._work, args=(url,), daemon=True) for _ in range(CONNECTIONS)]
        for worker in self.workers:
            worker.start()

    def load(self, rows: pl.DataFrame) -> None:
        if self.failure is not None:
            raise self.failure
        self.batches.put((self.count, rows.columns, csv_of(rows)))
        self.count += 1

    def finish(self) -> None:
        """Until every batch is committed."""
        for _ in self.workers:
            self.batches.put(None)
        for worker in self.workers:
            worker.join()
        if self.failure is not None:
            raise self.failure

    def _work(self, url: str) -> None:
        try:
            with psycopg.connect(url) as connection:
                connection.execute("set temp_buffers = '64MB'")
                connection.execute(
                    f"create temporary table incoming (like {self.table} including defaults) on commit delete rows"
                )
                connection.commit()
                while (batch := self.batches.get()) is not None:
                    self._load(connection, *batch)
        except BaseException as failure:
            self.failure = self.failure or failure
            # Nobody may wait for this worker's batches, nor for its turn.
            with self.turned:
                self.turned.notify_all()
            while self.batches.get() is not None:
                pass

    def _load(self, connection: psycopg.Connection, number: int, columns: list[str], csv: io.BytesIO) -> None:
        with connection.cursor().copy(f"copy incoming ({', '.join(columns)}) from stdin (format csv)") as copy:
            copy.write(csv.getbuffer())
        with self.turned:
            self.turned.wait_for(lambda: self.turn == number or self.failure is not None)
            if self.failure is not None:
                raise self.failure
        connection.execute(f"insert into {self.table} select * from incoming on conflict do nothing")
        connection.commit()
        with self.turned:
            self.turn += 1
            self.turned.notify_all()
