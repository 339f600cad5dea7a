"""cloudpickle, dill and jsonpickle take objects apart and together: they patch nothing."""

import pickle

import cloudpickle
import dill
import jsonpickle
from snapshot import differences

EXPECT = {"needs": ["cloudpickle", "dill", "jsonpickle"]}


class Point:
    def __init__(self) -> None:
        self.x = 1


with differences():
    assert pickle.loads(cloudpickle.dumps(lambda x: x + 1))(1) == 2
    assert dill.loads(dill.dumps(lambda x: x + 2))(1) == 3
    assert dill.loads(dill.dumps(Point))().x == 1
    assert jsonpickle.decode(jsonpickle.encode(Point())).x == 1
    dill.extend(use_dill=False)
    dill.extend(use_dill=True)
