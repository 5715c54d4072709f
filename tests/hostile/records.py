"""Files of reference data that nobody should send, and what has to become of each of their rows."""

import gzip

from tests.hostile import Hostile

HEADER = b"type,id,first_name,last_name\n"
NO_TYPE = "refused /type A record must be an object with a type."


def contact(number: int, more: str = "") -> bytes:
    return b'{"type": "contact", "id": "H%d"%b}\n' % (number, more.encode())


RECORDS = [
    Hostile(
        "no JSON, no objects, no types",
        "x.jsonl",
        lambda: b'{\nnull\n[]\n7\n{"type": ["contact"]}\n{"type": {}}\n{"type": 7, "id": "X"}\n' + contact(1),
        (
            "1 refused The row is not valid JSON",
            *(f"{number} refused The row must be an object." for number in (2, 3, 4)),
            "5 refused /type This must be text, the type of the record.",
            "6 refused /type This must be text, the type of the record.",
            "7 refused /type This must be text, the type of the record.",
            "8 created",
        ),
    ),
    Hostile(
        "numbers beyond measure",
        "x.jsonl",
        lambda: b"".join(
            b'{"type": "invoice", "id": "H%d", "number": "H%d", "total_amount": %b}\n' % (place, place, number)
            for place, number in enumerate([b"NaN", b"1e400", b"9" * 5000, b"1e999999999999999999", b"-0.00001", b"1"])
        ),
        (
            "1 refused The row is not valid JSON",
            "2 refused /total_amount",
            "3 refused",
            "4 refused",
            "5 refused /total_amount",
            "6 created",
        ),
    ),
    Hostile(
        "names twice, depth, half characters, NUL",
        "x.jsonl",
        lambda: (
            contact(2, ', "id": "H3"')
            + contact(3, ', "first_name": ' + "[" * 100_000)
            + contact(4, ', "first_name": ' + "[" * 50 + "]" * 50)
            + contact(5, r', "first_name": "\ud800"')
            + contact(6, r', "first_name": "\u0000"')
        ),
        (
            "1 refused The row is not valid JSON",
            "2 refused The row is not valid JSON",
            "3 refused The row is not valid JSON",
            "4 refused /first_name This text is not valid Unicode.",
            "5 created",
        ),
    ),
    Hostile(
        "what was damaged on its way",
        "x.jsonl",
        lambda: (
            contact(930, ', "first_name": "Ren\ufffd"') + contact(931, r', "first_name": "Ren\ufffd"') + contact(932)
        ),
        ("1 refused /first_name ", "2 refused /first_name ", "3 created"),
    ),
    Hostile(
        "cells that were damaged on their way",
        "x.csv",
        lambda: HEADER + "contact,H933,Ren\ufffd,A\ncontact,H934,Ren,A\n".encode(),
        ("1 refused /first_name ", "2 created"),
    ),
    Hostile(
        "ids and values that break keys",
        "x.jsonl",
        lambda: (
            (
                b'{"type": "contact", "id": "A#B"}\n{"type": "contact", "id": ""}\n{"type": "contact", "id": "%b"}\n'
                b'{"type": "product", "id": "HP", "code": "#"}\n{"type": "product", "id": "HQ", "code": "%b"}\n'
            )
            % (b"X" * 65, "\U0001f600".encode() * 255)
        ),
        ("1 refused /id", "2 refused /id", "3 refused /id", "4 created", "5 created"),
    ),
    Hostile(
        "rows longer than an item, and than any row",
        "x.jsonl",
        lambda: (
            contact(7, f', "first_name": "{"x" * 300_000}"')
            + contact(8)
            + contact(9, f', "first_name": "{"x" * 1_000_001}"')
            + contact(10)
        ),
        (
            "1 refused The row is longer than 300000 bytes.",
            "2 created",
            "3 refused The row is longer than 1000000 bytes.",
            "4 created",
        ),
    ),
    Hostile(
        "members of a result that are none",
        "x.jsonl",
        lambda: (
            contact(11, ', "status": {"a": 1}, "event_id": 7')
            + contact(12, ', "status": "created"')
            + contact(17, ', "status": "updated", "event_id": "ROW-0123456789ABCDEF0123456789ABCDEF"')
            + contact(18, r', "title": "\ud800", "x": 1e400, "status": "created", "event_id": "ROW-"')
        ),
        ("1 created", "2 created", "3 created", "4 refused"),
    ),
    Hostile(
        "a reference to itself",
        "x.jsonl",
        lambda: b'{"type": "account", "id": "HA", "number": "HA", "contact": "HA"}',
        ("1 refused /contact",),
    ),
    Hostile(
        "an array that breaks off",
        "x.json",
        lambda: b"[" + contact(13) + b"," + contact(14)[:20],
        ("1 created", "2 refused The file ends before its array does: the closing ] is missing. From row 2 on"),
        fault="The file ends before its array does",
    ),
    Hostile(
        "a gzip cut short at once", "x.jsonl.gz", lambda: gzip.compress(contact(15))[:-9], fault="The compressed file"
    ),
    Hostile(
        "a gzip cut short in the middle",
        "x.jsonl.gz",
        lambda: gzip.compress(b"".join(contact(16, f', "title": "{"x" * 2000}"') for _ in range(60)), 0)[:100_000],
        ("1 created", "*unchanged", "49 refused The compressed file is cut short"),
        fault="The compressed file is cut short",
    ),
    Hostile(
        "cells that are none",
        "x.csv",
        lambda: (
            HEADER
            + b"contact,H20\ncontact,H21,a,b,c\ncontact,H22,\xff,\ncontact,H24,"
            + b"x" * 99
            + b',\ncontact,H23,\0,\n\n,,,\n, ,"",\n"\n",,,\n=,,,\n'
        ),
        (
            "1 refused The row has 2 cells, but the header has 4.",
            "2 refused The row has 5 cells, but the header has 4.",
            "3 refused The row is not in UTF-8.",
            "4 created",
            "5 refused The row has a NUL character.",
            "10 refused /type There is no record type =.",
        ),
    ),
    Hostile(
        "quotes astray, and rows over several lines",
        "x.csv",
        lambda: HEADER + b'contact,H30,"a\nb","c ""d"""\ncontact,H31,"a"b,c\ncontact,H32,a"b,c\ncontact,H33,"a,b\n',
        ("1 created", "2 refused A quote closes here", "3 created", "4 refused A quote opens here"),
    ),
    Hostile(
        "formulas",
        "x.csv",
        lambda: HEADER + b"contact,H40,=1+1,'=1+1\n=contact,H41,a,b\n'contact,H42,a,b\n",
        ("1 created", "2 refused /type There is no record type =contact.", "3 refused /type"),
    ),
    Hostile(
        "lists and truths that are none",
        "x.csv",
        lambda: (
            b"type,id,number,primary,automatic_spend.merchants\naccount,HB,HB,1,\naccount,HC,HC,,[\n"
            b'account,HD,HD,,"{""a"": 1}"\naccount,HE,HE,,"[1e999999999999999999]"\naccount,HF,HF,FALSE,[]\n'
            b"account,HG,HG,," + b"[" * 100_000 + b"\n"
        ),
        (
            "1 refused /primary The cell must be true or false.",
            "2 refused /automatic_spend/merchants The cell must be a list",
            "3 refused /automatic_spend/merchants",
            "4 refused /automatic_spend/merchants",
            "5 created",
            "6 refused /automatic_spend/merchants The cell must be a list",
        ),
    ),
    Hostile("UTF-16", "x.csv", lambda: HEADER.decode().encode("utf-16"), fault="The file is in UTF-16"),
    Hostile(
        "a column twice", "x.csv", lambda: b"type,id,id\na,b,c\n", fault="The column id appears twice. Remove one."
    ),
    Hostile("purchases", "x.csv", lambda: b"cim,products.product_sku\na,b\n", fault="The first line must name"),
    Hostile("a ZIP archive", "x.csv", lambda: b"PK\x03\x04", fault="The file is a ZIP archive"),
]
