"""stix2 3.0.2: files and a corpus go up by TAXIICollectionSink and come down equal by TAXIICollectionSource, also through
the stores `memory` and `file`."""
import glob
import json
import os
import tempfile

import stix2
from stix2 import FileSystemSink, FileSystemSource, Filter, MemoryStore, TAXIICollectionSink, TAXIICollectionSource
from taxii2client.v21 import Server

E = os.environ
server = Server(E["TAXII_URL"], user=E["TAXII_USER"], password=E["TAXII_PASS"])
coll = next(c for r in server.api_roots for c in r.collections if c.id == E["TAXII_COLL"])

objects = {}
for path in sorted(glob.glob("../shared/data/stix-examples/*.json")):
    with open(path, encoding="utf-8") as file:
        for o in json.load(file)["objects"]:
            objects[o["id"], o.get("modified", o.get("created"))] = o
if E.get("MONITION_CORPUS"):
    with open(E["MONITION_CORPUS"], encoding="utf-8") as file:
        for line in file:
            o = json.loads(line)
            objects[o["id"], o.get("modified", o.get("created"))] = o
if not objects:
    day = "2026-02-01T00:00:00.000Z"
    i = "identity--5e7b6f0a-2f4c-4c57-9d4c-1c2d3e4f5a6b"
    objects[i, day] = {"type": "identity", "spec_version": "2.1", "id": i, "created": day, "modified": day, "name": "x"}

# The library parses what it sends and adds pattern_version, so what counts as sent is what it makes of each object.
sink = TAXIICollectionSink(coll, allow_custom=True)
values = list(objects.values())
for at in range(0, len(values), 100):
    sink.add({"type": "bundle", "id": "bundle--5e7b6f0a-2f4c-4c57-9d4c-1c2d3e4f5a6b", "objects": values[at:at + 100]})

latest = {}
for (identifier, version), o in objects.items():
    if identifier not in latest or (version or "") > latest[identifier][0]:
        latest[identifier] = (version or "", o)

source = TAXIICollectionSource(coll, allow_custom=True, items_per_page=50)
parsed = {}
for identifier, (_, o) in latest.items():
    parsed[identifier] = stix2.parse(o, allow_custom=True)
    raw = coll.get_object(identifier)["objects"]
    assert raw == [json.loads(parsed[identifier].serialize())], (identifier, raw, o)
down = {}
for kind in sorted({o["type"] for _, o in latest.values()}):
    for o in source.query([Filter("type", "=", kind)]):
        down[o["id"]] = o
for identifier, o in parsed.items():
    assert down[identifier].serialize() == o.serialize(), identifier

mine = [down[i] for i in latest]
memory = MemoryStore(mine, allow_custom=True)
for identifier in latest:
    assert memory.get(identifier).serialize() == parsed[identifier].serialize(), identifier
with tempfile.TemporaryDirectory() as folder:
    FileSystemSink(folder, allow_custom=True).add(mine)
    files = FileSystemSource(folder, allow_custom=True)
    for identifier in latest:
        assert files.get(identifier).serialize() == parsed[identifier].serialize(), identifier
print(f"ok, {len(latest)} objects")
