"""A program that is switched from outside: python switched.py idle | busy | held

idle: its main thread waits. busy: four threads run Python. held: a C call holds the GIL.
The patch is a governed one, whose calls read a flag.
"""

from __future__ import annotations

import ctypes
import string  # noqa: F401  # what is patched must be there, or it waits
import sys
import threading

import overt


def work() -> None:
    while True:
        sum(range(1000))


def loud(s: str, sep: str | None = None) -> str:
    return s.upper()


overt.patch("string:capwords", loud, owner="bench").install()
kind = sys.argv[1]
print("ready", flush=True)
if kind == "busy":
    for _ in range(4):
        threading.Thread(target=work, daemon=True).start()
if kind == "held":
    ctypes.PyDLL(None).sleep(600)
sys.stdin.read()
