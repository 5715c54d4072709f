"""JSON that somebody sent, of which an error says what it is: a body, a row."""

from typing import Any

from loyalty import exactjson
from loyalty.domain.errors import Code, Problem, Refused
from loyalty.domain.texts import check_texts


def text_of(data: bytes, what: str) -> str:
    """Return the text that JSON is in.

    Raises:
        Refused: INVALID; it is not in UTF-8.
    """
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise _not_json(what, "it is not in UTF-8") from error


def read_json(text: str, what: str) -> Any:
    """Return what JSON says, with exact numbers; its texts may be damaged.

    Raises:
        Refused: INVALID; it is no proper JSON.
    """
    try:
        return exactjson.loads_strictly(text)
    except ValueError as error:
        raise _not_json(what, str(error)) from error


def read_whole_json(data: bytes, what: str) -> Any:
    """Return what JSON says, with exact numbers.

    Raises:
        Refused: INVALID; it is not in UTF-8 or no proper JSON, or a text of it is damaged.
    """
    text = text_of(data, what)
    value = read_json(text, what)
    check_texts(text, value)
    return value


def _not_json(what: str, why: str) -> Refused:
    return Refused(Problem(Code.INVALID, f"The {what} is not valid JSON: {why}."))
