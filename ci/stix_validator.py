#!/usr/bin/env python3
"""Compares the STIX rules of crates/intel with the OASIS validator, at MUST level.

    python3 -m venv V && V/bin/pip install stix2-validator==3.3.2
    cargo build --release -p monition-intel --example validate
    V/bin/python ci/stix_validator.py target/release/examples/validate [folder of shared data]

Inputs: every object of the public examples (`stix-examples/`), the labelled corpus (`stix-labelled.jsonl`), both where the
folder is present (default `../shared/data`, seen from the repository), and the instances of our own tests. Prints how many
verdicts agree, then each disagreement with its reason from REASONS below. Exit code 1: a disagreement that is not listed, or
a listed one that no longer occurs; 2: wrong usage.
"""

import json
import logging
import pathlib
import subprocess
import sys
import tempfile

try:
    from stix2validator import ValidationOptions, validate_parsed_json
except ImportError:
    sys.exit("error: install the validator first: pip install stix2-validator==3.3.2")

NOT_2_0 = "a STIX 2.0 object: the validator falls back to its 2.0 rules, we take 2.1 only (§3.2 spec_version)"
CREATOR = "created_by_ref names a type 'source': §3.2 asks for the id of an identity; the schema takes any type"
CUT_UUID = "src_ref has a UUID of 35 characters: §2.9; the schemas of observables take any string as a reference"
MIME = "an unregistered MIME type: §6.1 says SHOULD ('whenever feasible'); the schema makes it a MUST"

# Who refuses, and why the verdicts differ. `ours`: we refuse and the validator does not; `theirs`: the reverse.
REASONS = {}


def listed(side, reason, *names):
    for name in names:
        REASONS[name] = (side, reason)


listed("ours", NOT_2_0, "labelled 31", "labelled 32", "labelled 33", "own spec_version 2.0")
listed("theirs", MIME, "labelled 48", "own MIME type that nobody registered")
listed("ours", CUT_UUID, *(f"labelled {n}" for n in (112, 113, 114, 115, 117, 118)))
listed("ours", CREATOR, *(f"labelled {n}" for n in (169, 170, 172, 175, 176, 177, 183, 185, 187, 189, 190, 193, 194)))
listed(
    "ours",
    CREATOR + "; and a property name with '!': §3.1, the schema's regular expression is not anchored",
    "labelled 171",
)
listed("ours", "created_by_ref is the id of an identity (§3.2); the schema takes any type", "own created by a tool")
listed("ours", "created_by_ref is required (§7.3.1); the schema forgets it", "own extension definition without creator")
listed("ours", "each header field is a list of strings (§6.6.1); the schema takes every dictionary",
       "own header fields are no lists")
listed("ours", "the common property does not apply to this kind of object (§3.2); the schema takes every property",
       "own defanged identity", "own revoked marking definition", "own modified marking definition",
       "own observable with confidence")
listed("ours", "names of new properties have 3 to 250 characters (§7.3.2); the schema takes every string",
       "own new property too short")
listed("ours", "only a domain object can be sighted (§5.2.1); the schema names the relationship and meta types alone",
       "own sighting of an observable")
listed("ours", "a marking is a marking-definition (§3.2); the schema of this property takes any type",
       "own marked by an identity")
listed("ours", "the type that may be referenced is stated (§6.12.1); the schema takes every string", "own traffic from a file")
listed("ours", "at least one observable is required (§4.14.1); the schema does not look", "own observed only relationships")
listed("ours", "lang and marking_ref exclude each other (§7.2.3); the schema requires marking_ref and allows lang",
       "own granular marking with both")
listed("ours", "an encoding stands only with its property (§3.1); the schema does not look", "own name encoding without name")
listed("ours", "operands of AND must be satisfiable by one object (§9.5); the validator checks the grammar alone",
       "own pattern that joins two types")
