"""The wording of what stands around an article: headings and labels, in small letters without accents (edges.py).

Each pattern is of a whole line, in the languages that such lines were seen in: English, German, French, Spanish, Italian, Polish, a little
Portuguese and Dutch.
"""

from __future__ import annotations

import re

_THINGS = r"(?:posts?|articles?|stories|story|news|content|reads?|blogs?|blog posts?|links?|videos?|insights)"


def _any(alternatives: str) -> re.Pattern[str]:
    """A pattern of alternatives on lines; `@` is any of _THINGS."""
    return re.compile("|".join(map(str.strip, alternatives.strip().split("\n"))).replace("@", _THINGS))


TAIL = _any(r"""
    (?:related|similar|recommended|recent|latest|trending|featured|most (?:read|viewed|recent))(?: [\w'&-]+)?? @(?: (?:from|by|i)\b.*)?
    (?:more|popular) @
    recommended for you|trending(?: now)?|(?:things )?you (?:may|might|could|will|'ll) (?:also )?(?:like|enjoy|love|be interested in).*
    up next|(?:what to )?(?:read|watch) next|read (?:also|more)|keep reading|more from .*|from (?:the|our) blog|more like this
    don't miss|(?:about|meet) the (?:author|writer)s?|meet your guide|author bio
    (?:leave|post|add|write) (?:a |your |us a )?(?:comment|reply|response|review)s?(?: cancel reply)?
    join the (?:discussion|conversation)|cancel reply|how we reviewed this article
    spread the (?:word|love)|be sociable, share!?|follow (?:us|me)|connect with us|stay connected
    (?:ahnliche|weitere|verwandte|neueste|letzte|beliebte|aktuelle) (?:artikel|beitrage?|themen|meldungen|nachrichten|news|posts)
    (?:mehr|alles) zum thema|mehr artikel\b.*|das konnte (?:sie|dich|ihnen|dir|euch) (?:auch|ebenfalls)\b.*
    auch interessant.*|lesen sie (?:auch|mehr).*|meistgelesen.*
    (?:schreibe?n?|hinterlasse?n?)\b.{0,20}kommentar.*|kommentar (?:schreiben|verfassen|hinterlassen)|antworten? abbrechen
    uber (?:den autor|die autorin|die autoren)|(?:beitrag|artikel|seite) teilen
    articles? (?:similaires?|connexes|recents?|lies?)|(?:a )?lire (?:aussi|egalement).*|sur le meme (?:sujet|theme)
    laisser un commentaire.*|vous aimerez (?:aussi|peut-etre).*|a propos de l'auteur
    (?:articulos|noticias|entradas|contenidos?) (?:relacionad[oa]s|recientes|similares)|te (?:puede|podria) interesar.*|tambien te .*
    dej[ae] (?:una respuesta|un comentario).*|sobre el autor|articoli (?:correlati|recenti|simili)
    leggi anche.*|potrebbe(?:ro)? (?:interessarti|piacerti)\b.*|lascia un commento.*
    (?:powiazane|podobne) (?:artyku.y|posty|wpisy|tematy)|(?:zobacz|czytaj|przeczytaj) (?:tez|takze|rowniez|wiecej).*|dodaj komentarz.*
    artigos relacionados|leia (?:tambem|mais).*|gerelateerde .{0,30}|lees (?:ook|meer).*
""")
"""What a section is called that leads elsewhere."""

PERHAPS_TAIL = _any(r"""
    share(?: (?:this|it|the))?(?: (?:post|article|page|story|entry|recipe|news|love|via|on .{1,30}|with (?:your )?friends))?
    (?:(?:our|the|weekly|daily|free|e-?mail|join|sign up for|subscribe to|get) )*newsletters?(?: sign-?up)?
    subscribe(?: (?:now|today|here|to .*))?|sign up (?:now|today|here|for (?:our|the|free)\b.*)
    stay (?:informed|in touch|updated|up to date)(?: with .{1,30})?|follow (?:us|me) on .*|written by .*|author
    (?:mehr|alles) zum thema.*|mehr (?:aus|von)\b.*|kommentare?(?: \(?\d+\)?)?|(?:jetzt )?teilen(?: .{0,30})?|newsletter\b.{0,30}
    partage[rz]?(?: .{0,30})?|compart(?:ir|e)(?: .{0,30})?|condividi(?: .{0,30})?|udostepnij.*
""")
"""Likewise, or what a section is about: how to share a folder, to subscribe to a topic. Such a one has text of its own, a bar has not."""

