"""Counts instructions with valgrind: numbers that repeat to the last digit on a busy machine too.

A program marks the ends of its parts by os.getppid(), which nothing else calls: callgrind notes the
count each time libc's getppid() is entered.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from run import Failed, output


def available() -> bool:
    return shutil.which("valgrind") is not None


# What pymalloc does for an object depends on where in its pool the object stands, which moves a
# loop by half a per cent by luck. A block from this cache costs the same wherever it lies.
EVEN_MEMORY = {
    "PYTHONMALLOC": "malloc",
    "GLIBC_TUNABLES": "glibc.malloc.tcache_count=10000:glibc.malloc.tcache_max=60000",
}


def parts(
    words: list[str], *, governed: bool, environ: Mapping[str, str] | None = None
) -> list[int]:
    """Instructions before the first mark, between the marks, and after the last one."""
    with tempfile.TemporaryDirectory(prefix="overt-bench-") as directory:
        valgrind = ["valgrind", "-q", "--tool=callgrind", "--dump-before=getppid"]
        valgrind.append(f"--callgrind-out-file={directory}/out")
        output([*valgrind, *words], governed=governed, environ=environ)
        # out.1, out.2, ... at the marks, and out at the end
        at_marks = sorted(Path(directory).glob("out.*"), key=lambda path: int(path.suffix[1:]))
        return [summary(path) for path in [*at_marks, Path(directory, "out")]]


def summary(path: Path) -> int:
    found = re.search(r"^(?:summary|totals): (\d+)", path.read_text(), re.MULTILINE)
    if found is None:
        raise Failed(f"{path}: callgrind wrote no count")
    return int(found[1])
