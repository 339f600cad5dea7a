"""Money is an integer number of cents everywhere; only a template turns it into text."""

from __future__ import annotations


def euros(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}€{whole:,}.{rest:02d}"
