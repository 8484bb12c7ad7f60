"""The OpenAPI document of the JSON API, made from the types that it reads and answers."""

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from registry import __version__
from registry.web import messages
from registry.web.api import ROOT, Call

_REF = "#/components/schemas/{name}"

_EVENTS = {
    "get": {
        "summary": "What happens, as server-sent events.",
        "description": "Each message holds a LiveEvent. An event of the type `dropped` says how "
        "many were left out because the reader was too slow.",
        "security": [{}, {"token": []}],
        "responses": {
            "200": {
                "description": "Goes on until the reader goes away.",
                "content": {
                    "text/event-stream": {"schema": {"$ref": _REF.format(name="LiveEvent")}}
                },
            },
            "503": {"$ref": "#/components/responses/Failure"},
        },
    }
}


def openapi(calls: Iterable[Call]) -> dict[str, Any]:
    """The document."""
    calls = list(calls)
    answers = [*(call.answer for call in calls), messages.LiveEvent, messages.Failure]
    _, schemas = msgspec.json.schema_components(answers, ref_template=_REF)
    paths = {_template(call.path): {"get": _operation(call)} for call in calls}
    failure = {"schema": {"$ref": _REF.format(name="Failure")}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Pilot registry",
            "version": __version__,
            "description": "What a registry shows of itself. Without a token: what the protocol "
            "tells anyone. With the admin token: everything but how nodes are reached.",
        },
        "servers": [{"url": ROOT}],
        "paths": {**paths, "/events": _EVENTS},
        "components": {
            "schemas": schemas,
            "responses": {
                "Failure": {
                    "description": "Says what is wrong.",
                    "content": {"application/json": failure},
                }
            },
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The admin token of the registry.",
                }
            },
        },
    }


def _operation(call: Call) -> dict[str, Any]:
    refused = ("400", "401", "404", "429")
    return {
        "summary": call.says,
        "security": [{"token": []}] if call.admin else [{}, {"token": []}],
        "parameters": [*_path_parameters(call), *_query_parameters(call)],
        "responses": {
            "200": {
                "description": (call.answer.__doc__ or "").partition("\n")[0],
                "content": {
                    "application/json": {"schema": {"$ref": _REF.format(name=call.answer.__name__)}}
                },
            },
            **{code: {"$ref": "#/components/responses/Failure"} for code in refused},
        },
    }


def _template(path: str) -> str:
    """A path as OpenAPI writes it, without the types of its parameters."""
    return re.sub(r":\w+}", "}", path)


def _path_parameters(call: Call) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "integer"}}
        for name in re.findall(r"{(\w+):int}", call.path)
    ]


def _query_parameters(call: Call) -> list[dict[str, Any]]:
    _, components = msgspec.json.schema_components([call.query], ref_template=_REF)
    properties = components[call.query.__name__].get("properties", {})
    return [
        {
            "name": name,
            "in": "query",
            "description": schema.pop("description", ""),
            "schema": schema,
        }
        for name, schema in properties.items()
    ]
