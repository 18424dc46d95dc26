"""Reads a Dockerfile: stages of instructions. The part of the language that this one uses; anything else is refused."""
import dataclasses
import json
import re
import shlex

KNOWN = {"FROM", "ARG", "ENV", "RUN", "COPY", "WORKDIR", "USER", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD", "STOPSIGNAL"}


@dataclasses.dataclass
class Instruction:
    keyword: str
    text: str
    line: int

    @property
    def flags(self):
        return dict(re.findall(r"--([a-z-]+)=(\S+)", self.text)) if self.keyword in ("COPY", "HEALTHCHECK") else {}

    @property
    def words(self):
        """The arguments without flags, of either form."""
        text = re.sub(r"^(--[a-z-]+=\S+\s+)*", "", self.text)
        return json.loads(text) if text.startswith("[") else shlex.split(text)


@dataclasses.dataclass
class Stage:
    name: str
    source: str
    instructions: list


def logical_lines(text):
    """(number, line) with continued lines joined; comments and empty lines left out, also between continued ones."""
    start, joined = 0, ""
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("#") or not line.strip():
            continue
        start = start if joined else number
        joined += line.rstrip("\\") if line.endswith("\\") else line
        if not line.endswith("\\"):
            yield start, joined.strip()
            joined = ""
    if joined:
        raise ValueError("the last line is continued")


def parse(text):
    stages, arguments, stage = {}, {}, None
    for number, line in logical_lines(text):
        keyword, _, rest = line.partition(" ")
        keyword, rest = keyword.upper(), rest.strip()
        if keyword not in KNOWN:
            raise ValueError(f"line {number}: {keyword} is not known here")
        if keyword == "ARG" and stage is None:
            name, _, value = rest.partition("=")
            arguments[name] = value
        elif keyword == "FROM":
            found = re.fullmatch(r"(\S+) AS (\S+)", rest)
            if not found:
                raise ValueError(f"line {number}: a stage without a name")
            source = re.sub(r"\$\{(\w+)\}", lambda m: arguments[m[1]], found[1])
            stage = stages[found[2]] = Stage(found[2], source, [])
        else:
            stage.instructions.append(Instruction(keyword, rest, number))
    return stages


def stage_chain(stages, name):
    """The stages that a stage is made of, the first one first."""
    chain = []
    while name in stages:
        chain.insert(0, stages[name])
        name = stages[name].source
    return chain
