"""A program that is switched from outside: python switched.py idle | busy | held

idle: its main thread waits. busy: four threads run Python. held: a C call holds the GIL.
"""

from __future__ import annotations

import ctypes
import sys
import threading


def work() -> None:
    while True:
        sum(range(1000))


threading.Thread.patched = print  # type: ignore[attr-defined]
kind = sys.argv[1]
print("ready", flush=True)
if kind == "busy":
    for _ in range(4):
        threading.Thread(target=work, daemon=True).start()
if kind == "held":
    ctypes.PyDLL(None).sleep(600)
sys.stdin.read()
