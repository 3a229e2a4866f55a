"""``/workbench/versions``: drafts, reviews, publications, and what each version changes."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, redirect, request, url_for

from cds_service.configuration.layers import ConfigurationError
from cds_service.configuration.policy_content import NOTHING, PolicyContent, content_of_file
from cds_service.configuration.roles import Role
from cds_service.configuration.site_content import changed_shipped_values, with_texts
from cds_service.policies.library import TITLE_LIMIT
from cds_service.policies.lifecycle import COMMENT_LIMIT, StepKind, StepRefusedError, VersionState, Wish
from cds_service.policies.rows import StepConflictError
from cds_service.policies.views import UnknownVersionError, Version
from cds_service.web.answers import configuration, decider, store
from cds_service.web.pages import later, say
from cds_service.workbench.access import is_signed_in_afresh, me, not_done, refusal, shown, stale_sign_in
from cds_service.workbench.banners import on_trial, refused
from cds_service.workbench.current import (
    base_settings,
    content_in_force,
    differences_to,
    library,
    previewer,
    previewer_of,
    stops_left,
)
from cds_service.workbench.forms import content_from, fields_in, fields_of, number_in, text_in
from cds_service.workbench.on_record import on_record
from cds_service.workbench.previewing import changed_cases
from cds_service.workbench.specimens import specimens
from cds_service.workbench.topics import families, threshold_rows
from cds_service.workbench.windows import client_choice, window_of_client

if TYPE_CHECKING:
    from collections.abc import Sequence

    from werkzeug.wrappers import Response as AnyResponse

    from cds_service.configuration.stop import Stop

_REPLAYED = "her2-order-sign"
_FROM_FILES, _FROM_IN_FORCE, _FROM_TEXT = "files", "in-force", "text"
_ROLES_ANEW = frozenset({StepKind.APPROVED, StepKind.PUBLISHED, StepKind.MOVED, StepKind.RETIRED})
_NONE = -1
"""An id that no step has."""


def add_to(blueprint: Blueprint) -> None:
    """Add the routes."""
    blueprint.get("/versions")(versions)
    blueprint.post("/versions")(draft)
    blueprint.get("/versions/<int:number>")(version)
    blueprint.get("/versions/<int:number>.yaml")(as_yaml)
    blueprint.post("/versions/<int:number>/content")(revise)
    blueprint.post("/versions/<int:number>/steps")(step)


def versions() -> Response:
    """List every version."""
    return shown(
        "versions.html",
        versions=later(library().versions),
        in_force=later(library().in_force),
        next=later(library().next_change),
        refused=later(refused),
        trial=later(on_trial),
        may_draft=Role.EDITOR in me().roles,
        title_limit=TITLE_LIMIT,
    )


def draft() -> AnyResponse:
    """Create a draft: empty, or from what is in force, an exported version, or an older one."""
    title, begin = text_in(request.form, "title"), request.form.get("from", _FROM_IN_FORCE)
    try:
        if (number := number_in(begin)) is not None:
            found = library().restore(me(), number)
        elif begin == _FROM_FILES:
            found = library().draft(me(), title, NOTHING)
        elif begin == _FROM_TEXT:
            content = content_of_file(text_in(request.form, "text"), "text", base_settings().site_layer)
            found = library().draft(me(), title, content)
        elif (unusable := refused()) is not None:
            said = say(
                "This release does not accept version {version}. Begin with the files or an older version.",
                version=unusable.version,
            )
            return not_done(said, 409)
        else:
            now = library().in_force()
            found = library().draft(me(), title, content_in_force(), based_on=now.version if now else None)
    except (StepRefusedError, UnknownVersionError) as error:
        return not_done(refusal(error), 400)
    except ConfigurationError as error:
        return not_done("; ".join(error.problems), 400)
    return redirect(url_for("workbench.version", number=found.number))


def version(number: int) -> Response:
    """Show a version: its state, its changes, its history, and the possible steps."""
    return _page(_found(number))


def as_yaml(number: int) -> Response:
    """Return the content as a configuration file, for simulation and comparison."""
    answer = Response(_content(_found(number)).as_yaml(), content_type="application/yaml; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="version-{number}.yaml"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def revise(number: int) -> AnyResponse:
    """Replace the content of a draft, and send it to review if requested."""
    found = _found(number)
    typed = fields_in(request.form)
    try:
        content = content_from(request.form, base_settings().site_layer)
    except ConfigurationError as error:
        return _page(found, problems=error.problems, status=400, typed=typed)
    comment = text_in(request.form, "comment")
    wishes: list[tuple[Wish, PolicyContent | None]] = [(Wish(StepKind.REVISED, comment), content)]
    if request.form.get("then") == StepKind.SUBMITTED:
        # Unchanged content is not saved again; the comment belongs to the last step taken.
        is_new = content.hash != found.content_hash
        wishes = [*wishes[: int(is_new)], (Wish(StepKind.SUBMITTED, "" if is_new else comment), None)]
    return _taken(found, wishes, typed)


def step(number: int) -> AnyResponse:
    """Carry out a step."""
    found = _found(number)
    kind = request.form.get("kind", "")
    if kind not in set(StepKind):
        abort(400)
    try:
        begin, end = (_time(request.form.get(name, "")) for name in ("effective_from", "effective_until"))
    except ValueError:
        return _page(found, problems=[say("Write a time as 2026-11-30T08:00.")], status=400)
    if kind in _ROLES_ANEW and not is_signed_in_afresh():
        return _page(found, problems=[stale_sign_in()], status=403)
    return _taken(found, [(Wish(StepKind(kind), text_in(request.form, "comment"), begin, end), None)])


def _taken(
    found: Version, wishes: Sequence[tuple[Wish, PolicyContent | None]], typed: dict[str, str] | None = None
) -> AnyResponse:
    """Carry out steps in sequence; ``typed`` is the editor's content, shown again if one is refused."""
    seen = number_in(request.form.get("seen", ""))
    try:
        for wish, content in wishes:
            seen = library().step(me(), found.number, _NONE if seen is None else seen, wish, content).last.id
    except StepConflictError:
        said = say("Somebody else has changed this version meanwhile. Nothing was done; this is how it stands now.")
        if typed:
            kept = say("What you typed is still in the form, and is not saved: it would take the place of theirs.")
            said = f"{said} {kept}"
        return _page(_found(found.number), problems=[said], status=409, typed=typed)
    except StepRefusedError as error:
        forbidden = error.reason in ("role", "author")
        status = 403 if forbidden else 400
        return _page(_found(found.number), problems=[refusal(error)], status=status, typed=typed)
    return redirect(url_for("workbench.version", number=found.number))


