"""The files that billing and coverage use: a site's own payer policies, and the CMS pricing file."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import msgspec

from cards.knowledge.billing_loader import default_billing, default_policies, load_policies
from cards.knowledge.billing_setup import BillingSetup
from cards.knowledge.loader import default_knowledge
from cards.knowledge.prices import PriceFileError, PriceList, read_prices
from cards.knowledge.schema import KnowledgeError, Scope
from cards.knowledge.schema.coverage import PolicyFile
from cards.knowledge.site_supplies import with_site_supplies
from cards.values.quantities import precise
from cds_service.configuration.section import nearest
from cds_service.public_files.archives import is_archive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from cards.knowledge.schema import Knowledge, Source
    from cards.knowledge.schema.coverage import PayerPolicy

_FILE_LIMIT = 32 * 1024 * 1024
_MEMBERS_LIMIT = 100
_COLUMNS = ("HCPCS Code", "Short Description", "HCPCS Code Dosage", "Payment Limit", "Co-insurance Percentage")
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What the standard library raises for damaged or encrypted archives.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError)


class CoverageFileError(ValueError):
    """A file cannot be used; the message names it and says why. ``key`` is the key of ``coverage`` that names it."""

    def __init__(self, says: str, key: str = "policy_files") -> None:
        """Keep the message and the key."""
        super().__init__(says)
        self.key = key


def unknown_vials(vials: Mapping[str, list[int]], known: Knowledge) -> Iterator[tuple[str, str]]:
    """Yield the stocked products and brands that are unknown, or not sold in such vials, and why."""
    made = _vial_sizes(known)
    for name, sizes in vials.items():
        if name not in made:
            yield name, f"no product or brand {name!r}; there are {', '.join(sorted(made))}"
        elif not sizes or (wrong := [size for size in sizes if size not in made[name]]):
            yield name, f"{name} comes in {', '.join(map(str, sorted(made[name])))} mg, not in {sizes and wrong}"


def _vial_sizes(known: Knowledge) -> dict[str, set[int]]:
    """Return the marketed vial sizes in milligrams, by product and by brand."""
    supplies = with_site_supplies(default_billing(), known).supplies
    sizes = {supply.product: {vial.contents_mg for vial in supply.vials} for supply in supplies}
    for product in known.products:
        for brand in product.brands:
            if product.id in sizes:
                sizes.setdefault(brand.id, sizes[product.id])
    return sizes


def read_billing(
    wanted: list[str],
    files: list[Path],
    vials: Mapping[str, tuple[int, ...]],
    asp_file: Path | None,
    known: Knowledge,
) -> BillingSetup:
    """Read the setup of a site; ``known`` is its knowledge.

    Raises:
        CoverageFileError: a file cannot be read or used, or a configured policy does not exist.

    """
    policies: list[PayerPolicy] = []
    sources: dict[str, Source] = {}
    for path in files:
        try:
            read = load_policies(_text(path), str(path), default_billing())
        except KnowledgeError as error:
            raise CoverageFileError(str(error)) from None
        if repeated := set(read.sources) & set(sources):
            raise CoverageFileError(f"{path}: the sources {sorted(repeated)} are in another file, too")
        policies += read.policies
        sources |= read.sources
    policies += default_policies()
    prices = _in_scope(read_price_file(asp_file)) if asp_file is not None else None
    return BillingSetup(with_site_supplies(default_billing(), known), _chosen(policies, wanted), vials, prices, sources)


def _chosen(policies: list[PayerPolicy], wanted: list[str]) -> tuple[PayerPolicy, ...]:
    by_id: dict[str, PayerPolicy] = {}
    for policy in policies:
        if by_id.setdefault(policy.id, policy) is not policy:
            raise CoverageFileError(f"the policy {policy.id!r} is there twice")
    if unknown := [name for name in wanted if name not in by_id]:
        raise CoverageFileError(f"no policy {unknown[0]!r}{nearest(unknown[0], list(by_id))}", "policies")
    return tuple(by_id[name] for name in wanted) if wanted else tuple(policies)


def read_price_file(path: Path) -> PriceList:
    """Read a CMS pricing file: the CSV, or the ZIP that CMS publishes it in.

    Raises:
        CoverageFileError: it cannot be read, or holds no table of payment limits.

    """
    raw = _bytes(path)
    texts = _members(raw, path) if is_archive(io.BytesIO(raw)) else [_decoded(raw)]
    problems, found = [], []
    for text in texts:
        try:
            found.append(read_prices(text))
        except PriceFileError as error:
            problems.append(str(error))
    if not found:
        raise CoverageFileError(f"{path}: {problems[0] if problems else 'no CSV file in it'}")
    # The archive also contains tables of drugs without a code; the payment limits are the largest table.
    return max(found, key=lambda each: len(each.prices))


def _codes_in_scope() -> dict[str, str]:
    """Return the billing codes of the drugs in scope with their descriptors."""
    products = [product for product in default_knowledge().products if product.scope is Scope.CHECKED]
    return {entry.code: entry.descriptor for product in products for brand in product.brands for entry in brand.hcpcs}


def _in_scope(prices: PriceList) -> PriceList:
    codes = _codes_in_scope()
    kept = {code: price for code, price in prices.prices.items() if code in codes}
    return msgspec.structs.replace(prices, prices=kept)


def prices_in_scope(prices: PriceList) -> tuple[str, list[str]]:
    """Write the payment limits of the drugs in scope as a table that can be read back; list the codes without one."""
    codes = _codes_in_scope()
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow([f"Effective {_long(prices.since)} through {_long(prices.until)}"])
    table.write("\n")
    writer.writerow(_COLUMNS)
    for code, price in _in_scope(prices).prices.items():
        share = precise(price.coinsurance) if price.coinsurance is not None else ""
        writer.writerow([code, codes[code], price.dosage, precise(price.limit), share])
    return table.getvalue(), [code for code in codes if code not in prices.prices]


def recorded_setup(setup: BillingSetup) -> dict[str, Any]:
    """Serialize a setup for the record: shipped policies by id, the site's own in full."""
    own = tuple(policy for policy in setup.policies if policy not in default_policies())
    return {
        "policies": [policy.id for policy in setup.policies],
        "own": msgspec.to_builtins(PolicyFile(sources=dict(setup.sources), policies=own)),
        "vials": {name: list(sizes) for name, sizes in setup.stock.items()},
        "prices": msgspec.to_builtins(setup.prices),
    }


