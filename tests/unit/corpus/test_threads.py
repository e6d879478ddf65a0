"""Threads of forums, questions and answers: each post apart, the best answer as a stated pair, nothing of what surrounds posts."""

from __future__ import annotations

import json
import time

import pytest

from bubblenet.corpus.extraction.blocks import render
from bubblenet.corpus.extraction.html import html_blocks
from bubblenet.corpus.segmentation import segment_page
from bubblenet.settings import Segmentation

RULES = Segmentation(min_characters=120, min_answer_characters=40, max_characters=3000)
TITLE = "How do I descale a kettle?"
ASKED = "My kettle has a white crust at the bottom, and the tea tastes of chalk. What removes the crust without harm to the steel?"
SHORT = "Good question, I wonder about that too."
FIRST = "Boil half a litre of water with a spoon of citric acid, wait for a quarter of an hour, and rinse it twice. " * 2
BEST = "Vinegar works as well: one part of it to two parts of water, left overnight, then boiled and poured away once. " * 2
QUOTE = "The crust is lime, says a quotation of a post that stands above on the same page."
SIGNATURE = "Sent from my teapot, which is older than the internet and has more friends."
POSTS = [("ann", ASKED), ("bob", SHORT), ("cem", FIRST), ("dee", BEST)]


def text_of(html: str) -> str:
    return render(html_blocks(html)[1])


def pairs(html: str) -> list[tuple[str, str]]:
    """The questions that a page states, with the texts that answer them."""
    return [(segment.question, segment.text) for segment in segment_page(html, "html", RULES) if segment.question]


def page(posts: str, title: str = f"<h1>{TITLE}</h1>") -> str:
    return (
        f"<html><head><title>{TITLE} | Tea forum</title></head><body>"
        f"<div class=nav>Home of all tea forums, threads and their members</div>"
        f"{title}<div class=posts>{posts}</div><div class=sidebar>"
        f"<p>Latest topics of this forum: pots, cups, leaves and water of all kinds.</div>"
    )


def discourse(name: str, text: str) -> str:
    return (
        f"<div itemprop=comment itemscope itemtype='http://schema.org/Comment' class='topic-body crawler-post'>"
        f"<div class=crawler-post-meta>"
        f"<span class=creator itemprop=author itemscope><a><span itemprop=name>{name}</span></a></span><time>May 2</time></div>"
        f"<div class=post itemprop=text><aside class=quote><blockquote>{QUOTE}</blockquote></aside><p>{text}</p></div>"
        f"<div itemprop=interactionStatistic><span class=post-likes>3 Likes</span></div></div>"
    )


def phpbb(name: str, text: str) -> str:
    return (
        f"<div id=p7 class='post bg1'><dl class=postprofile><dt><a class=username>{name}</a></dt><dd>Posts: 12</dd></dl>"
        f"<div class=postbody>"
        f"<h3><a href='#p7'>Re: {TITLE}</a></h3><p class=author>by {name}, May 2</p><div class=content><blockquote><div>"
        f"<cite>ann wrote:</cite>"
        f"{QUOTE}</div></blockquote>{text}</div><div class=signature>{SIGNATURE}</div></div></div>"
    )


def vbulletin(name: str, text: str) -> str:
    return (
        f"<li class='postbit postcontainer' id=post_1><div class=userinfo><a class=username>{name}</a><dl><dt>Posts</dt><dd>12"
        f"</dd></dl></div>"
        f"<div class=postbody><div id=post_message_71><blockquote class='postcontent restore'><div class=bbcode_container>"
        f"<div class=bbcode_quote>"
        f"{QUOTE}</div></div>{text}</blockquote></div><blockquote class='signature restore'>{SIGNATURE}</blockquote></div></li>"
    )


