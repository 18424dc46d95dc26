#!/usr/bin/env python3
"""The Dockerfile, read as what it is: a list of instructions. deploy/image/replay.py runs them."""
import fnmatch
import pathlib
import re
import sys
import unittest

from support import ROOT, SERVICES

sys.path.insert(0, str(ROOT / "deploy/image"))
from dockerfile import parse, stage_chain  # noqa: E402

STAGES = parse((ROOT / "Dockerfile").read_text())
RUNTIME = (*SERVICES, "tools")


def instructions(stage, keyword):
    return [i for s in stage_chain(STAGES, stage) for i in s.instructions if i.keyword == keyword]


class Images(unittest.TestCase):
    def test_there_is_one_for_each_service(self):
        for name in RUNTIME:
            self.assertIn(name, STAGES)
        for service in SERVICES:
            self.assertEqual(instructions(service, "ENTRYPOINT")[-1].words, [f"/usr/bin/sluice-{service}"])

    def test_they_start_from_nothing_and_run_no_command(self):
        for name in RUNTIME:
            self.assertEqual(stage_chain(STAGES, name)[0].source, "scratch")
            self.assertEqual(instructions(name, "RUN"), [])

    def test_the_base_of_the_build_is_pinned_to_a_day(self):
        self.assertRegex(STAGES["build"].source, r"^debian:bookworm-\d{8}-slim$")

    def test_nobody_is_root(self):
        for name in RUNTIME:
            user = instructions(name, "USER")[-1].text
            self.assertRegex(user, r"^[1-9]\d*:[1-9]\d*$", name)

    def test_each_service_tells_its_health_by_itself_and_its_port(self):
        for offset, service in enumerate(("api", "ingest", "transform", "loader")):
            health = instructions(service, "HEALTHCHECK")[-1].text
            self.assertIn(f'CMD ["/usr/bin/sluice-{service}", "--ready"]', health)
            self.assertEqual(instructions(service, "EXPOSE")[-1].text, str(8080 + offset))

    def test_what_is_copied_is_there_and_sent_to_the_builder(self):
        patterns = [p for p in (ROOT / ".dockerignore").read_text().split("\n") if p and p[0] != "#"]

        def sent(path):
            out = False
            for pattern in patterns:
                plain = pattern.lstrip("!")
                parents = [path, *map(str, pathlib.PurePath(path).parents)]
                if any(fnmatch.fnmatch(p, plain) for p in parents):
                    out = not pattern.startswith("!")
            return not out

        for copy in instructions("build", "COPY"):
            for source in copy.words[:-1]:
                self.assertTrue((ROOT / source).exists(), source)
                self.assertTrue(sent(source), f"{source} is kept back by .dockerignore")
        for kept_back in (".git", "build", ".sluice", ".cache", "tests"):
            self.assertFalse(sent(kept_back), kept_back)

    def test_what_the_build_reads_is_copied(self):
        copied = [source for copy in instructions("build", "COPY") for source in copy.words[:-1]]
        folders = [folder for folder in copied if (ROOT / folder).is_dir()]
        scripts = [ROOT / "CMakeLists.txt"]
        for folder in folders:
            scripts += [*(ROOT / folder).rglob("CMakeLists.txt"), *(ROOT / folder).rglob("*.cmake")]
        read = {name for script in scripts
                for name in re.findall(r"\$\{(?:CMAKE|PROJECT)_SOURCE_DIR\}/(\w+)", script.read_text())}
        self.assertIn("web", read)
        # Tests and benchmarks are off.
        self.assertEqual(read - {"tests", "bench", "schemas"} - set(copied), set())

    def test_packages_to_build_are_those_of_the_launcher(self):
        run = next(i.text for i in instructions("build", "RUN") if "apt-get" in i.text)
        expression = re.search(r"sed '([^']+)' launcher/packages.txt", run)[1]
        self.assertEqual(expression, "/^# To run/,$d; /^#/d")
        lines = (ROOT / "launcher/packages.txt").read_text().split("\n")
        self.assertIn("# To run", lines)
        self.assertIn("cmake", lines[: lines.index("# To run")])

    def test_no_proxy_and_no_mirror_is_in_it(self):
        text = (ROOT / "Dockerfile").read_text()
        self.assertNotRegex(text, r"(?i)proxy|mirror|http://|https://")


if __name__ == "__main__":
    unittest.main()
