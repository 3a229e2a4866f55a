"""What an infusion is made up in, and what only sounds like it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from cards.knowledge.schema import Diluent
from fhir_mappings.medications.diluents import of_concept, of_ingredients, of_instructions, volume_of_instructions

SALT, SUGAR = Diluent.SODIUM_CHLORIDE, Diluent.DEXTROSE


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(
            "252 mg in 250 mL sodium chloride 0.9 % over 90 minutes", (SALT,), id="in an amount of sodium chloride"
        ),
        pytest.param("in 250 mL of 0.9% NaCl", (SALT,), id="the strength before the name"),
        pytest.param("dilute in D5W 100 mL", (SUGAR,), id="an abbreviation"),
        pytest.param("dilute in G5%", (SUGAR,), id="an abbreviation of Europe"),
        pytest.param("in 100 mL dextrose 5%", (SUGAR,), id="in an amount of dextrose"),
        pytest.param("in 5 % dextrose", (SUGAR,), id="in dextrose of a strength"),
        pytest.param("Flush the line with normal saline", (), id="a flush is not a diluent"),
        pytest.param("Do not mix with dextrose", (), id="a warning is not a diluent"),
        pytest.param("in 250 mL sodium chloride 0.9 %; never in dextrose", (SALT,), id="a diluent and a warning"),
        pytest.param("252 mg IV over 90 minutes", (), id="nothing said"),
        pytest.param("252 mg in 250 ml Glukose 5 %", (SUGAR,), id="in German"),
        pytest.param("in 250 ml NaCl 0,9 % über 90 Minuten", (SALT,), id="in German, with a comma"),
        pytest.param("in 100 ml Kochsalzlösung 0,9 %", (SALT,), id="the German for saline"),
        pytest.param("in 100 ml isotonischer Kochsalzlösung", (SALT,), id="isotonic"),
        pytest.param("en 100 ml de suero fisiológico", (SALT,), id="in Spanish"),
        pytest.param("en 250 ml de glucosado al 5 %", (SUGAR,), id="glucose in Spanish"),
        pytest.param("dans 250 ml de glucosé 5%", (SUGAR,), id="in French"),
        pytest.param("dilué dans 100 mL de chlorure de sodium 0,9 %", (SALT,), id="saline in French"),
        pytest.param("diluito in 250 ml di soluzione fisiologica", (SALT,), id="in Italian"),
        pytest.param("em 250 mL de soro fisiológico 0,9%", (SALT,), id="in Portuguese"),
        pytest.param("w 250 ml 5% glukozy", (SUGAR,), id="in Polish"),
        pytest.param("в 250 мл 0,9 % натрия хлорида", (SALT,), id="in Russian"),
        pytest.param("378 mg/100 mL NSS IVPB", (SALT,), id="an amount per volume"),
        pytest.param("diluir em SG 5% 250 mL", (SUGAR,), id="glucose as Brazil abbreviates it"),
        pytest.param("em soro glicosado 5% 250 mL", (SUGAR,), id="glucose in Portuguese"),
        pytest.param("en suero glucosado 250 ml", (SUGAR,), id="glucose with its own noun in Spanish"),
        pytest.param("in 250 ml G5 über 30 min", (SUGAR,), id="an abbreviation without its sign"),
        pytest.param("em SF 0,9% 100 mL em 90 min", (SALT,), id="saline as Brazil abbreviates it"),
        pytest.param("en 100 mL SSF en 90 min", (SALT,), id="saline as Spain abbreviates it"),
        pytest.param("in 100 ml fysiologisch zout", (SALT,), id="saline in Dutch"),
        pytest.param("em SF 0,9% 250 mL, não diluir em SG 5%", (SALT,), id="a warning in Portuguese"),
        pytest.param("en solución glucosada 5% 250 ml", (SUGAR,), id="a solution of glucose in Spanish"),
        pytest.param("dans 250 mL de sérum glucosé à 5 %", (SUGAR,), id="a serum of glucose in French"),
        pytest.param("en SG al 5% 250 cc", (SUGAR,), id="the strength behind the abbreviation"),
        pytest.param("dans du NaCl 0,9% 100 mL", (SALT,), id="with an article"),
        pytest.param("in isotoner Kochsalzlösung 100 ml", (SALT,), id="isotonic, as Austria writes it"),
        pytest.param("in G52 of the ward", (), id="a place"),
        pytest.param("nicht in Glukose geben", (), id="a warning in German"),
        pytest.param("Nachspülen mit 50 ml NaCl 0,9 %", (), id="a flush in German"),
        pytest.param("252 mg IV, then 500 mL normal saline for hydration", (), id="a fluid of its own"),
        pytest.param("in glioma", (), id="a word with the same beginning"),
        pytest.param("give in NSAID-free interval", (), id="letters inside a word"),
    ],
)
def test_a_diluent_in_the_instructions(text, found) -> None:
    assert of_instructions({"dosageInstruction": [{"text": text}]}) == set(found)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        pytest.param("sodium chloride 0.9 % IV soln", (SALT,), id="an inactive ingredient"),
        pytest.param("Dextrose 5% in Water 500 mL", (SUGAR,), id="a premixed bag"),
        pytest.param("ado-trastuzumab emtansine", (), id="the drug itself"),
    ],
)
def test_a_diluent_among_the_ingredients(name, found) -> None:
    assert of_ingredients({"ingredient": [{"itemCodeableConcept": {"text": name}}]}) == set(found)


def test_a_diluent_in_the_name_of_the_order() -> None:
    named = {"text": "ado-trastuzumab emtansine (KADCYLA) in sodium chloride 0.9% IVPB"}
    assert of_concept(named) == {SALT}


@pytest.mark.parametrize(
    ("text", "volume"),
    [
        ("252 mg in 250 mL sodium chloride 0.9 % over 90 minutes", "250"),
        ("in 100 mL of 0.9% NaCl", "100"),
        ("dilute in D5W 100 mL", "100"),
        ("in sodium chloride 0.9 % 250 mL", "250"),
        ("in NS, 262,6 ml", "262.6"),
        ("in sodium chloride 0.9 % at 250 mL/hr", None),
        ("in sodium chloride 0.9 %", None),
        ("252 mg (12.6 mL) IV in sodium chloride", None),
        ("in 100 mL NS or in 250 mL NS", None),
        ("flush with 50 mL normal saline", None),
        ("do not dilute in 100 mL dextrose", None),
    ],
)
def test_the_volume_of_the_diluent(text: str, volume: str | None) -> None:
    found = volume_of_instructions({"dosageInstruction": [{"text": text}]})
    assert found == (Decimal(volume) if volume else None)
