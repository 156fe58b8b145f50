"""Writes docs/reference/acts.md from the acts' declarations. `--check` only compares."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from outwork import conduct
from outwork.operation import ACTS, Act, Parameter

TARGET = Path(__file__).resolve().parents[1] / "docs" / "reference" / "acts.md"
HEAD = f"""# Acts

Everything that can be done in Outwork, in {len(ACTS)} acts. Written by `tools/reference.py` from
the declarations; a test sees that it is up to date.

An act has one name everywhere: `POST /api/acts/NAME` with a JSON object, `outwork do NAME --as
LOGIN argument=value ...`, `client.SLICE.VERB(argument=...)` in the SDK. *Stages* are those of the
engagement or work order at which it can be done. *Events* are what it may leave in the log.
"""
PLAIN = {"string": "text", "integer": "whole number", "boolean": "yes or no", "number": "number"}

assert conduct  # importing it declares every act


def page() -> str:
    """The reference page."""
    parts = [HEAD]
    slices = dict.fromkeys(name.partition(".")[0] for name in sorted(ACTS))
    for slice_name in slices:
        parts.append(f"\n## {slice_name}\n")
        parts += [_act(a) for n, a in sorted(ACTS.items()) if n.startswith(f"{slice_name}.")]
    return "".join(parts)


def _act(declared: Act[..., Any]) -> str:
    rule = declared.rule
    roles = ", ".join(sorted(rule.roles)) or ("administrator" if rule.administrator else "anyone")
    ordered = sorted(rule.stages, key=lambda s: s.position)
    stages = ", ".join(s.value for s in ordered) or "any"
    events = ", ".join(f"`{e.kind}`" for e in declared.records) or "none"
    rows = "".join(_parameter(p) for p in declared.parameters)
    table = f"\n| parameter | kind | default |\n| --- | --- | --- |\n{rows}" if rows else ""
    return (
        f"\n### {declared.name}\n\n{declared.help}\n\n"
        f"Roles: {roles}. Stages: {stages}. Events: {events}.\n{table}"
    )


def _parameter(parameter: Parameter) -> str:
    default = "required" if parameter.required else f"`{parameter.default!r}`"
    return f"| `{parameter.name}` | {_kind(parameter)} | {default} |\n"


def _kind(parameter: Parameter) -> str:
    schema = parameter.adapter.json_schema()
    return _named(schema, schema.get("$defs", {}))


def _named(schema: dict[str, Any], defs: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _named(defs[name], defs) if "enum" in defs[name] else name
    if "enum" in schema:
        return "one of " + ", ".join(f"`{v}`" for v in schema["enum"])
    if "anyOf" in schema:
        kinds = [_named(s, defs) for s in schema["anyOf"] if s.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if schema.get("type") == "array":
        return f"list of {_named(schema.get('items', {}), defs)}"
    if schema.get("type") == "object":
        inner = schema.get("additionalProperties")
        kind = _named(inner, defs) if isinstance(inner, dict) else "anything"
        return schema.get("title") or f"mapping to {kind}"
    if schema.get("format") in ("date-time", "date", "time"):
        return str(schema["format"]).replace("date-time", "instant with zone")
    if "base64" in str(schema.get("format", "")) + str(schema.get("contentEncoding", "")):
        return "bytes in base64"
    if schema.get("format") == "password":
        return "secret text"
    return PLAIN.get(str(schema.get("type")), "JSON")


def main() -> int:
    """Write the page, or with --check say whether it is up to date."""
    fresh = page()
    if "--check" not in sys.argv[1:]:
        TARGET.parent.mkdir(parents=True, exist_ok=True)
        TARGET.write_text(fresh, encoding="utf-8")
        return 0
    if TARGET.exists() and TARGET.read_text(encoding="utf-8") == fresh:
        return 0
    sys.stderr.write("docs/reference/acts.md is out of date: run python tools/reference.py\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
