"""coverage, line_profiler, yappi and pympler watch a program without patching it."""

import coverage
import yappi
from line_profiler import LineProfiler
from pympler import asizeof
from snapshot import differences

EXPECT = {"needs": ["coverage", "line-profiler", "pympler", "yappi"]}


def work() -> int:
    return sum(range(10))


with differences():
    measurement = coverage.Coverage(data_file=None)
    measurement.start()
    assert work() == 45
    measurement.stop()
    yappi.start()
    assert work() == 45
    yappi.stop()
    assert LineProfiler(work).runcall(work) == 45
    assert asizeof.asizeof({}) > 0
