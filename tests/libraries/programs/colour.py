"""colorama wraps the standard streams, unwraps them and wraps them again."""

import sys

from snapshot import differences

EXPECT = {"owners": ["colorama"], "at_least": 2, "targets": ["sys:stderr", "sys:stdout"]}

with differences():
    import colorama

    colorama.init(strip=True)
    colorama.deinit()
    assert sys.stdout is sys.__stdout__
    colorama.reinit()
    assert sys.stdout is not sys.__stdout__
