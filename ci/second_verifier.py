#!/usr/bin/env python3
"""Two judges over the same evidence: the one in Rust and verifier/monition_verify.py. Any disagreement fails.

    second_verifier.py [--cases FOLDER]... [--monition BINARY --demo FOLDER]

    second_verifier.py --monition BINARY --mutants N [--seed S]

Over every `<case>.case.json` of a folder (default: testdata/dossiers), whose `expected` is what the Rust judge gives and
its tests hold it to; with --monition also by running that binary over the same files and over the dossiers that a demo
left. With --mutants over so many dossiers that are changed at random, under a manifest that fits: parts left out, doubled,
moved, mixed with those of another case, single characters and numbers changed; the same seed gives the same mutants.
Compared are the members of docs/verify.md, section 13.
"""

import argparse
import base64
import glob
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "verifier"))
import monition_verify  # noqa: E402

PLAIN = ["answer", "step", "not_before", "not_after", "specificity", "closed_fields", "sequence", "later"]


def comparable(finding):
    if "error" in finding:
        error = finding["error"]
        return {"error": error["code"] if isinstance(error, dict) else error}
    same = {name: finding[name] for name in PLAIN}
    same["silence"] = bool(finding["silence"])
    same["misbehaviour"] = sorted({(m["party"], m["code"]) for m in finding["misbehaviour"]})
    same["caveats"] = sorted({c["code"] if isinstance(c, dict) else c for c in finding["caveats"]})
    return same


def by_binary(binary, paths, trust, believe, ask, alone):
    command = [binary, "--json", "judge", *paths, "--trust", trust]
    command += ["--believe", believe] if believe else []
    command += ["--ask", ask] if ask else []
    command += ["--without-witnesses"] if alone else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return json.loads(done.stdout)
    except ValueError:
        return {"error": f"exit code {done.returncode}: {done.stderr[:300]}"}


PARTS = ["question", "exchange", "notes", "statements", "proofs", "directory", "cores", "bodies", "listings", "segments"]
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def written(parts):
    """A dossier's text, with a manifest that fits."""
    texts = {name: json.dumps(parts[name], ensure_ascii=False, separators=(",", ":")) for name in PARTS}
    sha = {name: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode() for name, text in texts.items()}
    members = {"manifest": json.dumps({"format": "monition-dossier/1", **sha}, separators=(",", ":")), **texts}
    return "{\n" + ",\n".join(f'"{name}":{text}' for name, text in members.items()) + "\n}\n"


def leaves(value, path=()):
    """Every string and number, by where it stands."""
    if isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, key))
    elif isinstance(value, (str, int)):
        yield path, value


def mutate(rng, parts, other):
    """One change."""
    lists = [n for n in PARTS if isinstance(parts[n], list) and parts[n]]
    kind = rng.choice(["drop", "drop", "drop", "double", "swap", "mix", "mix", "leaf", "trim"])
    name = rng.choice(lists)
    found = parts[name]
    if kind == "drop":
        del found[rng.randrange(len(found))]
    elif kind == "double":
        found.append(rng.choice(found))
    elif kind == "swap":
        rng.shuffle(found)
    elif kind == "mix" and other[name]:
        found.extend(rng.sample(other[name], rng.randint(1, len(other[name]))))
    elif kind == "trim" and parts["listings"]:
        listing = rng.choice(parts["listings"])
        for member in rng.sample(["items", "answers"], rng.randint(1, 2)):
            if listing.get(member):
                listing[member] = listing[member][: rng.randrange(len(listing[member]))]
    else:
        path, value = rng.choice(list(leaves(found)))
        target = found
        for key in path[:-1]:
            target = target[key]
        if isinstance(value, int):
            target[path[-1]] = max(0, value + rng.choice([-1, 1, 7]))
        elif value:
            at = rng.randrange(len(value))
            target[path[-1]] = value[:at] + rng.choice(LETTERS) + value[at + 1 :]


