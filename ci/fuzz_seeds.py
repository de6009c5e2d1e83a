#!/usr/bin/env python3
"""Makes fuzz/corpus from the vectors and dossiers of testdata, and from published examples where they lie beside the clone.

Standard library only. The folder is replaced; every target gets a few small inputs, all together under 1 MB.
"""
import base64
import hashlib
import json
import pathlib
import shutil

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "fuzz" / "corpus"
PUBLISHED = ROOT.parent / "shared" / "data"
LONGEST = 20_000
EACH_MAX = 24_000


def b64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def put(target: str, data: bytes, longest: int = LONGEST) -> None:
    if not 0 < len(data) <= longest:
        return
    folder = OUT / target
    folder.mkdir(parents=True, exist_ok=True)
    if sum(file.stat().st_size for file in folder.iterdir()) + len(data) > max(EACH_MAX, longest):
        return
    (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def types() -> list[str]:
    """Types of statements, in the order of the table in fuzz/src/evidence.rs."""
    lines = (ROOT / "fuzz/src/evidence.rs").read_text().splitlines()
    return [line.split('"')[3] for line in lines if line.startswith('    ("') and line.endswith('"),')]


def notes(dossier: dict) -> list[bytes]:
    return [note.encode() for note in dossier.get("notes", []) if isinstance(note, str)]


def from_vectors() -> None:
    vectors = json.loads((ROOT / "testdata/protocol.json").read_text())
    known = types()
    for statement in vectors["statements"]:
        put("statement", statement["statement"].encode(), 3000)
        header = json.loads(statement["statement"])["signatures"][0]["protected"]
        typ = json.loads(b64(header))["typ"]
        put("payload", bytes([known.index(typ), 7, 3]) + statement["payload"].encode() + b"\n", 3000)
    put("disclosure", vectors["disclosure"]["disclosure"].encode())
    put("disclosure", vectors["disclosure"]["json"].encode())
    put("age_file", b64(vectors["age"]["file"]), 5000)
    put("age_file", b"\x05" * 8 + vectors["age"]["content"].encode())
    put("age_keys", vectors["age"]["recipient"].encode())
    put("framing", bytes.fromhex(vectors["framing"]["wire"]))
    put("framing", bytes(7) + b"\x05hello" + bytes(4083))
    headers = vectors["request"]["headers"]
    order = ["content-digest", "monition-audience", "signature-input", "signature"]
    put("wire_request_signature", "\n".join(headers[name] for name in order).encode())
    put("wire_request_signature", b"12345678" + vectors["request"]["body"].encode())
    statement = vectors["statements"][0]["statement"].encode()
    wire = bytes.fromhex(vectors["framing"]["wire"])
    put("wire_frames", len(statement).to_bytes(4, "big") + statement + wire)
    for name in ["north.example", "attack.cyber", vectors["keys"][0]["kid"], "AAAAAAAAAAAAAAAAAAAAAA"]:
        put("names", name.encode())


def from_dossiers() -> None:
    folder = ROOT / "testdata/dossiers"
    for path in sorted(folder.glob("*.policy")):
        put("policy", path.read_bytes())
        for word in path.read_text().split():
            if word.count("+") >= 2:
                put("verifier_key", word.encode())
    for path in sorted(folder.glob("*.case.json")):
        put("question", json.loads(path.read_text())["question"].encode(), 400)
    for path in sorted(folder.glob("*.dossier.json"), key=lambda path: path.stat().st_size):
        try:
            dossier = json.loads(path.read_text())
        except ValueError:
            continue
        put("dossier", path.read_bytes(), 9000)
        for note in notes(dossier)[:2]:
            for target in ["note", "checkpoint", "cosignature"]:
                put(target, note, 1500)
            put("proof", b"c2sp.org/tlog-proof@v1\nindex 0\n\n" + note, 1500)
            put("witness_message", b"old 0\n\n" + note, 1500)
            put("witness_message", note.split(b"\n\n", 1)[-1], 1500)
            if note.count(b"\n\n"):
                put("checkpoint", note.split(b"\n\n")[0] + b"\n", 1500)
    put("question", b'{"format":"monition-believe/1","f":1}')
    put("witness_message", b"4711\n")


def small() -> None:
    digest = "A" * 43
    put("tile", bytes(range(64)))
    put("tile", hashlib.sha256(b"tile").digest() * 256)
    for path in ["tile/0/000", "tile/0/x001/234.p/17", "tile/entries/x123/x456/789", "tile/5/001.p/255"]:
        put("tile_path", path.encode())
    put("entry_bundle", b"\x00\x03one\x00\x00\x00\x05three")
    for sizes in [(3, 8, 5), (7, 7, 0), (1, 200, 199), (128, 255, 130)]:
        put("merkle", bytes([*sizes, 1]) + b"the leaves of a tree")
    bodies = [
        {"submission": digest}, {"leaf": digest}, {"note": digest}, {"index": 3}, {"statements": []},
        {"type": "https://monition.example/errors/x", "title": "T", "status": 400, "detail": "d", "code": "usage-x"},
    ]
    for which in range(24):
        put("wire_json", bytes([which]) + json.dumps(bodies[which % len(bodies)]).encode())
    for body in bodies:
        for which in range(24):
            put("wire_json", bytes([which]) + json.dumps(body, separators=(",", ":")).encode(), 200)
    for pattern in [
        "[ipv4-addr:value = '198.51.100.7']",
        "[file:hashes.'SHA-256' = 'aa' AND file:size > 10] FOLLOWEDBY [url:value LIKE '%x%'] WITHIN 5 SECONDS",
        "([a:b IN ('x', 'y')] OR [c:d NOT MATCHES '^e']) REPEATS 3 TIMES",
        "[x-a:b[*].c_ref.d EXISTS] START t'2026-01-01T00:00:00Z' STOP t'2026-01-02T00:00:00Z'",
        "[a:b = b'aGk=' OR a:c = h'00ff' OR a:d ISSUBSET '198.51.100.0/24' OR a:e != -1.5]",
    ]:
        put("stix_pattern", pattern.encode())
    for time in ["2026-01-02T03:04:05Z", "9999-12-31T23:59:60Z", "2026-02-28T23:59:60.123456789Z", "0001-01-01T00:00:00.000001Z"]:
        put("timestamp", time.encode())
    for query in [
        "limit=10&added_after=2026-01-01T00:00:00.000Z", "match[id]=indicator--1,x--2&match[type]=indicator",
        "match%5Bversion%5D=all&next=AAAA", "match[spec_version]=2.0,2.1&match[version]=first,last,2026-01-01T00:00:00Z",
    ]:
        put("taxii_query", query.encode())
    for words in [
        "application/taxii+json;version=2.1", "application/stix+json; version=2.0;q=0.5, */*;q=0.1", "2.1",
        "2026-01-01T00:00:00.123Z", 'application/*;charset="utf-8"',
    ]:
        put("taxii_words", words.encode())
    indicator = {
        "type": "indicator", "spec_version": "2.1", "id": "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
        "created": "2016-04-06T20:03:48.000Z", "modified": "2016-04-06T20:03:48.000Z", "valid_from": "2016-01-01T00:00:00Z",
        "pattern": "[ipv4-addr:value = '198.51.100.7']", "pattern_type": "stix", "indicator_types": ["malicious-activity"],
    }
    one = json.dumps(indicator).encode()
    bundle = b'{"type":"bundle","id":"bundle--44af6c39-c09b-49c5-9de2-394224b04982","objects":[' + one + b"," + one + b"]}"
    for data in [one, bundle]:
        for target in ["intel_json", "split", "stix_object"]:
            put(target, data)
    for data in [b"[1,2.5e-3,-0,\"\\u00e9\\ud83d\\ude00\",null,true]", b'{"a":{"b":[{}]},"c":"\\n"}']:
        put("intel_json", data)
    put("split", b'{"more":true,"next":"x","objects":[]}')
    put("split", b'{"objects":[{"a":"\\"}]","b":"\\\\"},{"c":"]"}]}')


def from_published() -> None:
    for path in sorted((PUBLISHED / "cap-examples").glob("*.xml")):
        put("cap", path.read_bytes(), 6000)
    for path in sorted((PUBLISHED / "stix-examples").glob("*.json")):
        for target in ["intel_json", "split", "stix_object"]:
            put(target, path.read_bytes(), 6000)
        try:
            objects = json.loads(path.read_text())["objects"]
        except (ValueError, KeyError, TypeError):
            continue
        for item in objects[:4]:
            put("stix_object", json.dumps(item).encode(), 1500)


def main() -> None:
    if not PUBLISHED.is_dir():
        raise SystemExit(f"error: {PUBLISHED} is not there\nhint: the kept corpus in fuzz/corpus needs no making")
    shutil.rmtree(OUT, ignore_errors=True)
    for part in [from_vectors, from_dossiers, small, from_published]:
        part()
    files = [path for path in OUT.rglob("*") if path.is_file()]
    print(f"{len(files)} inputs for {len(list(OUT.iterdir()))} targets, {sum(p.stat().st_size for p in files)} bytes")


if __name__ == "__main__":
    main()
