"""freezegun changes the clock wherever a module holds it, and puts everything back."""

import datetime
import time
import uuid
from datetime import date

from snapshot import differences

EXPECT = {
    "owners": ["freezegun"],
    "at_least": 15,
    "targets": ["__main__:date", "datetime:date", "datetime:datetime", "time:time"],
    "reverted": True,
}


def today() -> date:
    return date.today()


with differences():
    from freezegun import freeze_time

    with freeze_time("2020-01-02"):
        assert today() == datetime.date(2020, 1, 2)
        assert time.time() == 1577923200
    assert uuid.uuid1() is not None