def xenforo(name: str, text: str) -> str:
    return (
        f"<article class='message message--post' data-author='{name}'><div class=message-user><h4 class=message-name>{name}</h4></div>"
        f"<div class=message-content><article class='message-body js-selectToQuote'><div class=bbWrapper>"
        f"<blockquote class='bbCodeBlock bbCodeBlock--quote'>{QUOTE}</blockquote>{text}</div></article>"
        f"<aside class=message-signature><div class=bbWrapper>{SIGNATURE}</div></aside></div></article>"
    )


def invision(name: str, text: str) -> str:
    return (
        f"<article class='cPost ipsComment'><aside><h3 class=cAuthorPane_author>{name}</h3></aside>"
        f"<div id=comment-9_wrap data-role=commentWrap>"
        f"<p>Posted May 2</p><div class=cPost_contentWrap><div data-role=commentContent class='ipsType_richText'>"
        f"<blockquote class=ipsQuote>{QUOTE}</blockquote><p>{text}</p></div></div></div></article>"
    )


def github(name: str, text: str) -> str:
    return (
        f"<div class='timeline-comment-group'><h3 class=timeline-comment-header><a class=author>{name}</a> commented on May 2</h3>"
        f"<div class='edit-comment-hide'><table><tr><td class='comment-body markdown-body js-comment-body'><p>{text}</p></td>"
        f"</tr></table></div>"
        "<div class=comment-reactions>+1 4</div></div>"
    )


def reddit(name: str, text: str) -> str:
    return (
        f"<shreddit-comment author='{name}' score='4' depth=0><div class=meta>{name} 3y ago</div><div id=x slot=comment><p>{text}"
        f"</p></div>"
        "<div>Reply Share Report this comment to the moderators of the subreddit</div></shreddit-comment>"
    )


def unknown(name: str, text: str) -> str:
    return (
        f"<div class=thread__item><div class=who>{name}, 12 posts, since May</div><div class=message-text><p>{text}</p></div>"
        f"<div>Like 3</div></div>"
    )


def unnamed(name: str, text: str) -> str:
    """By no name at all: what is alike in each post tells it."""
    return (
        f"<div class=css-1x2><div class=css-77><b>{name}</b><i>Joined: May 2019</i><i>Posts: 12</i></div>"
        f"<div class=css-91><div>May 2, 2024</div><div class=css-5><p>{text}</p></div><a href=/r>Reply</a></div></div>"
    )


def unnamed_rows(name: str, text: str) -> str:
    return f"<section><header><a href=/u>{name}</a> <time>3 days ago</time> <a href=#x>#3</a></header><div><p>{text}</p></div></section>"


ENGINES = [discourse, phpbb, vbulletin, xenforo, invision, github, reddit, unknown, unnamed, unnamed_rows]


