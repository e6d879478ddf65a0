"""What stands around an article as text of its own, without an element that is named for it: a heading "Related posts" with what follows,
a share bar written as a list, a byline under the title, a line of copyright.

Lines are told by their whole wording, never by a word in a sentence, in the languages that such lines were seen in. A section goes as a whole
only where the page is nearly over; before that only short and linked lines under its heading do, so that no text of an article is lost.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from bubblenet.corpus.extraction.blocks import Block

MIN_TAIL_POSITION = 0.5
"""A section with a heading such as "Related posts" goes as a whole from here on, as a share of the page's text."""

MAX_LABEL_CHARACTERS = 160
"""Longer text is no label."""

MIN_PROSE_CHARACTERS = 100
"""A block with more text outside of links is text of the page, whatever stands above it."""

MAX_INVITATION_CHARACTERS = 300
"""Likewise of an invitation to subscribe or to follow, at the end of a page."""

MAX_LEAD_BLOCKS = 8
"""Blocks around the first heading in which dates, bylines and slogans are looked for."""

MAX_LEAD_CHARACTERS = 300
"""More text before the page's title is no slogan."""

MAX_BYLINE_WORDS = 14

_THINGS = r"(?:posts?|articles?|stories|story|news|content|reads?|blogs?|blog posts?|links?|videos?|insights)"
_TAIL = re.compile(
    rf"(?:related|similar|recommended|recent|latest|popular|trending|featured|more|other|most (?:read|popular|viewed|recent)|top)"
    rf"(?: [\w'&-]+)?? {_THINGS}(?: (?:from|in|on|by|about|you|i|we)\b.*)?"
    r"|recommended for you|trending now|(?:things )?you (?:may|might|could|will|'ll) (?:also )?(?:like|enjoy|love|be interested in).*"
    r"|up next|(?:what to )?(?:read|watch) next|read (?:also|more)|keep reading|more from .*|from (?:the|our) blog|more like this|don't miss"
    r"|(?:about|meet) the (?:author|writer)s?|meet your guide|written by .*|author(?: bio)?"
    r"|(?:leave|post|add|write) (?:a |your |us a )?(?:comment|reply|response|review)s?(?: cancel reply)?|join the (?:discussion|conversation)|cancel reply"
    r"|how we reviewed this article"
    r"|share(?: (?:this|it|the))?(?: (?:post|article|page|story|entry|recipe|news|love|via|on .{1,30}|with (?:your )?friends))?|spread the (?:word|love)|be sociable, share!?|follow (?:us|me)(?: on .*)?|connect with us|stay connected"
    r"|(?:(?:our|the|weekly|daily|free|e-?mail|join|sign up for|subscribe to|get) )*newsletters?(?: sign-?up)?|subscribe(?: (?:now|today|here|to .*))?"
    r"|sign up (?:now|today|here|for (?:our|the|free)\b.*)|stay (?:informed|in touch|updated|up to date)(?: with .{1,30})?|contact us|get in touch"
    r"|(?:ahnliche|weitere|verwandte|neueste|letzte|beliebte|aktuelle|passende) (?:artikel|beitrage?|themen|meldungen|nachrichten|news|posts|videos|kommentare)"
    r"|(?:mehr|alles) zum thema.*|mehr (?:artikel|aus|von)\b.*|das konnte (?:sie|dich|ihnen|dir|euch) (?:auch|ebenfalls)\b.*|auch interessant.*|lesen sie (?:auch|mehr).*"
    r"|meistgelesen.*|kommentare?(?: \(?\d+\)?)?|(?:schreibe?n?|hinterlasse?n?)\b.{0,20}kommentar.*|kommentar (?:schreiben|verfassen|hinterlassen)"
    r"|antworten? abbrechen|uber (?:den autor|die autorin|die autoren)|(?:beitrag |artikel |jetzt |seite )?teilen(?: .{0,30})?|newsletter\b.{0,30}"
    r"|articles? (?:similaires?|connexes|recents?|lies?)|(?:a )?lire (?:aussi|egalement).*|sur le meme (?:sujet|theme)|laisser un commentaire.*"
    r"|partage[rz]?(?: .{0,30})?|vous aimerez (?:aussi|peut-etre).*|a propos de l'auteur"
    r"|(?:articulos|noticias|entradas|contenidos?) (?:relacionad[oa]s|recientes|similares)|te (?:puede|podria) interesar.*|tambien te .*"
    r"|dej[ae] (?:una respuesta|un comentario).*|compart(?:ir|e)(?: .{0,30})?|sobre el autor"
    r"|articoli (?:correlati|recenti|simili)|leggi anche.*|potrebbe(?:ro)? (?:interessarti|piacerti)\b.*|lascia un commento.*|condividi(?: .{0,30})?"
    r"|(?:powiazane|podobne) (?:artyku.y|posty|wpisy|tematy)|(?:zobacz|czytaj|przeczytaj) (?:tez|takze|rowniez|wiecej).*|dodaj komentarz.*|udostepnij.*"
    r"|artigos relacionados|leia (?:tambem|mais).*|gerelateerde .{0,30}|lees (?:ook|meer).*"
)
_LABEL = re.compile(
    r"advertis?ements?|anzeige|werbung|publicidad|publicite|pubblicita|reklama|sponsored(?: content)?"
    r"|(?:read|learn|show|load|view|see) (?:more|all|less)(?: .{0,20})?|more posts|weiterlesen|mehr (?:lesen|anzeigen|laden|erfahren)|lire la suite|leer mas|continue reading.*"
    r"|skip to (?:main )?content|(?:back|scroll) to (?:the )?top|(?:zuruck )?nach oben|(?:previous|next|older|newer)(?: (?:post|article|story|page))s?"
    r"|(?:vorheriger|nachster) (?:beitrag|artikel)|tweet(?:en)?|pin it|copy link|print(?: this)?(?: page| article)|drucken|seite drucken"
    r"|\d+ ?min(?:ute|uten)?s?\.?(?: read| lesezeit)|(?:reading time|lesezeit|temps de lecture)\b.{0,20}|(?:no|\d+|keine) (?:comments?|kommentare?|shares?)"
    r"|(?:tags?|tagged|schlagworte?|schlagworter|stichworte|filed under|posted in|categor(?:y|ies)|kategorien?|etiquetas|mots-cles)(?: (?:with|as))? ?: .*"
    r"|(?:\(c\)|\u00a9|copyright\b).*|.{0,100}\ball rights reserved\b.{0,40}|.{0,60}\balle rechte vorbehalten\b.{0,40}"
    r"|this field is (?:for validation|hidden)\b.*|.{0,6}indicates required fields?.*|required fields are marked.*|your e-?mail address will not be\b.*"
    r"|be the first to comment.*|(?:you must be )?(?:log|sign)(?:ged)? in (?:to|or) .{0,40}(?:comment|reply|post|register|vote).*"
    r"|(?:follow|find|like|join) us on .*|add .{2,40} as a preferred source.*|loading(?: .{0,20})?\.*|enlarge this image|toggle caption|(?:contents|inhalt) (?:hide|show)"
    r"|(?:show|hide|expand|collapse) (?:more|less|all|sources|comments|details)|quellen (?:ausblenden|anzeigen|einblenden)"
    r"|(?:werbung|anzeige|advertorial|sponsored)[.:|,-] .{0,80}|image|(?:picture|photo|image|foto|bild)(?:s| credit| by)?: .{1,50}"
    r"|.{0,120}\u00a9 ?[\w/ .,&-]{2,50}\)?"
)
_NETWORK = re.compile(
    r"(?:(?:share|tweet|pin|post|teilen|auf|on|via|by|to|in) )*(?:facebook|twitter|x|linkedin|pinterest|whats ?app|reddit|telegram|e-?mail|mail|instagram|youtube|tumblr"
    r"|xing|print|drucken|flipboard|messenger|bluesky|mastodon|threads|pocket|copy(?: link)?|link|share|teilen|tweet)(?: (?:share|teilen))?"
)
_MONTH = (
    r"(?:jan|feb|mar|mrz|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez|janv|fevr|mars|avril|juin|juil|aout|enero|abril|mayo|agosto|octubre|diciembre|gennaio|ottobre)"
    r"[a-z]*\.?"
)
_DATE = re.compile(rf"\b(?:{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|\d{{1,2}}(?:st|nd|rd|th)?\.? (?:de )?{_MONTH},? (?:de )?\d{{4}}|\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}|\d{{4}}-\d\d-\d\d)")
_BYLINE = re.compile(
    r"(?:by|von|par|por|di|posted|published|updated|last (?:updated|modified|reviewed)|written by|(?:medically )?reviewed by|edited by|on behalf of|author:?|autor:?|stand:?"
    r"|veroffentlicht|aktualisiert|geschrieben von|publie|publicado|pubblicato|image|photo|date:?|datum:?|release date:?)(?: .*|$)"
)
_INVITING = re.compile(r"\b(?:subscribe|sign up|follow|join|abonnier|folg|anmeld|suscri|unete|siguenos|seguinos|iscriv|segui|abonne|suivez|inscri|inscreva)")
_CHANNEL = re.compile(r"\b(?:newsletters?|whats ?app|telegram|facebook|instagram|youtube|twitter|pinterest|linkedin|tiktok|google news|mailing list|rss|boletin)\b")
_MARKS = " \t\n-*+\u2022>#|:\u00bb\u203a\u2026\u2192\"'"


