#!/usr/bin/env python3
"""The chart helm/sluice: what it makes of several sets of values, against Kubernetes' own schemas and against the
services that are to run from it."""
import functools
import json
import pathlib
import re
import tempfile
import unittest

import jsonschema
import yaml

from support import (BIN, ROOT, SERVICES, clean_environment, documents, metrics_in, metrics_of_the_catalogue, run,
                     settings_of)

CHART = ROOT / "helm/sluice"
VALUES = {path.stem: path for path in sorted((ROOT / "tests/deploy/values").glob("*.yaml"))}
# The oldest that Chart.yaml admits, the first with a sleeping preStop hook, and a new one.
VERSIONS = ("1.27.0", "1.30.0", "1.36.0")
# No part of Kubernetes, so not in its schemas; each has a test of its own below.
OTHERS = {"ScaledObject", "ServiceMonitor", "PrometheusRule"}


def tools():
    with tempfile.TemporaryDirectory() as logs:
        helm, schemas = run(ROOT / "launcher/chart_tools.sh", logs).splitlines()
    return helm, pathlib.Path(schemas)


HELM, SCHEMAS = tools()


@functools.lru_cache(maxsize=None)
def rendered(values, version="1.36.0", *more):
    return documents(run(HELM, "template", "rel", CHART, "-n", "shop", "-f", VALUES[values], "--kube-version", version, *more))


def of_kind(objects, kind):
    return {o["metadata"]["name"]: o for o in objects if o["kind"] == kind}


def workloads(objects):
    """Component to StatefulSet or Deployment."""
    found = [o for o in objects if o["kind"] in ("StatefulSet", "Deployment")]
    return {o["metadata"]["labels"]["app.kubernetes.io/component"]: o for o in found}


def pod_of(workload):
    return workload["spec"]["template"]["spec"]


def container_of(workload):
    (container,) = pod_of(workload)["containers"]
    return container


def environment_of(workload):
    return {e["name"]: e for e in container_of(workload)["env"]}


def matches(selector, labels):
    return selector.items() <= labels.items()


@functools.lru_cache(maxsize=None)
def validator(version, kind, api_version):
    """As strict as the API server with field validation: what is unknown is wrong."""
    folder = SCHEMAS / f"v{version}-local-strict"
    group, _, plain = api_version.rpartition("/")
    name = f"{kind.lower()}-{group.split('.')[0] + '-' if group else ''}{plain}.json"
    schema = json.loads((folder / name).read_text())
    shared = json.loads((folder / "_definitions.json").read_text())
    uri = schema.get("$id", "https://kubernetes.io/api/x.json")
    resolver = jsonschema.RefResolver(uri, schema, store={"https://kubernetes.io/api/_definitions.json": shared})
    return jsonschema.Draft202012Validator(schema, resolver=resolver)


def complaints(version, document):
    return [f"{document['kind']} {document['metadata']['name']}: {'.'.join(map(str, e.path))}: {e.message}"
            for e in validator(version, document["kind"], document["apiVersion"]).iter_errors(document)]


class AgainstKubernetes(unittest.TestCase):
    def test_the_schemas_do_find_a_mistake(self):
        api = json.loads(json.dumps(workloads(rendered("least"))["api"]))
        container_of(api)["redinessProbe"] = {}
        self.assertIn("redinessProbe", " ".join(complaints("1.36.0", api)))

    def test_every_object_of_every_set_of_values_fits_every_version(self):
        for values in VALUES:
            for version in VERSIONS:
                objects = rendered(values, version)
                wrong = [c for o in objects if o["kind"] not in OTHERS for c in complaints(version, o)]
                self.assertEqual(wrong, [], f"{values}, Kubernetes {version}")

    def test_lint_is_content(self):
        for values in VALUES:
            run(HELM, "lint", "--strict", CHART, "-f", VALUES[values])

    def test_no_two_objects_have_one_name(self):
        for values in VALUES:
            names = [(o["kind"], o["metadata"]["name"]) for o in rendered(values)]
            self.assertEqual(len(names), len(set(names)))

    def test_an_older_kubernetes_is_refused(self):
        code, words = run(HELM, "template", "rel", CHART, "-f", VALUES["least"], "--kube-version", "1.26.0", ok=False)
        self.assertNotEqual(code, 0)
        self.assertIn("1.27", words)

    def test_a_package_holds_rules_and_dashboards(self):
        with tempfile.TemporaryDirectory() as folder:
            run(HELM, "package", CHART, "-d", folder)
            (package,) = pathlib.Path(folder).iterdir()
            words = run(HELM, "template", "rel", package, "-f", VALUES["everything"])
            kinds = {o["kind"] for o in documents(words)}
        self.assertIn("PrometheusRule", kinds)
        self.assertIn('"uid": "sluice"', words)


