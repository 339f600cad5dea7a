"""defusedxml and dnspython change the standard library; Markdown changes a copy of it."""

import socket
import xmlrpc.client

from snapshot import differences

EXPECT = {
    "owners": ["defusedxml", "dnspython"],
    "needs": ["markdown"],
    "at_least": 12,
    "targets": {
        "socket:getaddrinfo": "dnspython",
        "xml.sax:parse": "defusedxml",
        "xmlrpc.client:FastParser": "defusedxml",
    },
}

with differences():
    import defusedxml
    import defusedxml.ElementTree
    import dns.resolver
    import markdown

    defusedxml.defuse_stdlib()
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    dns.resolver.override_system_resolver(resolver)
    dns.resolver.restore_system_resolver()
    assert markdown.markdown("*tea*") == "<p><em>tea</em></p>"
    assert defusedxml.ElementTree.fromstring("<a/>").tag == "a"
    assert all((socket, xmlrpc.client))
