#!/usr/bin/env python3
"""What lies on the topics of a running Sluice is what schemas/topics says, and docs/topics.md's commands do what it
says they do. Started by topics_test.cc, which has dropped the files of its feed() and waited until they are settled.

The class Documents needs no server, and is a test of its own.

Environment: KAFKA, SLUICE_TOPIC_PREFIX, SLUICE_API (URL), SLUICE_DATA_IN, SLUICE_DEFINITIONS. With
SLUICE_TOPICS_EXAMPLES=write schemas/topics/examples.json becomes what was produced."""
import calendar
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from decimal import Decimal

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from topic_schemas import INDEX, ROOT, SCHEMAS, faults_of, records_schema, slightly_wrong  # noqa: E402

KAFKA, PREFIX, API, DATA_IN = (
    os.environ.get(name, "") for name in ("KAFKA", "SLUICE_TOPIC_PREFIX", "SLUICE_API", "SLUICE_DATA_IN"))
DOC = (ROOT / "docs/topics.md").read_text()
DEADLINE_S = 60


# --- reading topics

def lines_of(text):
    """Not splitlines(), for which a JSON text may have ends of lines inside."""
    return text.split("\n")[:-1]


def kcat(*arguments, text=None):
    done = subprocess.run(["kcat", "-b", KAFKA or "nowhere", *arguments], input=text, capture_output=True, text=True)
    assert done.returncode == 0, f"kcat {' '.join(arguments)}: {done.stderr}"
    return done.stdout


def topics_there():
    names = [t["topic"] for t in json.loads(kcat("-L", "-J"))["topics"]]
    return sorted(name for name in names if name.startswith(PREFIX + "."))


def read(topic):
    """Every committed message to the topic's end."""
    text = kcat("-X", "isolation.level=read_committed", "-q", "-e", "-o", "beginning", "-C", "-t", topic, "-J")
    out = []
    for line in lines_of(text):
        message = json.loads(line)
        names = message.get("headers", [])
        out.append({"topic": message["topic"], "partition": message["partition"], "offset": message["offset"],
                    "timestamp": message["ts"], "key": message["key"],
                    "headers": dict(zip(names[::2], names[1::2])), "payload": message["payload"]})
    return out


# --- what the index says of a topic

def sluice_name(topic):
    return "sluice." + topic[len(PREFIX) + 1:]


def pattern_of(name):
    return re.compile(re.sub(r"<\w+>", "(?P<name>[a-z0-9-]+)", name.replace(".", r"\.")) + "$")


def entry_of(topic):
    """(its name in the index, its entry, the dataset's or report's part of the name); None: a packed topic."""
    for name, entry in INDEX["topics"].items():
        if match := pattern_of(entry["topic"]).match(sluice_name(topic)):
            return name, entry, match.groupdict().get("name")
    assert any(pattern_of(name).match(sluice_name(topic)) for name in INDEX["packed"]["topics"]), f"{topic} is not in the index"
    return None


# --- the documentation's commands

RECIPES = dict(re.findall(r"<!-- recipe: (\w+) -->\n```console\n(.*?)```", DOC, re.S))


def ours(command):
    """The recipe on this run's topics: it has a prefix of its own."""
    return re.sub(r"\bmy-", f"{PREFIX}-my-", re.sub(r"\bsluice\.(?=[a-z-]+\.)", PREFIX + ".", command))


def environment():
    return os.environ | {"TARGET": KAFKA, "PATH": "/usr/bin:/bin:" + os.environ.get("PATH", "")}


def recipe(name):
    done = subprocess.run(["bash", "-o", "pipefail", "-c", ours(RECIPES[name])], capture_output=True, text=True, cwd=ROOT,
                          env=environment())
    assert done.returncode == 0, f"recipe {name}: {done.stderr}"
    return done.stdout


