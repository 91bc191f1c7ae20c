"""Pages written for these tests, in the shape in which news pages come."""

from __future__ import annotations

PARAGRAPHS = (
    "Lithoworks, a maker of tools for chip factories, lost its licence to ship to China on Monday, the trade "
    "ministry said.",
    "The firm had shipped 14 machines this year. A spokesperson said that it would “comply in full.”",
    "Officials in Washington are weighing a rule that would keep cloud providers from renting computers to "
    "Chinese developers, according to two people with knowledge of the talks.",
)

COPIED_PAGE = f"""• Geneva
  • Cairo
  • Lima
  • Oslo
Morning Courier Logo
  • Geneva
  • Cairo


icon

Courier Briefing

Toolmaker's lost licence could slow China's factories

Insights from The Daily Ledger, Trade Watch, and Harbor News

Arrow Down
March 3, 2024, 9:05am EST
techAsia
A Lithoworks hall.
Jo Doe via Reuters
PostEmailCopy
Title icon

The Facts

{PARAGRAPHS[0]}

AD

{PARAGRAPHS[1]}

icon

BRIEFING

Courier Briefing: What the world reads this morning.

Cloud rules come next for the firm and its buyers

Source icon
Sources:
The Daily Ledger, Trade Watch

{PARAGRAPHS[2]}

AD"""

FURNITURE = (
    "Geneva",
    "Logo",
    "icon",
    "Arrow Down",
    "9:05am",
    "techAsia",
    "Jo Doe",
    "PostEmail",
    "The Facts",
    "AD\n",
    "BRIEFING",
    "Courier Briefing",
    "Sources",
    "Daily Ledger",
)

HTML_PAGE = """<!DOCTYPE html>
<html lang="en"><head><title>Licence lost | Morning Courier</title>
<style>p { color: red }</style><script>var text = "<p>scripted</p>";</script></head>
<body><!-- a comment with <p>words</p> -->
<nav><ul><li><a href="/">Home</a></li><li><a href="/w">World</a></li>
<li><a href="/b">Business</a></li></ul></nav>
<main><article><h1>Lithoworks loses <em>its</em> licence &amp; shares fall</h1>
<p>Lithoworks, a maker of <b>tools</b> for <a href="/c?a=1&amp;b=2">chip factories</a>, lost its licence
   to ship to China on Monday&nbsp;night, the ministry&#8217;s spokesperson said.
   The firm will <i>comply</i>.</p>
<p hidden>Concealed by attribute, and long enough to pass for a paragraph of the article itself.</p>
<div style="color: red; DISPLAY : none"><p>Concealed by style, long enough to pass for a paragraph.</p></div>
<p>&ldquo;We regret it,&rdquo; said an aide.<br/>Shares of Litho<wbr>works fell 4% in Asia.</p>
<ul><li>Exporters must file by <i>June</i>.<li>Servicing contracts need a licence too.</ul>
<script>document.write("<p>scripted too</p>")</script>
<p>Officials in Washington are weighing a rule that would keep cloud providers from renting computers to
Chinese developers, according to two people with knowledge of the talks.</p>
</article></main>
<footer><p>© 2024 Morning Courier. All rights reserved.</p></footer></body></html>"""
