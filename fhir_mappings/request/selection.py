"""The entries of a session's Bundle, and which are selected: by themselves, or with their group or plan.

Source: FHIR R4 RequestGroup and CarePlan; R5 RequestOrchestration; CDS Hooks order-select 1.0, ``selections``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fhir_mappings.wire.lenient import Json, child, objects, reference, text
from fhir_mappings.wire.references import own_reference
from fhir_mappings.wire.resources import foreign_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from fhir_mappings.wire.references import References

# In R5, RequestGroup was renamed to RequestOrchestration.
_GROUPS = frozenset({"RequestGroup", "RequestOrchestration", "CarePlan"})
# A Task or a List does not select what it holds, but the orders inside it are orders of the session all the same.
_HOLDERS = _GROUPS | {"Task", "List"}
_PLAN_NAMES = tuple(f"{kind}/" for kind in sorted(_GROUPS))
_PLANS_IN_PLANS = 8
_GROUPED_LIMIT = 200
_DRAFT = "draft"
Entry = tuple[str, "Json | None", str]


def bundle_entries(bundle: Json, path: str) -> Iterator[Entry]:
    """Yield the path, the resource and the fullUrl of each entry; a resource that is not an object is ``None``.

    So is a list of what may be entries under another name.

    Entries of a Bundle inside the Bundle are entries as well, and so are the orders that a group or a Task contains.
    """
    listed = bundle.get("entry")
    if listed is None and (foreign := foreign_list(bundle)):
        yield f"{path}.{foreign}", None, ""
    entries = listed if isinstance(listed, list) else [] if listed is None else [listed]
    for index, entry in enumerate(entries):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        full_url = text(entry.get("fullUrl")) if isinstance(entry, dict) else ""
        where = f"{path}.entry[{index}].resource"
        yield where, resource if isinstance(resource, dict) else None, full_url
        if not isinstance(resource, dict):
            continue
        kind = text(resource.get("resourceType"))
        if kind == "Bundle":
            yield from bundle_entries(resource, where)
        elif kind in _HOLDERS:
            group = f"{kind}/{text(resource.get('id'))}"
            for number, contained in objects(resource.get("contained")):
                # A local id means nothing outside its container, so the order has no usable id.
                nameless = {name: value for name, value in contained.items() if name != "id"}
                yield f"{where}.contained[{number or 0}]", nameless, group


def each_once(entries: Iterable[Entry]) -> list[Entry]:
    """Leave out what is there a second time, word for word: a client listed an order twice, and it is one."""
    seen: dict[str, Json] = {}
    kept: list[Entry] = []
    for entry in entries:
        _, resource, _ = entry
        own = own_reference(resource) if resource is not None else ""
        if not own or resource is None or own not in seen or seen[own] != resource:
            kept.append(entry)
            if resource is not None:
                seen.setdefault(own, resource)
    return kept


def is_group(resource: Json | None) -> bool:
    """Return whether a resource groups orders: a RequestGroup by its actions, a CarePlan by its activities."""
    return resource is not None and text(resource.get("resourceType")) in _GROUPS


def drafts_of_groups(entries: Sequence[Entry], references: References, place: str) -> list[Entry]:
    """Return the drafts that the groups of a session refer to and that are only elsewhere in the request.

    They are signed with their group. An order that is active already was signed before.
    """
    groups = [resource for _, resource, _ in entries if resource is not None and is_group(resource)]
    if not groups:
        return []
    known = {name for _, resource, full_url in entries if resource is not None for name in _names(resource, full_url)}
    found: list[Entry] = []
    for group in groups:
        for member in list(dict.fromkeys(orders_of_group(group)))[:_GROUPED_LIMIT]:
            if member in known or member.startswith("#"):
                continue
            known.add(member)
            resource = references.find(member, group)
            if resource is None or len(found) >= _GROUPED_LIMIT:
                continue
            if is_group(resource):
                # A plan may be made of groups.
                groups.append(resource)
            elif text(resource.get("status")) != _DRAFT:
                continue
            found.append((f"{place}.{member}", resource, member if member.startswith("urn:") else ""))
    return found


def selected_references(selections: Sequence[str], entries: Iterable[Entry]) -> frozenset[str]:
    """List the orders that were selected, of the entries of a session.

    Selecting a RequestGroup or a CarePlan selects the orders and groups that it refers to, and those that say that
    they belong to it.
    """
    selected = set(selections)
    if all(each.startswith("MedicationRequest/") for each in selected):
        return frozenset(selected)
    entries = [each for each in entries if each[1] is not None]
    waiting = [(resource, full_url) for _, resource, full_url in entries if resource is not None and is_group(resource)]
    shared: set[str] = set()
    for _ in range(_PLANS_IN_PLANS):
        before = len(waiting)
        left = []
        for group, full_url in waiting:
            # Some clients select by the bare id.
            if selected.isdisjoint((*(names := _names(group, full_url)), text(group.get("id")) or None)):
                left.append((group, full_url))
                continue
            # Contained orders are referenced by the group itself.
            selected.update((*orders_of_group(group), *names))
            shared.add(text(child(group, "groupIdentifier").get("value")))
        waiting = left
        if len(waiting) == before:
            break
    plans = {each for each in selected if each.startswith(_PLAN_NAMES)}
    for _, resource, full_url in entries:
        if resource is not None and not is_group(resource) and _belongs(resource, plans, shared - {""}):
            selected.update(_names(resource, full_url))
    return frozenset(selected)


def _names(resource: Json, full_url: str) -> tuple[str, ...]:
    """Return the names by which a resource of the session may be referred to."""
    names = (f"{text(resource.get('resourceType'))}/{text(resource.get('id'))}", reference(full_url))
    return tuple(each for each in names if each)


def _belongs(resource: Json, plans: set[str], shared: set[str]) -> bool:
    """Return whether an order says that it belongs to one of some plans, or has the group identifier of one."""
    if plans and "basedOn" in resource:
        return any(reference(referred) in plans for _, referred in objects(resource.get("basedOn")))
    return bool(shared) and text(child(resource, "groupIdentifier").get("value")) in shared


def orders_of_group(holder: Json) -> Iterator[str]:
    """List the orders that the actions of a RequestGroup, or the activities of a CarePlan, refer to."""
    return (reference(referred) for _, referred in steps_of_group(holder))


def steps_of_group(holder: Json, depth: int = 8) -> Iterator[tuple[Json, Any]]:
    """Yield each action of a RequestGroup, or activity of a CarePlan, that refers to an order, with the reference."""
    for _, action in objects(holder.get("action")):
        if reference(referred := action.get("resource")):
            yield action, referred
        if depth:
            yield from steps_of_group(action, depth - 1)
    for _, activity in objects(holder.get("activity")):
        for name in ("reference", "plannedActivityReference"):
            if reference(referred := activity.get(name)):
                yield activity, referred
