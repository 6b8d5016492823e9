"""A folder in which `assay` is called as a person on a cluster calls it."""
import json
import os
import pathlib
import subprocess

SOURCE = pathlib.Path(os.environ.get("ASSAY_SOURCE", pathlib.Path(__file__).parents[3]))
BUILD = pathlib.Path(os.environ.get("ASSAY_BUILD", SOURCE / "build/release"))
WORKER = pathlib.Path(os.environ.get("ASSAY_WORKER", BUILD / "bin/assay-worker"))
PLUGINS = pathlib.Path(os.environ.get("ASSAY_TEST_PLUGINS", BUILD / "plugins"))


class Desk:
    def __init__(self, folder, slurm, fake=True):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.slurm = slurm
        plugins = PLUGINS
        if fake:
            plugins = self.folder / "plugins"
            plugins.mkdir()
            (plugins / "fake.so").write_text("not loaded by anybody")
        self.environment = dict(
            slurm.environment, ASSAY_PLUGIN_PATH=str(plugins), OMP_NUM_THREADS="1", XDG_DATA_HOME=str(self.folder),
            XDG_CACHE_HOME=str(self.folder / "cache"),
            ASSAY_WORKER=str(SOURCE / "tests/support/fake_worker.py" if fake else WORKER))

    def write(self, name, text):
        (self.folder / f"{name}.yaml").write_text(f"assay: 1\nname: {name}\n{text}")

    def assay(self, *words, **environment):
        return subprocess.run([BUILD / "bin/assay", *words], cwd=self.folder, capture_output=True, text=True,
                              env=dict(self.environment, **environment))

    def answer(self, *words):
        said = self.assay(*words, "--json")
        assert said.returncode == 0, (words, said.stdout, said.stderr)
        return json.loads(said.stdout)

    def submit(self, manifest, *words):
        """The number of the job, or null where nothing was submitted."""
        return self.answer("run", manifest + ".yaml", "--launcher", "slurm", *words)["slurm"][0]["job"]

    def trials(self, manifest):
        return self.answer("status", manifest + ".yaml")["trials"]

    def states(self, manifest):
        return [trial["state"] for trial in self.trials(manifest)]

    def in_queue(self):
        return len(self.slurm.queue())

    def until_ended(self, seconds=120):
        self.slurm.until(lambda: self.in_queue() == 0, "end of all tasks", seconds)

    def open_gate(self, manifest):
        (self.folder / "runs" / manifest / "gate").touch()

    def until_running(self, manifest, count=1):
        self.slurm.until(lambda: self.states(manifest).count("running") >= count, f"{count} running trials of {manifest}")

    def output(self, manifest):
        """What the tasks of all submissions said."""
        return "".join(file.read_text() for file in sorted((self.folder / "runs" / manifest).glob("slurm/*/*.txt")))
