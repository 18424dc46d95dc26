#!/usr/bin/env python3
"""What follows from metrics.yaml, the catalogue of all metrics.

    metrics.py header     C++ constants, for CMake
    metrics.py page       docs/metrics.md
    metrics.py check DOC  whether DOC is that page; 1 if not
"""
import pathlib
import re
import sys

import yaml

SERVICES = ("ingest", "transform", "loader", "api")
TYPES = {"counter": "Counter", "gauge": "Gauge", "histogram": "Histogram"}
KEYS = {"name", "type", "services", "labels", "rare", "help"}


def catalogue():
    """The metrics as dictionaries; ends with a sentence on the first mistake."""
    text = yaml.safe_load((pathlib.Path(__file__).parent / "metrics.yaml").read_text())
    known, seen = text["labels"], set()
    for metric in text["metrics"]:
        name, kind, labels = metric["name"], metric["type"], metric.setdefault("labels", {})
        wrong = [
            (set(metric) <= KEYS, f"unknown keys {sorted(set(metric) - KEYS)}"),
            (name not in seen, "stands here twice"),
            (re.fullmatch(r"(sluice|process)(_[a-z0-9]+)+", name), "is no name of ours"),
            (kind in TYPES, f"has no type {kind}"),
            (set(metric["services"]) <= set(SERVICES), "names no service"),
            (name.endswith("_total") == (kind == "counter"), "a counter, and only a counter, ends in _total"),
            (kind != "histogram" or name.endswith("_seconds"), "a histogram is of seconds"),
            (not re.search(r"_(ms|millis|minutes|kb|mb|percent)(_|$)", name), "has no base unit"),
            (all(values or label in known for label, values in labels.items()), "has a label of which nothing is known"),
        ]
        for good, what in wrong:
            if not good:
                sys.exit(f"metrics.yaml: {name}: {what}")
        seen.add(name)
    return text["metrics"], known


def constant(name):
    return "k" + "".join(word.capitalize() for word in name.removeprefix("sluice_").split("_"))


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def braced(words):
    return "{" + ", ".join(map(quoted, words)) + "}"


def open_labels(metric):
    return [label for label, values in metric["labels"].items() if not values]


def header(metrics):
    out = ["#pragma once", "// Made by common/telemetry/metrics.py of metrics.yaml, the catalogue of all metrics.", "",
           '#include "common/telemetry/metric.h"', "", "namespace sluice::metric {", ""]
    for metric in metrics:
        labels = metric["labels"]
        out.append(f"inline constexpr {TYPES[metric['type']]}<{len(labels)}> {constant(metric['name'])}{{"
                   f"{quoted(metric['name'])}, {quoted(metric['help'])}, {{{braced(labels) if labels else ''}}}}};")
    # Counters that stand at 0 before anything is counted: of listed labels, and at most one that becomes known.
    first = [m for m in metrics if m["type"] == "counter" and len(open_labels(m)) <= 1 and "rare" not in m]
    out.append("")
    for metric in first:
        values = {label: listed for label, listed in metric["labels"].items() if listed}
        for label, listed in values.items():
            out.append(f"inline constexpr std::string_view {constant(metric['name'])}_{label}[] = {braced(listed)};")
        closed = ", ".join(f"{{{quoted(label)}, {constant(metric['name'])}_{label}}}" for label in values)
        if closed:
            out.append(f"inline constexpr ListedLabel {constant(metric['name'])}_listed[] = {{{closed}}};")
    out += ["", "inline constexpr FirstCounter kFirstCounters[] = {"]
    for metric in first:
        listed = any(metric["labels"].values())
        for service in metric["services"]:
            out.append(f"    {{{quoted(service)}, {quoted(metric['name'])}, {quoted(metric['help'])}, "
                       f"{quoted(''.join(open_labels(metric)))}, "
                       f"{constant(metric['name']) + '_listed' if listed else '{}'}}},")
    out += ["};", "", "}  // namespace sluice::metric"]
    return "\n".join(out) + "\n"


def table(metrics):
    out = ["| metric | type | labels | what it says |", "| --- | --- | --- | --- |"]
    for metric in metrics:
        labels = "<br>".join(f"`{label}`: {', '.join(listed)}" if listed else f"`{label}`"
                             for label, listed in metric["labels"].items())
        rare = f" *Missing otherwise: {metric['rare']}.*" if "rare" in metric else ""
        out.append(f"| `{metric['name']}` | {metric['type']} | {labels} | {metric['help'].rstrip('.')}.{rare} |")
    return out


def page(metrics, known):
    out = ["# Metrics", "",
           "<!-- Made by common/telemetry/metrics.py of metrics.yaml; a test compares. -->", "",
           "Each service tells its own at `/metrics`, in Prometheus' text format. Names are in base units; labels are",
           "bounded: no file's name, key or id is ever one. Counters stand at 0 before anything is counted, so that the first",
           "increase is seen too. Histograms have buckets from 1 ms to an hour. `monitoring/` has rules and dashboards that",
           "use them, `docs/runbook.md` tells what to do when a rule fires.", ""]
    everyone = [m for m in metrics if len(m["services"]) == len(SERVICES)]
    tasks = [m for m in metrics if 1 < len(m["services"]) < len(SERVICES)]
    out += ["## Every service", "", *table(everyone), "", "## Services with tasks: ingest, transform, loader", "", *table(tasks)]
    for service in SERVICES:
        own = [m for m in metrics if m["services"] == [service]]
        out += ["", f"## {service}", "", *table(own)]
    out += ["", "## Labels", "", "| label | its values |", "| --- | --- |"]
    out += [f"| `{label}` | {what} |" for label, what in known.items()]
    return "\n".join(out) + "\n"


def main(command, *arguments):
    metrics, known = catalogue()
    if command == "header":
        sys.stdout.write(header(metrics))
    elif command == "page":
        sys.stdout.write(page(metrics, known))
    elif command == "check":
        if pathlib.Path(arguments[0]).read_text() != page(metrics, known):
            sys.exit(f"{arguments[0]} is not what metrics.yaml says; make it anew: common/telemetry/metrics.py page > {arguments[0]}")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*(sys.argv[1:] or [""]))
