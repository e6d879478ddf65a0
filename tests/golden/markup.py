"""Small pages of HTML: what stands around the content, where the content is, and questions in markup."""

from __future__ import annotations

from collections.abc import Iterator

LINE = "A kettle stands on the stove in every kitchen, and nobody looks at it before the water boils."
PROSE = " ".join(f"{LINE} So it was in {year}, and so it is." for year in range(1990, 1996))

NAMES = (
    "sidebar",
    "has-sidebar",
    "post_comments",
    "commentsList",
    "share-this",
    "ad",
    "ad-box",
    "toc",
    "main-toc",
    "widget",
    "widget-area",
    "area-widget",
    "meta",
    "meta-box",
    "no-nav",
    "nav",
    "without_menu",
    "content",
    "figure",
    "Footer",
    "siteFooter",
    "x" * 1001 + " nav",
)
TRAITS = (
    'role="banner"',
    'role="main"',
    'aria-hidden="true"',
    'aria-hidden="false"',
    "hidden",
    'style="display: none"',
    'style="visibility:hidden"',
    'style="color: red"',
    'style="font-size:0"',
    'style="font-size: 1.0px"',
    'style="color:transparent"',
    'style="color:#FFF;background-color:white"',
    'style="color:#fff;background:#000"',
    'style="position:absolute;left:-9999px"',
    'style="text-indent: -999px"',
)


def _around() -> Iterator[str]:
    """Boxes that may be furniture, with little and with much of the page's text, and with what speaks for them."""
    for attributes in (*(f'class="{name}"' for name in NAMES), *(f'id="{name}"' for name in NAMES[:6]), *TRAITS):
        yield f"<h1>Page</h1><div><p>{PROSE}</p></div><div {attributes}><p>{LINE}</p><b>label</b></div>"
        yield f"<h1>Page</h1><div><p>{PROSE}</p></div><div {attributes}>a label</div>"
    for inside in (
        PROSE,
        f"<p>{PROSE}</p>",
        "<h1>Top</h1>text",
        "<h3>Heading</h3>text",
        "<main>text</main>",
        "<table><tr><td>a</table>",
        '<div class="titlepage">t</div>text',
    ):
        for tag, attributes in (
            ("div", "sidebar"),
            ("article", "sidebar"),
            ("div", "figure"),
            ("header", ""),
            ("form", ""),
            ("pre", "menu"),
            ("dialog", ""),
        ):
            yield f'<p>{LINE}</p><{tag} class="{attributes}">{inside}</{tag}>'
    for button in (
        "<h3><button>Why is it so?</button></h3>",
        "<button>Why is it so?</button>",
        '<button aria-controls="x">Why is it so?</button>',
        '<button aria-expanded="true">Show all</button>',
        "<details><summary><button>Why is it so?</button></summary>",
        "<dl><dt><button>Why is it so?</button><dd>So.</dl>",
    ):
        yield f"<p>{LINE}</p>{button}<p>{LINE}</p>"


def _placed() -> Iterator[str]:
    """Where the content is: in one box, in equal ones, in a layout, beside a headline."""
    one, other = f"<p>{PROSE}</p>", f"<p>{PROSE.replace('kettle', 'pot')}</p>"
    for outer, inner in (
        ("div", 'div class="post"'),
        ("div", "div"),
        ("div", "section"),
        ("div", 'div class="a"'),
        ("main", "article"),
        ("body", "center"),
    ):
        tag = inner.split()[0]
        yield f"<{outer}><{inner}>{one}</{tag}><{inner}>{other}</{tag}></{outer}>"
        yield f"<{outer}><h2>First</h2><{inner}>{one}{other}</{tag}><{inner}><p>{LINE}</p></{tag}></{outer}>"
        yield f"<{outer}>{LINE}<{inner}>{one}{other}{one}</{tag}></{outer}>"
        yield f"<{outer}><{inner}>{one}{other}</{tag}><div class='b'><p>{LINE}</p></div></{outer}>"
    yield f"<table><tr><td>menu<td>{one}{other}<td><p>{LINE}</p></table>"
    for before in (
        "<h1>Head</h1>",
        "<h2>Head</h2>",
        f"<h2>First</h2><h1>Head</h1><p>{LINE}</p>",
        f"<h2>Head</h2><div><p>{LINE}</p><h3>Sub</h3></div>",
        "<nav><h1>Nav</h1></nav>",
        f"<div><h1>Head</h1></div><p>short</p><blockquote>{LINE}</blockquote>",
        f"<div class='share'><h1>Head</h1><p>{LINE}</p></div>",
    ):
        yield f"<div>{before}</div><div class='text'>{one}{other}{one}</div><p>after</p>"
        yield f"{before}<div class='text'>{one}{other}{one}</div>"
    yield from ("", "<p>short</p>", "<ul><li>a<li>b</ul>", f"<div>{LINE}</div>")


