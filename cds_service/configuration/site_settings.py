"""The local parts of the configuration: FHIR servers, codes, stock, limits, record and operator."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import Field, HttpUrl, SecretStr, field_validator

from cds_service.configuration.section import Section
from cds_service.configuration.site_text import SiteText
from cds_service.ehr.servers import why_not_allowed
from fhir_mappings.request.sizes import Sizes

_SIZES = Sizes()


def _zone_meant(name: str) -> str:
    """Suggest the zone of a city that was named alone, or say what a name looks like."""
    city = name.rpartition("/")[2].replace(" ", "_").casefold()
    meant = [each for each in sorted(available_timezones()) if each.casefold().endswith(f"/{city}")] if city else []
    return f"did you mean {meant[0]!r}?" if meant else "write it as in 'America/New_York' (an IANA name)"


class FhirSettings(Section):
    """What may be fetched, and from which servers."""

    allowed_servers: list[HttpUrl] = Field(
        [], description="Base URLs that may be fetched from; empty with auth off: loopback only."
    )
    timeout_s: float = Field(2.0, gt=0, le=30, description="One budget for all the fetches of one request.")
    ca_bundle: Path | None = Field(
        None, description="PEM file of certificate authorities for these servers, instead of the public ones."
    )

    @field_validator("allowed_servers")
    @classmethod
    def _can_be_asked(cls, servers: list[HttpUrl]) -> list[HttpUrl]:
        for server in servers:
            why = why_not_allowed(str(server))
            if why:
                raise ValueError(f"{server.host}: {why}")
        return servers


class SiteSettings(Section):
    """Settings of the site itself."""

    code_maps: list[Path] = Field(
        [], description="FHIR ConceptMap files: local codes to LOINC, RxNorm, ICD-10-CM; units to UCUM."
    )
    knowledge: list[Path] = Field(
        [], description="YAML files that change the shipped knowledge: sources, brands, products; see docs/site.md."
    )
    wording: list[Path] = Field(
        [], description="YAML files that change the shipped card texts: sentences, contact, links; see docs/site.md."
    )
    rules: list[Path] = Field([], description="YAML files of the site's own rules; see docs/site.md.")
    text: SiteText = Field(
        SiteText(), description="The same three as text in this file, overriding the files; used by exported versions."
    )
    language: str = Field(
        "en",
        pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$",
        description="Language of cards and pages: en, es, de, or that of a site's wording file; see docs/languages.md.",
    )
    review_months: int = Field(12, ge=1, le=1200, description="After how many months a source is due for review.")
    timezone: str = Field("UTC", description="Where a day begins, for ages and doses given or planned (an IANA name).")

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            msg = f"no time zone {name!r}; {_zone_meant(name)}"
            raise ValueError(msg) from error
        return name

    @property
    def zone_of_doses(self) -> ZoneInfo | None:
        """Where the day of a dose given begins; ``None`` where no zone was set: the day is then the one as written."""
        return ZoneInfo(self.timezone) if "timezone" in self.model_fields_set else None


class CoverageSettings(Section):
    """The setup of billing and coverage."""

    policies: list[str] = Field(
        [],
        description="Payer policies by id, the site's first choice first; empty: the site's own files, then every one "
        "that ships.",
    )
    policy_files: list[Path] = Field([], description="The site's own payer policies: YAML, see docs/billing.md.")
    vials: dict[str, list[int]] = Field(
        {}, description="Stocked vial sizes in mg, by product or brand (kadcyla: [100, 160])."
    )
    asp_file: Path | None = Field(None, description="CMS pricing file for Part B drugs (CSV, or the ZIP it comes in).")


class LimitSettings(Section):
    """Limits on a request. A larger request is refused, or checked as far as it was read, which a card says."""

    body_bytes: int = Field(5 * 1024 * 1024, ge=1024, le=256 * 1024 * 1024)
    body_s: float = Field(10.0, ge=0.1, le=300, description="Seconds that a client may take to send its body.")
    orders: int = Field(
        _SIZES.orders, ge=1, le=10_000, description="Orders in one session; a request with more gets 400."
    )
    instructions: int = Field(
        _SIZES.instructions,
        ge=1,
        le=50_000,
        description="Dosage instructions of all orders in one session; a request with more gets 400.",
    )
    codings: int = Field(
        _SIZES.codings,
        ge=1,
        le=100_000,
        description="Codings of all ordered drugs in one session; a request with more gets 400.",
    )
    keys: int = Field(_SIZES.keys, ge=1, le=100_000, description="Prefetch keys; a request with more gets 400.")
    entries: int = Field(
        _SIZES.entries,
        ge=1,
        le=1_000_000,
        description="Entries of all prefetch lists together; further entries are not read, which a card says.",
    )

    @property
    def sizes(self) -> Sizes:
        """The limits on what is read."""
        return Sizes(self.orders, self.instructions, self.codings, self.entries, self.keys)


class AuditSettings(Section):
    """What is recorded of a decision, and for how long."""

    patient: Literal["hashed", "plain", "none"] = Field(
        "hashed", description="How patient and user are recorded: as a keyed hash, by id, or not at all."
    )
    patient_key: SecretStr | None = Field(
        None,
        min_length=16,
        description="Key of the hash, only by HER2_CDS_AUDIT__PATIENT_KEY. Without it each start takes a new one, "
        "and the decisions of different starts about one patient cannot be linked.",
    )
    keep_days: int | None = Field(
        730, ge=1, le=36500, description="Decisions and feedback older than this are deleted; null keeps them."
    )
    watch: bool = Field(
        default=True,
        description="Whether the service checks every Monday which topics and drugs went silent or loud.",
    )


class OperatorSettings(Section):
    """Who may look up why a card fired."""

    token: SecretStr | None = Field(
        None,
        min_length=16,
        description="Bearer token for /decisions, only by HER2_CDS_OPERATOR__TOKEN. Without it the addresses answer "
        "only on loopback, and only while authentication is off.",
    )
