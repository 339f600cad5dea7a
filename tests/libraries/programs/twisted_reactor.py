"""twisted runs a reactor; its interfaces mark classes of typing and abc."""

import abc
import typing

from snapshot import differences

EXPECT = {
    "owners": ["zope.interface"],
    "needs": ["twisted"],
    "at_least": 1,
    "targets": ["typing:Generic.__providedBy__"],
}

with differences():
    from twisted.internet import defer, reactor

    results: list[int] = []
    deferred: defer.Deferred[int] = defer.Deferred()
    deferred.addCallback(results.append)
    reactor.callLater(0, deferred.callback, 1)
    reactor.callLater(0.01, reactor.stop)
    reactor.run()
    assert results == [1]
    assert all((abc, typing))
