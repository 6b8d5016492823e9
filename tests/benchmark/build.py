#!/usr/bin/env python3
"""CPU time of building from nothing, without ccache, and with generated plugins in addition.

    python3 tests/benchmark/build.py              # targets quickstart, programs and all
    python3 tests/benchmark/build.py --plugins 60 # and all again, with 60 plugins of `assay plugin new`

Prints seconds of CPU (user and system) per target, each on top of the one before, and the number of
times that they hold the compilation of one file that includes torch/torch.h. It works on a clone of
the last commit in a temporary folder, and takes half an hour on two cores.
"""

import argparse
import os
import pathlib
import resource
import subprocess
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
KINDS = ["dataset", "model", "objective", "optimizer", "procedure"]


def cpu_seconds(command, **options):
    """User and system time of a command and of its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, **options)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def one_compilation(folder, clone):
    """Of a file that includes torch/torch.h, with the flags of a plugin without its headers."""
    libtorch = next(line.split("=", 1)[1].strip() for line in
                    (clone / "build/release/CMakeCache.txt").read_text().splitlines()
                    if line.startswith("ASSAY_LIBTORCH_DIR:"))
    file = folder / "one.cpp"
    file.write_text("#include <torch/torch.h>\n")
    return cpu_seconds(["g++", "-std=c++20", "-O1", "-fPIC", f"-isystem{libtorch}/include",
                        f"-isystem{libtorch}/include/torch/csrc/api/include", "-c", file, "-o", folder / "one.o"])


def configure(clone):
    subprocess.run(["cmake", "--preset", "release"], cwd=clone, check=True, capture_output=True)


def build(clone, target):
    return cpu_seconds(["cmake", "--build", "build/release", "--target", target, "-j", str(os.cpu_count())], cwd=clone)


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--plugins", type=int, default=0, help="plugins to generate for a second build")
    asked = words.parse_args()
    os.environ["CCACHE_DISABLE"] = "1"
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        clone = folder / "clone"
        subprocess.run(["git", "clone", "-q", SOURCE, clone], check=True)
        configure(clone)
        one = one_compilation(folder, clone)
        print(f"one file with torch/torch.h: {one:.1f} s", flush=True)
        total = 0
        for target in ["quickstart", "programs", "all"]:
            total += build(clone, target)
            print(f"{target}: {total:.0f} s, {total / one:.1f} such files", flush=True)
        if asked.plugins == 0:
            return
        for k in range(asked.plugins):
            kind = KINDS[k % len(KINDS)]
            subprocess.run(["build/release/bin/assay", "plugin", "new", kind, f"made_{k}", "--topic", f"topic_{k % 6}"],
                           cwd=clone, check=True, capture_output=True)
        # A plugin leaves the others as they are, so what is built now is what 60 plugins add.
        configure(clone)
        added = build(clone, "all")
        print(f"all with {asked.plugins} plugins more: {total + added:.0f} s, {100 * added / total:.0f} % more")


if __name__ == "__main__":
    main()
