"""wrapt's, decorator's and deprecated's decorators, lazy proxies and contracts: no patches."""

import decorator
import deprecated
import icontract
import lazy_object_proxy
import tenacity
import wrapt
from snapshot import differences

EXPECT = {
    "needs": ["decorator", "deprecated", "icontract", "lazy-object-proxy", "tenacity", "wrapt"]
}


@decorator.decorator
def doubled(function, *args):
    return 2 * function(*args)


with differences():

    @doubled
    def one() -> int:
        return 1

    @tenacity.retry
    def two() -> int:
        return 2

    @deprecated.deprecated(version="1.0")
    class Old:
        pass

    @icontract.invariant(lambda self: self.x > 0)
    class Positive:
        def __init__(self) -> None:
            self.x = 1

        @icontract.ensure(lambda result: result > 0)
        def get(self) -> int:
            return self.x

    class Counter(wrapt.ObjectProxy):
        def size(self) -> int:
            return len(self.__wrapped__)

    assert (one(), two(), Positive().get()) == (2, 2, 1)
    assert Counter([1]).size() == 1
    assert len(lazy_object_proxy.Proxy(lambda: [1, 2])) == 2
    assert Old.__name__ == "Old"
