"""``/workbench/shadow``: what is on trial, and cases to review."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, redirect, request, url_for

from cards.facts.topics import topics_of
from cds_service.configuration.roles import Role
from cds_service.learning.cases import unseen_card
from cds_service.learning.judgments import newest
from cds_service.learning.promotion import promotion_report
from cds_service.learning.trial import sample, trials, versions_tried
from cds_service.policies.lifecycle import COMMENT_LIMIT
from cds_service.protocol.services import SERVICES
from cds_service.smart.markdown import html
from cds_service.store.reviews import VERDICTS, is_on_record, keep_review
from cds_service.web.answers import decider, in_force, store
from cds_service.web.pages import later, say, words_of_request
from cds_service.workbench.access import me, not_done, shown
from cds_service.workbench.banners import on_trial
from cds_service.workbench.forms import number_in, text_in
from cds_service.workbench.windows import client_choice, window_asked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Response as AnyResponse

    from cds_service.workbench.banners import OnTrial

DAYS = (7, 28, 90)
AT_MOST = 10_000
"""Decisions that one page reads; a command reads them all."""
_CASES = 5
_LONGEST_ID, _LONGEST_NAME = 64, 512
_OTHERS = "0"
"""The version number 0: trials of topics, thresholds and files."""


def add_to(blueprint: Blueprint) -> None:
    """Add the routes."""
    blueprint.get("/shadow")(shadow)
    blueprint.post("/shadow/reviews")(review)


def shadow() -> Response:
    """Report on what is on trial, and sample cases for review."""
    asked, days = window_asked(DAYS)
    window = newest(store().engine, asked, AT_MOST)
    named = request.args.get("topic", "")
    topic = named if named in topics_of(decider().known) else None
    seed = number_in(request.args.get("seed", "")) or 1
    engine = store().engine
    trial, tried = on_trial(), versions_tried(engine, window)
    version = _version(tried, trial)

    def drawn() -> list[dict[str, Any]]:
        cases = (case for tally in trials(engine, window, topic, version).values() for case in tally.cases)
        shown_cases = (unseen_card(engine, case) for case in sample(cases, _CASES, seed))
        return [each for each in shown_cases if each]

    return shown(
        "shadow.html",
        report=later(
            lambda: promotion_report(engine, window, decider().settings.promotion, topic, version, words_of_request())
        ),
        trial=trial,
        version=version,
        tried=tried,
        versions=sorted({*tried, *([trial.number] if trial is not None else ())}, reverse=True),
        topic=topic,
        cases=later(drawn),
        days=days,
        is_cut=window is not asked,
        most=AT_MOST,
        choices=DAYS,
        service=window.service,
        services=SERVICES,
        client=client_choice(),
        seed=seed,
        verdicts=VERDICTS,
        may_review=Role.REVIEWER in me().roles,
        comment_limit=COMMENT_LIMIT,
        markdown=html,
    )


def _version(tried: Mapping[int, int], trial: OnTrial | None) -> int | None:
    """Read which version's trial to show: the current one, unless another was on trial in the window."""
    asked = request.args.get("version", "")
    if asked == _OTHERS:
        return None
    if (number := number_in(asked)) in tried:
        return number
    return trial.number if trial is not None else None


def review() -> AnyResponse:
    """Store a reviewer's verdict on a case."""
    given = {name: text_in(request.form, name) for name in ("decision", "topic", "verdict", "comment")}
    if Role.REVIEWER not in me().roles:
        return not_done(say("Only a reviewer says whether a card would have been right."), 403)
    engine = store().engine
    known = (
        given["topic"] in topics_of(decider().known)
        and given["verdict"] in VERDICTS
        and len(given["comment"]) <= COMMENT_LIMIT
    )
    if not known or not is_on_record(engine, given["decision"][:_LONGEST_ID]):
        abort(400)
    person = me()
    case = (given["decision"], given["topic"])
    said_by = f"{person.name} ({person.subject})"
    keep_review(engine, case, given["verdict"], said_by, given["comment"], in_force().clock())
    seed, version = (request.form.get(name, "")[:9] for name in ("seed", "version"))
    issuer, tenant = (text_in(request.form, name)[:_LONGEST_NAME] or None for name in ("issuer", "tenant"))
    return redirect(
        url_for(
            "workbench.shadow",
            topic=given["topic"],
            seed=seed or "1",
            version=version or None,
            issuer=issuer,
            tenant=tenant,
        )
    )
