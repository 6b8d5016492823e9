"""Checks that docs/add-a-plugin.md quotes the files of docs/examples verbatim.

    python3 tests/docs/examples_test.py            # exits with 1 if a quotation is out of date
    python3 tests/docs/examples_test.py --write    # rewrites the quotations

A quotation is a code block whose first line is that of the file.
"""

import re
import sys

from generated import SOURCE, compare_or_write

DOCS = SOURCE / "docs"
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
    page = PAGE.read_text()
    files = sorted((DOCS / "examples").glob("*.cpp"))
    if len(files) < 6:
        sys.exit(f"docs/examples has {len(files)} examples, expected one for each kind")
    made, missing = quoted(page, files)
    if missing:
        sys.exit(f"{PAGE.name} must quote {', '.join(missing)} once, in a block that starts with its first line")
    compare_or_write(__doc__, {PAGE: made})


if __name__ == "__main__":
    main()
