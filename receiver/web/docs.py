"""The description as a page for people: one file, no script, and nothing from elsewhere."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from html import escape
from typing import Any

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); }
section { margin: 1.5rem 0; padding: 0 1rem 1rem; border: 1px solid var(--line); }
code, pre { font: .9em ui-monospace, monospace; }
pre { background: var(--soft); padding: .75rem; border-radius: 6px; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 600; }
th, td { padding: .25rem .75rem .25rem 0; border-top: 1px solid var(--line); vertical-align: top; }
nav ul { columns: 2; padding-left: 1rem; }
"""

_EXAMPLE = """curl -H "Authorization: Bearer $RECEIVER_API_KEY" \\
  'http://127.0.0.1:8000/api/conversations?unread=true'"""

_KEYLESS = " (without a key)"

POLICY = (
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; "
    f"style-src 'sha256-{b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)
"""What the page may load (Content-Security-Policy): its own style."""


def page(document: dict[str, Any]) -> str:
    """Write the page of an OpenAPI document."""
    info = document["info"]
    title = f"{escape(info['title'])} {escape(info['version'])}"
    operations = list(_operations(document))
    schemas = document["components"]["schemas"]
    body = [
        f"<h1>{title}</h1>",
        *(f"<p>{escape(part)}</p>" for part in info["description"].split("\n\n")),
        f"<pre>{_EXAMPLE}</pre>",
        "<nav><ul>",
        *(f'<li><a href="#{one["operationId"]}">{name}</a></li>' for name, one in operations),
        "</ul></nav><h2>Operations</h2>",
        *(_operation(name, one) for name, one in operations),
        "<h2>Shapes</h2>",
        *(_shape(name, schemas[name]) for name in sorted(schemas)),
    ]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width">'
        f"<style>{_STYLE}</style></head><body>{''.join(body)}</body></html>"
    )


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"<code>{method.upper()} {escape(path)}</code>", operation


def _operation(name: str, operation: dict[str, Any]) -> str:
    body = operation.get("requestBody", {}).get("content", {})
    answers = [
        f"<tr><td>{status}</td><td>{escape(answer['description'])}</td>"
        f"<td>{'; '.join(map(_content, answer['content'].items()))}</td></tr>"
        for status, answer in operation["responses"].items()
    ]
    return (
        f'<section id="{operation["operationId"]}"><h3>{name}</h3>'
        f"<p>{escape(operation['summary'])}{_KEYLESS if 'security' in operation else ''}</p>"
        f"{_table('Parameter', map(_parameter, operation['parameters']))}"
        f"{''.join(f'<p>Body: {_content(one)}</p>' for one in body.items())}"
        f"{_table('Answer', answers)}</section>"
    )


def _parameter(parameter: dict[str, Any]) -> str:
    return (
        f"<tr><td><code>{escape(parameter['name'])}</code> ({parameter['in']})</td>"
        f"<td>{_type(parameter['schema'])}</td>"
        f"<td>{escape(parameter.get('description', ''))}</td></tr>"
    )


def _shape(name: str, schema: dict[str, Any]) -> str:
    rows = [
        f"<tr><td><code>{escape(field)}</code></td><td>{_type(kind)}</td>"
        f"<td>{escape(kind.get('description', ''))}</td></tr>"
        for field, kind in schema.get("properties", {}).items()
    ]
    return (
        f'<section id="{escape(name)}"><h3>{escape(name)}</h3>'
        f"<p>{escape(schema.get('description', ''))}</p>{_table('Field', rows)}</section>"
    )


def _table(head: str, rows: Any) -> str:
    content = "".join(rows)
    return f"<table><tr><th>{head}</th><th></th><th></th></tr>{content}</table>" if content else ""


def _content(content: tuple[str, dict[str, Any]]) -> str:
    media_type, description = content
    return f"{_type(description['schema'])} as <code>{escape(media_type)}</code>"


def _type(schema: dict[str, Any]) -> str:
    match schema:
        case {"$ref": reference}:
            name = escape(reference.rpartition("/")[2])
            return f'<a href="#{name}">{name}</a>'
        case {"anyOf": kinds}:
            return " or ".join(map(_type, kinds))
        case {"enum": values}:
            return " or ".join(f"<code>{escape(str(value))}</code>" for value in values)
        case {"type": "array", "items": kind}:
            return f"list of {_type(kind)}"
        case {"type": kind, "minimum": least, "maximum": most}:
            return f"{kind}, {least} to {most}"
        case {"type": kind, "format": form}:
            return f"{kind} ({escape(form)})"
        case {"type": kind}:
            return escape(str(kind))
        case _:
            return "anything"
