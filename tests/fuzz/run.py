#!/usr/bin/env python3
"""Runs the fuzz targets, two at a time, from their corpora; exits with 1 where one finds something.

  python3 tests/fuzz/run.py                                  60 s a target
  python3 tests/fuzz/run.py --inputs 10000000 yaml state     so many inputs of each
  python3 tests/fuzz/run.py --keep                           new inputs into tests/fuzz/corpus
  python3 tests/fuzz/run.py --replay                         the corpora alone

Standard error has the table, standard output one JSON object. An input that was found lies where the
table says; `build/checked/fuzz/NAME_fuzz FILE` repeats it.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

from large import inputs

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
MANIFESTS = [SOURCE / "tests/runner/manifest/malformed", SOURCE / "experiments"]
# By the wall's clock, against a hang alone: on a busy machine a quick input may take a while. What ends is held to
# seconds of processor time, in target.cpp.
LIMITS = ["-timeout=120", "-rss_limit_mb=2560", "-malloc_limit_mb=66", "-print_final_stats=1"]
KEPT = 100  # files of a corpus
ROUND = 200_000  # inputs of one process: what libFuzzer and the sanitizer remember makes millions ten times slower
LONGEST = {"catalog": 4096, "plugin_file": 4096, "experiment": 1024, "versions": 4096}  # bytes of an input; 512 for the others


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", help="all unless named")
    parser.add_argument("--seconds", type=int, help="of each target; 60 unless --inputs is given")
    parser.add_argument("--total", type=int, help="seconds for all targets together; each has an equal part")
    parser.add_argument("--inputs", type=int, help="of each target")
    parser.add_argument("--seed", type=int, default=0, help="of the random inputs; 0: another each time")
    parser.add_argument("--replay", action="store_true", help="only what is in the corpora")
    parser.add_argument("--keep", action="store_true", help="put what covers more into the corpora")
    parser.add_argument("--build", type=lambda path: pathlib.Path(path).resolve(), default=SOURCE / "build/checked")
    parser.add_argument("--finds", type=lambda path: pathlib.Path(path).resolve(), help="folder for inputs that were found")
    parser.add_argument("--jobs", type=int, default=2)
    return parser.parse_args()


def seeds(name, folder):
    """The kept corpus, and for the manifests what lies in the tree anyway."""
    folders = [HERE / "corpus" / name]
    if name in ("yaml", "experiment"):
        for file in (file for place in MANIFESTS for file in place.rglob("*.yaml")):
            shutil.copy(file, folder / file.name)
        folders.append(folder)
    return [str(one) for one in folders if one.is_dir()]


def environment():
    """Without what assay reads from it, and with every error fatal."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ASSAY_")}
    return kept | {"ASAN_OPTIONS": "detect_leaks=1:allocator_may_return_null=0:handle_abort=2:malloc_context_size=0:quarantine_size_mb=16",
                   "UBSAN_OPTIONS": "print_stacktrace=1"}


def large(program, name, given):
    """The inputs of large.py, one a process: what one leaves is not to be counted for the next. The find, or nothing."""
    for number, text in enumerate(inputs(name)):
        file = given / f"large-{number}"
        file.write_bytes(text)
        ran = subprocess.run([str(program), *LIMITS, "-malloc_limit_mb=512", str(file)], env=environment(),
                             capture_output=True, text=True, errors="replace")
        if ran.returncode != 0:
            return f"large.py {name} {number}", ran.stderr
        file.unlink()
    return None, ""


def ends(text):
    """The sentence of a find comes first, its stack in between, its input last."""
    return text if len(text) <= 8000 else f"{text[:4000]}\n[...]\n{text[-4000:]}"


