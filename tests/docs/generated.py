"""What the tests of generated texts share: the build's answers, and files that must hold a given text."""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("ASSAY_BUILD") or SOURCE / "build/release")


def ask_assay(*words):
    """What `assay WORDS --json` of the build answers, without the plugins that this user has installed."""
    with tempfile.TemporaryDirectory() as empty:
        environment = {**os.environ, "XDG_DATA_HOME": empty, "ASSAY_PLUGIN_PATH": str(BUILD / "plugins")}
        return json.loads(subprocess.run([BUILD / "bin/assay", *words, "--json"], env=environment, check=True,
                                         capture_output=True, text=True).stdout)


def compare_or_write(doc, made):
    """Exits with 1 if a file does not hold its text in `made`, {file: text}. With --write it is written instead. `doc`
    is the help text."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="rewrite what is out of date")
    write = parser.parse_args().write
    for file, text in made.items():
        if write:
            file.write_text(text)
        elif not file.exists() or file.read_text() != text:
            sys.exit(f"{file.relative_to(SOURCE)} is out of date: run {sys.argv[0]} --write")
