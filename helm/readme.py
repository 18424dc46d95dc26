#!/usr/bin/env python3
"""Writes the table of values in helm/sluice/README.md from the comments in values.yaml that begin with "# --".

readme.py [CHART]           writes it
readme.py --check [CHART]   is it up to date (exit code 0) or not (1)?
"""
import json
import pathlib
import re
import sys

import yaml

BEGIN, END = "<!-- values: written by helm/readme.py -->\n", "<!-- end of values -->\n"


def documented(text):
    """Path to description, of every key that stands below such a comment."""
    path, description, out = [], None, {}
    for line in text.splitlines():
        if comment := re.match(r" *# -- (.*)", line):
            description = comment[1]
        elif key := re.match(r"( *)([A-Za-z]\w*):", line):
            path[len(key[1]) // 2 :] = [key[2]]
            if description:
                out[".".join(path)] = description
            description = None
    return out


def leaves(values, prefix=""):
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield prefix + name


def value_at(values, path):
    for name in path.split("."):
        values = values[name]
    return values


def table(text):
    values = yaml.safe_load(text)
    descriptions = documented(text)
    for leaf in leaves(values):
        if not any(leaf == path or leaf.startswith(path + ".") for path in descriptions):
            sys.exit(f"values.yaml: {leaf} has no comment that begins with '# --'")
    kinds = {bool: "bool", int: "int", str: "string", list: "list", dict: "object"}
    rows = ["| value | type | default | meaning |", "| --- | --- | --- | --- |"]
    for path, description in descriptions.items():
        value = value_at(values, path)
        rows.append(f"| `{path}` | {kinds[type(value)]} | `{json.dumps(value)}` | {description} |")
    return "\n".join(rows) + "\n"


def main(arguments):
    check = arguments[:1] == ["--check"]
    folder = arguments[1:] if check else arguments
    chart = pathlib.Path(folder[0] if folder else pathlib.Path(__file__).parent / "sluice")
    old = (chart / "README.md").read_text()
    head, rest = old.split(BEGIN)
    new = head + BEGIN + table((chart / "values.yaml").read_text()) + END + rest.split(END)[1]
    if not check:
        (chart / "README.md").write_text(new)
    elif new != old:
        sys.exit("the README's table is not what values.yaml says: run helm/readme.py")


main(sys.argv[1:])
