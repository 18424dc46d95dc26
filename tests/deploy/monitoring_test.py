#!/usr/bin/env python3
"""Rules, Alertmanager's configuration and dashboards, by Prometheus', Alertmanager's and Grafana's own words: none of
them may ask for what the catalogue of metrics does not have."""
import functools
import json
import pathlib
import re
import sys
import tempfile
import unittest

import yaml

from support import ROOT, clean_environment, metrics_in, metrics_of_the_catalogue, run

MONITORING = ROOT / "monitoring"
RULES = MONITORING / "prometheus/rules/sluice.yml"
RULE_TESTS = MONITORING / "prometheus/tests/sluice_test.yml"
# What Prometheus and the scrape configuration add to every series, and histograms to theirs.
ADDED = {"job", "component", "instance", "le"}


def alerts(text=None):
    return [rule for group in yaml.safe_load(text or RULES.read_text())["groups"] for rule in group["rules"]]


def dashboards():
    return {path.name: json.loads(path.read_text()) for path in sorted((MONITORING / "grafana/dashboards").glob("*.json"))}


def panels():
    return [(f"{name}: {panel['title']}", panel) for name, dashboard in dashboards().items() for panel in dashboard["panels"]]


def targets(field):
    return [(name, target[field]) for name, panel in panels() for target in panel["targets"] if field in target]


def all_expressions():
    return [(rule["alert"], rule["expr"]) for rule in alerts()] + targets("expr")


def test_of_rules(rules):
    """promtool's exit code on the tests of the rules, with other rules."""
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        (place / "rules").mkdir()
        (place / "tests").mkdir()
        (place / "rules/sluice.yml").write_text(rules)
        (place / "tests/sluice_test.yml").write_text(RULE_TESTS.read_text())
        return run("promtool", "test", "rules", place / "tests/sluice_test.yml", ok=False)


class Rules(unittest.TestCase):
    def test_are_rules_and_do_what_their_tests_say(self):
        run("promtool", "check", "rules", RULES)
        code, words = test_of_rules(RULES.read_text())
        self.assertEqual(code, 0, words)

    def test_of_which_each_is_seen_to_fire_and_to_be_silent(self):
        fired, silent = set(), set()
        for test in yaml.safe_load(RULE_TESTS.read_text())["tests"]:
            for one in test["promql_expr_test"]:
                fired |= set(re.findall(r'alertname="(\w+)"', " ".join(s["labels"] for s in one["exp_samples"])))
                if not one["exp_samples"]:
                    pattern = re.search(r'alertname=~?"([^"]+)"', one["expr"])[1]
                    silent |= {rule["alert"] for rule in alerts() if re.fullmatch(pattern, rule["alert"])}
        everyone = {rule["alert"] for rule in alerts()}
        self.assertEqual(fired, everyone)
        self.assertEqual(silent, everyone)

    def test_that_never_fire_or_always_do_are_found_out(self):
        for expression in ("vector(0) == 1", "up"):
            groups = yaml.safe_load(RULES.read_text())
            for group in groups["groups"]:
                for rule in group["rules"]:
                    rule["expr"] = expression
            code, words = test_of_rules(yaml.safe_dump(groups))
            self.assertNotEqual(code, 0, expression)
            self.assertIn("FAILED", words)

    def test_say_what_it_is_and_what_to_do(self):
        runbook = (ROOT / "docs/runbook.md").read_text()
        sections = re.findall(r"^## (Sluice\w+)$", runbook, re.M)
        for rule in alerts():
            self.assertIn(rule["labels"]["severity"], ("critical", "warning"), rule["alert"])
            self.assertEqual(set(rule["annotations"]), {"summary", "description", "runbook_url"}, rule["alert"])
            self.assertEqual(rule["annotations"]["runbook_url"], f"docs/runbook.md#{rule['alert'].lower()}")
        self.assertEqual(sections, [rule["alert"] for rule in alerts()], "the runbook's sections, in the rules' order")


