"""What submit, status, stop and the job's script do, on a real Slurm with tests/support/fake_worker.py."""
import json

from desk import Desk
from suite import SlurmTest

LIMITS = "limits: {{workers: {workers}, checkpoint_every: 1s, slurm: {{cpus: 1}}}}\n"


def sweep(act="gated", units=5, seeds=(0, 1, 2), workers=2):
    return (f"procedure: {{use: fake, act: {act}, units: {units}}}\nsweep: {{seed: {list(seeds)}}}\n"
            "report: {metric: test/accuracy}\n" + LIMITS.format(workers=workers))


class ProtocolTest(SlurmTest):
    def setUp(self):
        super().setUp()
        self.desk = Desk(self.folder, self.slurm)

    def attempts(self, name):
        return [trial["stages"][-1]["attempts"] for trial in self.desk.trials(name)]

    def test_twice_is_once_and_the_report_is_written(self):
        desk = self.desk
        desk.write("two", sweep(workers=1))
        job = desk.submit("two")
        self.assertTrue(job)
        desk.until_running("two")
        trials = desk.trials("two")
        self.assertEqual(["running", "queued", "queued"], [trial["state"] for trial in trials])
        self.assertEqual({"job": f"{job}_1", "state": "PENDING", "reason": "JobArrayTaskLimit"}, trials[1]["slurm"])
        self.assertIn(f"slurm {job}_1 PENDING (JobArrayTaskLimit)", desk.assay("status", "two.yaml").stdout)
        again = desk.answer("run", "two.yaml", "--launcher", "slurm")["slurm"][0]
        self.assertEqual((None, 0, 3), (again["job"], again["submitted"], again["there"]))
        desk.open_gate("two")
        desk.until_ended()
        self.assertEqual(["done"] * 3, desk.states("two"))
        self.assertEqual([1, 1, 1], self.attempts("two"))
        self.assertIn("0.5200", (desk.folder / "runs/two/report.html").read_text())
        self.assertIsNone(desk.submit("two"))

    def test_a_front_end_here_stays_out_while_tasks_run(self):
        desk = self.desk
        desk.write("two", sweep(seeds=[0]))
        desk.submit("two")
        desk.until_running("two")
        said = desk.assay("run", "two.yaml")
        self.assertEqual(1, said.returncode)
        self.assertIn("runs/two is being written by process", said.stderr)
        desk.open_gate("two")
        desk.until_ended()
        self.assertIn("1 already done", desk.assay("run", "two.yaml").stderr)
        self.assertEqual([1], self.attempts("two"))

    def test_a_sweep_grows_while_it_runs(self):
        desk = self.desk
        desk.write("two", sweep(seeds=[0]))
        desk.submit("two")
        desk.until_running("two")
        desk.write("two", sweep(seeds=[0, 1]))
        answer = desk.answer("run", "two.yaml", "--launcher", "slurm")["slurm"][0]
        self.assertEqual((1, 1), (answer["submitted"], answer["there"]))
        desk.open_gate("two")
        desk.until_ended()
        self.assertEqual(["done"] * 2, desk.states("two"))
        self.assertEqual([1, 1], self.attempts("two"))

    def test_stop_empties_the_queue_and_resume_fills_it(self):
        desk = self.desk
        desk.write("two", sweep(seeds=[0, 1, 2, 3]))
        desk.submit("two")
        desk.until_running("two", 2)
        said = desk.assay("stop", "two.yaml")
        self.assertEqual((0, "stopped runs/two\n"), (said.returncode, said.stdout))
        self.assertEqual(0, desk.in_queue())
        self.assertEqual(["interrupted", "interrupted", "queued", "queued"], desk.states("two"))
        for trial in desk.trials("two")[:2]:
            self.assertLess(trial["stages"][0]["unit"], 5)
        self.assertNotIn("requeue", desk.output("two"))
        desk.open_gate("two")
        said = desk.assay("resume", "runs/two", "--launcher", "slurm")
        self.assertIn("submitted 4 trials", said.stdout)
        desk.until_ended()
        self.assertEqual(["done"] * 4, desk.states("two"))
        self.assertEqual([2, 2, 1, 1], self.attempts("two"))
        self.assertIn("is not running", desk.assay("stop", "two.yaml").stderr)

    def test_a_warning_is_answered_by_a_requeue(self):
        desk = self.desk
        desk.write("two", sweep(seeds=[0]))
        job = desk.submit("two")
        desk.until_running("two")
        self.slurm.ask("scancel", "--batch", "--signal=USR1", f"{job}_0")
        self.slurm.until(lambda: desk.trials("two")[0].get("slurm", {}).get("state") == "PENDING", "requeued task")
        trial = desk.trials("two")[0]
        self.assertEqual("queued", trial["state"])
        self.assertIsNone(desk.submit("two"))
        desk.open_gate("two")
        desk.until_ended()
        self.assertEqual(["done"], desk.states("two"))
        self.assertEqual([2], self.attempts("two"))
        self.assertIn(f"task {job}_0 on {self.slurm.host}, restart 1", desk.output("two"))

    def test_the_end_of_the_time_is_told_in_time(self):
        desk = self.desk
        desk.write("two", sweep(seeds=[0]).replace("cpus: 1", "cpus: 1, time: 2m, signal_before: 59s"))
        job = desk.submit("two")
        self.assertIn("TimeLimit=00:02:00", self.slurm.ask("scontrol", "show", "job", f"{job}_0"))
        self.slurm.until(lambda: "restart 1" in desk.output("two"), "second start", 150)
        desk.open_gate("two")
        desk.until_ended()
        self.assertEqual(["done"], desk.states("two"))
        self.assertGreater(self.attempts("two")[0], 1)

    def test_what_had_to_be_killed_is_started_again(self):
        desk = self.desk
        desk.write("two", sweep(act="deaf_once", seeds=[0, 1]))
        job = desk.submit("two")
        desk.until_running("two", 2)
        self.slurm.ask("scontrol", "requeue", f"{job}_0")
        self.slurm.ask("scontrol", "requeue", f"{job}_1")
        desk.until_ended()
        self.assertEqual(["done"] * 2, desk.states("two"))
        self.assertIn("restart 1", desk.output("two"))

    def test_what_is_preempted_goes_on(self):
        desk = self.desk
        desk.write("two", sweep(seeds=[0, 1]))
        desk.submit("two")
        desk.until_running("two", 2)
        self.slurm.ask("sbatch", "--partition=urgent", "--exclusive", "--output=/dev/null", "--wrap=sleep 2")
        self.slurm.until(lambda: "restart 1" in desk.output("two"), "second start", 90)
        desk.open_gate("two")
        desk.until_ended()
        self.assertEqual(["done"] * 2, desk.states("two"))
        self.assertEqual([2, 2], self.attempts("two"))

    def test_tasks_of_a_node_that_goes_down_go_on(self):
        desk = self.desk
        desk.write("two", sweep(seeds=[0, 1]))
        desk.submit("two")
        desk.until_running("two", 2)
        self.slurm.ask("scontrol", "update", f"nodename={self.slurm.host}", "state=down", "reason=test")
        self.slurm.until(lambda: "PENDING" in str(desk.trials("two")), "requeued task")
        self.slurm.ask("scontrol", "update", f"nodename={self.slurm.host}", "state=resume")
        self.slurm.until(lambda: desk.output("two").count("restart 1") == 2, "second start")
        desk.open_gate("two")
        desk.until_ended()
        self.assertEqual(["done"] * 2, desk.states("two"))
        self.assertGreater(min(self.attempts("two")), 1)

    def test_what_fails_fails_once_a_submission(self):
        desk = self.desk
        desk.write("two", "procedure: {use: fake, units: 2}\nsweep: {procedure.act: [ok, fail, diverge]}\n"
                   + LIMITS.format(workers=2))
        desk.submit("two")
        desk.until_ended()
        self.assertEqual(["done", "failed", "diverged"], desk.states("two"))
        self.assertEqual("no such file", desk.trials("two")[1]["error"]["message"])
        self.assertEqual([1, 1, 1], self.attempts("two"))
        answer = desk.answer("resume", "two.yaml", "--launcher", "slurm")["slurm"][0]
        self.assertEqual(2, answer["submitted"])
        desk.until_ended()
        self.assertEqual([1, 2, 2], self.attempts("two"))

    def test_a_shared_stage_is_run_by_one_task(self):
        desk = self.desk
        for act, states, attempts in (("slow", ["done", "done"], [1, 1]), ("fail", ["failed", "failed"], [0, 0])):
            desk.write(act, f"stages:\n  train: {{procedure: {{use: fake, act: {act}, units: 60}}}}\n"
                       "  test: {after: train, procedure: {use: fake}}\n"
                       "sweep: {stages.test.procedure.units: [1, 2]}\n" + LIMITS.format(workers=2))
            desk.submit(act)
            desk.until_ended()
            self.assertEqual(states, desk.states(act))
            self.assertEqual(attempts, self.attempts(act))
            self.assertEqual([1, 1], [trial["stages"][0]["attempts"] for trial in desk.trials(act)])

    def test_a_refusal_of_sbatch_changes_nothing(self):
        desk = self.desk
        desk.write("two", "procedure: {use: fake, act: fail}\n" + LIMITS.format(workers=2))
        self.assertEqual(5, desk.assay("run", "two.yaml").returncode)
        said = desk.assay("run", "two.yaml", "--launcher", "slurm", "--retry", "failed", "limits.slurm.partition=absent")
        self.assertEqual(1, said.returncode)
        self.assertIn("invalid partition specified: absent", said.stderr)
        self.assertEqual(["failed"], desk.states("two"))
        self.assertEqual([], list((desk.folder / "runs/two").glob("slurm/*/task.sh")))

    def test_a_task_that_could_not_begin_is_pointed_at(self):
        desk = self.desk
        desk.write("two", sweep(seeds=[0]))
        self.slurm.ask("scontrol", "update", f"nodename={self.slurm.host}", "state=drain", "reason=test")
        job = desk.submit("two")
        self.slurm.until(lambda: "(" in desk.assay("status", "two.yaml").stdout, "reason")
        (desk.folder / "plugins/fake.so").unlink()
        self.slurm.ask("scontrol", "update", f"nodename={self.slurm.host}", "state=resume")
        desk.until_ended()
        (desk.folder / "plugins/fake.so").write_text("not loaded by anybody")
        trial = desk.trials("two")[0]
        self.assertEqual("queued", trial["state"], job)
        self.assertTrue(trial["slurm"]["output"].endswith("slurm/1/0.txt"))
        self.assertIn("fake", desk.output("two"))

    def test_force_runs_what_is_done_again(self):
        desk = self.desk
        desk.write("two", sweep(act="ok", seeds=[0]))
        desk.assay("run", "two.yaml")
        self.assertIsNone(desk.submit("two"))
        self.assertTrue(desk.submit("two", "--force"))
        desk.until_ended()
        trial = desk.trials("two")[0]
        self.assertEqual(("done", 1), (trial["state"], trial["stages"][0]["attempts"]))
        told = json.loads((desk.folder / trial["dir"] / "provenance.json").read_text())
        self.assertIn("--force", told["argv"])

    def test_status_does_without_slurm(self):
        desk = self.desk
        desk.write("two", sweep(act="ok", seeds=[0]))
        desk.submit("two")
        desk.until_ended()
        said = desk.assay("status", "two.yaml", PATH="/nowhere")
        self.assertEqual(0, said.returncode)
        self.assertIn("1 trial: 1 done", said.stdout)
        self.assertIn("squeue cannot be run", said.stderr)
        self.assertIn("squeue cannot be run", desk.assay("run", "two.yaml", "--launcher", "slurm", PATH="/nowhere").stderr)
