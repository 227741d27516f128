"""The description of the API in OpenAPI 3.1, made from the operations that run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from pydantic import TypeAdapter

from receiver.web.operations import Operation
from receiver.web.problems import Problem

PREFIX = "/api"

_REFERENCE = "#/components/schemas/{model}"
_RETRY_AFTER = {
    "description": "Seconds",
    "required": True,
    "schema": {"type": "integer", "minimum": 1},
}
_ABOUT = """What was stored of WhatsApp: conversations, messages, events and notifications.

Lists are paged by key: `next` of one answer is the `cursor` of the next question, and null at the
end. Below /api parameters that don't exist, or are given twice, are refused. Times are RFC 3339 in
UTC. An error is `application/problem+json` (RFC 9457); after 503 the same may be asked again."""


def document(operations: Iterable[Operation], *, version: str) -> dict[str, Any]:
    """Describe the operations."""
    operations = list(operations)
    schemas, shared = _schemas(operations)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        described = paths.setdefault(_path(operation), {})
        described[operation.method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "maytapi-receiver", "version": version, "description": _ABOUT},
        "paths": paths,
        "security": [{"key": []}],
        "components": {
            "schemas": shared,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
    }


def _schemas(operations: Iterable[Operation]) -> tuple[dict[Any, Any], dict[str, Any]]:
    """Return the schema of each answer and each body, and those that they refer to."""
    types: list[tuple[str, Any, Any]] = [("Problem", "validation", Problem)]
    for operation in operations:
        types.append((_id(operation), "serialization", operation.answers))
        if operation.sends is not None:
            types.append((_id(operation), "validation", operation.sends))
    schemas, shared = TypeAdapter.json_schemas(
        [(key, mode, TypeAdapter(kind)) for key, mode, kind in types], ref_template=_REFERENCE
    )
    return schemas, shared.get("$defs", {})


def _operation(operation: Operation, schemas: dict[Any, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": _id(operation),
        "summary": operation.summary,
        "parameters": [*_parameters(operation), *_headers(operation)],
        "responses": _responses(operation, schemas),
    }
    if operation.sends is not None:
        schema = schemas[_id(operation), "validation"]
        content = {operation.accepts: {"schema": schema}}
        described["requestBody"] = {"required": operation.sends is not Any, "content": content}
    if operation.is_open:
        described["security"] = []
    return described


def _parameters(operation: Operation) -> Iterable[dict[str, Any]]:
    model = operation.takes.model_json_schema(ref_template=_REFERENCE)
    required = model.get("required", [])
    for name, schema in model.get("properties", {}).items():
        in_path = f"{{{name}}}" in _path(operation)
        schema = dict(schema)
        description = schema.pop("description", None)
        schema.pop("title", None)
        yield {
            "name": name,
            "in": "path" if in_path else "query",
            "required": in_path or name in required,
            **({"description": description} if description else {}),
            "schema": _given(schema),
        }


def _given(schema: dict[str, Any]) -> dict[str, Any]:
    """Leave out null: a parameter that is not given is not there."""
    if schema.get("default", 0) is None:
        del schema["default"]
    match schema.pop("anyOf", []):
        case [dict() as kind, {"type": "null"}]:
            return {**schema, **kind}
        case kinds:
            return {**schema, **({"anyOf": kinds} if kinds else {})}


def _headers(operation: Operation) -> Iterable[dict[str, Any]]:
    for name, (description, schema) in operation.headers.items():
        yield {"name": name, "in": "header", "description": description, "schema": schema}


def _responses(operation: Operation, schemas: dict[Any, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = schemas[_id(operation), "serialization"]
    found = {
        "description": HTTPStatus(operation.status).phrase,
        "content": {operation.media_type: {"schema": answer}},
    }
    problems = {400, *operation.problems}
    if not operation.is_open:
        problems |= {401, 503}
    if "{" in operation.path:
        problems.add(404)
    return {str(operation.status): found} | {
        str(status): {
            "description": HTTPStatus(status).phrase,
            **({"headers": {"Retry-After": _RETRY_AFTER}} if status == 503 else {}),
            "content": {"application/problem+json": {"schema": schemas["Problem", "validation"]}},
        }
        for status in sorted(problems)
    }


def _path(operation: Operation) -> str:
    return re.sub(r":\w+}", "}", operation.path)


def _id(operation: Operation) -> str:
    words = re.findall(r"\w+", _path(operation).removeprefix(PREFIX))
    return "_".join([operation.method.lower(), *words])
