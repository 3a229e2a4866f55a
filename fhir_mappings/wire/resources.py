"""Reads the resources of a Bundle, or a single resource, into stubs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from fhir_mappings.wire.elements import ObservationElements
from fhir_mappings.wire.exact_json import Unreadable, decode, encode
from fhir_mappings.wire.lenient import child, number, objects, text
from fhir_mappings.wire.stubs import NOT_STRICT, ResourceStub, entry_path, stub_of_elements, stub_of_entry

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from fhir_mappings.wire.lenient import Json


class _Search(msgspec.Struct, gc=False):
    mode: str = ""


class _Request(msgspec.Struct, gc=False):
    method: str = ""


class _Entry(msgspec.Struct, gc=False):
    resource: msgspec.Raw = msgspec.Raw(b"")
    fullUrl: str = ""  # noqa: N815
    search: _Search | None = None
    response: msgspec.Raw = msgspec.Raw(b"")
    request: _Request | None = None


class _Link(msgspec.Struct, gc=False):
    # Some clients name a link as HTML and JSON:API do.
    relation: str = ""
    rel: str = ""
    url: str = ""
    href: str = ""


class BundleEnvelope(msgspec.Struct):
    """A Bundle whose resources are not decoded; for any other resource, only its type."""

    resourceType: str = ""  # noqa: N815
    entry: list[_Entry] | None = None
    link: list[_Link] | None = None
    total: int | None = None
    meta: msgspec.Raw = msgspec.Raw(b"")

    @property
    def has_no_entries(self) -> bool:
        """Whether the Bundle has neither entries nor a total, not even a total of zero."""
        return self.entry is None and self.total is None


class _ObservationEntry(_Entry, gc=False):
    resource: ObservationElements | None = None  # type: ignore[assignment]


class ObservationBundle(BundleEnvelope):
    """A Bundle of Observations and nothing else, each split into its elements."""

    entry: list[_ObservationEntry] | None = None  # type: ignore[assignment]


_WITHDRAWN = ("entered-in-error", "cancelled")
_OF_THE_WHOLE = ("subject", "effectiveDateTime", "effectivePeriod", "effectiveInstant", "issued")
_NO_MATCH = frozenset({"include", "outcome"})
# Of the security labels (v3-ObservationValue): what the receiver may not see was left out or blacked out.
_LEFT_OUT = (b'"REDACTED"', b'"MASKED"')
_NEXT, _DELETE = "next", "DELETE"
NO_ADDRESS = "?"
"""The address of a further page that a list names without one: it cannot be read."""
# A Bundle, or what the operations that gather a record answer with.
_HOLDERS = frozenset({"Bundle", "Parameters"})
_NESTING = 3
_LISTS = frozenset({"entry", "link", "extension", "modifierExtension"})
_shell = msgspec.json.Decoder(BundleEnvelope)


class ResourceList(msgspec.Struct, eq=False):
    """The resources of a prefetch value or of a search result.

    ``next_page`` is the address of a page that was not sent; ``is_bundle`` is true for a list and false for a single
    resource; ``broken`` lists the paths of entries that could not be read at all. ``total`` is the number of matches
    according to the server, ``matches`` how many were sent. ``is_joined``: further pages were read and added;
    ``is_refused``: an entry holds only the answer that nothing could be had, as for one search of a batch;
    ``is_redacted``: it is labelled as lacking what the receiver may not see.
    """

    stubs: list[ResourceStub] = msgspec.field(default_factory=list)
    broken: list[str] = msgspec.field(default_factory=list)
    next_page: str = ""
    is_bundle: bool = False
    total: int | None = None
    matches: int = 0
    is_joined: bool = False
    is_refused: bool = False
    is_redacted: bool = False
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
        except NOT_STRICT:
            shell = None
        if shell is not None and shell.resourceType == "Bundle":
            if shell.has_no_entries and foreign_list(decode(raw)):
                raise Unreadable("entries under another name")
            return cls.of(shell, path, depth)
        listing = cls()
        listing._read_leniently(decode(raw), path, depth)
        return listing

    @classmethod
    def of(cls, shell: BundleEnvelope, path: str, depth: int = 0) -> ResourceList:
        """Create the stubs of a Bundle's resources."""
        entries = shell.entry or ()
        listing = cls(is_bundle=True, total=shell.total, matches=len(entries))
        if shell.meta:
            listing.is_redacted = _is_redacted(shell.meta)
        if shell.total is not None and entries:
            modes = [each.search.mode for each in entries if each.search is not None]
            if modes.count("match") != len(modes):
                listing.matches -= sum(map(modes.count, _NO_MATCH))
        if not entries:
            listing._apart = 0, []
        elif isinstance(shell, ObservationBundle):
            listing._add_observations(shell.entry or (), path, depth)
        else:
            listing._add(entries, path, depth)
        for link in shell.link or ():
            if is_next(link.relation or link.rel):
                listing.next_page = link.url or link.href or NO_ADDRESS
                break
        return listing

    def _add(self, entries: Sequence[_Entry], path: str, depth: int) -> None:
        """Add the resources of a list that are in one piece each."""
        for index, entry in enumerate(entries):
            raw = entry.resource
            stub = stub_of_entry(raw, (path, index), entry.fullUrl)
            if stub is None and not bytes(raw) and bytes(entry.response):
                self.is_refused = self.is_refused or not _is_deleted(entry)
                continue
            if stub is None or stub.resource_type in _HOLDERS:
                self._take((bytes(raw), None), entry_path(path, index), entry.fullUrl, depth)
                continue
            self.stubs.append(stub)
            if stub.has_contained:
                self._take_contained(stub.path)

    def _add_observations(self, entries: Sequence[_ObservationEntry], path: str, depth: int) -> None:
        """Add the resources of a list that are split into elements."""
        add = self.stubs.append
        are_results = True
        for index, entry in enumerate(entries):
            sent = entry.resource
            if sent is None and bytes(entry.response):
                self.is_refused = self.is_refused or not _is_deleted(entry)
                continue
            if sent is None or (kind := sent.resource_type) in _HOLDERS:
                whole = encode(sent) if sent is not None else b""
                self._take((whole, None), entry_path(path, index), entry.fullUrl, depth)
                are_results = False
                continue
            are_results = are_results and kind == "Observation"
            add(stub_of_elements(sent, (path, index), entry.fullUrl))
            if sent.contained:
                self._take_contained(entry_path(path, index))
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
            if stub.resource_type == "Parameters":
                self._take_parameters(stub.content, path, depth)
                return
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
        self.is_redacted = self.is_redacted or inner.is_redacted
        self.next_page = self.next_page or inner.next_page
        if inner.is_short:
            self.total, self.matches = inner.total, inner.matches
        elif inner.total is None and self.total is None:
            # The list inside was counted as one entry, unless a parameter holds it.
            self.matches += inner.matches - self.is_bundle
        self.is_bundle = True

    def _take_parameters(self, holder: Json, path: str, depth: int) -> None:
        """Add the resources that are the values of parameters; without one it is no answer."""
        if depth > _NESTING:
            raise Unreadable("nested")
        is_answer = False
        for index, parameter in objects(holder.get("parameter")):
            where = f"{path}.parameter[{index or 0}]"
            if isinstance(resource := parameter.get("resource"), dict):
                self._take((None, resource), f"{where}.resource", "", depth + 1)
                is_answer = True
            if "part" in parameter:
                self._take_parameters({"parameter": parameter["part"]}, where, depth + 1)
                is_answer = True
        if not is_answer:
            self.broken.append(path)

    def _take_contained(self, path: str) -> None:
        """Add the results contained in the last resource, such as a panel or a report."""
        try:
            holder = self.stubs[-1].content
        except Unreadable:
            return
        self.stubs += contained_in(holder, path)

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
        self.is_redacted = _is_redacted(encode(value.get("meta")))
        for where, entry in _entries(value, path):
            self.matches += text(child(entry, "search").get("mode")) not in _NO_MATCH
            resource = entry.get("resource") if isinstance(entry, dict) else None
            if isinstance(resource, dict):
                full_url = entry.get("fullUrl")
                full_url = full_url if isinstance(full_url, str) else ""
                self._take((None, resource), f"{where}.resource", full_url, depth)
            elif child(entry, "response"):
                # The last version in a history is that a resource was deleted.
                self.is_refused = self.is_refused or child(entry, "request").get("method") != _DELETE
            else:
                self.broken.append(where)
        for _, link in objects(value.get("link")):
            if is_next(text(link.get("relation")) or text(link.get("rel"))):
                self.next_page = text(link.get("url")) or text(link.get("href")) or NO_ADDRESS
                break


