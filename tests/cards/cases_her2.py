"""Cases of the topics on HER2 status and indication."""

from __future__ import annotations

from builders import at, chart, ihc, ish, order, overall
from msgspec import structs
from rows import CANNOT, FIRES, NOT_ASKED, SILENT, Row

from cards.facts.origins import Gap
from cards.facts.results import CodedHer2, Her2Result
from cards.facts.topics import Topic

MISSING, ISH_MISSING, NOT_ELIGIBLE = Topic.HER2_MISSING, Topic.HER2_ISH_MISSING, Topic.HER2_NOT_ELIGIBLE
MUTATION = Topic.ERBB2_MUTATION_MISSING
UNCLEAR, DISCORDANT, UNSUPPORTED = Topic.HER2_TIER_UNCLEAR, Topic.HER2_DISCORDANT, Topic.INDICATION_UNSUPPORTED
KADCYLA, ENHERTU = order("Kadcyla", "252 mg"), order("Enhertu", "378 mg")
PERJETA, TRASTUZUMAB = order("Perjeta", "420 mg"), order("trastuzumab", "420 mg")


def by_ratio(finding: str, days: int = 200) -> Her2Result:
    """Return an ISH result that is a ratio alone."""
    written = {"positive": "ratio 2.4", "negative": "ratio 1.8"}[finding]
    return structs.replace(ish(finding, days, name="ratio"), by_ratio=True, as_reported=written)


def by_copies(finding: str, days: int = 200) -> Her2Result:
    """Return an ISH result that is a number of gene copies alone."""
    written = {
        "positive": "6.5 copies",
        "negative": "3.1 copies",
        "equivocal": "4.6 copies",
        "indeterminate": "47 copies",
    }
    return structs.replace(ish(finding, days, name="copies"), by_copies=True, as_reported=written[finding])


GROUPS = {
    2: (by_ratio("positive"), by_copies("negative")),
    3: (by_ratio("negative"), by_copies("positive")),
    4: (by_ratio("negative"), by_copies("equivocal")),
}

