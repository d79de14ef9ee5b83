"""The tables of the plain loads: what their files hold, and the types that their columns have in PostgreSQL."""

import polars as pl

WORDS = pl.Series("oak pine steel glass linen cotton blue red green black white mini maxi smart solar rapid".split())
CITIES = pl.Series([f"city {number:04}" for number in range(3000)])
EPOCH_DAYS = 18_262  # 2020-01-01
EPOCH_US = EPOCH_DAYS * 86_400_000_000


def _random(seed: int) -> pl.Expr:
    """Numbers of 64 bits that follow from the row and the seed alone."""
    return pl.col("row").hash(seed)


def _below(seed: int, bound: int) -> pl.Expr:
    return (_random(seed) % bound).cast(pl.Int64)


def _money(seed: int, precision: int, scale: int, bound: int) -> pl.Expr:
    unit = 10**scale
    text = pl.format("{}.{}", _below(seed, bound), _below(seed + 1, unit).cast(pl.String).str.zfill(scale))
    return text.cast(pl.Decimal(precision, scale))


def _date(seed: int) -> pl.Expr:
    return (EPOCH_DAYS + _below(seed, 2000)).cast(pl.Int32).cast(pl.Date)


def _timestamp(seed: int) -> pl.Expr:
    return (EPOCH_US + _below(seed, 170_000_000_000_000)).cast(pl.Datetime("us"))


def _word(seed: int) -> pl.Expr:
    return pl.lit(WORDS).gather(_below(seed, len(WORDS)))


def _text(seed: int) -> pl.Expr:
    return pl.format("{} {} {}", _word(seed), _word(seed + 1), _below(seed + 2, 100_000))


def _seldom_null(seed: int, values: pl.Expr) -> pl.Expr:
    return pl.when(_below(seed, 20) > 0).then(values)


COLUMNS: dict[str, dict[str, tuple[pl.Expr, str]]] = {
    "csv": {
        "id": (pl.col("row") + 1, "bigint"),
        "name": (_text(1), "text"),
        "amount": (_money(5, 12, 2, 100_000), "numeric(12,2)"),
        "day": (_date(8), "date"),
        "city": (_seldom_null(9, pl.lit(CITIES).gather(_below(10, len(CITIES)))), "text"),
    },
    "parquet": {
        "id": (pl.col("row") + 1, "bigint"),
        "account": (_below(20, 10**12), "bigint"),
        "quantity": (_below(21, 100).cast(pl.Int32), "integer"),
        "rating": (_seldom_null(22, _below(23, 6).cast(pl.Int32)), "integer"),
        "shop": (_below(24, 500).cast(pl.Int32), "integer"),
        "price": (_money(25, 12, 2, 1000), "numeric(12,2)"),
        "cost": (_money(27, 12, 4, 1000), "numeric(12,4)"),
        "tax": (_seldom_null(29, _money(30, 8, 2, 100)), "numeric(8,2)"),
        "total": (_money(32, 18, 6, 1_000_000), "numeric(18,6)"),
        "ordered_on": (_date(34), "date"),
        "shipped_on": (_seldom_null(35, _date(36)), "date"),
        "due_on": (_date(37), "date"),
        "created_at": (_timestamp(38), "timestamp with time zone"),
        "changed_at": (_timestamp(39), "timestamp with time zone"),
        "closed_at": (_seldom_null(40, _timestamp(41)), "timestamp with time zone"),
        "paid": (_below(42, 2) == 0, "boolean"),
        "gift": (_below(43, 10) == 0, "boolean"),
        "returned": (_seldom_null(44, _below(45, 30) == 0), "boolean"),
        "weight": (_below(46, 50_000) / 1000, "numeric"),
        "score": (_seldom_null(47, _below(48, 1_000_000) / 1000), "numeric"),
        "status": (_word(49), "text"),
        "channel": (_word(50), "text"),
        "product": (_text(51), "text"),
        "city": (_seldom_null(55, pl.lit(CITIES).gather(_below(56, len(CITIES)))), "text"),
        "reference": (pl.format("{}-{}", _random(57), _below(58, 1_000_000)), "text"),
        "note": (_seldom_null(59, pl.format("{}, {}", _text(60), _text(64))), "text"),
    },
}


def rows_of(kind: str, first: int, count: int) -> pl.DataFrame:
    """:param kind: csv or parquet"""
    rows = pl.select(row=pl.int_range(first, first + count))
    return rows.select(**{name: values for name, (values, _) in COLUMNS[kind].items()})


def schema_of(kind: str) -> dict[str, pl.DataType]:
    return dict(rows_of(kind, 0, 1).schema)


def create_table_sql(kind: str, table: str) -> str:
    def column(name: str, type_name: str) -> str:
        return f'"{name}" {type_name}' + (' collate "C"' if type_name == "text" else "")

    columns = [column(name, type_name) for name, (_, type_name) in COLUMNS[kind].items()]
    return f"create table {table} ({', '.join(columns)})"
