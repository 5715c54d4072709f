"""What all pages of reports look like: a headline, cards with figures, sections, tables."""

from collections.abc import Iterable
from html import escape
from importlib.resources import files
from string import Template

FRAME = files("cli.pages") / "frame.html"

Cells = Iterable[str]


def frame(kind: str, title: str, headline: str, subtitle: str, content: str) -> str:
    """Return a page: `kind` says in a few words what it is a report of. All but `content` are texts."""
    texts = {"kind": kind, "title": title, "headline": headline, "subtitle": subtitle}
    escaped = {name: escape(text) for name, text in texts.items()}
    return Template(FRAME.read_text("utf-8")).substitute(escaped, content=content)


def cards(shown: Iterable[str]) -> str:
    """Return cards side by side."""
    return f'<div class="cards">{"".join(shown)}</div>'


def section(title: str, note: str, key: str, content: str) -> str:
    """Return a section; `key` tells what its colours mean."""
    return f"<section>{key}<h2>{escape(title)}</h2><p>{escape(note)}</p>{content}</section>"


def table(head: Cells, rows: Iterable[Cells]) -> str:
    """Return a table; a cell may be more than text."""
    cells = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table></div>'


def bullets(notes: Iterable[str]) -> str:
    """Return texts as a list."""
    return f"<ul>{''.join(f'<li>{escape(note)}</li>' for note in notes)}</ul>"
