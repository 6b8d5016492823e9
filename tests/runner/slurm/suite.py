"""One cluster for all tests of a program, and a folder for each test."""
import contextlib
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

from cluster import Cluster, missing

SKIPPED = 77  # as CTest is told


class SlurmTest(unittest.TestCase):
    slurm = None  # of main()

    def setUp(self):
        began = time.monotonic()
        self.addCleanup(lambda: print(f"{time.monotonic() - began:.1f} s ", end="", file=sys.stderr))
        self.slurm.clear()
        self.slurm.ask("scontrol", "update", f"nodename={self.slurm.host}", "state=resume")
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=self.slurm.folder.parent)) / "desk"


def main(names):
    """Runs the tests of these modules, or those that the command line names."""
    why = missing()
    if why:
        print(f"skipped: {why}")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="assay-slurm-") as folder:
        with contextlib.ExitStack() as stack:
            try:
                SlurmTest.slurm = stack.enter_context(Cluster(pathlib.Path(folder) / "cluster"))
            except (OSError, subprocess.SubprocessError) as error:  # TimeoutError is an OSError
                print(f"skipped: no Slurm can be started on this machine: {error}")
                return SKIPPED
            tests = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:] or names)
            result = unittest.TextTestRunner(verbosity=2).run(tests)
    return 0 if result.wasSuccessful() else 1
