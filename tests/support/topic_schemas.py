"""schemas/topics as tests use it: what of a message is not as its topic's entry says."""
import json
import pathlib
import sys

from jsonschema import Draft202012Validator, RefResolver

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMAS = ROOT / "schemas/topics"
sys.path.insert(0, str(SCHEMAS))
from records_schema import records_schema  # noqa: E402, F401

INDEX = json.loads((SCHEMAS / "topics.json").read_text())
STORE = {path.name: json.loads(path.read_text()) for path in SCHEMAS.glob("*.schema.json")}


def errors_of(schema, instance):
    validator = Draft202012Validator(schema, resolver=RefResolver("", schema, store=STORE))
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in validator.iter_errors(instance)]


def faults_of(message, entry, name=None, derived=None):
    """`name` is the dataset or report; `derived` are schemas of values, by name, that are not shipped. A message has
    `key`, `headers` and `payload`, the value's text or None."""
    faults = [f"key: {e}" for e in errors_of(entry["key"], message["key"])]
    if entry["key"].get("contentMediaType") == "application/json" and not faults:
        faults += [f"key: {e}" for e in errors_of(entry["key"]["contentSchema"], json.loads(message["key"]))]
    headers = entry["headers"] if message["payload"] is not None else entry.get("tombstone_headers", entry["headers"])
    faults += [f"headers: {e}" for e in errors_of(headers, message["headers"])]
    if message["payload"] is None:
        return faults + ([] if entry["tombstones"] else ["it is a tombstone"])
    if bare := entry.get("bare_values", {}).get(message["key"]):
        return faults + [f"value: {e}" for e in errors_of(bare, message["payload"])]
    value = json.loads(message["payload"])
    for schema in (entry["value"], entry.get("values", {}).get(name), (derived or {}).get(name)):
        if schema is not None:
            faults += [f"value: {e}" for e in errors_of(schema, value)]
    return faults


def slightly_wrong(message):
    """(what, the message changed so): each of these must have a fault."""
    value, headers = json.loads(message["payload"]), message["headers"]
    yield "no key", message | {"key": None}
    yield "another header", message | {"headers": headers | {"x": "y"}}
    for header in headers:
        yield f"without the header {header}", message | {"headers": {h: v for h, v in headers.items() if h != header}}
    changes = {"another member": value | {"zz": 1}}
    for member in value:
        changes[f"without {member}"] = {m: v for m, v in value.items() if m != member}
        changes[f"{member} of another type"] = value | {member: [[1]]}
    for what, changed in changes.items():
        yield what, message | {"payload": json.dumps(changed)}
