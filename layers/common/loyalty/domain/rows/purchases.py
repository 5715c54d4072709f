"""Files of purchases: bodies of either API, one a row, or one in several rows of CSV."""

from loyalty.domain.rows.columns import COLUMNS, NEEDED
from loyalty.domain.rows.csv_purchases import CsvCutter
from loyalty.domain.rows.json_rows import JsonArrayCutter, JsonLinesCutter
from loyalty.domain.rows.layout import FileFormat
from loyalty.domain.rows.reading import Reading

PURCHASES = Reading(
    columns=COLUMNS,
    needed=NEEDED,
    example="cim, reference_number and products.product_sku",
    cutters={FileFormat.CSV: CsvCutter, FileFormat.JSON_LINES: JsonLinesCutter, FileFormat.JSON: JsonArrayCutter},
    rows_set="purchase_customer_events_set",
)
