"""Compares the table of components in README.md with what this build registers, by topic.

    python3 tests/docs/components_test.py            # exits with 1 if the table is out of date
    python3 tests/docs/components_test.py --write    # rewrites it

The topic of a component is the folder plugins/<topic>/ that holds its plugin. ASSAY_BUILD names the
build folder (default: build/release).
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("ASSAY_BUILD") or SOURCE / "build/release")
BEGIN, END = "<!-- components: begin -->\n", "<!-- components: end -->\n"
KINDS = ["dataset", "model", "objective", "optimizer", "procedure"]  # further kinds follow these


def registered():
    """All components of the build, and of no plugin that this user has installed."""
    with tempfile.TemporaryDirectory() as empty:
        environment = {**os.environ, "XDG_DATA_HOME": empty, "ASSAY_PLUGIN_PATH": str(BUILD / "plugins")}
        answer = json.loads(subprocess.run([BUILD / "bin/assay", "list", "--json"], env=environment,
                                           check=True, capture_output=True, text=True).stdout)
    if answer["refused"]:
        sys.exit(f"plugins were refused: {answer['refused']}")
    return answer["components"]


def table(components):
    topics = {folder.name: folder.parent.name for folder in (SOURCE / "plugins").glob("*/*") if folder.is_dir()}
    names = {}
    for one in components:
        topic = topics[pathlib.Path(one["plugin"]).stem]
        names.setdefault(topic, {}).setdefault(one["kind"], []).append(one["name"])
    rows = ["| topic | kind | components |", "|---|---|---|"]
    for topic in sorted(names, key=lambda topic: (topic != "standard", topic)):
        for kind in sorted(names[topic], key=lambda kind: (kind not in KINDS, kind)):
            listed = ", ".join(f"`{name}`" for name in sorted(names[topic][kind]))
            rows.append(f"| {topic} | {kind} | {listed} |")
    return "\n".join(rows) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="rewrite the table in README.md")
    readme = SOURCE / "README.md"
    text = readme.read_text()
    if BEGIN not in text or END not in text:
        sys.exit(f"README.md needs the lines {BEGIN.strip()} and {END.strip()} around the table of components")
    made = re.sub(f"(?s)(?<={re.escape(BEGIN)}).*?(?={re.escape(END)})", lambda _: table(registered()), text)
    if parser.parse_args().write:
        readme.write_text(made)
    elif made != text:
        sys.exit("README.md's table of components is out of date; run tests/docs/components_test.py --write")


main()
