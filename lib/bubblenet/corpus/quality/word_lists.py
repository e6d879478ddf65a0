"""Word lists of the rules that know languages. Case is folded; apostrophes are straight. Each list is a mapping of ISO 639-1 codes.

The English stop words are those of Rae et al. 2021 (arXiv:2112.11446), section A1.1; the English notices those of the C4 code (TensorFlow
Datasets, c4_utils). All others are ours. A phrase must mean what its list says in any text: `buy now` does, `offer` does not.
"""

from __future__ import annotations

from bubblenet.corpus.similarity.shingles import tokens

Phrases = dict[str, tuple[tuple[str, str], ...]]

DENSE_LANGUAGES = frozenset(("ar", "bo", "dz", "fa", "he", "ja", "km", "ko", "lo", "my", "ps", "th", "ug", "ur", "vi", "yi", "zh"))
"""Languages whose words are short because of how they are written: without vowels, in syllables, or in characters."""

BROWSER_WORDS = (
    "enable",
    "disabled",
    "browser",
    "turn on",
    "activate",
    "aktivier",
    "activ",
    "navigateur",
    "navegador",
    "habilit",
    "attiva",
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> tuple[tuple[str, str], ...]:
    """Each phrase with its first word, as bubblenet.corpus.similarity.shingles cuts it."""
    return tuple((tokens(phrase)[0], " ".join(phrase.split())) for phrase in text.split("|"))


STOP_WORDS = {
    "en": _words("the be to of and that have with"),
    "de": _words("der die das und zu von mit den ist nicht ein eine"),
    "fr": _words("le la les de des et un une est que pour dans"),
    "es": _words("el la los las de y que en un una con para"),
    "pt": _words("o a os as de e que em um uma com para"),
    "it": _words("il la i le di e che un una per con non"),
    "nl": _words("de het een en van in te dat met is"),
}

FIRST_PERSON = {
    "en": _words("i me my mine myself im ive"),
    "de": _words("ich mich mir mein meine meinen meinem meiner"),
    "fr": _words("je j me m moi mon ma mes"),
    "es": _words("yo me mi mis conmigo"),
    "pt": _words("eu me mim meu minha meus minhas comigo"),
    "it": _words("io mi me mio mia miei mie"),
}

FORUM_PHRASES: Phrases = {
    "en": _phrases(
        """
        thanks in advance | any help would be | anyone know | does anybody | has anyone | please help | original poster | posted by |
        in reply to | my two cents | first post | log in to reply | bump this | imho | this thread | new to this forum | joined: |
        quote: | newbie here | hi all, | hi everyone
        """
    ),
    "de": _phrases(
        """
        danke im voraus | vielen dank im voraus | hallo zusammen | weiss jemand | wei\u00df jemand | hat jemand | kann mir jemand |
        geschrieben von | beitr\u00e4ge: | zitat:
        """
    ),
    "fr": _phrases(
        """
        merci d'avance | bonjour \u00e0 tous | quelqu'un sait | quelqu'un peut | quelqu'un a d\u00e9j\u00e0 | post\u00e9 par |
        inscrit le | a \u00e9crit :
        """
    ),
    "es": _phrases(
        """
        gracias de antemano | hola a todos | alguien sabe | alguien puede | publicado por | escribi\u00f3: | mensajes: | soy nuevo en
        """
    ),
    "pt": _phrases(
        """
        obrigado desde j\u00e1 | ol\u00e1 a todos | algu\u00e9m sabe | algu\u00e9m pode | postado por | escreveu: | mensagens: | sou
        novo no
        """
    ),
    "it": _phrases(
        """
        grazie in anticipo | ciao a tutti | qualcuno sa | qualcuno pu\u00f2 | scritto da | messaggi: | ha scritto: | sono nuovo
        """
    ),
}

PROMOTION: Phrases = {
    "en": _phrases(
        """
        buy now | order now | shop now | add to cart | add to basket | free shipping | free delivery | limited time | special offer |
        money back | best price | lowest price | great deals | sign up today | sign up now | call us today | call now | contact us
        today | get a free | free quote | free trial | click here | act now | don't miss | we are proud to | our team of | our
        customers | satisfaction guaranteed | book now | discount code | coupon | years of experience | affordable price | high
        quality products | we offer a wide | whether you're looking | look no further | exclusive offer | in stock | subscribe now
        """
    ),
    "de": _phrases(
        """
        jetzt kaufen | jetzt bestellen | in den warenkorb | kostenloser versand | versandkostenfrei | jetzt buchen | sonderangebot |
        g\u00fcnstige preise | zum bestpreis | rabatt | gutschein | jetzt anmelden | jetzt sichern | unser team | unsere kunden |
        kostenlos testen | unverbindlich | hier klicken | solange der vorrat
        """
    ),
    "fr": _phrases(
        """
        acheter maintenant | commandez maintenant | ajouter au panier | livraison gratuite | offre sp\u00e9ciale | meilleur prix |
        code promo | r\u00e9servez maintenant | inscrivez-vous d\u00e8s | contactez-nous d\u00e8s | devis gratuit | essai gratuit |
        notre \u00e9quipe | nos clients | cliquez ici | profitez de | satisfait ou rembours\u00e9
        """
    ),
    "es": _phrases(
        """
        comprar ahora | compra ahora | a\u00f1adir al carrito | env\u00edo gratis | oferta especial | mejor precio | c\u00f3digo de
        descuento | reserva ahora | reg\u00edstrate ahora | cont\u00e1ctanos hoy | presupuesto gratuito | prueba gratis | nuestro
        equipo | nuestros clientes | haz clic aqu\u00ed | aprovecha | garant\u00eda de devoluci\u00f3n
        """
    ),
    "pt": _phrases(
        """
        compre agora | adicionar ao carrinho | frete gr\u00e1tis | oferta especial | melhor pre\u00e7o | cupom de desconto | reserve
        agora | inscreva-se j\u00e1 | entre em contato hoje | or\u00e7amento gr\u00e1tis | teste gr\u00e1tis | nossa equipe | nossos
        clientes | clique aqui | aproveite | satisfa\u00e7\u00e3o garantida
        """
    ),
    "it": _phrases(
        """
        acquista ora | compra ora | ordina ora | aggiungi al carrello | spedizione gratuita | offerta speciale | miglior prezzo |
        codice sconto | prenota ora | iscriviti ora | contattaci oggi | preventivo gratuito | prova gratuita | il nostro team | i
        nostri clienti | clicca qui | approfitta | soddisfatti o rimborsati
        """
    ),
}

NOTICES: Phrases = {
    "en": _phrases(
        """
        terms of use | privacy policy | cookie policy | uses cookies | use of cookies | use cookies | accept cookies | all rights
        reserved
        """
    ),
    "de": _phrases(
        """
        nutzungsbedingungen | datenschutzerkl\u00e4rung | verwendet cookies | verwenden cookies | nutzt cookies | nutzen cookies |
        alle rechte vorbehalten
        """
    ),
    "fr": _phrases(
        """
        conditions d'utilisation | politique de confidentialit\u00e9 | utilise des cookies | utilisons des cookies | tous droits
        r\u00e9serv\u00e9s
        """
    ),
    "es": _phrases(
        """
        condiciones de uso | pol\u00edtica de privacidad | pol\u00edtica de cookies | utiliza cookies | utilizamos cookies | todos
        los derechos reservados
        """
    ),
    "pt": _phrases(
        """
        termos de uso | pol\u00edtica de privacidade | pol\u00edtica de cookies | utiliza cookies | utilizamos cookies | todos os
        direitos reservados
        """
    ),
    "it": _phrases(
        """
        condizioni d'uso | informativa sulla privacy | utilizza i cookie | utilizziamo i cookie | cookie policy | tutti i diritti
        riservati
        """
    ),
}
