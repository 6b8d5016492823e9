"""Checks that docs/add-a-plugin.md quotes the files of docs/examples verbatim.

    python3 tests/docs/examples_test.py            # exits with 1 if a quotation is out of date
    python3 tests/docs/examples_test.py --write    # rewrites the quotations

A quotation is a code block whose first line is that of the file.
"""

import argparse
import pathlib
import re
import sys

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCS / "add-a-plugin.md"


def quoted(page, files):
    """The page with each file in place of its quotation, and the files that it does not quote."""
    missing = []
    for file in files:
        text = file.read_text()
        first = re.escape(text.split("\n", 1)[0])
        page, count = re.subn(f"(?ms)^```cpp\n{first}\n.*?^```$", lambda _: f"```cpp\n{text}```", page)
        if count != 1:
            missing.append(file.name)
    return page, missing


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="rewrite the quotations")
    write = parser.parse_args().write
    page = PAGE.read_text()
    files = sorted((DOCS / "examples").glob("*.cpp"))
    if len(files) < 6:
        sys.exit(f"docs/examples has {len(files)} examples, expected one for each kind")
    made, missing = quoted(page, files)
    if missing:
        sys.exit(f"{PAGE.name} must quote {', '.join(missing)} once, in a block that starts with its first line")
    if write:
        PAGE.write_text(made)
    elif made != page:
        sys.exit(f"{PAGE.name} quotes an older version of docs/examples: run tests/docs/examples_test.py --write")


if __name__ == "__main__":
    main()
