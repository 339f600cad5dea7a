"""The manifest command: python -m incident manifest [--json] PLUGIN..."""

from __future__ import annotations

import argparse
import json
import sys

from incident.runtime import Runtime


def main(words: list[str] | None = None) -> int:
    """Print what plugins offer. 0: done, 1: a plugin does not load, 2: wrong use."""
    parser = argparse.ArgumentParser("incident", description="What incident plugins can do.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    manifest = verbs.add_parser("manifest", help="list actions, owners, and what they may touch")
    manifest.add_argument("--json", action="store_true", help="as data")
    manifest.add_argument("plugins", nargs="+", metavar="PLUGIN", help="modules with actions")
    given = parser.parse_args(words)
    runtime = Runtime()
    try:
        runtime.load(given.plugins)
    except Exception as error:  # noqa: BLE001  # of a plugin: told, with its name
        print(f"incident: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    rows = runtime.manifest()
    if given.json:
        print(json.dumps({"schema": "incident.manifest/1", "actions": rows}, indent=2))
        return 0
    for row in rows:
        print(f"{row['name']}  {row['does']}")
        print(f"    owner    {row['owner']}, {row['made_at']}")
        print(f"    touches  {', '.join(row['touches'])}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
