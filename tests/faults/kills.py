#!/usr/bin/env python3
"""Kills front ends and workers, resumes, and compares with a run that nobody killed.

    python3 tests/faults/kills.py [--kills 50] [--seed 0] [--of train|threads|views|fit|select] [--build build/release]

Each round kills or signals one sweep up to eight times, then lets it end. A kill comes at a random moment, or at a
random call that changes a file of the run (before it or after it, and every other time among the first of a process:
then it hits the recovery from the kill before). Equal means: the same rows but for their wall time, and the same bytes
in every file of the last and the best checkpoint and of the artifacts. After each kill no worker is left and no finished trial is lost.
Prints one JSON object; exits 1 on a difference.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from run_contents import contents  # noqa: E402

MANIFESTS = {"train": """assay: 1
name: soak
dataset: {use: fashion_mnist, validation: 200, train_limit: 3000}
model: {use: mlp, hidden: [64], dropout: 0.2}
objective: cross_entropy
optimizer: {use: sam, base: {use: adamw, lr: 0.002}}
procedure: {use: train, steps: 400, batch: 32, callbacks: [{use: ema, decay: 0.99}], evaluate_steps: 50, log_every: 7, schedule: cosine}
sweep: {seed: [0, 1]}
limits: {workers: 2, checkpoint_every: 0.03s}
""", "threads": """assay: 1
name: soak
dataset: {use: fashion_mnist, validation: 200, train_limit: 3000}
model: {use: mlp, hidden: [128]}
objective: cross_entropy
optimizer: {use: sgd, lr: 0.1}
procedure: {use: train, steps: 900, log_every: 7, evaluate_steps: 50}
sweep: {procedure.batch: [8, 128]}
limits: {workers: 1, checkpoint_every: 0.03s}
""", "views": """assay: 1
name: soak
dataset: &plain {use: fashion_mnist, validation: 64, train_limit: 512}
model: {use: projected, encoder: {use: conv_encoder, width: 4}, batch_norm: true, predictor: 16}
optimizer: {use: sam, base: {use: adamw, lr: 0.002}}
stages:
  pretrain:
    dataset: {use: transformed, dataset: *plain, transforms: &views [{use: views, first: [resized_crop, flip]}]}
    procedure: {use: train, steps: 150, batch: 32, evaluate_steps: 50, log_every: 7, transforms: *views}
