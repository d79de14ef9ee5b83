"""The rules of the sales dataset as polars expressions, and in Python for the few discounts with more than four decimals."""

from decimal import ROUND_HALF_UP, Context, Decimal

import polars as pl
from records import BLANKS

TEXT_BYTES = 512
FIELDS = [
    "order_id",
    "product_name",
    "category",
    "quantity",
    "unit_price",
    "discount_percent",
    "region",
    "sale_date",
    "customer_email",
]
COLUMNS = [*FIELDS[:8], "sale_month", "customer_email", "revenue", "_source", "_record"]
"""In the order in which they are copied."""

# What cannot be stored: NUL, and what was no UTF-8.
INVALID = "[\0\ufffd]"
# The value at a scale of 4 is exact: 14 digits before the point, 4 behind it, zeros at its ends aside.
EXACT = r"^0*[0-9]{0,14}(\.[0-9]{1,4}0*)?$"
LITERAL = r"^([0-9]+|[0-9]*\.[0-9]+)$"
EMAIL = "^[^@ \t-\r\0\ufffd]+@[^@ \t-\r\0\ufffd]+\\.[^@ \t-\r\0\ufffd]+$"
MONEY = pl.Decimal(38, 2)
CENT = Decimal("0.01")
EXACTLY = Context(prec=1000)


def _text(name: str) -> pl.Expr:
    column = pl.col(name)
    return (column != "") & (column.str.len_bytes() <= TEXT_BYTES) & ~column.str.contains(INVALID)


def _or_default(name: str, default: str) -> pl.Expr:
    return pl.when(_text(name)).then(name).otherwise(pl.lit(default)).alias(name)


def _ten_thousandths(name: str) -> pl.Expr:
    """Exact; null where it is no literal or needs more decimals."""
    column = pl.col(name)
    value = column.cast(pl.Decimal(18, 4), strict=False).to_physical().cast(pl.Int64)
    return pl.when(column.str.contains(EXACT)).then(value)


def _date() -> pl.Expr:
    column = pl.col("sale_date")
    date = column.str.to_date("%Y-%m-%d", strict=False)
    real = (column.str.len_bytes() == 10) & (date.dt.year() >= 1)
    return pl.when(real).then(column).otherwise(pl.lit("1970-01-01")).alias("sale_date")


def clean(records: pl.DataFrame) -> pl.DataFrame:
    """Rows to write, by `_record`: rejects are left out, the first of each key is not chosen yet."""
    quantity = pl.col("quantity")
    valid = (
        records.lazy()
        .rename({"record": "_record"})
        .with_columns(pl.col(FIELDS).str.strip_chars(BLANKS))
        .with_columns(
            pl.when(~quantity.str.starts_with("+")).then(quantity.cast(pl.Int64, strict=False)),
            price=_ten_thousandths("unit_price"),
            discount=_ten_thousandths("discount_percent"),
        )
        .filter(_text("order_id"), quantity.is_between(1, 1_000_000_000), pl.col("price") > 0)
        .with_columns(
            _or_default("product_name", "unknown_product"),
            _or_default("category", "unknown"),
            _or_default("region", "north"),
            _date(),
            pl.when(pl.col("customer_email").str.contains(EMAIL)).then("customer_email").alias("customer_email"),
            odd=pl.col("discount").is_null() & pl.col("discount_percent").str.contains(LITERAL),
        )
        .with_columns(sale_month=pl.col("sale_date").str.head(7))
        .collect()
    )
    usual, odd = valid.filter(~pl.col("odd")), valid.filter("odd")
    return pl.concat([_with_revenue(usual), _with_odd_discount(odd)]).sort("_record")


def _with_revenue(rows: pl.DataFrame) -> pl.DataFrame:
    discount = pl.col("discount")
    good = discount <= 1_000_000
    # Up to 1e9 x 1e18 x 1e6, which fits 128 bits.
    product = (
        pl.col("quantity").cast(pl.Int128) * pl.col("price").cast(pl.Int128) * (1_000_000 - discount).cast(pl.Int128)
    )
    cents = (product + 50_000_000) // 100_000_000
    return (
        rows.lazy()
        .with_columns(
            pl.when(good).then("discount_percent").otherwise(pl.lit("0")).alias("discount_percent"),
            pl.when(good).then("discount").otherwise(pl.lit(0)).alias("discount"),
        )
        .with_columns(revenue=cents.cast(MONEY) * pl.lit(CENT))
        .select(*[name for name in COLUMNS if name != "_source"])
        .collect()
    )


def _with_odd_discount(rows: pl.DataFrame) -> pl.DataFrame:
    discounts, revenues = [], []
    for quantity, price, text in rows.select("quantity", "price", "discount_percent").iter_rows():
        discount = EXACTLY.create_decimal(text)
        if discount > 100:
            text, discount = "0", Decimal(0)
        amount = EXACTLY.multiply(quantity * price, EXACTLY.subtract(Decimal(100), discount))
        discounts.append(text)
        revenues.append(EXACTLY.scaleb(amount, -6).quantize(CENT, ROUND_HALF_UP, EXACTLY))
    return rows.with_columns(
        pl.Series("discount_percent", discounts, pl.String), pl.Series("revenue", revenues, MONEY)
    ).select(*[name for name in COLUMNS if name != "_source"])