def _built() -> Iterator[str]:
    """Text in lists, quotes, programs, links and headings."""
    around = "<h1>Page</h1><p>" + LINE + "</p>{}<p>" + LINE + "</p>"
    for inside in (
        "<h2>A <pre>code</pre> heading</h2>",
        "<h2><p>in</p><p>two</p></h2>",
        "<h2></h2>text",
        "<pre></pre>",
        "<pre>a<pre>b</pre>c</pre>",
        "<pre>a<br>b<p>c</p></pre>",
        "<pre><h2>no heading</h2></pre>",
        "<p><code></code>a <code>b <code>c</code></code></p>",
        "<blockquote>quoted<br>lines</blockquote>",
        "<blockquote><ul><li>item</ul></blockquote>",
        "<ul><li></li><li>a<p>b</p></ul>",
        "<dl><dt>a<dd>b<dd>c</dl>",
        "<ul>" + "<li>x<ul>" * 12 + "<li>deep" + "</ul>" * 12 + "</ul>",
        "<ol start=x><li>a</ol>",
        "<ol reversed><li>a<li value=9>b</ol>",
        "<p><a href=x>Read more</a></p>",
        "<p><a href=x>Read more of it</a> a</p>",
        "<p><a href=x>http://example.org</a></p>",
        "<li>stray item</li>",
        "<hr>text<hr>",
        "<header>label</header>",
        f"<header>{LINE}</header>",
        f"<header>{LINE[:30]}</header>",
        "<p>a<table><tr><td>b</table>c</p>",
        "<table><tr><th>a<th>b<tr><td>c</table>",
        "<table><tr><td>a</table>",
        "<table><tr><td><hr>a<td>b<tr><td>c<td>d</table>",
        "<p>a<!-- comment --><?x?>b &lt;i&gt; &amp;amp;</p>",
        "<p><a name=x>anchor</a> <a>none</a></p>",
        "<details><summary>Why is it so?</summary>So.<h2>Inside</h2>text</details>after",
        "<details><summary>More</summary>So.</details>",
        "<dl><dt>Why is it so?<dd>So.<dt>Name<dd>Text<dt>Other<dd>Text</dl>",
        "<dl><dt>Why is it so?<dd>So.<dt>Name<dd>Text</dl>",
        "<p><b>Why is it so?</b></p><p>So.</p>",
        "<p><b>Why is it so?</b></p><p>So.</p><p><b>And why is that?</b></p><p>So.</p>",
        "<p><b>Why is it so?</b> yes</p>" * 2,
        "<p>Q: Why is it so?<br>A: So.</p><p>Q: And that?<br>A: So, too.</p>",
        "<ul><li>Q. Why is it so?<li>A. So.</ul>",
        '<div itemtype="http://schema.org/Question"><p property="name">Why so</p><div typeof="Answer">So.</div></div>',
        '<div typeof="schema:Question"><p itemprop="name">Why so</p><p itemprop="text">own</p><div typeof="Answer">So.</div></div>',
        "<ul><li><a href=x>one one</a><li><a href=x>two two</a><li>three</ul>",
        "<ul><li><a href=x>one one</a><li><a href=x>two two</a></ul>",
        "<h3>Empty</h3><h2>Next</h2>text<h2>Last</h2>",
        "&#8203;zero &#x41; &lrm;mark",
        "<p>10<sup>25</sup>, a<sub>i,j</sub>, H<sub>2</sub>O, 1<sup>st</sup>, n<sup><a href='#n'>1</a></sup>, <sup>1</sup>/<sub>2</sub>",
        "<ol start=3 type=a><li>c<li>d</ol><ol reversed><li>b<li value=7>a</ol>",
        "<p><math alttext='x^2'><mi>x</mi></math> <math><mfrac><mi>a</mi><mn>2</mn></mfrac></math><script type='math/tex'>y</script></p>",
        "<table><tr><td class=gutter><pre>1<br>2</pre><td class=code><pre>a<br>&nbsp;b</pre></table><pre><i class=comment># c</i></pre>",
        "<table><tr><td class=blob-num><td>a  b<tr><td class=blob-num><td>c</table><p><code>a  `b`</code></p>",
        "<h2 id=tags>Tags<a href='#tags'>#</a></h2><section id=meta><h3>Meta data</h3>text</section>",
        "<aside class=note>Mind this.</aside><aside>Buy</aside><div role=heading aria-level=3>Head</div>text",
        "<div role=button aria-expanded=false>Why is it so?</div><div hidden><pre>code</pre></div>",
        "<table><caption>Table</caption><tr><th rowspan=2>a<th colspan=2>b<tr><td>c<td>d</table>",
        "<figure><figcaption>Figure 1: x</figcaption></figure>See Figure 1. <ruby>x<rt>y</rt></ruby> so&shy;ft",
    ):
        yield around.format(inside)


