"""A misspelled name is asked about, letters set apart are read, and no other drug is taken for one of ours."""

from __future__ import annotations

import pytest
from builders import KNOWN, RECOGNIZER
from hypothesis import given
from hypothesis import strategies as st

from cards.identification.sounds import Sounds, sound_of
from cards.knowledge.schema import Scope

NAMES = sorted(
    name.casefold()
    for product in KNOWN.products
    if product.scope is Scope.CHECKED
    for brand in product.brands
    for name in brand.names
    if name == brand.name and name.isascii() and name.isalpha()
)
ALIKE = {"c": "ks", "k": "c", "y": "i", "i": "y", "z": "s", "s": "z", "f": "ph", "u": "oo", "v": "w", "j": "g"}


@given(st.sampled_from(NAMES), st.sampled_from([" ", ".", "-", "_", "/", "  ", " - ", "\u00b7"]))
def test_letters_set_apart_are_read_as_the_name(name: str, between: str) -> None:
    apart = RECOGNIZER.read_text(f"{between.join(name)} 100 mg")
    assert apart.meanings == RECOGNIZER.read_text(f"{name} 100 mg").meanings
    assert apart.is_read


@given(st.sampled_from(NAMES), st.data())
def test_a_letter_written_as_it_sounds_is_asked_about_or_read(name: str, data: st.DataObject) -> None:
    place = data.draw(st.sampled_from([at for at, letter in enumerate(name) if letter in ALIKE] or [0]))
    spelled = name[:place] + ALIKE.get(name[place], name[place]) + name[place + 1 :]
    assert RECOGNIZER.read_text(spelled).names_drug


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("enhertoo", "enhertu"),
        ("herzooma", "herzuma"),
        ("phesgo", "fezgo"),
        ("nerlynx", "nerlinks"),
        ("kadcyla", "cadsilla"),
        ("pergeta", "perjeta"),
        ("kanzhinti", "canginti"),
    ],
)
def test_spellings_of_one_sound(first: str, second: str) -> None:
    assert sound_of(first) == sound_of(second)


@pytest.mark.parametrize(
    ("word", "found"),
    [
        pytest.param("bandolum", "bandolum", id="the same"),
        pytest.param("bantolud", "bandolum", id="two letters wrong in eight"),
        pytest.param("bintolud", None, id="three"),
        pytest.param("abdnolum", None, id="two pairs swapped, so that it begins otherwise"),
        pytest.param("badnolmu", "bandolum", id="two pairs swapped"),
        pytest.param("bandolumij", "bandolum", id="two more"),
        pytest.param("andolum", None, id="another first letter"),
        pytest.param("lomap", "lomap", id="five letters, the same"),
        pytest.param("lomat", None, id="five letters, one wrong"),
        pytest.param("tarndu", "tarndo", id="six letters, one wrong"),
        pytest.param("tarnku", None, id="six letters, two wrong"),
        pytest.param("loma", None, id="too short"),
        pytest.param("tirnda", "tarndo", id="six letters, only vowels wrong"),
        pytest.param("lumep", None, id="five letters, only vowels wrong"),
        pytest.param("tarndem", "tarndo", id="a Slavic case"),
        pytest.param("tarndet", None, id="no such case"),
        pytest.param("a" * 25, None, id="too long"),
        pytest.param("lom0p", None, id="with a digit"),
    ],
)
def test_how_many_letters_may_be_wrong(word: str, found: str | None) -> None:
    assert Sounds(["bandolum", "lomap", "tarndo"]).nearest(word) == found


@pytest.mark.parametrize("written", ["Enhurta 100 mg", "Kudcela", "Parjuta 420 mg", "Tukosi"])
def test_a_name_with_other_vowels_is_asked_about(written: str) -> None:
    assert RECOGNIZER.read_text(written).guesses


def test_a_word_of_other_letters_may_stand_for_any_of_them_quickly() -> None:
    """Each letter has few Latin ones, so that even the longest word is compared at once."""
    assert not RECOGNIZER.read_text(
        "\u0446\u0446\u0446\u0446\u0446\u0446\u0446\u0446\u0446\u0446\u0446\u0446 " * 40
    ).names_drug
