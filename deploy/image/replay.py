#!/usr/bin/env python3
"""Does what the Dockerfile says where there is no container engine: the stage `build` in a bare Debian root, made by
debootstrap and entered by chroot, the others as folders. As root, on Debian; some 10 GB of disk and, with two
processors, a quarter of an hour.

    replay.py WORK [--mirror URL] [--host-file FILE[:PATH]]… [--env NAME=VALUE]…

WORK/build is the root that was built in, WORK/images/<stage> is each image's file system. --host-file and --env
bring into the build what a machine needs to reach package registries, a proxy or an authority of its own; neither
can reach the images, for those are only what the Dockerfile copies.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import time

from dockerfile import parse, stage_chain

root = pathlib.Path(__file__).resolve().parents[2]


def say(text):
    print(f"[{time.monotonic() - began:5.0f}s] {text}", flush=True)


def run(*command, **more):
    subprocess.run([str(c) for c in command], check=True, **more)


def copy_into(source, target):
    """COPY: what is in a folder, or a file to a folder that ends with '/' or under a name."""
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        run("cp", "-a", f"{source}/.", target)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def copy(instruction, here, context, work):
    *sources, target = instruction.words
    if origin := instruction.flags.get("from"):
        context = work / origin
        sources = [s.lstrip("/") for s in sources]
    into = here.joinpath(target.lstrip("/"))
    for source in sources:
        into_one = into / pathlib.PurePath(source).name if target.endswith("/") and not (context / source).is_dir() else into
        copy_into(context / source, into_one)


def tracked(work):
    """The build's context: what git knows, as a fresh clone holds it."""
    context = work / "context"
    shutil.rmtree(context, ignore_errors=True)
    context.mkdir()
    archive = subprocess.Popen(["git", "-C", root, "archive", "HEAD"], stdout=subprocess.PIPE)
    run("tar", "-x", "-C", context, stdin=archive.stdout)
    if archive.wait() != 0:
        sys.exit("git archive failed")
    return context


class Build:
    """The stage that runs commands."""

    def __init__(self, stage, work, options):
        self.stage, self.work, self.options = stage, work, options
        self.root = work / "build"
        self.folder = "/"
        self.environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}

    def bootstrap(self):
        suite = self.stage.source.split(":")[1].split("-")[0]
        say(f"a bare Debian {suite}")
        run("debootstrap", "--variant=minbase", suite, self.root, *([self.options.mirror] if self.options.mirror else []),
            stdout=subprocess.DEVNULL)
        mirror = self.options.mirror or "http://deb.debian.org/debian"
        # As the image debian:bookworm has them.
        lines = [f"deb {mirror} {suite} main", f"deb {mirror} {suite}-updates main",
                 f"deb {mirror}-security {suite}-security main"]
        (self.root / "etc/apt/sources.list").write_text("\n".join(lines) + "\n")
        for name in self.options.host_file:
            source, _, target = name.partition(":")
            copy_into(pathlib.Path(source), self.root / (target or source).lstrip("/"))
        shutil.copy2("/etc/resolv.conf", self.root / "etc/resolv.conf")
        for name in ("null", "zero", "random", "urandom"):
            if not (self.root / "dev" / name).exists():
                run("mknod", "-m", "666", self.root / "dev" / name, "c", "1", {"null": 3, "zero": 5, "random": 8, "urandom": 9}[name])

    def command(self, text):
        environment = self.environment | dict(e.split("=", 1) for e in self.options.env)
        # A /proc of its own, gone with the command.
        inside = f"mount -t proc proc {self.root}/proc && exec chroot {self.root} /bin/sh -c 'cd \"$1\" && eval \"$2\"' sh \"$1\" \"$2\""
        run("unshare", "--mount", "--pid", "--fork", "sh", "-c", inside, "sh", self.folder, text,
            env=environment, stdout=self.log, stderr=self.log)

    def replay(self, context):
        self.bootstrap()
        self.log = open(self.work / "build.log", "w")
        for instruction in self.stage.instructions:
            say(f"line {instruction.line}: {instruction.keyword} {instruction.text[:90]}")
            match instruction.keyword:
                case "ENV":
                    self.environment |= dict(word.split("=", 1) for word in instruction.words)
                case "WORKDIR":
                    self.folder = instruction.text
                    (self.root / self.folder.lstrip("/")).mkdir(parents=True, exist_ok=True)
                case "COPY":
                    here = self.root / self.folder.lstrip("/") if not instruction.words[-1].startswith("/") else self.root
                    copy(instruction, here, context, self.work)
                case "RUN":
                    self.command(instruction.text)
                case other:
                    raise ValueError(f"{other} has no meaning while building")


def image(stages, name, work):
    out = work / "images" / name
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for stage in stage_chain(stages, name):
        for instruction in stage.instructions:
            if instruction.keyword == "COPY":
                copy(instruction, out, None, work)
    size = int(subprocess.run(["du", "-sb", out], capture_output=True, text=True, check=True).stdout.split()[0])
    say(f"image {name}: {size / 1e6:.0f} MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("--mirror", help="of Debian's packages")
    parser.add_argument("--host-file", action="append", default=[], metavar="FILE[:PATH]", help="a file that the build needs on this machine")
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE", help="the same, a variable")
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("only root may make a root")
    work = options.work.resolve()
    if (work / "build").exists():
        sys.exit(f"{work}/build is there already: remove it, or name another folder")
    work.mkdir(parents=True, exist_ok=True)
    stages = parse((root / "Dockerfile").read_text())
    build = Build(stages["build"], work, options)
    try:
        build.replay(tracked(work))
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error}\nits words: {work}/build.log")
    for name, stage in stages.items():
        if name != "build" and stage_chain(stages, name)[0].source == "scratch":
            image(stages, name, work)
    say("done")


began = time.monotonic()
main()
