"""The knowledge held against public files of any quarter: missing, wrong, ended, new; a wrong file is refused in words.

The files are made here in the layouts that the agencies publish.
"""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import pytest
from command_line import run

from cards.knowledge.billing_loader import default_billing
from cards.knowledge.loader import default_knowledge
from cds_service.public_files.against import check_against
from cds_service.public_files.findings import Finding, Kind, Names, PublicFileError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

KNOWN = default_knowledge()
TODAY = date(2026, 11, 29)
T_DM1 = "Injection, ado-trastuzumab emtansine, 1 mg"


def found(path: Path) -> list[Finding]:
    return check_against(path, KNOWN, default_billing(), TODAY)


def record(code: str, description: str, ends: str = "") -> str:
    """Write the records of one code of the HCPCS file: 80 columns of description each."""
    lines = []
    for number, at in enumerate(range(0, max(len(description), 1), 80)):
        kind = "4" if number else "3"
        short = description[:28] if not number else ""
        line = f"{code:<5}{(number + 1) * 100:05d}{kind}{description[at : at + 80]:<80}{short:<28}"
        lines.append(f"{line:<284}{ends if not number else '':<8}N".ljust(320))
    return "\n".join(lines)


def hcpcs(*records: str) -> str:
    entries = {e.code: e for p in KNOWN.products for b in p.brands for e in b.hcpcs}
    given = {each[:5] for each in records}
    own = [record(code, f"Injection, drug, {e.unit_mg} mg") for code, e in entries.items() if code not in given]
    return "\n".join((record("A0021", "Ambulance service, outside state per mile"), *own, *records))


def write(folder: Path, text: str | bytes, name: str = "file.txt") -> Path:
    path: Path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_quarterly_hcpcs_file_that_agrees_is_silent(tmp_path) -> None:
    assert found(write(tmp_path, hcpcs())) == []


@pytest.mark.parametrize(
    ("given", "kind", "code"),
    [
        pytest.param(record("J9354", T_DM1, "20260630"), Kind.ENDED, "J9354", id="terminated"),
        pytest.param(record("J9354", T_DM1.replace(" 1 mg", " 10 mg")), Kind.WRONG, "J9354", id="another unit"),
        pytest.param(
            record("Q5999", "Injection, trastuzumab-abcd, biosimilar, (newmab), which runs over one record, 10 mg"),
            Kind.MISSING, "Q5999", id="a code of a drug in scope that is not on file",
        ),
    ],
)  # fmt: skip
def test_a_code_that_differs_is_reported(tmp_path, given, kind, code) -> None:
    assert [(each.kind, each.code) for each in found(write(tmp_path, hcpcs(given)))] == [(kind, code)]


def test_a_code_that_is_gone_is_reported(tmp_path) -> None:
    text = "\n".join(line for line in hcpcs().splitlines() if not line.startswith("J9354"))
    assert [(each.kind, each.code) for each in found(write(tmp_path, text))] == [(Kind.ENDED, "J9354")]


def test_a_code_that_ends_later_is_valid(tmp_path) -> None:
    given = record("J9354", T_DM1, "20261231")
    assert found(write(tmp_path, hcpcs(given))) == []


CROSSWALK = """Notes on this file,,,,,,,,,
"Effective October 1, 2026",,,,,,,,,
_2026_CODE,Short Description,LABELER NAME,NDC2,Drug Name,HCPCS dosage,PKG SIZE,PKG QTY,BILLUNITS,BILLUNITSPKG
J9354,Inj ado-trastuzumab emt 1mg,GENENTECH,50242-0088-01,Kadcyla,1 MG,1,1,100,100
%s
"""


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param("J9354,x,GENENTECH,50242-0087-01,Kadcyla,1 MG,1,1,160,160", [], id="a package on file"),
        pytest.param(
            "J9354,x,GENENTECH,50242-0999-01,Kadcyla,1 MG,1,1,160,160",
            [(Kind.MISSING, "50242-0999-01")],
            id="a package that is not",
        ),
        pytest.param(
            "J9358,x,GENENTECH,50242-0087-01,Kadcyla,1 MG,1,1,160,160",
            [(Kind.WRONG, "50242-0087-01")],
            id="another drug's code",
        ),
        pytest.param(
            "J0000,x,GENENTECH,50242-0087-01,Kadcyla,1 MG,1,1,160,160",
            [(Kind.WRONG, "50242-0087-01")],
            id="a code of no drug here",
        ),
        pytest.param("J1234,x,OTHER,11111-2222-33,Other,1 MG,1,1,1,1", [], id="another drug"),
        pytest.param("short,row", [], id="a row that is cut"),
    ],
)
def test_the_crosswalk_gives_packages_and_codes(tmp_path, row, expected) -> None:
    assert [(each.kind, each.code) for each in found(write(tmp_path, CROSSWALK % row))] == expected


