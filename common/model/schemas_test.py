#!/usr/bin/env python3
"""The JSON Schemas of schemas/topics are valid, and are those of what the code writes. Argument: schema_messages, which
prints it."""
import json
import pathlib
import re
import subprocess
import sys
import unittest

import yaml
from jsonschema import Draft202012Validator

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests/support"))
from topic_schemas import INDEX, ROOT, STORE, faults_of, records_schema, slightly_wrong  # noqa: E402

MESSAGES = [json.loads(line) for line in subprocess.run([sys.argv.pop(1)], capture_output=True, check=True, text=True).stdout.split("\n")[:-1]]
TOPICS = INDEX["topics"]
# Members that not every message of a topic has.
MAY_BE_ABSENT = {"announcements": {"refused", "entries"}, "files": {"refused"}, "commits": {"feeds", "cut"}}


class Schemas(unittest.TestCase):
    maxDiff = None

    def test_what_the_code_writes_is_as_they_say(self):
        faults = [(m["topic"], m["payload"], f) for m in MESSAGES for f in faults_of(m, TOPICS[m["topic"]])]
        self.assertEqual(faults, [])

    # A schema that takes anything would prove nothing.
    def test_what_is_slightly_wrong_is_refused(self):
        seen = set()
        for message in MESSAGES:
            name = message["topic"]
            seen.add(name)
            if not message["payload"].startswith("{"):
                self.assertNotEqual(faults_of(message | {"payload": "x"}, TOPICS[name]), [])
                continue
            allowed = {f"without {member}" for member in MAY_BE_ABSENT.get(name, ())}
            # That a group of members is whole is asked of the others of the group.
            allowed |= {"without entries", "without entries_settled", "without archive", "without the header retry"}
            for what, wrong in slightly_wrong(message):
                if what not in allowed:
                    self.assertNotEqual(faults_of(wrong, TOPICS[name]), [], f"{name}: {what}: {wrong}")
        self.assertEqual(seen, set(TOPICS) - {"records", "rows"}, "records and rows are not written by this library")

    def test_a_group_of_members_is_whole(self):
        for name, first in (("files", "entries"), ("files", "archive"), ("announcements", "archive"), ("file-counts", "entries_settled")):
            without = next(m for m in MESSAGES if m["topic"] == name and first not in json.loads(m["payload"]))
            value = json.loads(without["payload"]) | {first: json.loads(next(
                m["payload"] for m in MESSAGES if m["topic"] == name and first in json.loads(m["payload"])))[first]}
            self.assertNotEqual(faults_of(without | {"payload": json.dumps(value)}, TOPICS[name]), [], f"{name}: {first}")

    def test_they_are_valid_and_name_themselves(self):
        for name, schema in STORE.items():
            Draft202012Validator.check_schema(schema)
            self.assertEqual(schema["$id"], name)
        for entry in TOPICS.values():
            for part in ("key", "headers", "value"):
                Draft202012Validator.check_schema(entry[part])

    def test_the_schema_of_records_is_made_of_the_definition(self):
        for path in (ROOT / "schemas").glob("*.yaml"):
            Draft202012Validator.check_schema(records_schema(yaml.safe_load(path.read_text())))
        bookings = yaml.safe_load((ROOT / "schemas/bookings.yaml").read_text())
        self.assertEqual(records_schema(bookings), STORE["bookings.records.value.schema.json"])

    def test_the_index_has_every_topic_of_the_architecture(self):
        table = (ROOT / "ARCHITECTURE.md").read_text().split("## Topics")[1].split("\n## ")[0]
        told = set(re.findall(r"^\| `(sluice\.[^`]+)`", table, re.M))
        self.assertEqual(told, {e["topic"] for e in TOPICS.values()} | set(INDEX["packed"]["topics"]))


if __name__ == "__main__":
    unittest.main()
