#!/usr/bin/env python3
"""The hash of headers (cmake/interface.cmake) changes with a declaration, and with nothing else."""
import os
import pathlib
import subprocess
import tempfile

SOURCE = pathlib.Path(os.environ["ASSAY_SOURCE"])
SCRIPT = """cmake_minimum_required(VERSION 3.25)
include({module})
assay_hash_headers(hash {headers})
message("${{hash}}")
"""


def hash_files(headers):
    with tempfile.TemporaryDirectory() as folder:
        script = pathlib.Path(folder, "script.cmake")
        module = SOURCE / "cmake/interface.cmake"
        script.write_text(SCRIPT.format(module=module, headers=" ".join(map(str, headers))))
        done = subprocess.run(["cmake", "-P", script], check=True, capture_output=True, text=True)
    return done.stderr.strip()


def hash_of(*texts):
    with tempfile.TemporaryDirectory() as folder:
        headers = []
        for index, text in enumerate(texts):
            headers.append(pathlib.Path(folder, f"{index}.h"))
            headers[-1].write_text(text)
        return hash_files(headers)


HEADER = """// A header; with [brackets].
class A {
  virtual void f(int x[2]);  // first
  virtual void g();
};
"""
plain = hash_of(HEADER)
assert hash_of(HEADER.replace("first", "the first")) == plain, "a comment"
assert hash_of(HEADER.replace("class", "/* a\n * b */ class")) == plain, "a longer comment"
assert hash_of(HEADER.replace("  virtual", "\n\n\tvirtual")) == plain, "white space"
assert hash_of(HEADER.replace("first", "see assay/*.h for more")) == plain, "a star in a comment"
assert hash_of('const char* u = "http://a"; int b;\n') != hash_of('const char* u = "http://a"; int c;\n')


def hash_with_include(text):
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "a.h").write_text('#include "b.h"\n')
        pathlib.Path(folder, "b.h").write_text(text)
        return hash_files([pathlib.Path(folder, "a.h")])


assert hash_with_include("int b;") != hash_with_include("int c;"), "a header that is included"
lines = HEADER.splitlines(keepends=True)
lines[2], lines[3] = lines[3], lines[2]
assert hash_of("".join(lines)) != plain, "virtual functions in another order"
assert hash_of(HEADER.replace("x[2]", "x[3]")) != plain, "another type"
assert hash_of(HEADER, "int b;") != plain, "a further header"

headers = sorted(SOURCE.glob("core/include/assay/**/*.h"), key=str)
assert len(headers) > 30
built = pathlib.Path(os.environ["ASSAY_BUILD"], "include/assay/interface.h").read_text()
assert f'"{hash_files(headers)}"' in built, "the build has the hash of its headers"