def _wrapped() -> Iterator[str]:
    """The whole page in an element that is furniture as a rule."""
    for tag in ("form", "aside", "noscript", "dialog", "nav"):
        yield f"<div><a href=/>Start</a></div><{tag}><h1>Page</h1><div>{PROSE}</div></{tag}>"


def _edged() -> Iterator[str]:
    """What stands around the text without an element named for it."""
    page = f"<h1>Page</h1><p>{PROSE}</p>{{}}"
    cards = f"<h3>Other</h3><p>{LINE} {LINE}</p>"
    for heading in ("Related posts", "Mehr zum Thema", "Leggi anche", "Contact"):
        yield page.format(f"<h2>{heading}</h2>{cards}<h2>Next</h2><p>{LINE}</p>")
        yield f"<h1>Page</h1><p>{LINE}</p><h2>{heading}</h2><p><a href=x>{LINE}</a></p><p>{PROSE}</p>"
    for label in (
        "Share this post",
        "<ul><li>Facebook<li>Twitter</ul>",
        "Subscribe to our newsletter.",
        "12 March 2024",
        "(c) 2024 Us",
        "Tags: <a href=x>tea</a>",
        "4 min read",
        "Read it more than once.",
    ):
        yield page.format(f"<p>{label}</p>")
        yield f"<h4>Slogan</h4><h1>Page</h1><p>{label}</p><p>{PROSE}</p>"


def _typed() -> Iterator[str]:
    """Threads and pages of shops."""
    said = [f"{number}: {PROSE}" for number in range(4)]
    for post in (
        "<article data-author=a{0}><div class=bbWrapper><div class=bbcode_quote>quoted</div>{1}</div>"
        "<div class=signature>sig</div></article>",
        "<div itemscope itemtype='http://schema.org/Comment'><p itemprop=author>a</p><div class=post itemprop=text>{1}</div></div>",
        "<div class=item><p>a</p><div class=message-text>{1}</div><p>Like {0}</p></div>",
        "<div class=postbody><h3>Re: {0}</h3><div class=content>{1}</div></div>",
        "<div class='answer accepted-answer' data-score={0}><div class=js-post-body>{1}</div></div>",
    ):
        posts = "".join(post.format(number, text) for number, text in enumerate(said))
        yield f"<h1>Why is it so?</h1><div>{posts}</div>"
        yield f"<h1>Page</h1><div>{posts}</div>"
        yield f"<h1>Page</h1>{''.join(f'<p>{PROSE}</p>' for _ in range(30))}<div>{posts}</div>"
    offers = "".join(f"<li><a href=/{number}>Other {number}</a> <b>$1{number}</b></li>" for number in range(8)) + "<p>Add to cart</p>"
    product = '<script type=\'application/ld+json\'>{"@type": "Product"}</script>'
    for head in ("", product):
        about = f"<p>Ships free</p><h1>Tea</h1><p>$9</p><p>{PROSE}</p><div class=reviews><p>{PROSE}</p></div>"
        yield f"{head}{about}<h2>Related teas</h2><ul>{offers}</ul>"


