"""A plugin: remedies for incidents of the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from incident import Incident, action

if TYPE_CHECKING:
    import overt


@action("no-recommendations", touches=("store:recommend",))
def no_recommendations(incident: Incident) -> list[overt.Handle]:
    """Show pages without recommendations while the recommender is down."""
    return [incident.patch("store:recommend", lambda customer: [])]


@action("sale", touches=("store:price", "store:recommend"))
def sale(incident: Incident) -> list[overt.Handle]:
    """Take a tenth off every price, and say so."""

    def cheaper(original: Any, tea: str) -> int:
        return int(original(tea) * 9 / 10)

    return [
        incident.around("store:price", cheaper),
        incident.patch("store:recommend", lambda customer: ["everything"]),
    ]


@action("greedy", touches=("store:*",))
def greedy(incident: Incident) -> list[overt.Handle]:
    """Try to change what it did not declare."""
    return [incident.patch("json:dumps", lambda *args, **kwargs: "")]
