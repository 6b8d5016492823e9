"""Compares the table of costs in docs/add-a-plugin.md with what `assay describe` counts.

    python3 tests/docs/passes_test.py            # exits with 1 if the table is out of date
    python3 tests/docs/passes_test.py --write    # rewrites it

ASSAY_BUILD names the build folder (default: build/release).
"""

from generated import SOURCE, ask_assay, compare_or_write

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
    page = PAGE.read_text()
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    counted = table(ask_assay("describe", *NESTINGS)["nestings"])
    compare_or_write(__doc__, {PAGE: before + BEGIN + counted + END + after})


if __name__ == "__main__":
    main()
