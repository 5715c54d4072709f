"""Lengths and patterns of texts, and how a message tells what each of them takes."""

from collections.abc import Mapping

MAX_IDENTIFIER = 64

IDENTIFIER = r"^[^\s\x00-\x1f#]+$"
PARTNER_ID = r"^[A-Za-z0-9_~-][A-Za-z0-9._~-]*$"
EVENT_ID = "^[A-Za-z0-9._:~-]+$"
FILE_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*\.(csv|jsonl|json)(\.gz)?$"
TIME_OF_DAY = r"^([01]\d|2[0-3]):[0-5]\d$"

WORDS: Mapping[str, str] = {
    IDENTIFIER: "This must not contain white space or #.",
    PARTNER_ID: "This may contain only letters, digits and . _ ~ -, and must not begin with a dot.",
    EVENT_ID: "This may contain only letters, digits and . _ : ~ -.",
    FILE_NAME: "This may contain only letters, digits and . _ -, must begin with a letter or a digit, and must end in "
    ".csv, .jsonl or .json, or in one of these and .gz.",
    TIME_OF_DAY: "This must be a time from 00:00 to 23:59, such as 09:30.",
}
