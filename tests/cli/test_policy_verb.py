"""Sessions of `overt policy`: whether a file can be used, and what it says of a patch."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Overt

POLICY = """
[policy]
default = "deny"
[[policy.rule]]
owner = "sentry-sdk"
target = "http.client:*"
action = "allow"
reason = "tracing, reviewed 2026-11"
[[policy.rule]]
boundary = "stdlib"
phase = "test"
action = "warn"
"""
SEND = "http.client:HTTPConnection.send"


def test_check_says_what_a_file_states(overt: Overt) -> None:
    """A good file in one line; ./overt.toml, the one named, the one of OVERT_CONFIG."""
    overt.write("overt.toml", POLICY)
    done = overt("policy", "check", "overt.toml")
    said = ": 2 rules, default deny; what is denied of others is warned about\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, "overt.toml" + said, "")
    assert overt("policy", "check").stdout == str(overt.cwd / "overt.toml") + said
    overt.write("other.toml", "[policy]\nenforce = true\nrule = [{action = 'deny'}]\n")
    done = overt("policy", "check", env={"OVERT_CONFIG": "other.toml"})
    assert done.stdout == (
        f"{overt.cwd}/other.toml: 1 rule, default warn; what is denied of others is undone\n"
    )
    overt.write("off.toml", "[off]\nall = true\n")
    done = overt("policy", "check", "off.toml")
    assert done.stdout == "off.toml: no [policy] is stated, so every patch is allowed\n"


WRONG = {
    "[policy]\nenforced = true\n": (
        "2:1: [policy] has no such key; it has default, enforce and rule"
    ),
    "[off]\nowner = []\n[policy]\n": (
        "2:1: [off] has no such key; it has all, owners, targets, boundaries, "
        "including_protected and reason"
    ),
    "[polcy]\n": "1:2: there is no table of this name; there are off, policy and budget",
}


@pytest.mark.parametrize("text", WRONG)
def test_check_says_where_a_file_is_wrong(overt: Overt, text: str) -> None:
    """File, line and column, also of the tables that are not of the policy."""
    overt.write("o.toml", text)
    done = overt("policy", "check", "o.toml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"overt: o.toml:{WRONG[text]}\n"


def test_a_file_that_is_not_there_is_told(overt: Overt) -> None:
    """Exit status 4, with what to do."""
    done = overt("policy", "check", "no.toml")
    assert (done.returncode, done.stderr) == (4, "overt: no.toml: there is no such file\n")
    done = overt("policy", "check")
    assert done.returncode == 4
    assert done.stderr == (
        "overt: overt.toml: there is no such file here, and OVERT_CONFIG names none; which file?\n"
    )


def test_explain_names_the_rule(overt: Overt) -> None:
    """The decision, the rule, the file and line; exit status 3 for a denial."""
    overt.write("overt.toml", POLICY)
    here = f"{overt.cwd}/overt.toml"
    done = overt("policy", "explain", SEND, "--owner", "sentry-sdk", "--boundary", "stdlib")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        f"{SEND} of sentry-sdk is allowed by rule 1 ({here}:4): tracing, reviewed 2026-11\n"
    )
    words = ("policy", "explain", SEND, "--owner", "acme", "--boundary", "stdlib")
    done = overt(*words)
    assert (done.returncode, done.stdout) == (
        3,
        f"{SEND} of acme is denied by the default ({here}:3): "
        "the standard library, in production\n",
    )
    done = overt(*words, env={"OVERT_PHASE": "test"})
    assert (done.returncode, done.stdout) == (
        0,
        f"{SEND} of acme is warned about by rule 2 ({here}:9)\n",
    )


def test_explain_answers_for_every_boundary(overt: Overt) -> None:
    """Without --boundary nothing is guessed: what decides is said for each."""
    overt.write("overt.toml", POLICY)
    words = ("policy", "explain", "shop:now", "--owner", "shop", "--phase", "test")
    done = overt(*words, "--origin", "governed", "--lifetime", "scope")
    rows = [line.split() for line in done.stdout.splitlines()]
    assert [f"{row[1]} {row[6]}" for row in rows] == [
        "own: allowed",
        "application: allowed",
        "third-party: denied",
        "stdlib: warned",
        "builtins: denied",
    ]
    document = json.loads(overt(*words, "--json").stdout)
    assert document["schema"] == "overt.policy/1"
    assert [(d["boundary"], d["action"], d["line"]) for d in document["decisions"]] == [
        ("own", "allow", None),
        ("application", "allow", None),
        ("third-party", "deny", 3),
        ("stdlib", "warn", 9),
        ("builtins", "deny", 3),
    ]


def test_explain_refuses_what_is_no_target(overt: Overt) -> None:
    """The grammar of targets is that of everything else."""
    overt.write("overt.toml", POLICY)
    done = overt("policy", "explain", "http.client", "--owner", "x")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("overt: http.client: ")
    assert overt("policy").returncode == 2
    assert overt("policy", "explain", SEND).returncode == 2
