"""Errors as FHIR OperationOutcomes with a stable code, never with patient data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

ISSUE_TYPES = {
    "required": "required",
    "wrong-type": "structure",
    "not-json": "structure",
    "not-an-object": "structure",
    "too-long": "too-long",
    "hook-mismatch": "value",
    "required-data-missing": "incomplete",
    "not-found": "not-found",
    "method-not-allowed": "not-supported",
    "body-too-large": "too-long",
    "not-json-content": "not-supported",
    "content-encoding-not-taken": "not-supported",
    "not-gzip": "structure",
    "body-cut-off": "structure",
    "not-authenticated": "login",
    "not-allowed": "forbidden",
    "cannot-build": "processing",
    "try-again": "transient",
    "internal": "exception",
    "store-unavailable": "transient",
    "at-its-limit": "throttled",
}


def operation_outcome(
    code: str, message: str, expressions: list[str] | None = None, base_url: str = ""
) -> dict[str, Any]:
    """Build an OperationOutcome; ``code`` is one of the stable codes above."""
    return operation_outcomes([(code, message, expressions)], base_url)


def operation_outcomes(problems: Sequence[tuple[str, str, list[str] | None]], base_url: str = "") -> dict[str, Any]:
    """Build an OperationOutcome with several issues: for each its code, text, and the fields concerned."""
    return {
        "resourceType": "OperationOutcome",
        "issue": [_issue(code, message, expressions, base_url) for code, message, expressions in problems],
    }


def _issue(code: str, message: str, expressions: list[str] | None, base_url: str) -> dict[str, Any]:
    issue: dict[str, Any] = {
        "severity": "error",
        "code": ISSUE_TYPES.get(code, "processing"),
        "details": {"coding": [{"system": f"{base_url}/CodeSystem/error", "code": code}], "text": message},
        "diagnostics": message,
    }
    if expressions:
        issue["expression"] = expressions
    return issue