def without_edges(blocks: Sequence[Block]) -> list[Block]:
    """The blocks of a page without what stands around its text."""
    kept = _without_lead(_without_tails(blocks))
    words = [_folded(block.text) if block.kind in ("paragraph", "item") and len(block.text) <= MAX_LABEL_CHARACTERS else "" for block in kept]
    is_network = [bool(text) and len(text) < 40 and bool(_NETWORK.fullmatch(text)) for text in words]
    in_a_bar = [here and (before or after) for before, here, after in zip([False, *is_network], is_network, [*is_network[1:], False])]
    kept = [block for block, text, in_bar in zip(kept, words, in_a_bar) if not (in_bar or (text and _LABEL.fullmatch(text)))]
    while len(kept) > 1 and (_is_byline(kept[-1]) or _is_invitation(kept[-1])):
        kept.pop()
    return kept


def _without_tails(blocks: Sequence[Block]) -> list[Block]:
    """Drop sections that lead elsewhere, and links under a label that does."""
    total = sum(len(block.text) for block in blocks)
    kept: list[Block] = []
    level = done = 0  # level: of the section that is being dropped, 0 outside
    is_whole = False
    for block in blocks:
        if level and (_ends(block, level) or block.kind in ("code", "table") or not (is_whole or _leads_elsewhere(block))):
            level = 0
        if not level and done and _is_tail(block):
            level = block.level if block.kind == "heading" else 7
            is_whole = block.kind == "heading" and done >= MIN_TAIL_POSITION * total
        done += len(block.text)
        if not level:
            kept.append(block)
    return kept


