"""Rows of JSON files that cannot be read, or not easily, among good ones."""

import gzip

from tests.hostile import Hostile
from tests.uploads import array, body, classic_body, lines

NOT_CLOSED = "The file ends before its array does"

JSON = [
    Hostile("a byte order mark", "x.jsonl", lambda: b"\xef\xbb\xbf" + body("R1").encode(), ("1 R1",)),
    Hostile(
        "blank lines, carriage returns",
        "x.jsonl",
        lambda: lines("\r", body("R1") + "\r", "", body("R2") + "\r"),
        ("2 R1", "4 R2"),
    ),
    Hostile("both APIs", "x.jsonl", lambda: lines(body("R1"), classic_body("R2")), ("1 R1", "2 R2")),
    Hostile(
        "no JSON",
        "x.jsonl",
        lambda: lines("{", body("R1"), "null", "[]", "7", '"x"'),
        ("1 The row is not valid JSON", "2 R1", *(f"{number} The row must be an object." for number in (3, 4, 5, 6))),
    ),
    Hostile(
        "a line separator of Unicode",
        "x.jsonl",
        lambda: lines(body("R1", "A\u2028B"), body("R2", "A\x85")),
        ("1 R1", "2 /cim begins or ends with a control character"),
    ),
    Hostile(
        "control characters",
        "x.jsonl",
        lambda: lines(body("R1"), body("R2", "A\0"), body("R3", "A\x1f")),
        ("1 R1", "2 The row is not valid JSON", "3 The row is not valid JSON"),
    ),
    Hostile(
        "Latin-1 in one row",
        "x.jsonl",
        lambda: lines(body("R1", "ë"), body("R2")).decode().encode("latin-1"),
        ("1 The row is not valid JSON", "2 R2"),
    ),
    Hostile(
        "what was damaged on its way, in the character itself, escaped, in a name, and what only looks so",
        "x.jsonl",
        lambda: lines(
            body("R1", "\ufffd"),
            body("R2", "\\ufffd"),
            body("R3", more=', "\ufffd": 1'),
            body("R4").replace('"M"', '"\ufffd"'),
            body("R5", "\\\\ufffd"),
        ),
        ("1 /cim ", "2 /cim ", "3 /", "4 /merchant_tap/code ", "5 R5"),
    ),
    Hostile("half a character", "x.jsonl", lambda: lines(body("R1", "\\ud800"), body("R2")), ("1 /cim ", "2 R2")),
    Hostile(
        "NaN, Infinity and 1e400",
        "x.jsonl",
        lambda: lines(*(body("R1").replace("10", number) for number in ("NaN", "-Infinity", "1e400"))),
        ("1 The row is not valid JSON", "2 The row is not valid JSON", "3 /products/0/net_amount"),
    ),
    Hostile(
        "a name twice",
        "x.jsonl",
        lambda: body("R1", more=', "cim": "B"').encode(),
        ("1 The row is not valid JSON: the name 'cim' appears twice",),
    ),
    Hostile(
        "bottomless nesting",
        "x.jsonl",
        lambda: lines('{"a":' * 100_000, "[" * 400_000, body("R1")),
        ("1 The row is not valid JSON", "2 The row is not valid JSON", "3 R1"),
    ),
    Hostile(
        "a number of a hundred thousand digits",
        "x.jsonl",
        lambda: lines(body("R1").replace("10", "1" * 100_000), body("R2")),
        ("1 ", "2 R2"),
    ),
    Hostile(
        "a row of ten million bytes",
        "x.jsonl",
        lambda: lines(body("R1"), body("x" * 10_000_000), body("R2")),
        ("1 R1", "2 The row is longer than", "3 R2"),
    ),
    Hostile("one line of ten million bytes", "x.jsonl", lambda: b"x" * 10_000_000, ("1 The row is longer than",)),
    Hostile(
        "two bodies on a line",
        "x.jsonl",
        lambda: lines(body("R1") + body("R2"), body("R3")),
        ("1 The row is not valid JSON", "2 R3"),
    ),
    Hostile(
        "gzip cut short",
        "x.jsonl.gz",
        lambda: gzip.compress(lines(*(body(f"R{number}") for number in range(2000))))[:-200],
        ("1 R0", "...", "*The compressed file is cut short"),
        "The compressed file is cut short",
    ),
    Hostile("an array", "x.json", lambda: b"\n " + array(body("R1"), body("R2")) + b"\n", ("1 R1", "2 R2")),
    Hostile(
        "a bulk call",
        "x.json",
        lambda: f'{{"token": "t", "purchase_customer_events_set": [{classic_body("R1")}]}}'.encode(),
        ("1 R1",),
    ),
    Hostile(
        "nested arrays and scalars",
        "x.json",
        lambda: array(f"[{body('R1')}]", "1", "null", '"]"', "{}", body("R2")),
        (*(f"{number} The row must be an object." for number in (1, 2, 3, 4)), "5 /reference_number", "6 R2"),
    ),
    Hostile(
        "an array in an array, bottomless",
        "x.json",
        lambda: b"[" * 300_000 + b"]" * 300_000,
        ("1 The row is not valid JSON",),
    ),
    Hostile("brackets in texts", "x.json", lambda: array(body("R1", "}]"), body("R2", '\\"]}')), ("1 R1", "2 R2")),
    Hostile(
        "an element that is no JSON",
        "x.json",
        lambda: array("{tru: }", body("R1")),
        ("1 The row is not valid JSON", "2 R1"),
    ),
    Hostile(
        "an element of ten million bytes",
        "x.json",
        lambda: array(body("R1"), body("x" * 10_000_000), body("R2")),
        ("1 R1", "2 The row is longer than", "3 R2"),
    ),
    Hostile(
        "an array that is not closed",
        "x.json",
        lambda: array(body("R1"), body("R2"))[:-1],
        ("1 R1", "2 R2"),
        NOT_CLOSED,
    ),
    Hostile(
        "an array that ends behind a comma",
        "x.json",
        lambda: array(body("R1"))[:-1] + b" ,\n",
        ("1 R1",),
        f"{NOT_CLOSED}: the closing ] is missing. Row 1 is the last one that was read",
    ),
    Hostile("an array that is only opened", "x.json", lambda: b"[ ", (), NOT_CLOSED),
    Hostile(
        "an array cut in an element",
        "x.json",
        lambda: array(body("R1"), body("R2"))[:-50],
        ("1 R1", f"2 {NOT_CLOSED}"),
        NOT_CLOSED,
    ),
    Hostile(
        "a text that is not closed",
        "x.json",
        lambda: array(body("R1"), '{"a": "x}', body("R2")),
        ("1 R1", f"2 {NOT_CLOSED}"),
        NOT_CLOSED,
    ),
    Hostile(
        "a missing comma",
        "x.json",
        lambda: array(body("R1"), body("R2") + body("R3")),
        ("1 R1", "2 From here on, the file is not a valid JSON array. From row 2 on, the file was not read"),
        "From here on, the file is not a valid JSON array",
    ),
    Hostile(
        "a bracket too many",
        "x.json",
        lambda: array(body("R1") + "}", body("R2")),
        ("1 From here on, the file is not a valid JSON array. From row 1 on",),
        "From here on, the file is not a valid JSON array",
    ),
    Hostile(
        "something behind the array",
        "x.json",
        lambda: array(body("R1")) + body("R2").encode(),
        ("1 R1", "2 Something follows the array"),
        "Something follows the array",
    ),
]