def mutants(tally, folder, binary, count, seed):
    rng = random.Random(seed)
    cases = []
    for path in sorted(glob.glob(os.path.join(folder, "*.case.json"))):
        with open(path, encoding="utf-8") as file:
            case = json.load(file)
        if "error" not in case["expected"]:
            with open(os.path.join(folder, case["dossiers"][0]), encoding="utf-8") as file:
                parts = json.load(file)
            if "sha256" in parts["directory"]:
                with open(os.path.join(folder, f"{parts['directory']['sha256']}.directory.json"), encoding="utf-8") as file:
                    parts["directory"] = {"entries": json.load(file)}
            cases.append((os.path.basename(path).removesuffix(".case.json"), case, json.dumps(parts)))
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(count):
            name, case, text = rng.choice(cases)
            kin = [c for c in cases if c[1]["trust"] == case["trust"]]
            parts, other = json.loads(text), json.loads(rng.choice(kin)[2])
            for _ in range(rng.choice([1, 1, 1, 2, 4])):
                try:
                    mutate(rng, parts, other)
                except IndexError:
                    continue
            path = os.path.join(scratch, "mutant.dossier.json")
            with open(path, "w", encoding="utf-8") as file:
                file.write(written(parts))
            question = rng.choice([case["question"], case["question"], rng.choice(kin)[1]["question"], "timeline", "who"])
            believe = case["believe"] and os.path.join(folder, case["believe"])
            rest = (os.path.join(folder, case["trust"]), believe, question, rng.random() < 0.1)
            before = len(tally.differences)
            tally.compare(f"mutant {number} of seed {seed} ({name}), {question}", {
                "python": monition_verify.run([path], *rest), "monition": by_binary(binary, [path], *rest)})
            if len(tally.differences) > before and os.environ.get("MONITION_KEEP_MUTANTS"):
                os.replace(path, os.path.join(os.environ["MONITION_KEEP_MUTANTS"], f"{seed}-{number}.dossier.json"))


class Tally:
    def __init__(self):
        self.agreed, self.differences, self.answers = 0, [], {}

    def compare(self, name, judges):
        found = {judge: comparable(finding) for judge, finding in judges.items()}
        first = next(iter(found.values()))
        if all(other == first for other in found.values()):
            self.agreed += 1
            answer = first.get("error") or first["answer"]
            self.answers[answer] = self.answers.get(answer, 0) + 1
            return
        self.differences.append(name)
        print(f"DISAGREEMENT: {name}")
        for member in sorted(set().union(*found.values())):
            values = {judge: other.get(member) for judge, other in found.items()}
            if any(value != next(iter(values.values())) for value in values.values()):
                for judge, value in values.items():
                    print(f"  {member} by {judge}: {json.dumps(value)}")
        for judge, finding in judges.items():
            if finding.get("detail"):
                print(f"  {judge} says: {finding['detail']}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cases", action="append", metavar="FOLDER")
    parser.add_argument("--monition", metavar="BINARY")
    parser.add_argument("--demo", metavar="FOLDER")
    parser.add_argument("--mutants", type=int, default=0, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    arguments = parser.parse_args()
    tally = Tally()
    for folder in arguments.cases or [os.path.join(ROOT, "testdata", "dossiers")]:
        cases = sorted(glob.glob(os.path.join(folder, "*.case.json")))
        if not cases:
            sys.exit(f"error: no case in {folder}")
        for path in cases:
            with open(path, encoding="utf-8") as file:
                case = json.load(file)
            files = [os.path.join(folder, name) for name in case["dossiers"]]
            trust = os.path.join(folder, case["trust"])
            believe = case["believe"] and os.path.join(folder, case["believe"])
            rest = (trust, believe, case["question"], case["without_witnesses"])
            judges = {"expected": case["expected"], "python": monition_verify.run(files, *rest)}
            if arguments.monition:
                judges["monition"] = by_binary(arguments.monition, files, *rest)
            tally.compare(os.path.basename(path).removesuffix(".case.json"), judges)
    if arguments.demo and arguments.monition:
        trust = os.path.join(arguments.demo, "trust.policy")
        dossiers = sorted(glob.glob(os.path.join(arguments.demo, "*.dossier.json")))
        for files in [[d] for d in dossiers] + [dossiers]:
            for ask in [None, "timeline", "who"] if len(files) == 1 else ["timeline", "who"]:
                for alone in (False, True):
                    rest = (trust, None, ask, alone)
                    names = " ".join(os.path.basename(f) for f in files)
                    tally.compare(f"demo: {names}, {ask or 'own question'}{', without witnesses' if alone else ''}", {
                        "python": monition_verify.run(files, *rest), "monition": by_binary(arguments.monition, files, *rest)})
    if arguments.mutants and arguments.monition:
        folder = (arguments.cases or [os.path.join(ROOT, "testdata", "dossiers")])[0]
        mutants(tally, folder, arguments.monition, arguments.mutants, arguments.seed)
    answers = ", ".join(f"{count} {answer}" for answer, count in sorted(tally.answers.items()))
    print(f"{tally.agreed} agreements ({answers}), {len(tally.differences)} disagreements")
    sys.exit(1 if tally.differences else 0)


if __name__ == "__main__":
    main()
