"""Charts as SVG, in the colours of the page: `draft` stands out, `current` stands back."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from html import escape
from math import ceil
from typing import NamedTuple

from loyalty.domain.money import plain

WIDTH = 1040
BAR_HEIGHT, BAR_GAP, LABEL_WIDTH, VALUE_WIDTH = 14, 26, 350, 130
PLOT_HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 220, 84, 40, 14, 34
TICKS = 4


class Bar(NamedTuple):
    """A pair of bars: an amount under the draft and, unless None, under the current programme."""

    label: str
    draft: Decimal
    current: Decimal | None


class Series(NamedTuple):
    """A line: its class on the page (`draft` or `current`), and a value for each place on the axis."""

    kind: str
    values: Sequence[Decimal]


def bars(pairs: Sequence[Bar]) -> str:
    """Horizontal bars, one pair below the other, with their amounts."""
    largest = max((max(pair.draft, pair.current or 0) for pair in pairs), default=Decimal(0)) or Decimal(1)
    room = WIDTH - LABEL_WIDTH - VALUE_WIDTH
    drawn, y = [], 0
    for pair in pairs:
        amounts = [("draft", pair.draft), *([("current", pair.current)] if pair.current is not None else [])]
        height = BAR_HEIGHT * len(amounts)
        drawn.append(_text(LABEL_WIDTH - 12, y + height / 2 + 4, _short(pair.label), "end", "label"))
        for place, (kind, amount) in enumerate(amounts):
            top, width = y + place * BAR_HEIGHT, max(1.0, float(room * amount / largest)) if amount else 0.0
            size = f'width="{width:.1f}" height="{BAR_HEIGHT - 2}"'
            drawn.append(f'<rect class="{kind}" x="{LABEL_WIDTH}" y="{top}" {size} rx="2"/>')
            drawn.append(_text(LABEL_WIDTH + width + 8, top + BAR_HEIGHT - 4, format_amount(amount), "start", kind))
        y += height + BAR_GAP - BAR_HEIGHT
    return _svg(y, drawn)


def lines(places: Sequence[str], series: Sequence[Series], unit: str = "") -> str:
    """Lines over months, with a scale that begins at zero."""
    largest = max((value for one in series for value in one.values), default=Decimal(0))
    ticks = _ticks(largest)
    step = (WIDTH - LEFT - RIGHT) / max(1, len(places) - 1)

    def x(place: int) -> float:
        return LEFT + place * step if len(places) > 1 else (LEFT + WIDTH - RIGHT) / 2

    def y(value: Decimal) -> float:
        return TOP + PLOT_HEIGHT * (1 - float(value / ticks[-1]))

    drawn = []
    for tick in ticks:
        drawn.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>')
        drawn.append(_text(LEFT - 10, y(tick) + 4, format_amount(tick) + unit, "end", "axis"))
    every = max(1, len(places) // 14)
    drawn += [
        _text(x(n), TOP + PLOT_HEIGHT + 22, name, "middle", "axis") for n, name in enumerate(places) if n % every == 0
    ]
    for one in series:
        points = " ".join(f"{x(place):.1f},{y(value):.1f}" for place, value in enumerate(one.values))
        ends = f"{x(len(one.values) - 1):.1f},{y(Decimal(0)):.1f} {x(0):.1f},{y(Decimal(0)):.1f}"
        drawn.append(f'<polygon class="{one.kind}" points="{points} {ends}"/>')
        drawn.append(f'<polyline class="{one.kind}" points="{points}"/>')
        for place, value in enumerate(one.values):
            title = f"{places[place]}: {format_amount(value)}{unit}"
            drawn.append(
                f'<circle class="{one.kind}" cx="{x(place):.1f}" cy="{y(value):.1f}" r="3.5">'
                f"<title>{escape(title)}</title></circle>"
            )
    return _svg(TOP + PLOT_HEIGHT + BOTTOM, drawn)


def spark(values: Iterable[Decimal], width: int = 120, height: int = 22) -> str:
    """Return a small chart without a scale, for a row of a table."""
    found = list(values)
    largest = max(found, default=Decimal(0)) or Decimal(1)
    each = width / max(1, len(found))
    drawn = [
        f'<rect class="draft" x="{place * each:.1f}" y="{height * (1 - float(value / largest)):.1f}" '
        f'width="{max(1.0, each - 2):.1f}" height="{height * float(value / largest):.1f}"/>'
        for place, value in enumerate(found)
    ]
    return f'<svg class="spark" viewBox="0 0 {width} {height}" width="{width}" height="{height}">{"".join(drawn)}</svg>'


def format_amount(amount: Decimal) -> str:
    """Return an amount with thousands set apart."""
    return f"{amount:,f}"


def _ticks(largest: Decimal) -> list[Decimal]:
    """Round numbers from zero to at least `largest`, some four steps of 1, 2 or 5."""
    if largest <= 0:
        return [Decimal(0), Decimal(1)]
    power = Decimal(1).scaleb((largest / TICKS).adjusted())
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor * TICKS >= largest)
    return [plain(step * place) for place in range(ceil(largest / step) + 1)]


def _svg(height: float, drawn: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img">{"".join(drawn)}</svg>'


def _text(x: float, y: float, text: str, anchor: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _short(text: str, longest: int = 46) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
