"""Cases from practice: schedules that change, forms that are switched, charts that are old, codes that disagree."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec
from builders import at, chart, days_ago, given, ihc, ish, measured, order, overall, tested
from rows import CANNOT, FIRES, NOT_ASKED, SILENT, Row

from cards.facts.order import DrugOrder
from cards.facts.patient import Diagnosis, Patient, PresentProblem, Treatment, TreatmentState
from cards.facts.results import Her2Finding, Her2Method, Her2Result, PregnancyTest, Receptor, ReceptorResult, Weight
from cards.facts.topics import Topic
from cards.knowledge.schema import Cancer, Problem
from cards.values.quantities import Kg

SOON, CYCLES, RELOAD = Topic.INTERVAL_TOO_SHORT, Topic.CYCLE_LIMIT_REACHED, Topic.RELOAD_REQUIRED
START, RAISED, ABOVE = Topic.DOSE_WRONG_FOR_INDICATION, Topic.DOSE_RE_ESCALATION, Topic.DOSE_ABOVE_MAXIMUM
LEVEL, MISSING, DISCORDANT = Topic.DOSE_NOT_A_LEVEL, Topic.HER2_MISSING, Topic.HER2_DISCORDANT
NOT_ELIGIBLE, UNCLEAR = Topic.HER2_NOT_ELIGIBLE, Topic.HER2_TIER_UNCLEAR
LVEF_HOLD, LIVER_HOLD, LIVER_STOP = Topic.LVEF_HOLD, Topic.LIVER_TESTS_HOLD, Topic.LIVER_TESTS_DISCONTINUE
PREGNANT, NO_HCG, OVER = Topic.PREGNANCY_POSITIVE, Topic.PREGNANCY_TEST_MISSING, Problem.PREGNANCY_OVER
TOGETHER, ANTHRACYCLINE, CYP = Topic.HER2_AGENTS_COMBINED, Topic.ANTHRACYCLINE_CONCURRENT, Topic.CYP3A4_INHIBITOR

KADCYLA, ENHERTU = order("Kadcyla", "252 mg"), order("Enhertu", "378 mg")
PERJETA, PHESGO = order("Perjeta", "420 mg"), order("Phesgo", "1200 mg")
EVERY_3_WEEKS, WEEKLY = order("trastuzumab", "420 mg"), order("trastuzumab", "140 mg", interval=7)
GASTRIC = chart(cancers=("gastric",))


def after(*doses: tuple[str, int, str | None], **more: object) -> Patient:
    """Build a chart with earlier doses, newest first: product, days ago, amount."""
    return chart(history=tuple(given(*each) for each in doses), **more)  # type: ignore[arg-type]


def every(days: int, times: int, drug: str = "trastuzumab", dose: str | None = "6 mg/kg") -> tuple[Treatment, ...]:
    return tuple(given(drug, days * n, dose) for n in range(1, times + 1))


def active(name: str) -> Patient:
    return chart(history=(given("", 10, None, TreatmentState.ACTIVE, (name,)),))


def pregnant(on: date | None, latest: date | None = None) -> Patient:
    recorded = PresentProblem(Problem.PREGNANCY, "Pregnancy", at("pregnancy"), on, latest=latest)
    return msgspec.structs.replace(chart(born=date(1991, 5, 1)), problems=(recorded,))


def young(**more: object) -> Patient:
    return chart(born=date(1991, 5, 1), **more)  # type: ignore[arg-type]


def hcg(*tests: tuple[bool | None, int]) -> Patient:
    """Build a chart with pregnancy tests, newest first: the answer, days ago."""
    return msgspec.structs.replace(young(), pregnancy_tests=tuple(tested(*each) for each in tests))


def pregnant_in(first: int, last: int) -> Patient:
    """Build a chart with a pregnancy of which only the month or year is on record: its first and last day."""
    recorded = pregnant(days_ago(first))
    return msgspec.structs.replace(
        recorded, problems=(msgspec.structs.replace(recorded.problems[0], latest=days_ago(last)),)
    )


def ended(problem: Problem, on: date | None, *tests: PregnancyTest, is_onset: bool = True) -> Patient:
    """Build a chart with a pregnancy of 200 days ago, and something that ends it or may."""
    later = PresentProblem(problem, "Later", at("later"), on, is_onset=is_onset)
    before = pregnant(days_ago(200))
    return msgspec.structs.replace(before, problems=(*before.problems, later), pregnancy_tests=tests)


def born_as(sex_at_birth: str, sex: str) -> Patient:
    return msgspec.structs.replace(young(sex=sex), sex_at_birth=sex_at_birth)


def by_amount(patient: Patient) -> Patient:
    """Add an amount of hCG above the cut-off."""
    test = PregnancyTest(True, days_ago(3), at("hcg"), "2300 mIU/mL", by_amount=True)  # noqa: FBT003
    return msgspec.structs.replace(patient, pregnancy_tests=(test,))


def coded(problem: str, code: str) -> Patient:
    """Build a chart with a problem that is named by its code alone."""
    return msgspec.structs.replace(chart(), problems=(PresentProblem(Problem(problem), code, at("problem")),))


def of_cancer(cancer: str, code: str) -> Patient:
    """Build a chart with a cancer that is named by its code alone."""
    return msgspec.structs.replace(chart(), diagnoses=(Diagnosis(Cancer(cancer), code, at("condition")),))


def receptors(**positive: bool) -> Patient:
    """Build an ultralow chart with single hormone receptors."""
    found = tuple(ReceptorResult(value, days_ago(90), at(name), Receptor(name)) for name, value in positive.items())
    return msgspec.structs.replace(chart(her2=(overall("ultralow"),)), receptors=found)


def hearts(*measurements: tuple[str, int], history: tuple[Treatment, ...] = ()) -> Patient:
    """Build a chart with ejection fractions, newest first: percent, days ago."""
    found = tuple(measured(percent, days_ago(days), f"lvef-{days}", "50") for percent, days in measurements)
    return msgspec.structs.replace(chart(history=history), lvefs=found)


def copies(finding: str, days: int = 200) -> Her2Result:
    return Her2Result(
        Her2Method.ISH, Her2Finding(finding), days_ago(days), at("copies"), "copies", None, by_copies=True
    )


def computed(name: str, dose: str) -> DrugOrder:
    """Build an order whose dose was worked out from a strength and a volume."""
    drug = order(name, dose)
    return msgspec.structs.replace(
        drug, doses=tuple(msgspec.structs.replace(each, computed=True) for each in drug.doses)
    )


def weighed(*weights: tuple[str, int], history: tuple[Treatment, ...]) -> Patient:
    found = tuple(Weight(Kg(Decimal(kg)), days_ago(days), at(f"weight-{days}")) for kg, days in weights)
    return msgspec.structs.replace(chart(history=history), weights=found)


def alike(dose: str) -> tuple[Treatment, ...]:
    """Build two administrations of one day and amount, without a time."""
    one = given("kadcyla", 21, dose)
    return one, msgspec.structs.replace(one, origin=at("administrations-2"))


ROWS = [
    # A chart that names things by codes alone: the card has words
    Row(
        Topic.ILD_ACTIVE,
        "a code alone",
        FIRES,
        ENHERTU,
        coded("ild", "233703007"),
        says=("interstitial lung disease (233703007) is active",),
    ),
    Row(
        Topic.HEART_FAILURE_ACTIVE,
        "a code alone",
        FIRES,
        KADCYLA,
        coded("heart-failure", "I50.22"),
        says=("heart failure (I50.22) is active",),
    ),
    Row(PREGNANT, "a code alone", FIRES, KADCYLA, coded("pregnancy", "Z34.90"), says=("recorded pregnancy (Z34.90)",)),
    Row(
        Topic.INDICATION_UNSUPPORTED,
        "a code alone",
        FIRES,
        KADCYLA,
        of_cancer("gastric", "C16.9"),
        says=("gastric cancer (C16.9)",),
    ),
    Row(
        Topic.INDICATION_UNSUPPORTED,
        "the code alone of a cancer that has no name here",
        FIRES,
        KADCYLA,
        of_cancer("other", "C61"),
        says=("this cancer (C61)",),
    ),
    # interval-too-short: the schedule that was given decides, and every form of the antibody counts
    Row(
        SOON,
        "three-weekly trastuzumab a week after the last weekly dose, as the label has it",
        SILENT,
        EVERY_3_WEEKS,
        after(("trastuzumab", 7, "2 mg/kg"), ("trastuzumab", 14, "2 mg/kg")),
    ),
    Row(SOON, "the same in milligrams", SILENT, EVERY_3_WEEKS, after(("trastuzumab", 7, "140 mg"))),
    Row(
        SOON,
        "the same with no amounts on record, told by the week between the last two doses",
        SILENT,
        EVERY_3_WEEKS,
        after(("trastuzumab", 7, None), ("trastuzumab", 14, None)),
    ),
    Row(
        SOON,
        "ten days between the last two doses are still weekly",
        SILENT,
        EVERY_3_WEEKS,
        after(("trastuzumab", 7, None), ("trastuzumab", 17, None)),
    ),
    Row(
        SOON,
        "eleven days are not",
        FIRES,
        EVERY_3_WEEKS,
        after(("trastuzumab", 7, None), ("trastuzumab", 18, None)),
    ),
    Row(SOON, "a weekly dose a week after a three-weekly one", FIRES, WEEKLY, after(("trastuzumab", 7, "6 mg/kg"))),
    Row(
        SOON,
        "a weekly dose a week after two three-weekly ones with no amounts",
        FIRES,
        WEEKLY,
        after(("trastuzumab", 7, None), ("trastuzumab", 28, None)),
        says=("21 days",),
    ),
    Row(SOON, "a weekly dose a week after its loading dose", SILENT, WEEKLY, after(("trastuzumab", 7, "4 mg/kg"))),
    Row(
        SOON,
        "Hylecta three days after trastuzumab into a vein",
        FIRES,
        order("Herceptin Hylecta", "600 mg"),
        after(("trastuzumab", 3, "6 mg/kg")),
        says=("3 days after Trastuzumab", "same antibody"),
    ),
    Row(SOON, "Phesgo three weeks after Perjeta", SILENT, PHESGO, after(("pertuzumab", 21, "420 mg"))),
    Row(SOON, "Phesgo two weeks after Perjeta", FIRES, PHESGO, after(("pertuzumab", 14, "420 mg"))),
    Row(SOON, "Perjeta on the day of trastuzumab", NOT_ASKED, PERJETA, after(("trastuzumab", 0, "6 mg/kg"))),
    Row(
        SOON,
        "Ziihera for gastric cancer, whose schedule is not on file",
        CANNOT,
        order("Ziihera", "1800 mg"),
        chart(cancers=("gastric",), history=(given("ziihera", 7),)),
        missing=("regimen",),
    ),
    Row(
        SOON,
        "Kadcyla ordered every week",
        FIRES,
        order("Kadcyla", "252 mg", interval=7),
        indicator="warning",
        says=("every 7 days", "21 days"),
        fixes=("RemoveOrder",),
    ),
    Row(SOON, "Enhertu ordered every eighteen days", FIRES, order("Enhertu", "378 mg", interval=18)),
    Row(SOON, "Enhertu ordered every nineteen days", NOT_ASKED, order("Enhertu", "378 mg", interval=19)),
    Row(SOON, "Ziihera every week", FIRES, order("Ziihera", "1400 mg", interval=7), chart(cancers=("biliary",))),
    Row(SOON, "trastuzumab every week is a labeled schedule", NOT_ASKED, WEEKLY),
    Row(SOON, "a single infusion written as weekly", NOT_ASKED, order("Kadcyla", "252 mg", interval=7, cycles=1)),
    Row(SOON, "a single infusion written as daily", NOT_ASKED, order("Kadcyla", "252 mg", interval=1)),
    # reload-required, by the schedule that was given
    Row(
        RELOAD,
        "three-weekly trastuzumab fifteen days after a weekly dose",
        FIRES,
        EVERY_3_WEEKS,
        after(("trastuzumab", 15, "2 mg/kg")),
        says=("15 days", "8 mg/kg"),
    ),
    Row(
        RELOAD,
        "three-weekly trastuzumab fourteen days after a weekly dose",
        SILENT,
        EVERY_3_WEEKS,
        after(("trastuzumab", 14, "2 mg/kg")),
    ),
    Row(RELOAD, "Phesgo six weeks after Perjeta", FIRES, PHESGO, after(("pertuzumab", 42, "420 mg"))),
    Row(RELOAD, "Phesgo five weeks after Perjeta", SILENT, PHESGO, after(("pertuzumab", 35, "420 mg"))),
    Row(
        RELOAD,
        "a dose after the planned one does not count as the last",
        FIRES,
        PERJETA,
        after(("pertuzumab", -3, "420 mg"), ("pertuzumab", 50, "420 mg")),
        says=("50 days",),
    ),
    Row(RELOAD, "a dose of no labeled level", SILENT, order("Perjeta", "500 mg"), after(("pertuzumab", 60, None))),
    Row(RELOAD, "a dose that cannot be right", NOT_ASKED, order("Perjeta", "42 g"), after(("pertuzumab", 60, None))),
    # dose-wrong-for-indication: the loading dose again
    Row(
        START,
        "the loading dose of pertuzumab again, three weeks after the last dose",
        FIRES,
        order("Perjeta", "840 mg"),
        after(("pertuzumab", 21, "840 mg")),
        indicator="warning",
        says=("840 mg is a loading dose", "21 days", "420 mg"),
        fixes=("SetDose",),
    ),
    Row(
        START,
        "the loading dose of pertuzumab after six weeks",
        SILENT,
        order("Perjeta", "840 mg"),
        after(("pertuzumab", 42, "420 mg")),
    ),
    Row(
        START,
        "the loading dose of Phesgo three weeks after Perjeta",
        FIRES,
        order("Phesgo", "1800 mg"),
        after(("pertuzumab", 21, "420 mg")),
        says=("1200 mg",),
    ),
    Row(
        START,
        "the loading dose of Phesgo planned three weeks after a planned Perjeta",
        FIRES,
        order("Phesgo", "1800 mg", start=days_ago(-21)),
        others=(order("Perjeta", "840 mg", identifier="order-0"),),
        says=("1200 mg",),
    ),
    Row(
        START,
        "the loading dose of trastuzumab four weeks after the last dose",
        FIRES,
        order("trastuzumab", "560 mg"),
        after(("trastuzumab", 28, "6 mg/kg")),
        says=("6 mg/kg",),
    ),
    Row(
        START,
        "loading and maintenance in one order",
        SILENT,
        order("Perjeta", "840 mg", "420 mg"),
        after(("pertuzumab", 21, "840 mg")),
    ),
    Row(
        START,
        "the loading dose again the next day is told as too soon",
        SILENT,
        order("Perjeta", "840 mg"),
        after(("pertuzumab", 1, "840 mg")),
    ),
    Row(START, "the first loading dose", NOT_ASKED, order("Perjeta", "840 mg")),
    Row(
        START,
        "milligrams and no weight, first dose",
        CANNOT,
        KADCYLA,
        chart(weight=None),
    ),
    # dose-re-escalation: an old dose in milligrams needs a weight of its time
    Row(
        RAISED,
        "the only weight is of today, the earlier dose in milligrams of last year",
        CANNOT,
        order("Kadcyla", "302 mg"),
        weighed(("84", 1), history=(given("kadcyla", 300, "252 mg"),)),
        missing=("earlier-level",),
    ),
    Row(
        RAISED,
        "a weight of ninety days from the earlier dose still tells its level",
        FIRES,
        order("Kadcyla", "252 mg"),
        weighed(("70", 1), history=(given("kadcyla", 91, "210 mg"),)),
        says=("3 mg/kg",),
    ),
    Row(
        RAISED,
        "one of ninety-one days does not",
        CANNOT,
        order("Kadcyla", "252 mg"),
        weighed(("70", 1), history=(given("kadcyla", 92, "210 mg"),)),
        missing=("earlier-level",),
    ),
    Row(
        RAISED,
        "a full dose by the weight before it, a reduced one by a nearer later weight",
        CANNOT,
        order("Kadcyla", "302 mg"),
        weighed(("84", 15), ("70", 80), history=(given("kadcyla", 21, "252 mg"),)),
        missing=("earlier-level-by-weight",),
    ),
    Row(
        RAISED,
        "a reduced dose by the weight before it, a full one by a nearer later weight",
        CANNOT,
        KADCYLA,
        weighed(("70", 2), ("59.5", 10), ("70", 80), history=(given("kadcyla", 21, "210 mg"),)),
        missing=("earlier-level-by-weight",),
    ),
    Row(
        RAISED,
        "of two weights equally near, the one before the dose counts",
        FIRES,
        order("Kadcyla", "210 mg"),
        weighed(("58.3", 11), ("70", 31), history=(given("kadcyla", 21, "210 mg"),)),
        says=("3 mg/kg",),
    ),
    Row(
        RAISED,
        "reduced by both weights",
        FIRES,
        KADCYLA,
        weighed(("71", 15), ("69", 60), history=(given("kadcyla", 21, "210 mg"),)),
        says=("3 mg/kg",),
    ),
    Row(
        RAISED,
        "a weight of the day of the dose decides alone",
        SILENT,
        order("Kadcyla", "302 mg"),
        weighed(("84", 21), ("100", 60), history=(given("kadcyla", 21, "302 mg"),)),
    ),
    Row(
        RAISED,
        "two entries of half a reduced dose on one day",
        CANNOT,
        KADCYLA,
        chart(history=alike("105 mg")),
        missing=("earlier-level-in-parts",),
    ),
    Row(RAISED, "two entries of half a full dose on one day", SILENT, KADCYLA, chart(history=alike("126 mg"))),
    Row(RAISED, "two entries of a full dose on one day", SILENT, KADCYLA, chart(history=alike("252 mg"))),
    Row(
        RAISED,
        "two entries of a reduced dose on one day",
        FIRES,
        KADCYLA,
        chart(history=alike("210 mg")),
        says=("3 mg/kg",),
    ),
    Row(
        Topic.WEIGHT_IMPLAUSIBLE,
        "two entries of half a dose say nothing of the weight",
        SILENT,
        KADCYLA,
        weighed(("70", 1), history=alike("126 mg")),
    ),
    Row(
        RAISED,
        "the weight nearest to the earlier dose tells its level",
        SILENT,
        order("Kadcyla", "252 mg"),
        weighed(("70", 1), ("58.4", 40), history=(given("kadcyla", 42, "210 mg"),)),
    ),
    # cycle-limit-reached: weeks of trastuzumab
    Row(
        CYCLES,
        "an eighteenth three-weekly dose of adjuvant trastuzumab, the 52nd week",
        SILENT,
        EVERY_3_WEEKS,
        chart(history=every(21, 17), setting="early"),
    ),
    Row(
        CYCLES,
        "a nineteenth three-weekly dose of adjuvant trastuzumab",
        FIRES,
        EVERY_3_WEEKS,
        chart(history=every(21, 18), setting="early"),
        indicator="warning",
        says=("54 weeks", "52", "not recommended"),
    ),
    Row(
        CYCLES,
        "twelve weekly doses and thirteen three-weekly ones",
        SILENT,
        EVERY_3_WEEKS,
        chart(
            history=(*every(21, 13), *(given("trastuzumab", 280 + 7 * n, "2 mg/kg") for n in range(12))),
            setting="early",
        ),
    ),
    Row(
        CYCLES,
        "twelve weekly doses and fourteen three-weekly ones",
        FIRES,
        EVERY_3_WEEKS,
        chart(
            history=(*every(21, 14), *(given("trastuzumab", 301 + 7 * n, "2 mg/kg") for n in range(12))),
            setting="early",
        ),
    ),
    Row(CYCLES, "metastatic trastuzumab for two years", NOT_ASKED, EVERY_3_WEEKS, chart(history=every(21, 35))),
    Row(
        CYCLES,
        "gastric trastuzumab for two years, setting not on record",
        NOT_ASKED,
        EVERY_3_WEEKS,
        chart(history=every(21, 35), setting=None, cancers=("gastric",)),
    ),
    Row(
        CYCLES,
        "an order of eighteen three-weekly doses at the start",
        SILENT,
        order("trastuzumab", "420 mg", cycles=18),
        chart(setting="early"),
    ),
    Row(
        CYCLES,
        "an order of nineteen three-weekly doses at the start",
        FIRES,
        order("trastuzumab", "420 mg", cycles=19),
        chart(setting="early"),
    ),
    Row(
        CYCLES,
        "an order of fourteen Kadcyla cycles at the start",
        SILENT,
        order("Kadcyla", "252 mg", cycles=14),
        chart(setting="early"),
    ),
    Row(
        CYCLES,
        "an order of four cycles after eleven doses of Kadcyla",
        FIRES,
        order("Kadcyla", "252 mg", cycles=4),
        chart(setting="early", history=every(21, 11, "kadcyla", "3.6 mg/kg")),
        says=("11 doses given and 4 more ordered", "14"),
    ),
    Row(
        CYCLES,
        "pertuzumab, an eighteenth dose in early disease",
        SILENT,
        PERJETA,
        chart(setting="early", history=every(21, 17, "pertuzumab", "420 mg")),
    ),
    Row(
        CYCLES,
        "pertuzumab, a nineteenth dose in early disease",
        FIRES,
        PERJETA,
        chart(setting="early", history=every(21, 18, "pertuzumab", "420 mg")),
        indicator="critical",
    ),
    # dose, where the label covers the cancer and its doses are not on file
    Row(
        ABOVE,
        "Ziihera for gastric cancer, whose doses are not on file",
        CANNOT,
        order("Ziihera", "1800 mg"),
        GASTRIC,
        missing=("regimen",),
    ),
    Row(LEVEL, "Ziihera for gastric cancer", NOT_ASKED, order("Ziihera", "1800 mg"), GASTRIC),
    Row(
        Topic.DOSE_IMPLAUSIBLE,
        "Ziihera for gastric cancer, mg/m2",
        FIRES,
        order("Ziihera", "900 mg/m2"),
        GASTRIC,
    ),
    # her2-missing and her2-discordant: what diagnosis codes say
    Row(
        MISSING,
        "a diagnosis code alone is no result",
        FIRES,
        KADCYLA,
        chart(her2=(), coded=(("Z17.410", True),)),
        says=("only the diagnosis code Z17.410", "positive"),
    ),
    Row(
        MISSING,
        "a code for negative with a drug for positive tumors, and no result",
        FIRES,
        KADCYLA,
        chart(her2=(), coded=(("Z17.411", False),)),
        says=("negative",),
    ),
    Row(
        DISCORDANT,
        "IHC 3+ and a diagnosis code for negative",
        FIRES,
        KADCYLA,
        chart(coded=(("Z17.411", False),)),
        indicator="warning",
        says=("positive by pathology", "negative by diagnosis code", "Z17.411"),
    ),
    Row(
        DISCORDANT,
        "IHC 1+ and a diagnosis code for positive",
        FIRES,
        ENHERTU,
        chart(her2=(ihc("1+"),), coded=(("Z17.31", True),)),
    ),
    Row(
        DISCORDANT,
        "HER2-low is rightly coded as negative",
        SILENT,
        ENHERTU,
        chart(her2=(ihc("1+"),), coded=(("Z17.411", False),)),
    ),
    Row(DISCORDANT, "IHC 3+ and a code for positive", SILENT, KADCYLA, chart(coded=(("Z17.31", True),))),
    Row(
        DISCORDANT,
        "IHC 2+ without ISH contradicts no code",
        SILENT,
        KADCYLA,
        chart(her2=(ihc("2+"),), coded=(("Z17.31", True), ("Z17.32", False))),
    ),
    Row(
        DISCORDANT,
        "a ratio and a number of copies that disagree",
        FIRES,
        KADCYLA,
        chart(her2=(ihc("2+"), ish("negative"), copies("positive"))),
    ),
    # her2-not-eligible: hormone receptors one by one, copies
    Row(NOT_ELIGIBLE, "ultralow, estrogen receptor positive", SILENT, ENHERTU, receptors(ER=True)),
    Row(NOT_ELIGIBLE, "ultralow, progesterone receptor alone positive", SILENT, ENHERTU, receptors(ER=False, PR=True)),
    Row(NOT_ELIGIBLE, "ultralow, both receptors negative", FIRES, ENHERTU, receptors(ER=False, PR=False)),
    Row(
        NOT_ELIGIBLE,
        "ultralow, estrogen receptor negative and progesterone not known",
        CANNOT,
        ENHERTU,
        receptors(ER=False),
        missing=("hormone-receptor",),
    ),
    Row(
        NOT_ELIGIBLE,
        "IHC 2+ and six copies of the gene or more",
        SILENT,
        KADCYLA,
        chart(her2=(ihc("2+"), copies("positive"))),
    ),
    Row(
        NOT_ELIGIBLE,
        "IHC 2+ and less than four copies",
        FIRES,
        KADCYLA,
        chart(her2=(ihc("2+"), copies("negative"))),
    ),
    Row(
        Topic.HER2_ISH_MISSING,
        "IHC 2+ and four to six copies, which decide nothing",
        FIRES,
        KADCYLA,
        chart(her2=(ihc("2+"), copies("equivocal"))),
    ),
    Row(
        NOT_ELIGIBLE,
        "a ratio goes before a number of copies of the same day",
        FIRES,
        KADCYLA,
        chart(her2=(copies("positive"), ish("negative"), ihc("2+"))),
    ),
    Row(
        NOT_ELIGIBLE,
        "the order's own reason says metastatic, the chart nothing",
        SILENT,
        order("Enhertu", "378 mg", reason="breast", reason_setting="metastatic"),
        chart(her2=(ihc("1+"),), setting=None),
    ),
    Row(
        NOT_ELIGIBLE,
        "the order's own reason says early",
        FIRES,
        order("Enhertu", "378 mg", reason="breast", reason_setting="early"),
        chart(her2=(ihc("1+"),), setting=None),
    ),
    Row(
        NOT_ELIGIBLE,
        "the reason is the cancer as it was found, and it has spread since",
        SILENT,
        order("Enhertu", "378 mg", reason="breast", reason_setting="early"),
        chart(her2=(ihc("1+"),), setting="metastatic"),
    ),
    Row(
        NOT_ELIGIBLE,
        "Enhertu, early, positive, before the approval of May 2026",
        FIRES,
        order("Enhertu", "378 mg"),
        chart(setting="early"),
        today=date(2026, 5, 14),
    ),
    Row(
        NOT_ELIGIBLE,
        "Enhertu, early, positive, on the day of the approval",
        SILENT,
        order("Enhertu", "378 mg"),
        chart(setting="early"),
        today=date(2026, 5, 15),
    ),
    Row(
        MISSING,
        "a result of the breast cancer is none of the gastric cancer",
        FIRES,
        order("trastuzumab", "420 mg", reason="gastric"),
        chart(her2=(ihc("3+", tumor=Cancer.BREAST),), cancers=("breast", "gastric")),
        tells=("coded for another tumor: IHC: 3+",),
        suggests=("Order HER2 IHC on tumor tissue for Trastuzumab",),
    ),
    Row(
        MISSING,
        "a breast code in a patient with gastric cancer alone is taken for the wrong code",
        SILENT,
        EVERY_3_WEEKS,
        chart(her2=(ihc("3+", tumor=Cancer.BREAST),), cancers=("gastric",)),
    ),
    Row(
        MISSING,
        "a breast code for breast cancer beside another",
        SILENT,
        order("trastuzumab", "420 mg", reason="breast"),
        chart(her2=(ihc("3+", tumor=Cancer.BREAST),), cancers=("breast", "gastric")),
    ),
    Row(
        Topic.HER2_ISH_MISSING,
        "gastric cancer: the test to order names no organ",
        FIRES,
        EVERY_3_WEEKS,
        chart(her2=(ihc("2+"),), cancers=("gastric",)),
        suggests=("Order HER2 ISH on tumor tissue for Trastuzumab",),
    ),
    Row(
        Topic.HER2_ISH_MISSING,
        "no cancer on record: the test on breast tissue",
        FIRES,
        KADCYLA,
        chart(her2=(ihc("2+"),), cancers=()),
        suggests=("Order HER2 ISH on breast cancer tissue for Kadcyla",),
    ),
    Row(
        UNCLEAR,
        "another solid tumor, positive without a score",
        FIRES,
        ENHERTU,
        chart(her2=(overall("positive"),), cancers=("other",)),
        indicator="warning",
        says=("HER2 positive", "IHC 3+"),
        suggests=("Order HER2 IHC on tumor tissue for Enhertu",),
    ),
    Row(
        UNCLEAR,
        "another solid tumor, ISH amplified and no IHC",
        FIRES,
        ENHERTU,
        chart(her2=(ish("positive"),), cancers=("other",)),
    ),
    Row(UNCLEAR, "another solid tumor, IHC 3+", SILENT, ENHERTU, chart(cancers=("other",))),
    Row(
        UNCLEAR,
        "another solid tumor, IHC 2+ and ISH amplified",
        SILENT,
        ENHERTU,
        chart(her2=(ihc("2+"), ish("positive")), cancers=("other",)),
    ),
    Row(
        NOT_ELIGIBLE,
        "another solid tumor, positive without a score",
        CANNOT,
        ENHERTU,
        chart(her2=(overall("positive"),), cancers=("other",)),
        missing=("ihc-score",),
    ),
    Row(UNCLEAR, "breast cancer, positive without a score", SILENT, ENHERTU, chart(her2=(overall("positive"),))),
    Row(
        UNCLEAR,
        "another solid tumor, IHC called positive without a score",
        FIRES,
        ENHERTU,
        chart(her2=(ihc("positive"),), cancers=("other",)),
        says=("HER2 positive without",),
    ),
    Row(
        NOT_ELIGIBLE,
        "breast cancer, IHC called positive without a score",
        SILENT,
        KADCYLA,
        chart(her2=(ihc("positive"),)),
    ),
    Row(
        UNCLEAR,
        "biliary cancer and Ziihera, positive without a score, whose indication is not verified",
        FIRES,
        order("Ziihera", "1400 mg", interval=14),
        chart(her2=(overall("positive"),), cancers=("biliary",)),
        indicator="warning",
    ),
    Row(
        NOT_ELIGIBLE,
        "gastric cancer, positive without a score",
        SILENT,
        EVERY_3_WEEKS,
        chart(her2=(overall("positive"),), cancers=("gastric",)),
    ),
    # her2-agents-combined, by date
    Row(
        TOGETHER,
        "Enhertu with pertuzumab the day before the approval",
        FIRES,
        ENHERTU,
        chart(history=(given("pertuzumab", 400, None, TreatmentState.ACTIVE),)),
        today=date(2025, 12, 14),
        indicator="warning",
    ),
    Row(
        TOGETHER,
        "Enhertu with pertuzumab on the day of the approval",
        SILENT,
        ENHERTU,
        chart(history=(given("pertuzumab", 400, None, TreatmentState.ACTIVE),)),
        today=date(2025, 12, 15),
    ),
    Row(
        TOGETHER,
        "Kadcyla with Margenza",
        FIRES,
        KADCYLA,
        others=(order("Margenza", "1050 mg", identifier="a"),),
        indicator="critical",
    ),
    Row(
        TOGETHER,
        "Margenza with trastuzumab, which no label names",
        FIRES,
        order("Margenza", "1050 mg"),
        others=(order("Herceptin", "420 mg", identifier="a"),),
        indicator="warning",
    ),
    # lvef-hold: the baseline
    Row(
        LVEF_HOLD,
        "an echocardiogram of ten years ago is no baseline",
        SILENT,
        EVERY_3_WEEKS,
        hearts(("55", 5), ("72", 3650)),
    ),
    Row(LVEF_HOLD, "nor is another method of the same day", SILENT, EVERY_3_WEEKS, hearts(("55", 5), ("72", 5))),
    Row(LVEF_HOLD, "one of last year is", FIRES, EVERY_3_WEEKS, hearts(("55", 5), ("72", 360))),
    Row(
        LVEF_HOLD,
        "the baseline is the last one before the first dose, not the best",
        SILENT,
        EVERY_3_WEEKS,
        hearts(("55", 5), ("60", 410), ("72", 500), history=every(21, 19)),
    ),
    Row(
        LVEF_HOLD,
        "on treatment for three years, the baseline is of its beginning",
        FIRES,
        EVERY_3_WEEKS,
        hearts(("55", 5), ("72", 1100), history=every(21, 52)),
    ),
    Row(
        LVEF_HOLD,
        "the last one before the first dose is of years before it",
        CANNOT,
        EVERY_3_WEEKS,
        hearts(("45", 5), ("72", 3650), history=every(21, 3)),
    ),
    Row(
        LVEF_HOLD,
        "on treatment, baseline not on record, and so high that it cannot have dropped far",
        SILENT,
        EVERY_3_WEEKS,
        hearts(("60", 5), history=every(21, 35)),
    ),
    Row(
        LVEF_HOLD,
        "a point less, and it may have dropped by sixteen",
        CANNOT,
        EVERY_3_WEEKS,
        hearts(("59", 5), history=every(21, 35)),
        missing=("baseline",),
    ),
    Row(
        LVEF_HOLD,
        "ten points down to a value that is normal anywhere",
        SILENT,
        EVERY_3_WEEKS,
        chart(lvef="55", baseline="66"),
    ),
    Row(
        LVEF_HOLD,
        "ten points down to a value that is below normal somewhere",
        CANNOT,
        EVERY_3_WEEKS,
        chart(lvef="54", baseline="66"),
        missing=("lvef-normal",),
    ),
    Row(
        LVEF_HOLD,
        "the baseline is of thirty-six months before the newest one",
        FIRES,
        EVERY_3_WEEKS,
        hearts(("54", 5), ("72", 1101)),
    ),
    Row(LVEF_HOLD, "a day earlier it is none", SILENT, EVERY_3_WEEKS, hearts(("54", 5), ("72", 1102))),
    Row(
        LVEF_HOLD,
        "the baseline is of the day of the first dose",
        FIRES,
        EVERY_3_WEEKS,
        hearts(("54", 5), ("72", 63), history=every(21, 3)),
    ),
    Row(
        LVEF_HOLD,
        "setting not on record: the card says which row was taken",
        FIRES,
        KADCYLA,
        chart(lvef="44", baseline="50", setting=None),
        tells=("so the stricter limits (early) were applied",),
    ),
    Row(
        LVEF_HOLD,
        "setting not on record and both rows alike: nothing to say",
        FIRES,
        KADCYLA,
        chart(lvef="39", baseline="60", setting=None),
        hides=("stricter limits",),
    ),
    # liver tests: nodular regenerative hyperplasia, Gilbert syndrome
    Row(
        LIVER_STOP,
        "nodular regenerative hyperplasia with normal tests",
        FIRES,
        KADCYLA,
        chart(problems=("nodular-hyperplasia",)),
        indicator="critical",
        says=("discontinue", "Nodular regenerative hyperplasia"),
    ),
    Row(
        LIVER_HOLD,
        "nodular regenerative hyperplasia and a raised ALT have one card",
        NOT_ASKED,
        KADCYLA,
        chart(problems=("nodular-hyperplasia",), values={"alt": "6 ULN"}),
    ),
    Row(
        LIVER_STOP,
        "nodular regenerative hyperplasia is no matter of Enhertu's label",
        NOT_ASKED,
        ENHERTU,
        chart(problems=("nodular-hyperplasia",)),
    ),
    Row(
        LIVER_HOLD,
        "bilirubin above the limit in Gilbert syndrome still holds, and the card says why it may be raised",
        FIRES,
        KADCYLA,
        chart(setting="early", problems=("gilbert",), values={"bilirubin-total": "1.4 ULN"}),
    ),
    # pregnancy: how long what is on record speaks for today
    Row(
        PREGNANT,
        "a positive test of three weeks ago and none since",
        FIRES,
        KADCYLA,
        young(pregnancy_test=(True, 21)),
        says=("positive", days_ago(21).isoformat()),
    ),
    Row(PREGNANT, "a positive test of 294 days ago", FIRES, KADCYLA, young(pregnancy_test=(True, 294))),
    Row(PREGNANT, "a positive test of 295 days ago", SILENT, KADCYLA, young(pregnancy_test=(True, 295))),
    Row(
        PREGNANT,
        "a positive test, and a negative one since",
        SILENT,
        KADCYLA,
        msgspec.structs.replace(
            young(), pregnancy_tests=(tested(positive=False, days=2), tested(positive=True, days=60))
        ),
    ),
    Row(
        PREGNANT,
        "an amount of hormone after a positive test",
        FIRES,
        KADCYLA,
        msgspec.structs.replace(
            young(), pregnancy_tests=(tested(positive=None, days=2), tested(positive=True, days=20))
        ),
    ),
    Row(
        PREGNANT,
        "a test that could not be read after a negative one",
        CANNOT,
        KADCYLA,
        msgspec.structs.replace(
            young(), pregnancy_tests=(tested(positive=None, days=2), tested(positive=False, days=20))
        ),
        missing=("pregnancy-answer",),
    ),
    Row(
        PREGNANT,
        "a negative test after one that could not be read",
        SILENT,
        KADCYLA,
        msgspec.structs.replace(
            young(), pregnancy_tests=(tested(positive=False, days=1), tested(positive=None, days=2))
        ),
    ),
    Row(
        PREGNANT,
        "hCG far above the cut-off",
        FIRES,
        KADCYLA,
        by_amount(young()),
        says=("2300 mIU/mL",),
        indicator="critical",
    ),
    Row(PREGNANT, "hCG of a man", CANNOT, KADCYLA, by_amount(young(sex="male")), missing=("pregnancy-answer",)),
    Row(PREGNANT, "hCG at 70 years", CANNOT, KADCYLA, by_amount(chart(born=date(1956, 5, 1)))),
    Row(
        PREGNANT,
        "hCG after a hysterectomy",
        CANNOT,
        KADCYLA,
        by_amount(young(problems=("infertile",))),
    ),
    Row(PREGNANT, "a pregnancy recorded 294 days ago", FIRES, KADCYLA, pregnant(days_ago(294))),
    Row(PREGNANT, "a pregnancy of years ago that nobody closed", SILENT, KADCYLA, pregnant(days_ago(3000))),
    Row(
        PREGNANT,
        "one that began in a year of life, the end of which is near",
        FIRES,
        KADCYLA,
        pregnant(days_ago(360), days_ago(-5)),
    ),
    Row(
        PREGNANT, "one that began in a year of life long ago", SILENT, KADCYLA, pregnant(days_ago(3000), days_ago(2635))
    ),
    Row(PREGNANT, "a pregnancy without a date", FIRES, KADCYLA, pregnant(None)),
    Row(PREGNANT, "a pregnancy that may have begun in any month of this year", FIRES, KADCYLA, pregnant_in(300, 0)),
    Row(PREGNANT, "a pregnancy that began in a month long ago", SILENT, KADCYLA, pregnant_in(400, 370)),
    Row(PREGNANT, "a pregnancy that ended with a delivery", SILENT, KADCYLA, ended(OVER, days_ago(40))),
    Row(PREGNANT, "a delivery on the day on which it was recorded", SILENT, KADCYLA, ended(OVER, days_ago(200))),
    Row(PREGNANT, "a delivery before it", FIRES, KADCYLA, ended(OVER, days_ago(201))),
    Row(PREGNANT, "a delivery on an unknown day", FIRES, KADCYLA, ended(OVER, None)),
    Row(PREGNANT, "a delivery that was recorded later", FIRES, KADCYLA, ended(OVER, days_ago(40), is_onset=False)),
    Row(PREGNANT, "a menstruation since then", FIRES, KADCYLA, ended(Problem.MENSTRUATION, days_ago(20))),
    Row(
        PREGNANT,
        "a menstruation since then, and a negative test",
        SILENT,
        KADCYLA,
        ended(Problem.MENSTRUATION, days_ago(20), tested(positive=False, days=3)),
    ),
    Row(
        PREGNANT,
        "a positive test before a loss",
        SILENT,
        KADCYLA,
        ended(OVER, days_ago(40), tested(positive=True, days=60)),
    ),
    Row(
        PREGNANT,
        "a positive test after a loss",
        FIRES,
        KADCYLA,
        ended(OVER, days_ago(40), tested(positive=True, days=3)),
    ),
    Row(
        PREGNANT,
        "a positive test of a man",
        CANNOT,
        KADCYLA,
        msgspec.structs.replace(hcg((True, 3)), sex="male"),
        missing=("pregnancy-answer",),
    ),
    Row(NO_HCG, "male on record, and female at birth", FIRES, KADCYLA, born_as("female", "male")),
    Row(NO_HCG, "female on record, and male at birth", NOT_ASKED, KADCYLA, born_as("male", "female")),
    Row(
        NO_HCG,
        "a pregnancy of years ago that nobody closed asks for a test like any",
        FIRES,
        KADCYLA,
        pregnant(days_ago(3000)),
    ),
    Row(
        NO_HCG,
        "a positive test of weeks ago has its own card",
        NOT_ASKED,
        KADCYLA,
        young(pregnancy_test=(True, 21)),
    ),
    Row(NO_HCG, "after menopause", NOT_ASKED, KADCYLA, young(problems=("infertile",))),
    Row(NO_HCG, "sex not on record and far too old", NOT_ASKED, KADCYLA, chart(sex="", born=date(1940, 1, 1))),
    Row(NO_HCG, "sex recorded as other", CANNOT, KADCYLA, young(sex="other"), missing=("sex",)),
    Row(NO_HCG, "sex not on record and a test of yesterday", SILENT, KADCYLA, young(sex="", pregnancy_test=(False, 1))),
    Row(NO_HCG, "turned twelve today", FIRES, KADCYLA, chart(born=date(2014, 11, 22))),
    Row(NO_HCG, "turns twelve tomorrow", NOT_ASKED, KADCYLA, chart(born=date(2014, 11, 23))),
    Row(
        NO_HCG,
        "switched from the originator to a biosimilar: not the first dose",
        NOT_ASKED,
        order("Ogivri", "420 mg"),
        young(history=(given("trastuzumab", 21, "6 mg/kg"),)),
    ),
    # other drugs
    Row(CYP, "Kadcyla and a ketoconazole shampoo", SILENT, KADCYLA, active("ketoconazole 2 % shampoo")),
    Row(
        CYP,
        "Kadcyla and posaconazole, not in the text read",
        FIRES,
        KADCYLA,
        active("posaconazole 100 MG"),
    ),
    Row(CYP, "Kadcyla and Paxlovid, which holds ritonavir", FIRES, KADCYLA, active("Paxlovid 150/100 MG")),
    Row(CYP, "Kadcyla and grapefruit", SILENT, KADCYLA, active("grapefruit extract")),
    Row(ANTHRACYCLINE, "pegylated liposomal doxorubicin", FIRES, ENHERTU, active("DOXOrubicin, liposomal, pegylated")),
    # what a card shows, and what it offers
    Row(
        LEVEL,
        "on treatment the level below is offered, not the lowest",
        FIRES,
        order("Kadcyla", "3.35 mg/kg"),
        after(("kadcyla", 21, "3.6 mg/kg")),
        suggests=("Change Kadcyla to 3 mg/kg",),
    ),
    Row(
        LEVEL,
        "on treatment, below every level the lowest is offered",
        FIRES,
        order("Kadcyla", "1.9 mg/kg"),
        after(("kadcyla", 21, "3.6 mg/kg")),
        suggests=("Change Kadcyla to 2.4 mg/kg",),
    ),
    Row(
        LEVEL,
        "for the first dose the start is offered",
        FIRES,
        order("Kadcyla", "3.35 mg/kg"),
        suggests=("Change Kadcyla to 3.6 mg/kg",),
    ),
    Row(
        LEVEL,
        "after a reduction nothing above it is offered",
        FIRES,
        order("Kadcyla", "3.35 mg/kg"),
        after(("kadcyla", 21, "2.4 mg/kg")),
        suggests=("Change Kadcyla to 2.4 mg/kg",),
    ),
    Row(
        ABOVE,
        "above the loading dose, soon after the last: maintenance is offered",
        FIRES,
        order("Perjeta", "900 mg"),
        after(("pertuzumab", 21, "420 mg")),
        suggests=("Change Perjeta to 420 mg",),
    ),
    Row(
        ABOVE,
        "above the loading dose after a gap: loading is offered",
        FIRES,
        order("Perjeta", "900 mg"),
        after(("pertuzumab", 42, "420 mg")),
        suggests=("Change Perjeta to 840 mg",),
    ),
    Row(
        ABOVE,
        "above the maximum on treatment: the maximum is offered",
        FIRES,
        order("Kadcyla", "4 mg/kg"),
        after(("kadcyla", 21, "3.6 mg/kg")),
        suggests=("Change Kadcyla to 3.6 mg/kg",),
    ),
    Row(
        ABOVE,
        "above the maximum after a reduction: the reduced level is offered",
        FIRES,
        order("Kadcyla", "4 mg/kg"),
        after(("kadcyla", 21, "3 mg/kg")),
        suggests=("Change Kadcyla to 3 mg/kg",),
    ),
    Row(
        Topic.DOSE_MATCHES_OTHER_DRUG,
        "Enhertu at Kadcyla's dose after a reduction: the reduced level is offered",
        FIRES,
        order("Enhertu", "3.6 mg/kg"),
        after(("enhertu", 21, "4.4 mg/kg")),
        suggests=("Change Enhertu to 4.4 mg/kg", "Remove Enhertu"),
    ),
    Row(
        Topic.DOSE_IMPLAUSIBLE,
        "3.6 mg after a reduction to 3 mg/kg: the starting dose is not offered",
        FIRES,
        order("Kadcyla", "3.6 mg"),
        after(("kadcyla", 21, "3 mg/kg")),
        suggests=("Remove Kadcyla",),
    ),
    Row(
        LEVEL,
        "three-weekly trastuzumab, too little for the first dose",
        FIRES,
        order("trastuzumab", "5 mg/kg"),
        suggests=("Change Trastuzumab to 6 mg/kg",),
    ),
    Row(
        ABOVE,
        "nothing is offered for a dose that was worked out from a strength and a volume",
        FIRES,
        computed("Kadcyla", "300 mg"),
        fixes=(),
    ),
    Row(
        Topic.DOSE_IMPLAUSIBLE,
        "nor for a fixed dose that was worked out",
        FIRES,
        computed("Perjeta", "4.2 mg"),
        fixes=("RemoveOrder",),
    ),
    Row(
        Topic.DOSE_IMPLAUSIBLE,
        "Enhertu 3.2 mg in gastric cancer, where 3.2 mg/kg is no level",
        FIRES,
        order("Enhertu", "3.2 mg"),
        GASTRIC,
        fixes=("RemoveOrder",),
    ),
    Row(
        Topic.DOSE_CANNOT_VERIFY,
        "the volume of a vial is told as the milligrams it would hold",
        FIRES,
        order("Kadcyla", "15 mL"),
        tells=("this would be 300 mg",),
    ),
    Row(
        DISCORDANT,
        "the summary names two results that disagree, not the two newest",
        FIRES,
        KADCYLA,
        chart(her2=(ihc("3+", 20), ihc("3+", 300, name="second"), ihc("1+", 900, name="third"))),
        says=("IHC 3+ and IHC 1+",),
    ),
    Row(
        NOT_ELIGIBLE,
        "positive by ISH in a tumor that wants IHC 3+",
        FIRES,
        ENHERTU,
        chart(her2=(ihc("2+"), ish("positive")), cancers=("other",)),
        says=("positive by ISH (IHC 2+)",),
    ),
    Row(
        NOT_ELIGIBLE,
        "positive by ISH, no cancer on record, early: only the cancer is asked for",
        CANNOT,
        ENHERTU,
        chart(her2=(ihc("2+"), ish("positive")), cancers=(), setting="early"),
        missing=("cancer",),
    ),
    Row(
        NOT_ELIGIBLE,
        "HER2-low, setting unknown: the hormone receptor does not matter",
        CANNOT,
        ENHERTU,
        chart(her2=(ihc("1+"),), setting=None),
        missing=("setting",),
    ),
    Row(
        NOT_ELIGIBLE,
        "ultralow, and nothing else is known",
        CANNOT,
        ENHERTU,
        chart(her2=(overall("ultralow"),), cancers=(), setting=None),
        missing=("cancer", "setting", "hormone-receptor"),
    ),
    Row(
        NOT_ELIGIBLE,
        "ultralow, setting and hormone receptor unknown",
        CANNOT,
        ENHERTU,
        chart(her2=(overall("ultralow"),), setting=None),
        missing=("setting", "hormone-receptor"),
    ),
    Row(
        NOT_ELIGIBLE,
        "ultralow, setting unknown, hormone receptor positive",
        CANNOT,
        ENHERTU,
        chart(her2=(overall("ultralow"),), setting=None, receptor=True),
        missing=("setting",),
    ),
    Row(
        NOT_ELIGIBLE,
        "the card says what the setting was read from, and when",
        FIRES,
        ENHERTU,
        chart(her2=(ihc("1+"),), setting="early"),
        tells=(f"Setting: early (Stage IIB, {days_ago(300).isoformat()})",),
    ),
    Row(
        NOT_ELIGIBLE,
        "the reason of the order and the chart are one condition: it is told once",
        FIRES,
        order("Enhertu", "378 mg", reason="breast", reason_setting="early"),
        chart(her2=(ihc("1+"),), setting="early"),
        hides=("Stage IIB, 2026-01-26 (Observation/stage)\n- Setting",),
    ),
    Row(
        CYCLES,
        "a fifty-second weekly dose of adjuvant trastuzumab",
        SILENT,
        WEEKLY,
        chart(history=every(7, 51, dose="2 mg/kg"), setting="early"),
    ),
    Row(
        CYCLES,
        "a fifty-third weekly dose of adjuvant trastuzumab",
        FIRES,
        WEEKLY,
        chart(history=every(7, 52, dose="2 mg/kg"), setting="early"),
        says=("52 weeks",),
    ),
    Row(
        START,
        "a dose of no level three weeks after the last",
        SILENT,
        order("Perjeta", "500 mg"),
        after(("pertuzumab", 21, None)),
    ),
    Row(
        START,
        "the card on a second loading dose names the last one",
        FIRES,
        order("Perjeta", "840 mg"),
        after(("pertuzumab", 21, "840 mg")),
        says=(days_ago(21).isoformat(),),
    ),
    Row(
        RELOAD,
        "the card on a gap names the last dose",
        FIRES,
        PERJETA,
        after(("pertuzumab", 43, "420 mg")),
        says=(days_ago(43).isoformat(),),
    ),
    Row(SOON, "the day after", FIRES, KADCYLA, after(("kadcyla", 1, None)), says=("planned 1 day after",)),
    Row(
        LIVER_HOLD,
        "Gilbert syndrome does not explain an ALT",
        FIRES,
        KADCYLA,
        chart(problems=("gilbert",), values={"alt": "6 ULN"}),
        hides=("Gilbert",),
    ),
    Row(
        LIVER_HOLD,
        "Gilbert syndrome beside a bilirubin",
        FIRES,
        KADCYLA,
        chart(problems=("gilbert",), values={"alt": "6 ULN", "bilirubin-total": "1.6 ULN"}),
        tells=("Gilbert syndrome is on record", "direct bilirubin"),
    ),
    Row(
        LIVER_STOP,
        "Gilbert syndrome beside Hy's pair",
        FIRES,
        KADCYLA,
        chart(problems=("gilbert",), values={"alt": "3.1 ULN", "bilirubin-total": "2.1 ULN"}),
        tells=("Gilbert syndrome is on record",),
    ),
    Row(LVEF_HOLD, "no drop at all", FIRES, KADCYLA, chart(lvef="39", baseline="39"), hides=("below baseline",)),
    Row(LVEF_HOLD, "a drop of one point", FIRES, KADCYLA, chart(lvef="39", baseline="40"), says=("1 point below",)),
    Row(LVEF_HOLD, "a rise", FIRES, KADCYLA, chart(lvef="39", baseline="35"), hides=("below baseline",)),
    Row(
        NO_HCG,
        "of several old tests the newest is shown",
        FIRES,
        KADCYLA,
        hcg((False, 30), (False, 60)),
        tells=(days_ago(30).isoformat(),),
        hides=(days_ago(60).isoformat(),),
    ),
    Row(
        Topic.DUPLICATE_ORDER,
        "an order that is known by its code alone is named by its drug",
        FIRES,
        KADCYLA,
        others=(order("", "252 mg", rxnorm=("1371041",), identifier="a"),),
        tells=("In this session: Kadcyla",),
    ),
    Row(
        Topic.HCPCS_NOT_SPECIFIC,
        "an unspecific code on a service of the session that is linked to nothing",
        FIRES,
        order("Kadcyla", "252 mg", service_hcpcs=("J9999",), linked=False),
    ),
    Row(
        Topic.HCPCS_NOT_SPECIFIC,
        "a retired code on such a service",
        FIRES,
        order("Ziihera", "1400 mg", interval=14, service_hcpcs=("C9302",), linked=False),
        chart(cancers=("biliary",)),
    ),
    Row(
        Topic.HCPCS_NOT_SPECIFIC,
        "a code nobody knows on such a service is not this order's",
        SILENT,
        order("Kadcyla", "252 mg", service_hcpcs=("J0000",), linked=False),
    ),
    Row(
        Topic.HCPCS_NOT_SPECIFIC,
        "a product of many brands is told one code and that there are others",
        FIRES,
        order("trastuzumab", "420 mg", hcpcs=("J9999",)),
        says=("J9355 or the code of the brand",),
    ),
    Row(
        Topic.HCPCS_MISMATCH,
        "Poherdy under Perjeta's code: ask the payer",
        FIRES,
        order("Poherdy", "420 mg", hcpcs=("J9306",)),
        indicator="warning",
        tells=("Ask the payer",),
    ),
    Row(
        Topic.HCPCS_MISMATCH,
        "Poherdy under ramucirumab's code is a mix-up all the same",
        FIRES,
        order("Poherdy", "420 mg", hcpcs=("J9308",)),
        indicator="critical",
    ),
    Row(
        Topic.HCPCS_MISMATCH,
        "a code linked to nothing, beside an order that nobody asks about",
        FIRES,
        order("Kadcyla", "252 mg", service_hcpcs=("J9308",), linked=False),
        others=(msgspec.structs.replace(order("Perjeta", "420 mg", identifier="a"), in_focus=False),),
    ),
    Row(
        Topic.HCPCS_MISMATCH,
        "a code linked to nothing, beside an order out of scope",
        FIRES,
        order("Kadcyla", "252 mg", service_hcpcs=("J9308",), linked=False),
        others=(order("paclitaxel", "120 mg", identifier="a"),),
    ),
    Row(
        Topic.HCPCS_MISMATCH,
        "a code linked to nothing, beside another order in scope it may be for",
        NOT_ASKED,
        order("Kadcyla", "252 mg", service_hcpcs=("J9308",), linked=False),
        others=(order("Perjeta", "420 mg", identifier="a"),),
    ),
    # the edges of what makes sense
    Row(Topic.DOSE_IMPLAUSIBLE, "nothing", FIRES, order("Kadcyla", "0 mg"), says=("is not a dose",)),
    Row(Topic.DOSE_IMPLAUSIBLE, "one milligram", FIRES, order("Kadcyla", "1 mg"), says=("far below",)),
    Row(Topic.DOSE_IMPLAUSIBLE, "one milligram per kilogram, as such", SILENT, order("Kadcyla", "1 mg/kg")),
    Row(Topic.DOSE_IMPLAUSIBLE, "less than one milligram per kilogram", FIRES, order("Kadcyla", "0.99 mg/kg")),
    Row(
        Topic.DOSE_IMPLAUSIBLE,
        "twenty-five milligrams per kilogram are an overdose",
        SILENT,
        order("Kadcyla", "25 mg/kg"),
    ),
    Row(Topic.DOSE_IMPLAUSIBLE, "more cannot be right", FIRES, order("Kadcyla", "25.1 mg/kg")),
    Row(Topic.DOSE_IMPLAUSIBLE, "1.75 g are 25 mg/kg at 70 kg", SILENT, order("Kadcyla", "1.75 g")),
    Row(Topic.DOSE_IMPLAUSIBLE, "1.76 g are more", FIRES, order("Kadcyla", "1.76 g"), says=("far above",)),
    Row(Topic.DOSE_IMPLAUSIBLE, "a tenth of the fixed dose", SILENT, order("Perjeta", "42 mg")),
    Row(Topic.DOSE_IMPLAUSIBLE, "less than a tenth of it", FIRES, order("Perjeta", "41.9 mg")),
    Row(Topic.DOSE_IMPLAUSIBLE, "ten times the fixed dose in grams", SILENT, order("Perjeta", "4.2 g")),
    Row(Topic.DOSE_IMPLAUSIBLE, "more than ten times in grams", FIRES, order("Perjeta", "4.3 g")),
    Row(
        Topic.DOSE_IMPLAUSIBLE,
        "15 mL of Perjeta are no labeled dose",
        FIRES,
        order("Perjeta", "15 mL"),
        says=("volume",),
    ),
    Row(
        START,
        "between two levels, with a wide tolerance, the nearer one counts",
        FIRES,
        order("Kadcyla", "3.27 mg/kg"),
        thresholds={"dose_rounding_tolerance_percent": Decimal(10)},
    ),
    Row(
        ABOVE,
        "no cancer on record: the card says that the strictest maximum was taken",
        FIRES,
        order("Enhertu", "6.4 mg/kg"),
        chart(cancers=()),
        tells=("The cancer is not clear from the chart",),
    ),
    Row(
        LIVER_STOP,
        "Hy's pair, drawn seven days from each other",
        FIRES,
        KADCYLA,
        chart(values={"alt": "3.1 ULN", "bilirubin-total": "2.1 ULN"}, labs={"alt": 0, "bilirubin-total": 7}),
    ),
    Row(
        LIVER_STOP,
        "eight days from each other they are no pair",
        SILENT,
        KADCYLA,
        chart(values={"alt": "3.1 ULN", "bilirubin-total": "2.1 ULN"}, labs={"alt": 0, "bilirubin-total": 8}),
        thresholds={"lab_max_age_days": Decimal(14)},
    ),
]
