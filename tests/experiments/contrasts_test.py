#!/usr/bin/env python3
"""experiments/contrasts.py on a table whose statistics are known in closed form.

    python tests/experiments/contrasts_test.py

Exits with 77 if numpy or SciPy is missing.
"""
import contextlib
import io
import pathlib
import sys
import tempfile
import types

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "experiments"))


def table(shifts=(0, 0), state="done", rates_of_sam=(0.2, 0.4)):
    """Over the rates 0.2 and 0.4, `sam` is above `sgd` by 0, 1, 2 and by 2, 3, 4: by 1, 2, 3 on average. `asam` is `sgd`."""
    rows = ["experiment,id,arm,dataset.rate,seed,state,test/accuracy"]
    for seed in range(3):
        for rate, shift in zip((0.2, 0.4), shifts):
            rows += [f"x,{seed},{arm},{rate},{seed},done,5" for arm in ("sgd", "asam")]
            if rate in rates_of_sam:
                rows.append(f"x,{seed},sam,{rate},{seed},{state},{5 + seed + (2 if rate == 0.4 else 0) + shift}")
    return "\n".join(rows) + "\n"


def run(*words):
    """As the command, but in this process: SciPy takes seconds to load."""
    import contrasts

    out, err, code = io.StringIO(), io.StringIO(), 0
    sys.argv = ["contrasts.py", *map(str, words)]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            contrasts.main()
        except SystemExit as end:
            code = end.code
            if isinstance(code, str):  # which Python prints
                print(code, file=sys.stderr)
    return types.SimpleNamespace(stdout=out.getvalue(), stderr=err.getvalue(), returncode=code)


def row_of(text, *start):
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if cells[: len(start)] == list(start):
            return cells[len(start):]
    raise AssertionError(f"no row {start} in\n{text}")


def main():
    try:
        import scipy.stats  # noqa: F401
    except ImportError as missing:
        print(f"skipped: {missing}")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        one, two, failed, partial, twice = (pathlib.Path(folder) / f"{name}.csv" for name in ("one", "two", "failed", "partial", "twice"))
        one.write_text(table())
        two.write_text(table((0.25, -0.25)))
        failed.write_text(table(state="failed"))
        partial.write_text(table(rates_of_sam=[0.4]))
        twice.write_text(table() + table().split("\n", 1)[1])
        common = ["--metric", "test/accuracy", "--pairs", "sam:sgd"]
        # Differences 1, 2, 3: 2 +- 4.303 / sqrt(3), p = 1 - sqrt(12 / 14).
        whole = run(one, *common).stdout
        assert row_of(whole, "sam - sgd", "x") == ["+2.0000", "[-0.4841, +4.4841]", "0.074", "0.074", "3"], whole
        # 0, 1, 2 has t = sqrt(3) and p = 0.225; 2, 3, 4 has t = 3 sqrt(3) and p = 0.035, which Holm doubles.
        each = run(one, *common, "--per", "dataset.rate").stdout
        assert row_of(each, "sam - sgd", "x 0.2") == ["+1.0000", "[-1.4841, +3.4841]", "0.225", "0.225", "3"], each
        assert row_of(each, "sam - sgd", "x 0.4") == ["+3.0000", "[+0.5159, +5.4841]", "0.035", "0.070", "3"], each
        assert "Intervals: 2" in each
        again = run(one, "--metric", "test/accuracy", "--again", two).stdout
        assert row_of(again, "sam", "x") == ["7", "7", "0.25"], again  # the two rates' changes cancel in the mean
        alike = run(one, "--metric", "test/accuracy", "--pairs", "asam:sgd").stdout
        assert row_of(alike, "asam - sgd", "x") == ["+0.0000", "equal differences", "", "", "3"], alike
        assert "Intervals: 0" in alike and "mean over dataset.rate" in alike
        # (sam - sgd) - (sgd - asam) and (sam - sgd) - (sgd - sam): 1, 2, 3, and twice that.
        inter = run(one, "--metric", "test/accuracy", "--pairs", "sam:sgd:sgd:asam", "sam:sgd:sgd:sam").stdout
        assert row_of(inter, "(sam - sgd) - (sgd - asam)", "x")[:2] == ["+2.0000", "[-0.4841, +4.4841]"], inter
        assert row_of(inter, "(sam - sgd) - (sgd - sam)", "x")[:2] == ["+4.0000", "[-0.9683, +8.9683]"], inter
        other = pathlib.Path(folder) / "other.csv"
        other.write_text(table().replace("x,", "y,"))
        both = run(one, other, *common).stdout
        assert row_of(both, "sam - sgd", "y") == ["+2.0000", "[-0.4841, +4.4841]", "0.074", "0.148", "3"], both
        empty = pathlib.Path(folder) / "empty.csv"
        empty.write_text(table().splitlines()[0] + "\n")
        json = pathlib.Path(folder) / "one.json"
        json.write_text("[]\n")
        for words, sentence in (((failed, *common), "is failed"),
                                ((pathlib.Path(folder) / "none.csv", *common), "none.csv: No such file"),
                                ((empty, *common), "there is no trial in it"),
                                ((json, *common), "expected the CSV of `assay export MANIFEST`"),
                                ((one, one, *common), "another file has the same experiment"),
                                ((one, "--metric", "test/nll", "--pairs", "sam:sgd"), "has no number `test/nll`"),
                                ((one, "--metric", "test/accuracy", "--pairs", "adam:sgd"), "has no arm `adam`; it has sgd, asam, sam"),
                                ((one, *common, "--axis", "rule"), "there is no axis `rule`; the axes are arm, dataset.rate"),
                                ((partial, *common), "seed 0 has dataset.rate=0.2 for only one of sam and sgd"),
                                ((twice, *common), "same arm, seed and axes as another"),
                                ((one, "--metric", "test/accuracy", "--again", partial), "x sam: the two runs have other trials"),
                                ((partial, "--metric", "test/accuracy", "--pairs", "sgd:asam:sam:sgd"), "seed 0 has dataset.rate=0.2 for only one of"),
                                ((one, "--metric", "test/accuracy"), "give pairs as A:B")):
            refused = run(*words)
            assert refused.returncode != 0 and sentence in refused.stderr, (words, refused.stderr)


main()
