"""The stubs of resources: what is decoded of each before a rule asks for it.

A prefetch may have a thousand Observations of which ten matter. Each is first read only for its type and codes; only
those that a rule can use are decoded in full.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec.structs import replace

from cards.values.text_cache import cached_by_key
from fhir_mappings.wire.elements import NOT_SENT, ObservationElements
from fhir_mappings.wire.exact_json import Unreadable, decode, encode
from fhir_mappings.wire.lenient import child, objects, text
from fhir_mappings.wire.shapes import misshapen

if TYPE_CHECKING:
    from fhir_mappings.wire.lenient import Json

_LONGEST_CODE = 500
_CodeText = Annotated[str, msgspec.Meta(max_length=_LONGEST_CODE)]


class Code(msgspec.Struct, frozen=True, gc=False):
    """A code as written, and the address of its system."""

    system: _CodeText = ""
    code: _CodeText = ""


Codes = tuple[Code, ...]
"""The codes of one concept."""


class _Concept(msgspec.Struct, gc=False):
    coding: Codes | None = None


class _Component(msgspec.Struct, gc=False):
    code: _Concept | None = None


class _Head(_Component, gc=False):
    """The parts of a resource that show whether it matters."""

    resourceType: str = ""  # noqa: N815 - FHIR's own name
    id: str = ""
    component: list[_Component] | None = None
    contained: msgspec.Raw = msgspec.Raw(b"")
    effectiveDateTime: str = ""  # noqa: N815


NOT_STRICT = (msgspec.DecodeError, UnicodeDecodeError)
"""What a typed decoder raises for JSON of another shape, which is then read leniently."""
_CODINGS = 1024
# Of HER2 and of the ejection fraction in several languages, in capitals.
_NAMES = (
    b"HER2",
    b"HER-2",
    b"ERBB",
    b"ERB-B",
    b"LVEF",
    b"EJEC",
    b"EJEK",
    b"EIEZ",
    b"EYECC",
    b"FEV",
    b"WURFFRAK",
    b"WYRZUT",
    b'"EF',
    b" EF",
)
# Of the other measurements that rules use, in capitals, in several languages.
_MEASURED = (
    *(b"AST", b"ASAT", b"GOT", b"TGO", b"ASPART", b"ALT", b"ALAT", b"GPT", b"TGP", b"ALANIN", b"BILI"),
    *(b"PLATELET", b"PLT", b"THROMBO", b"TROMBO", b"PLAQ", b"PIASTR", b"PLYTKI", b"NEUT", b"ANC", b"GRANUL", b"SEGS"),
    *(b"WEIGHT", b"GEWICHT", b"PESO", b"POIDS", b"WT", b"HCG", b"PREG", b"GONADOT", b"SCHWANG", b"EMBARAZ", b"GROSSES"),
)
_LONGEST_CODING = 2000
_LENGTH_OF_DAY, _AFTER_YEAR = len("2026-11-29"), frozenset({"", "-"})
_RECURRING = ("code", "category", "referenceRange")
_OF_LOINC = re.compile(r"\d-\d(?!\d)")
_HYPHENS = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"))
_head = msgspec.json.Decoder(_Head)
_coded = msgspec.json.Decoder(_Concept | None)
_parts = msgspec.json.Decoder(list[_Component] | None)


class ResourceStub(msgspec.Struct, eq=False, gc=False):
    """A resource of which only the type, the id and the codes have been decoded.

    ``codes`` has the codes of the resource itself, followed by those of each component. ``day`` is its day as written,
    empty if it is not simple to determine. It is a msgspec Struct, which is created three times as fast, because there
    may be a thousand.
    """

    resource_type: str
    reference: str
    has_code: bool
    codes: list[Codes]
    day: str
    _place: str | tuple[str, int]
    """Its path, or that of its list and its number there."""
    full_url: str
    _sent: Any
    """The resource as it was sent: its JSON or its elements."""
    _content: dict[str, Any] | None = None
    has_contained: bool = False
    _own: tuple[str, bytes] | None = None
    """Of an Observation that was put together: the misshapen part of what recurs on results, and its own JSON."""
    may_name_test: bool = False
    """Whether a code may name HER2 or the ejection fraction in words; always, unless it is split into elements."""
    may_name_measured: bool = False
    """Likewise for the other measurements that rules use."""

    @classmethod
    def of(cls, raw: bytes | msgspec.Raw, path: str, full_url: str = "") -> ResourceStub:
        """Decode the stub of a resource from bytes.

        Raises:
            Unreadable: they are not a JSON object.

        """
        try:
            head = _head.decode(raw)
        except NOT_STRICT:
            # An array sent as an object, a number as text: decode it in full and extract leniently.
            return cls.of_content(_object(raw), path, full_url, raw)
        return _stub(head, raw, path, full_url)

    @classmethod
    def of_content(
        cls, content: Json, path: str, full_url: str = "", raw: bytes | msgspec.Raw | None = None
    ) -> ResourceStub:
        """Create the stub of a resource that is already decoded."""
        kind, identifier = content.get("resourceType"), content.get("id")
        resource_type = kind if isinstance(kind, str) else ""
        return cls(
            resource_type,
            f"{resource_type}/{identifier}" if isinstance(identifier, str) and identifier else "",
            isinstance(content.get("code"), dict) and not _has_unread_code(content),
            _codes_within(content),
            _day(text(content.get("effectiveDateTime"))),
            path,
            full_url,
            raw,
            content,
            may_name_test=True,
            may_name_measured=True,
        )

    @property
    def path(self) -> str:
        """Its place in the request, put together only when asked for: for most entries of a chart nobody asks."""
        place = self._place
        if place.__class__ is tuple:
            place = self._place = entry_path(*place)
        return place  # type: ignore[return-value]

    @path.setter
    def path(self, path: str) -> None:
        self._place = path

    @property
    def content(self) -> Json:
        """The whole resource.

        Raises:
            Unreadable: it is not a JSON object.

        """
        content = self._content
        if content is None:
            sent = self._sent
            content = self._put_together(sent) if sent.__class__ is ObservationElements else decode(sent)
            if content.__class__ is not dict:
                raise Unreadable("no object")
            self._content = content
        return content

    def mentions(self, words: tuple[bytes, ...]) -> bool:
        """Return whether the resource contains one of some words, without decoding it."""
        held = bytes(self._json)
        return any(word in held for word in words)

    def as_sent(self) -> bytes:
        """Return the JSON of the resource."""
        return bytes(self._json)

    def misshapen(self) -> str:
        """Return the place of an element whose JSON type is not that of FHIR; empty if there is none."""
        if self._own is not None:
            misshapen_of_kind, own = self._own
            return misshapen_of_kind or misshapen(self.resource_type, own)
        return misshapen(self.resource_type, self._json)

    def _put_together(self, observation: ObservationElements) -> Json:
        """Decode an Observation; results share what is the same on all of a kind, which nobody may change."""
        recurring = bytes(observation.code), bytes(observation.category), bytes(observation.reference_range)
        if sum(map(len, recurring)) > _LONGEST_CODING:
            return _object(encode(observation))
        own = encode(replace(observation, code=NOT_SENT, category=NOT_SENT, reference_range=NOT_SENT))
        of_its_kind, misshapen_of_kind = _of_its_kind(*recurring)
        self._own = misshapen_of_kind, own
        content: Json = decode(own)
        content.update(of_its_kind)
        return content

    @property
    def _json(self) -> bytes | msgspec.Raw:
        sent = self._sent if self._sent is not None else self._content
        return sent if isinstance(sent, bytes | msgspec.Raw) else encode(sent)


@cached_by_key(_CODINGS)
def _of_its_kind(*elements: bytes) -> tuple[Json, str]:
    """Decode the elements that recur from result to result; none of them says whose it is.

    Also return the place of the first element whose JSON type differs from FHIR's; empty if all are as in FHIR.
    """
    sent = {name: msgspec.Raw(each) for name, each in zip(_RECURRING, elements, strict=True) if each}
    return {name: decode(each) for name, each in sent.items()}, misshapen("Observation", encode(sent))


def _object(raw: bytes | msgspec.Raw) -> Json:
    content = decode(raw)
    if not isinstance(content, dict):
        raise Unreadable("no object")
    return content


def entry_path(path: str, index: int) -> str:
    """Return the path of the resource of an entry of a list."""
    return f"{path}.entry[{index}].resource"


def _day(written: str) -> str:
    """Return the day of a time as written; empty for what cannot be one: "11/29/2026" would be older than any date."""
    day = written[:_LENGTH_OF_DAY]
    return day if day[4:5] in _AFTER_YEAR else ""


def _stub(head: _Head, raw: bytes | msgspec.Raw, place: str | tuple[str, int], full_url: str) -> ResourceStub:
    kind, concept = head.resourceType, head.code
    codes = [(concept.coding or ()) if concept is not None else ()]
    if head.component:
        codes += [(part.code.coding or ()) if part.code is not None else () for part in head.component]
    reference = f"{kind}/{head.id}" if head.id else ""
    # Words anywhere in the resource may be those of its code.
    has_code = concept is not None and _says_anything(codes[0], raw)
    stub = ResourceStub(kind, reference, has_code, codes, _day(head.effectiveDateTime), place, full_url, raw)
    stub.may_name_test = stub.may_name_measured = True
    if head.contained:
        stub.has_contained = True
    return stub


def stub_of_entry(raw: msgspec.Raw, place: tuple[str, int], full_url: str) -> ResourceStub | None:
    """Create the stub of a resource in one piece; nothing if it is to be read leniently."""
    try:
        return _stub(_head.decode(raw), raw, place, full_url)
    except NOT_STRICT:
        return None


def stub_of_elements(sent: ObservationElements, place: tuple[str, int], full_url: str) -> ResourceStub:
    """Create the stub of an Observation that is split into elements.

    There may be a thousand, so everything for one of them is written out here.
    """
    code, kind = bytes(sent.code), sent.resource_type or ""
    has_code, own, names, measured = _codes_again(code) if len(code) <= _LONGEST_CODING else _codes(code)
    codes = [own]
    if sent.component:
        codes += _codes_of_parts(sent.component)
        parts = bytes(sent.component).upper()
        names, measured = names or _holds(parts, _NAMES), measured or _holds(parts, _MEASURED)
    reference = f"{kind}/{sent.id}" if sent.id else ""
    day = (sent.effective_date_time or "")[:_LENGTH_OF_DAY]
    if day[4:5] not in _AFTER_YEAR:
        day = ""
    stub = ResourceStub(kind, reference, has_code, codes, day, place, full_url, sent)
    if names:
        stub.may_name_test = True
    if measured:
        stub.may_name_measured = True
    return stub


def _codes(raw: bytes) -> tuple[bool, Codes, bool, bool]:
    """Return whether the JSON of a code says anything, its codes, and whether its words may name a test.

    The last tells of measurements, the one before of HER2 and the ejection fraction.
    """
    if not raw:
        return False, (), False, False
    upper = raw.upper()
    names = _holds(upper, _NAMES), _holds(upper, _MEASURED)
    try:
        concept = _coded.decode(raw)
    except NOT_STRICT:
        code = _or_nothing(raw)
        codes = codes_of({"code": code})
        return isinstance(code, dict) and _says_anything(codes, raw), codes, *names
    codes = (concept.coding or ()) if concept is not None else ()
    return _says_anything(codes, raw), codes, *names


def _says_anything(codes: Codes, raw: bytes | msgspec.Raw) -> bool:
    """Return whether there is a code, or a word in the JSON that holds it."""
    if any(map(is_code, codes)):
        return True
    whole = bytes(raw)
    return b'"text"' in whole or b'"display"' in whole


def is_code(code: Code) -> bool:
    """Return whether this may be a code of its system: of LOINC, one that is written as its codes are."""
    if not code.system.endswith(("loinc.org", "loinc.org/")):
        return bool(code.code)
    return _OF_LOINC.search(code_as_written(code.code)) is not None


def code_as_written(code: str) -> str:
    """Return a code with plain hyphens, without blanks around it."""
    return code.strip() if code.isascii() else code.strip().translate(_HYPHENS)


def _holds(upper: bytes, words: tuple[bytes, ...]) -> bool:
    return any(word in upper for word in words)


# Most results of a chart have one of few codes.
_codes_again = cached_by_key(_CODINGS)(_codes)


def _codes_of_parts(raw: msgspec.Raw) -> list[Codes]:
    """List the codes of the components."""
    try:
        parts = _parts.decode(raw) or ()
    except NOT_STRICT:
        return [codes_of(part) for _, part in objects(_or_nothing(raw))]
    return [(part.code.coding or ()) if part.code is not None else () for part in parts]


def _or_nothing(raw: bytes | msgspec.Raw) -> Any:
    try:
        return decode(raw)
    except Unreadable:
        return None


def codes_of(holder: Json) -> Codes:
    """List the codes of a resource or of a component."""
    codings = objects(child(holder, "code").get("coding"))
    found = [(coding.get("system", ""), coding.get("code", "")) for _, coding in codings]
    return tuple(Code(system, code) for system, code in found if _is_short(system) and _is_short(code))


def _codes_within(content: Json) -> list[Codes]:
    """List the codes of a resource, and those of each of its components."""
    own = [codes_of(content) if "code" in content else ()]
    if "component" in content:
        own += [codes_of(part) for _, part in objects(content["component"])]
    return own


def _has_unread_code(content: Json) -> bool:
    """Return whether the code of a resource has no code that can be read, but something in its place."""
    is_coded = any(map(is_code, codes_of(content)))
    return not is_coded and misshapen("Observation", encode({"code": content["code"]})) != ""


def _is_short(written: Any) -> bool:
    """Return whether this is a text short enough for a code."""
    return isinstance(written, str) and len(written) <= _LONGEST_CODE
