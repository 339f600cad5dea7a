"""The written rules: why a name that changed is no patch.

They carry the names that core/src/rules.cpp gives to its own, but they are written from the
outside: a rule here sees only what was there before and after, never the code that wrote it. Where
that is too little to tell, the rule does not hold and the difference stays unexplained.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from parties import APPLICATION, PYTHON, home_of, party

Change = dict[str, Any]

BOOKKEEPING = """
    __abstractmethods__ __annotate__ __annotate_func__ __annotations__ __annotations_cache__
    __builtins__ __cached__ __classdictcell__ __dict__ __doc__ __file__ __firstlineno__ __loader__
    __module__ __orig_bases__ __package__ __path__ __slotnames__ __spec__ __static_attributes__
    __type_params__ __warningregistry__
""".split()  # noqa: SIM905  # a table, not a list to read line by line


# The slot that each of these functions of the standard library fills: logging.setLoggerClass, ...
REGISTERED = {
    "asyncio.events:_event_loop_policy": "asyncio.set_event_loop_policy",
    "logging:_logRecordFactory": "logging.setLogRecordFactory",
    "logging:_loggerClass": "logging.setLoggerClass",
    "sys.modules:__mp_main__": "multiprocessing",
}

GENERATED = "?"  # the party of code made at run time, with no module: it acts for its caller


def _name(change: Change) -> str:
    """The last part of the target: what was written."""
    text: str = change["target"].partition(":")[2]
    return text if change["space"] == "modules" else text.rpartition(".")[2]


def _party(change: Change) -> str:
    return party(change["module"], change["file"])


def _value_party(value: Change | None) -> str | None:
    if value is None:
        return None
    return GENERATED if value["definer"] == "?" else party(value["definer"], value["file"])


def _is_behaviour(value: Change | None) -> bool:
    kinds = ("callable", "descriptor", "class")
    return value is not None and any(value[kind] for kind in kinds)


def bookkeeping(change: Change) -> bool:
    """Names through which the interpreter and the import system keep their books."""
    return change["space"] in ("module", "type") and _name(change) in BOOKKEEPING


def plain_data(change: Change) -> bool:
    """Data replaced by data."""
    values = [value for value in (change["old"], change["new"]) if value is not None]
    if change["space"] not in ("module", "type") or change["module"] == "builtins":
        return False
    return all(value["plain"] for value in values)


def new_data(change: Change) -> bool:
    """A new name that is no behaviour: a mark, a cache, a flag. In builtins it reaches all code."""
    if change["space"] not in ("module", "type") or change["module"] == "builtins":
        return False
    return change["old"] is None and not _is_behaviour(change["new"])


def import_system(change: Change) -> bool:
    """A submodule that the import system stored on its package, or an import."""
    new = change["new"]
    if change["old"] is not None or new is None or not new["module"]:
        return False
    if change["space"] == "modules":
        return bool(new["spec"]) and new["definer"] == _name(change)
    return bool(new["definer"] == f"{change['module']}.{_name(change)}")


def own_entry(change: Change) -> bool:
    """A new entry of sys.modules, below a name that its own distribution has, such as six.moves."""
    top = _name(change).partition(".")[0]
    if change["space"] != "modules" or change["old"] is not None:
        return False
    home = party(top, home_of(top))
    return home != APPLICATION and (home == _value_party(change["new"]) or top != _name(change))


def run_time_module(change: Change) -> bool:
    """A new entry of sys.modules, made at run time under a name that nothing installed has.

    That is a module made for that name, or a copy of another one, and not the other one itself,
    unless the name is so private that nobody else imports it.
    """
    new = change["new"]
    if change["space"] != "modules" or change["old"] is not None or new is None:
        return False
    top = _name(change).partition(".")[0]
    made = new["definer"].endswith(_name(change)) or new.get("copy", False)
    made = made or _name(change).startswith("__")
    return made and party(top, home_of(top)) == APPLICATION


def registered(change: Change) -> bool:
    """The standard library stored what it was given through a function meant for that."""
    return change["target"] in REGISTERED


def own_distribution(change: Change) -> bool:
    """State that a distribution keeps in itself: no function or class of it was exchanged."""
    old, new = change["old"], change["new"]
    if change["space"] not in ("module", "type") or _is_behaviour(old) or (old and old["module"]):
        return False
    if old is None and _party(change) == PYTHON and not change["lazy"]:
        return False  # the standard library is complete from the start
    values = [value for value in (old, new) if value and not value["plain"]]
    return all(_value_party(value) in (_party(change), GENERATED) for value in values)


def own_body(change: Change) -> bool:
    """The program's own script goes on and defines its names."""
    return change["module"] == "__main__" and change["space"] == "module" and change["old"] is None


def framework(change: Change) -> bool:
    """A class of the application is completed by the makers of its bases and metaclass."""
    if change["space"] != "type" or _party(change) != APPLICATION:
        return False
    makers = {party(base["module"], base["file"]) for base in change["frameworks"]}
    return change["old"] is None or _value_party(change["old"]) in makers - {PYTHON}


def own_value(change: Change) -> bool:
    """A distribution takes out or exchanges what it had put there itself."""
    old, new = _value_party(change["old"]), _value_party(change["new"])
    return old is not None and new in (None, old) and old != _party(change)


def requested(change: Change) -> bool:
    """A library adds to a class of the application, which asked for it."""
    added = change["old"] is None and change["space"] == "type"
    return added and _party(change) == APPLICATION


RULES: dict[str, Callable[[Change], bool]] = {
    "bookkeeping": bookkeeping,
    "plain data": plain_data,
    "new name without behaviour": new_data,
    "import system": import_system,
    "own entry": own_entry,
    "a module made at run time": run_time_module,
    "standard library on its own account": registered,
    "own distribution": own_distribution,
    "own body": own_body,
    "framework": framework,
    "own value": own_value,
    "requested": requested,
}


def explain(change: Change) -> str | None:
    """The first rule that says why `change` is no patch; None when it must be one."""
    return next((name for name, holds in RULES.items() if holds(change)), None)