@pytest.mark.parametrize("engine", ENGINES)
def test_posts_of_each_engine_are_read_without_what_surrounds_them(engine: object) -> None:
    text = text_of(page("".join(engine(*post) for post in POSTS)))  # type: ignore[operator]

    assert text.startswith(f"# {TITLE}")
    assert [said.strip() in text for _, said in POSTS] == [True] * 4
    assert not [
        word for word in (QUOTE, SIGNATURE, "Posts", "Like", "Reply", "Latest topics", "Home of all", "ann", "commented") if word in text
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_first_full_answer_is_the_answer_of_a_thread_that_asks(engine: object) -> None:
    html = page("".join(engine(*post) for post in POSTS))  # type: ignore[operator]

    assert pairs(html) == [(TITLE, FIRST.strip())]


@pytest.mark.parametrize("engine", ENGINES)
def test_no_passage_has_what_two_people_said(engine: object) -> None:
    segments = segment_page(page("".join(engine(*post) for post in POSTS)), "html", RULES)  # type: ignore[operator]

    assert [sum(said.strip() in segment.text for _, said in POSTS) for segment in segments] == [1] * 4
    assert {segment.heading_path for segment in segments} == {(TITLE,)}


def stack(answers: str) -> str:
    return page(
        "<div itemscope itemtype='https://schema.org/Question'><div id=question><div class=js-vote-count>9</div>"
        f"<div class='s-prose js-post-body' itemprop=text><p>{ASKED}</p></div><div class=comments>"
        f"<span class=comment-copy>Which steel?</span></div>"
        f"</div><div id=answers>{answers}</div></div>",
        "<h1>Crust at the bottom of a kettle</h1>",
    )


def answer(text: str, votes: int, accepted: bool = False) -> str:
    kind = "acceptedAnswer" if accepted else "suggestedAnswer"
    return (
        f"<div class='answer js-answer{' accepted-answer' if accepted else ''}' data-score='{votes}' itemprop={kind} itemscope "
        f"itemtype='https://schema.org/Answer'><div class='js-vote-count' itemprop=upvoteCount>{votes}</div>"
        f"<div class='s-prose js-post-body' "
        f"itemprop=text><p>{text}</p></div><div class=user-info itemprop=author>cem 1,204 gold badges</div>"
        "<ul class=comments-list><li><span class=comment-copy>Thanks, that helped me a lot with mine, and with the pot.</span>"
        "</li></ul></div>"
    )


def test_the_accepted_answer_is_the_answer_whatever_its_votes() -> None:
    assert pairs(stack(answer(FIRST, 9) + answer(BEST, 2, accepted=True))) == [("Crust at the bottom of a kettle", BEST.strip())]


def test_without_an_accepted_answer_the_one_with_the_most_votes_is_it() -> None:
    assert pairs(stack(answer(SHORT, 90) + answer(FIRST, 2) + answer(BEST, 11)))[0][1] == BEST.strip()


def test_votes_badges_and_comments_are_left_out() -> None:
    text = text_of(stack(answer(FIRST, 917) + answer(BEST, 2)))

    assert ASKED in text
    assert not [word for word in ("917", "badges", "Thanks", "Which steel") if word in text]


def test_the_asker_does_not_answer_by_a_long_follow_up() -> None:
    html = page(xenforo("ann", ASKED) + xenforo("ann", FIRST) + xenforo("dee", BEST))

    assert pairs(html) == [(TITLE, BEST.strip())]


def test_the_answer_that_json_ld_accepts_is_found_among_the_posts() -> None:
    data = {"@type": "QAPage", "mainEntity": {"@type": "Question", "name": TITLE, "acceptedAnswer": {"@type": "Answer", "text": BEST}}}
    script = f"<script type='application/ld+json'>{json.dumps(data)}</script>"

    assert pairs(page(script + "".join(discourse(*post) for post in POSTS))) == [(TITLE, BEST.strip())]


def test_a_thread_that_does_not_ask_has_no_pair() -> None:
    assert pairs(page("".join(phpbb(*post) for post in POSTS), "<h1>Kettles and lime</h1>")) == []


def test_a_question_without_an_answer_is_no_pair() -> None:
    assert pairs(page(xenforo("ann", FIRST))) == []


def test_the_title_of_the_page_is_the_title_of_a_thread_without_a_heading() -> None:
    assert pairs(page("".join(reddit(*post) for post in POSTS), ""))[0][0] == TITLE


LONG = "<p>The kettle was built in a town by the sea, by people who liked their tea strong and their steel thick. </p>" * 12


@pytest.mark.parametrize(
    ("html", "wanted", "unwanted"),
    [
        (  # an article and its comments
            f"<h1>The kettle</h1><div class=story>{LONG}</div><div id=comments>"
            + "".join(f"<div class=comment><div class=comment-body><p>{said}</p></div></div>" for _, said in POSTS),
            "built in a town",
            SHORT,
        ),
        (  # an article and its comments, by no name
            f"<h1>The kettle</h1><div>{LONG}</div><div>"
            + "".join(f"<div class=c7><b>ann</b> <i>May 2, 2024</i><div><p>{said}</p></div><a href=#>Reply</a></div>" for _, said in POSTS),
            "built in a town",
            "\x00",
        ),
        (  # news by date, with a control in each
            "<h1>Tea</h1>"
            + "".join(
                f"<div class=c7><h2>What {name} knows of kettles</h2><i>May 2, 2024</i><p>{said}</p><a href=/r>Reply</a></div>"
                for name, said in POSTS
            ),
            "## What bob knows of kettles",
            "\x00",
        ),
        (  # reviews, with dates
            f"<h1>The kettle</h1><h2>Its steel</h2>{LONG}<div>"
            + "".join(f"<div class=c7><b>{name}</b><i>May 2, 2024</i><p>{said}</p><i>Helpful</i></div>" for name, said in POSTS),
            "## Its steel",
            "\x00",
        ),
        (  # the front page of a blog
            "<h1>Tea</h1>"
            + "".join(
                f"<div class=entry><h2>The {name} kettle</h2><div class=post-content><p>{said}</p></div></div>" for name, said in POSTS
            ),
            "## The bob kettle",
            "# The kettle",
        ),
        (  # a text by microdata that is none of a post
            f"<h1>The kettle</h1><h2>Its steel</h2>{LONG}<div itemscope itemtype='https://schema.org/CreativeWork'>"
            f"<p itemprop=text>{FIRST}</p></div>",
            "## Its steel",
            "\x00",
        ),
    ],
)
def test_other_pages_are_no_threads(html: str, wanted: str, unwanted: str) -> None:
    text = text_of(f"<body>{html}")

    assert wanted in text
    assert unwanted not in text


def test_many_posts_and_deep_ones_take_linear_time() -> None:
    def seconds(html: str) -> float:
        started = time.process_time()
        html_blocks(html)
        return time.process_time() - started

    nested = "<div class=post-body>x" * 5_000
    deep = "<div>" * 20_000 + "<div class=post-body>some text</div>" * 5_000

    unnamed_deep = "<section>" * 3_000 + "".join(unnamed("ann", FIRST) for _ in range(1_000))

    assert max(map(seconds, (nested, deep, unnamed_deep, page(xenforo("ann", FIRST) * 2_000)))) < 8


def test_controls_within_posts_are_no_text() -> None:
    posts = "".join(xenforo(name, f"{said}<br><br>Continue Reading<br><br>Log in to see images of kettles") for name, said in POSTS)

    assert "Continue" not in (text := text_of(page(posts)))
    assert "Log in" not in text


def test_a_signature_that_is_only_called_so_goes() -> None:
    posts = "".join(xenforo(name, f"<p>{said}</p><p>Signature</p><p>My shop of kettles</p>") for name, said in POSTS)

    assert "My shop" not in (text := text_of(page(posts)))
    assert all(said.strip() in text for _, said in POSTS)


def test_a_quotation_below_a_line_that_says_whose_it_is_goes_with_it() -> None:
    quoting = f"<p>@ann said in <a href=/1>{TITLE}</a>:</p><blockquote><p>{QUOTE}</p></blockquote><p>{BEST}</p>"
    quoting += f"<blockquote><p>{SHORT}</p></blockquote>"
    text = text_of(page(xenforo("ann", ASKED) + xenforo("dee", quoting)))

    assert QUOTE not in text
    assert "@ann" not in text
    assert f"{BEST.strip()}\n\n> {SHORT}" in text


def test_the_post_that_opened_a_thread_is_kept_in_whatever_box() -> None:
    opening = f"<div class=css-9><b>ann</b><div class=css-8><p>{ASKED}</p></div></div>"
    html = page(opening + "<ul>" + "".join(f"<li class=css-1>{unnamed(*post)}</li>" for post in POSTS[1:]) + "</ul>")

    assert ASKED in text_of(html)
    assert pairs(html) == [(TITLE, FIRST.strip())]
