"""The corpus of `fractal export --to corpus`: it keeps to its own schema, says what was measured, and never varies.

    corpus.py --fractal build/bin/fractal
"""

from __future__ import annotations

import argparse
import ast
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import jsonschema

from small_data import write_data

VARIANTS = ["compact/d1-c1-conv3.bn.relu", "compact/d1-c2-conv3.bn.relu"]


def check(holds: bool, what: str) -> None:
    if not holds:
        sys.exit(f"corpus: {what}")


def export(program: str, out: pathlib.Path, *arguments: str) -> list[dict[str, object]]:
    subprocess.run([program, "export", *arguments, "--to", "corpus", "--out", str(out)], check=True,
                   stderr=subprocess.DEVNULL)
    records = [json.loads(line) for line in (out / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]
    schema = json.loads((out / "schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    for record in records:
        validator.validate(record)
        ast.parse(record["pytorch"])
        check(record["name"] in record["pytorch"], f"the source of {record['name']} does not name it")
        check(record["drawing"].count("\n") > 3, f"{record['name']} has no drawing")
        check(record["cpp_type"].startswith("Network<"), f"{record['name']} has the type {record['cpp_type']}")
    return records


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--fractal", required=True)
    program = parser.parse_args().fractal
    with tempfile.TemporaryDirectory(prefix="fractal-corpus-") as name:
        folder = pathlib.Path(name)
        write_data(folder / "data")
        run = folder / "run"
        subprocess.run([program, "train", *VARIANTS, "--data", "cifar10", "--data-dir", str(folder / "data"),
                        "--threads", "1", "--epochs", "2", "--batch", "20", "--amp", "off", "--validation-images", "60",
                        "--run", str(run)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        measured = export(program, folder / "measured", "--run", str(run))
        check([record["name"] for record in measured] == VARIANTS, "a run's corpus is not of its variants, by name")
        for record in measured:
            trial, = record["trials"]
            check(trial["disposition"] == "finished" and [e["epoch"] for e in trial["epochs"]] == [1, 2],
                  f"the epochs of {record['name']} are not those of the run")
            check("threads" in trial["machine"] and trial["fractal_version"][0].isdigit(), "a trial does not say what trained it")
        again = folder / "again"
        export(program, again, "--run", str(run))
        for file in ("corpus.jsonl", "schema.json", "README.md", "LICENSE"):
            check((again / file).read_bytes() == (folder / "measured" / file).read_bytes(), f"{file} varies")

        many = export(program, folder / "many", "compact/d1-*", "--where", "columns < 3", "--run", str(run))
        names = [record["name"] for record in many]
        check(names == sorted(names) and len(names) > 50, "a selection's corpus is not in the order of its names")
        check(sum(bool(record["trials"]) for record in many) == 2, "trials stand where none were")
        narrowed = export(program, folder / "narrowed", "--where", "columns = 2", "--run", str(run))
        check([record["name"] for record in narrowed] == VARIANTS[1:], "a condition does not narrow a run's variants")
        broken = dict(many[0], depth="one")
        schema = json.loads((folder / "many" / "schema.json").read_text(encoding="utf-8"))
        check(not jsonschema.Draft202012Validator(schema).is_valid(broken), "the schema takes anything")
        card = (folder / "measured" / "README.md").read_text(encoding="utf-8")
        check("| of these measured | 2 |" in card and "finished (2)" in card, "the card does not count what there is")
        check("\nTrained on:\n" in card, "the card does not say what it was measured on")
        # Of where files lay a corpus says nothing, whatever their folders are called.
        (folder / "Jo Doe").mkdir()
        shutil.copy(run / "weights" / "1.safetensors", folder / "Jo Doe" / "begun.safetensors")
        subprocess.run([program, "train", VARIANTS[0], "--threads", "1", "--epochs", "1", "--validation-images", "9800",
                        "--init-weights", str(folder / "Jo Doe" / "begun.safetensors"), "--run", str(folder / "begun")],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        begun, = export(program, folder / "from_weights", "--run", str(folder / "begun"))
        check(begun["trials"][0]["init_weights_file"] == "begun.safetensors", "a trial says where its first weights lay")
        check("Doe" not in (folder / "from_weights" / "corpus.jsonl").read_text(encoding="utf-8"), "a folder's name is told")
        subprocess.run([program, "train", VARIANTS[0], "--plan-only", "--run", str(folder / "planned")], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        planned, = export(program, folder / "of_a_plan", "--run", str(folder / "planned"))
        check(planned["trials"][0]["machine"] is None, "a trial that nothing trained has a machine")
        twins = export(program, folder / "twins", "paper/d1-c1-conv3", "paper/d1-c1-conv3.drop20")
        check(twins[0]["evaluation_group"] == twins[1]["evaluation_group"] != twins[1]["fingerprint"],
              "networks that dropout alone tells apart are no group")
        export(program, folder / "unmeasured", "compact/d2-c1-conv3", "--run", str(run))
        blank = (folder / "unmeasured" / "README.md").read_text(encoding="utf-8")
        check("| of these measured | 0 |" in blank and "Trained on" not in blank, "the card has a machine for nothing")
        print(f"{len(measured)} measured and {len(many)} records in all keep to the schema")


if __name__ == "__main__":
    main()