def directory(**changes: Any) -> str:
    result = {
        "product_ndc": "50242-088",
        "brand_name": "Kadcyla",
        "generic_name": "ado-trastuzumab emtansine",
        "product_type": "HUMAN PRESCRIPTION DRUG",
        "listing_expiration_date": "20271231",
        "packaging": [{"package_ndc": "50242-088-01", "description": "1 VIAL in 1 CARTON"}],
        "openfda": {"rxcui": ["1658084"]},
        **changes,
    }
    return json.dumps({"meta": {"last_updated": "2026-10-30"}, "results": [result]})


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, [], id="all on file"),
        pytest.param({"packaging": [{"package_ndc": "50242-099-01"}]}, [(Kind.MISSING, "50242-099-01")], id="package"),
        pytest.param({"listing_expiration_date": "20251231"}, [(Kind.ENDED, "50242-088-01")], id="an expired listing"),
        pytest.param({"openfda": {"rxcui": ["999"]}}, [(Kind.MISSING, "999")], id="an RxNorm concept"),
        pytest.param(
            {"brand_name": "Newmab", "generic_name": "trastuzumab-abcd", "packaging": [], "openfda": {}},
            [(Kind.NEW, "50242-088")], id="a biosimilar",
        ),
        pytest.param({"product_type": "BULK INGREDIENT", "openfda": {"rxcui": ["999"]}}, [], id="a bulk substance"),
        pytest.param({"brand_name": "Bayer", "generic_name": "aspirin", "openfda": {"rxcui": ["1"]}}, [], id="another"),
    ],
)  # fmt: skip
def test_the_ndc_directory_gives_packages_and_concepts(tmp_path, changes, expected) -> None:
    assert [(each.kind, each.code) for each in found(write(tmp_path, directory(**changes), "ndc.json"))] == expected


def concept(code: str, kind: str, name: str, suppressed: str = "N") -> str:
    cells = [code, "ENG", "", "", "", "", "", "", "", "", "", "RXNORM", kind, code, name, "", suppressed, "4096", ""]
    return "|".join(cells)


def rxnconso(*rows: str, without: str = "") -> str:
    entries = {e.code for p in KNOWN.products if p.scope == "checked" for e in p.rxnorm}
    entries |= {e.code for p in KNOWN.products if p.scope == "checked" for b in p.brands for e in b.rxnorm}
    own = [concept(code, "SCD", "a drug") for code in sorted(entries) if code != without]
    return "\n".join((*own, *rows))


def test_rxnorm_shows_what_is_gone_suppressed_and_missing(tmp_path) -> None:
    assert found(write(tmp_path, rxnconso(), "RXNCONSO.RRF")) == []
    gone = found(write(tmp_path, rxnconso(without="1371041"), "RXNCONSO.RRF"))
    assert [(each.kind, each.code, each.says) for each in gone] == [(Kind.ENDED, "1371041", "not in this file")]
    over = rxnconso(concept("1371041", "IN", "ado-trastuzumab emtansine", "O"), without="1371041")
    assert found(write(tmp_path, over, "RXNCONSO.RRF"))[0].says == "suppressed"
    more = rxnconso(concept("9999999", "SBD", "Kadcyla 200 MG Injection"), concept("8", "SBD", "aspirin 81 MG"))
    assert [(each.kind, each.code) for each in found(write(tmp_path, more, "RXNCONSO.RRF"))] == [
        (Kind.MISSING, "9999999")
    ]


def order_file(without: str = "", heading: str = "") -> str:
    words, billing = KNOWN.terminology, default_billing().diagnoses
    codes = {prefix for group in words.diagnoses for prefix in group.icd10}
    codes |= {prefix for group in words.problems for prefix in group.icd10}
    codes |= {*words.metastasis.icd10, *words.metastasis.regional_icd10, *words.other_cancers.never_icd10}
    codes |= {code.icd10 for code in words.receptor_codes.codes if code.icd10}
    codes |= {code for complete in billing.complete for code in complete.codes}
    codes |= {*billing.breast.without_sex, *(e.code for e in billing.receptors), *(e.code for e in billing.encounter)}
    lines = [
        f"{number:05d} {code.replace('.', ''):<7} {'0' if code == heading else '1'} {'Title':<60} Title"
        for number, code in enumerate(sorted(codes), 1)
        if code != without
    ]
    return "\n".join(lines)


def test_the_order_file_shows_deleted_codes_and_headings(tmp_path) -> None:
    assert found(write(tmp_path, order_file())) == []
    gone = found(write(tmp_path, order_file(without="Z17.410")))
    assert {(each.kind, each.code) for each in gone} == {(Kind.ENDED, "Z17.410")}
    heading = found(write(tmp_path, order_file(heading="Z17.410")))
    assert [(each.kind, each.code) for each in heading] == [(Kind.WRONG, "Z17.410")]