listed("ours", "a look-alike of TLP: the validator does not know TLP 2.0, and takes a statement of any name; we refuse both, "
       "so that nobody is misled about a marking", "own TLP 2.0 instance of one's own",
       "own TLP:RED of TLP 2.0 that says clear", "own statement that calls itself TLP:RED")
listed("ours", "an index selects an element of a list (§7.2.3 says so of 'description.[0]'); the validator indexes the text",
       "own index into a text")
listed("ours", "a predefined extension belongs to one type (§3.10); the schema takes the name as a custom extension",
       "own file extension on a process")


def verdicts_of(binary, texts):
    """Our verdict on each JSON text: valid or not, and the codes of the rules."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as lines:
        lines.write("\n".join(texts))
        lines.flush()
        output = subprocess.run([binary, "--level", "must", lines.name], check=True, capture_output=True, text=True).stdout
    verdicts = [[True, set()] for _ in texts]
    for line in output.splitlines():
        found = json.loads(line)
        index = int(found["input"].removeprefix(lines.name + ":").split("/")[0]) - 1
        verdicts[index][0] &= found["valid"]
        verdicts[index][1] |= {issue["rule"] for issue in found["issues"]}
    return verdicts


def inputs(binary, data):
    """Name and object of every input."""
    for path in sorted((data / "stix-examples").glob("*.json")):
        bundle = json.loads(path.read_text(encoding="utf-8"))
        yield f"example {path.name}", bundle
        for index, item in enumerate(bundle["objects"]):
            yield f"example {path.name} no. {index}", item
    labelled = data / "stix-labelled.jsonl"
    if labelled.exists():
        for index, line in enumerate(labelled.read_text(encoding="utf-8").splitlines(), 1):
            yield f"labelled {index}", json.loads(line)["obj"]
    else:
        print(f"skipped: {data} is absent, only the instances of our own are compared")
    own = subprocess.run([binary, "--own-instances"], check=True, capture_output=True, text=True).stdout
    for line in own.splitlines():
        instance = json.loads(line)
        yield f"own {instance['name']}", instance["object"]


def oracle(item, options):
    """The validator's verdict; an object it fails on with an exception of its own counts as refused."""
    try:
        result = validate_parsed_json(item, options)
    except Exception as error:  # it raises KeyError, TypeError and others on malformed objects
        return False, f"{type(error).__name__}: {error}"
    errors = [str(error) for error in getattr(result, "errors", [])]
    return result.is_valid, "; ".join(errors)[:300]


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    logging.disable(logging.CRITICAL)
    binary = sys.argv[1]
    root = pathlib.Path(__file__).resolve().parent.parent
    data = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else root.parent / "shared" / "data"
    options = ValidationOptions(version="2.1", disabled=["all"], silent=True)
    cases = list(inputs(binary, data))
    ours = verdicts_of(binary, [json.dumps(item) for _, item in cases])
    agreed, seen, unlisted = 0, set(), 0
    for (name, item), (valid, rules) in zip(cases, ours):
        theirs, message = oracle(item, options)
        if theirs == valid:
            agreed += 1
            continue
        side = "ours" if theirs else "theirs"
        seen.add(name)
        what = ", ".join(sorted(rules)) if theirs else message
        expected, reason = REASONS.get(name, (None, None))
        if expected == side:
            print(f"listed   {name}: refused by {side} ({what}): {reason}")
        else:
            unlisted += 1
            print(f"UNLISTED {name}: refused by {side} ({what})")
    present = {name.split(" ")[0] for name, _ in cases}
    stale = [name for name in REASONS if name.split(" ")[0] in present and name not in seen]
    for name in stale:
        print(f"STALE    {name}: listed, but both agree now")
    print(f"{agreed} of {len(cases)} verdicts agree; {len(seen) - unlisted} differ for listed reasons; "
          f"{unlisted} unlisted, {len(stale)} stale")
    return 1 if unlisted or stale else 0


if __name__ == "__main__":
    sys.exit(main())