def kafka_settings(topic):
    from confluent_kafka.admin import AdminClient, ConfigResource
    admin = AdminClient({"bootstrap.servers": KAFKA})  # named: one that nobody holds is gone before it answers
    asked = ConfigResource(ConfigResource.Type.TOPIC, topic)
    return {name: entry.value for name, entry in admin.describe_configs([asked])[asked].result(30).items()}


def make_topic(topic, partitions):
    from confluent_kafka.admin import AdminClient, NewTopic
    admin = AdminClient({"bootstrap.servers": KAFKA})
    admin.create_topics([NewTopic(topic, partitions, 1)])[topic].result(30)


def eventually(what, condition):
    end = time.monotonic() + DEADLINE_S
    while not (result := condition()):
        assert time.monotonic() < end, what
        time.sleep(0.1)
    return result


def api(path):
    with urllib.request.urlopen(API + path) as answer:
        return json.loads(answer.read(), parse_float=Decimal)


def receipts():
    return api("/v1/files?limit=1000")["files"]


def report_rows():
    return api("/v1/reports/monthly_restaurants_report?limit=10000")["rows"]


def drop(name, text):
    with tempfile.NamedTemporaryFile("w", dir=pathlib.Path(DATA_IN).parent, delete=False) as file:
        file.write(text)
    os.chmod(file.name, 0o644)
    os.rename(file.name, pathlib.Path(DATA_IN) / name)


def records():
    return read(f"{PREFIX}.bookings.records.v1")


HEADER = "booking_id,restaurant_id,restaurant_name,client_id,client_name,amount,guests,date,country\n"


# --- examples

def example_of(message):
    return {"topic": sluice_name(message["topic"])} | {n: message[n] for n in ("partition", "offset", "timestamp", "key", "headers")} \
        | {"value": message["payload"]}


VOLATILE = [(r'"(found_at|started_at|finished_at)":"[^"]*"', r'"\1":"<time>"'), (r'"(mtime_ns|inode)":\d+', r'"\1":0'),
            (r"\b\d+(\.\d+)?-([0-9a-f]{12})\b", r"<place>\1-\2"), (r'"(transaction|previous|_revision|messages|late)":\d+', r'"\1":0'),
            (r"transaction:\d+", "transaction:<n>"), (r"\(task \d+\)", "(task)"), (r'":\d+(?=[,}].*"partitions")', '":0'),
            (r'"fingerprint":"[0-9a-f]+"', '"fingerprint":"<of the definition>"'),
            (r'"path":"/[^"]*/schemas/', '"path":"<where the definitions are>/')]


def lasting(message):
    """What of a message is the same in every run."""
    message = {n: message[n] for n in ("topic", "key", "headers", "value")}
    message["headers"] = {n: v for n, v in message["headers"].items() if n not in ("x-first-failed-at", "__connect.errors.task.id")}
    text = json.dumps(message).replace('\\"', '"').replace(PREFIX, "sluice")
    for pattern, instead in VOLATILE:
        text = re.sub(pattern, instead, text)
    return text


# Which message each topic shows: the first for which this holds.
SHOWN = {
    "records": lambda m: m["key"] == "b1",
    "dead-letters": lambda m: m["headers"]["x-file-name"] == "bookings.csv",
    "rows": lambda m: m["topic"].endswith("monthly-restaurants-report.rows.v1") and '"Austria"' in m["key"],
    "files": lambda m: '"state":"done"' in m["payload"] and '"name":"bookings.csv"' in m["payload"],
    "discoveries": lambda m: m["key"] == "bookings.csv",
    "announcements": lambda m: '"path":"bookings.csv"' in m["payload"],
    "file-counts": lambda m: '"corrections":1' in m["payload"],
    "commits": lambda m: m["key"] == "bookings-stage1-0",
    "ingest-commits": lambda m: True,
    "generations": lambda m: m["key"] == "bookings",
}

# What another producer sent to a records topic: no record, and not as our schemas say.
FOREIGN = "foreign"