class Pods(unittest.TestCase):
    def test_are_nobody_and_can_write_nowhere_but_in_their_volumes(self):
        for values in VALUES:
            for component, workload in workloads(rendered(values)).items():
                pod, container = pod_of(workload), container_of(workload)
                self.assertTrue(pod["securityContext"]["runAsNonRoot"])
                self.assertGreater(pod["securityContext"]["runAsUser"], 0)
                self.assertEqual(pod["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
                self.assertEqual(container["securityContext"], {
                    "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}})
                self.assertFalse(pod["automountServiceAccountToken"], component)

    def test_get_no_variables_of_services_which_would_be_taken_for_settings(self):
        for workload in workloads(rendered("everything")).values():
            self.assertFalse(pod_of(workload)["enableServiceLinks"])

    def test_tell_liveness_and_readiness(self):
        for component, workload in workloads(rendered("least")).items():
            container = container_of(workload)
            self.assertEqual(container["livenessProbe"]["httpGet"], {"path": "/livez", "port": "http"})
            self.assertEqual(container["readinessProbe"]["httpGet"], {"path": "/readyz", "port": "http"})

    def test_have_more_time_to_end_than_a_transaction(self):
        for values in VALUES:
            timeout = yaml.safe_load(settings_text(rendered(values)))["kafka"]["transaction_timeout_ms"]
            for workload in workloads(rendered(values)).values():
                self.assertGreater(pod_of(workload)["terminationGracePeriodSeconds"] * 1000, timeout)

    def test_of_kafkas_readers_have_their_stable_name_as_instance(self):
        found = workloads(rendered("least"))
        for component in ("ingest", "transform", "loader"):
            self.assertEqual(found[component]["kind"], "StatefulSet")
            self.assertEqual(environment_of(found[component])["SLUICE_INSTANCE_ID"]["valueFrom"],
                             {"fieldRef": {"fieldPath": "metadata.name"}})
        self.assertEqual(found["api"]["kind"], "Deployment")

    def test_sleep_before_they_end_only_where_kubernetes_can(self):
        self.assertNotIn("lifecycle", container_of(workloads(rendered("least", "1.27.0"))["api"]))
        self.assertEqual(container_of(workloads(rendered("least", "1.30.0"))["api"])["lifecycle"],
                         {"preStop": {"sleep": {"seconds": 5}}})

    def test_mount_only_what_there_is(self):
        for values in VALUES:
            for component, workload in workloads(rendered(values)).items():
                volumes = {v["name"] for v in pod_of(workload)["volumes"]}
                volumes |= {c["metadata"]["name"] for c in workload["spec"].get("volumeClaimTemplates", [])}
                self.assertEqual({m["name"] for m in container_of(workload)["volumeMounts"]}, volumes, f"{values} {component}")

    def test_see_only_the_secrets_they_need(self):
        def secrets(component):
            volume = next(v for v in pod_of(workloads(rendered("everything"))[component])["volumes"] if v["name"] == "secrets")
            return {s["secret"]["name"] for s in volume["projected"]["sources"]}

        self.assertEqual(secrets("ingest"), {"kafka", "s3", "s3-ca"})
        self.assertEqual(secrets("transform"), {"kafka"})
        self.assertEqual(secrets("loader"), {"kafka", "postgres", "s3", "s3-ca"})
        self.assertEqual(secrets("api"), {"postgres"})

    def test_start_again_when_settings_change_and_not_when_definitions_do(self):
        def templates(*more):
            return {c: w["spec"]["template"] for c, w in workloads(rendered("everything", "1.36.0", *more)).items()}

        self.assertEqual(templates(), templates("--set-string", r"definitions.files.more\.yaml=dataset: more"))
        for component, template in templates("--set", "logLevel=info").items():
            self.assertNotEqual(template, templates()[component])


def settings_text(objects):
    (text,) = [o["data"]["sluice.yaml"] for n, o in of_kind(objects, "ConfigMap").items() if n.endswith("-settings")]
    return text


class AgainstTheServices(unittest.TestCase):
    """The built services read what the chart gives them; they refuse what they do not know."""

    def read(self, values, component):
        objects = rendered(values)
        workload = workloads(objects)[component]
        with tempfile.TemporaryDirectory() as folder:
            etc = pathlib.Path(folder)
            (etc / "settings").mkdir()
            (etc / "settings/sluice.yaml").write_text(settings_text(objects))
            for volume in pod_of(workload)["volumes"]:
                for source in volume.get("projected", {}).get("sources", []):
                    for item in source["secret"]["items"]:
                        path = etc / "secrets" / item["path"]
                        path.parent.mkdir(parents=True, exist_ok=True)
                        path.write_text("postgresql://u:p@db.example.com:5432/d\n" if "postgres" in str(path) else "secret\n")
            given = {n: e.get("value", "rel-0").replace("/etc/sluice", folder) for n, e in environment_of(workload).items()}
            return settings_of(component, clean_environment(**given))

    def test_all_of_it_is_understood(self):
        for values in VALUES:
            for service in SERVICES:
                with self.subTest(values=values, service=service):
                    self.assertIn("kafka.brokers", self.read(values, service))

    def test_and_means_what_the_values_say(self):
        ingest = self.read("everything", "ingest")
        self.assertEqual(ingest["kafka.brokers"], "kafka.example.com:9093")
        self.assertEqual(ingest["kafka.topic_prefix"], "shop")
        self.assertEqual(ingest["kafka.shards"], "4")
        self.assertEqual(ingest["kafka.transaction_timeout_ms"], "45000")
        self.assertEqual(ingest["kafka.properties.sasl.password"], "***")
        self.assertEqual(ingest["kafka.properties.security.protocol"], "***")
        self.assertEqual(ingest["s3.endpoint"], "https://s3.example.com")
        self.assertEqual(ingest["s3.poll_ms"], "1500000")
        self.assertEqual(ingest["s3.after"], "tag")
        self.assertEqual(ingest["upload_limit_bytes"], str(16 << 30))
        self.assertEqual(ingest["threads"], "4")
        self.assertEqual(ingest["instance"], "rel-0")
        self.assertEqual(ingest["http.port"], "8081")
        api = self.read("everything", "api")
        self.assertEqual(api["postgres_url"], "postgresql://u:***@db.example.com:5432/d")
        self.assertEqual(api["ingest_address"], "reports-ingest:8081")

    def test_listens_where_the_pod_says(self):
        for service in SERVICES:
            (port,) = container_of(workloads(rendered("least"))[service])["ports"]
            self.assertEqual(self.read("least", service)["http.port"], str(port["containerPort"]))

    def test_uploads_find_ingest(self):
        objects = rendered("everything")
        host, port = self.read("everything", "api")["ingest_address"].split(":")
        service = of_kind(objects, "Service")[host]
        self.assertEqual(str(service["spec"]["ports"][0]["port"]), port)
        self.assertNotIn("clusterIP", service["spec"])

    def test_a_shipped_definition_arrives_whole_and_passes_the_checker_behind_the_links_of_a_config_map(self):
        source = ROOT / "schemas/bookings.yaml"
        objects = rendered("least", "1.36.0", "--set-file", rf"definitions.files.bookings\.yaml={source}")
        text = of_kind(objects, "ConfigMap")["rel-sluice-definitions"]["data"]["bookings.yaml"]
        self.assertEqual(text, source.read_text())
        with tempfile.TemporaryDirectory() as folder:
            mounted = pathlib.Path(folder)
            (mounted / "..2026").mkdir()
            (mounted / "..2026/bookings.yaml").write_text(text)
            (mounted / "..data").symlink_to("..2026")
            (mounted / "bookings.yaml").symlink_to("..data/bookings.yaml")
            words = run(BIN / "sluice-cli", "definitions", "check", env=clean_environment(SLUICE_DEFINITIONS=folder))
        self.assertIn("bookings", words)


class Objects(unittest.TestCase):
    def test_services_and_budgets_and_policies_mean_the_pods_of_one_component(self):
        for values in VALUES:
            objects = rendered(values)
            pods = {c: w["spec"]["template"]["metadata"]["labels"] for c, w in workloads(objects).items()}
            for kind, path in (("Service", ()), ("PodDisruptionBudget", ("matchLabels",)), ("NetworkPolicy", ("matchLabels",))):
                found = of_kind(objects, kind)
                self.assertIn(len(found), (0, 4) if kind == "NetworkPolicy" else (4,))
                for name, o in found.items():
                    selector = o["spec"]["podSelector" if kind == "NetworkPolicy" else "selector"]
                    selector = selector["matchLabels"] if path else selector
                    meant = [c for c, labels in pods.items() if matches(selector, labels)]
                    self.assertEqual(meant, [o["metadata"]["labels"]["app.kubernetes.io/component"]], f"{values}: {kind} {name}")

    def test_one_claim_is_shared_or_each_has_its_own(self):
        def claims(values, component):
            workload = workloads(rendered(values))[component]
            own = [c["metadata"]["name"] for c in workload["spec"].get("volumeClaimTemplates", [])]
            shared = [v["persistentVolumeClaim"]["claimName"] for v in pod_of(workload)["volumes"] if "persistentVolumeClaim" in v]
            return own, shared

        self.assertEqual(claims("least", "ingest"), (["data"], []))
        self.assertEqual(claims("least", "transform"), (["state"], []))
        self.assertEqual(claims("least", "loader"), (["data"], []))
        self.assertEqual(claims("everything", "ingest"), ([], ["reports-data"]))
        self.assertEqual(claims("everything", "loader"), ([], ["reports-data"]))
        self.assertEqual(of_kind(rendered("everything"), "PersistentVolumeClaim")["reports-data"]["spec"]["accessModes"], ["ReadWriteMany"])
        self.assertEqual(claims("own_objects", "ingest"), ([], ["landing"]))
        self.assertEqual(of_kind(rendered("own_objects"), "PersistentVolumeClaim"), {})
        self.assertEqual(claims("scratch", "loader"), ([], []))
        self.assertEqual(claims("scratch", "transform"), ([], []))

    def test_scaling_asks_for_metrics_that_the_services_have_and_leaves_the_number_alone(self):
        objects = rendered("everything")
        scaled = of_kind(objects, "ScaledObject")
        self.assertEqual(set(scaled), {"reports-ingest", "reports-transform", "reports-loader"})
        for name, o in scaled.items():
            target = o["spec"]["scaleTargetRef"]
            workload = of_kind(objects, target["kind"])[target["name"]]
            self.assertNotIn("replicas", workload["spec"], "Helm would undo what KEDA did")
            (trigger,) = o["spec"]["triggers"]
            self.assertEqual(trigger["type"], "prometheus")
            query = trigger["metadata"]["query"]
            self.assertLessEqual(metrics_in([query]), set(metrics_of_the_catalogue()))
            self.assertIn(f'service="{name}"', query)
            self.assertIn('namespace="shop"', query)
        self.assertEqual(scaled["reports-transform"]["spec"]["triggers"][0]["metadata"]["threshold"], "1000000")
        self.assertEqual(workloads(rendered("least"))["transform"]["spec"]["replicas"], 2)

    def test_prometheus_finds_all_four_and_names_them_as_rules_and_dashboards_do(self):
        objects = rendered("everything")
        (monitor,) = of_kind(objects, "ServiceMonitor").values()
        services = of_kind(objects, "Service").values()
        found = [s for s in services if matches(monitor["spec"]["selector"]["matchLabels"], s["metadata"]["labels"])]
        self.assertEqual(len(found), 4)
        for service in found:
            self.assertEqual(service["metadata"]["labels"][monitor["spec"]["jobLabel"]], "sluice")
            self.assertEqual([p["name"] for p in service["spec"]["ports"]], [monitor["spec"]["endpoints"][0]["port"]])
        self.assertEqual(monitor["spec"]["endpoints"][0]["relabelings"][0]["targetLabel"], "component")

    def test_rules_and_dashboards_are_those_of_the_repository(self):
        (rule,) = of_kind(rendered("everything"), "PrometheusRule").values()
        groups = [g for path in sorted((ROOT / "monitoring/prometheus/rules").glob("*.yml"))
                  for g in yaml.safe_load(path.read_text())["groups"]]
        self.assertEqual(rule["spec"]["groups"], groups)
        data = of_kind(rendered("everything"), "ConfigMap")["reports-dashboards"]["data"]
        files = {p.name: p.read_text() for p in (ROOT / "monitoring/grafana/dashboards").glob("*.json")}
        self.assertEqual({n: json.loads(t) for n, t in data.items()}, {n: json.loads(t) for n, t in files.items()})

    def test_policies_let_through_what_is_needed(self):
        policies = of_kind(rendered("everything"), "NetworkPolicy")

        def ports(name):
            return {p["port"] for rule in policies[name]["spec"]["egress"] for p in rule["ports"]}

        self.assertEqual(ports("reports-transform"), {53, 9092, 9093})
        self.assertEqual(ports("reports-ingest"), {53, 9092, 9093, 443})
        self.assertEqual(ports("reports-loader"), {53, 9092, 9093, 5432, 443})
        self.assertEqual(ports("reports-api"), {53, 5432, "http"})
        self.assertNotIn(443, {p["port"] for r in of_kind(rendered("own_objects"), "NetworkPolicy")["rel-sluice-ingest"]["spec"]["egress"] for p in r["ports"]})
        uploads = policies["reports-ingest"]["spec"]["ingress"][0]["from"][0]["podSelector"]["matchLabels"]
        api = workloads(rendered("everything"))["api"]["spec"]["template"]["metadata"]["labels"]
        self.assertTrue(matches(uploads, api))


class Refusals(unittest.TestCase):
    CASES = {
        "kafka.brokers is empty": ["kafka.brokers="],
        "does not match pattern": ["kafka.brokers=kafka"],
        "postgres.urlSecret.name is empty": ["postgres.urlSecret.name="],
        "additional properties 'replica' not allowed": ["transform.replica=3"],
        "more than one instance of ingest needs one claim": ["ingest.replicas=2"],
        "one may find a file that another one reads": ["ingest.autoscaling.enabled=true", "prometheusAddress=http://p"],
        "would leave CSV files in the claim of whichever writes them": ["loader.replicas=2"],
        "needs prometheusAddress": ["transform.autoscaling.enabled=true"],
        "minReplicas is more than maxReplicas": ["transform.autoscaling.minReplicas=9"],
        "api.ingress.host is empty": ["api.ingress.enabled=true"],
        "must be longer than kafka.transactionTimeoutMs": ["kafka.transactionTimeoutMs=60000"],
        "not both": ["definitions.existingConfigMap=a", r"definitions.files.b\.yaml=c"],
        "value must be one of 'keep', 'move', 'tag', 'delete'": ["s3.after=remove"],
        "got number, want string": ["kafka.properties.linger=5"],
    }

    def test_each_says_what_is_wrong(self):
        for words, settings in self.CASES.items():
            with self.subTest(settings=settings):
                flags = [f for s in settings for f in ("--set", s)]
                code, said = run(HELM, "template", "rel", CHART, "-f", VALUES["least"], *flags, ok=False)
                self.assertNotEqual(code, 0)
                self.assertIn(words, said)


class Documents(unittest.TestCase):
    def test_the_readme_lists_the_values_as_they_are(self):
        run("/usr/bin/python3", ROOT / "helm/readme.py", "--check")

    def test_a_change_of_a_comment_is_noticed(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("values.yaml", "README.md"):
                (pathlib.Path(folder) / name).write_text((CHART / name).read_text().replace("# -- Instances\n", "# -- Copies\n"))
            code, words = run("/usr/bin/python3", ROOT / "helm/readme.py", "--check", folder, ok=False)
        self.assertEqual(code, 1)
        self.assertIn("run helm/readme.py", words)

    def test_schema_and_values_have_the_same_keys(self):
        values = yaml.safe_load((CHART / "values.yaml").read_text())
        schema = json.loads((CHART / "values.schema.json").read_text())
        del schema["properties"]["global"]

        def compare(here, there, path):
            if there.get("additionalProperties") is not False or "patternProperties" in there or path.endswith(".resources"):
                return
            self.assertEqual(set(here), set(there["properties"]), path)
            for name, value in here.items():
                if isinstance(value, dict):
                    compare(value, there["properties"][name], f"{path}.{name}")

        compare(values, schema, "values")

    def test_the_chart_has_the_products_version(self):
        chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
        version = re.search(r"project\(sluice VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())[1]
        self.assertEqual(chart["appVersion"], version)
        self.assertEqual(run(BIN / "sluice-api", "--version").strip(), version)


if __name__ == "__main__":
    unittest.main()
