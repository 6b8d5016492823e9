"""Compares the table of costs in docs/add-a-plugin.md with what `assay describe` counts.

    python3 tests/docs/passes_test.py            # exits with 1 if the table is out of date
    python3 tests/docs/passes_test.py --write    # rewrites it

ASSAY_BUILD names the build folder (default: build/release).
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("ASSAY_BUILD") or SOURCE / "build/release")
PAGE = SOURCE / "docs/add-a-plugin.md"
BEGIN, END = "<!-- passes: begin -->\n", "<!-- passes: end -->\n"
NESTINGS = {
    "sam()": "",
    "looksam()": "the ascent is taken every `k` steps",
    "m_sam()": "each pass in parts of at most `m` samples",
    "sam(sam)": "each level doubles",
    "dwa()": "",
    "famo()": "the losses are taken again after the step",
    "group_dro()": "",
    "mgda()": "",
    "sam(mgda)": "one ascent for all terms",
    "mgda(sam)": "the ascent uses the combined gradient too",
    "cpt()": "",
    "pga()": "each term is evaluated again elsewhere",
    "sam(pga)": "`sam` climbs again for each term",
}


def counted():
    """What `assay describe` counts, in the order of NESTINGS."""
    with tempfile.TemporaryDirectory() as empty:
        environment = {**os.environ, "XDG_DATA_HOME": empty, "ASSAY_PLUGIN_PATH": str(BUILD / "plugins")}
        answer = subprocess.run([BUILD / "bin/assay", "describe", *NESTINGS, "--json"], env=environment,
                                check=True, capture_output=True, text=True).stdout
    return json.loads(answer)["nestings"]


def total(count, letter):
    """`2 + 2K F` and the like."""
    parts = [f"{'' if count[key] == 1 and unit else format(count[key], 'g')}{unit}"
             for key, unit in (("constant", ""), ("per_term", "K"), ("per_group", "G")) if count[key] != 0]
    return f"{' + '.join(parts) or 0} {letter}"


def table(nestings):
    rows = ["| optimizers | passes per step | |", "|---|---|---|"]
    for one, note in zip(nestings, NESTINGS.values(), strict=True):
        most = "at most " if one["varies"] else ""
        rows.append(f"| `{one['nesting']}` | {most}{total(one['forward'], 'F')}, "
                    f"{total(one['backward'], 'B')} | {note} |")
    return "\n".join(rows) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="rewrite the table")
    write = parser.parse_args().write
    page = PAGE.read_text()
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    made = before + BEGIN + table(counted()) + END + after
    if write:
        PAGE.write_text(made)
    elif made != page:
        sys.exit(f"{PAGE.name} has an older table of costs: run tests/docs/passes_test.py --write")


if __name__ == "__main__":
    main()
