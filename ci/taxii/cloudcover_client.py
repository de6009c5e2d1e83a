"""cc-taxii2-client 0.1.5: collections, indicators with limit, pages, added_after and match filters."""
import os
import uuid
from urllib.parse import urlsplit

from cc_taxii2_client import CCTaxiiClient
from taxii2client.v21 import Server

E = os.environ
server = Server(E["TAXII_URL"], user=E["TAXII_USER"], password=E["TAXII_PASS"])
root, coll = next((r, c) for r in server.api_roots for c in r.collections if c.id == E["TAXII_COLL"])
day = "2026-02-01T00:00:00.000Z"
ids = [f"indicator--{uuid.uuid4()}" for _ in range(5)]
coll.add_objects({"objects": [
    {"type": "indicator", "spec_version": "2.1", "id": i, "created": day, "modified": day, "name": "n", "description": "d",
     "pattern": "[ipv4-addr:value = '198.51.100.9']", "pattern_type": "stix", "pattern_version": "2.1", "valid_from": day}
    for i in ids]})

# The library has its vendor's address as an attribute; another server is another value of it. It reads below a root name.
client = CCTaxiiClient(E["TAXII_USER"], E["TAXII_PASS"])
parts = urlsplit(root.url)
client.url = f"{parts.scheme}://{parts.netloc}"
path = parts.path.strip("/")
assert coll.id in client.get_collections(path)
answer = client._get_json(path, coll.id, f"objects/?limit=2&match[id]={','.join(ids)}")
walked = [o["id"] for o in answer.objects]
while answer.more:
    answer = client._get_json(path, coll.id, f"objects/?limit=2&match[id]={','.join(ids)}&next={answer.next}")
    walked += [o["id"] for o in answer.objects]
assert walked == ids, walked
print("ok")
