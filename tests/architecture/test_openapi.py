"""The OpenAPI document tells a stranger everything: what a call does, who may make it, what it looks like, how it is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest
from fastapi.routing import APIRoute

from app.accounts.permissions import RULES, Action
from app.errors import all_error_types
from app.infra.problems import PROBLEM_MEDIA_TYPE
from tests.architecture.service_routes import access_asked_by, name_of, routes_of, the_service

Operation = dict[str, Any]

ORGANISERS_ONLY = [action for action, rule in RULES.items() if rule.roles == ("organiser",)]
STATED = {
    "public": ("Open to everybody",),
    "ticket": ("Viewer's ticket",),
    "order link": ("Open to everybody who has the link",),
    "bank secret": ("Signed as the provider",),
    "carrier secret": ("With the secret of its address",),
    "signed": ("Signed by a source",),
    **{str(action): ("Staff of the organisation", "Staff in charge", "Anyone signed in") for action in Action},
    **{str(action): ("Organisers", "Those who") for action in ORGANISERS_ONLY},
}
REFUSED_WITH = {
    "public": set[str](),
    "ticket": {"ticket_invalid"},
    "order link": set[str](),
    "bank secret": {"notice_not_genuine"},
    "carrier secret": {"carrier_notice_not_genuine"},
    "signed": {"signature_invalid"},
    **{str(action): {"not_signed_in", "forbidden"} for action in Action},
    **{str(action): {"not_signed_in", "organiser_only"} for action in ORGANISERS_ONLY},
}
CHANGING = ("POST", "PUT", "PATCH", "DELETE")
# Probes of load balancers: they answer with their own small bodies.
PROBES = ("GET /healthz", "GET /readyz")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return the_service().openapi()


@pytest.fixture(scope="module")
def operations(document: dict[str, Any]) -> dict[str, Operation]:
    return {f"{method.upper()} {path}": each for path, methods in document["paths"].items() for method, each in methods.items()}


@pytest.fixture(scope="module")
def access() -> dict[str, str]:
    return {name_of(route): access_asked_by(route) or "" for route in routes_of(the_service()) if isinstance(route, APIRoute)}


def codes_of(operation: Operation) -> set[str]:
    """The stable codes that an operation says it may refuse with."""
    return {code for answer in operation["responses"].values() for code in _examples(answer)}


def _examples(answer: dict[str, Any]) -> dict[str, Any]:
    examples: dict[str, Any] = answer.get("content", {}).get(PROBLEM_MEDIA_TYPE, {}).get("examples", {})
    return examples


def json_bodies(operations: dict[str, Operation]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, operation in operations.items():
        content = operation.get("requestBody", {}).get("content", {})
        if "application/json" in content:
            yield name, content["application/json"]


def test_every_operation_says_what_it_does_in_one_line_and_who_may_call_it(
    operations: dict[str, Operation], access: dict[str, str]
) -> None:
    unclear = [
        name
        for name, operation in operations.items()
        if not operation.get("summary") or not operation.get("description", "").startswith(STATED[access[name]])
    ]

    assert len(operations) > 35
    assert unclear == []


def test_every_operation_has_a_tag_and_an_id_of_its_own(operations: dict[str, Operation]) -> None:
    ids = [operation["operationId"] for operation in operations.values()]

    assert [name for name, operation in operations.items() if not operation.get("tags")] == []
    assert len(ids) == len(set(ids))


def test_every_operation_names_the_refusals_that_its_doors_make(operations: dict[str, Operation], access: dict[str, str]) -> None:
    silent: dict[str, set[str]] = {}
    for name, operation in operations.items():
        expected = set(REFUSED_WITH[access[name]])
        if name == "POST /api/v1/login":
            expected.add("login_failed")
        if name.startswith(CHANGING):
            expected.add("origin_refused")
        if "requestBody" in operation or operation.get("parameters"):
            expected.add("malformed")
        if missing := expected - codes_of(operation):
            silent[name] = missing

    assert silent == {}


def test_every_refusal_is_a_problem_document_with_a_known_code(operations: dict[str, Operation]) -> None:
    known = {kind.code: kind.http_status for kind in all_error_types()}

    for name, operation in operations.items():
        for status, answer in operation["responses"].items():
            if status.startswith(("4", "5")) and name not in PROBES:
                examples = _examples(answer)
                assert examples, f"{name} answers {status} without saying with which code"
                assert {known[code] for code in examples} == {int(status)}, name
                assert all(example["value"]["code"] == code for code, example in examples.items()), name


def test_every_request_body_has_an_example_that_fits_its_schema(document: dict[str, Any], operations: dict[str, Operation]) -> None:
    bodies = dict(json_bodies(operations))

    assert len(bodies) > 12
    for name, body in bodies.items():
        schema = body["schema"]
        reference = schema.get("$ref", "").rpartition("/")[2]
        inside = document["components"]["schemas"].get(reference, schema)
        examples = [*inside.get("examples", []), *body.get("examples", {}).values(), *schema.get("examples", [])]
        examples += [body["example"]] if "example" in body else []
        assert examples, f"{name} shows nobody what its body looks like"
        validator = jsonschema.Draft202012Validator(
            {**inside, "components": document["components"]}, format_checker=jsonschema.FormatChecker()
        )
        for example in examples:
            validator.validate(example)


def test_every_reference_in_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    pending: list[Any] = [document["paths"]]
    schemas = document["components"]["schemas"]
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            reference = part.get("$ref")
            if isinstance(reference, str) and reference.startswith("#/components/schemas/"):
                assert reference.rpartition("/")[2] in schemas, reference
            pending.extend(part.values())
        elif isinstance(part, list):
            pending.extend(part)
