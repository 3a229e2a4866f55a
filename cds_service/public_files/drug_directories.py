"""Drug data published by FDA and NLM: openFDA's NDC directory, RxNorm concepts, structured product labels.

Sources: openFDA, drug/ndc fields; RxNorm technical documentation, RXNCONSO (RXCUI 1, SAB 12, TTY 13, STR 15, SUPPRESS
17); SPL implementation guide (effectiveTime, NDC codes under 2.16.840.1.113883.6.69).
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from cards.knowledge.schema import Scope
from cards.values.codes import ndc_readings
from cds_service.public_files.findings import Finding, Kind, Names, PublicFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cards.knowledge.schema import Brand, Knowledge, Product

_BULK = ("BULK", "UNFINISHED", "DRUG FOR FURTHER PROCESSING")
_HL7 = "{urn:hl7-org:v3}"
_NDC_SYSTEM = "2.16.840.1.113883.6.69"
_FIELDS, _RXCUI, _SOURCE, _TYPE, _NAME, _SUPPRESSED = 17, 0, 11, 12, 14, 16
_CLINICAL = frozenset({"IN", "BN", "SCD", "SBD", "SCDC", "SBDC"})
_YEAR = re.compile(r"\d{4}")


def check_ndc_directory(tree: Any, known: Knowledge, name: str, today: date) -> list[Finding]:
    """Compare packages and RxNorm concepts with the NDC directory in openFDA's JSON.

    Raises:
        PublicFileError: it is not that JSON.

    """
    results = tree.get("results") if isinstance(tree, dict) else None
    if not isinstance(results, list) or not all(isinstance(each, dict) for each in results):
        raise PublicFileError(f"{name}: no list 'results' of an openFDA answer")
    if results and not any("product_ndc" in each for each in results):
        raise PublicFileError(f"{name}: the results have no product_ndc; is it another openFDA file?")
    names = Names(known)
    packages = {package.ndc: brand for _, brand in _brands(known) for package in brand.packages}
    rxnorm = _rxnorm(known)
    found: list[Finding] = []
    for result in results:
        written = f"{result.get('brand_name', '')} / {result.get('generic_name', '')}"
        product = names.product(str(result.get("brand_name", ""))) or names.product(str(result.get("generic_name", "")))
        if product is None or any(word in str(result.get("product_type", "")).upper() for word in _BULK):
            continue
        if names.is_new_biosimilar(str(result.get("generic_name", ""))):
            found.append(Finding(Kind.NEW, "drug", str(result.get("product_ndc", "")), f"{written} ({product})"))
        ends = _day(str(result.get("listing_expiration_date", "")))
        for package in result.get("packaging") or ():
            ndc = str(package.get("package_ndc", "")) if isinstance(package, dict) else ""
            readings = ndc_readings(ndc)
            if readings and not any(reading in packages for reading in readings):
                found.append(Finding(Kind.MISSING, "NDC", ndc, f"{written}, {package.get('description', '')}"))
            elif readings and ends is not None and ends < today:
                found.append(Finding(Kind.ENDED, "NDC", ndc, f"listing expired {ends}"))
        codes = (result.get("openfda") or {}).get("rxcui") or ()
        found += [Finding(Kind.MISSING, "RxNorm", str(code), written) for code in codes if str(code) not in rxnorm]
    return list(dict.fromkeys(found))


def check_rxnorm(lines: Iterable[str], known: Knowledge, name: str) -> list[Finding]:
    """Compare RxNorm concepts with RXNCONSO: those gone or suppressed, and those of our drugs that are missing.

    Raises:
        PublicFileError: the file has no rows of RXNCONSO.

    """
    own, names = _rxnorm(known), Names(known)
    alive: set[str] = set()
    suppressed: set[str] = set()
    found: dict[str, Finding] = {}
    rows = 0
    for line in lines:
        cells = line.rstrip("\n").split("|")
        if len(cells) < _FIELDS or not cells[_RXCUI].isdigit():
            continue
        rows += 1
        if cells[_SOURCE] != "RXNORM":
            continue
        code, is_suppressed = cells[_RXCUI], cells[_SUPPRESSED] in ("O", "Y", "E")
        (suppressed if is_suppressed else alive).add(code)
        if not is_suppressed and code not in own and code not in found and cells[_TYPE] in _CLINICAL:
            product = names.product(cells[_NAME])
            if product is not None:
                says = f"{cells[_NAME]} ({cells[_TYPE]}, {product})"
                found[code] = Finding(Kind.MISSING, "RxNorm", code, says)
    if not rows:
        raise PublicFileError(f"{name}: no row of RXNCONSO (fields between bars, an RXCUI first)")
    gone = [Finding(Kind.ENDED, "RxNorm", code, _gone(code, suppressed)) for code in sorted(own) if code not in alive]
    return [*gone, *found.values()]


def check_label(text: bytes, known: Knowledge, name: str) -> list[Finding]:
    """Compare the date of the copy we used with the revision date of a structured product label.

    Raises:
        PublicFileError: it is not such a label.

    """
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
        raise PublicFileError(f"{name}: a document type is not read")
    try:
        root = ET.fromstring(text)  # noqa: S314 - without a document type there is nothing to expand
    except ET.ParseError:
        raise PublicFileError(f"{name}: not XML that can be read") from None
    time = root.find(f"{_HL7}effectiveTime")
    revised = _day((time.get("value") or "")[:8]) if time is not None else None
    if root.tag != f"{_HL7}document" or revised is None:
        raise PublicFileError(f"{name}: no structured product label with an effectiveTime")
    names = Names(known)
    written = {
        str(each.text or "") for each in root.iter(f"{_HL7}name") if each.text and names.product(each.text) is not None
    }
    codes = {each.get("code", "") for each in root.iter(f"{_HL7}code") if each.get("codeSystem") == _NDC_SYSTEM}
    about = {product.id: brand for product, brand in _brands(known) if _is_about(product, brand, written, codes, names)}
    if not about:
        raise PublicFileError(f"{name}: the label is not for a drug that is checked")
    found = []
    for product, brand in about.items():
        source = known.sources[brand.label]
        if _day_of(source.as_of) < revised:
            says = f"revised {revised}, the copy that was read is of {source.as_of}"
            found.append(Finding(Kind.NEWER, f"label of {brand.name}", product, says))
    return found


def _is_about(product: Product, brand: Brand, written: set[str], codes: set[str], names: Names) -> bool:
    listed = {_labeler_product(code) for code in codes if "-" in code}
    if any(package.ndc.replace("-", "")[:9] in listed for package in brand.packages):
        return True
    return any(names.product(each) == product.id and brand.name.casefold() in each.casefold() for each in written)


def _labeler_product(code: str) -> str:
    labeler, _, product = code.partition("-")
    return f"{labeler.zfill(5)}{product.partition('-')[0].zfill(4)}"


def _brands(known: Knowledge) -> Iterator[tuple[Product, Brand]]:
    return (
        (product, brand) for product in known.products if product.scope is Scope.CHECKED for brand in product.brands
    )


def _rxnorm(known: Knowledge) -> set[str]:
    return {
        entry.code
        for product in known.products
        if product.scope is Scope.CHECKED
        for entry in (*product.rxnorm, *(each for brand in product.brands for each in brand.rxnorm))
    }


def _gone(code: str, suppressed: set[str]) -> str:
    return "suppressed" if code in suppressed else "not in this file"


def _day(written: str) -> date | None:
    digits = written.replace("-", "")
    try:
        return date.fromisoformat(f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}")
    except ValueError:
        return None


def _day_of(as_of: str) -> date:
    """Return the last day that a source's date may mean: for a month or a year, its end."""
    year, month, day = (int(part) for part in (*as_of.split("-"), "12", "31")[:3]) if _YEAR.match(as_of) else (1, 1, 1)
    for last in (day, 30, 29, 28):
        try:
            return date(year, month, last)
        except ValueError:
            continue
    return date(year, 12, 31)
