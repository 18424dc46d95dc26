#!/usr/bin/env python3
"""The JSON Schema of a dataset's records, made of its definition:

    records_schema.py bookings.yaml > bookings.records.value.schema.json

Every field is a member, in the definition's order, as field-types.schema.json has its type; money is followed by its
currency; what is not required may be null. Needs Debian's python3-yaml. It believes the definition: `./sluice
definitions check` is what refuses a bad one."""
import json
import pathlib
import sys

import yaml


def type_of(name):
    return {"$ref": f"field-types.schema.json#/$defs/{name}"}


def limits_of(field):
    """Those that a value must keep after it was read, too."""
    out = {}
    if "min" in field:
        out["minimum"] = field["min"]
    if "max" in field:
        out["maximum"] = field["max"]
    if "one_of" in field:
        out["enum"] = field["one_of"]
    return out


def member(kind, field):
    schema = type_of(kind) | limits_of(field)
    return schema if field.get("required") else {"anyOf": [schema, {"type": "null"}]}


def records_schema(definition):
    members = {}
    for name, field in definition["fields"].items():
        members[name] = member(field["type"], field)
        if field["type"] == "money":
            members[field.get("currency", f"{name}_currency")] = member("currency", {"required": field.get("required")})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{definition['dataset']}.records.value.schema.json",
        "title": f"A record of the dataset {definition['dataset']}",
        "type": "object",
        "properties": members,
        "required": list(members),
        "additionalProperties": False,
    }


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(json.dumps(records_schema(yaml.safe_load(pathlib.Path(sys.argv[1]).read_text())), indent=2, ensure_ascii=False))
