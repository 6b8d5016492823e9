"""What the run folders of an experiment hold, for comparing two that must be equal."""
import json


def contents(experiment):
    """How each run stands, every row but its wall time, and every file of the last and the best checkpoint and of the
    artifacts, by its place."""
    found = {}
    for dir in sorted(file.parent for file in experiment.glob("*/status.json")):
        found[dir.name, "state"] = json.loads((dir / "status.json").read_text())["state"]
        rows = [json.loads(line) for line in (dir / "metrics.jsonl").read_text().splitlines()]
        found[dir.name, "rows"] = [{key: row[key] for key in row if key != "t"} for row in rows]
        for kept in "checkpoints/last", "checkpoints/best", "artifacts":
            for file in sorted((dir / kept).glob("*")):
                found[dir.name, kept, file.name] = file.read_bytes()
    return found
