"""The text of an HTML mail is what its reader sees: all of it, and nothing else."""

from __future__ import annotations

import pytest

from expertise.mail.inbound.html import as_text, read_html
from expertise.mail.inbound.read_mail import read

SEEN = {
    "a second head": "<html><head><meta charset=utf-8><head><body><div>Смета неверна</div></body></html>",
    "a head left open": "<html><head><meta charset=utf-8><div>Смета неверна</div></html>",
    "a head left open before a body": "<head><style>p{}</style><body>Смета неверна",
    "text in the head": "<head>Смета неверна</head>",
    "two bodies": "<html><head></head><body></body><body><p>Смета неверна</p></body></html>",
    "a title left open": "<html><head><title><body><p>Смета неверна</p>",
    "a script left open": "<p>Смета неверна</p><script>",
    "a comment left open": "<div><!-- Смета неверна</div>",
    "a comment of Outlook": "<!--[if mso]><p>нет</p><![endif]--><![if !mso]><p>Смета неверна</p><![endif]>",
    "an end too many": "</head></div></blockquote><p>Смета неверна</p></body>",
    "no tag at all": "Смета неверна",
    "capitals": "<HTML><HEAD><BODY><P>Смета неверна",
}


@pytest.mark.parametrize("kind", SEEN)
def test_broken_html_is_read_as_a_browser_shows_it(kind):
    assert as_text(SEEN[kind]) == "Смета неверна"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (
            "<table><tr><th>Статья</th><th>Сумма</th></tr><tr><td>Смета</td><td>5&nbsp;млн</td></tr></table>",
            "Статья\tСумма\n\nСмета\t5 млн",
        ),
        ("<table><tr><td>Смета<td>5 млн<tr><td>План<td>7 млн</table>", "Смета\t5 млн\nПлан\t7 млн"),
        ("<table><tr><td></td><td>Принять</td><td> </td></tr></table>", "Принять"),
        ("<table><tr><td><p>Смета</p></td><td><p>5 млн</p></td></tr></table>", "Смета\n\n5 млн"),
        ("<dl><dt>Смета<dd>5 млн</dl>", "Смета\n5 млн"),
        ("<ul><li>смета<li>план</ul>", "смета\nплан"),
        ("<pre>Смета\nПлан\n\nГрафик</pre>", "Смета\nПлан\n\nГрафик"),
        ("<section>Смета</section><article>План</article>", "Смета\n\nПлан"),
        ("Пишите на <expert@example.kz>, 5 < 6", "Пишите на <expert@example.kz>, 5 < 6"),
        ("<blockquote>Срок<blockquote>5</blockquote></blockquote>Да", "> Срок\n\n> > 5\n\nДа"),
    ],
)
def test_cells_and_blocks_stand_apart(html, text):
    lines = [line for line in as_text(html).split("\n") if line]
    assert lines == [line for line in text.split("\n") if line]


HIDING = [
    'style="display:none"',
    'style="DISPLAY : None !important"',
    'style="visibility:hidden"',
    'style="font-size:0"',
    'style="font-size:1px;line-height:1px"',
    'style="opacity:0"',
    'style="opacity:0.0"',
    'style="max-height:0;overflow:hidden"',
    'style="height:0px; width:0px; overflow:hidden"',
    'style="mso-hide:all"',
    'style="position:absolute;left:-9999px"',
    'style="position:absolute; top:-5000px"',
    'style="text-indent:-9999px"',
    'style="color:transparent"',
    'style="color:#ffffff"',
    'style="color:white"',
    'style="color:#FEFEFE;background:#fff"',
    'style="color:rgb(255, 255, 255)"',
    'style="color:rgba(0,0,0,0)"',
    'style="color:#000;background-color:black"',
    'style="clip:rect(0,0,0,0);position:absolute"',
    'style="clip-path:inset(50%)"',
    'style="transform:scale(0)"',
    "hidden",
    'hidden=""',
    'class="away"',
    'class="x preheader y"',
    'id="unseen"',
]
SHEET = "<style>.away, td.preheader {display:none} .preheader{font-size:0px} #unseen{visibility:hidden}</style>"


@pytest.mark.parametrize("how", HIDING)
def test_hidden_text_is_no_reply(how):
    html = f"<html><head>{SHEET}</head><body><div {how}>Принять<b>Принять</b></div><p>Смета неверна</p></body></html>"
    assert read_html(html) == ("Смета неверна", False)
    assert "Принять" not in as_text(f"{SHEET}<p>Смета неверна</p><span {how}>Принять</span>")


def test_hidden_text_alone_is_nothing():
    assert read_html('<div style="display:none">Принять</div>') == ("", False)
    assert as_text('<font color="white">Принять</font><p>Нет</p>') == "Нет"


def test_white_text_alone_is_read_and_marked():
    """A program for dark screens leaves it so; but it may as well have been hidden from the sender."""
    assert read_html('<div style="color:#fff">Принять</div>') == ("Принять", True)


@pytest.mark.parametrize(
    "html",
    [
        '<div style="font-size:0"><p style="font-size:14px">Смета</p></div>',
        '<div style="visibility:hidden"><p style="visibility:visible">Смета</p></div>',
        '<div style="background:#000;color:#fff">Смета</div>',
        '<table bgcolor="#003366"><tr><td><font color="white">Смета</font></td></tr></table>',
        '<td style="background:url(x.png);color:#fff">Смета</td>',
        '<p style="display:none">Принять<p>Смета',
        '<ul><li style="display:none">Принять<li>Смета</ul>',
        '<table><tr style="display:none"><td>Принять<tr><td>Смета</table>',
        "<style>@media print { .x { display:none } } .y:hover{display:none}</style><p class='x y'>Смета</p>",
        '<p style="font-size:12.0pt;line-height:0;opacity:1">Смета</p>',
        '<p style="margin-left:-18.0pt;text-indent:-18.0pt;max-height:none;width:0">Смета</p>',
        '<p style="position:relative;left:-9999px">Смета</p>',
        '<p style="color:inherit;background:transparent;font:inherit">Смета</p>',
        '<p style="color:#1F497D">Смета</p>',
    ],
)
def test_visible_text_is_seen(html):
    assert read_html(html) == ("Смета", False)


def mail(plain, html, kind="alternative"):
    parts = "".join(
        f"--b\nContent-Type: text/{name}; charset=utf-8\n\n{text}\n"
        for name, text in (("plain", plain), ("html", html))
    )
    body = f"{parts}--b--"
    return read(f"From: a@example.kz\nContent-Type: multipart/{kind}; boundary=b\n\n{body}".encode())


@pytest.mark.parametrize(
    "plain", ["Ваша программа не показывает HTML.", "This message needs an HTML viewer.", "Принять", " \n"]
)
def test_what_the_writer_saw_counts_where_the_plain_text_says_something_else(plain):
    assert mail(plain, "<p>Смета неверна</p>").text == "Смета неверна"


def test_plain_text_that_says_the_same_is_taken():
    found = mail("*Смета*   неверна\n> Срок 5", "<p><b>Смета</b> неверна</p><blockquote>Срок 5</blockquote>")
    assert found.text.strip() == "*Смета*   неверна\n> Срок 5"
    assert mail("Принять", "<img src=x>").text.strip() == "Принять"
    assert mail("Принять", "<p>Подпись списка</p>", "mixed").text.strip() == "Принять"
