"""Notes beside results in twenty languages: one that takes a value back is told, one of routine needs no card."""

from __future__ import annotations

import pytest
from shapes import Json, bundle, chart, lab, observation, quantity, topics
from test_practice_orders import LUNG, drug, her2, labs, on
from test_variant_assessments import YVMA, variant

# Void, not final, of another patient or specimen, or not to be relied on.
AGAINST = (
    "Not validated.", "This result is from the 2019 primary.", "See corrected report.",
    "Ergebnis gehört zu anderem Patienten.", "Vorläufiger Befund, endgültiger Befund folgt.",
    "Noch nicht freigegeben.",
    "Befund unter Vorbehalt, nur wenig Tumorgewebe.", "Das Ergebnis stammt vom Primärtumor 2019.",
    "Gewebe vertauscht.",
    "Befund wurde zurückgezogen.", "Siehe Korrekturbefund.", "Ungueltig.", "Nicht messbar, Probe verwechselt.",
    "Résultat provisoire.", "Ne pas tenir compte de ce résultat.", "Compte rendu annulé et remplacé.",
    "Non confirmé.",
    "Résultat sous réserve.", "Résultat de la tumeur primitive de 2018.", "Erreur d'étiquetage.",
    "Resultado provisional.", "Pendiente de validación.", "Este resultado pertenece a otro paciente.", "No validado.",
    "Informe anulado.", "Resultado del tumor primario de 2017.", "Error de identificación de la muestra.",
    "Risultato provvisorio.", "Referto annullato.", "Campione di altro paziente.", "Da confermare.", "Non validato.",
    "Resultado preliminar.", "Laudo cancelado.", "Amostra de outro paciente.", "Não validado.", "Desconsiderar.",
    "Voorlopige uitslag.", "Niet gevalideerd.", "Monsterverwisseling.", "Uitslag onder voorbehoud.",
    "Wynik wstępny.", "Wynik innego pacjenta.", "Zamiana próbek.", "Wynik do weryfikacji.",
    "Błąd identyfikacji próbki.",
    "Preliminärt svar.", "Provet kan ha förväxlats.", "Svaret gäller annan patient.", "Ej validerat.",
    "Foreløbigt svar.", "Prøven er forbyttet.", "Svaret annulleret.", "Forkert patient.",
    "Foreløpig svar.", "Feil pasient.", "Svaret er trukket tilbake.",
    "Alustava vastaus.", "Väärä potilas.", "Tulos mitätöity.", "Näytteet sekaisin.",
    "Předběžný výsledek.", "Záměna vzorku.", "Výsledek jiného pacienta.", "Výsledek neplatný.",
    "Rezultat preliminar.", "Probă greșită.", "Rezultat anulat.", "Ön rapor.", "Numune kar\u0131şm\u0131ş.",
    "Yanl\u0131ş hasta.",
    "Előzetes eredmény.", "Предварительный результат.", "Результат аннулирован.", "Образец перепутан.",
    "Προσωρινό αποτέλεσμα.", "Λάθος ασθενής.", "仮報告", "検体取り違え", "暫定結果です。",
    "初步结果", "标本混淆", "예비 결과",
)  # fmt: skip
# The same words where they deny it, are of another test or report, or are about what was replaced or confirmed.
ROUTINE = (
    "Result from the 2026 biopsy.", "Concordant with the 2021 primary (3+).", "Preliminary result was confirmed.",
    "Keine Hinweise auf Verwechslung der Proben.", "Ersetzt den vorläufigen Befund vom 12.05.2026.",
    "Endgültiger, validierter Befund.", "FISH vorläufig nicht erforderlich.", "Ki-67 unter Vorbehalt.",
    "ER-Befund vorläufig.", "Ergebnis der Stanze von 2026.", "Lymphangioinvasion nicht beurteilbar.",
    "Zweitmeinung bestätigt den Befund (3+).", "Nachbefundung: 3+ bestätigt.",
    "Falls Sie Fragen haben, rufen Sie an.",
    "Résultat définitif.", "Annule et remplace le compte rendu préliminaire du 12/03.", "Relecture : score 3+.",
    "Pas d'argument pour une inversion de prélèvement.", "Emboles vasculaires non évaluables.",
    "Resultado definitivo y validado.", "Segunda opinión: confirma 3+.", "Márgenes libres.",
    "Sostituisce il referto provvisorio.", "Controlli adeguati.", "Laudo definitivo.", "Vervangt voorlopige uitslag.",
    "Zastępuje wynik wstępny.", "Kontrole prawidłowe.", "Ersätter preliminärt svar.", "Slutsvar.",
    "Erstatter foreløbigt svar.", "Endelig svar.", "Lopullinen vastaus.", "Konečný výsledek.", "Rezultat final.",
    "Kesin sonuç.", "Окончательный результат.", "コントロール良好", "对照良好",
)  # fmt: skip


