"""The OpenAPI description of `/api/v1`, made from the same signatures that serve it."""

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter

from console.api.problems import STATUSES
from console.api.route import Route, Spec, spec
from console.api.shapes import FeedFrame, FeedWord, Problem

ROOT = "/api/v1"
REF = "#/components/schemas/{model}"
ONE_FILE = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": {"type": "string", "format": "binary"}},
}

Mode = Literal["validation", "serialization"]
Key = tuple[Route | str, str]


def document(routes: Sequence[Route], *, address: str, version: str) -> dict[str, Any]:
    """The whole description."""
    specs = {route: spec(route) for route in routes}
    schemas, definitions = _schemas(specs)
    paths: dict[str, dict[str, Any]] = {}
    for route, said in specs.items():
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, said, schemas)
    paths["/feed"] = {"get": _feed()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Liniya", "version": version, "description": DESCRIPTION},
        "servers": [{"url": address + ROOT}],
        "security": [{"token": []}, {"session": [], "csrf": []}],
        "paths": paths,
        "components": {
            "schemas": definitions,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "liniya_session"},
                "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
            },
        },
    }


DESCRIPTION = (
    "What the console and scripts may ask of the desk. A script sends"
    " `Authorization: Bearer <token>`; a browser signs in with `POST /session` and sends the"
    " session's `csrf_token` as `X-CSRF-Token` with everything but GET."
)


def _schemas(specs: dict[Route, Spec]) -> tuple[dict[tuple[Key, Mode], Any], dict[str, Any]]:
    asked: list[tuple[Key, Mode, TypeAdapter[Any]]] = []
    for route, said in specs.items():
        if said.answer is not None:
            asked.append(((route, "answer"), "serialization", said.answer))
        if said.body is not None:
            asked.append(((route, "body"), "validation", TypeAdapter(said.body)))
    asked.append((("problem", ""), "serialization", TypeAdapter(Problem)))
    asked.append((("feed", "frame"), "serialization", TypeAdapter(FeedFrame)))
    asked.append((("feed", "word"), "validation", TypeAdapter(FeedWord)))
    schemas, whole = TypeAdapter.json_schemas(asked, ref_template=REF)
    definitions = dict(whole.get("$defs", {}))
    definitions["FeedFrame"] = schemas[("feed", "frame"), "serialization"]
    definitions["FeedWord"] = schemas[("feed", "word"), "validation"]
    return schemas, definitions


def _operation(route: Route, said: Spec, schemas: dict[tuple[Key, Mode], Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": operation_id(route),
        "tags": [route.path.split("/")[1]],
        "parameters": [*_path_parameters(said), *_query_parameters(said.query)],
        "responses": _responses(route, schemas.get(((route, "answer"), "serialization"))),
    }
    if promise := (route.handler.__doc__ or "").strip():
        operation["description"] = re.sub(r"\n\s+", "\n", promise)
    if said.body is not None:
        content = {"schema": schemas[(route, "body"), "validation"]}
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}
    if route.path == "/files":
        content = {"schema": ONE_FILE}
        operation["requestBody"] = {"required": True, "content": {"multipart/form-data": content}}
    if route.open:
        operation["security"] = []
    return operation


def operation_id(route: Route) -> str:
    """`POST /conversations/{conversation_id}/accept` → `post_conversations_accept`."""
    words = [word for word in route.path.split("/") if word and not word.startswith("{")]
    one = "_one" if route.path.endswith("}") else ""
    return "_".join([route.method.lower(), *words]) + one


def _path_parameters(said: Spec) -> Iterable[dict[str, Any]]:
    for name, adapter in said.path.items():
        schema = adapter.json_schema()
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameters(query: type[BaseModel] | None) -> Iterable[dict[str, Any]]:
    if query is None:
        return
    schema = query.model_json_schema()
    for name, field in schema["properties"].items():
        # A parameter that may be left out is never null in a URL.
        shown = {key: value for key, value in field.items() if value is not None}
        if "anyOf" in shown:
            shown |= next(kind for kind in shown.pop("anyOf") if kind != {"type": "null"})
        required = name in schema.get("required", ())
        yield {"name": name, "in": "query", "required": required, "schema": shown}


def _responses(route: Route, schema: dict[str, Any] | None) -> dict[str, Any]:
    refused = {"application/json": {"schema": {"$ref": REF.format(model="Problem")}}}
    good: dict[str, Any] = {"description": "Done"}
    if schema is not None:
        good["content"] = {"application/json": {"schema": schema}}
    status = route.status if schema is not None else 204
    return {
        str(status): good,
        **{
            str(status): {"description": text, "content": refused}
            for status, text in STATUSES.items()
        },
    }


def _feed() -> dict[str, Any]:
    return {
        "operationId": "feed",
        "tags": ["feed"],
        "description": "A WebSocket: `FeedFrame`s come, one or a list of several at once;"
        " the client says `FeedWord`s.",
        "responses": {"101": {"description": "The socket is open"}},
    }


PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Liniya API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root {{ color-scheme: light dark }}
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }}
h2 {{ margin-top: 2.5rem }} table {{ border-collapse: collapse; width: 100% }}
td {{ padding: .35rem .75rem .35rem 0; vertical-align: top; border-top: 1px solid #8884 }}
code {{ font: 13px ui-monospace, monospace; overflow-wrap: anywhere }}
</style></head><body>
<h1>Liniya API</h1><p>{description}</p>
<p>The whole of it, for programs: <a href="{root}/openapi.json">openapi.json</a>. Types of what
the feed says: <code>FeedFrame</code> there.</p>
{sections}</body></html>
"""


def page(described: dict[str, Any]) -> str:
    """The description for people, without anything from elsewhere."""
    tags: dict[str, list[str]] = {}
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            tags.setdefault(operation["tags"][0], []).append(_row(path, method, operation))
    sections = "".join(
        f"<h2>{escape(tag)}</h2><table>{''.join(rows)}</table>\n"
        for tag, rows in sorted(tags.items())
    )
    description = escape(described["info"]["description"]).replace("`", "")
    return PAGE.format(description=description, root=ROOT, sections=sections)


def _row(path: str, method: str, operation: dict[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    taken = ", ".join(_named(one["schema"]) for one in content.values())
    queried = ", ".join(
        one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"
    )
    given = ", ".join(
        f"{status} {_named(one['schema'])}"
        for status, answer in operation["responses"].items()
        if status.startswith("2")
        for one in answer.get("content", {}).values()
    )
    cells = (
        f"<code><b>{method.upper()}</b> {escape(path)}</code>",
        escape(" ".join(part for part in (taken, queried and f"?{queried}") if part)),
        escape(given),
        escape(operation.get("description", "")),
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _named(schema: dict[str, Any]) -> str:
    match schema:
        case {"$ref": str(ref)}:
            return ref.rpartition("/")[2]
        case {"items": {"$ref": str(ref)}}:
            return f"[{ref.rpartition('/')[2]}]"
        case _:
            return str(schema.get("type", ""))
