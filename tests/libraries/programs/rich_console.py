"""rich installs its hooks for tracebacks and for displayed values."""

import io
import sys

from snapshot import differences

EXPECT = {
    "owners": ["rich"],
    "at_least": 2,
    "targets": ["sys:displayhook", "sys:excepthook"],
}

with differences():
    from rich import pretty, traceback
    from rich.console import Console

    traceback.install()
    pretty.install()
    Console(file=io.StringIO()).print({"a": [1]})
    assert sys.excepthook is not sys.__excepthook__