def note(written: str) -> list[Json]:
    return [{"text": written}]


def part(name: str, written: str) -> list[Json]:
    return [{"code": {"text": name}, "valueString": written}]


def with_score(value: str, written: str) -> list[str]:
    return topics(drug("Kadcyla", 252), prefetch=chart(tumorMarkers=bundle(her2(value, note=note(written)))))


def with_fraction(written: str) -> list[str]:
    newest = observation(
        "10230-1", "new", valueQuantity=quantity(60, "%"), note=note(written), effectiveDateTime=on(10)
    )
    first = observation("10230-1", "first", valueQuantity=quantity(62, "%"), effectiveDateTime=on(300))
    return topics(drug("Kadcyla", 252), prefetch=chart(lvef=bundle(newest, first)))


@pytest.mark.parametrize("written", AGAINST)
def test_a_note_against_a_score(written: str) -> None:
    assert with_score("3+", written) != []


@pytest.mark.parametrize("written", ROUTINE)
def test_a_note_of_routine_beside_a_score(written: str) -> None:
    assert with_score("3+", written) == []


@pytest.mark.parametrize(
    ("value", "written", "expected"),
    [
        ("2+", "Zur Bestätigung FISH angefordert.", ["her2-ish-missing"]),
        ("2+", "Résultat à confirmer par FISH.", ["her2-ish-missing"]),
        ("3+", "Résultat à confirmer par FISH.", ["her2-missing"]),
        ("3+", "Prior specimen (2021): HER2 1+.", ["her2-discordant"]),
        ("3+", "Vorbefund 2021: HER2 0.", ["her2-discordant"]),
        ("3+", "Biopsia previa: 1+.", ["her2-discordant"]),
        ("3+", "Tidigare biopsi: HER2 1+.", ["her2-discordant"]),
        ("3+", "Vorbefund 2021 ebenfalls HER2 3+.", []),
        ("3+", "Der Vorbefund (2+) wurde durch FISH ergänzt.", []),
        ("3+", "Korrektur: Score 1+", ["her2-discordant"]),
        ("3+", "Oprava: HER2 1+.", ["her2-discordant"]),
        ("3+", "Ausschließlich am In-situ-Anteil bestimmt.", ["her2-discordant"]),
        ("3+", "Endast bedömt på in situ-komponenten.", ["her2-discordant"]),
        ("3+", "Begleitendes DCIS, ebenfalls HER2-positiv.", []),
        ("3+", "Nur 5 % der Tumorzellen stark gefärbt.", ["her2-discordant"]),
        ("3+", "In der Voruntersuchung (E/2021/1234) HER2 negativ, jetzt 3+.", ["her2-discordant"]),
        ("3+", "Prior outside biopsy was HER2 2+, FISH amplified.", []),
        ("3+", "Vorbefund: 2+, FISH nicht amplifiziert.", ["her2-discordant"]),
        ("3+", "Tumorheterogenität: 60 % 3+, 40 % 0.", ["her2-discordant"]),
        ("3+", "Kein Hinweis auf HER2-Heterogenität.", []),
        ("3+", "Tillegg: ISH viser ingen amplifikasjon.", ["her2-discordant"]),
        ("3+", "Lisälausunto: ISH negatiivinen.", ["her2-discordant"]),
        ("3+", "FISH: amplifiziert, Ratio 5,1.", []),
        ("3+", "Los casos 2+ se envían a FISH.", []),
        ("3+", "Vid 2+ utförs ISH.", []),
        ("3+", "Färbeartefakte, Beurteilung eingeschränkt.", ["her2-missing"]),
        ("3+", "Membranöse Anfärbung in > 90 % der Tumorzellen, stark und vollständig.", []),
    ],
)
def test_what_a_note_does_to_a_score(value: str, written: str, expected: list[str]) -> None:
    assert with_score(value, written) == expected


