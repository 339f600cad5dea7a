"""What the numbers of a bench depend on, in a few lines."""

from __future__ import annotations

import os
import platform
import subprocess
import sysconfig
from importlib.metadata import version
from pathlib import Path


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def memory() -> str:
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"


def valgrind() -> str:
    try:
        done = subprocess.run(["valgrind", "--version"], capture_output=True, text=True)
    except FileNotFoundError:
        return "missing: no instruction counts"
    return done.stdout.strip()


def build() -> str:
    options = str(sysconfig.get_config_var("CONFIG_ARGS") or "").split()
    told = [word.strip("'") for word in options]
    told = [word for word in told if word.startswith(("--enable-", "--with-"))]
    if "--enable-optimizations" not in told:
        told.append("(no PGO)")
    optimised = str(sysconfig.get_config_var("OPT") or "")
    return " ".join([optimised, *told])


def describe() -> dict[str, str]:
    return {
        "machine": f"{processor()}, {len(os.sched_getaffinity(0))} cores, {memory()}",
        "system": f"{platform.system()} {platform.release()}, {' '.join(platform.libc_ver())}",
        "load": " ".join(f"{load:.1f}" for load in os.getloadavg()),
        "python": f"{platform.python_version()}, {platform.python_compiler()}",
        "its build": build(),
        "overt": version("overt"),
        "valgrind": valgrind(),
    }