class Alertmanager(unittest.TestCase):
    EVERYTHING = {"SLUICE_ALERT_WEBHOOK": "http://127.0.0.1:1/it's", "SLUICE_ALERT_MAIL_TO": "a@example.org,b@example.org",
                  "SLUICE_ALERT_SMTP": "mail.example.org:587", "SLUICE_ALERT_SMTP_USER": "sluice",
                  "SLUICE_ALERT_SMTP_PASSWORD_FILE": "/run/password"}

    def configured(self, **environment):
        text = run("sh", MONITORING / "alertmanager/configure.sh", env=clean_environment(**environment))
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            file.write(text)
            file.flush()
            run("amtool", "check-config", file.name)
            route = {severity: run("amtool", "config", "routes", "test", f"--config.file={file.name}",
                                   f"severity={severity}", "alertname=SluiceServiceDown").strip()
                     for severity in ("critical", "warning")}
        return yaml.safe_load(text), route

    def test_takes_any_of_the_receivers(self):
        for chosen in ({}, {"SLUICE_ALERT_WEBHOOK": "http://127.0.0.1:1/"}, {"SLUICE_ALERT_MAIL_TO": "a@example.org"}, self.EVERYTHING):
            config, route = self.configured(**chosen)
            self.assertEqual(route, {"critical": "on-call", "warning": "operators"})
            receivers = {r["name"]: r for r in config["receivers"]}
            self.assertEqual("webhook_configs" in receivers["operators"], "SLUICE_ALERT_WEBHOOK" in chosen)
            self.assertEqual("webhook_configs" in receivers["on-call"], "SLUICE_ALERT_WEBHOOK" in chosen)
            self.assertEqual("email_configs" in receivers["on-call"], "SLUICE_ALERT_MAIL_TO" in chosen)

    def test_tells_the_end_of_an_alert_too_and_keeps_no_password(self):
        config, _ = self.configured(**self.EVERYTHING)
        for receiver in config["receivers"]:
            for one in receiver.get("webhook_configs", []) + receiver.get("email_configs", []):
                self.assertIs(one["send_resolved"], True)
        (mail,) = config["receivers"][1]["email_configs"]
        self.assertEqual((mail["smarthost"], mail["auth_password_file"]), ("mail.example.org:587", "/run/password"))
        self.assertNotIn("auth_password", mail)

    def test_silences_only_what_there_is(self):
        config, _ = self.configured()
        known = {rule["alert"] for rule in alerts()}
        named = set(re.findall(r"Sluice\w+", json.dumps(config["inhibit_rules"])))
        self.assertLessEqual(named, known)
        self.assertEqual(len(config["inhibit_rules"]), 3)


class Catalogue(unittest.TestCase):
    def test_has_a_page_that_says_what_it_says(self):
        run(sys.executable, ROOT / "common/telemetry/metrics.py", "check", ROOT / "docs/metrics.md")

    def test_has_every_metric_that_is_asked_for(self):
        for name, expression in all_expressions():
            self.assertLessEqual(metrics_in([expression]), set(metrics_of_the_catalogue()), name)

    def test_has_no_metric_that_nobody_looks_at(self):
        asked = metrics_in(expression for _, expression in all_expressions())
        self.assertEqual(set(metrics_of_the_catalogue()) - asked, {"sluice_build_info"})

    def test_has_the_labels_and_the_values_that_are_asked_for(self):
        for name, expression in all_expressions():
            for metric, matchers in re.findall(r"\b((?:sluice|process)_\w+)\{([^}]*)\}", expression):
                labels = metrics_of_the_catalogue()[re.sub(r"_(bucket|sum|count)$", "", metric)].get("labels", {})
                for label, operator, value in re.findall(r'(\w+)(=~|!~|!=|=)"([^"]*)"', matchers):
                    self.assertIn(label, set(labels) | ADDED, f"{name}: {metric}")
                    if labels.get(label) and operator in ("=", "=~"):
                        self.assertLessEqual(set(value.split("|")), set(labels[label]), f"{name}: {metric}")
            known = set().union(*({*metrics_of_the_catalogue()[m].get("labels", {})} for m in metrics_in([expression]))) | ADDED
            for listed in re.findall(r"\bby \(([^)]*)\)", expression):
                if "ALERTS" not in expression:
                    self.assertLessEqual({label.strip() for label in listed.split(",")}, known, name)


