"""Words that would run in a page that showed them as markup, of the kinds that OWASP's cheat sheet lists."""

from __future__ import annotations

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</title></style></textarea><svg/onload=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)' x='",
    '" autofocus onfocus=alert(1) x="',
    "javascript:alert(1)//",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "{{7*7}}{% raw %}${7*7}#{7*7}<%= 7*7 %>",
    "<!--><img src=x onerror=alert(1)>-->",
    "&lt;img src=x onerror=alert(1)&gt;",
    "\N{FULLWIDTH LESS-THAN SIGN}script\N{FULLWIDTH GREATER-THAN SIGN}alert(1)",
    "<a href='jav&#x09;ascript:alert(1)'>x</a>",
    "<base href='//evil.example/'><meta http-equiv=refresh content='0;url=//evil.example'>",
)
