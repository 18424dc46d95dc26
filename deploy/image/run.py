#!/usr/bin/env python3
"""Runs the images that replay.py made as a container engine would: each service as process 1 of namespaces of its own,
as the image's user, with the image's variables, on a read-only root, with volumes. Against a real broker, database and
S3 server it feeds the samples of the shipped definitions, waits until every receipt balances, compares reports with
the tests' oracle, and stops everything by SIGTERM. As root, after a build (`./sluice up` or `./sluice test -N`).

    run.py WORK [PORT_BASE]        WORK as for replay.py
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

from dockerfile import parse, stage_chain

root = pathlib.Path(__file__).resolve().parents[2]
work = pathlib.Path(sys.argv[1]).resolve()
base = int(sys.argv[2]) if len(sys.argv) > 2 else 8080
stages = parse((root / "Dockerfile").read_text())
PORTS = {"api": base, "ingest": base + 1, "transform": base + 2, "loader": base + 3}
REPORTS = (("bookings", "monthly_restaurants_report"), ("orders", "orders_monthly"), ("movies", "movie_report"))


def last(image, keyword):
    return [i for s in stage_chain(stages, image) for i in s.instructions if i.keyword == keyword][-1]


def variables(image):
    return dict(word.split("=", 1) for word in last(image, "ENV").words)


def contained(image, command, more, volumes):
    """A process as an engine starts it. Its own mounts vanish with it."""
    folder = work / "images" / image
    steps = [f"mount --bind {folder} {folder}"]
    for source, target in volumes.items():
        (folder / target.lstrip("/")).mkdir(parents=True, exist_ok=True)
        steps.append(f"mount --bind {source} {folder}{target}")
    for name in ("proc", "tmp"):
        (folder / name).mkdir(exist_ok=True)
    steps += [f"mount -t proc proc {folder}/proc", f"mount -t tmpfs tmpfs {folder}/tmp",
              f"mount -o remount,bind,ro {folder}",
              f'exec setpriv --no-new-privs /usr/sbin/chroot --userspec={last(image, "USER").text} --groups= {folder} "$@"']
    return subprocess.Popen(["unshare", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child", "sh", "-ec",
                             " && ".join(steps), "sh", *command], env=variables(image) | more, stdin=subprocess.DEVNULL,
                            stdout=open(work / f"{image}.log", "a"), stderr=subprocess.STDOUT)


def get(path, port=base, accept="application/json"):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Accept": accept})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


def wait(what, seconds, condition, running):
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        for name, process in running.items():
            if process.poll() is not None:
                sys.exit(f"{name} ended with {process.returncode}; its words: {work}/{name}.log")
        try:
            if condition():
                print(f"{what}: {time.monotonic() - began:.1f} s", flush=True)
                return
        except OSError:
            pass
        time.sleep(0.2)
    sys.exit(f"{what}: not within {seconds} s")


def child_of(process):
    (pid,) = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(pid)


def is_confined(name, process):
    inside = pathlib.Path(f"/proc/{child_of(process)}")
    status = dict(line.split(":\t", 1) for line in (inside / "status").read_text().splitlines() if ":\t" in line)
    assert status["Uid"].split()[0] == "10001", status["Uid"]
    assert status["NSpid"].split()[-1] == "1", status["NSpid"]
    assert int(status["CapEff"], 16) == 0, status["CapEff"]
    try:
        (inside / "root/etc/sluice/x").write_text("")
    except OSError as error:
        print(f"{name}: process 1, user 10001, no capability, and its root: {error.strerror}")
        return
    sys.exit(f"{name} has a root that can be written to")


def all_settled(count):
    files = json.loads(get("/v1/files?limit=1000"))["files"]
    for file in files:
        if file["state"] == "done" and not file["name"].endswith((".zip", ".tar", ".tar.gz")):
            parts = file["records"] + file["corrections"] + file["duplicates"] + file["dead_letters"]
            assert file["rows"] == parts, file
    return len(files) >= count and all(f["state"] == "done" for f in files)


def is_as_the_oracle_says(dataset, report, archive):
    """A receipt is balanced a moment before what follows of the file has reached every table."""
    (work / "report.csv").write_text(get(f"/v1/reports/{report}?limit=10000", accept="text/csv"))
    files = sorted((archive / dataset).rglob("*.*"))
    other = ["--other", *sorted((archive / "wiki_pages").rglob("*.*"))] if dataset == "movies" else []
    oracle = ["python3", root / "tests/oracle/oracle.py", dataset, report, "--equals", work / "report.csv", *files, *other]
    with open(work / "oracle.txt", "w") as words:
        return subprocess.run(oracle, stdout=words, stderr=words, check=False).returncode == 0


def main():
    environment = {**os.environ, "SLUICE_CACHE": os.environ.get("SLUICE_CACHE", str(root / ".cache"))}
    script = root / "tests/environment/environment.sh"
    subprocess.run([script, "start", work / "environment", str(os.getpid())], check=True, env=environment)
    servers = dict(line.split("=", 1) for line in (work / "environment/environment.env").read_text().splitlines())
    shutil.rmtree(work / "volumes", ignore_errors=True)
    volumes = {}
    for name in ("data", "state"):
        volumes[name] = work / "volumes" / name
        volumes[name].mkdir(parents=True)
        os.chown(volumes[name], 10001, 10001)
    data = {volumes["data"]: "/var/lib/sluice/data"}
    definitions = {root / "schemas": "/etc/sluice/definitions"}
    settings = {
        "SLUICE_PORT_BASE": str(base), "SLUICE_KAFKA_BROKERS": servers["SLUICE_TEST_KAFKA"],
        "SLUICE_POSTGRES_URL": servers["SLUICE_TEST_POSTGRES"], "SLUICE_S3_ENDPOINT": servers["SLUICE_TEST_S3"],
        "SLUICE_S3_BUCKET": "landing", "AWS_ACCESS_KEY_ID": "sluice", "AWS_SECRET_ACCESS_KEY": "sluice-secret",
        "SLUICE_INGEST_ADDRESS": f"127.0.0.1:{PORTS['ingest']}",
    }
    running = {}
    try:
        for log in work.glob("*.log"):
            log.unlink()
        for name in PORTS:
            own = {"ingest": data, "loader": data, "transform": {volumes["state"]: "/var/lib/sluice/state"}, "api": {}}[name]
            running[name] = contained(name, last(name, "ENTRYPOINT").words, settings, definitions | own)
        for name in PORTS:
            # The image's own health check.
            check = json.loads(last(name, "HEALTHCHECK").text.split("CMD ")[1])
            wait(f"{name} is ready", 300, lambda: contained(name, check, settings, definitions).wait() == 0, running)
            is_confined(name, running[name])
        contained("tools", ["/usr/bin/sluice-samples", "/var/lib/sluice/data/in"], settings, data).wait()
        samples = [p for d in (volumes["data"] / "in", volumes["data"] / "archive") if d.exists() for p in d.rglob("*") if p.is_file()]
        assert samples, "no samples"
        wait(f"{len(samples)} sample files are done and their receipts balance", 300, lambda: all_settled(len(samples)), running)
        for dataset, report in REPORTS:
            wait(f"{report} is what the oracle says", 60, lambda: is_as_the_oracle_says(dataset, report, volumes["data"] / "archive"), running)
        for name, process in running.items():
            began = time.monotonic()
            os.kill(child_of(process), signal.SIGTERM)
            assert process.wait(25) == 0, f"{name} ended with {process.returncode}"
            print(f"{name}: SIGTERM, exit code 0 after {time.monotonic() - began:.1f} s")
    finally:
        for process in running.values():
            if process.poll() is None:
                # The child itself: who changes his user outlives whoever made his namespace.
                os.kill(child_of(process), signal.SIGKILL)
        shutil.copy(work / "environment/kafka.log", work / "kafka.log")  # the folder goes with the servers
        subprocess.run([script, "stop", work / "environment"], env=environment, check=False)


main()
