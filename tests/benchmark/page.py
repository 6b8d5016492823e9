#!/usr/bin/env python3
"""How long the page of glc_pictures takes to draw, and to answer a drag, in Debian's chromium without a window.

    python tests/benchmark/page.py [--build build/release]

Two made tables: 5,473 x 10 in five classes, and 100,000 x 30 in two. Prints one JSON object of medians of nine, in
milliseconds. Needs selenium.
"""
import argparse
import json
import os
import pathlib
import random
import subprocess
import tempfile

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

TABLES = {"5473 x 10": (5473, 10, 5), "100000 x 30": (100000, 30, 2)}
COORDINATES = ["static", "paired", "dynamic", "glc_l", "parallel"]
MANIFEST = """assay: 1
name: page
dataset: {use: csv_table, path: table.csv, standardise: false, test: 0, validation: 0}
model: {use: tree_areas}
stages:
  fit: {procedure: fit}
  draw: {procedure: {use: glc_pictures, rules: 0}, after: fit, weights: fit}
"""
REDRAWS = """const times = [];
view.kind = arguments[0];
for (let k = 0; k < 9; ++k) { const began = performance.now(); draw(); times.push(performance.now() - began); }
return times.sort((a, b) => a - b)[4];"""
DRAGS = """const times = [];
view.kind = "parallel";
draw();
for (let k = 0; k < 9; ++k) {
  const began = performance.now();
  bound(view.axes[0], 0.2, 0.5 + k / 20, 600);
  showArea();
  drawAreas();
  times.push(performance.now() - began);
}
return times.sort((a, b) => a - b)[4];"""


def table(rows, columns, classes):
    draw = random.Random(0)
    lines = [",".join(f"c{k}" for k in range(columns)) + ",class"]
    for _ in range(rows):
        x = [draw.gauss(0, 1) for _ in range(columns)]
        lines.append(",".join(f"{v:.4f}" for v in x) + f",{int(abs(x[0] + x[1] * x[2]) * 2) % classes}")
    return "\n".join(lines) + "\n"


def page_of(build, folder, shape):
    (folder / "table.csv").write_text(table(*shape))
    (folder / "page.yaml").write_text(MANIFEST)
    subprocess.run([os.path.join(build, "bin", "assay"), "run", "page.yaml"], cwd=folder, check=True, capture_output=True)
    return next(folder.glob("runs/page/*/artifacts/glc.html"))


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--build", default=os.environ.get("ASSAY_BUILD", "build/release"))
    build = os.path.abspath(words.parse_args().build)
    chrome = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1500,850"):
        chrome.add_argument(flag)
    chrome.binary_location = "/usr/bin/chromium"
    driver = webdriver.Chrome(options=chrome, service=Service("/usr/bin/chromedriver"))
    found = {}
    try:
        for name, shape in TABLES.items():
            with tempfile.TemporaryDirectory() as folder:
                driver.get(page_of(build, pathlib.Path(folder), shape).as_uri())
                times = {kind: driver.execute_script(REDRAWS, kind) for kind in COORDINATES}
                found[name] = {kind: round(time, 1) for kind, time in (times | {"a drag": driver.execute_script(DRAGS)}).items()}
    finally:
        driver.quit()
    print(json.dumps(found, indent=1))


main()