@pytest.mark.parametrize("written", ["Score 0 après relecture.", "Korrektur: Score 0", "Vorbefund: HER2 3+."])
def test_a_note_against_a_low_score(written: str) -> None:
    found = chart(labs=labs(), tumorMarkers=bundle(her2("1+", note=note(written))))
    assert topics(drug("Enhertu", 378), prefetch=found) == ["her2-discordant"]


@pytest.mark.parametrize(
    "name",
    ["Kommentar", "Anmerkungen", "Remarque", "Observaciones", "Observação", "Opmerking", "Uwagi", "Bemærkning",
     "Merknad", "Kommentti", "Poznámka", "Observații", "Aç\u0131klama", "Комментарий", "Σχόλιο", "コメント", "备注"],
)  # fmt: skip
def test_a_part_that_is_a_comment(name: str) -> None:
    found = bundle(her2("3+", component=part(name, "Falscher Patient")))
    assert topics(drug("Kadcyla", 252), prefetch=chart(tumorMarkers=found)) == ["her2-missing"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("nicht verwertbar", ["her2-missing"]),
        ("vorläufig", ["her2-missing"]),
        ("auffällig", []),
        ("dodatni", []),
    ],
)
def test_an_interpretation_of_a_score(written: str, expected: list[str]) -> None:
    found = bundle(her2("3+", interpretation=note(written)))
    assert topics(drug("Kadcyla", 252), prefetch=chart(tumorMarkers=found)) == expected


@pytest.mark.parametrize(("written", "is_told"), [("vorläufig", True), ("nicht verwertbar", True), ("normal", False)])
def test_an_interpretation_of_a_laboratory_result(written: str, *, is_told: bool) -> None:
    found = {**lab("1742-6", "alt-1", 22, "U/L", 40), "interpretation": note(written)}
    assert (topics(drug("Kadcyla", 252), prefetch=chart(labs=labs(alt=found))) != []) is is_told


@pytest.mark.parametrize(
    "written",
    [
        "Repeat same day by 3D: 38 %", "Nachmessung 3D: 38 %", "EF visuell eher 40-45 %.", "EF im MRT 39 %.",
        "Kontrollmessung 40 %.", "EF nicht verlässlich bestimmbar.", "EF überschätzt bei Vorhofflimmern.",
        "Wert von 2019.", "unter Dobutamin-Belastung", "En réalité 40 %.", "FEVG surestimée.",
        "Relecture : FEVG 42 %",
        "échographie d'effort", "FEVI no valorable.", "FEVI severamente deprimida.", "Revisado: 38 %",
        "FE alla RM 38%.",
        "FE sovrastimata.", "FEVE 38% em nova medida.", "EF overschat.", "EF zawyżona.",
        "EF 40 % vid eftergranskning.",
        "EF 40 % ved gennemgang.", "EF alvorlig nedsatt.", "EF selvästi alentunut.", "EF LK těžce snížená.",
        "EF 40 %, nicht 60 %.", "caída de la FEVI de 15 puntos", "FEVG < 50 %", "Bei Nachbefundung EF 40 %",
        "EF im Vergleich zum Vorbefund um 20 % abgefallen.",
        "mittelgradig eingeschränkte LV-Funktion", "Ergebnis nicht plausibel", "Global hipokinezi, EF %38.",
        "FEVS sever redusă.", "EF ciddi azalm\u0131ş.", "ФВ резко снижена.", "EF %40", "駆出率 40%",
    ],
)  # fmt: skip
def test_a_note_against_an_ejection_fraction(written: str) -> None:
    assert with_fraction(written) != []


