"""A sweep whose every trial is disturbed on a real Slurm ends in the bytes of one that runs here undisturbed."""
import pathlib
import sys
import unittest

from desk import Desk, WORKER
from suite import SlurmTest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from run_contents import contents  # noqa: E402

MANIFEST = """dataset: {use: fashion_mnist, validation: 200, train_limit: 3000}
model: {use: mlp, hidden: [64], dropout: 0.2}
objective: cross_entropy
optimizer: {use: sam, base: {use: adamw, lr: 0.002}}
procedure: {use: train, steps: 4000, batch: 32, callbacks: [{use: ema, decay: 0.99}], evaluate_steps: 250, log_every: 7, schedule: cosine}
sweep: {seed: [0, 1, 2, 3]}
limits: {workers: 2, threads: 1, checkpoint_every: 0.3s}
"""


@unittest.skipUnless(WORKER.exists(), f"{WORKER} is not built")
class EqualityTest(SlurmTest):
    def setUp(self):
        super().setUp()
        self.desk = Desk(self.folder, self.slurm, fake=False)

    def until_midway(self, *numbers):
        """Trials run, and have a checkpoint to go on from."""
        def midway(trial):
            return trial["state"] == "running" and trial["stages"][0]["unit"] > 0
        self.slurm.until(lambda: all(midway(self.desk.trials("sweep")[k]) for k in numbers), f"progress of {numbers}")

    def task(self, number):
        return self.desk.trials("sweep")[number].get("slurm", {})

    def node(self, state):
        self.slurm.ask("scontrol", "update", f"nodename={self.slurm.host}", f"state={state}", "reason=test")

    def test_cancel_requeue_warning_drain_node_down_and_kill(self):
        desk, ask, until = self.desk, self.slurm.ask, self.slurm.until
        desk.write("sweep", MANIFEST)
        whole = desk.assay("run", "sweep.yaml", "--runs", "whole")
        self.assertEqual(0, whole.returncode, whole.stderr)

        job = desk.submit("sweep")
        self.until_midway(0, 1)
        ask("scancel", f"{job}_0")
        until(lambda: not self.task(0).get("job"), "end of task 0")
        ask("scontrol", "requeue", f"{job}_1")
        self.until_midway(2, 3)
        self.node("drain")
        ask("scancel", "--batch", "--signal=USR1", f"{job}_2")
        until(lambda: "PENDING" == self.task(2).get("state") == self.task(1).get("state"), "requeued tasks 1 and 2")
        self.assertEqual("running", desk.trials("sweep")[3]["state"])
        self.node("down")
        until(lambda: self.task(3).get("state") == "PENDING", "requeued task 3")
        # What runs on a node that Slurm takes for lost may run on: its claim keeps the second start waiting.
        self.assertIn(desk.trials("sweep")[3]["state"], ("queued", "running"))
        self.assertEqual(["interrupted", "queued", "queued"], desk.states("sweep")[:3])
        self.node("resume")
        desk.until_ended()
        self.assertEqual(["interrupted", "done", "done", "done"], desk.states("sweep"), desk.output("sweep"))

        again = "resume", "runs/sweep", "--launcher", "slurm"
        job = desk.answer(*again)["slurm"][0]["job"]
        self.until_midway(0)
        self.slurm.kill(f"{job}_0")
        desk.until_ended()
        self.assertIn(desk.states("sweep")[0], ("interrupted", "failed"))
        self.assertIn("submitted 1 trial", desk.assay(*again).stdout)
        desk.until_ended()
        self.assertEqual(["done"] * 4, desk.states("sweep"))
        self.assertTrue(all(trial["stages"][0]["attempts"] > 1 for trial in desk.trials("sweep")))
        expected, found = contents(desk.folder / "whole/sweep"), contents(desk.folder / "runs/sweep")
        self.assertEqual(expected.keys(), found.keys())
        self.assertEqual([], [place for place in expected if expected[place] != found[place]])
        print(f"{len(expected)} places compared, attempts "
              f"{[trial['stages'][0]['attempts'] for trial in desk.trials('sweep')]} ", end="")
