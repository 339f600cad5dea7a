"""What Overt refuses, and why: one class for each kind of refusal.

The extension raises these; `code` and `target` are for programs, the message is for people.
"""

from __future__ import annotations

from typing import ClassVar


class Error(Exception):
    """Something was asked for that Overt will not do. Nothing has changed."""

    code: ClassVar[str] = "usage"

    def __init__(self, what: str, target: str = "") -> None:
        """Say what was refused and what to do instead, about which target."""
        super().__init__(f"{target}: {what}" if target and target not in what else what)
        self.target = target


class TargetError(Error, LookupError):
    """The target names something that does not exist."""

    code = "not_found"


class RefusedError(Error):
    """The target exists and cannot be patched in that way."""

    code = "refused"


class SignatureError(Error, TypeError):
    """The replacement or advice cannot take the target's calls, or is of another kind."""

    code = "signature"


class DuplicateError(Error):
    """The same owner has made the same patch already."""

    code = "duplicate"


class StateError(Error):
    """Not now: the handle is installed already."""

    code = "misuse"


class PolicyError(RefusedError):
    """The policy of `overt.toml` denies this patch."""

    def __init__(
        self,
        what: str,
        target: str = "",
        rule: int = 0,
        file: str = "",
        line: int = 0,
        reason: str = "",
    ) -> None:
        """Say which rule denies it."""
        super().__init__(what, target)
        self.rule = rule or None
        """1 is the first rule of the file; None: none of its rules, but the default."""
        self.file = file or None
        """Where the rule, or the default, is written; None for what is built in."""
        self.line = line or None
        self.reason = reason
