"""cytaxii2 1.0.1: discovery, root, collections, one collection, inbox, poll with filters, pages and added_after."""
import json
import os
import uuid

from cytaxii2 import cytaxii2

E = os.environ
client = cytaxii2.cytaxii2(E["TAXII_URL"], E["TAXII_USER"], E["TAXII_PASS"], version=2.1)
coll = E["TAXII_COLL"]


def good(answer, code=200):
    assert answer["status"] is True and answer["status_code"] == code, answer
    return answer["response"]


found = good(client.discovery_request())
assert found["title"] and found["default"] in found["api_roots"]
assert "application/taxii+json;version=2.1" in good(client.root_discovery())["versions"]
assert coll in [c["id"] for c in good(client.collection_request())["collections"]]
data = good(client.collection_data_request(coll))
assert data["id"] == coll and data["can_read"] is True and data["can_write"] is True

day = "2026-02-01T00:00:00.000Z"
objects = [{"type": "identity", "spec_version": "2.1", "id": f"identity--{uuid.uuid4()}", "created": day, "modified": day,
            "name": name} for name in ("Ἀθήνα", "بیمارستان", "больница", "four", "five")]
status = good(client.inbox_request(coll, json.dumps({"objects": objects})), 202)
assert status["status"] == "complete" and status["success_count"] == 5, status

ids = [o["id"] for o in objects]
walked, token = [], None
while True:
    page = good(client.poll_request(coll, object_id=",".join(ids), limit=2, next=token))
    assert len(page["objects"]) <= 2
    walked += page["objects"]
    if not page["more"]:
        break
    token = page["next"]
assert walked == objects, "order and content as sent"
assert good(client.poll_request(coll, object_id=ids[1]))["objects"] == [objects[1]]
assert good(client.poll_request(coll, object_id=ids[1], object_type="malware")) == {}
assert good(client.poll_request(coll, object_id=ids[1], added_after="2999-01-01T00:00:00Z")) == {}
wrong = client.poll_request(coll, added_after="yesterday")
assert wrong["status_code"] == 400 and wrong["response"]["title"], wrong
stranger = cytaxii2.cytaxii2(E["TAXII_URL"], E["TAXII_USER"], "wrong", version=2.1).discovery_request()
assert stranger["status_code"] == 401 and stranger["response"]["http_status"] == "401", stranger
print("ok")
