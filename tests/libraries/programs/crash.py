"""A program that ends with a traceback: what the interpreter keeps of it is no patch."""

import atexit

from snapshot import differences

EXPECT = {"status": 1}

with differences():
    atexit.register(print, "ends")

raise SystemError("the end")
