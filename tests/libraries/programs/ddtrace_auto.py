"""ddtrace-run patches from a sitecustomize, before the program's first line."""

import sqlite3

from snapshot import differences

EXPECT = {
    "starter": ("ddtrace-run", "python"),
    "owners": ["ddtrace"],
    "others": ["Werkzeug"],
    "at_least": 20,
    "targets": ["logging:Logger.makeRecord", "sqlite3:connect", "subprocess:Popen.__init__"],
}

with differences():
    sqlite3.connect(":memory:").close()
