#!/usr/bin/env python3
"""What a person waits for: verbs, the first training step, a worker's memory, and two workers beside one.

    python3 tests/benchmark/figures.py [--build build/release] [--trial-epochs 2]

Prints one JSON object. Run it on a machine that does nothing else; timings of shared machines tell little.
"""
import argparse
import json
import os
import resource
import statistics
import subprocess
import tempfile
import time

MLP = """assay: 1
name: {name}
dataset: {{use: fashion_mnist}}
model: {{use: mlp, hidden: [128]}}
objective: {{use: cross_entropy}}
optimizer: {{use: sgd, lr: 0.1, momentum: 0.9}}
procedure: {{use: train, {length}, batch: 32, log_every: 1{more}}}
limits: {{threads: 1}}
"""


class Bench:
    def __init__(self, build, folder):
        self.assay = os.path.abspath(os.path.join(build, "bin", "assay"))
        self.folder = folder

    def manifest(self, name, length, more="", sweep=""):
        path = os.path.join(self.folder, name + ".yaml")
        with open(path, "w") as file:
            file.write(MLP.format(name=name, length=length, more=more) + sweep)
        return path

    def run(self, *words):
        start = time.time()
        done = subprocess.run([self.assay, *words], cwd=self.folder, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(done.stderr)
        return start, time.time() - start

    def milliseconds(self, *words, times=40):
        self.run(*words)
        return round(1000 * statistics.median(self.run(*words)[1] for _ in range(times)), 1)

    def first_step(self, times=7):
        path = self.manifest("first", "steps: 1", ", evaluate_steps: 1000000")
        found = []
        for seed in range(times):
            start, _ = self.run("run", path, f"+seed={seed}", "--runs", f"runs{seed}")
            rows = subprocess.run(f"cat runs{seed}/first/*/metrics.jsonl", shell=True, cwd=self.folder,
                                  capture_output=True, text=True).stdout.splitlines()
            first = next(json.loads(row) for row in rows if json.loads(row)["name"] == "train/loss")
            found.append(first["t"] - start)
        return round(statistics.median(found), 3)

    def memory(self):
        """Peak resident size of the largest child so far, in MB: a worker, which has LibTorch in it."""
        self.run("run", self.manifest("memory", "epochs: 1"))
        return round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000, 1)

    def two_workers(self, epochs):
        path = self.manifest("six", f"epochs: {epochs}", sweep="sweep: {seed: [0, 1, 2, 3, 4, 5]}\n")
        one = self.run("run", path, "-j1", "--runs", "one")[1]
        two = self.run("run", path, "-j2", "--runs", "two")[1]
        return {"one": round(one, 2), "two": round(two, 2), "ratio": round(two / one, 3)}


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--build", default="build/release")
    words.add_argument("--trial-epochs", type=int, default=2)
    asked = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(asked.build, folder)
        path = bench.manifest("verbs", "epochs: 1", sweep="sweep: {seed: [0, 1, 2]}\n")
        verbs = {"list": ["list"], "validate": ["validate", path], "plan": ["plan", path],
                 "describe": ["describe", "optimizer/sam"], "status": ["status", path]}
        print(json.dumps({"verbs_ms": {name: bench.milliseconds(*verb) for name, verb in verbs.items()},
                          "first_step_s": bench.first_step(), "worker_memory_mb": bench.memory(),
                          "six_trials_s": bench.two_workers(asked.trial_epochs)}, indent=1))


main()
