"""pymysql.install_as_MySQLdb takes the name of another library."""

import pymysql
from snapshot import differences

EXPECT = {"owners": ["PyMySQL"], "at_least": 1, "targets": ["sys.modules:MySQLdb"]}

with differences():
    pymysql.install_as_MySQLdb()
    import MySQLdb

    assert MySQLdb is pymysql
