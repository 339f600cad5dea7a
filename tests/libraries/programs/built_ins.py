"""icecream adds a name to builtins, and takes it away again."""

import builtins

from snapshot import differences

EXPECT = {
    "owners": ["icecream"],
    "at_least": 1,
    "targets": ["builtins:ic"],
    "reverted": True,
}

with differences():
    import icecream

    icecream.install()
    assert builtins.ic is icecream.ic
    icecream.uninstall()
