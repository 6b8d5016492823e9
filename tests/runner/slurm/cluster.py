"""A Slurm cluster of one node with two CPUs, started below a folder: munged, slurmctld, slurmd. Wants root."""
import contextlib
import datetime
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

PROGRAMS = ["munged", "mungekey", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "scancel"]

# KillWait and MinJobAge are short so that tests are; the urgent partition takes nodes from the other.
CONFIGURATION = """ClusterName=assay
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=2,bf_interval=2,sched_min_interval=0
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
KillWait={kill_wait}
MinJobAge=60
ReturnToService=2
SlurmctldTimeout=300
SlurmdTimeout=300
MpiDefault=none
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=1000 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP PriorityTier=1 GraceTime=2
PartitionName=urgent Nodes={host} MaxTime=INFINITE State=UP PriorityTier=10 PreemptMode=OFF
"""


def missing():
    """Why there can be no cluster here, or ""."""
    if os.geteuid() != 0:
        return "a Slurm of our own wants root"
    absent = [name for name in PROGRAMS if shutil.which(name, path=search_path()) is None]
    return f"not installed: {', '.join(absent)} (Debian's slurm-wlm and munge)" if absent else ""


def search_path():
    return os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cluster:
    """`with Cluster(folder) as slurm:`; the commands find it through `slurm.environment`."""

    def __init__(self, folder, kill_wait=5):
        self.folder = pathlib.Path(folder)
        self.host = socket.gethostname().split(".")[0]
        self.environment = dict(os.environ, SLURM_CONF=str(self.folder / "slurm.conf"), PATH=search_path())
        self.daemons = []
        for name in ("state", "spool"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "slurm.conf").write_text(CONFIGURATION.format(
            host=self.host, folder=self.folder, ports=[free_port(), free_port()], kill_wait=kill_wait))

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self):
        at = self.folder
        subprocess.run(["mungekey", "--create", f"--keyfile={at}/munge.key"], check=True, env=self.environment)
        # --force: it would not have its socket below /tmp, where others may write
        self.daemon("munged", "--foreground", "--force", f"--socket={at}/munge.socket", f"--key-file={at}/munge.key",
                    f"--pid-file={at}/munge.pid", f"--log-file={at}/munge.log", f"--seed-file={at}/munge.seed")
        self.until(lambda: (at / "munge.socket").exists(), "munged's socket")
        self.daemon("slurmctld", "-D")
        self.until(lambda: "UP" in self.ask("scontrol", "ping"), "controller")
        self.daemon("slurmd", "-D", "-N", self.host)
        self.until(lambda: "idle" in self.ask("sinfo", "-h", "-p", "main", "-o", "%T"), "an idle node")

    def daemon(self, *words):
        log = open(self.folder / f"{words[0]}.out", "wb")
        self.daemons.append(subprocess.Popen(["setpriv", "--pdeathsig", "TERM", *words], stdout=log, stderr=log,
                                             stdin=subprocess.DEVNULL, env=self.environment))

    def __exit__(self, *_):
        try:
            self.clear()
        finally:
            self.end_daemons()

    def end_daemons(self):
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def clear(self):
        """Nothing is queued and nothing runs."""
        if len(self.daemons) < 3:
            return
        self.ask("scancel", "--me")
        self.until(lambda: not self.queue(), "empty queue")

    def queue(self):
        """Job, time of its start and reason to wait, of each task that Slurm has."""
        said = subprocess.run(["squeue", "-h", "-r", "-o", "%i %S %r"], env=self.environment, capture_output=True,
                              text=True, check=True)
        return [line.split(maxsplit=2) for line in said.stdout.splitlines()]

    def release(self):
        """Slurm lets a requeued task wait for two minutes; a test does not. Within the same second the node would
        take the new start for the old one, which it has killed."""
        soon = (datetime.datetime.now() + datetime.timedelta(seconds=10)).isoformat()
        for job, start, reason in self.queue() if len(self.daemons) == 3 else []:
            if reason == "BeginTime" and soon < start < "N/A":
                self.ask("scontrol", "update", f"jobid={job}", "StartTime=now+3")

    def kill(self, job):
        """SIGKILL to all processes of a task, as when the power goes: nobody is asked, and Slurm does not know."""
        number = self.ask("squeue", "-h", "-r", "-j", job, "-o", "%A").strip()
        for line in self.ask("scontrol", "listpids", number).splitlines()[1:]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(line.split()[0]), signal.SIGKILL)

    def ask(self, *words):
        """What a command says; nothing where it fails."""
        return subprocess.run(words, env=self.environment, capture_output=True, text=True).stdout

    def until(self, holds, what, seconds=60):
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                raise TimeoutError(f"no {what} within {seconds} s\n{self.ask('squeue')}")
            self.release()
            time.sleep(0.2)