def _page(
    found: Version, *, problems: list[str] | None = None, status: int = 200, typed: dict[str, str] | None = None
) -> Response:
    try:
        content, unusable = found.content, []
    except ConfigurationError as error:
        content, unusable = None, error.problems
    possible = library().possible(me(), found)
    return shown(
        "version.html",
        status,
        version=found,
        content=content,
        problems=[*(problems or []), *unusable],
        possible=[str(kind) for kind in possible],
        comment_limit=COMMENT_LIMIT,
        after_retiring=later(lambda: library().after_retiring(found.number) if StepKind.RETIRED in possible else None),
        refused=later(refused),
        trial=later(on_trial),
        may_draft=Role.EDITOR in me().roles,
        is_author=me().subject in found.authors,
        timezone=decider().settings.site.timezone,
        settles=later(lambda: _settles(found, content)),
        effect=later(lambda: _effect(found, content)),
        **_editor(possible, content, typed),
    )


def _settles(found: Version, content: PolicyContent | None) -> list[tuple[Stop, str]]:
    """Return the stops that publishing a version would settle, each with its topic's new mode."""
    if content is None:
        return []
    left = stops_left(content, _approved_at(found))
    return [(stop, str(content.cards[stop.topic].mode)) for stop in configuration().stops if stop not in left]


def _approved_at(found: Version) -> datetime | None:
    """Return when the current content of a version was approved, if it was."""
    step = found.taken(StepKind.APPROVED)
    return step.at if step is not None and found.state not in (VersionState.DRAFT, VersionState.REVIEW) else None


def _effect(found: Version, content: PolicyContent | None) -> dict[str, Any]:
    """Return what a content would change in what is in force now."""
    nothing: dict[str, Any] = {"differences": [], "changed": [], "of": len(specimens()), "recorded": None}
    if content is None:
        return nothing
    try:
        differences = differences_to(content, approved_at=_approved_at(found))
        beneath = base_settings().site_layer
        changed_since = changed_shipped_values(
            content.site.shipped, beneath, with_texts(beneath, content.site, "version")
        )
    except ConfigurationError as error:
        return {**nothing, "unusable": error.problems}
    then = previewer_of(content, _approved_at(found))
    wanted = "record" in request.args and bool(differences)
    return {
        "differences": differences,
        "changed_since": changed_since,
        "changed": changed_cases(previewer(), then) if differences else [],
        "of": len(specimens()),
        "client": client_choice(),
        "recorded": on_record(store().engine, previewer(), then, window_of_client(_REPLAYED)) if wanted else None,
    }


def _editor(
    possible: tuple[StepKind, ...], content: PolicyContent | None, typed: dict[str, str] | None
) -> dict[str, Any]:
    if StepKind.REVISED not in possible or content is None:
        return {}
    settings = decider().settings
    return {
        "is_editable": True,
        "families": later(lambda: families(settings, previewer())),
        "rows": later(lambda: threshold_rows(settings)),
        "fields": later(lambda: defaultdict(str, fields_of(content) if typed is None else typed)),
        "is_typed": typed is not None,
    }


def _found(number: int) -> Version:
    try:
        return library().version(number)
    except UnknownVersionError:
        abort(404)


def _content(found: Version) -> PolicyContent:
    try:
        return found.content
    except ConfigurationError:
        abort(404)


def _time(written: str) -> datetime | None:
    """Read a time from a form, in the site's time zone unless it names one.

    Raises:
        ValueError: it is not a time.

    """
    if not written:
        return None
    time = datetime.fromisoformat(written)
    return time if time.tzinfo is not None else time.replace(tzinfo=ZoneInfo(decider().settings.site.timezone))
