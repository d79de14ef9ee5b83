"""Dirty CSV, block by block: lines without a quote go to polars as they are, the few with one through Python's csv module.

Polars' own CSV reader cannot take these files: it fails at quotes that stand within a field or close too early, and skips or
splits what follows. So it only cuts lines and fields here, which it does at full speed.

Given up: what is no UTF-8 becomes U+FFFD and counts as invalid afterwards, and so does a genuine U+FFFD. A quote that never
closes takes the rest of its file. A lone carriage return within a field that is not quoted rejects the record. No file may
hold the unit separator (0x1f).
"""

import csv
from collections.abc import Iterator

import polars as pl

BLOCK_BYTES = 8 << 20
BLANKS = " \t\r\n"
LINE = pl.col("line")

csv.field_size_limit(1 << 30)


def read_blocks(path: str) -> Iterator[tuple[bytes, bool]]:
    """Blocks that end with a line, and whether each is the last; the caller may send back bytes that it could not use yet."""
    rest = b""
    with open(path, "rb", buffering=0) as file:
        while True:
            read = file.read(BLOCK_BYTES)
            block = rest + read
            last = len(read) < BLOCK_BYTES
            end = len(block) if last else block.rfind(b"\n") + 1
            unused = yield block[:end], last
            rest = (unused or b"") + block[end:]
            if last:
                return


class _Lines:
    """The lines of a block, one after the other, for csv.reader: a record that goes on in the next line takes that too."""

    def __init__(self, block: bytes) -> None:
        self.block = block
        self.at = 0
        self.taken = 0
        self.exhausted = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self.at >= len(self.block):
            self.exhausted = True
            raise StopIteration
        end = self.block.find(b"\n", self.at) + 1 or len(self.block)
        line = self.block[self.at : end]
        self.at = end
        self.taken += 1
        return line.decode("utf-8", "replace")

    def begin(self, start: int) -> None:
        self.at = start
        self.taken = 0
        self.exhausted = False


class _Quoted:
    """What the walk over the lines with a quote has found."""

    def __init__(self) -> None:
        self.records: list[list[str]] = []
        self.lines: list[int] = []
        """Lines of the block that are the rest of the record before them."""
        self.continuations: list[int] = []
        """Where the block's end leaves a quote open: the line, and the byte it begins at."""
        self.open: tuple[int, int] | None = None


def _walk_quoted(block: bytes, lines_with_quote: list[int], width: int) -> _Quoted:
    found = _Quoted()
    lines = _Lines(block)
    reader = csv.reader(lines)
    free = 0
    for line in lines_with_quote:
        if line < free:
            continue
        quote = block.find(b'"', lines.at)
        start = block.rfind(b"\n", lines.at, quote) + 1 or lines.at
        lines.begin(start)
        if block.startswith(b"#", start):
            next(lines)
            continue
        try:
            fields = next(reader)
        except csv.Error:
            fields = []
        free = line + lines.taken
        if lines.exhausted:
            found.open = (line, start)
            return found
        if lines.taken > 1:
            found.continuations.extend(range(line + 1, free))
        if len(fields) == width:
            found.records.append(fields)
            found.lines.append(line)
    return found


def _plain_records(lines: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """Fields of lines without a quote; those with too many or too few are left out."""
    last = pl.col(names[-1])
    fields = LINE.str.splitn(",", len(names)).struct.rename_fields(names)
    return (
        lines.lazy()
        .select("record", fields)
        .unnest("line")
        .filter(last.is_not_null(), ~last.str.contains(",", literal=True))
        .collect()
    )


def records_of(block: bytes, last: bool, names: list[str], earlier: int) -> tuple[pl.DataFrame, int, bytes]:
    """Records with as many fields as the header: columns `record` and `names`, in no order.

    :param earlier: records of the file before this block
    :return: the records, how many records there were in all, and the bytes that belong to the next block
    """
    lines = pl.read_csv(
        block,
        has_header=False,
        separator="\x1f",
        quote_char=None,
        encoding="utf8-lossy",
        schema={"line": pl.String},
        empty_string_is_null=False,
    )
    quote = lines.select(LINE.str.contains('"', literal=True)).to_series()
    quoted = _walk_quoted(block, quote.arg_true().to_list(), len(names))
    rest = b""
    if quoted.open is not None:
        line, start = quoted.open
        # The unclosed record at a file's end is one reject.
        lines, quote = lines.head(line), quote.head(line)
        if not last:
            rest = block[start:]
    is_record = lines.select(~LINE.str.starts_with("#") & (LINE.str.strip_chars(BLANKS) != "")).to_series()
    if quoted.continuations:
        is_record = is_record.scatter(quoted.continuations, False)
    records = is_record.cast(pl.Int64).cum_sum() + earlier
    plain = lines.with_columns(records.alias("record")).filter(is_record & ~quote)
    frames = [_plain_records(plain, names)]
    if quoted.records:
        frame = pl.DataFrame(quoted.records, schema=dict.fromkeys(names, pl.String), orient="row")
        frames.append(frame.select(records.gather(quoted.lines).alias("record"), pl.all()))
    count = int(is_record.sum()) + (1 if quoted.open is not None and last else 0)
    return pl.concat(frames), count, rest
