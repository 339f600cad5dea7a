"""Imports modules with a class each; prints the bytes that they took. python memory.py MODULES

Three numbers: resident memory and malloc's own count for the modules and classes, then malloc's
count for a write to each class that had to be judged.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import json
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import FunctionType, ModuleType

FIELDS = ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks")
FIELDS += ("fordblks", "keepcost")
CODE = compile("class C: pass\ndef store(f): C.method = f", "made", "exec")


class Maker(MetaPathFinder, Loader):
    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name.startswith("made") else None

    def exec_module(self, module: ModuleType) -> None:
        exec(CODE, module.__dict__)


class Mallinfo(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_size_t) for name in FIELDS)


def allocated() -> int:
    mallinfo = ctypes.CDLL(None).mallinfo2
    mallinfo.restype = Mallinfo
    info = mallinfo()
    return int(info.uordblks + info.hblkhd)


def resident() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("no VmRSS in /proc/self/status")


def main() -> None:
    number = int(sys.argv[1])
    sys.meta_path.insert(0, Maker())
    gc.disable()
    allocated(), resident()
    gc.collect()
    before = resident(), allocated()
    modules = [importlib.import_module(f"made{i:06}") for i in range(number)]
    after = resident(), allocated()

    def method(self: object) -> None: ...

    for module in modules:
        module.store(FunctionType(method.__code__, module.__dict__))
    judged = allocated()
    print(json.dumps([after[0] - before[0], after[1] - before[1], judged - after[1]]), flush=True)


if __name__ == "__main__":
    main()
