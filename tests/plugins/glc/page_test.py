#!/usr/bin/env python3
"""The page of glc_pictures in a real browser: areas drawn with the mouse, rules kept, saved, and evaluated by assay.

    python tests/plugins/glc/page_test.py [--build build/release] [--screenshots FOLDER]

Needs Debian's chromium and chromium-driver, and selenium; exits with 77 where they are missing, or ASSAY_DATA is.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

MANIFEST = """assay: 1
name: page
dataset: {use: csv_table, path: PATH, drop_columns: [id], missing: drop, standardise: false, stratified: true, validation: 0,
  folds: 10, names: [id, clump, size, shape, adhesion, epithelial, nuclei, chromatin, nucleoli, mitoses, class]}
model: area_rules
stages:
  fit: {procedure: fit}
  train: {procedure: glc_pictures, after: fit, weights: fit}
  test: {procedure: {use: glc_pictures, split: test}, after: fit, weights: fit}
"""
options = None


def assay(folder, *words):
    ran = subprocess.run([os.path.join(options.build, "bin", "assay"), *words, "--json"], cwd=folder, capture_output=True, text=True)
    if ran.returncode != 0:
        raise AssertionError(ran.stderr)
    return json.loads(ran.stdout)


def totals(words, split):
    """Cases, answered ones, coverage, right ones, precision: of a split, from what assay wrote, as text."""
    return re.search(split + r": (\d+) cases, (\d+) answered \(coverage ([\d.]+)\), (\d+) of them right \(precision ([\d.]+)\)", words).groups()


def browser(downloads):
    chrome = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1500,850"):
        chrome.add_argument(flag)
    chrome.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    chrome.binary_location = "/usr/bin/chromium"
    return webdriver.Chrome(options=chrome, service=Service("/usr/bin/chromedriver"))


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.at = pathlib.Path(cls.folder.name)
        data = pathlib.Path(os.environ["ASSAY_DATA"]) / "wbc" / "breast-cancer-wisconsin.data"
        cls.manifest = MANIFEST.replace("PATH", str(data))
        (cls.at / "page.yaml").write_text(cls.manifest)
        assay(cls.at, "run", "page.yaml")
        runs = {}
        for run in (cls.at / "runs" / "page").glob("*/provenance.json"):
            runs[json.loads(run.read_text())["stage"]] = run.parent / "artifacts"
        cls.artifacts = runs
        cls.driver = browser(cls.at)

    @classmethod
    def tearDownClass(cls):
        cls.driver.quit()
        cls.folder.cleanup()

    def setUp(self):
        self.open("train")

    def open(self, stage):
        self.driver.get((self.artifacts[stage] / "glc.html").as_uri())

    def find(self, name):
        return self.driver.find_element("id", name)

    def choose(self, name, words):
        Select(self.find(name)).select_by_visible_text(words)

    def run_script(self, script, *words):
        return self.driver.execute_script(script, *words)

    def type(self, field, value):
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(value + "\n")

    def drag(self, one, other):
        """Between two places of the picture, in pixels from its corner."""
        canvas = self.find("picture")
        middle = canvas.size["width"] // 2, canvas.size["height"] // 2
        chain = ActionChains(self.driver).move_to_element_with_offset(canvas, one[0] - middle[0], one[1] - middle[1]).click_and_hold()
        chain.move_to_element_with_offset(canvas, other[0] - middle[0], other[1] - middle[1]).release().perform()

    def place(self, axis, u, v=0.5):
        """Of a column's axis, in the coordinates chosen."""
        x, y = self.run_script("""const where = layout(), i = view.axes.findIndex((a) => data.columns[a.column] === arguments[0]), a = where.axis(i);
          const u = arguments[1], v = arguments[2];
          return view.kind === "parallel" ? [a.from, where.bottom - u * (where.bottom - where.top)]
            : view.kind === "paired" ? [a.from + u * a.length, where.bottom - v * (where.bottom - where.top)] : [a.from + u * a.length, where.middle];""", axis, u, v)
        return round(x), round(y)

    def rows(self):
        """Of the page's split, from the data file, by the ids that assay kept: the page is not asked."""
        answers = load_file(self.artifacts["fit"] / "answers.safetensors")
        text = (pathlib.Path(os.environ["ASSAY_DATA"]) / "wbc" / "breast-cancer-wisconsin.data").read_text()
        lines = [line.split(",") for line in text.split() if "?" not in line]
        return [([int(cell) for cell in lines[k][1:10]], lines[k][10].strip()) for k in answers["train/id"]]

    def shot(self, name):
        if options.screenshots:
            os.makedirs(options.screenshots, exist_ok=True)
            self.driver.save_screenshot(os.path.join(options.screenshots, name + ".png"))

    def test_rules_of_the_model_are_there_with_the_figures_of_assay(self):
        for stage in ("train", "test"):
            self.open(stage)
            n, answered, coverage, right, precision = totals((self.artifacts["fit"] / "rules.txt").read_text(), stage)
            self.assertEqual(self.find("all").text,
                             f"{answered} of {n} answered (coverage {coverage}), {right} of them right (precision {precision})")
        self.shot("rules")

    def test_an_area_that_is_drawn_has_the_figures_of_a_count_by_hand(self):
        for kind, one, other in (("parallel", 0.62, 1.02), ("in-line", 0.62, 1.02)):
            self.choose("kind", kind)
            self.find("clear").click()
            self.choose("answer", "4")
            self.drag(self.place("nuclei", one), self.place("nuclei", other))
            self.assertEqual(self.find("area").text, "nuclei \u2265 7")  # u of 7 is 0.667
            self.drag(self.place("size", 0.28), self.place("size", 0.7))
            self.assertEqual(self.find("area").text, "nuclei \u2265 7 and 4 \u2264 size \u2264 7")
            held = [label for x, label in self.rows() if x[5] >= 7 and 4 <= x[1] <= 7]
            right, total, n = held.count("4"), len(held), len(self.rows())
            self.assertEqual(self.find("figures").text,
                             f"{right} of {total} are 4: precision {right / total:.4f}, coverage {total / n:.4f}")
            self.assertEqual(len(self.find("cases").text.splitlines()), total)
        self.shot("area")

    def test_in_pairs_a_rectangle_bounds_two_columns(self):
        self.choose("kind", "in-line, in pairs")
        self.find("clear").click()
        self.drag(self.place("epithelial", 0.01, 0.0), self.place("epithelial", 0.25, 0.05))
        self.assertEqual(self.find("area").text, "epithelial \u2264 3 and nuclei \u2264 1")
        held = [label for x, label in self.rows() if x[4] <= 3 and x[5] <= 1]
        self.assertTrue(self.find("figures").text.startswith(f"{held.count('2')} of {len(held)} are 2"), self.find("figures").text)
        self.shot("pairs")

    def test_laying_the_axes_otherwise_changes_no_figure(self):
        before = self.find("all").text
        self.run_script("document.querySelectorAll('#axes button[title=later]')[0].click()")
        self.run_script("document.querySelectorAll('#axes input[type=checkbox]')[2].click()")
        for name, value in (("scale", "2"), ("weight", "-0.5")):
            self.type(self.driver.find_elements("css selector", f"#axes input[name={name}]")[3], value)
        self.assertEqual(self.run_script("return view.axes.slice(0, 4).map((a) => [data.columns[a.column], a.reversed, a.scale, a.weight])"),
                         [["size", False, 1, 1], ["clump", False, 1, 1], ["shape", True, 1, 1], ["adhesion", False, 2, -0.5]])
        seen = set()
        for kind in ("in-line", "in-line, in pairs", "in-line, dynamic", "GLC-L", "parallel"):
            self.choose("kind", kind)
            for heights in ("the values", "even", "how far apart"):
                self.choose("heights", heights)
                seen.add((kind, self.run_script("return picture.toDataURL()")))
            self.assertEqual(self.find("all").text, before)
            self.shot("laid " + kind)
        self.assertEqual(len(seen), 2 * 3 + 3)  # heights are of links of in-line coordinates
        self.assertEqual(self.run_script("return !picture.getContext('2d').getImageData(0, 0, picture.width, picture.height).data.every((x) => x === 255)"), True)

    def test_drawn_rules_are_saved_and_assay_answers_as_the_page(self):
        self.run_script("take({ rules: [], otherwise: -1 })")
        self.choose("kind", "parallel")
        for answer, column, one, other in (("4", "nuclei", 0.62, 1.02), ("2", "shape", -0.02, 0.15), ("4", "shape", 0.5, 0.8), ("4", "shape", 0.82, 1.02)):
            self.find("clear").click()
            self.choose("answer", answer)
            self.drag(self.place(column, one), self.place(column, other))
            self.find("add").click()
        ticks = lambda: self.driver.find_elements("css selector", "#rules input")
        ticks()[2].click()
        ticks()[3].click()
        self.find("merge").click()
        self.driver.find_elements("css selector", "#rules button[title=earlier]")[1].click()
        self.assertEqual([item.text.split("\n")[0].strip() for item in self.driver.find_elements("css selector", "#rules span")],
                         ["2 if shape \u2264 2", "4 if nuclei \u2265 7", "4 if shape \u2265 6"])
        self.choose("otherwise", "2")
        self.shot("drawn")
        self.find("save").click()
        saved = self.at / "rules.json"
        WebDriverWait(self.driver, 10).until(lambda _: saved.exists() and saved.read_text().endswith("}\n"))
        drawn = self.manifest.split("model:")[0] + "model: {use: saved_rules, path: rules.json}\nprocedure: fit\n"
        (self.at / "drawn.yaml").write_text(drawn.replace("name: page", "name: drawn"))
        trial = assay(self.at, "run", "drawn.yaml")["trials"][0]
        words = (pathlib.Path(self.at, trial["dir"]) / "artifacts" / "rules.txt").read_text()
        for stage in ("train", "test"):
            self.open(stage)
            self.find("open").send_keys(str(saved))
            WebDriverWait(self.driver, 10).until(lambda _: len(ticks()) == 3)
            for k, item in enumerate(self.driver.find_elements("css selector", "#rules .figures")):
                right, total = item.text.split()[0], item.text.split()[2]
                rule = words.split(f"{k + 1}. ")[1]
                line = next(line for line in rule.splitlines() if line.strip().startswith(stage + ":"))
                self.assertIn(f"{stage}: {right} of {total} right", line)
            _, _, coverage, right, precision = totals(words, stage)
            self.assertTrue(self.find("all").text.endswith(f"(coverage {coverage}), {right} of them right (precision {precision})"))

    def small(self, name, rows, **more):
        """The page of a small table a, b, class."""
        (self.at / f"{name}.csv").write_text("a,b,part,class\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
        split = more.get("split", "train")
        (self.at / f"{name}.yaml").write_text(f"""assay: 1
name: {name}
dataset: {{use: csv_table, path: {name}.csv, standardise: false, fold_column: part, validation: 0}}
model: {{use: area_rules, areas: single}}
stages:
  fit: {{procedure: fit}}
  draw: {{procedure: {{use: glc_pictures, split: {split}}}, after: fit, weights: fit}}
""")
        trial = assay(self.at, "run", f"{name}.yaml")["trials"][0]
        runs = self.at / "runs" / name
        page = next(file for file in runs.glob("*/artifacts/glc.html"))
        self.assertEqual(trial["state"], "done")
        self.driver.get(page.resolve().as_uri())

    def test_files_that_assay_refuses_are_refused_and_the_rules_stay(self):
        self.small("bad_files", [(k, k % 5, int(k % 4 != 3), "x" if k < 20 else "y") for k in range(40)])
        before = self.run_script("return JSON.stringify(toFile(state.rules, state.otherwise))")
        self.assertIn("where", before)
        wrong = self.at / "wrong.json"
        files = json.loads((pathlib.Path(__file__).parent / "bad_rule_files.json").read_text())
        for why, text in [(why, json.dumps(file)) for why, file in files] + [("no JSON", "[")]:
            wrong.write_text(text)
            self.run_script("document.getElementById('word').textContent = ''; document.getElementById('open').value = ''")
            self.find("open").send_keys(str(wrong))
            WebDriverWait(self.driver, 10).until(lambda _: "Not opened: " in self.find("word").text, why)
            self.assertEqual(self.run_script("return JSON.stringify(toFile(state.rules, state.otherwise))"), before, why)

    def test_bounds_may_lie_close_to_the_end_of_a_skewed_column_or_be_typed(self):
        self.small("skewed", [(1000 if k == 38 else k / 4, k, int(k % 4 != 3), "x" if k < 20 else "y") for k in range(40)])
        self.choose("kind", "parallel")
        self.find("clear").click()
        self.drag(self.place("a", 0.01), self.place("a", -0.01))  # ten of a thousand
        self.assertRegex(self.find("area").text, r"^a \u2264 9")
        self.type(self.driver.find_element("css selector", "#sides input[name=to]"), "2.5")
        WebDriverWait(self.driver, 10).until(lambda _: self.find("area").text == "a \u2264 2.5")
        self.choose("bound", "b")
        WebDriverWait(self.driver, 10).until(lambda _: "b" in self.find("area").text)
        self.type(self.driver.find_elements("css selector", "#sides input[name=from]")[1], "3")
        WebDriverWait(self.driver, 10).until(lambda _: "3 \u2264 b" in self.find("area").text)
        self.shot("typed")

    def test_the_chosen_rule_is_replaced_wherever_it_has_moved(self):
        self.run_script("""const rule = (k) => ({ answer: 0, box: new Map([[k, { to: 5 }]]) });
          take({ rules: [rule(0), rule(1)], otherwise: -1 });""")
        words = lambda: [item.text.strip() for item in self.driver.find_elements("css selector", "#rules span")]
        self.driver.find_elements("css selector", "#rules span")[0].click()
        self.driver.find_elements("css selector", "#rules button[title=later]")[0].click()
        self.choose("answer", "4")
        self.find("replace").click()
        self.assertEqual(words(), ["2 if size \u2264 5", "4 if clump \u2264 5"])

    def test_a_split_of_one_class_has_a_page_on_the_axes_of_the_training_rows(self):
        self.small("one_class", [(k, k % 5, 0 if k < 10 else 1, "x" if k < 20 else "y") for k in range(40)], split="test")
        self.assertEqual(self.run_script("return [data.rows, data.high[0], data.ids[9]]"), [10, 39, 9])

    def test_names_are_words_and_nothing_else(self):
        table = self.at / "hostile.csv"
        name = "<img src=x onerror=alert(1)>"
        table.write_text(f"{name},b,class\n" + "".join(f"{k},{k % 3},{'</script><b>' if k % 2 else 'x'}\n" for k in range(40)))
        (self.at / "hostile.yaml").write_text("assay: 1\nname: hostile\ndataset: {use: csv_table, path: hostile.csv, standardise: false}\n"
                                              "model: cart\nprocedure: {use: glc_pictures}\n")
        trial = assay(self.at, "run", "hostile.yaml")["trials"][0]
        self.driver.get((self.at / trial["dir"] / "artifacts" / "glc.html").resolve().as_uri())
        self.assertEqual(len(self.driver.find_elements("css selector", "img, b")), 0)
        self.assertIn(name, self.find("axes").text)


def main():
    global options
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--build", default=os.environ.get("ASSAY_BUILD", "build/release"))
    words.add_argument("--screenshots", help="folder to write pictures of the page into")
    options = words.parse_args()
    options.build = os.path.abspath(options.build)
    if not os.path.isdir(os.environ.get("ASSAY_DATA", "")):
        print("skipped: ASSAY_DATA is not set")
        sys.exit(77)
    if not os.path.exists("/usr/bin/chromedriver"):
        print("skipped: Debian's chromium-driver is not installed")
        sys.exit(77)
    unittest.main(argv=[sys.argv[0]])


try:
    from safetensors.numpy import load_file
    from selenium import webdriver
    from selenium.webdriver import ActionChains
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import Select, WebDriverWait
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)
main()
