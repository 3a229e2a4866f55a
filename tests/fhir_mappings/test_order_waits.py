"""An order that is not to be given yet, in the words of many languages; how it is to be given is no such thing."""

from __future__ import annotations

import pytest

from cards.facts.order import RemarkKind
from fhir_mappings.medications.dose_remarks import dose_remarks


@pytest.mark.parametrize(
    "written",
    [
        "give only after echo reviewed", "erst nach Echo geben", "nicht vor Echo-Befund verabreichen",
        "Gabe erst nach Freigabe durch Onkologen", "bitte noch nicht anmischen",
        "à administrer seulement après échographie",
        "ne pas préparer avant accord médical", "ne pas administrer sans bilan",
        "administrar solo tras ecocardiograma",
        "no preparar hasta confirmar", "somministrare solo dopo ecocardiogramma",
        "non iniziare prima dell'ecocardiogramma",
        "administrar somente após ecocardiograma", "somente com liberação do médico", "pas geven na echo",
        "niet starten voor echo", "podać dopiero po echo serca", "nie podawać przed wynikiem echo",
        "ge först efter eko",
        "ska inte ges förrän ekosvar finns", "gives først efter ekko", "skal ikke gis før ekko", "podat až po echu",
        "Bitte Echo abwarten", "attendre l'écho avant de perfuser", "esperar ecocardiograma", "czekać na wynik echo",
        "vorerst nicht geben", "différer la cure", "deze kuur overslaan", "hoppa över denna kur", "не вводить до ЭхоКГ",
        "nepodávat před echem", "ei saa antaa ennen sydämen ultraa", "EKO sonras\u0131 verilecek",
        "EKO görülmeden verilmesin",
    ],
)  # fmt: skip
def test_an_order_that_waits(written: str) -> None:
    assert [each.kind for each in dose_remarks(written)] == [RemarkKind.TAKEN_BACK]


@pytest.mark.parametrize(
    "written",
    [
        "nach dem Frühstück geben", "erst nach Prämedikation geben", "nicht vor Gabe von Pertuzumab",
        "nur über zentralen Zugang geben", "nur in NaCl 0,9 % verdünnen", "nicht schütteln, nicht einfrieren",
        "Kontrolle Blutbild vor nächster Gabe", "surveillance 90 minutes après la perfusion",
        "seulement en perfusion IV",
        "ne pas mélanger avec du glucose", "solo en suero fisiológico", "no administrar con glucosa",
        "solo per via endovenosa", "somente IV", "alleen IV", "niet schudden", "tylko dożylnie",
        "ges efter premedicinering",
        "endast intravenöst", "må ikke rystes", "ei saa ravistaa", "neprotřepávat", "çalkalamay\u0131n",
        "not with dextrose",
        "Laborkontrolle abgewartet, Gabe kann erfolgen", "30 min warten, dann Infusion", "bilan validé, OK chimio",
        "prover OK, ges enligt plan", "check labs prior to each cycle", "no labs needed before this dose",
    ],
)  # fmt: skip
def test_an_order_that_waits_for_nothing(written: str) -> None:
    assert [each.kind for each in dose_remarks(written)] == []