LABEL = """<?xml version="1.0" encoding="UTF-8"?>
<document xmlns="urn:hl7-org:v3">
  <effectiveTime value="%s"/>
  <component><manufacturedProduct>
    <code code="65597-406" codeSystem="2.16.840.1.113883.6.69"/><name>%s</name>
  </manufacturedProduct></component>
</document>
"""


def test_a_label_that_was_revised_since_is_reported(tmp_path) -> None:
    newer = found(write(tmp_path, LABEL % ("20270115", "Enhertu"), "label.xml"))
    assert [(each.kind, each.code) for each in newer] == [(Kind.NEWER, "enhertu")]
    assert found(write(tmp_path, LABEL % ("20240101", "Enhertu"), "label.xml")) == []


@pytest.mark.parametrize(
    ("text", "name", "says"),
    [
        pytest.param("hello\nworld\n", "file.txt", "not a public file .* openFDA", id="any text"),
        pytest.param("HCPCS,Drug\nJ9354,Kadcyla\n", "file.csv", "not a public file .* CMS", id="other columns"),
        pytest.param("", "file.txt", "the file is empty", id="nothing"),
        pytest.param("J9354".encode("utf-16"), "file.txt", "not text in UTF-8", id="another encoding"),
        pytest.param(b"\x7fELF\0\1\2", "file", "not text in UTF-8; it must be openFDA", id="a program"),
        pytest.param('{"a": 1}', "file.json", "no list 'results'", id="other JSON"),
        pytest.param('{"results": [{"id": 1}]}', "file.json", "no product_ndc", id="another openFDA file"),
        pytest.param("{", "file.json", "not JSON", id="broken JSON"),
        pytest.param("<html/>", "file.xml", "no structured product label", id="a page"),
        pytest.param("<a", "file.xml", "not XML", id="broken XML"),
        pytest.param("<!DOCTYPE a><a/>", "file.xml", "document type", id="a document type"),
        pytest.param(LABEL % ("20270115", "Aspirin"), "file.xml", "", id="a label known by its NDC alone"),
        pytest.param(b"PK\x05\x06" + b"\0" * 18, "file.zip", "an archive", id="an archive"),
    ],
)
def test_a_wrong_file_is_refused_in_words(tmp_path, text, name, says) -> None:
    path = write(tmp_path, text, name)
    if not says:
        assert found(path)
        return
    with pytest.raises(PublicFileError, match=says):
        found(path)


@pytest.mark.parametrize("name", ["hcpcs.txt", "RXNCONSO.RRF", "order.txt", "ndc.json", "label.xml"])
def test_a_copy_that_was_cut_is_refused_and_nothing_is_reported_as_ended(tmp_path, name) -> None:
    whole = {
        "hcpcs.txt": hcpcs(),
        "RXNCONSO.RRF": rxnconso(),
        "order.txt": order_file(),
        "ndc.json": directory(),
        "label.xml": LABEL % ("20240101", "Enhertu"),
    }[name]
    end = whole.rfind("\n", 0, len(whole) * 2 // 3) + 9
    with pytest.raises(PublicFileError, match=r"not complete; fetch it again|not JSON|not XML"):
        found(write(tmp_path, whole[:end], name))


def test_the_longest_name_identifies_the_drug() -> None:
    names = Names(KNOWN)
    assert names.product("ADO-TRASTUZUMAB EMTANSINE 100 MG") == "kadcyla"
    assert names.product("trastuzumab 150 MG Injection [Herceptin]") == "trastuzumab"
    assert names.product("datopotamab deruxtecan") is None
    assert names.product("aspirin") is None
    assert names.is_new_biosimilar("trastuzumab-abcd")
    assert not names.is_new_biosimilar("trastuzumab-dkst")


def test_the_command_prints_differences_and_ends_with_one(tmp_path) -> None:
    path = write(tmp_path, CROSSWALK % "J9358,x,GENENTECH,50242-0087-01,Kadcyla,1 MG,1,1,160,160", "crosswalk.csv")
    result = run("knowledge", "check", "--against", path)
    assert result.exit_code == 1
    assert "crosswalk.csv: 1 difference\n  wrong: NDC 50242-0087-01: listed under J9358 (Enhertu)" in result.output
    agrees = write(tmp_path, hcpcs(), "hcpcs.txt")
    assert run("knowledge", "check", "--against", agrees).exit_code == 0
    wrong = write(tmp_path, "hello", "wrong.txt")
    refused = run("knowledge", "check", "--against", wrong)
    assert refused.exit_code == 2
    assert "wrong.txt" in refused.output