ROWS = [
    # her2-missing
    Row(
        MISSING,
        "no HER2 result at all",
        FIRES,
        KADCYLA,
        chart(her2=()),
        indicator="warning",
        says=("no HER2 tissue result",),
        fixes=("OrderTests",),
    ),
    Row(
        MISSING,
        "only the words of the diagnosis",
        FIRES,
        KADCYLA,
        structs.replace(chart(her2=()), coded_her2=(CodedHer2(True, "", at("condition"), "MBC HER2+"),)),  # noqa: FBT003
        says=('only the diagnosis "MBC HER2+"',),
    ),
    Row(
        DISCORDANT,
        "the words of the diagnosis say the opposite",
        FIRES,
        KADCYLA,
        structs.replace(chart(), coded_her2=(CodedHer2(False, "", at("condition"), "TNBC"),)),  # noqa: FBT003
        says=('the diagnosis says "TNBC"',),
    ),
    Row(MISSING, "the same for pertuzumab", FIRES, PERJETA, chart(her2=())),
    Row(MISSING, "the same for Enhertu in breast cancer", FIRES, ENHERTU, chart(her2=())),
    Row(MISSING, "an indeterminate ISH is no result", FIRES, KADCYLA, chart(her2=(ish("indeterminate"),))),
    Row(MISSING, "a test that was not done is no result", FIRES, KADCYLA, chart(her2=(ihc("not-done"),))),
    Row(MISSING, "IHC 3+", SILENT, KADCYLA),
    Row(MISSING, "IHC 2+ is a result, and asks for another", SILENT, KADCYLA, chart(her2=(ihc("2+"),))),
    Row(MISSING, "a negative one is a result", SILENT, KADCYLA, chart(her2=(overall("negative"),))),
    Row(
        MISSING,
        "HER2 is mentioned in a text alone",
        FIRES,
        KADCYLA,
        chart(her2=(), gaps=(Gap("her2-interpretation", "prefetch.tumorMarkers", "her2-in-text"),)),
        says=("mentioned in the chart",),
    ),
    Row(
        MISSING,
        "the only HER2 result is a text that says nothing plain",
        FIRES,
        KADCYLA,
        chart(her2=(), gaps=(Gap("her2-ihc", "prefetch.tumorMarkers", "value", values=(("value", "see report"),)),)),
        says=("no result could be read",),
        hides=("no HER2 tissue result",),
    ),
    Row(
        MISSING,
        "the only HER2 result is preliminary",
        FIRES,
        KADCYLA,
        chart(her2=(), gaps=(Gap("her2-ihc", "prefetch.tumorMarkers", "status", values=(("status", "preliminary"),)),)),
        says=("no HER2 tissue result",),
    ),
    Row(
        MISSING,
        "a result that contradicts itself has its own card",
        NOT_ASKED,
        KADCYLA,
        chart(her2=(ihc("1+", conflict=True),)),
    ),
    Row(
        MISSING, "a cancer the drug is not for has its own card", NOT_ASKED, KADCYLA, chart(her2=(), cancers=("lung",))
    ),
    # her2-ish-missing
    Row(
        ISH_MISSING,
        "IHC 2+ and no ISH",
        FIRES,
        KADCYLA,
        chart(her2=(ihc("2+"),)),
        indicator="warning",
        says=("IHC 2+",),
        fixes=("OrderTests",),
    ),
    Row(ISH_MISSING, "IHC 2+ and an equivocal ISH", FIRES, KADCYLA, chart(her2=(ihc("2+"), ish("equivocal")))),
    Row(
        ISH_MISSING, "IHC 2+ that somebody calls positive", FIRES, KADCYLA, chart(her2=(ihc("2+"), overall("positive")))
    ),
    Row(ISH_MISSING, "IHC 2+ for Enhertu, where it may be low or positive", FIRES, ENHERTU, chart(her2=(ihc("2+"),))),
    Row(ISH_MISSING, "IHC 2+ and ISH amplified", SILENT, KADCYLA, chart(her2=(ihc("2+"), ish("positive")))),
    Row(ISH_MISSING, "IHC 2+ and ISH not amplified", SILENT, KADCYLA, chart(her2=(ihc("2+"), ish("negative")))),
    *(
        Row(
            ISH_MISSING,
            f"IHC 2+ and an ISH {when} that contradicts itself",
            expected,
            KADCYLA,
            chart(her2=(ihc("2+", 200), structs.replace(ish("positive", days), conflict=True))),
        )
        for when, days, expected in (
            ("of that day", 200, NOT_ASKED),
            ("later", 190, NOT_ASKED),
            ("of years before", 900, FIRES),
        )
    ),
    Row(
        NOT_ELIGIBLE,
        "IHC 2+ and an ISH that contradicts itself",
        CANNOT,
        KADCYLA,
        chart(her2=(ihc("2+"), structs.replace(ish("positive"), conflict=True))),
    ),
    Row(ISH_MISSING, "IHC 3+ needs no ISH", SILENT, KADCYLA),
    Row(ISH_MISSING, "IHC 1+ needs no ISH", SILENT, KADCYLA, chart(her2=(ihc("1+"),))),
    # her2-tier-unclear: what ISH does not settle by its numbers
    *(
        Row(
            UNCLEAR,
            f"IHC 2+ and ISH of group {group}",
            FIRES,
            KADCYLA,
            chart(her2=(ihc("2+"), *numbers)),
            indicator="warning",
            says=("work-up",),
            fixes=(),
        )
        for group, numbers in GROUPS.items()
    ),
    *(
        Row(
            UNCLEAR,
            f"ISH of group {group} without an IHC",
            FIRES,
            KADCYLA,
            chart(her2=numbers),
            says=("work-up",),
            suggests=("Order HER2 IHC on breast cancer tissue for Kadcyla",),
        )
        for group, numbers in GROUPS.items()
    ),
    Row(UNCLEAR, "group 3 as the laboratory names it", FIRES, KADCYLA, chart(her2=(ihc("2+"), ish("work-up")))),
    Row(UNCLEAR, "group 2 for Enhertu", FIRES, ENHERTU, chart(her2=(ihc("2+"), *GROUPS[2])), says=("work-up",)),
    Row(
        UNCLEAR,
        "IHC 2+ and a count of all cells",
        FIRES,
        KADCYLA,
        chart(her2=(ihc("2+"), by_copies("indeterminate"))),
        says=("not an average per nucleus",),
    ),
    Row(
        UNCLEAR,
        "group 1 decides",
        SILENT,
        KADCYLA,
        chart(her2=(ihc("2+"), by_ratio("positive"), by_copies("equivocal"))),
    ),
    Row(UNCLEAR, "IHC 3+ decides beside group 2", SILENT, KADCYLA, chart(her2=(ihc("3+"), *GROUPS[2]))),
    Row(UNCLEAR, "a conclusion beside group 2", SILENT, KADCYLA, chart(her2=(ihc("2+"), ish("negative"), *GROUPS[2]))),
    Row(
        UNCLEAR,
        "a conclusion after the work-up of group 4",
        SILENT,
        KADCYLA,
        chart(her2=(overall("positive", days=190), ihc("2+"), *GROUPS[4])),
    ),
    Row(
        UNCLEAR,
        "a conclusion older than group 4 settles nothing",
        FIRES,
        KADCYLA,
        chart(her2=(ihc("2+"), *GROUPS[4], overall("positive", days=230))),
    ),
    Row(ISH_MISSING, "group 4 is an ISH", SILENT, KADCYLA, chart(her2=(ihc("2+"), *GROUPS[4]))),
    Row(NOT_ELIGIBLE, "IHC 2+ and group 4", CANNOT, KADCYLA, chart(her2=(ihc("2+"), *GROUPS[4]))),
    Row(
        NOT_ELIGIBLE,
        "IHC 1+ decides beside the ratio of group 2",
        FIRES,
        KADCYLA,
        chart(her2=(ihc("1+"), *GROUPS[2])),
        says=("low (IHC 1+",),
    ),
    Row(
        NOT_ELIGIBLE,
        "IHC 2+ and group 5",
        FIRES,
        KADCYLA,
        chart(her2=(ihc("2+"), by_ratio("negative"), by_copies("negative"))),
    ),
    Row(DISCORDANT, "the numbers of group 2 are no disagreement", SILENT, KADCYLA, chart(her2=(ihc("2+"), *GROUPS[2]))),
    Row(
        DISCORDANT,
        "2+ and 3+ of one day",
        FIRES,
        KADCYLA,
        chart(her2=(ihc("2+", name="a"), ihc("3+", name="b"))),
        says=("IHC 2+ and IHC 3+",),
    ),
    # Which of the two has the smaller id decides nothing.
    *(
        Row(
            topic,
            f"{one} and {other} of one day",
            expected,
            KADCYLA,
            chart(her2=(ihc(one, name="a"), ihc(other, name="b"))),
        )
        for one, other in (("1+", "3+"), ("3+", "1+"))
        for topic, expected in ((DISCORDANT, FIRES), (NOT_ELIGIBLE, CANNOT if one == "1+" else SILENT))
    ),
    Row(NOT_ELIGIBLE, "1+ and 0 of one day", FIRES, KADCYLA, chart(her2=(ihc("1+", name="a"), ihc("0", name="b")))),
    Row(DISCORDANT, "1+ and 2+ of one day", FIRES, KADCYLA, chart(her2=(ihc("2+", name="a"), ihc("1+", name="b")))),
    Row(
        DISCORDANT,
        "0 and ultralow of one day",
        SILENT,
        ENHERTU,
        chart(her2=(ihc("ultralow", name="a"), ihc("0", name="b"))),
    ),
    Row(
        DISCORDANT,
        "a ratio of 2.4 beside a stated negative",
        FIRES,
        KADCYLA,
        chart(her2=(ihc("2+"), ish("negative"), by_ratio("positive"))),
    ),
    # her2-not-eligible
    Row(NOT_ELIGIBLE, "Kadcyla and IHC 3+", SILENT, KADCYLA),
    Row(NOT_ELIGIBLE, "Kadcyla and ISH amplified alone", SILENT, KADCYLA, chart(her2=(ish("positive"),))),
    Row(
        NOT_ELIGIBLE,
        "Kadcyla and IHC 1+",
        FIRES,
        KADCYLA,
        chart(her2=(ihc("1+"),)),
        indicator="critical",
        says=("low (IHC 1+)", "does not qualify"),
        fixes=("RemoveOrder",),
    ),
    Row(
        NOT_ELIGIBLE,
        "Kadcyla and IHC 2+ with ISH not amplified",
        FIRES,
        KADCYLA,
        chart(her2=(ihc("2+"), ish("negative"))),
        says=("IHC 2+, ISH not amplified",),
    ),
    Row(NOT_ELIGIBLE, "Kadcyla and a bare IHC 0", FIRES, KADCYLA, chart(her2=(ihc("0"),)), says=("IHC 0",)),
    Row(NOT_ELIGIBLE, "Kadcyla and negative", FIRES, KADCYLA, chart(her2=(overall("negative"),)), says=("negative",)),
    Row(NOT_ELIGIBLE, "Kadcyla and ultralow", FIRES, KADCYLA, chart(her2=(overall("ultralow"),))),
    Row(NOT_ELIGIBLE, "pertuzumab and HER2-low", FIRES, PERJETA, chart(her2=(overall("low"),))),
    Row(NOT_ELIGIBLE, "trastuzumab and IHC 1+", FIRES, TRASTUZUMAB, chart(her2=(ihc("1+"),))),
    Row(
        NOT_ELIGIBLE,
        "IHC 1+ with ISH amplified is positive by label",
        SILENT,
        KADCYLA,
        chart(her2=(ihc("1+"), ish("positive"))),
    ),
    Row(
        NOT_ELIGIBLE,
        "IHC 3+ with ISH not amplified is positive by label",
        SILENT,
        KADCYLA,
        chart(her2=(ihc("3+"), ish("negative"))),
    ),
    Row(
        NOT_ELIGIBLE,
        "the biopsy before treatment was 3+, the tumor that was left is 1+",
        CANNOT,
        KADCYLA,
        chart(her2=(ihc("1+", 20, "Specimen/surgery", "ihc-2"), ihc("3+", 200, "Specimen/biopsy")), setting="early"),
        missing=("her2",),
    ),
    Row(
        NOT_ELIGIBLE,
        "neither of two results that disagree qualifies",
        FIRES,
        KADCYLA,
        chart(her2=(ihc("1+", 20, "Specimen/surgery", "ihc-2"), ihc("0", 200, "Specimen/biopsy"))),
    ),
    Row(
        NOT_ELIGIBLE,
        "IHC 1+ that a reading with no method calls positive: the score goes before it",
        FIRES,
        KADCYLA,
        chart(her2=(ihc("1+"), overall("positive"))),
    ),
    Row(NOT_ELIGIBLE, "IHC 2+ alone is undecided", CANNOT, KADCYLA, chart(her2=(ihc("2+"),))),
    Row(NOT_ELIGIBLE, "no result is undecided", CANNOT, KADCYLA, chart(her2=())),
    Row(NOT_ELIGIBLE, "Enhertu, metastatic, HER2-low", SILENT, ENHERTU, chart(her2=(ihc("1+"),))),
    Row(
        NOT_ELIGIBLE,
        "Enhertu, early, HER2-low",
        FIRES,
        ENHERTU,
        chart(her2=(ihc("1+"),), setting="early"),
        says=("low",),
    ),
    Row(
        NOT_ELIGIBLE,
        "Enhertu, HER2-low, and nobody wrote down the setting",
        CANNOT,
        ENHERTU,
        chart(her2=(ihc("1+"),), setting=None),
    ),
    Row(NOT_ELIGIBLE, "Enhertu, early, positive, since May 2026", SILENT, ENHERTU, chart(setting="early")),
    Row(NOT_ELIGIBLE, "Enhertu, positive, setting unknown", SILENT, ENHERTU, chart(setting=None)),
    Row(
        NOT_ELIGIBLE,
        "Enhertu, metastatic, ultralow, hormone receptor positive",
        SILENT,
        ENHERTU,
        chart(her2=(overall("ultralow"),), receptor=True),
    ),
    Row(
        NOT_ELIGIBLE,
        "Enhertu, metastatic, ultralow, hormone receptor negative",
        FIRES,
        ENHERTU,
        chart(her2=(overall("ultralow"),), receptor=False),
    ),
    Row(
        NOT_ELIGIBLE,
        "Enhertu, metastatic, ultralow, hormone receptor unknown",
        CANNOT,
        ENHERTU,
        chart(her2=(overall("ultralow"),)),
        missing=("hormone-receptor",),
    ),
    Row(
        NOT_ELIGIBLE,
        "Enhertu, HER2-low, and no cancer on record",
        CANNOT,
        ENHERTU,
        chart(her2=(ihc("1+"),), cancers=(), setting=None),
        missing=("cancer", "setting"),
    ),
    Row(NOT_ELIGIBLE, "Enhertu and no staining at all", FIRES, ENHERTU, chart(her2=(overall("null"),))),
    Row(
        NOT_ELIGIBLE,
        "Enhertu, gastric, HER2-low",
        FIRES,
        order("Enhertu", "448 mg"),
        chart(her2=(ihc("1+"),), cancers=("gastric",)),
    ),
    Row(
        NOT_ELIGIBLE,
        "Enhertu, another solid tumor, IHC 3+",
        SILENT,
        ENHERTU,
        chart(cancers=("other",)),
    ),
    Row(
        NOT_ELIGIBLE,
        "Enhertu, another solid tumor, ISH amplified but no IHC 3+",
        FIRES,
        ENHERTU,
        chart(her2=(ihc("2+"), ish("positive")), cancers=("other",)),
    ),
    Row(
        NOT_ELIGIBLE,
        "Margenza and IHC 1+",
        FIRES,
        order("Margenza", "1050 mg"),
        chart(her2=(ihc("1+"),)),
        indicator="critical",
    ),
    Row(
        NOT_ELIGIBLE,
        "Margenza in early disease, which its label does not name",
        FIRES,
        order("Margenza", "1050 mg"),
        chart(setting="early"),
    ),
    Row(
        NOT_ELIGIBLE,
        "Margenza in metastatic disease",
        SILENT,
        order("Margenza", "1050 mg"),
        chart(setting="metastatic"),
    ),
    Row(NOT_ELIGIBLE, "a cancer the drug is not for has its own card", NOT_ASKED, KADCYLA, chart(cancers=("lung",))),
    # her2-tier-unclear
    Row(
        UNCLEAR,
        "a bare IHC 0 for Enhertu",
        FIRES,
        ENHERTU,
        chart(her2=(ihc("0"),), receptor=True),
        indicator="warning",
        says=("IHC 0",),
    ),
    Row(
        UNCLEAR,
        "negative without a score for Enhertu",
        FIRES,
        ENHERTU,
        chart(her2=(overall("negative"),), receptor=True),
        says=("negative",),
    ),
    Row(
        UNCLEAR,
        "a bare IHC 0 for Enhertu, hormone receptor not on record",
        FIRES,
        ENHERTU,
        chart(her2=(ihc("0"),)),
        says=("IHC 0",),
        tells=("HER2-ultralow also depends on hormone receptor status, which is not on record",),
    ),
    Row(
        UNCLEAR,
        "negative without a score for Enhertu, neither the setting nor the hormone receptor on record",
        FIRES,
        ENHERTU,
        chart(her2=(overall("negative"),), setting=None),
        says=("Ask pathology for the IHC score",),
        tells=("depends on whether the cancer is metastatic", "depends on hormone receptor status"),
    ),
    Row(
        UNCLEAR,
        "a bare IHC 0 for Enhertu, hormone receptor negative: neither grade qualifies",
        SILENT,
        ENHERTU,
        chart(her2=(ihc("0"),), receptor=False),
    ),
    Row(
        UNCLEAR,
        "negative for Enhertu, hormone receptor negative: low would qualify",
        FIRES,
        ENHERTU,
        chart(her2=(overall("negative"),), receptor=False),
        hides=("hormone receptor status",),
    ),
    Row(
        UNCLEAR,
        "a bare IHC 0 and no cancer on record: the cancer comes first",
        SILENT,
        ENHERTU,
        chart(her2=(ihc("0"),), cancers=(), setting=None),
    ),
    Row(
        UNCLEAR,
        "equivocal, and nobody says by which method, for Kadcyla",
        FIRES,
        KADCYLA,
        chart(her2=(overall("equivocal"),), setting=None),
        says=("HER2 equivocal, method not stated, may be positive or low", "ISH"),
        hides=("ultralow", "metastatic", "IHC 2+"),
        fixes=("OrderTests",),
    ),
    Row(
        UNCLEAR,
        "the same for Enhertu, metastatic, where both grades qualify",
        SILENT,
        ENHERTU,
        chart(her2=(overall("equivocal"),)),
    ),
    Row(
        NOT_ELIGIBLE,
        "a bare IHC 0 for Enhertu: the grade is what is missing",
        CANNOT,
        ENHERTU,
        chart(her2=(ihc("0"),)),
        missing=("her2-tier",),
    ),
    Row(UNCLEAR, "a bare IHC 0 does not matter for Kadcyla", SILENT, KADCYLA, chart(her2=(ihc("0"),))),
    Row(UNCLEAR, "IHC 1+ is clear", SILENT, ENHERTU, chart(her2=(ihc("1+"),))),
    Row(
        UNCLEAR,
        "IHC 0 that the report calls ultralow is clear",
        SILENT,
        ENHERTU,
        chart(her2=(ihc("0"), overall("ultralow")), receptor=True),
    ),
    Row(
        UNCLEAR,
        "early breast cancer, where neither grade qualifies",
        SILENT,
        ENHERTU,
        chart(her2=(ihc("0"),), setting="early"),
    ),
    Row(UNCLEAR, "IHC 2+ has its own card", NOT_ASKED, ENHERTU, chart(her2=(ihc("2+"),))),
    # her2-discordant
    Row(
        DISCORDANT,
        "IHC 3+ and ISH not amplified",
        FIRES,
        KADCYLA,
        chart(her2=(ihc("3+"), ish("negative"))),
        indicator="warning",
        says=("disagree",),
    ),
    Row(
        DISCORDANT,
        "two specimens of different grade",
        FIRES,
        KADCYLA,
        chart(her2=(ihc("3+", 20, "Specimen/metastasis", "ihc-2"), ihc("1+", 900, "Specimen/primary"))),
    ),
    Row(
        DISCORDANT,
        "the biopsy before treatment was 3+, the tumor that was left is 1+",
        FIRES,
        KADCYLA,
        chart(her2=(ihc("1+", 20, "Specimen/surgery", "ihc-2"), ihc("3+", 200, "Specimen/biopsy")), setting="early"),
        says=("Which one counts?",),
    ),
    Row(
        DISCORDANT,
        "a code and its own display",
        FIRES,
        KADCYLA,
        chart(her2=(ihc("1+", conflict=True),)),
        says=("Ask pathology",),
    ),
    Row(
        DISCORDANT, "an overall reading against the score", FIRES, KADCYLA, chart(her2=(ihc("3+"), overall("negative")))
    ),
    Row(DISCORDANT, "IHC 2+ and ISH amplified agree", SILENT, KADCYLA, chart(her2=(ihc("2+"), ish("positive")))),
    Row(DISCORDANT, "IHC 1+ and negative agree", SILENT, ENHERTU, chart(her2=(ihc("1+"), overall("negative")))),
    Row(DISCORDANT, "no result", NOT_ASKED, KADCYLA, chart(her2=())),
    # indication-unsupported
    Row(
        UNSUPPORTED,
        "Kadcyla for lung cancer",
        FIRES,
        KADCYLA,
        chart(cancers=("lung",)),
        indicator="warning",
        says=("lung cancer",),
    ),
    Row(UNSUPPORTED, "pertuzumab for gastric cancer", FIRES, PERJETA, chart(cancers=("gastric",))),
    Row(UNSUPPORTED, "trastuzumab for gastric cancer", SILENT, TRASTUZUMAB, chart(cancers=("gastric",))),
    Row(UNSUPPORTED, "breast cancer among others", SILENT, KADCYLA, chart(cancers=("breast", "lung"))),
    Row(
        UNSUPPORTED,
        "the order's own reason goes before the problem list",
        FIRES,
        order("Kadcyla", "252 mg", reason="lung"),
        chart(cancers=("breast",)),
    ),
    Row(UNSUPPORTED, "no cancer on record", CANNOT, KADCYLA, chart(cancers=())),
    # erbb2-mutation-missing
    Row(
        MUTATION,
        "Enhertu for lung cancer and no sequencing",
        FIRES,
        ENHERTU,
        chart(cancers=("lung",), her2=()),
        indicator="warning",
        says=("no ERBB2 (HER2) mutation test",),
        fixes=("OrderTests",),
    ),
    Row(MUTATION, "sequencing found none", FIRES, ENHERTU, chart(cancers=("lung",), her2=(), mutation=False)),
    Row(MUTATION, "sequencing found one", SILENT, ENHERTU, chart(cancers=("lung",), her2=(), mutation=True)),
    Row(MUTATION, "lung cancer with IHC 3+, the tumor-agnostic indication", SILENT, ENHERTU, chart(cancers=("lung",))),
    Row(MUTATION, "breast cancer", NOT_ASKED, ENHERTU),
    Row(MISSING, "lung cancer turns on the mutation", NOT_ASKED, ENHERTU, chart(cancers=("lung",), her2=())),
]
