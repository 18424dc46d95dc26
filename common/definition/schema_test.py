#!/usr/bin/env python3
"""The JSON Schema for editors gives the verdicts of schema_cases.yaml, which schema_test.cc asks of the checker, and
accepts the definitions that ship. Arguments: the folder of schemas, schema_cases.yaml."""
import json
import pathlib
import sys

import jsonschema
import yaml

schemas, cases_path = map(pathlib.Path, sys.argv[1:])
schema = json.loads((schemas / "definition.schema.json").read_text())
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
cases = yaml.safe_load(cases_path.read_text())
failures = []


def errors_of(definition):
    return [e.message for e in validator.iter_errors(definition)]


for path in sorted(schemas.glob("*.yaml")):
    text = path.read_text()
    failures += [f"{path.name}: {e}" for e in errors_of(yaml.safe_load(text))]
    if "$schema=definition.schema.json" not in text.splitlines()[0]:
        failures.append(f"{path.name}: its first line does not name the schema")
for change in cases["good"]:
    failures += [f"good, but {e}: {change}" for e in errors_of(cases["base"] | change)]
for change in cases["bad"]:
    if not errors_of(cases["base"] | change):
        failures.append(f"bad, but accepted: {change}")
print("\n".join(failures) or "the schema agrees")
sys.exit(bool(failures))
