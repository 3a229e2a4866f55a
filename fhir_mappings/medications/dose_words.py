"""Words that may stand right before the amount of a dose without naming a drug."""

from __future__ import annotations

import re

from fhir_mappings.medications.schedule_words import DAYS_IN, IGNORED, OTHER_TABLETS

# Words for the dose, and those between it and its amount, in the languages of Europe, without accents.
_DOSE_WORDS = frozenset({
    "abw", "tbw", "twice", "thrice", "cyclus", "zyklus", "ciclo", "cykl", "tagesdosis", "tagesgesamtdosis", "dagdosis",
    "taglich", "dagelijks", "daags", "dziennie", "giornaliera", "diaria", "journaliere", "totale", "dobowa",
    "ataque", "nasycajaca", "podtrzymujaca", "carico", "charge", "carga", "onderhoudsdosis", "oplaaddosis",
    "initialdosis", "ibw", "bw", "wt",
    "am", "pm", "confirmed", "verified", "checked", "approved", "correct", "sie", "ihnen",
    "receive", "receives", "receiving", "received", "get", "gets", "got", "gave", "actual", "actually", "just",
    "will", "prescribed", "prescribe", "dispense", "prepare", "draw",
    "erhalten", "bekommen", "bekommt", "recibira", "recibir", "recevrez", "recoit", "ricevera", "recebera", "krijgt",
    "amount", "target", "total", "equals", "equal", "equivalent", "is", "be", "order", "ordered", "calculated", "calc",
    "je", "theorique", "prescrite", "solldosis", "istdosis", "heute", "hoy", "hui", "oggi", "hoje", "vandaag", "idag",
    "rounded", "round", "final", "new", "current", "today", "now", "mg", "about", "approximately", "approx", "only",
    "exactly", "dosing", "reduced", "reduce", "increase", "increased", "lower", "lowered", "decrease", "decreased",
    "change", "changed", "level", "full", "standard", "usual", "starting", "start", "mono", "each", "every", "daily",
    "weekly", "not", "max", "maximum", "dosierung", "dosen", "gabe", "menge", "gesamt", "gesamtdosis", "gesamtmenge",
    "einzeldosis", "totaldosis", "erhalt", "reduziert", "auf", "ist", "insgesamt", "infundieren", "verabreichen",
    "posologie", "posologia", "posologico", "dosificacion", "cantidad", "dar", "infundir", "quantite", "soit",
    "perfuser", "dosaggio", "dosi", "quantita", "dosagem", "quantidade", "dosering", "hoeveelheid", "toedienen",
    "dawka", "dawke", "dawki", "dos", "annos", "annostus", "doza", "doze", "doz", "davka", "davku", "davkovani",
    "adag", "doosi", "\u0434\u043e\u0437\u0430", "\u0434\u043e\u0437\u0435", "\u0434\u043e\u0437\u044b",
    "\u03b4\u03bf\u03c3\u03b7", "\u03b4\u03bf\u03c3\u03b7\u03c2",
})  # fmt: skip
_NUMBER_OR_TIME = re.compile(
    rf"q\d?[dwh]?|c|d|bid|tid|qid|bd|tds|qam|qpm|{'|'.join(sorted(DAYS_IN, key=len, reverse=True))}"
)


def speaks_of_a_dose(word: str) -> bool:
    """Return whether a folded word is one of an order's own dose, schedule or route, so that no drug is named by it."""
    if word in OTHER_TABLETS:
        return False
    return word in IGNORED or word in _DOSE_WORDS or _NUMBER_OR_TIME.fullmatch(word) is not None
