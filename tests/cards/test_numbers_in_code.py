"""No clinical number stands in code: it stands in the knowledge, with its source.

Every number in `cards` and `fhir_mappings` is read, also one that is written as a text (``Decimal("2.2")``). What may
stand there is 0, 1, 2 and 100, the bounds of a slice, and what the table below names with its reason.
"""

from __future__ import annotations

import ast
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import cards
import fhir_mappings

if TYPE_CHECKING:
    from collections.abc import Iterator

ALLOWED = frozenset(map(Decimal, (0, 1, 2, 100)))
ROOT = Path(cards.__file__).parent.parent
FILES = sorted(path for part in (cards, fhir_mappings) for path in Path(part.__file__).parent.rglob("*.py"))

BOUND = "how much of an input is read, or kept of a text"
CACHE = "how many entries a cache holds"
CALENDAR = "how long hours, days, weeks and months are"
DISPLAY = "how much a card shows"
LANGUAGE = "what a word or a code means: a number, a weekday, a stretch of time"
SCORE = "the IHC score or ISH group itself, as a name"
SHAPE = "how a code, a date or a number is written"
WINDOW = "how many words around a word are looked at"

# The file and the name at its top level. An entry that is no longer needed fails, too.
EXCEPTIONS = {
    "cards/identification/recognizer.py _ATC_LEVELS": ("how long the codes of the five levels of ATC are", "3 4 5 7"),
    "cards/identification/recognizer.py _recognizer_of_a_site": (CACHE, "4"),
    "cards/identification/splitting.py _FEWEST_MARKS": ("the signs of markup around a word", "4"),
    "fhir_mappings/results/observations.py _SHORT_NOTE": (BOUND, "40"),
    "cards/readings/held_amounts.py _MOST_DOSES": (BOUND, "60"),
    "fhir_mappings/medications/infusion.py _WITH_DRUG": ("the volume of a bag with that of the drug", "1.2"),
    "fhir_mappings/medications/amounts.py LEAST_OF_BAG_ML": ("the volume of a bag, not of a vial", "50"),
    "cards/readings/stated_doses.py _TWO": ("a dose with its decimal point in the wrong place", "10"),
    "fhir_mappings/request/variant_assessments.py _LONGEST": (BOUND, "60"),
    "fhir_mappings/results/her2_general.py _SHORT": (BOUND, "40"),
    "cards/knowledge/site_codes.py _MISSPELT": ("how alike two words are of which one is misspelled", "0.88"),
    "cards/values/quantities.py _SUPERSCRIPT": (SHAPE, "123456789"),
    "fhir_mappings/code_maps/files.py _LARGEST": (BOUND, "20"),
    "fhir_mappings/code_maps/files.py _TENS": (SHAPE, "10"),
    "fhir_mappings/code_maps/files.py content": ("bytes in a mebibyte, as a power of two", "20"),
    "fhir_mappings/code_maps/notes.py _SHOWN": (BOUND, "10"),
    "fhir_mappings/coverage/questionnaire_package.py _LONGEST": (BOUND, "200"),
    "fhir_mappings/coverage/questionnaire_package.py _MOST": (BOUND, "20"),
    "fhir_mappings/medications/dosage.py _LONGEST_OF_PART": (BOUND, "2000"),
    "fhir_mappings/medications/routes.py _LONGEST": (BOUND, "120"),
    "fhir_mappings/patient/problem_texts.py _MOST_KEPT": (BOUND, "4"),
    "fhir_mappings/results/answer_words.py _LONGEST": (BOUND, "120"),
    "fhir_mappings/results/findings.py _LONGEST_NAME": (BOUND, "40"),
    "fhir_mappings/request/queries.py PAGE_SIZES": ("how many entries of a list are asked for", "200"),
    "cards/identification/vocabulary.py _SHORTEST_CUT": ("letters of a listed word that is cut off", "4"),
    "cards/knowledge/drug_names.py _LEAST": ("letters of a word that may begin a drug's name", "3"),
    "cards/billing/claim_sheet.py _YEAR": (CALENDAR, "365"),
    "cards/coverage/form.py _MOST_LINES": (BOUND, "8"),
    "cards/presentation/fitting.py _MOST": (DISPLAY, "5"),
    "cards/coverage/form.py form_named": (SHAPE, "3 16"),
    "cards/knowledge/located.py _LONGEST_SENTENCE": (BOUND, "2000"),
    "cards/knowledge/policy_names.py _MOST_NAMED": (BOUND, "12"),
    "cards/knowledge/site_rules.py _LONGEST_SUMMARY": (BOUND, "50 139 200 3660"),
    "cards/presentation/language.py _LONGEST": (BOUND, "4000"),
    "cards/presentation/translation.py translated": (CACHE, "16"),
    "cards/rules/tablets.py _TENTH": (DISPLAY, "0.1"),
    "cards/site_cases.py DAY": ("the made-up day of the cases that try a site's rules", "6 15 2026"),
    "cards/site_cases.py _INTERVAL_DAYS": ("the schedule of the made-up orders of those cases", "21"),
    "fhir_mappings/coverage/coverage_information.py _LONGEST": (BOUND, "1000"),
    "fhir_mappings/medications/weight_basis.py _WORDS_BEFORE": (BOUND, "24"),
    "fhir_mappings/medications/number_words.py _ENGLISH": ("what number words stand for", "10"),
    "fhir_mappings/medications/number_words.py _SCALES": ("what number words stand for", "1000"),
    "cards/identification/combined_amounts.py _PAIR": ("two parts and their sum", "3"),
    "fhir_mappings/results/her2_handling.py _MINUTES_IN_AN_HOUR": ("minutes in an hour", "60"),
    "fhir_mappings/medications/other_texts.py _MOST_TEXTS": (BOUND, "40"),
    "fhir_mappings/patient/condition_concepts.py _CUE": ("letters of a word that are looked for first", "6"),
    "fhir_mappings/medications/named_problems.py _LABEL": (BOUND, "60"),
    "fhir_mappings/medications/routes.py _FEW_WORDS": (WINDOW, "3"),
    "fhir_mappings/medications/dosage.py _ONE_DAY": (CALENDAR, "24"),
    "fhir_mappings/medications/order_remarks.py _LONGEST_REASON": (BOUND, "40"),
    "fhir_mappings/medications/order_statements.py _LABEL": (BOUND, "80"),
    "fhir_mappings/medications/stated_weights.py _WORDS_BEFORE": (WINDOW, "30"),
    "fhir_mappings/medications/other_units.py _BEFORE": (BOUND, "44"),
    "fhir_mappings/medications/dose_shares.py _LEAST": ("percent below which a share is a tolerance", "30"),
    "fhir_mappings/medications/durations.py _PHRASES": (LANGUAGE, "5 10 15 20 30 45 60 90 120"),
    "fhir_mappings/medications/durations.py _rewritten": (CALENDAR, "60"),
    "fhir_mappings/medications/medication.py _NESTED": (BOUND, "40"),
    "fhir_mappings/medications/medication.py _LONGEST_FORM": (BOUND, "120"),
    "fhir_mappings/request/circumstances.py _is_plain": (SHAPE, "64"),
    "fhir_mappings/request/payers.py _NUMBER": (BOUND, "60"),
    "fhir_mappings/request/sizes.py Sizes": (BOUND, "1000 5000 10000 20000"),
    "fhir_mappings/results/site_results.py _LONGEST": (BOUND, "20 60 200"),
    "fhir_mappings/medications/doses_in_text.py _BEFORE_DOSE": (BOUND, "44"),
    "cards/identification/drug_text.py _BEFORE_LOT": (WINDOW, "4"),
    "cards/identification/near_names.py _CUT": ("letters that may be cut off a name", "3"),
    "cards/identification/vocabulary.py _SHORT": ("letters up to which a name keeps its ending", "6"),
    "cards/identification/vocabulary.py _LOT_DIGITS": ("digits that the number of a package has at least", "3"),
    "cards/billing/coverage_statement.py _MOST_COVERAGES": (BOUND, "4"),
    "fhir_mappings/request/payers.py _LAST": (BOUND, "1000"),
    "cards/billing/administration.py HOUR": (CALENDAR, "60"),
    "cards/billing/diagnoses.py _CATEGORY": (SHAPE, "3"),
    "cards/billing/diagnoses.py _SEX": (SHAPE, "5 6"),
    "cards/billing/vials.py _fewest": (CACHE, "1024"),
    "cards/identification/drug_text.py _QUOTED": (BOUND, "40"),
    "cards/identification/drug_text.py _SUFFIX": (SHAPE, "4"),
    "cards/identification/folding.py _GREEK": ("where the Greek letters begin in Unicode", "945"),
    "cards/identification/vocabulary.py _DIGITS": ("digits that look like letters", "135"),
    "cards/identification/folding.py _CYRILLIC": ("where the Cyrillic letters begin in Unicode", "1072"),
    "cards/identification/identity.py _LENGTH": (BOUND, "5"),
    "cards/identification/identity.py _remembered": (CACHE, "1024"),
    "cards/identification/near_names.py _CUT_SHORTEST": ("letters that a cut-off name must have left", "5"),
    "cards/identification/near_names.py LONGEST": (BOUND, "40"),
    "cards/identification/near_names.py _TYPED_FOREIGN": ("letters that it needs in another script", "5"),
    "cards/identification/near_names.py _TYPED": ("letters that a word needs to be compared with a misspelling", "6"),
    "cards/identification/splitting.py _SHORTEST_SPACED": (
        "letters of the shortest name that is read letter by letter",
        "4",
    ),
    "cards/identification/guesses.py _FEWEST_PARTS": (
        "parts of a name with blanks in it, and their letters",
        "3 4 6",
    ),
    "cards/identification/drug_text.py _SHORTEST_CUT": ("letters that a cut-off name needs to stand alone", "5"),
    "cards/identification/guesses.py _SEARCHED": (BOUND, "16"),
    "cards/identification/vocabulary.py _WORDS": (CACHE, "1024"),
    "cards/identification/vocabulary.py _WITH_STEM": ("letters that a name with a known stem has", "8"),
    "cards/identification/sounds.py _SHORTEST": ("letters that a word needs to be compared by its sound", "5"),
    "cards/identification/sounds.py _ONE_WRONG": ("letters that it needs for one to be wrong", "6"),
    "cards/identification/sounds.py _TWO_WRONG": ("letters that it needs for two to be wrong", "8"),
    "cards/identification/sounds.py _LONGEST": (BOUND, "24"),
    "cards/identification/near_names.py _INSIDE": ("letters that a name needs to be looked for inside a word", "7"),
    "cards/identification/recognizer.py _COMBINATIONS": (CACHE, "1024"),
    "cards/knowledge/located.py SIZE_LIMIT": (BOUND, "1048576"),
    "cards/knowledge/located.py _NODE_LIMIT": (BOUND, "50000"),
    "cards/knowledge/located.py _FEW": (BOUND, "16"),
    "cards/knowledge/located.py _CLOSE": ("how alike a key must be to be offered as the one that was meant", "0.6"),
    "cards/knowledge/prices.py _MONTHS_IN_QUARTER": (CALENDAR, "3"),
    "cards/planned_doses.py _WEEK": (CALENDAR, "7"),
    "cards/facts/schedules.py _LONGEST_PLAN": ("days after which no planned dose is listed", "1000"),
    "cards/planned_doses.py _MOST_LATER_DOSES": ("doses of one order that are listed", "60"),
    "cards/presentation/removals.py _CHOICES": ("suggestions on a card", "3"),
    "cards/presentation/card.py SUMMARY_LIMIT": (DISPLAY, "139"),
    "cards/presentation/renderer.py _DAYS_LISTED": (DISPLAY, "12"),
    "cards/presentation/suggestions.py _LISTED": (DISPLAY, "4"),
    "cards/presentation/urgency.py Urgency": ("the ranks of urgency", "3 4 5"),
    "cards/readings/case.py _BRIEF": (DISPLAY, "48"),
    "cards/rules/lab_holds.py _TENTH": (DISPLAY, "0.1 10"),
    "cards/readings/case.py _TENTH": (DISPLAY, "0.1 24"),
    "cards/readings/course.py WEEK": (CALENDAR, "7"),
    "cards/rules/dose.py dose_implausible": (DISPLAY, "0.001"),
    "cards/rules/intervals.py _SHOWN_DAYS": (DISPLAY, "10"),
    "cards/rules/site_rules.py _SHOWN_DRUGS": (DISPLAY, "10"),
    "cards/values/calendar_months.py _MONTHS_IN_YEAR": (CALENDAR, "12"),
    "cards/values/codes.py _LONGEST": (BOUND, "60"),
    "cards/values/codes.py LoincCode": (SHAPE, "10"),
    "cards/values/codes.py _VERHOEFF_MULTIPLY": (SHAPE, "3 4 5 6 7 8 9"),
    "cards/values/codes.py _VERHOEFF_PERMUTE": (SHAPE, "3 4 5 6 7 8 9"),
    "cards/values/codes.py SnomedCode": (SHAPE, "8"),
    "cards/values/codes.py UniiCode": (SHAPE, "36"),
    "cards/values/codes.py _LONG_LABELER": (SHAPE, "6 12"),
    "cards/values/codes.py _NDC_SEGMENTS": (SHAPE, "4 5"),
    "cards/values/codes.py _TEN_DIGIT_SHAPES": (SHAPE, "3 4 5"),
    "cards/values/codes.py ndc_readings": (SHAPE, "10 11"),
    "cards/values/quantities.py HUNDREDTH": (DISPLAY, "0.01"),
    "cards/values/text_cache.py TEXTS": (CACHE, "4096"),
    "cards/values/text_cache.py LENGTH": (BOUND, "200"),
    "cards/values/texts.py LONGEST": (BOUND, "2000"),
    "cards/values/texts.py MOST_PAGES": (BOUND, "10"),
    "fhir_mappings/as_of/event_times.py _DAY_LENGTH": (SHAPE, "10"),
    "fhir_mappings/as_of/event_times.py _DECEMBER": (CALENDAR, "12"),
    "fhir_mappings/as_of/event_times.py _MOMENTS": (CACHE, "1024"),
    "fhir_mappings/as_of/searches.py _COMBINATIONS": (CACHE, "4096"),
    "fhir_mappings/codings.py _LONGEST_CODE": (BOUND, "60"),
    "fhir_mappings/codings.py _LARGEST_NUMBER": (BOUND, "10 18"),
    "fhir_mappings/medications/billing_extensions.py _DEPTH": (BOUND, "4"),
    "fhir_mappings/wire/note_statements.py _BEGIN": (SHAPE, "3"),
    "fhir_mappings/wire/note_statements.py note_statement_reader": (CACHE, "4"),
    "fhir_mappings/wire/note_statements.py _THOUSAND": ("cells in a thousand", "1000"),
    "fhir_mappings/medications/doses_in_text.py _amounts": ("milligrams in a gram", "1000"),
    "fhir_mappings/medications/infusion.py _MINUTES": (CALENDAR, "60"),
    "fhir_mappings/medications/infusion.py _DAY": (CALENDAR, "24 60"),
    "fhir_mappings/medications/infusion.py _BEFORE": (BOUND, "45"),
    "fhir_mappings/medications/drug_concepts.py _LONGEST_CODE": (BOUND, "20"),
    "fhir_mappings/medications/schedule.py _ONE": (CALENDAR, "7 24"),
    "fhir_mappings/medications/schedule.py _UNITS": (CALENDAR, "7 28 365"),
    "fhir_mappings/medications/schedule.py _PARTS_OF_A_DAY": (CALENDAR, "24 60 3600"),
    "fhir_mappings/medications/schedule.py _WEEKDAYS": (LANGUAGE, "3 4 5 6"),
    "fhir_mappings/medications/schedule.py _CODES": (LANGUAGE, "3 4 6 7 8 12 24 28"),
    "fhir_mappings/medications/schedule.py _MOST_DOSES": (BOUND, "1000"),
    "fhir_mappings/medications/schedule.py _within_a_day": (CALENDAR, "3600"),
    "fhir_mappings/medications/schedule_text.py _TAIL": (BOUND, "30"),
    "fhir_mappings/medications/schedule_text.py _WEEK": (CALENDAR, "7"),
    "fhir_mappings/medications/schedule_phrases.py _days": (CALENDAR, "24"),
    "fhir_mappings/medications/schedule_words.py NUMBERS": (LANGUAGE, "3 4 5 6 8 12 14"),
    "fhir_mappings/medications/schedule_words.py _UNITS": (LANGUAGE, "7 28 365"),
    "fhir_mappings/medications/schedule_words.py ADJECTIVES": (LANGUAGE, "7 14 21 28 84"),
    "fhir_mappings/medications/schedule_words.py TIMES_A_DAY": (LANGUAGE, "3 4"),
    "fhir_mappings/medications/schedule_words.py WEEKDAY_PLACES": (LANGUAGE, "3 4 5 6"),
    "fhir_mappings/medications/given_notes.py _LONGEST_AMOUNT": (BOUND, "40 60"),
    "fhir_mappings/patient/named_elsewhere.py _LABEL": (DISPLAY, "60"),
    "fhir_mappings/medications/treatments.py _FIRST_DOSES": ("the year before which nobody had a HER2 drug", "1990"),
    "fhir_mappings/medications/treatments.py _WHOLE_DAY": (SHAPE, "10 40 80"),
    "fhir_mappings/medications/treatments.py _within": (CALENDAR, "12 31"),
    "fhir_mappings/medications/own_periods.py _DAYS": (CALENDAR, "7 24 31 366"),
    "fhir_mappings/patient/ages.py _MONTHS": (CALENDAR, "12"),
    "fhir_mappings/patient/ages.py _DAYS": (CALENDAR, "7"),
    "fhir_mappings/request/order_gaps.py _NAMED": (BOUND, "3"),
    "fhir_mappings/patient/condition_concepts.py _LONGEST": (BOUND, "1000"),
    "fhir_mappings/patient/condition_states.py _LONGEST": (BOUND, "80"),
    "fhir_mappings/patient/conditions.py _LONGEST": (BOUND, "200"),
    "fhir_mappings/patient/conditions.py _LONGEST_CODES": (BOUND, "60"),
    "fhir_mappings/patient/diagnosis_codes.py _CATEGORY": (SHAPE, "3"),
    "fhir_mappings/patient/diagnosis_codes.py _LONGEST": (BOUND, "200"),
    "fhir_mappings/request/chart_draft.py _MOST_CODES": (BOUND, "8"),
    "fhir_mappings/patient/staging.py _LONGEST": (BOUND, "1000"),
    "fhir_mappings/request/builder.py _LONGEST_DRUG": (BOUND, "200"),
    "fhir_mappings/request/dispatched.py _GROUPED_LIMIT": (BOUND, "200"),
    "fhir_mappings/request/hook_request.py _ID_LIMIT": (BOUND, "256"),
    "fhir_mappings/request/dispatched.py _PLANNED_LIMIT": (BOUND, "1000"),
    "fhir_mappings/request/hook_request.py _ORDERS_LIMIT": (BOUND, "200"),
    "fhir_mappings/request/selection.py _GROUPED_LIMIT": (BOUND, "200"),
    "fhir_mappings/request/selection.py _PLANS_IN_PLANS": (BOUND, "8"),
    "fhir_mappings/request/selection.py steps_of_group": (BOUND, "8"),
    "fhir_mappings/results/her2_findings.py SCORES": (SCORE, "3"),
    "fhir_mappings/results/her2_legends.py _SCORES": ("how many scores there are", "4"),
    "fhir_mappings/results/her2_legends.py _is_legend": (SCORE, "3"),
    "fhir_mappings/results/her2_legends.py _is_whole_range": (SCORE, "3"),
    "fhir_mappings/results/her2_remarks.py _LONGEST": (BOUND, "2000"),
    "fhir_mappings/results/her2_remarks.py _NEAR": (WINDOW, "3 4"),
    "fhir_mappings/results/her2_texts.py _FITTING": (SCORE, "3"),
    "fhir_mappings/results/her2_texts.py _OPPOSITE": (SCORE, "3"),
    "fhir_mappings/results/her2_texts.py _STAINS_NOT_OF": (SCORE, "3"),
    "fhir_mappings/results/her2_texts.py _GROUPS": (SCORE, "5"),
    "fhir_mappings/results/her2_texts.py _Judgment": (SCORE, "3"),
    "fhir_mappings/results/her2_tokens.py LONGEST": (BOUND, "4000"),
    "fhir_mappings/results/her2_tokens.py _SCORES": (SCORE, "123"),
    "fhir_mappings/results/her2_tokens.py _SPELLED": (SCORE, "3"),
    "fhir_mappings/results/her2_tokens.py _MOST_PLUSES": (SCORE, "3"),
    "fhir_mappings/results/her2_tokens.py _score": (WINDOW, "4"),
    "fhir_mappings/results/lvef_texts.py LONGEST": (BOUND, "400"),
    "fhir_mappings/request/named_in_words.py _HALF_A_YEAR": ("for how long a result without a code is told", "183"),
    "fhir_mappings/results/amounts.py LONGEST": (BOUND, "20 80"),
    "fhir_mappings/results/named_her2.py _LONGEST": (BOUND, "200"),
    "fhir_mappings/patient/nyha_classes.py _LONGEST": (BOUND, "60"),
    "fhir_mappings/request/named_in_words.py _SHOWN": (BOUND, "60"),
    "fhir_mappings/results/named_her2.py _SHOWN": (BOUND, "40"),
    "fhir_mappings/results/named_lvef.py _LONGEST": (BOUND, "200"),
    "fhir_mappings/results/named_results.py _LONGEST": (BOUND, "80"),
    "fhir_mappings/results/result_notes.py _SHOWN": (BOUND, "40 60"),
    "fhir_mappings/results/lvef_notes.py _SHOWN": (BOUND, "60"),
    "fhir_mappings/results/values_in_notes.py _SHOWN": (BOUND, "60"),
    "fhir_mappings/results/report_sentences.py _MOST_PAGES": (BOUND, "50"),
    "fhir_mappings/results/results_in_sentences.py _SHORT": (BOUND, "4"),
    "fhir_mappings/results/result_flags.py _LONGEST": (BOUND, "40 60"),
    "fhir_mappings/results/pregnancy_states.py _LONGEST": (BOUND, "60 80"),
    "fhir_mappings/results/measurement_units.py _LONGEST": (BOUND, "60"),
    "fhir_mappings/results/measurement_units.py _Table": (SHAPE, "10"),
    "fhir_mappings/medications/unknown_elements.py _LONGEST": (BOUND, "40"),
    "fhir_mappings/request/chart.py _indexed": (BOUND, "4"),
    "fhir_mappings/results/observations.py LONGEST_STATUS": (BOUND, "40"),
    "fhir_mappings/results/concept_index.py COMBINATIONS": (CACHE, "16 4096"),
    "fhir_mappings/results/written_values.py _LONGEST": (BOUND, "40"),
    "fhir_mappings/results/own_dates.py LONGEST": (BOUND, "4000"),
    "fhir_mappings/results/range_texts.py _LONGEST": (BOUND, "160"),
    "fhir_mappings/results/units.py _THOUSAND": ("milligrams in a gram", "1000"),
    "fhir_mappings/results/variant_texts.py LONGEST": (BOUND, "400"),
    "fhir_mappings/wire/cached_json.py PARTS": (CACHE, "1024"),
    "fhir_mappings/wire/cached_json.py LONGEST": (BOUND, "2000"),
    "fhir_mappings/wire/depth.py _WITHOUT_MEANING": ("the number of bytes that there are", "256"),
    "fhir_mappings/wire/lenient.py _DIGITS_LIMIT": (BOUND, "40"),
    "fhir_mappings/wire/lenient.py _POWERS_OF_TEN": (BOUND, "12"),
    "cards/repeated_orders.py _KEPT": (BOUND, "4"),
    "fhir_mappings/request/planned.py _DEPTH": (BOUND, "8"),
    "fhir_mappings/wire/lenient.py _LARGEST": (SHAPE, "10"),
    "fhir_mappings/wire/lenient.py _FLOAT": ("digits that a number of JSON may be trusted for", "15"),
    "fhir_mappings/wire/lenient.py _MEANT_DIGITS": ("digits that a number of JSON may be trusted for", "12"),
    "fhir_mappings/wire/lenient.py _LAST_FILLER_YEAR": ("dates that stand for an unknown one", "1900"),
    "fhir_mappings/wire/lenient.py _LONGEST_DATE": (BOUND, "16"),
    "fhir_mappings/wire/phrases.py _LONGEST_NUMBER": (BOUND, "7"),
    "fhir_mappings/wire/shapes.py LONGEST_PART": (BOUND, "60"),
    "fhir_mappings/wire/stubs.py _LONGEST_CODE": (BOUND, "500"),
    "fhir_mappings/wire/stubs.py _LONGEST_CODING": (BOUND, "2000"),
    "fhir_mappings/wire/stubs.py _CODINGS": (CACHE, "1024"),
    "fhir_mappings/wire/resources.py _NESTING": (BOUND, "3"),
    "fhir_mappings/wire/times.py _LONGEST": (BOUND, "40"),
    "fhir_mappings/wire/times.py within": (CALENDAR, "12 31"),
}


