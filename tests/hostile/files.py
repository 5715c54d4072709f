"""Files that cannot be read at all."""

import gzip
import io
import zipfile
import zlib

from tests.hostile import Hostile
from tests.uploads import COLUMNS, HEADER, body, csv, row


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("purchases.csv", csv(row("R1")))
    return out.getvalue()


def _without(*columns: str) -> str:
    return ",".join(name for name in COLUMNS if name not in columns)


NO_HEADER = "The first line must name the columns"
GOOD = csv(row("R1"), row("R2"))

FILES = [
    Hostile("nothing", "x.csv", lambda: b"", fault="The file is empty."),
    Hostile("nothing, compressed", "x.csv.gz", lambda: gzip.compress(b""), fault="The file is empty."),
    Hostile("no bytes where gzip should be", "x.csv.gz", lambda: b"", fault="The compressed file is cut short"),
    Hostile("white space", "x.csv", lambda: b" \r\n\n ", fault="The file is empty."),
    Hostile("a lot of white space", "x.jsonl", lambda: b"\n" * 1_000_000, fault="The file begins with nothing but"),
    Hostile("a byte order mark alone", "x.csv", lambda: b"\xef\xbb\xbf", fault="The file is empty."),
    Hostile("a header alone", "x.csv", lambda: HEADER.encode(), fault="The file has no rows."),
    Hostile("a header and a line end", "x.csv", lambda: csv(), fault="The file has no rows."),
    Hostile("a header and blank lines", "x.csv", lambda: csv("", "", ""), fault="The file has no rows."),
    Hostile("an empty array", "x.json", lambda: b" [ ] ", fault="The file has no rows."),
    Hostile("UTF-16", "x.csv", lambda: GOOD.decode().encode("utf-16"), fault="The file is in UTF-16"),
    Hostile(
        "UTF-16, big-endian",
        "x.jsonl",
        lambda: b"\xfe\xff" + body("R1").encode("utf-16-be"),
        fault="The file is in UTF-16",
    ),
    Hostile(
        "UTF-16 without a mark", "x.csv", lambda: GOOD.decode().encode("utf-16-le"), fault="The file begins with NUL"
    ),
    Hostile("UTF-32", "x.csv", lambda: GOOD.decode().encode("utf-32"), fault="The file is in UTF-16 or UTF-32"),
    Hostile("NUL characters only", "x.jsonl", lambda: bytes(3_000_000), fault="The file begins with NUL"),
    Hostile("a ZIP archive", "x.csv", _zip, fault="The file is a ZIP archive"),
    Hostile("gzip under another name", "x.csv", lambda: gzip.compress(GOOD), fault="The file is compressed by gzip"),
    Hostile("no gzip under its name", "x.csv.gz", lambda: GOOD, fault="The name of the file ends in .gz"),
    Hostile(
        "another compression under gzip's name",
        "x.csv.gz",
        lambda: zlib.compress(GOOD),
        fault="The name of the file ends in .gz",
    ),
    Hostile("an unknown ending", "x.xlsx", lambda: GOOD, fault="The name of the file must end in"),
    Hostile("no ending", "csv", lambda: GOOD, fault="The name of the file must end in"),
    Hostile(
        "gzip twice", "x.csv.gz", lambda: gzip.compress(gzip.compress(GOOD)), fault="The file is compressed by gzip"
    ),
    Hostile(
        "gzip cut short in its head",
        "x.csv.gz",
        lambda: gzip.compress(GOOD)[:12],
        fault="The compressed file is cut short",
    ),
    Hostile("gzip cut short", "x.csv.gz", lambda: gzip.compress(GOOD)[:-12], fault="The compressed file is cut short"),
    Hostile(
        "gzip with a wrong checksum",
        "x.csv.gz",
        lambda: gzip.compress(GOOD)[:-8] + bytes(8),
        fault="The compressed file is damaged",
    ),
    Hostile("JSON named CSV", "x.csv", lambda: f"[{body('R1')}]\n".encode(), fault=NO_HEADER),
    Hostile("CSV named JSON", "x.json", lambda: GOOD, fault="A .json file must be an array"),
    Hostile(
        "JSON Lines named JSON",
        "x.json",
        lambda: f"{body('R1')}\n{body('R2')}\n".encode(),
        fault="A .json file must be an array",
    ),
    Hostile("an array named JSON Lines", "x.jsonl", lambda: f"[{body('R1')}]".encode(), fault="The file is an array"),
    Hostile("an object without the set", "x.json", lambda: b'{"purchases": []}', fault="A .json file must be an array"),
    Hostile(
        "a set that is no array",
        "x.json",
        lambda: b'{"purchase_customer_events_set": {}}',
        fault="A .json file must be an array",
    ),
    Hostile(
        "the set's name in a text",
        "x.json",
        lambda: b'{"a": "\\"purchase_customer_events_set\\": ["}',
        fault="A .json file must be an array",
    ),
    Hostile(
        "the set within another member",
        "x.json",
        lambda: b'{"a": {"purchase_customer_events_set": [1]}}',
        fault="A .json file must be an array",
    ),
    Hostile("no header", "x.csv", lambda: csv(row("R2"), header=row("R1")), fault=NO_HEADER),
    Hostile("a blank line before no header", "x.csv", lambda: b"\n" + row("R1").encode(), fault=NO_HEADER),
    Hostile("a header and empty rows", "x.csv", lambda: csv("," * 8, " , ", '""'), fault="The file has no rows."),
    Hostile(
        "an unknown column",
        "x.csv",
        lambda: csv(row("R1") + ",x", header=HEADER + ",colour"),
        fault="The column colour is unknown. Rename or remove it.",
    ),
    Hostile(
        "two unknown columns",
        "x.csv",
        lambda: csv(row("R1") + ",x,y", header=HEADER + ",colour,organisation_id"),
        fault="The columns colour, organisation_id are unknown. Rename or remove them.",
    ),
    Hostile(
        "a column without a name",
        "x.csv",
        lambda: csv("," + row("R1"), header="," + HEADER),
        fault="The column without a name is unknown. Rename or remove it.",
    ),
    Hostile(
        "a column twice",
        "x.csv",
        lambda: csv(row("R1") + ",B", header=HEADER + ",cim"),
        fault="The column cim appears twice. Remove one.",
    ),
    Hostile(
        "no reference number",
        "x.csv",
        lambda: csv("A", header=_without("reference_number")),
        fault="The column reference_number is missing. Add it.",
    ),
    Hostile(
        "no customer",
        "x.csv",
        lambda: csv("A", header=_without("cim")),
        fault="The column cim or contact_id is missing. Add it.",
    ),
    Hostile(
        "a header in Latin-1",
        "x.csv",
        lambda: csv(row("R1"), header=HEADER + ",größe").decode().encode("latin-1"),
        fault="The file is not in UTF-8.",
    ),
    Hostile("a header with an open quote", "x.csv", lambda: csv(row("R1"), header='"' + HEADER), fault=NO_HEADER),
    Hostile(
        "a header of a hundred thousand columns",
        "x.csv",
        lambda: csv(row("R1"), header=",".join(["cim"] * 100_000)),
        fault="The first line, which must name the columns, is longer",
    ),
    Hostile(
        "lines that end as on an old Mac",
        "x.csv",
        lambda: csv(row("R1"), row("R2"), end="\r"),
        fault="Lines must end with a line feed",
    ),
    Hostile(
        "one line of ten million bytes",
        "x.csv",
        lambda: b"x" * 10_000_000,
        fault="The first line, which must name the columns, is longer",
    ),
]