LABEL = _any(r"""
    \{\{[^{}]*\}\}|\d?\d:\d\d ?/ ?\d?\d:\d\d|(?:brief|full) content visible, double tap to read .*
    thank you! your submission has been received!?|oops! something went wrong while submitting the form\.?
    advertis?ements?|anzeige|werbung|publicidad|publicite|pubblicita|reklama|sponsored(?: content)?
    (?:read|learn|show|load|view|see) (?:more|all|less)(?: (?:posts|articles|stories|news|comments))?|more posts
    the link has been copied|weiterlesen|mehr (?:lesen|anzeigen|laden|erfahren)|lire la suite|leer mas|continue reading.*
    skip to (?:main )?content|(?:back|scroll) to (?:the )?top|(?:zuruck )?nach oben
    (?:previous|next|older|newer)(?: (?:post|article|story|page)s?)|(?:vorheriger|nachster) (?:beitrag|artikel)|tweet(?:en)?|pin it
    copy link|print(?: this)?(?: page| article)|drucken|seite drucken|\d+ ?min(?:ute|uten)?s?\.?(?: read| lesezeit)
    (?:reading time|lesezeit|temps de lecture)\b.{0,20}|(?:no|\d+|keine) (?:comments?|kommentare?|shares?)
    (?:copyright )?(?:\(c\)|\u00a9|copyright \d{4}).*
    this field is (?:for validation|hidden)\b.*|required fields are marked.*
    your e-?mail address will not be\b.*|be the first to comment.*
    (?:you must be )?(?:log|sign)(?:ged)? in (?:to|or) .{0,40}(?:comment|reply|post|register|vote).*|(?:follow|find|like|join) us on .*
    add .{2,40} as a preferred source.*|loading(?: .{0,20})?\.*|enlarge this image|toggle caption|(?:contents|inhalt) (?:hide|show)
    (?:show|hide|expand|collapse) (?:more|less|all|sources|comments|details)|quellen (?:ausblenden|anzeigen|einblenden)
    (?:werbung|anzeige|advertorial|sponsored)[.:|,-] .{0,80}|image|image credits?\b.{0,50}
    (?:picture|photo|foto)s?(?: credits?)?(?::| by) .{1,50}
    (?:recogni[sz]ed|trusted|backed|endorsed) by:?|(?:as )?(?:seen|featured) (?:in|on):?|bekannt aus:?
    (?:showing )?(?:items?|results?)? ?\d+ ?[-\u2013] ?\d+ (?:of|von|de|sur|di) [\d.,]+(?: (?:results|items|products))?
    sort(?:ed)? by:?(?: (?:relevance|price|position|name|newest|set (?:a|de)scending direction))?|view as(?: (?:grid|list))*
    (?:items |results )?per page:?|page \d+|filter by:?
""")
"""What is no text by itself: a control, an advertisement, a credit, a notice of a form."""

MARKED = {
    "all rights reserved": re.compile(r".{0,100}\ball rights reserved\b.{0,40}"),
    "alle rechte vorbehalten": re.compile(r".{0,60}\balle rechte vorbehalten\b.{0,40}"),
    "required field": re.compile(r".{0,6}indicates required fields?.*"),
    "\u00a9": re.compile(r".{0,120}\u00a9 ?[\w/ .,&-]{2,50}\)?"),
}
"""Likewise, by words within them; a pattern that begins with anything is slow, so it is tried only where these occur."""

TAGS = _any(r"""
    (?:tags?|tagged|schlagworte?|schlagworter|stichworte|filed under|posted in|categor(?:y|ies)|kategorien?|etiquetas|mots-cles)(?: .*|:.*)
""")
"""The subjects of an article, if they are links."""

NETWORK = re.compile(
    r"(?:(?:share|tweet|pin|post|teilen|auf|on|via|by|to|in) )*"
    r"(?:facebook|twitter|x|linkedin|pinterest|whats ?app|reddit|telegram|e-?mail|mail|instagram|youtube|tumblr|xing|print|drucken"
    r"|flipboard|messenger|bluesky|mastodon|threads|pocket|copy(?: link)?|link|share|teilen|tweet)(?: (?:share|teilen))?"
)
"""One part of a bar for sharing."""

