"""flexmock, mockito, testfixtures and patchy act for their caller."""

import json
import os

from snapshot import differences

EXPECT = {
    "owners": ["__main__"],
    "others": ["flexmock", "zope.interface"],  # flexmock also hooks into the test runners it finds
    "needs": ["flexmock", "mockito", "patchy", "testfixtures"],
    "at_least": 4,
    "targets": ["json:dumps", "os:getcwd", "os:getpid", "os:listdir"],
}

with differences():
    import mockito
    import patchy
    import testfixtures
    from flexmock import flexmock

    flexmock(os).should_receive("getcwd").and_return("/shop")
    assert os.getcwd() == "/shop"
    mockito.when(os).listdir("/shop").thenReturn(["tea"])
    assert os.listdir("/shop") == ["tea"]
    mockito.unstub()
    with testfixtures.Replacer() as replacer:
        replacer.replace("os.getpid", lambda: 7)
        assert os.getpid() == 7
    patchy.replace(json.dumps, None, 'def dumps(obj, **options):\n    return "nothing"\n')
    assert json.dumps(1) == "nothing"
