"""The service's operations as its OpenAPI document tells them: where values go in, and a right request for each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError

from tests.architecture.service_routes import name_of, routes_of

Schema = dict[str, Any]
# A way to a value inside a body: names of fields, "0" for the first of a list. Empty: the body itself.
Place = tuple[str, ...]

# What a schema alone cannot tell; names of fields, ids come from the market.
PLAUSIBLE: dict[str, Any] = {
    "phone": "0912345678",
    "street": "Thôn 3",
    "province_code": 42,
    "ward_code": 18547,
    "commune_code": 18547,
    "tax_code": "0123456789",
    "video_url": "https://www.youtube.com/watch?v=abcdefghijk",
    "pictures": [{"path": "https://pictures.example.vn/buoi.jpg", "alt": "Quả bưởi"}],
    "reason": "test",
    "to": "live",
    "price_vnd": 50_000,
    "flash_price_vnd": 39_000,
    "total_quantity": 100,
    "certificate_expires_on": "2029-12-05",
    "is_active": True,
    "shipping_fee_vnd": 0,
    "story_video_url": "https://www.youtube.com/watch?v=abcdefghijk",
    "text_version": "2026-11-28",
    "bank_bin": "970436",
    "account_number": "1031933430",
    "account_number_again": "1031933430",
}

_TEXTS = {
    "": "Lan",
    "date": "2025-12-05",
    "date-time": "2026-12-05T08:00:00+07:00",
    "password": "bưởi-phúc-trạch-2026",
    "uuid": "0e1f5a37-6d9c-4b1e-8f53-5d1c7a2b9e04",
}


@dataclass(frozen=True)
class Operation:
    """One method at one address. `parameters`: name and where it stands (path, query, header)."""

    name: str
    method: str
    template: str
    parameters: tuple[tuple[str, str], ...]
    schema: Schema | None
    door: TypeAdapter[Any] | None
    document: Schema

    @property
    def places(self) -> list[Place]:
        """Every place of the body at which a value may stand."""
        return [] if self.schema is None else list(self._places(self.schema, ()))

    def right_body(self, known: Mapping[str, Any]) -> Any:
        """A body that is taken, with these values where a field of that name stands."""
        return None if self.schema is None else self._right(self.schema, "", known)

    def is_let_in(self, body: object) -> bool:
        """Whether the door takes such a body; what comes behind it may refuse it still."""
        if self.door is None:
            return False
        try:
            self.door.validate_python(json.loads(json.dumps(body)))
        except (ValidationError, ValueError):
            return False
        return True

    def path(self, ids: Mapping[str, str]) -> str:
        """The address with these ids in it, percent-encoded already."""
        filled = self.template
        for name, where in self.parameters:
            if where == "path":
                filled = filled.replace("{" + name + "}", ids[name])
        return filled

    def _resolved(self, schema: Schema) -> Schema:
        if "$ref" in schema:
            found: Schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            return found
        for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
            if each.get("type") != "null":
                return self._resolved(each)
        return schema

    def _places(self, schema: Schema, before: Place) -> Iterator[Place]:
        yield before
        inner = self._resolved(schema)
        for name, each in inner.get("properties", {}).items():
            yield from self._places(each, (*before, name))
        if inner.get("type") == "array":
            yield from self._places(inner["items"], (*before, "0"))

    def _right(self, schema: Schema, name: str, known: Mapping[str, Any]) -> Any:
        inner = self._resolved(schema)
        if name in known:
            return known[name]
        if name in PLAUSIBLE and PLAUSIBLE[name] in inner.get("enum", [PLAUSIBLE[name]]):
            return PLAUSIBLE[name]
        if "enum" in inner or "const" in inner:
            return inner.get("const", inner.get("enum", [None])[0])
        if inner["type"] == "object":
            return {each: self._right(schema, each, known) for each, schema in inner.get("properties", {}).items()}
        if inner["type"] == "array":
            return [self._right(inner["items"], name.removesuffix("s"), known)]
        if inner["type"] == "integer":
            return max(1, int(inner.get("minimum", 1)))
        return False if inner["type"] == "boolean" else _TEXTS[inner.get("format", "")]


def operations_of(app: FastAPI) -> list[Operation]:
    """All of them, in the document's order."""
    document = app.openapi()
    doors = {
        name_of(route): field._type_adapter
        for route in routes_of(app)
        if isinstance(route, APIRoute)
        for field in route.dependant.body_params
    }
    return [
        Operation(
            name := f"{method.upper()} {path}",
            method.upper(),
            path,
            tuple((each["name"], each["in"]) for each in content.get("parameters", ())),
            # files are judged by their content, and have hostile ones of their own in tests/catalog
            content.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema"),
            doors.get(name),
            document,
        )
        for path, methods in document["paths"].items()
        for method, content in methods.items()
    ]


def changed(body: object, place: Place, value: object) -> object:
    """The body with another value at one place, and at that only. Raises `LookupError` or `TypeError` when the place is gone."""
    if not place:
        return value
    copy: Any = json.loads(json.dumps(body))
    inner = copy
    for step in place[:-1]:
        inner = inner[int(step) if isinstance(inner, list) else step]
    inner[int(place[-1]) if isinstance(inner, list) else place[-1]] = value
    return copy
