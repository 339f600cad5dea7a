"""What the review says, about one object and at a prompt."""

from __future__ import annotations

from overt import _native


class Explanation(str):
    """A text that a prompt prints as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def explain(what: object, /, *, prove: bool = False) -> Explanation:
    """Answer the six questions of `overt review` about every patch that `what` is a part of.

    `what` is a function, class or module that was patched or that a patch put somewhere, a target
    (`"time:time"`) or the id of a patch (`"p12"`). With `prove` each of these patches is taken off
    first, what was there before is compared, and the patch is put on again, before any other code
    runs.
    """
    said = _native.explain(what, prove)
    if not said:
        seen = "" if _native.watching() else "; patches of others are not watched"
        said = f"overt: no patch of this is known{seen}\n"
    return Explanation(said.rstrip("\n"))
