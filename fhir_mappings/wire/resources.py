"""Parses resources lazily, with exact numbers.

A prefetch may have a thousand Observations of which ten matter. Each is first read only for its type and codes; only
those that a rule can use are decoded in full.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec.structs import replace

from cards.values.text_cache import cached_by_key
from fhir_mappings.wire.depth import is_too_deep
from fhir_mappings.wire.elements import NOT_SENT, ObservationElements
from fhir_mappings.wire.lenient import child, number, objects, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fhir_mappings.wire.lenient import Json

_exact = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


class Unreadable(ValueError):  # noqa: N818 - it is a state of the input, not a fault of ours
    """The bytes are not readable JSON."""


def decode(raw: bytes | msgspec.Raw) -> Any:
    """Read JSON with exact decimal numbers.

    Raises:
        Unreadable: the text is not JSON, or has a number that is too large.

    """
    try:
        return _exact.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, ArithmeticError) as error:
        raise Unreadable(type(error).__name__) from error


def decode_sent(raw: bytes) -> Any:
    """Read untrusted JSON, checking its depth first, with exact decimal numbers.

    Raises:
        Unreadable: as ``decode`` says.

    """
    if is_too_deep(raw):
        raise Unreadable("nested too deep")
    return decode(raw)


encode: Callable[[Any], bytes] = _encoder.encode
"""Writes JSON; an exact number keeps its digits."""


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


class _Search(msgspec.Struct, gc=False):
    mode: str = ""


class _Entry(msgspec.Struct, gc=False):
    resource: msgspec.Raw = msgspec.Raw(b"")
    fullUrl: str = ""  # noqa: N815
    search: _Search | None = None
    response: msgspec.Raw = msgspec.Raw(b"")


class _Link(msgspec.Struct, gc=False):
    relation: str = ""
    url: str = ""


class BundleEnvelope(msgspec.Struct):
    """A Bundle whose resources are not decoded; for any other resource, only its type."""

    resourceType: str = ""  # noqa: N815
    entry: list[_Entry] | None = None
    link: list[_Link] | None = None
    total: int | None = None


class _ObservationEntry(_Entry, gc=False):
    resource: ObservationElements | None = None  # type: ignore[assignment]


class ObservationBundle(BundleEnvelope):
    """A Bundle of Observations and nothing else, each split into its elements."""

    entry: list[_ObservationEntry] | None = None  # type: ignore[assignment]


_WITHDRAWN = ("entered-in-error", "cancelled")
_OF_THE_WHOLE = ("subject", "effectiveDateTime", "effectivePeriod", "effectiveInstant", "issued")
_NO_MATCH = frozenset({"include", "outcome"})
_NESTING = 3
_NOT_STRICT = (msgspec.DecodeError, UnicodeDecodeError)
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
_LONGEST_CODING = 2000
_head = msgspec.json.Decoder(_Head)
_coded = msgspec.json.Decoder(_Concept | None)
_parts = msgspec.json.Decoder(list[_Component] | None)
_shell = msgspec.json.Decoder(BundleEnvelope)


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
    may_name_test: bool = False
    """Whether a code may name HER2 or the ejection fraction in words; always, unless it is split into elements."""

    @classmethod
    def of(cls, raw: bytes | msgspec.Raw, path: str, full_url: str = "") -> ResourceStub:
        """Decode the stub of a resource from bytes.

        Raises:
            Unreadable: they are not a JSON object.

        """
        try:
            head = _head.decode(raw)
        except _NOT_STRICT:
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
            isinstance(content.get("code"), dict),
            [codes_of(holder) for holder in (content, *(part for _, part in objects(content.get("component"))))],
            _day(text(content.get("effectiveDateTime"))),
            path,
            full_url,
            raw,
            content,
            may_name_test=True,
        )

    @property
    def path(self) -> str:
        """Its place in the request, put together only when asked for: for most entries of a chart nobody asks."""
        place = self._place
        if place.__class__ is tuple:
            place = self._place = _entry_path(*place)
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
            content = _put_together(sent) if sent.__class__ is ObservationElements else decode(sent)
            if content.__class__ is not dict:
                raise Unreadable("no object")
            self._content = content
        return content

    def mentions(self, words: tuple[bytes, ...]) -> bool:
        """Return whether the resource contains one of some words, without decoding it."""
        held = bytes(_json(self._sent if self._sent is not None else self._content))
        return any(word in held for word in words)


def _put_together(observation: ObservationElements) -> Json:
    """Decode an Observation; results share what is the same on all of a kind, which nobody may change."""
    code, category, ranges = bytes(observation.code), bytes(observation.category), bytes(observation.reference_range)
    if len(code) + len(category) + len(ranges) > _LONGEST_CODING:
        return _object(encode(observation))
    own = replace(observation, code=NOT_SENT, category=NOT_SENT, reference_range=NOT_SENT)
    content: Json = decode(encode(own))
    return content | _of_its_kind(code, category, ranges)


@cached_by_key(_CODINGS)
def _of_its_kind(*elements: bytes) -> Json:
    """Decode the elements that recur from result to result; none of them says whose it is."""
    named = zip(("code", "category", "referenceRange"), elements, strict=True)
    return {name: decode(sent) for name, sent in named if sent}


def _object(raw: bytes | msgspec.Raw) -> Json:
    content = decode(raw)
    if not isinstance(content, dict):
        raise Unreadable("no object")
    return content


def _json(sent: Any) -> bytes | msgspec.Raw:
    """Return the JSON of a resource that is one piece of JSON, split into elements, or decoded."""
    return sent if isinstance(sent, bytes | msgspec.Raw) else encode(sent)


def _entry_path(path: str, index: int) -> str:
    return f"{path}.entry[{index}].resource"


def _day(written: str) -> str:
    """Return the day of a time as written; empty for what cannot be one: "11/29/2026" would be older than any date."""
    day = written[:10]
    return day if day[4:5] in ("", "-") else ""


def _stub(head: _Head, raw: bytes | msgspec.Raw, place: str | tuple[str, int], full_url: str) -> ResourceStub:
    kind, concept = head.resourceType, head.code
    codes = [(concept.coding or ()) if concept is not None else ()]
    if head.component:
        codes += [(part.code.coding or ()) if part.code is not None else () for part in head.component]
    reference = f"{kind}/{head.id}" if head.id else ""
    # Words anywhere in the resource may be those of its code.
    has_code = concept is not None and _says_anything(codes[0], raw)
    stub = ResourceStub(kind, reference, has_code, codes, _day(head.effectiveDateTime), place, full_url, raw)
    stub.may_name_test = True
    if head.contained:
        stub.has_contained = True
    return stub


def _of_raw(raw: msgspec.Raw, place: tuple[str, int], full_url: str) -> ResourceStub | None:
    """Create the stub of a resource in one piece; nothing if it is to be read leniently."""
    try:
        return _stub(_head.decode(raw), raw, place, full_url)
    except _NOT_STRICT:
        return None


def _codes(raw: bytes) -> tuple[bool, Codes, bool]:
    """Return whether the JSON of a code says anything, its codes, and whether its words may name a test."""
    if not raw:
        return False, (), False
    names = _names_test(raw)
    try:
        concept = _coded.decode(raw)
    except _NOT_STRICT:
        code = _or_nothing(raw)
        codes = codes_of({"code": code})
        return isinstance(code, dict) and _says_anything(codes, raw), codes, names
    codes = (concept.coding or ()) if concept is not None else ()
    return _says_anything(codes, raw), codes, names


def _says_anything(codes: Codes, raw: bytes | msgspec.Raw) -> bool:
    """Return whether there is a code, or a word in the JSON that holds it."""
    if any(each.code for each in codes):
        return True
    whole = bytes(raw)
    return b'"text"' in whole or b'"display"' in whole


def _names_test(held: bytes) -> bool:
    upper = held.upper()
    return any(word in upper for word in _NAMES)


# Most results of a chart have one of few codes.
_codes_again = cached_by_key(_CODINGS)(_codes)


def _codes_of_parts(raw: msgspec.Raw) -> list[Codes]:
    """List the codes of the components."""
    try:
        parts = _parts.decode(raw) or ()
    except _NOT_STRICT:
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


def _is_short(written: Any) -> bool:
    """Return whether this is a text short enough for a code."""
    return isinstance(written, str) and len(written) <= _LONGEST_CODE


class ResourceList(msgspec.Struct, eq=False):
    """The resources of a prefetch value or of a search result.

    ``next_page`` is the address of a page that was not sent; ``is_bundle`` is true for a list and false for a single
    resource; ``broken`` lists the paths of entries that could not be read at all. ``total`` is the number of matches
    according to the server, ``matches`` how many were sent. ``is_joined``: further pages were read and added;
    ``is_refused``: an entry holds only the answer that nothing could be had, as for one search of a batch.
    """

    stubs: list[ResourceStub] = msgspec.field(default_factory=list)
    broken: list[str] = msgspec.field(default_factory=list)
    next_page: str = ""
    is_bundle: bool = False
    total: int | None = None
    matches: int = 0
    is_joined: bool = False
    is_refused: bool = False
    _apart: tuple[int, list[ResourceStub]] = (-1, [])

    @property
    def non_observations(self) -> list[ResourceStub]:
        """The resources other than Observations: a few among a thousand, needed several times."""
        length, found = self._apart
        if length != len(self.stubs):
            # Further pages may have been added.
            found = [stub for stub in self.stubs if stub.resource_type != "Observation"]
            self._apart = len(self.stubs), found
        return found

    @property
    def is_short(self) -> bool:
        """Whether the server reports more matches than it sent, without a link to the rest."""
        return self.total is not None and self.total > self.matches and not self.next_page

    def is_full(self, size: int | None) -> bool:
        """Whether exactly as many came as requested, and nothing says whether these are all.

        A server that links to pages would have linked to the next; but some cut a list at ``_count`` silently.
        """
        return self.matches == size and self.total is None and not self.next_page and not self.is_joined

    @classmethod
    def read(cls, raw: bytes | msgspec.Raw, path: str, depth: int = 0) -> ResourceList:
        """Read the envelope of a Bundle, or a single resource.

        Raises:
            Unreadable: it is not a JSON object.

        """
        if depth > _NESTING:
            raise Unreadable("nested")
        try:
            shell = _shell.decode(raw)
        except _NOT_STRICT:
            shell = None
        if shell is not None and shell.resourceType == "Bundle":
            return cls.of(shell, path, depth)
        listing = cls()
        listing._read_leniently(decode(raw), path, depth)
        return listing

    @classmethod
    def of(cls, shell: BundleEnvelope, path: str, depth: int = 0) -> ResourceList:
        """Create the stubs of a Bundle's resources."""
        entries = shell.entry or ()
        listing = cls(is_bundle=True, total=shell.total, matches=len(entries))
        if shell.total is not None:
            listing.matches -= len(
                [None for each in entries if each.search is not None and each.search.mode in _NO_MATCH]
            )
        if isinstance(shell, ObservationBundle):
            listing._add_observations(shell.entry or (), path, depth)
        else:
            listing._add(entries, path, depth)
        for link in shell.link or ():
            if link.relation == "next":
                listing.next_page = link.url or listing.next_page
                break
        return listing

    def _add(self, entries: Sequence[_Entry], path: str, depth: int) -> None:
        """Add the resources of a list that are in one piece each."""
        for index, entry in enumerate(entries):
            raw = entry.resource
            stub = _of_raw(raw, (path, index), entry.fullUrl)
            if stub is None and not bytes(raw) and bytes(entry.response):
                self.is_refused = True
                continue
            if stub is None or stub.resource_type == "Bundle":
                self._take((bytes(raw), None), _entry_path(path, index), entry.fullUrl, depth)
                continue
            self.stubs.append(stub)
            if stub.has_contained:
                self._take_contained(stub.path)

    def _add_observations(self, entries: Sequence[_ObservationEntry], path: str, depth: int) -> None:
        """Add the resources of a list that are split into elements.

        There may be a thousand, so everything for one of them is written out here.
        """
        add = self.stubs.append
        are_results = True
        for index, entry in enumerate(entries):
            sent = entry.resource
            if sent is None and bytes(entry.response):
                self.is_refused = True
                continue
            if sent is None or (kind := sent.resource_type) == "Bundle":
                whole = encode(sent) if sent is not None else b""
                self._take((whole, None), _entry_path(path, index), entry.fullUrl, depth)
                are_results = False
                continue
            code = bytes(sent.code)
            has_code, own, names = _codes_again(code) if len(code) <= _LONGEST_CODING else _codes(code)
            codes = [own]
            if sent.component:
                codes += _codes_of_parts(sent.component)
                names = names or _names_test(bytes(sent.component))
            if kind != "Observation":
                kind, are_results = kind or "", False
            reference = f"{kind}/{sent.id}" if sent.id else ""
            day = _day(sent.effective_date_time or "")
            stub = ResourceStub(kind, reference, has_code, codes, day, (path, index), entry.fullUrl, sent)
            if names:
                stub.may_name_test = True
            add(stub)
            if sent.contained:
                self._take_contained(_entry_path(path, index))
        if are_results:
            self._apart = len(self.stubs), []

    def _take(
        self, resource: tuple[bytes | msgspec.Raw | None, Json | None], path: str, full_url: str, depth: int
    ) -> None:
        raw, content = resource
        try:
            stub = (
                ResourceStub.of_content(content, path, full_url)
                if content is not None
                else ResourceStub.of(raw or b"", path, full_url)
            )
            if stub.resource_type != "Bundle":
                self.stubs.append(stub)
                self._take_contained(path)
                return
            # A batch response has a separate Bundle for each search.
            inner = ResourceList.read(raw if raw is not None else encode(content), path, depth + 1)
        except Unreadable:
            self.broken.append(path)
            return
        self.stubs += inner.stubs
        self.broken += inner.broken
        self.is_refused = self.is_refused or inner.is_refused
        self.next_page = self.next_page or inner.next_page

    def _take_contained(self, path: str) -> None:
        """Add the results contained in the last resource, such as a panel or a report."""
        try:
            holder = self.stubs[-1].content
        except Unreadable:
            return
        if holder.get("status") in _WITHDRAWN:
            return
        inherited = {name: holder[name] for name in _OF_THE_WHOLE if name in holder}
        for index, contained in objects(holder.get("contained")):
            if contained.get("resourceType") == "Observation":
                # A local id means nothing outside its container; missing patient and time are taken from the container.
                own = {name: value for name, value in contained.items() if name != "id"}
                timed = any(name in own for name in _OF_THE_WHOLE if name.startswith("effective"))
                beside = {name: value for name, value in inherited.items() if not timed or not name.startswith("eff")}
                where = f"{path}.contained[{index or 0}]"
                self.stubs.append(ResourceStub.of_content({**beside, **own}, where))

    def _read_leniently(self, value: Any, path: str, depth: int) -> None:
        if not isinstance(value, dict):
            raise Unreadable("no object")
        if "resourceType" not in value and isinstance(value.get("resource"), dict):
            # Some clients send the whole response entry instead of the resource.
            value = value["resource"]
        if value.get("resourceType") != "Bundle":
            if not isinstance(value.get("resourceType"), str):
                raise Unreadable("no resource")
            self._take((None, value), path, "", depth)
            return
        self.is_bundle = True
        total = number(value.get("total"))
        self.total = int(total) if total is not None else None
        for where, entry in _entries(value, path):
            self.matches += text(child(entry, "search").get("mode")) not in _NO_MATCH
            resource = entry.get("resource") if isinstance(entry, dict) else None
            if isinstance(resource, dict):
                full_url = entry.get("fullUrl")
                full_url = full_url if isinstance(full_url, str) else ""
                self._take((None, resource), f"{where}.resource", full_url, depth)
            elif child(entry, "response"):
                self.is_refused = True
            else:
                self.broken.append(where)
        for _, link in objects(value.get("link")):
            if link.get("relation") == "next" and isinstance(link.get("url"), str):
                self.next_page = link["url"]


def _entries(bundle: Json, path: str) -> Iterator[tuple[str, Any]]:
    entries = bundle.get("entry")
    if isinstance(entries, list):
        yield from ((f"{path}.entry[{index}]", entry) for index, entry in enumerate(entries))
    elif entries is not None:
        yield f"{path}.entry", entries