class Documents(unittest.TestCase):
    """What needs no server."""

    def test_every_command_of_the_page_has_a_name_and_a_test(self):
        blocks = re.findall(r"```console\n(.*?)```", DOC, re.S)
        unnamed = [b for b in blocks if "sluice." in b and b not in RECIPES.values()]
        self.assertEqual(unnamed, [])
        tested = {name[len("test_recipe_"):] for name in dir(Recipes) if name.startswith("test_recipe_")}
        self.assertEqual(tested, set(RECIPES))

    def test_kcat_knows_the_settings_for_tls(self):
        (text,) = re.findall(r"<!-- settings: kafka.conf -->\n```ini\n(.*?)```", DOC, re.S)
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write(text.replace("…", "secret"))
            file.flush()
            words = kcat("-F", file.name, "-X", "dump")
        for line in text.splitlines():
            name, value = line.split("=", 1)
            self.assertRegex(words, rf"(?mi)^\s*{re.escape(name)} = {re.escape(value) if '…' not in value else '.+'}$")


class Topics(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        kcat("-P", "-t", f"{PREFIX}.visits.records.v1", "-k", FOREIGN, text="{}")
        eventually("the foreign message is a dead letter",
                   lambda: any('"stage":"transform"' in m["payload"] for m in read(f"{PREFIX}.visits.dead-letters.v1")))
        everything = {topic: read(topic) for topic in topics_there() if entry_of(topic)}
        cls.messages = {topic: [m for m in all if m["key"] != FOREIGN] for topic, all in everything.items()}

    def of(self, name):
        return [m for topic, all in self.messages.items() if entry_of(topic)[0] == name for m in all]

    def test_every_message_is_as_its_topics_schemas_say(self):
        derived = {}
        for path in pathlib.Path(os.environ["SLUICE_DEFINITIONS"]).glob("*.yaml"):
            definition = yaml.safe_load(path.read_text())
            derived[definition["dataset"].replace("_", "-")] = records_schema(definition)
        faults = []
        for topic, messages in self.messages.items():
            kind, entry, name = entry_of(topic)
            for message in messages:
                of_value = derived if kind == "records" else None
                faults += [f"{topic} {message['key']}: {fault}" for fault in faults_of(message, entry, name, of_value)]
        self.assertEqual(faults[:20], [])

    def test_every_topic_of_the_index_was_looked_at_and_holds_messages(self):
        for name in INDEX["topics"]:
            self.assertTrue(self.of(name), name)
        self.assertTrue(any(m["payload"] is None for m in self.of("rows")), "no row was taken back")
        self.assertEqual({json.loads(m["payload"])["stage"] for m in self.of("dead-letters")}, {"ingest", "transform"})
        states = {json.loads(m["payload"])["state"] for m in self.of("files")}
        self.assertLessEqual({"done", "duplicate", "failed"}, states)
        self.assertTrue(any('"entries":' in m["payload"] for m in self.of("files")), "no archive")

    def test_a_records_time_is_its_event_time(self):
        for topic, messages in self.messages.items():
            if not topic.endswith(".bookings.records.v1"):
                continue
            for message in messages:
                value = json.loads(message["payload"])
                day = time.strptime(value["date"] + " UTC", "%Y-%m-%d %Z")
                self.assertEqual(message["timestamp"], max(1, calendar.timegm(day) * 1000))

    def test_the_keys_of_messages_name_what_their_values_are(self):
        for message in self.of("rows"):
            if message["payload"] is not None and "monthly-restaurants" in message["topic"]:
                row = json.loads(message["payload"])
                self.assertEqual(json.loads(message["key"]),
                                 [row[c] for c in ("restaurant_id", "restaurant_name", "country", "month", "currency")])
        for name, member in (("dead-letters", "id"), ("files", "id"), ("announcements", "id"), ("file-counts", "file"),
                             ("discoveries", "path"), ("ingest-commits", "task"), ("generations", "dataset")):
            for message in self.of(name):
                self.assertEqual(message["key"], json.loads(message["payload"])[member], name)

    def test_the_examples_were_really_produced(self):
        path = SCHEMAS / "examples.json"
        if os.environ.get("SLUICE_TOPICS_EXAMPLES") == "write":
            examples = {name: example_of(next(m for m in self.of(name) if wanted(m))) for name, wanted in SHOWN.items()}
            text = json.dumps(examples, indent=2, ensure_ascii=False).replace(PREFIX, "sluice")
            path.write_text(text.replace(os.environ["SLUICE_DEFINITIONS"], "/opt/sluice/schemas") + "\n")
        examples = json.loads(path.read_text())
        self.assertEqual(set(examples), set(INDEX["topics"]))
        for name, example in examples.items():
            entry = INDEX["topics"][name]
            part = pattern_of(entry["topic"]).match(example["topic"]).groupdict().get("name")
            self.assertEqual(faults_of(example | {"payload": example["value"]}, entry, part), [], name)
            self.assertIn(lasting(example), {lasting(example_of(m)) for m in self.of(name)}, name)

    # A schema that takes anything would prove nothing: each must refuse what is slightly wrong.
    def test_a_message_that_is_slightly_wrong_is_refused(self):
        for name, wanted in SHOWN.items():
            good = next(m for m in self.of(name) if wanted(m))
            for what, message in slightly_wrong(good):
                self.assertNotEqual(faults_of(message, INDEX["topics"][name], entry_of(good["topic"])[2]), [], f"{name}: {what}")


class Recipes(unittest.TestCase):
    maxDiff = None

    def test_recipe_records(self):
        lines = [line.split("\t") for line in lines_of(recipe("records"))]
        expected = [[m["key"], str(m["timestamp"]), f"origin={m['headers']['origin']}", m["payload"]] for m in records()]
        self.assertCountEqual(lines, expected)
        # An archive's rows are those of its files.
        files = [f for f in receipts() if f["dataset"] == "bookings" and not f["name"].endswith(".zip")]
        self.assertEqual(len(lines), sum(f["records"] + f["corrections"] + f["duplicates"] for f in files))

    def test_recipe_french(self):
        french = [json.loads(m["payload"]) for m in records()]
        expected = [[r["booking_id"], r["date"], r["amount"], r["currency"]] for r in french if r["country"] == "France"]
        self.assertTrue(expected)
        self.assertCountEqual([json.loads(line) for line in lines_of(recipe("french"))], expected)

    def test_recipe_versions(self):
        lines = lines_of(recipe("versions"))
        self.assertEqual([line.split("\t")[0] for line in lines], ["b1", "b1"])
        self.assertIn('"restaurant_name":"Beta"', lines[1])

    def test_recipe_group(self):
        self.assertEqual(len(lines_of(recipe("group"))), len(records()))
        self.assertEqual(recipe("group"), "", "it goes on where it stopped")

    def test_recipe_follow(self):
        command = ["bash", "-c", "exec " + ours(RECIPES["follow"]).replace(" -q ", " ")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()) as follower:
            try:
                for _ in range(2):  # of its two partitions it says that it has come to the end
                    line = follower.stderr.readline()
                    self.assertIn("Reached end of topic", line)
                drop("bookings-followed.csv", HEADER + "f1,rf,Followed,c,Cy,£7.10,2,31/01/2019,Wales\n")
                line = follower.stdout.readline()
            finally:
                follower.kill()
        eventually("the file is settled", lambda: any(
            f["name"] == "bookings-followed.csv" and f["state"] == "done" for f in receipts()))
        self.assertTrue(line.startswith('["rf","Followed","Wales","2019_01","GBP"] {'), line)
        self.assertIn('"amount":7.10', line)

    @staticmethod
    def texts(rows):
        # jq makes doubles of numbers, and of 212.00 a 212.
        return sorted(json.dumps({n: float(v) if isinstance(v, (int, float, Decimal)) else v for n, v in row.items()}, sort_keys=True)
                      for row in rows)

    def test_recipe_table(self):
        def difference():
            table = [json.loads(line) for line in lines_of(recipe("table"))]
            rows = [{n: v for n, v in row.items() if n != "_revision"} for row in table]
            return set(self.texts(rows)) ^ set(self.texts(report_rows()))
        end = time.monotonic() + DEADLINE_S
        while (different := difference()) and time.monotonic() < end:
            time.sleep(0.1)
        self.assertEqual(sorted(different)[:4], [], "the topic's table is not the report")

    def test_recipe_file(self):
        told = [json.loads(line) for line in lines_of(recipe("file"))]
        known = [f for f in receipts() if f["name"] == "bookings.csv"]
        self.assertEqual(told, [{m: f[m] for m in told[0]} for f in known])
        self.assertEqual(told[0]["rows"], 5)
        self.assertEqual(told[0]["dead_letters"], 2)

    def test_recipe_failed(self):
        lines = lines_of(recipe("failed"))
        failed = {f["name"]: f["error"] for f in receipts() if f["state"] == "failed"}
        self.assertLessEqual({f"{name}: failed. {error}" for name, error in failed.items()}, set(lines))
        self.assertIn("bookings-header.csv", failed)

    def test_recipe_letters(self):
        told = recipe("letters")
        letters = read(f"{PREFIX}.bookings.dead-letters.v1")
        for letter in letters:
            self.assertIn(letter["payload"], told)
            self.assertIn(letter["headers"]["__connect.errors.exception.message"], told)

    def test_recipe_rules(self):
        told = dict(reversed(line.split()) for line in lines_of(recipe("rules")))
        letters = read(f"{PREFIX}.bookings.dead-letters.v1")
        rules = collections.Counter(json.loads(m["payload"])["rule"] for m in letters)
        self.assertEqual(told, {rule: str(n) for rule, n in rules.items()})

    def test_recipe_counts(self):
        counts = collections.Counter(m["key"] for m in records())
        lines = [line.split(None, 1) for line in lines_of(recipe("counts"))]
        self.assertEqual(len(lines), 20)
        self.assertEqual([int(n) for n, _ in lines], sorted(counts.values(), reverse=True)[:20])
        for n, key in lines:
            self.assertEqual(int(n), counts[key], key)

    @staticmethod
    def parts(messages, *names):
        return sorted(json.dumps([m[n] for n in names]) for m in messages)

    def test_recipe_copy(self):
        told = recipe("copy")
        target = f"{PREFIX}-my-bookings"
        source, copy = records(), read(target)
        everything = ("partition", "timestamp", "key", "headers", "payload")
        self.assertEqual(self.parts(copy, *everything), self.parts(source, *everything))
        self.assertIn(f"{len(copy)} messages", told)
        for p in {m["partition"] for m in source}:
            self.assertEqual([m["payload"] for m in copy if m["partition"] == p],
                             [m["payload"] for m in source if m["partition"] == p], "the order of a partition")
        with self.assertRaisesRegex(AssertionError, "is not empty"):
            recipe("copy")
        # Tombstones are copied, and the target is compacted as the source is.
        rows = f"{PREFIX}.monthly-restaurants-report.rows.v1"
        subprocess.run([ROOT / "docs/recipes/copy_topic.py", KAFKA, rows, KAFKA, f"{PREFIX}-my-rows"], check=True, env=environment())
        self.assertEqual(self.parts(read(f"{PREFIX}-my-rows"), *everything), self.parts(read(rows), *everything))
        self.assertEqual(kafka_settings(f"{PREFIX}-my-rows")["cleanup.policy"], "compact")

    def test_recipe_replay(self):
        target = f"{PREFIX}-my-replay"
        make_topic(target, 2)
        recipe("replay")
        self.assertEqual(self.parts(read(target), "partition", "key", "payload"), self.parts(records(), "partition", "key", "payload"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
