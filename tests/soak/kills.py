#!/usr/bin/env python3
"""Kills front ends and workers at random moments, resumes, and compares with a run that nobody killed.

    python3 tests/soak/kills.py [--kills 200] [--seed 0] [--build build/release]

Each round kills one sweep up to eight times, then lets it end. Equal means: the same rows but for their wall
time, and the same bytes in every file of the last and the best checkpoint. Prints one JSON object; exits 1 on a difference.
"""
import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile
import time

MANIFEST = """assay: 1
name: soak
dataset: {use: fashion_mnist, validation: 200, train_limit: 3000}
model: {use: mlp, hidden: [64], dropout: 0.2}
objective: cross_entropy
optimizer: {use: sam, base: {use: adamw, lr: 0.002}}
procedure: {use: train, steps: 600, batch: 32, ema: 0.99, evaluate_steps: 50, log_every: 7, schedule: cosine}
sweep: {seed: [0, 1]}
limits: {workers: 2, checkpoint_every: 0.03s}
"""


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


def attack(command, draw):
    """Runs the command, and kills it or a worker of it; returns what was killed, or "" where it ended first."""
    front = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        front.wait(draw.uniform(0.02, 1.6))
        return ""
    except subprocess.TimeoutExpired:
        pass
    workers = workers_of(front.pid)
    what = draw.choice(["front", "worker", "both"])
    if what != "front" and workers:
        kill(draw.choice(workers))
    if what != "worker" or not workers:
        kill(front.pid)
    front.wait()
    while workers_of(front.pid):
        time.sleep(0.01)
    return what


def contents(runs):
    """Every row and every file of a final checkpoint, by its place."""
    found = {}
    for dir in sorted((runs / "soak").iterdir()):
        if not (dir / "status.json").exists():
            continue
        found[dir.name, "state"] = json.loads((dir / "status.json").read_text())["state"]
        rows = [json.loads(line) for line in (dir / "metrics.jsonl").read_text().splitlines()]
        found[dir.name, "rows"] = [{key: row[key] for key in row if key != "t"} for row in rows]
        for kept in "last", "best":
            for file in sorted((dir / "checkpoints" / kept).iterdir()):
                found[dir.name, kept, file.name] = file.read_bytes()
    return found


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--kills", type=int, default=200)
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--build", default="build/release")
    asked = words.parse_args()
    draw, killed, rounds, differences = random.Random(asked.seed), {"front": 0, "worker": 0, "both": 0}, 0, []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "soak.yaml").write_text(MANIFEST)
        command = [os.path.join(asked.build, "bin", "assay"), "run", str(folder / "soak.yaml"), "--runs"]
        subprocess.run([*command, str(folder / "whole")], check=True, capture_output=True)
        whole = contents(folder / "whole")
        while sum(killed.values()) < asked.kills:
            runs, rounds = folder / "broken", rounds + 1
            for _ in range(8):
                what = attack([*command, str(runs)], draw)
                if what == "":
                    break
                killed[what] += 1
            subprocess.run([*command, str(runs)], check=True, capture_output=True)
            broken = contents(runs)
            differences += [f"round {rounds}: {place}" for place in whole if broken.get(place) != whole[place]]
            shutil.rmtree(runs)
    print(json.dumps({"kills": killed, "rounds": rounds, "compared": len(whole), "differences": differences}, indent=1))
    raise SystemExit(1 if differences else 0)


main()
