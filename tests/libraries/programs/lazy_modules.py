"""setuptools, six.moves and modules that replace themselves: entries of sys.modules, no patches."""

import sys

from snapshot import differences

EXPECT = {"needs": ["setuptools", "six"]}

with differences():
    import collections.abc

    import setuptools
    import six.moves

    assert setuptools.Extension is not None
    assert six.moves.range is range
    assert sys.modules["collections.abc"] is collections.abc