@pytest.mark.parametrize(
    "written",
    [
        "Vorbefund EF 45 %.", "EF zuletzt 45 %.", "Ausgangs-EF 45 %.", "EF 2024: 42 %", "Ziel: EF > 50 %",
        "Falls EF < 45 %, Therapie pausieren.", "Corrected from 35 %", "RV-Funktion leicht eingeschränkt.",
        "LV-Funktion nicht eingeschränkt.", "Fractional shortening 30 %.", "Rechter Ventrikel nicht beurteilbar.",
        "FEVG en mars 45 %.", "FEVG antérieure 45 %.", "FEVG non altérée.", "FEVI basal 45%.", "FEVI previa 45%.",
        "FE precedente 45%.", "FE non ridotta.", "Vorige EF 45%.", "Poprzednio EF 45%.", "Tidigare EF 45 %.",
        "EF ikke nedsat.", "Aiemmin EF 45 %.", "EF není snížena.", "Önceki EF %45.", "Ранее ФВ 45%.",
        "Abfall der EF um 5 % im Vergleich", "LVEF 60 %, RVEF 40 %.", "vor Therapie EF 48 %",
        "Kontrollecho bei EF < 50 %", "Im Vergleich zum Vorbefund (EF 65 %) leichte Abnahme.",
        "Stenosis 40 % of LAD.", "EF reserve 10 %.",
    ],
)  # fmt: skip
def test_a_note_of_routine_beside_an_ejection_fraction(written: str) -> None:
    assert with_fraction(written) == []


@pytest.mark.parametrize(
    ("written", "is_told"),
    [
        ("Vorläufig, Bestätigung ausstehend.", True),
        ("Variante unklarer Signifikanz.", True),
        ("Bewertung: benigne", True),
        ("artefacto probable", True),
        ("wariant o nieznanym znaczeniu", True),
        ("niet bevestigd", True),
        ("pathogene Variante", False),
        ("Keine Keimbahnvariante.", False),
        ("KRAS: Variante unklarer Signifikanz", False),
        ("Allelfrequenz 22 %.", False),
    ],
)
def test_a_note_beside_a_mutation(written: str, *, is_told: bool) -> None:
    found = chart(labs=labs(), conditions=bundle(LUNG), tumorMarkers=bundle(variant(YVMA, note=note(written))))
    assert (topics(drug("Enhertu", 378), prefetch=found) != []) is is_told


@pytest.mark.parametrize(
    ("code", "written", "is_told"),
    [
        ("1742-6", "Wiederholung: 210 U/L", True),
        ("1742-6", "contrôle : 180 U/L", True),
        ("1742-6", "Repetido: 180 U/L", True),
        ("1742-6", "Kontrolle: 22 U/L", False),
        ("1742-6", "kontroll om 2 veckor", False),
        ("1742-6", "Blut falsch beschriftet", True),
        ("1742-6", "tubo inadecuado", True),
        ("1742-6", "Doppelte Anforderung storniert", False),
        ("1742-6", "Липемия", True),
        ("777-3", "Plaquettes sur tube citraté : 35 G/L", True),
        ("777-3", "koagel i provet", True),
        ("777-3", "inga koagel", False),
        ("777-3", "absence de caillot", False),
        ("777-3", "p\u0131ht\u0131l\u0131 numune", True),
        ("777-3", "сгусток в пробе", True),
        ("777-3", "сгустков нет", False),
        ("777-3", "検体凝固", True),
        ("777-3", "凝集なし", False),
    ],
)
def test_a_note_beside_a_laboratory_result(code: str, written: str, *, is_told: bool) -> None:
    of = {
        "1742-6": ("alt", lab(code, "alt-1", 22, "U/L", 40)),
        "777-3": ("platelets", lab(code, "plt-1", 231, "10*3/uL", 400)),
    }
    name, result = of[code]
    found = labs(**{name: {**result, "note": note(written)}})
    assert (topics(drug("Kadcyla", 252), prefetch=chart(labs=found)) != []) is is_told
