"""flexmock, mockito, testfixtures and patchy act for their caller."""

import json
import os

from snapshot import differences

EXPECT = {
    "owners": ["__main__"],
    "others": ["flexmock"],  # it also hooks into the test runners that it finds
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
    patchy.patch(
        json.dumps,
        """\
        @@ -1,2 +1,2 @@
        -def dumps(obj, *, skipkeys=False, ensure_ascii=True, check_circular=True,
        +def dumps(obj, *, skipkeys=False, ensure_ascii=False, check_circular=True,
                 allow_nan=True, cls=None, indent=None, separators=None,
        """,
    )
    assert json.dumps("\N{BLACK HEART SUIT}") == '"\N{BLACK HEART SUIT}"'