def numbers(tree: ast.Module) -> Iterator[tuple[str, int, Decimal]]:
    """Yield each number of a module with the name at its top level in which it stands, and its line."""
    for statement in tree.body:
        for node in _outside_slices(statement):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, int | float)
                and node.value not in (True, False)
            ):
                yield _name(statement), node.lineno, Decimal(str(node.value))
            if isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id == "len"):
                for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                        yield from _written(argument, _name(statement))


def _written(argument: ast.Constant, name: str) -> Iterator[tuple[str, int, Decimal]]:
    try:
        number = Decimal(argument.value)
    except InvalidOperation:
        return
    if number.is_finite():
        yield name, argument.lineno, number


def _outside_slices(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.Slice):
            yield from _outside_slices(child)


def _name(statement: ast.stmt) -> str:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return statement.name
    target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
    if isinstance(target, ast.Tuple):
        target = target.elts[0]
    return target.id if isinstance(target, ast.Name) else ""


def found(path: Path) -> dict[str, list[tuple[int, Decimal]]]:
    """Return the numbers of a file that are not allowed everywhere, by their place."""
    places: dict[str, list[tuple[int, Decimal]]] = {}
    for name, line, number in numbers(ast.parse(path.read_text(encoding="utf-8"))):
        if abs(number) not in ALLOWED:
            places.setdefault(f"{path.relative_to(ROOT)} {name}", []).append((line, number))
    return places


