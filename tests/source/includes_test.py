"""Checks that includes in core/, runner/ and plugins/ point downwards and have no circles.

    python3 tests/source/includes_test.py [SOURCE]    # exits with 1 after one sentence per violation

SOURCE is the checkout to look at (default: the one of this file).
"""

import pathlib
import re
import sys

# The folders directly below each folder; it may include those, what is below them, and itself.
BELOW = {
    "runner/cli": ["runner/slurm", "runner/report"],
    "runner/slurm": ["runner/schedule"],
    "runner/schedule": ["runner/manifest"],
    "runner/manifest": ["runner/catalog"],
    "runner/catalog": ["runner/protocol"],
    "runner/protocol": ["runner/files"],
    "runner/report": ["runner/files"],
    "runner/conformance": ["runner/worker"],
    "runner/worker": ["runner/protocol", "core/runtime"],
    "runner/files": ["runner/system"],
    "runner/system": ["core/base"],
    "core/data": ["core/runtime"],
    "core/problem": ["core/runtime"],
    "core/runtime": ["core/base"],
    "core/components": ["core/base"],
    "core/pictures": ["core/base"],
    "core/base": ["core/include"],
    "core/include": [],
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
SOURCE = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2]).resolve()


def owner(file):
    """The folder that a rule names: plugins/<topic>/<name>, or two levels of any other path."""
    parts = file.relative_to(SOURCE).parts
    return "/".join(parts[:3] if parts[0] == "plugins" else parts[:2])


def allowed(folder):
    """The folders whose headers the files of `folder` may include; None for an unknown folder."""
    if folder.startswith("plugins/"):
        return [folder, f"{folder.rsplit('/', 1)[0]}/shared", "core/include"]
    if folder not in BELOW:
        return None
    found = [folder]
    for one in found:  # grows while it is walked
        found += [below for below in BELOW[one] if below not in found]
    return found


def find(file, quote, name):
    """The file of this checkout that the compiler takes, or None."""
    folders = [SOURCE, SOURCE / "core/include", SOURCE / "plugins"]
    for folder in [file.parent] * (quote == '"') + folders:
        if (folder / name).is_file():
            return (folder / name).resolve()
    return None


def is_generated(file, name):
    """Whether the CMakeLists.txt of the file's folder, or of the one above, names the header."""
    folder = SOURCE / owner(file)
    lists = [one / "CMakeLists.txt" for one in (folder, folder.parent)]
    return any(one.is_file() and pathlib.PurePath(name).name in one.read_text() for one in lists)


def read_includes():
    """[(line, name, included file or None)] of each file; None only for names in quotes."""
    includes = {}
    for top in ["core", "runner", "plugins"]:
        for file in sorted((SOURCE / top).rglob("*")):
            if file.suffix not in [".h", ".cpp", ".cu"]:
                continue
            includes[file] = []
            for number, line in enumerate(file.read_text().splitlines(), 1):
                if match := INCLUDE.match(line):
                    target = find(file, *match.groups())
                    if target or match[1] == '"':
                        includes[file].append((number, match[2], target))
    return includes


def check_folders(includes):
    """A sentence for each include of a folder that is not below the file's own."""
    for file, lines in includes.items():
        folders = allowed(owner(file))
        if folders is None:
            yield f"{file.relative_to(SOURCE)}:1: {owner(file)} has no place among the layers of {__file__}"
            continue
        for number, name, target in lines:
            at = f"{file.relative_to(SOURCE)}:{number}"
            if target is None and not is_generated(file, name):
                yield f"{at}: includes {name}, which is no path from the top folder, core/include or plugins"
            elif target and owner(target) not in folders:
                yield f"{at}: includes {name} of {owner(target)}; {owner(file)} may include only " + ", ".join(folders)


def check_circles(includes):
    """A sentence for each include that leads back to its own file."""
    left, above = set(), []

    def visit(file):
        above.append(file)
        for number, name, target in includes.get(file, []):
            if target in above:
                circle = [str(one.relative_to(SOURCE)) for one in above[above.index(target):]]
                yield f"{file.relative_to(SOURCE)}:{number}: includes {name}, which leads back here: {' > '.join(circle)}"
            elif target and target not in left:
                yield from visit(target)
        left.add(above.pop())

    for file in includes:
        if file not in left:
            yield from visit(file)


def main():
    for folder in BELOW:
        assert all(folder not in allowed(below) for below in BELOW[folder]), f"{folder} is below itself"
    includes = read_includes()
    violations = [*check_folders(includes), *check_circles(includes)]
    if not includes or violations:
        sys.exit("\n".join(violations) or f"{SOURCE} has no sources")


main()
