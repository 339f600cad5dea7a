"""requests-cache takes the place of requests.Session, and leaves it again."""

import requests
from snapshot import differences

EXPECT = {
    "owners": ["requests-cache"],
    "needs": ["requests"],
    "at_least": 2,
    "targets": ["requests:Session", "requests.sessions:Session"],
    "reverted": True,
}

with differences():
    import requests_cache

    requests_cache.install_cache(backend="memory")
    assert "Cached" in requests.Session.__name__
    requests_cache.uninstall_cache()
