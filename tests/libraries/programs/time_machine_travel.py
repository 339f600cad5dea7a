"""time-machine exchanges the clock inside the C functions, where no namespace changes."""

import datetime
import uuid

from snapshot import differences

EXPECT = {
    "owners": ["time-machine"],
    "targets": ["uuid:_generate_time_safe"],
    "at_least": 1,
    "reverted": True,
}

with differences():
    import time_machine

    with time_machine.travel("2020-01-02"):
        assert datetime.date.today() == datetime.date(2020, 1, 2)
    assert uuid.uuid1() is not None
