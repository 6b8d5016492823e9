#!/usr/bin/env python3
"""What a process of its own costs a trial: `assay run` against the same trial in a worker that nobody watches.

    python3 tests/benchmark/isolation.py [--steps 20000] [--rounds 3] [--build build/release]

With: front end, probe of the plugins from memory, worker, events, checkpoints each 60 s, report. Without: the worker
alone, its job from a file and its events to nowhere. In turns, on one machine; prints one JSON object with the
seconds of each, by the wall's clock and of the processors, and the medians of the rounds' ratios.
"""
import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import tempfile
import time

MANIFEST = """assay: 1
name: isolation
dataset: {{use: fashion_mnist, validation: 5000}}
model: {{use: convnet, width: 16}}
objective: cross_entropy
optimizer: {{use: sgd, lr: 0.05, momentum: 0.9}}
procedure: {{use: train, steps: {steps}, batch: 128, evaluate_steps: 1000}}
limits: {{workers: 1, threads: 1}}
"""
# Keeps the job for the run without a front end.
WORKER = """#!/bin/sh
[ "$1" = run ] || exec "$REAL_WORKER" "$@"
head -n 1 | tee "$KEPT_JOB" | { "$REAL_WORKER" run; }
"""


def processor():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def seconds(command, **more):
    """What it took: by the wall's clock, and of the processors, which neighbors on the machine disturb less."""
    wall, used = time.monotonic(), processor()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)
    return {"wall": time.monotonic() - wall, "processor": processor() - used}


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--steps", type=int, default=20000)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--build", default="build/release")
    asked = words.parse_args()
    bin = os.path.abspath(os.path.join(asked.build, "bin"))
    rounds = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "m.yaml").write_text(MANIFEST.format(steps=asked.steps))
        (folder / "worker").write_text(WORKER)
        (folder / "worker").chmod(0o755)
        run = [bin + "/assay", "run", str(folder / "m.yaml"), "--runs"]
        # A run of a few steps tells the job, and warms the caches of plugins, data and disk.
        kept = dict(os.environ, ASSAY_WORKER=str(folder / "worker"), REAL_WORKER=bin + "/assay-worker",
                    KEPT_JOB=str(folder / "job"))
        subprocess.run(run + [str(folder / "kept"), "procedure.steps=20"], check=True, capture_output=True, env=kept)
        job = json.loads((folder / "job").read_text())
        job["components"]["procedure"]["steps"] = asked.steps
        for k in range(asked.rounds):
            with_it = seconds(run + [str(folder / f"with{k}")])
            job["dir"] = str(folder / f"without{k}")
            os.mkdir(job["dir"])
            (folder / "job").write_text(json.dumps(job) + "\n")
            environment = dict(os.environ, OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")
            without = seconds(["sh", "-c", f"exec {bin}/assay-worker run < {folder}/job 3>/dev/null"], env=environment)
            rounds.append({"with": with_it, "without": without})
    ratios = {clock: statistics.median(r["with"][clock] / r["without"][clock] for r in rounds)
              for clock in ("wall", "processor")}
    print(json.dumps({"rounds": rounds, "ratios": ratios}, indent=1))


main()
