"""better-exceptions and stackprinter both take sys.excepthook: a conflict."""

import sys

from snapshot import differences

EXPECT = {
    "owners": ["better-exceptions", "stackprinter"],
    "at_least": 2,
}

with differences():
    import better_exceptions
    import stackprinter

    better_exceptions.hook()
    stackprinter.set_excepthook()
    assert sys.excepthook is not sys.__excepthook__
