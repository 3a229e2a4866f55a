"""Errors as FHIR OperationOutcomes with a stable code; none ever carries data of a patient."""

from __future__ import annotations

from typing import Any

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
    "not-authenticated": "login",
    "not-allowed": "forbidden",
    "try-again": "transient",
    "internal": "exception",
}


def operation_outcome(
    code: str, message: str, expressions: list[str] | None = None, base_url: str = ""
) -> dict[str, Any]:
    """Write an OperationOutcome; ``code`` is one of the stable codes above."""
    issue: dict[str, Any] = {
        "severity": "error",
        "code": ISSUE_TYPES.get(code, "processing"),
        "details": {"coding": [{"system": f"{base_url}/CodeSystem/error", "code": code}], "text": message},
        "diagnostics": message,
    }
    if expressions:
        issue["expression"] = expressions
    return {"resourceType": "OperationOutcome", "issue": [issue]}