sweep: {objective: [{use: byol, momentum: 0.9}, {use: moco, queue: 100}]}
limits: {workers: 2, checkpoint_every: 0.03s}
""", "fit": """assay: 1
name: soak
dataset: {use: csv_table, path: table.csv, standardise: false}
procedure: fit
sweep: {model: [{use: area_rules, areas: all}, {use: end_point, weights: search}]}
limits: {workers: 2, checkpoint_every: 0.03s}
""", "select": """assay: 1
name: soak
dataset: {use: csv_table, path: table.csv}
model: {use: mlp, hidden: [64]}
procedure: {use: select, n: 3000, batch: 16, width: 32}
sweep: {selector: [k_centre, glister]}
limits: {workers: 2, checkpoint_every: 0.03s}
"""}
LEAVING = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGUSR1: 75}
NEAR = 40  # calls of a process that still recovers
PATIENCE = 45  # seconds that a worker without a front end may take to leave


def workers_of(session):
    """Processes of assay-worker in a session: their front end may be dead already."""
    found = []
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            head, tail = stat.read_text().rsplit(")", 1)
        except OSError:
            continue
        state, _, _, owner = tail.split()[:4]
        if int(owner) == session and state != "Z" and "assay-worker" in head:
            found.append(int(head.split()[0]))
    return found


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def finished(runs):
    return {str(file.parent) for file in runs.glob("soak/*/status.json")
            if json.loads(file.read_text())["state"] == "done"}


def made_table():
    """Two classes with noise, so that a hundred rules are found in it."""
    draw = random.Random(0)
    rows = [[draw.gauss(0, 1) for _ in range(6)] for _ in range(8000)]
    return "a,b,c,d,e,f,class\n" + "".join(
        ",".join(f"{x:.3f}" for x in row) + f",{int(row[0] + row[1] * row[2] + draw.gauss(0, 0.5) > 0)}\n" for row in rows)


class Harness:
    def __init__(self, build, folder, draw, manifest):
        self.build, self.folder, self.draw = build, folder, draw
        (folder / "soak.yaml").write_text(manifest)
        (folder / "table.csv").write_text(made_table())
        self.counter, self.log = folder / "counter", folder / "points"
        self.kills, self.calls, self.faults = collections.Counter(), {}, []
        self.runs = folder / "broken"

    def command(self, runs):
        return [os.path.join(self.build, "bin", "assay"), "run", str(self.folder / "soak.yaml"), "--runs", str(runs),
                "--retry", "failed"]

    def environment(self, program, runs, at=0):
        self.counter.write_bytes(bytes(8))
        preload = os.path.abspath(os.path.join(self.build, "lib", "libassay_faults.so"))
        return dict(os.environ, LD_PRELOAD=preload, FAULT_UNDER=str(runs), FAULT_PROGRAM=program,
                    FAULT_COUNTER=str(self.counter), FAULT_KILL=str(at), FAULT_LOG=str(self.log))

    def whole(self):
        """A run that nobody kills, once for each program, to count its calls."""
        for program in "assay", "assay-worker":
            runs = self.folder / ("whole-" + program)
            subprocess.run(self.command(runs), check=True, capture_output=True, env=self.environment(program, runs))
            self.calls[program] = int.from_bytes(self.counter.read_bytes(), "little")
        return contents(runs / "soak")

    def start(self, env=None):
        with open(os.devnull, "w") as none:
            return subprocess.Popen(self.command(self.runs), stdout=none, stderr=none, start_new_session=True, env=env)

    def at_a_moment(self):
        front = self.start()
        try:
            return front, "" if front.wait(self.draw.uniform(0.02, 1.2)) == 0 else "early end"
        except subprocess.TimeoutExpired:
            pass
        workers, what = workers_of(front.pid), self.draw.choice(["front", "worker", "both"])
        if what != "front" and workers:
            kill(self.draw.choice(workers))
        if what != "worker" or not workers:
            kill(front.pid)
        return front, "moment: " + what

    def at_a_point(self):
        program = self.draw.choice(["assay", "assay-worker", "assay-worker"])
        most = self.draw.choice([NEAR, self.calls[program]])
        front = self.start(self.environment(program, self.runs, self.draw.randint(1, max(1, most))))
        front.wait()
        reached = self.log.exists()
        if reached:
            self.kills["at " + self.log.read_text().rsplit(" ", 1)[0]] += 1
            self.log.unlink()
        return front, f"point: {program}" if reached else ""

    def by_a_signal(self):
        front, number = self.start(), self.draw.choice(list(LEAVING))
        try:
            return front, "" if front.wait(self.draw.uniform(0.05, 1.0)) == 0 else "early end"
        except subprocess.TimeoutExpired:
            pass
        front.send_signal(number)
        code = front.wait()
        if code not in (0, 5, LEAVING[number], -number):  # -number: it had no handler yet
            self.faults.append(f"{number.name}: exit code {code}")
        return front, "signal: " + number.name

    def attack(self):
        """One attack; returns "" where the sweep ended before it."""
        before = finished(self.runs)
        front, what = self.draw.choice([self.at_a_moment, self.at_a_point, self.at_a_point, self.by_a_signal])()
        front.wait()
        until = time.monotonic() + PATIENCE
        while workers_of(front.pid) and time.monotonic() < until:
            time.sleep(0.01)
        if workers_of(front.pid):
            self.faults.append(f"{what}: a worker is left")
        if before - finished(self.runs):
            self.faults.append(f"{what}: a finished trial is lost")
        return what

    def round(self, whole):
        for _ in range(8):
            what = self.attack()
            if what == "":
                break
            self.kills[what] += 1
        last = subprocess.run(self.command(self.runs), capture_output=True, text=True)
        broken = contents(self.runs / "soak")
        self.faults += [f"{place} differs" for place in whole if broken.get(place) != whole[place]]
        if last.returncode != 0:
            self.faults.append(last.stderr)
        shutil.rmtree(self.runs)


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--kills", type=int, default=50)
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--of", choices=list(MANIFESTS), default="train", help="what is killed: a training, or a fit")
    words.add_argument("--build", default=os.environ.get("ASSAY_BUILD", "build/release"))
    asked = words.parse_args()
    if not os.path.isdir("/usr/share/datasets/fashion-mnist"):
        print("skipped: the Debian package dataset-fashion-mnist is not installed")
        raise SystemExit(77)
    rounds = 0
    shared = "/dev/shm" if os.path.isdir("/dev/shm") else None  # a kill takes nothing from a page cache
    with tempfile.TemporaryDirectory(dir=shared) as name:
        if not os.path.exists(os.path.join(asked.build, "lib", "libassay_faults.so")):
            sys.exit(f"there is no lib/libassay_faults.so in {asked.build}: build its target assay_faults, or all, first")
        harness = Harness(asked.build, pathlib.Path(name), random.Random(asked.seed), MANIFESTS[asked.of])
        whole = harness.whole()
        while sum(n for what, n in harness.kills.items() if not what.startswith("at ")) < asked.kills:
            rounds += 1
            harness.round(whole)
    print(json.dumps({"kills": dict(sorted(harness.kills.items())), "rounds": rounds, "compared": len(whole),
                      "calls": harness.calls, "faults": harness.faults}, indent=1))
    raise SystemExit(1 if harness.faults else 0)


main()