class Dashboards(unittest.TestCase):
    def test_are_what_they_are_made_of(self):
        run(sys.executable, MONITORING / "grafana/dashboards.py", "check")

    def test_ask_prometheus_what_it_understands(self):
        rules = [{"record": f"panel:{i}", "expr": expression} for i, (_, expression) in enumerate(targets("expr"))]
        self.assertGreater(len(rules), 100)
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            file.write(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
            file.flush()
            run("promtool", "check", "rules", file.name)

    def test_show_every_question(self):
        shown = {text for _, text in targets("rawSql")}
        files = [*(MONITORING / "grafana/sql").glob("*.sql"), *(ROOT / "schemas/sql").glob("*.sql")]
        self.assertGreater(len(files), 20)
        for path in files:
            text = "\n".join(line for line in path.read_text().splitlines() if not line.startswith("--")).strip().rstrip(";")
            self.assertIn(text, shown, path.name)

    def test_find_their_data_sources(self):
        known = {source["type"] for path in (MONITORING / "grafana/provisioning/datasources").glob("*.yml")
                 for source in yaml.safe_load(path.read_text())["datasources"]}
        for name, dashboard in dashboards().items():
            (variable,) = dashboard["templating"]["list"]
            self.assertIn(variable["query"], known, name)
            for panel in dashboard["panels"]:
                self.assertEqual(panel["datasource"], {"type": variable["query"], "uid": "${datasource}"}, name)
        uids = [dashboard["uid"] for dashboard in dashboards().values()]
        self.assertEqual(len(uids), len(set(uids)))

    def test_lie_side_by_side(self):
        for name, dashboard in dashboards().items():
            taken = set()
            for panel in dashboard["panels"]:
                at = panel["gridPos"]
                self.assertLessEqual(at["x"] + at["w"], 24, name)
                cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
                self.assertFalse(cells & taken, f"{name}: {panel['title']} lies over another")
                taken |= cells

    @functools.lru_cache(maxsize=None)
    def models(self):
        with tempfile.TemporaryDirectory() as logs:
            sys.path.insert(0, run(ROOT / "launcher/monitoring_tools.sh", logs).splitlines()[-1])
        from grafana_foundation_sdk.cog import encoder, plugins
        from grafana_foundation_sdk.models.dashboard import Dashboard
        plugins.register_default_plugins()
        return lambda raw: json.loads(encoder.JSONEncoder().encode(Dashboard.from_json(raw)))

    def lost(self, given, kept, where=""):
        """What is not there any more, or another, after Grafana's models have read it and written it."""
        if isinstance(given, dict) and isinstance(kept, dict):
            for key, value in given.items():
                if key in kept:
                    yield from self.lost(value, kept[key], f"{where}/{key}")
                else:
                    yield f"{where}/{key}"
        elif isinstance(given, list) and isinstance(kept, list) and len(given) == len(kept):
            for i, (one, other) in enumerate(zip(given, kept)):
                yield from self.lost(one, other, f"{where}/{i}")
        elif given != kept:
            yield where

    def test_are_read_and_written_by_grafanas_own_models_and_lose_nothing(self):
        through = self.models()
        self.assertEqual(len(dashboards()), 10)
        for name, dashboard in dashboards().items():
            self.assertEqual(list(self.lost(dashboard, through(dashboard), name)), [])
        # A word that Grafana does not know is found out.
        wrong = dashboards()["sluice.json"]
        wrong["panels"][0]["gridPoss"] = wrong["panels"][0].pop("gridPos")
        wrong["panels"][1]["options"]["colourMode"] = "value"
        self.assertEqual(list(self.lost(wrong, through(wrong))), ["/panels/0/gridPoss", "/panels/1/options/colourMode"])


if __name__ == "__main__":
    unittest.main()
