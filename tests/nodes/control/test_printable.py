"""What of others' text a terminal may have, asked of every character that there is."""

from __future__ import annotations

import unicodedata

from catenet.nodes.application.http.render import clean
from catenet.nodes.control.printable import printable, printable_lines

EVERY = "".join(map(chr, range(0x110000)))
OBEYED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode's categories of what a terminal obeys, turns around by or cannot show: controls, formats, surrogates, private
and unassigned characters, separators of lines and paragraphs."""


def test_a_question_mark_for_each_character_that_a_terminal_would_obey() -> None:
    for character, shown in zip(EVERY, printable(EVERY), strict=True):
        category = unicodedata.category(character)
        stays = category not in OBEYED and (category != "Zs" or character == " ")
        assert shown == (character if stays else "?"), hex(ord(character))


def test_lines_stay_lines_and_tabs_lead_to_the_next_eighth_column() -> None:
    assert printable_lines("a\tb\x1b[2J\n\tc\r\n") == "a       b?[2J\n        c?\n"


def test_of_a_page_every_space_is_a_space_and_what_a_terminal_would_obey_is_left_out() -> None:
    assert clean("a\u00a0b\u2028c\td\x1b[2J\u202ee\ud800f\u00fc") == "a b c d[2Jef\u00fc"
    for character in EVERY:
        assert clean(character) in (" ", character, "")
        assert clean(character).isprintable()