_MONTH = (
    r"(?:jan|feb|mar|mrz|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez|janv|fevr|mars|avril|juin|juil|aout|enero|abril|mayo|agosto|octubre"
    r"|diciembre|gennaio|ottobre)[a-z]*\.?"
)
DATE = re.compile(
    rf"\b(?:{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|\d{{1,2}}(?:st|nd|rd|th)?\.? (?:de )?{_MONTH},? (?:de )?\d{{4}}"
    r"|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{4}-\d\d-\d\d)"
)
BYLINE = re.compile(
    r"(?:by|von|par|por|di|posted|published|updated|last (?:updated|modified|reviewed)|written by|(?:medically )?reviewed by|edited by"
    r"|on behalf of|author:?|autor:?|stand:?|veroffentlicht|aktualisiert|geschrieben von|publie|publicado|pubblicato|image|photo|date:?"
    r"|datum:?|release date:?)(?: .*|$)"
)
BESIDE_NAMES = re.compile(
    rf"{_MONTH}|by|on|at|in|and|of|the|last|am|pm|a\.?m|p\.?m|min|mins|minutes?|read|updated?|published|posted|modified|reviewed|edited|written|author"
    r"|von|und|um|uhr|aktualisiert|veroffentlicht|stand|autor|par|et|le|a|publie|mis|jour|por|el|de|publicado|di|il|pubblicato|przez"
)
"""Small words of a line that says when and by whom a page was written."""

INVITING = re.compile(
    r"\b(?:subscribe|sign up|follow|join|get (?:the|our|all the) (?:latest|newest)|stay (?:up to date|informed|tuned)"
    r"|abonnier|folg|anmeld|suscri|unete|siguenos|seguinos|iscriv|segui|abonne|suivez|inscri|inscreva)"
)
CHANNEL = re.compile(
    r"\b(?:newsletters?|inbox|latest (?:updates|news)|up to date with"
    r"|whats ?app|telegram|facebook|instagram|youtube|twitter|pinterest|linkedin|tiktok|google news|mailing list"
    r"|rss|boletin)\b"
)
"""With INVITING, an invitation to follow."""

COUNTER = re.compile(r"(\d{1,2}) ?(?:/|of|von) ?(\d{1,3})")
"""Which of several slides is shown."""

CREDITED = re.compile(r"\b(?:[Pp]hotos?|[Ii]mages?|[Pp]ictures?|[Ff]oto|[Bb]ild|[Cc]redit|[Ii]llustration)\b")
CREDIT = re.compile(
    r"(?<=[.!?\u201d\"')])\s+[(\[]?(?:(?:Photo|Image|Picture|Foto|Bild|Illustration)s?(?: [Cc]redits?| [Cc]ourtesy)?(?: by)?"
    r"|(?:(?:Photo|Image) )?[Cc]redits?):\s?['\"\u2018\u201c]?[A-Z\u00c0-\u00de\u00a9@](?:[^\s.]+\.? ?){1,6}[.)\]'\"\u2019\u201d]{0,3}$"
    r"|(?<=[.!?\u201d\"')])\s+[(\[]?(?:Photo|Image|Picture)s? (?:by|courtesy of|via) (?:[A-Z\u00c0-\u00de@][\w.'-]* ?){1,4}"
    r"(?:(?:on|via|/|from|for) (?:[A-Z@][\w.'-]* ?){1,3})?[.)\]]{0,2}$"
)
"""The credit of a photo after the sentence that describes it: a mark and a name."""

BAR_OF_CODE = re.compile(
    r"(?:(?:js|jsx|ts|tsx|html|css|scss|json|jsonc|xml|svg|yaml|yml|toml|ini|sql|http|bash|sh|zsh|shell|console|powershell|python|py"
    r"|ruby|php|java|kotlin|swift|go|rust|c|cpp|csharp|diff|dockerfile|graphql|wat|plaintext|text|markdown|javascript|typescript) ?)?"
    r"(?:[Cc]opy(?: code)?|Copied!)?"
)
"""Above a program; a name with a capital ("Python") may be that of a tab, which tells two programs apart."""
