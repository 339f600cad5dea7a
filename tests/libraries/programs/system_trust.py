"""truststore takes the place of ssl.SSLContext, and leaves it again."""

import ssl

from snapshot import differences

EXPECT = {
    "owners": ["truststore"],
    "at_least": 1,
    "targets": ["ssl:SSLContext"],
    "reverted": True,
}

with differences():
    import truststore

    truststore.inject_into_ssl()
    assert ssl.SSLContext is truststore.SSLContext
    truststore.extract_from_ssl()
