"""Lists of addresses: what each form of entry leaves out, what it does not, and files that are none."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from bubblenet.corpus import address_lists
from bubblenet.corpus.address_lists import AddressLists, AddressSettings, lists_digest, load_lists, read_lists
from bubblenet.corpus.rights.hosts import domains_of
from bubblenet.errors import InputError
from bubblenet.settings import Privacy, Segmentation
from bubblenet.storage import open_steadily
from bubblenet.udfs.corpus import CutPage

DOMAINS = """# a note
bad.example
.dotted.example
*.starred.example  # another
0.0.0.0 hosts.example
||filter.example^
sub.deep.co.uk
blogspot.com
192.0.2.7
b\u00fccher.example
UPPER.example
"""
URLS = "shop.example/adult\nhttps://www.video.example/a%20b/\nfree.example/~name/x.html\nwhole.example\nask.example/p?id=7\n"


@pytest.fixture
def lists(tmp_path):
    """What files of these entries say of an address."""

    def read(**entries: str | int) -> AddressLists:
        named: dict[str, object] = {}
        for kind, text in entries.items():
            if isinstance(text, str):
                (tmp_path / kind).write_text(text, encoding="utf-8")
            named[kind] = (str(tmp_path / kind),) if isinstance(text, str) else text
        return read_lists(AddressSettings(**named))

    return read


@pytest.mark.parametrize(
    "host",
    [
        "bad.example", "www.bad.example", "a.b.BAD.example.", "bad.example:8080", "x.dotted.example", "starred.example", "hosts.example",
        "filter.example", "sub.deep.co.uk", "x.sub.deep.co.uk", "blogspot.com", "192.0.2.7", "b\u00fccher.example",
        "www.xn--bcher-kva.example", "upper.example",
    ],
)  # fmt: skip
def test_a_domain_stands_for_all_below_it(lists, host):
    assert lists(domains=DOMAINS).reason(f"https://{host}/page") == "listed_domain"


@pytest.mark.parametrize(
    "url",
    [
        "https://notbad.example/", "https://example/", "https://deep.co.uk/", "https://other.deep.co.uk/", "https://name.blogspot.com/",
        "https://192.0.2.8/", "https://good.example/bad.example", "file:///bad.example", "https://[broken/",
    ],
)  # fmt: skip
def test_a_domain_stands_for_no_other(lists, url):
    assert lists(domains=DOMAINS).reason(url) is None


@pytest.mark.parametrize(
    ("url", "is_listed"),
    [
        ("http://shop.example/adult", True),
        ("https://www.shop.example/Adult/toys/1?x=2#y", True),
        ("https://shop.example/adults", False),
        ("https://shop.example/", False),
        ("https://video.example/a b/c", True),
        ("http://free.example/%7Ename/x.html", True),
        ("http://free.example/~name/", False),
        ("http://whole.example/any", True),
        ("http://sub.whole.example/any", False),
        ("http://ask.example/p?id=7", True),
        ("http://ask.example/p?id=8", False),
    ],
)
def test_an_address_stands_for_what_is_below_it(lists, url, is_listed):
    assert lists(urls=URLS).reason(url) == ("listed_url" if is_listed else None)


def test_one_word_is_enough_and_of_soft_words_one_is_allowed(lists):
    some = lists(url_words="Casino\n", soft_url_words="girls\nhot\n")

    assert some.reason("https://e.org/best-CASINO_2020/") == "listed_url_word"
    assert some.reason("https://casinoroyale.example/") is None
    assert some.reason("https://e.org/hot/girls") == "listed_url_word"
    assert some.reason("https://e.org/hot/hot") is None
    assert lists(soft_url_words="girls\nhot\n", max_soft_url_words=2).reason("https://e.org/hot/girls") is None


def test_a_pattern_is_searched_in_the_address_whatever_its_case(lists):
    some = lists(url_patterns="# a note\n(^|[-.])xxx[0-9]+\nslot(s?)#?gacor\n")

    assert some.reason("https://Best-XXX24.example/") == "listed_url_pattern"
    assert some.reason("https://e.org/slotgacor") == "listed_url_pattern"
    assert some.reason("https://e.org/xxx") is None


def test_a_list_survives_its_file_and_without_entries_nothing_is_listed(lists):
    some = lists(domains=DOMAINS, urls=URLS, url_words="one\n", soft_url_words="two\n", url_patterns="three\n")
    again = AddressLists.from_bytes(some.to_bytes())

    assert np.array_equal(again.domains, some.domains)
    assert [again.reason(f"https://{name}/") for name in ("bad.example", "whole.example", "e.org/one", "e.org/three", "e.org")] == [
        "listed_domain", "listed_url", "listed_url_word", "listed_url_pattern", None,
    ]  # fmt: skip
    assert read_lists(AddressSettings()).reason("https://bad.example/") is None


def test_the_digest_is_that_of_contents_and_not_of_places(tmp_path):
    for folder, text in (("a", "bad.example\n"), ("b", "bad.example\n"), ("c", "worse.example\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "domains").write_text(text)
    first, same, other = (lists_digest(AddressSettings(domains=(str(tmp_path / folder / "domains"),))) for folder in "abc")

    assert first == same != other
    assert lists_digest(AddressSettings(urls=(str(tmp_path / "a" / "domains"),))) != first


def test_a_large_compressed_list_is_read_whole(tmp_path):
    names = [f"name-{number}.example" for number in range(20_000)]
    (tmp_path / "domains.gz").write_bytes(gzip.compress(("\n".join(names) + "\n# Ende\n.dotted.example").encode()))
    some = read_lists(AddressSettings(domains=(str(tmp_path / "domains.gz"),)))

    assert len(some.domains) == 20_001
    assert all(some.reason(f"https://www.{name}/") for name in [*names[::999], names[-1], "dotted.example"])


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        ("domains", "# nothing\n", "none in"),
        ("urls", "\n", "none in"),
        ("url_words", "", "none in"),
        ("url_patterns", "fine\n(open\n", "line 2"),
    ],
)
def test_a_file_that_says_nothing_is_named(lists, kind, content, said):
    with pytest.raises(InputError, match=said):
        lists(**{kind: content})


def test_a_missing_or_damaged_file_is_named(tmp_path):
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"bad.example\n" * 9999)[:-20])

    for name in ("nowhere", "cut.gz"):
        with pytest.raises(InputError, match=name):
            read_lists(AddressSettings(domains=(str(tmp_path / name),)))
    with pytest.raises(InputError, match="nowhere"):
        lists_digest(AddressSettings(domains=(str(tmp_path / "nowhere"),)))


def test_a_listed_page_is_one_row_without_text_and_its_neighbours_are_cut(tmp_path, lists):
    place = tmp_path / "lists.npz"
    place.write_bytes(lists(domains=DOMAINS).to_bytes())
    text = "<h1>Tea</h1><p>The kettle stands on the stove and begins to sing, and then the water is poured over the leaves in the pot.</p>"
    urls = ("https://good.example/", "https://www.bad.example/", "https://fine.example/")
    pages = [{"url": url, "content": text, "content_type": "html", "declared_language": None, "personal": None} for url in urls]

    rows = [row for _, row in CutPage(Segmentation(min_characters=20, min_words=5), (), Privacy(), str(place))(pages)]

    assert [(row["reason"], row["kept"], bool(row["text"])) for row in rows] == [
        (None, True, True), ("listed_domain", False, False), (None, True, True),
    ]  # fmt: skip


def test_lists_are_loaded_once_a_process(tmp_path, lists):
    place = tmp_path / "lists.npz"
    place.write_bytes(lists(domains=DOMAINS).to_bytes())

    assert load_lists(str(place)) is load_lists(str(place))
    assert address_lists.load_lists.cache_info().currsize >= 1


def test_domains_of_a_host_end_at_what_is_registered():
    assert domains_of("a.b.example.co.uk:8080") == ("a.b.example.co.uk", "b.example.co.uk", "example.co.uk")
    assert domains_of("co.uk") == ("co.uk",)
    assert domains_of("[2001:db8::1]") == ("2001:db8::1",)


def test_the_digest_of_a_file_is_read_once_until_the_file_changes(tmp_path, monkeypatch):
    file, opened = tmp_path / "domains", []
    file.write_text("bad.example\n")
    named = AddressSettings(domains=(str(file),))
    monkeypatch.setattr(address_lists, "open_steadily", lambda name: opened.append(name) or open_steadily(name))

    first = lists_digest(named)
    assert lists_digest(named) == first
    assert opened == [str(file)]

    file.write_text("worse.example\n")
    assert lists_digest(named) != first
    file.write_text("bad.example\n")
    assert lists_digest(named) == first
    assert len(opened) == 3
