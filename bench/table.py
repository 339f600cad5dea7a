"""Rows of measurements, each with what it claims, as an aligned table and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Pair:
    """One quantity, bare and with watchers. `spread`: the least and the largest `more` of all."""

    unit: str
    bare: float
    watched: float
    spread: tuple[float, float] | None = None

    @property
    def more(self) -> float:
        return self.watched - self.bare

    @property
    def percent(self) -> float:
        return 100 * self.more / self.bare

    def of(self, unit: str) -> float:
        return self.percent if unit == "%" else self.more


@dataclass(frozen=True)
class Target:
    """At most `limit` more: in % of the bare quantity, or in its own unit."""

    quantity: str  # "instructions" or "time"
    limit: float
    unit: str = "%"

    # What "0 %" means for a count: one iteration in two thousand may take another way, as tables do
    # whose keys are addresses.
    SLACK = 0.05

    def __str__(self) -> str:
        return f"{self.quantity}: +{self.limit:g} {self.unit}"


@dataclass(frozen=True)
class Row:
    section: str
    what: str
    instructions: Pair | None = None
    time: Pair | None = None
    target: Target | None = None

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        pair = self.instructions if self.target.quantity == "instructions" else self.time
        if pair is None:
            return "not measured"
        kept = pair.of(self.target.unit) <= self.target.limit + Target.SLACK
        return "PASS" if kept else "LOSS"

    def as_json(self) -> dict[str, object]:
        out: dict[str, object] = {"section": self.section, "what": self.what}
        for name, pair in (("instructions", self.instructions), ("time", self.time)):
            if pair:
                out[name] = {**vars(pair), "more": pair.more, "percent": pair.percent}
        if self.target:
            out |= {"target": vars(self.target), "verdict": self.verdict}
        return out


def number(value: float) -> str:
    if abs(value) >= 1e6:
        return f"{value / 1e6:,.2f} M"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}"


def signed(value: float) -> str:
    text = number(value)
    return text if text.startswith("-") else f"+{text}"


def percent(value: float) -> str:
    return f"{value:+.2f} %".replace("-0.00", "+0.00")


def pair_cells(pair: Pair | None) -> list[str]:
    if pair is None:
        return [""] * 4
    return [number(pair.bare), number(pair.watched), signed(pair.more), percent(pair.percent)]


def spread(row: Row) -> str:
    if row.time is None or row.time.spread is None:
        return ""
    return " .. ".join(map(signed, row.time.spread))


HEADS = ("", "bare", "watched", "more", "", "bare", "watched", "more", "", "spread of more", "", "")


def cells(row: Row) -> list[str]:
    time = [*pair_cells(row.time), spread(row)]
    target = str(row.target or "")
    return [f"  {row.what}", *pair_cells(row.instructions), *time, target, row.verdict]


def render(rows: Sequence[Row]) -> str:
    """One line a row; a section's title names the unit of what stands right of the instructions."""
    table = [list(HEADS), *map(cells, rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    left = 1 + widths[0] + sum(widths[1:5]) + 2 * 4
    lines = [f"{'instructions':>{left}}"]
    section = ""
    for line, row in zip(table, [None, *rows], strict=True):
        if row and row.section != section:
            section = row.section
            lines += ["", section]
        placed = [line[0].ljust(widths[0])]
        placed += [
            cell.ljust(width) if i >= 10 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ][1:]
        lines.append("  ".join(placed).rstrip())
    return "\n".join(lines)
