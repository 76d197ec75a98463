"""A text as ids: what the `tokenizers` package gave, with the vocabulary that comes with the package."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.pieces import HIDDEN, UNKNOWN, Pieces
from nlp.weights import FOLDER, TOKENIZER

GIVEN = [
    ("STOP", [140, 37577]),
    ("Please take me off this list. Thank you.", [16707, 3401, 144, 3478, 648, 3197, 5, 14150, 316, 5]),
    ("Désinscrivez-moi s'il vous plaît", [9979, 1092, 9070, 5669, 9, 42053, 80, 25, 302, 734, 2145, 13956]),
    ("Bitte keine Werbung mehr!!!", [22076, 4000, 75972, 1790, 1073]),
    ("Não quero receber mais e-mails", [6092, 35711, 28791, 536, 28, 9, 1371, 7]),
    ("Proszę mnie wypisać z listy", [84982, 4935, 1210, 35444, 86, 56219]),
    ("¿Qué datos tienen sobre mí?", [2444, 17881, 7467, 9760, 738, 6374, 31]),
    ("l'équipe  \t d'Orléans\n2014", [85, 25, 35728, 92, 25, 10607, 2318, 5887, 750]),
    ("日本 αβγ stop", [6, 3, 6, 3, 4305]),
    ("a▁▁b ▁", [10, 6, 633, 6, 6]),
    ("<s> </s> \ue000start", [2714, 7, 1773, 6, 23212, 7, 1773, 2500]),
    ("😀🛑 arrêt", [11718, 115689, 6, 45747]),
    ("unbekannteswortungetümsverzeichnis", [114028, 7, 46455, 1105, 112, 9320, 7, 590, 535, 3343, 1753]),
    ("ﬁn №5 ½", [1483, 342, 554, 41701]),
    ("", []), (" \n\x00\ue003", []),
]


@pytest.fixture(scope="module")
def whole() -> Pieces:
    return Pieces.load(FOLDER / TOKENIZER)


@pytest.mark.parametrize(("text", "ids"), GIVEN)
def test_the_ids_are_those_of_the_tokenizer_that_the_encoder_learnt_with(whole: Pieces, text: str,
                                                                         ids: list[int]) -> None:
    assert whole.ids(text) == ids


def test_the_file_is_written_as_it_was_read(whole: Pieces, tmp_path: Path) -> None:
    whole.save(tmp_path / TOKENIZER)
    assert (tmp_path / TOKENIZER).read_bytes() == (FOLDER / TOKENIZER).read_bytes()


def test_the_likeliest_cut_wins_and_not_the_longest_piece() -> None:
    pieces = Pieces([*HIDDEN, "▁", "a", "b", "ab", "▁a"], [0, 0, 0, 0, -1, -2, -2, -5, -4])
    assert pieces.ids("ab") == [4, 5, 6]
    assert pieces.ids("a") == [4, 5]


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_has_ids_and_no_control_piece(whole: Pieces, text: str) -> None:
    assert all(UNKNOWN <= number < 116_112 for number in whole.ids(text))