def _leading() -> Iterator[str]:
    """Pages that lead to others, and comments below an article."""
    for head, below in (
        ("<a href=/p/{0}>A page of number {0}</a>", "<p>Short line.</p>"),
        ("<a href=#p{0}>Part {0}</a>", f"<p>{PROSE}</p>"),
    ):
        entries = "".join(f"<h2>{head.format(number)}</h2>{below}" for number in range(8))
        yield f"<h1>Page</h1><p>Sort</p>{entries}"
        yield f"<h1>Page</h1>{''.join(f'<p>{PROSE}</p>' for _ in range(8))}{entries}"
    said = "".join(f"<div class=comment-text>{number}: {PROSE}</div>" for number in range(3))
    yield f"<h1>Page</h1><div class=post-content>{''.join(f'<p>{PROSE}</p>' for _ in range(30))}</div>{said}"
    yield f"<h1>Page</h1>{''.join(f'<div class=widget-box><p>{number}: {PROSE}</p></div>' for number in range(20))}"


def _seen() -> Iterator[str]:
    """What a reader sees in another way than its markup says it: links that lead on, signs that unfold, tabs, quotations, credits."""
    for inner in (
        f"<p>{LINE} <a href=/more>Learn more</a></p><ul><li>{LINE} <a href=/more>Read more</a><li><a href=/m>Learn how</a></ul>",
        f"<p>recognized by</p><h3>Lids</h3><i>+</i><p>{PROSE}</p>",
        f"<p>\u201c{LINE}\u201d</p><p><a href=/a>\u2014 Ann Tea</a></p><blockquote><p>{LINE}</p><footer>Ann Tea</footer></blockquote>",
        f"<b>1/2</b><h2>One</h2><p>{PROSE}</p><b>2/2</b><h2>Two</h2><p>{LINE} Photo by: Ann Tea.</p>",
        f"<div class='toolbar toolbar-top'><p>{LINE}</p></div><p>Items 1-24 of 123</p>",
        "<ul role=tablist><li role=tab aria-controls=a>Left</li><li role=tab aria-controls=b>Right</li></ul>"
        f"<div role=tabpanel id=a><p>{LINE}</p></div><div role=tabpanel id=b hidden><pre>code</pre></div>",
        f"<ul><li><h3>What is it?</h3><p>{LINE}</p><ul><li>inner</ul>"
        f"<li><button aria-expanded=true>Why is it so?</button><p>{LINE}</p></ul>",
        f"<h3>Q: What is it?</h3><p>A: {LINE}</p><button>Q. Why is it so?</button><div>A: {LINE}</div>"
        f"<h3>Why is it so?</h3><p>Answer: {LINE}</p>",
        f"<table><tr><td><p>Q:<td><p>What is it?<tr><td><p>A:<td><p>{LINE}</table><p>R:<h3>Lids</h3>"
        "<table><tr><td>K:<td>1<tr><td>B:<td>2</table>",
        "".join(f"<div class=card><a href=/{number}><b>Title {number}</b></a><p>{LINE}</p></div>" for number in range(4)),
        "".join(
            f"<div class=paper><b>Title {number}</b><p>{LINE}</p><p class=authors>Ann Tea {number}, Bob Pot</p></div>"
            for number in range(4)
        ),
    ):
        yield f"<h1>Page</h1><p>{PROSE}</p>{inner}"
    for heading in ("<h1>Tea forum</h1><h2>Kettles that leak</h2>", "<h1><a href=/>Tea forum</a></h1>"):
        post = "<div class=postbody><div class=content>{0}: {1}</div><p>Edited April 1, 2024 by ann</p></div>"
        yield f"<title>Kettles that leak / Kettles / Tea forum</title>{heading}" + "".join(
            post.format(number, PROSE) for number in range(3)
        )
    tree = "<ul><li class=comment><div class=title><h4>Re: Tea (Score:5)</h4></div><div class=commentBody>{1}</div>{0}</li></ul>"
    for _ in range(3):
        tree = tree.replace("{0}", tree.format("{0}", "{1}"))
    yield f"<h1>Tea</h1>{tree.format('', PROSE)}"
    product = '<script type=\'application/ld+json\'>{"@type": "Product"}</script><h1>Tea</h1><p>Add to cart</p>'
    for inner in (
        "<dl><dt>Year</dt><dd>1958</dd></dl><h2>About this seller</h2><p>99 % positive</p>",
        "<p class=my-display-none>You can only make an offer when buying one.</p><ul><li>Order today to get by Mar 17-27</ul>",
        "<p>There was a problem calculating your shipping. Please try again.</p>",
    ):
        yield f"{product}<p>{PROSE}</p>{inner}"


def pages() -> list[str]:
    """All of them, with a title."""
    families = (_around, _placed, _built, _wrapped, _edged, _typed, _leading, _seen)
    return [f"<title>Page</title>{page}" for family in families for page in family()]
