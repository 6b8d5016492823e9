#!/usr/bin/env python3
"""A worker without LibTorch: speaks the protocol of runner/schedule/README.md, and misbehaves as its
procedure's `act` says."""
import json
import os
import signal
import sys
import time

asked = 0


def ask(number, _frame):
    global asked
    asked = number


def tell(**event):
    os.write(3, (json.dumps(event) + "\n").encode())


class Stage:
    def __init__(self, job):
        self.job = job
        self.act = job["components"]["procedure"].get("act", "ok")
        procedure = job["components"]["procedure"]
        self.units = int(procedure.get("steps") or procedure.get("units", 3))
        self.file = os.path.join(job["dir"], "status.json")
        self.status = {"state": "running", "unit": 0, "units": self.units, "attempts": 0, "started": time.time(),
                       "ended": 0.0, "seconds": 0.0, "error": None, "metrics": {}}
        if os.path.exists(self.file):
            with open(self.file) as file:
                self.status.update(json.load(file))
        self.status["attempts"] += 1

    def write(self, state, error=None):
        self.status.update(state=state, error=error)
        self.status["seconds"] += 0.25
        with open(self.file + ".new", "w") as file:
            json.dump(self.status, file)
        os.rename(self.file + ".new", self.file)

    def end(self, state, code, error=None):
        self.write(state, error)
        tell(event="end", state=state, error=error)
        sys.exit(code)

    def misbehave(self):
        print("this is what the plugin said last", flush=True)
        once = os.path.join(self.job["dir"], "tried")
        first = not os.path.exists(once)
        open(once, "w").close()
        if self.act == "crash" or (self.act == "crash_once" and first):
            os.kill(os.getpid(), signal.SIGSEGV)
        if self.act == "oom":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.act == "daemon":
            self.leave_daemon()
        if self.act == "exit":
            sys.exit(3)
        if self.act in ("hang", "deaf") or (self.act == "deaf_once" and first):
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL if self.act == "hang" else signal.SIG_IGN)
            time.sleep(600)
        if self.act == "fail":
            self.end("failed", 1, {"kind": "data", "path": "", "message": "no such file"})
        attempts = self.status["attempts"]
        if (self.act == "full_once" and first) or (self.act == "full_thrice" and attempts <= 3):
            self.end("interrupted", 1, {"kind": "disk_full", "path": "", "message": "here: the disk is full"})
        if self.act == "diverge":
            self.end("diverged", 6, {"kind": "numeric", "path": "", "message": "unit 1: the loss is nan"})

    def leave_daemon(self):
        if os.fork() == 0:
            os.setsid()
            daemon = os.fork()
            if daemon == 0:
                time.sleep(600)
            with open(os.path.join(self.job["dir"], "daemon"), "w") as file:
                file.write(str(daemon))
            os._exit(0)
        os.wait()

    def opened(self):
        """The last unit of a gated stage waits for a file in the experiment's folder."""
        return os.path.exists(os.path.join(os.path.dirname(self.job["dir"]), "gate"))

    def run(self):
        self.write("running")
        tell(event="started", unit=self.status["unit"], units=self.units)
        os.write(3, b"what a plugin may write here\n")
        self.misbehave()
        while self.status["unit"] < self.units and not asked:
            if self.act in ("slow", "gated"):
                time.sleep(0.05)
            if self.act == "gated" and self.status["unit"] == self.units - 1 and not self.opened():
                continue
            self.status["unit"] += 1
            tell(event="progress", unit=self.status["unit"], units=self.units, metrics={"train/loss": 0.5})
        if self.status["unit"] < self.units:
            self.end("interrupted", 75 if asked == signal.SIGUSR1 else 128 + asked)
        self.status["metrics"] = {"test/accuracy": 0.5 + self.job["seed"] / 100}
        if self.act == "killed_when_done":
            self.write("done")
            os.kill(os.getpid(), signal.SIGKILL)
        self.end("done", 0)


def run():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, ask)
    time.sleep(float(os.environ.get("FAKE_LOADING", "0")))
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    job = json.loads(sys.stdin.readline())
    with open(os.path.join(job["dir"], "job.json"), "w") as file:
        json.dump({"job": job, "pid": os.getpid(), "group": os.getpgid(0), "omp": os.environ["OMP_NUM_THREADS"],
                   "mkl": os.environ["MKL_NUM_THREADS"], "oom": open("/proc/self/oom_score_adj").read()}, file)
    Stage(job).run()


def field(name, kind, default, choices):
    span = {"low": None, "high": None, "open_low": False, "open_high": False, "choices": choices}
    return {"name": name, "type": kind, "default": default, "range": span, "doc": "For tests.", "kind": "",
            "required": False, "needs": {}, "gives": {}, "artifact": ""}


ACTS = ["ok", "daemon", "slow", "gated", "crash", "crash_once", "oom", "exit", "hang", "deaf", "deaf_once", "fail", "diverge",
        "full_once", "full_thrice", "killed_when_done"]
FAKE = {"kind": "procedure", "name": "fake", "doc": "Does what it is told.", "needs": [], "hides": [], "abilities": [], "rows": [], "artifacts": [],
        "fields": [field("act", "string", "ok", ACTS), field("units", "integer", 3, []), field("steps", "integer", 0, [])]}


def probe(files):
    for file in files:
        once = file + ".probed"
        if "killed" in os.path.basename(file) and not os.path.exists(once):
            open(once, "w").close()
            os.kill(os.getpid(), signal.SIGKILL)
        if "assassin" in os.path.basename(file):
            os.kill(os.getpid(), signal.SIGKILL)
        elif "crash" in os.path.basename(file) and not os.path.exists(file + ".cured"):
            print(json.dumps({"file": file, "refused": file + ": crashed with signal 11", "crashed": True}))
        elif not file.startswith(os.environ.get("ASSAY_PLUGIN_PATH", "")):  # a real one, of this build
            print(json.dumps({"file": file, "refused": file + ": is no plugin of this test"}))
        elif "bad" in os.path.basename(file) and not os.path.exists(file + ".cured"):
            print(json.dumps({"file": file, "refused": file + ": has no ABI tag"}))
        else:
            print(json.dumps({"file": file, "build": "b01d", "components": [FAKE]}))
        sys.stdout.flush()


def check(job):
    """What building the components says: an act that is none is refused, `crash` crashes."""
    with open(os.path.join(os.environ["XDG_CACHE_HOME"], "checks"), "a") as file:
        file.write("check\n")
    procedure = job["components"]["procedure"]
    if procedure["act"] == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    refused = procedure["steps"] > 0 and procedure["units"] != 3
    print(json.dumps({"read": "", "kind": "parameter" if refused else "", "path": "procedure.units" if refused else "",
                      "message": "give `steps` or `units`" if refused else ""}))


if sys.argv[1:2] == ["run"]:
    run()
elif sys.argv[1:2] == ["probe"]:
    probe(sys.argv[2:])
elif sys.argv[1:2] == ["check"]:
    check(json.loads(open(sys.argv[2]).readline()))
elif sys.argv[1:2] == ["version"]:
    print("<assay-abi interface=0 libtorch=fake>")
else:
    sys.exit(2)
