"""What the tests of images, compose file and chart share."""
import os
import pathlib
import re
import subprocess
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(sys.argv.pop(1)).resolve()
SERVICES = ("ingest", "transform", "loader", "api")


def run(*command, env=None, ok=True):
    """Its words (both streams together when it fails); a failure is one of the test."""
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, env=env, cwd=ROOT)
    if ok and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout if ok else (done.returncode, done.stdout + done.stderr)


def settings_of(service, environment):
    """What the built service makes of an environment: it refuses names and values that it does not know."""
    words = run(BIN / f"sluice-{service}", "--print-config", env=environment)
    return dict(part.split("=", 1) for part in words.split() if "=" in part)


def metrics_of_the_catalogue():
    """By their names."""
    return {m["name"]: m for m in yaml.safe_load((ROOT / "common/telemetry/metrics.yaml").read_text())["metrics"]}


def metrics_in(expressions):
    """The names of our metrics in PromQL, those of histograms without their suffix."""
    names = set()
    for expression in expressions:
        names |= set(re.findall(r"\b((?:sluice|process)_[a-z0-9_]+)", expression))
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in names}


def documents(text):
    return [document for document in yaml.safe_load_all(text) if document]


def clean_environment(**more):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SLUICE_", "AWS_"))}
    return kept | more