def contained_in(holder: Json, path: str, kinds: Container[str] = ("Observation",)) -> Iterator[ResourceStub]:
    """Yield the resources of some kinds that are contained in another one, such as a panel, a report or an order.

    A local id means nothing outside its container. A patient and a time that are missing are taken from the container.
    """
    if holder.get("status") in _WITHDRAWN:
        return
    inherited = {name: holder[name] for name in _OF_THE_WHOLE if name in holder}
    for index, contained in objects(holder.get("contained")):
        if contained.get("resourceType") in kinds:
            own = {name: value for name, value in contained.items() if name != "id"}
            timed = any(name in own for name in _OF_THE_WHOLE if name.startswith("effective"))
            beside = {name: value for name, value in inherited.items() if not timed or not name.startswith("eff")}
            yield ResourceStub.of_content({**beside, **own}, f"{path}.contained[{index or 0}]")


def is_next(relation: str) -> bool:
    """Return whether a link leads to the next page, in whatever letters."""
    return relation == _NEXT or relation.strip().casefold() == _NEXT


def foreign_list(bundle: Json) -> str:
    """Return the key of a list of objects that is not FHIR's, such as ``entries``; empty without one."""
    foreign = (name for name, value in bundle.items() if name not in _LISTS and isinstance(value, list) and value)
    return next((name for name in foreign if isinstance(bundle[name][0], dict)), "")


def _is_deleted(entry: _Entry) -> bool:
    """Return whether an entry of a history says that a resource was deleted, which is no failure."""
    return entry.request is not None and entry.request.method == _DELETE


def _is_redacted(meta: bytes | msgspec.Raw) -> bool:
    held = bytes(meta)
    return b"security" in held and any(label in held for label in _LEFT_OUT)


def _entries(bundle: Json, path: str) -> Iterator[tuple[str, Any]]:
    entries = bundle.get("entry")
    if isinstance(entries, list):
        yield from ((f"{path}.entry[{index}]", entry) for index, entry in enumerate(entries))
    elif entries is not None:
        yield f"{path}.entry", entries
