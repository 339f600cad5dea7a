"""pyfakefs puts a file system in memory under every module, and takes it away again."""

import io
import os
import pathlib
import shutil
import tempfile

from snapshot import differences

EXPECT = {
    "owners": ["pyfakefs"],
    "at_least": 30,
    "targets": ["__main__:os", "builtins:open", "sys.modules:os", "tempfile:_os"],
}

with differences():
    from pyfakefs.fake_filesystem_unittest import Patcher

    with Patcher() as patcher:
        patcher.fs.create_file("/shop/list", contents="tea")
        assert os.listdir("/shop") == ["list"]
        assert pathlib.Path("/shop/list").read_text() == "tea"
    assert not os.path.exists("/shop")
    assert all((io, shutil, tempfile))
