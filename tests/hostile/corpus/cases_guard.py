"""URLs and resolver answers that must be refused without any connect."""
# ruff: noqa: E501, UP031 - payloads stay as they are sent, on one line
# mypy: ignore-errors

from __future__ import annotations

from tests.hostile.corpus.builders import Case, add

G = "ssrf"


def url(id, value, why):
    add(
        Case(
            "url-" + id,
            "url",
            G,
            "refused by the URL guard before any look-up or connect: " + why,
            "refused",
            text=value,
        )
    )


for _id, _u, _w in [
    ("metadata", "http://169.254.169.254/latest/meta-data/", "link-local metadata address"),
    ("metadata-decimal", "http://2852039166/", "the same, decimal"),
    ("metadata-hex", "http://0xa9fea9fe/", "the same, hexadecimal"),
    ("metadata-octal", "http://0251.0376.0251.0376/", "the same, octal"),
    ("metadata-mapped", "http://[::ffff:169.254.169.254]/", "the same, IPv4-mapped"),
    ("metadata-nat64", "http://[64:ff9b::a9fe:a9fe]/", "the same, NAT64"),
    ("metadata-6to4", "http://[2002:a9fe:a9fe::]/", "the same, 6to4"),
    ("metadata-v6", "http://[fd00:ec2::254]/", "unique local"),
    ("metadata-dot", "http://169.254.169.254./", "trailing dot"),
    ("metadata-fullwidth", "http://\uff11\uff16\uff19.254.169.254/", "full-width digits"),
    ("metadata-circled", "http://\u2460\u2465\u2468.254.169.254/", "circled digits"),
    ("metadata-ideographic", "http://169\u3002254\u3002169\u3002254/", "ideographic full stops"),
    ("ten", "http://10.0.0.1/", "private"),
    ("172", "http://172.16.0.1/", "private"),
    ("192", "http://192.168.1.1/", "private"),
    ("cgnat", "http://100.64.0.1/", "shared address space"),
    ("zero", "http://0.0.0.0/", "unspecified"),
    ("zero-short", "http://0/", "unspecified"),
    ("loopback", "http://127.0.0.1/", "loopback that is not on the allow list"),
    ("loopback-other", "http://127.255.255.254/", "loopback"),
    ("localhost", "http://localhost/", "loopback by name"),
    ("localhost-sub", "http://a.localhost/", "loopback by name"),
    ("localhost-upper", "http://LOCALHOST./", "loopback by name"),
    ("v6-loopback", "http://[::1]/", "loopback"),
    ("v6-unspecified", "http://[::]/", "unspecified"),
    ("v6-linklocal", "http://[fe80::1]/", "link-local"),
    ("v6-zone", "http://[fe80::1%25lo]/", "link-local with a zone"),
    ("v6-ula", "http://[fc00::1]/", "unique local"),
    ("v6-compat", "http://[::127.0.0.1]/", "IPv4-compatible"),
    ("v6-isatap", "http://[2001:db8::5efe:7f00:1]/", "ISATAP around a loopback address"),
    ("v6-teredo", "http://[2001:0:53aa:64c:0:0:80ff:fffe]/", "Teredo around a loopback address"),
    ("multicast", "http://224.0.0.1/", "multicast"),
    ("broadcast", "http://255.255.255.255/", "broadcast"),
    ("reserved", "http://240.0.0.1/", "reserved"),
    ("benchmark", "http://198.18.0.1/", "benchmarking"),
    ("documentation", "http://192.0.2.1/", "documentation"),
    ("protocol", "http://192.0.0.192/", "IETF protocol assignments"),
    ("internal-name", "http://metadata.google.internal/", "a .internal name"),
    ("local-name", "http://printer.local/", "a .local name"),
    ("single-label", "http://intranet/", "a single label"),
    (
        "userinfo-trick",
        "http://example.com@169.254.169.254/",
        "userinfo in front of a private address",
    ),
    (
        "userinfo-backslash",
        "http://example.com\\@169.254.169.254/",
        "parsers disagree on the backslash",
    ),
    (
        "fragment-trick",
        "http://169.254.169.254#@example.com/",
        "a fragment behind a private address",
    ),
    ("port-22", "http://example.com:22/", "not a web port (a documented port policy)"),
    ("port-25", "http://example.com:25/", "not a web port"),
    ("port-6379", "http://example.com:6379/", "not a web port"),
    ("file", "file:///etc/passwd", "scheme"),
    ("gopher", "gopher://example.com/_x", "scheme"),
    ("ftp", "ftp://example.com/x", "scheme"),
    ("dict", "dict://example.com:11211/x", "scheme"),
    ("data", "data:text/xml,<rss/>", "scheme"),
    ("ldap", "ldap://example.com/", "scheme"),
    ("jar", "jar:http://example.com!/", "scheme"),
    ("unix", "http+unix://%2Fvar%2Frun%2Fdocker.sock/", "scheme"),
    ("crlf", "http://example.com/\r\nHost: evil", "control characters"),
    ("space", "http://exam ple.com/", "a space in the host"),
    ("no-host", "http:///x", "no host"),
    ("empty", "", "empty"),
    ("label-64", "http://%s.com/" % ("a" * 64), "a label over 63 bytes"),
    ("host-300", "http://%s/" % ".".join(["a" * 50] * 6), "a host over 253 bytes"),
    ("huge", "http://example.com/" + "a" * 1_000_000, "a 1 MB URL"),
]:
    url(_id, _u, _w)
for _id, _ans, _exp in [
    ("private", [["10.0.0.5"]], "refused: the name has a private address"),
    (
        "mixed",
        [["93.184.216.34", "127.0.0.1"]],
        "refused, or only the public address is ever dialled",
    ),
    (
        "rebinding",
        [["93.184.216.34"], ["127.0.0.1"]],
        "the address that was checked is the one dialled (first answer public, second private): no connect to the second",
    ),
    (
        "rebinding-redirect",
        [["93.184.216.34"], ["169.254.169.254"]],
        "a redirect to the same host is checked again",
    ),
    ("empty", [[]], "failed: no address"),
    ("v6-mapped", [["::ffff:10.0.0.1"]], "refused"),
    (
        "many",
        [["93.184.216.%d" % (i % 250 + 1) for i in range(2000)]],
        "a bounded number of addresses is tried",
    ),
]:
    add(
        Case(
            "resolver-" + _id,
            "resolver",
            G,
            _exp + " (stub the resolver and the connect; no packet leaves)",
            "refused",
            text={"host": "rebind.test", "answers": _ans},
        )
    )
