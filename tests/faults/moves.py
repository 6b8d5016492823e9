#!/usr/bin/env python3
"""Interrupts a sweep, edits, renames, moves, copies or deletes something, and resumes its folder.

    python3 tests/faults/moves.py          # ASSAY_BUILD names the build folder

Each case ends with every trial that was asked for, or with one sentence and a nonzero exit code.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

ASSAY = pathlib.Path(os.environ["ASSAY_BUILD"], "bin/assay")
MANIFEST = """assay: 1
name: m
dataset: {use: csv_table, path: t.csv}
model: {use: mlp, hidden: [8]}
objective: cross_entropy
optimizer: {use: sgd, lr: 0.1}
procedure: {use: train, steps: 20000, batch: 16, log_every: 1000}
sweep: {seed: [0, 1, 2]}
limits: {workers: 1, threads: 1, checkpoint_every: 0.1s}
"""


def assay(cwd, *words):
    return subprocess.run([ASSAY, *words], cwd=cwd, capture_output=True, text=True)


def interrupt(folder):
    """A sweep of three whose first trial has a checkpoint."""
    folder.mkdir(parents=True)
    (folder / "m.yaml").write_text(MANIFEST)
    rows = "".join(f"{k},{k * k % 7},{'ab'[k % 2]}\n" for k in range(60))
    (folder / "t.csv").write_text("x,y,kind\n" + rows)
    front = subprocess.Popen([ASSAY, "run", "m.yaml", "-q"], cwd=folder, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    while not list(folder.glob("runs/m/*/checkpoints/unit-[1-9]*")):
        assert front.poll() is None, "the sweep ended before it was interrupted"
        time.sleep(0.01)
    front.send_signal(signal.SIGINT)
    assert front.wait() == 130


def edit(file, old, new):
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def append(file, text):
    file.write_text(file.read_text() + text)


def run_another_version(folder):
    assert assay(folder, "run", "m.yaml", "-q", "procedure.steps=10").returncode == 0


# What is done to the folder of the sweep, and the run folder to resume, relative to it.
FINISH = {
    "nothing": (lambda f: None, "runs/m"),
    "a comment": (lambda f: append(f / "m.yaml", "# more to come\n"), "runs/m"),
    "another value": (lambda f: edit(f / "m.yaml", "0.1}", "0.2}"), "runs/m"),
    "a wider sweep": (lambda f: edit(f / "m.yaml", "0, 1, 2", "0, 1, 2, 3"), "runs/m"),
    "a narrower sweep": (lambda f: edit(f / "m.yaml", "0, 1, 2", "0"), "runs/m"),
    "a mistake": (lambda f: edit(f / "m.yaml", "sgd", "sgdd"), "runs/m"),
    "renamed manifest": (lambda f: (f / "m.yaml").rename(f / "n.yaml"), "runs/m"),
    "deleted manifest": (lambda f: (f / "m.yaml").unlink(), "runs/m"),
    "moved with all": (lambda f: f.rename(f.parent / "new"), "../new/runs/m"),
    "renamed folder": (lambda f: (f / "runs/m").rename(f / "runs/k"), "runs/k"),
    "renamed runs": (lambda f: (f / "runs").rename(f / "results"), "results/m"),
    "moved folder": (lambda f: shutil.move(f / "runs/m", f / "m"), "m"),
    "copied beside": (lambda f: shutil.copytree(f / "runs/m", f / "runs/c", symlinks=True),
                      "runs/c"),
    "copied away": (lambda f: shutil.copytree(f / "runs/m", f.parent / "c", symlinks=True), "../c"),
    "a link": (lambda f: (f / "link").symlink_to("runs/m"), "link"),
    "lost statuses": (lambda f: [s.unlink() for s in f.glob("runs/m/*/status.json")], "runs/m"),
    "a lost index": (lambda f: (f / "runs/assay.db").unlink(), "runs/m"),
    "another version": (run_another_version, "runs/m"),
}
# And the sentence that tells why it cannot go on.
REFUSE = {
    "moved data": (lambda f: (f / "t.csv").rename(f / "u.csv"), "or name where it is now with --data"),
    "changed data": (lambda f: edit(f / "t.csv", "1,1,", "1,2,"), "changed after this run started"),
    "a lost record": (lambda f: (f / "runs/m/experiment.jsonl").unlink(), "run the manifest again"),
    "a torn record": (lambda f: os.truncate(f / "runs/m/experiment.jsonl", 500),
                      "is not a record that Assay writes"),
}


def states(folder, runs):
    answer = assay(folder, "status", runs, "--json")
    assert answer.returncode == 0, answer.stderr
    return [trial["state"] for trial in json.loads(answer.stdout)["trials"]]


def times(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def check_finished(name, folder, change, runs):
    interrupt(folder)
    change(folder)
    here = folder if folder.exists() else folder.parent
    original = times(folder / "runs/m") if name.startswith("copied") else {}
    answer = assay(here, "resume", runs.removeprefix("../") if here != folder else runs, "-q")
    assert answer.returncode == 0, (name, answer.stderr)
    found = states(here, runs.removeprefix("../") if here != folder else runs)
    assert len(found) >= 3 and set(found) == {"done"}, (name, found)
    assert original == {path: path.stat().st_mtime_ns for path in original}, name


def check_refused(name, folder, change, sentence):
    interrupt(folder)
    change(folder)
    answer = assay(folder, "resume", "runs/m", "-q")
    assert answer.returncode not in (0, 130), (name, answer.returncode)
    assert sentence in answer.stderr and answer.stderr.count("\n") == 1, (name, answer.stderr)
    if name == "moved data":
        words = "resume", "runs/m", "-q", "--data", f"{folder}/t.csv={folder}/u.csv"
        assert assay(folder, *words).returncode == 0
        assert set(states(folder, "runs/m")) == {"done"}


def main():
    for table, check in (FINISH, check_finished), (REFUSE, check_refused):
        for name, (change, more) in table.items():
            with tempfile.TemporaryDirectory() as parent:
                check(name, pathlib.Path(parent, "old"), change, more)
            print("ok", name, flush=True)


if __name__ == "__main__":
    main()