def test_no_clinical_number_stands_in_code() -> None:
    wrong = [
        f"{place}, line {line}: {number}"
        for path in FILES
        for place, each in found(path).items()
        for line, number in each
        if number not in map(Decimal, EXCEPTIONS.get(place, ("", ""))[1].split())
    ]
    assert not wrong, "a number belongs in the YAML of cards/knowledge with its source: " + "; ".join(wrong)


def test_every_exception_is_needed() -> None:
    places = {place: {number for _, number in each} for path in FILES for place, each in found(path).items()}
    for place, (reason, allowed) in EXCEPTIONS.items():
        assert reason
        assert {Decimal(each) for each in allowed.split()} == places.get(place), place


@pytest.mark.parametrize(
    "code",
    [
        "LIMIT = 7.5",
        "LIMIT = Decimal('7.5')",
        "LIMIT = -Decimal(8)",
        "def f(x):\n    return x > Mg('420')",
        "class A:\n    limit: int = 14",
        "def f(x, limit=21): ...",
        "X = {'a': [3]}",
        "X = decimal.Decimal(value='3.6')",
    ],
)
def test_the_guard_sees_a_number_however_it_is_written(code: str) -> None:
    assert [number for _, _, number in numbers(ast.parse(code)) if number not in ALLOWED]


def test_the_bounds_of_a_slice_are_excluded() -> None:
    assert not list(numbers(ast.parse("x = text[:60] + text[3:]")))