def figure(pattern, text):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def fuzz(name, options, work):
    """One target from its start to its end."""
    program = options.build / "fuzz" / f"{name}_fuzz"
    own, given = work / name, work / f"{name}-seeds"
    own.mkdir()
    given.mkdir()
    finds = options.finds or options.build / "finds"
    finds.mkdir(parents=True, exist_ok=True)
    costly, words = large(program, name, given)
    if costly:
        return {"target": name, "inputs": 0, "seconds": 0, "coverage": 0, "finds": [costly], "words": ends(words)}
    command = [str(program), *LIMITS, f"-max_len={LONGEST.get(name, 512)}", f"-artifact_prefix={finds}/{name}-"]
    if (HERE / f"{name}.dict").exists():
        command.append(f"-dict={HERE / (name + '.dict')}")
    result = {"target": name, "inputs": 0, "seconds": 0, "coverage": 0, "finds": []}
    folders = seeds(name, given)
    for number in range(-(-options.inputs // ROUND) if options.inputs else 1):
        once(command + limits(options, number), own, folders, result)
        if "words" in result:
            break
        if options.keep:
            keep(program, name, own, folders)
        for file in own.iterdir():  # the next round begins anew
            file.unlink()
        if options.seconds and result["seconds"] >= options.seconds:
            break
    return result


def limits(options, number):
    """Of round `number`."""
    words = [f"-seed={options.seed and options.seed + number}"]
    if options.replay:
        words.append("-runs=0")
    elif options.inputs:
        words.append(f"-runs={min(ROUND, options.inputs - number * ROUND)}")
    if options.seconds or not (options.inputs or options.replay):
        words.append(f"-max_total_time={options.seconds or 60}")
    return words


def once(command, own, folders, result):
    """One process; adds to the result."""
    began = time.monotonic()
    ran = subprocess.run([*command, str(own), *folders], env=environment(), cwd=own, capture_output=True, text=True, errors="replace")
    result["inputs"] += figure(r"number_of_executed_units: (\d+)", ran.stderr)
    result["seconds"] = round(result["seconds"] + time.monotonic() - began, 1)
    result["coverage"] = max(result["coverage"], figure(r"cov: (\d+)", ran.stderr))
    result["finds"] += re.findall(r"Test unit written to (\S+)", ran.stderr)
    if ran.returncode != 0:
        result["finds"] = result["finds"] or ["(no input was kept)"]
        result["words"] = ends(ran.stderr)


def keep(program, name, own, before):
    """Into the corpus goes what covers more than it does, the smallest first, up to a hundred files in all."""
    target, merged = HERE / "corpus" / name, own.parent / f"{name}-merged"
    target.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(merged, ignore_errors=True)
    merged.mkdir()
    subprocess.run([str(program), "-merge=1", "-use_counters=0", *LIMITS, f"-max_len={LONGEST.get(name, 512)}",
                    str(merged), *before, str(own)], env=environment(), capture_output=True, check=True)
    known = {file.read_bytes() for folder in before for file in pathlib.Path(folder).iterdir()}
    found = [file for file in merged.iterdir() if file.read_bytes() not in known]
    room = max(0, KEPT - len(list(target.iterdir())))
    for file in sorted(found, key=lambda file: file.stat().st_size)[:room]:
        shutil.copy(file, target)


def show(result):
    rate = result["inputs"] / max(result["seconds"], 0.1)
    print(f"{result['target']:<12} {result['inputs']:>11,} inputs {result['seconds']:>8.0f} s {rate:>8,.0f}/s "
          f"coverage {result['coverage']:>6}  {', '.join(result['finds']) or 'nothing found'}", file=sys.stderr, flush=True)
    if "words" in result:
        print(result["words"], file=sys.stderr, flush=True)
    return result


def main():
    options = arguments()
    names = options.targets or sorted(path.name[:-5] for path in (options.build / "fuzz").glob("*_fuzz"))
    absent = [name for name in names if not (options.build / "fuzz" / f"{name}_fuzz").exists()]
    if absent or not names:
        sys.exit(f"there is no target {', '.join(absent)} in {options.build / 'fuzz'}: build the preset `checked` first")
    if options.total:
        options.seconds = max(1, options.total * options.jobs // len(names))
    with tempfile.TemporaryDirectory() as work, concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = pool.map(lambda name: show(fuzz(name, options, pathlib.Path(work))), names)
        results = list(runs)
    print(json.dumps({"schema": "assay.fuzz/1", "targets": results}, indent=1))
    sys.exit(any(result["finds"] for result in results))


main()