def _leads_elsewhere(block: Block) -> bool:
    return 2 * block.num_link_characters > len(block.text)


def _ends(block: Block, level: int) -> bool:
    return block.kind in ("heading", "end") and block.level <= level


def _is_tail(block: Block) -> bool:
    is_candidate = block.kind in ("heading", "paragraph") and len(block.text) <= MAX_LABEL_CHARACTERS and not block.asks
    return is_candidate and bool(_TAIL.fullmatch(_folded(block.text)))


def _without_lead(blocks: list[Block]) -> list[Block]:
    """Drop slogans before the page's title, and dates and bylines between it and the text."""
    title = next((index for index, block in enumerate(blocks[:MAX_LEAD_BLOCKS]) if block.kind == "heading" and block.level == 1), None)
    if title is None:
        return blocks
    before = blocks[:title]
    if sum(len(block.text) for block in before) <= MAX_LEAD_CHARACTERS and not any(map(_is_prose, before)):
        before = []
    lead = title + 1
    while lead < min(len(blocks), title + MAX_LEAD_BLOCKS) and not _is_prose(blocks[lead]):
        lead += 1
    kept = [block for block in blocks[title + 1 : lead] if not _is_byline(block)]
    return [*before, blocks[title], *kept, *blocks[lead:]]


def _is_byline(block: Block) -> bool:
    """Whether a short block says when and by whom a page was written, and nothing else."""
    if block.kind not in ("paragraph", "item") or len(block.text) > MAX_LABEL_CHARACTERS:
        return False
    text = _folded(block.text)
    if len(text.split()) > MAX_BYLINE_WORDS or block.text.rstrip().endswith(("?", "!", ":")):
        return False
    return bool(_DATE.search(text) or (_BYLINE.fullmatch(text) and not block.text.rstrip().endswith(".")))


def _is_invitation(block: Block) -> bool:
    """Whether a block asks its reader to follow a channel."""
    if block.kind not in ("paragraph", "item") or len(block.text) > MAX_INVITATION_CHARACTERS:
        return False
    text = _folded(block.text)
    return bool(_CHANNEL.search(text) and _INVITING.search(text))


def _is_prose(block: Block) -> bool:
    is_text = block.kind in ("code", "table") or (block.kind in ("paragraph", "item") and len(block.text) > MIN_PROSE_CHARACTERS)
    return is_text and len(block.text) - block.num_link_characters > MIN_PROSE_CHARACTERS


def _folded(text: str) -> str:
    """Words in small letters without accents, marks of lists and emphasis."""
    text = text.replace("*", "").replace("`", "").strip(_MARKS).casefold().replace("\u2019", "'")
    if not text.isascii():
        text = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return " ".join(text.split())