def setup_of_record(recorded: dict[str, Any] | None) -> BillingSetup:
    """Restore a setup from the record. A policy that no longer ships is left out."""
    if recorded is None:
        return BillingSetup(default_billing(), default_policies())
    own = msgspec.convert(recorded["own"], PolicyFile, strict=False)
    by_id = {policy.id: policy for policy in (*default_policies(), *own.policies)}
    return BillingSetup(
        default_billing(),
        tuple(by_id[name] for name in recorded["policies"] if name in by_id),
        {name: tuple(sizes) for name, sizes in recorded["vials"].items()},
        msgspec.convert(recorded["prices"], PriceList | None, strict=False),
        own.sources,
    )


def _long(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def _members(raw: bytes, path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            listed = [info for info in archive.infolist() if info.filename.casefold().endswith((".csv", ".txt"))]
            small = len(listed) <= _MEMBERS_LIMIT and sum(info.file_size for info in listed) <= _FILE_LIMIT
            # Other compression methods have their own errors and memory use.
            plain = all(info.compress_type in _COMPRESSIONS for info in listed)
            texts = [_decoded(archive.read(info)) for info in listed] if small and plain else []
    except _DAMAGE as error:
        raise CoverageFileError(f"{path}: the archive cannot be read ({type(error).__name__})") from None
    if not small:
        raise CoverageFileError(f"{path}: the archive is too large for a pricing file")
    if not plain:
        raise CoverageFileError(f"{path}: the archive is compressed in another way than CMS does it")
    return texts


def _decoded(raw: bytes) -> str:
    """Decode UTF-8, with or without a byte order mark, or else the code page that CMS uses."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _text(path: Path) -> str:
    try:
        return _bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        raise CoverageFileError(f"{path}: it is no UTF-8 text") from None


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > _FILE_LIMIT:
            raise CoverageFileError(f"{path}: it is larger than {_FILE_LIMIT} bytes")
        return path.read_bytes()
    except OSError as error:
        raise CoverageFileError(f"{path}: it cannot be read ({type(error).__name__})") from None
