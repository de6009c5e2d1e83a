"""The unmodified TAXIICollectionSink of stix2 posts at one desk; its TAXIICollectionSource reads at another.

Arguments: API root, collection id and account file of the posting desk; the same of the reading desk.
Started by the ignored test in crates/monition/tests/desk_taxii.rs; ci/desk_taxii.sh prepares everything.
"""

import json
import sys
import time

import stix2
from taxii2client.v21 import Collection

EXTENSION = "extension-definition--e29078fb-25ee-422c-86c5-182ab2073c80"


def collection(root, collection_id, account):
    lines = dict(line.split(" ", 1) for line in open(account, encoding="utf-8").read().splitlines())
    url = f"{root}/collections/{collection_id}/"
    return Collection(url, user=lines["user"], password=lines["password"])


def main():
    sink = stix2.TAXIICollectionSink(collection(*sys.argv[1:4]))
    source = stix2.TAXIICollectionSource(collection(*sys.argv[4:7]))
    malware = stix2.Malware(name="Locker", is_family=False)
    report = stix2.Report(name="Posted by stix2", published="2026-11-24T00:00:00Z", object_refs=[malware.id])
    sink.add(stix2.Bundle(malware, report))
    for _ in range(100):
        notes = source.query([stix2.Filter("type", "=", "note")])
        ours = [note for note in notes if report.id in note.object_refs]
        if ours:
            break
        time.sleep(0.3)
    else:
        sys.exit("the warning did not come")
    came = source.get(report.id)
    assert json.loads(came.serialize()) == json.loads(report.serialize()), came
    extension = ours[0].extensions[EXTENSION]
    assert extension["step"] == "decrypted", extension
    again = stix2.parse(ours[0].serialize(), allow_custom=True)
    assert json.loads(again.serialize()) == json.loads(ours[0].serialize())
    print("posted by TAXIICollectionSink, read by TAXIICollectionSource:", report.id, extension["wid"])


main()
