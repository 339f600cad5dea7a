"""How tests of observed lives drive them, and what they count."""

from __future__ import annotations


def ends(handle):
    """Of the lives: finished or failed, errors, cancelled, abandoned."""
    stats = handle.stats
    return stats.elapsed.sampled, stats.errors, stats.cancelled, stats.abandoned


def steps(make, script):
    """What a script of sends, throws and closes gives, as text."""
    life, said = make(), []
    for step in script.split():
        verb, _, argument = step.partition(":")
        try:
            match verb:
                case "next":
                    said.append(next(life))
                case "send":
                    said.append(life.send(argument))
                case "none":
                    said.append(life.send(None))
                case "throw":
                    said.append(life.throw(KeyError(argument)))
                case "close":
                    said.append(life.close())
        except BaseException as error:  # noqa: BLE001  # whatever it is, it must be the same
            cause = error.__cause__, error.__context__
            value = getattr(error, "value", None)
            said.append(f"{type(error).__name__}{error.args} {value!r} {cause!r}")
    return said


def echo():
    """Catches, returns what it was sent, and takes KeyError for an answer."""
    received = []
    try:
        while True:
            try:
                received.append((yield len(received)))
            except KeyError as error:
                if error.args == ("stop",):
                    return tuple(received)
                if error.args == ("raise",):
                    raise ValueError("raised") from error
                received.append(error.args)
    finally:
        received.append("finally")


SCRIPTS = [
    "next next next",
    "send:x next",
    "next send:a send:b throw:other send:c throw:stop next",
    "next throw:raise next",
    "throw:x next",
    "next close close next",
    "close next",
    "none none close",
    "next next close",
]
