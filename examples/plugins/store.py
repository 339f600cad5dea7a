"""The program that has the incidents: a store whose recommendations come from elsewhere."""

from __future__ import annotations


def recommend(customer: str) -> list[str]:
    """Ask the recommender, which is what fails."""
    raise TimeoutError("the recommender does not answer")


def price(tea: str) -> int:
    """In cents."""
    return {"assam": 450, "sencha": 620}[tea]


def page(customer: str) -> dict[str, object]:
    """Make what the customer sees."""
    return {"price": price("assam"), "recommended": recommend(customer)}
