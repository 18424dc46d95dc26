#!/usr/bin/env python3
"""Holds what services show at /metrics to the catalogue of metrics: exactly that, and each label with the values that it
may have.

    scraped.py SERVICE=FILE…   what each has answered; prints what is wrong, and ends with 1 if anything is
"""
import collections
import pathlib
import re
import sys

import yaml

CATALOGUE = pathlib.Path(__file__).resolve().parents[2] / "common/telemetry/metrics.yaml"
# Series of one metric of one service: far more than the shipped definitions make, far fewer than names or keys would.
MOST_SERIES = 400
SAMPLE = re.compile(r'^([a-z_0-9]+)(?:\{(.*)\})? (\S+)$')


def faults(service, text, catalogue):
    types, helps, series = {}, {}, collections.defaultdict(list)
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            name, types[name] = line.split()[2], line.split()[3]
        elif line.startswith("# HELP "):
            _, _, name, helps[name] = line.split(" ", 3)
        elif line:
            name, labels, value = SAMPLE.match(line).groups()
            base = name if name in types else re.sub(r"_(bucket|sum|count)$", "", name)
            series[base].append((dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels or "")), float(value)))
    own = {m["name"]: m for m in catalogue if service in m["services"]}
    for name in sorted(set(series) - set(own)):
        yield f"{name} is not in the catalogue of {service}"
    for name, metric in own.items():
        if name not in series:
            if "rare" not in metric:
                yield f"{name} is missing"
            continue
        if types[name] != metric["type"]:
            yield f"{name} is a {types[name]}, not a {metric['type']}"
        if helps[name] != metric["help"]:
            yield f"{name} says \"{helps[name]}\""
        labels = metric.get("labels") or {}
        names = {tuple(sorted(set(have) - {"le"})) for have, _ in series[name]}
        if names != {tuple(sorted(labels))}:
            yield f"{name} has the labels {names}, not {sorted(labels)}"
        for label, listed in labels.items():
            found = {have.get(label) for have, _ in series[name]}
            if listed and not found <= set(listed):
                yield f"{name}: {label} is {found - set(listed)}, which is not listed"
        if metric["type"] == "histogram":
            count = len({tuple(sorted((k, v) for k, v in have.items() if k != "le")) for have, _ in series[name]})
        else:
            count = len(series[name])
        if count > MOST_SERIES:
            yield f"{name} has {count} series"
    # Counters that stand at 0 before anything is counted are there for each listed value.
    for name, metric in own.items():
        if metric["type"] != "counter" or "rare" in metric:
            continue
        for label, listed in (metric.get("labels") or {}).items():
            missing = set(listed or []) - {have.get(label) for have, _ in series[name]}
            if missing:
                yield f"{name} is missing for {label} {sorted(missing)}"


def main():
    catalogue = yaml.safe_load(CATALOGUE.read_text())["metrics"]
    wrong = [f"{service}: {fault}" for service, path in (argument.split("=", 1) for argument in sys.argv[1:])
             for fault in faults(service, pathlib.Path(path).read_text(), catalogue)]
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
