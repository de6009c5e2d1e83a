#!/usr/bin/env python3
"""Checks testdata/protocol.json with verifier/monition_verify.py: the second judge's own bytes must be those of the file.

    protocol_vectors.py [FILE]
"""

import base64
import json
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "verifier"))
import monition_verify as mv  # noqa: E402

checks = 0


def equal(what, found, wanted):
    global checks
    checks += 1
    if found != wanted:
        sys.exit(f"error: {what}: {found!r} instead of {wanted!r}")


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "testdata", "protocol.json")
    with open(path, encoding="utf-8") as file:
        vectors = json.load(file)
    for key in vectors["keys"]:
        public = bytes.fromhex(key["public"])
        equal("kid", mv.b64url(mv.kid_of(public)), key["kid"])
        equal("key is good", mv.good_key(public), True)
    for layout in vectors["layouts"]:
        fields = [bytes.fromhex(value) for _, value in layout["fields"]]
        equal(layout["name"], mv.b64url(mv.sha256(*fields)), layout["sha256"])
    framing = vectors["framing"]
    bodies = [bytes.fromhex(body) for body in framing["bodies"]]
    wire = mv.u32(len(bodies)) + b"".join(mv.u64(len(body)) + body for body in bodies)
    equal("wire", wire.hex(), framing["wire"])
    found = mv.disclosure(vectors["disclosure"]["disclosure"])
    equal("disclosure", (found[0], mv.b64url(found[2])), (5, vectors["disclosure"]["sha256"]))
    age = vectors["age"]
    file, key, seed = mv.unb64url(age["file"]), bytes.fromhex(age["file_key"]), bytes.fromhex(age["seed"])
    recipient = mv.recipient_key(age["recipient"])
    own = mv.X25519PrivateKey.from_private_bytes(bytes.fromhex(age["identity"])).public_key().public_bytes_raw()
    equal("recipient", recipient, own)
    plain = mv.age_open(file, key)
    equal("plain", (len(plain), mv.b64url(mv.sha256(plain))), (age["plain_bytes"], age["plain_sha256"]))
    equal("content", mv.unpad(plain).decode(), age["content"])
    equal("stanza", mv.stanza_is_for(file, recipient, key, seed), True)
    equal("stanza of another seed", mv.stanza_is_for(file, recipient, key, bytes(32)), False)
    for vector in vectors["statements"]:
        s = mv.parse_statement(vector["statement"])
        name = vector["type"]
        equal(f"{name}: type", s.name, name)
        equal(f"{name}: payload", mv.compact(s.p), vector["payload"])
        equal(f"{name}: kids", [mv.b64url(kid) for kid in s.kids], vector["kids"])
        equal(f"{name}: digest", mv.b64url(s.digest), vector["digest"])
        equal(f"{name}: identity", mv.b64url(s.identity), vector["identity"])
        leaf = mv.sha256(b"monition/leaf/v1\n", mv.lp(vectors["log_origin"]), s.bytes)
        equal(f"{name}: leaf", mv.b64url(leaf), vector["leaf"])
    equal("types", sorted(v["type"] for v in vectors["statements"]), sorted(mv.TYPES))
    request = vectors["request"]
    headers, body = request["headers"], request["body"].encode()
    digest = base64.b64encode(mv.sha256(body)).decode()
    equal("content-digest", headers["content-digest"], f"sha-256=:{digest}:")
    base = (f'"@method": {request["method"]}\n"@path": {request["path"]}\n"content-digest": {headers["content-digest"]}\n'
            f'"monition-audience": {headers["monition-audience"]}\n'
            f'"@signature-params": {headers["signature-input"].removeprefix("m=")}')
    equal("signature base", base, request["signature_base"])
    signature = mv.unb64(headers["signature"].removeprefix("m=:").removesuffix(":"))
    equal("request signature", mv.ed25519(bytes.fromhex(request["public"]), base.encode(), signature), True)
    strictness()
    print(f"{checks} vectors agree")


def strictness():
    """What an ordinary Ed25519 library lets through and the protocol does not (protocol §3)."""
    small_order = ["01" + "00" * 31, "ec" + "ff" * 30 + "7f", "00" * 32, "00" * 31 + "80",
                   "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
                   "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"]
    for key in small_order:
        equal(f"small order {key[:8]}", mv.good_key(bytes.fromhex(key)), False)
        equal(f"small-order R {key[:8]}", mv.ed25519(bytes.fromhex("8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"), b"", bytes.fromhex(key) + bytes(32)), False)
    for key in ["ee" + "ff" * 30 + "7f", "ed" + "ff" * 30 + "7f", "01" + "00" * 30 + "80", "02" + "00" * 31]:
        equal(f"no canonical point {key[:8]}", mv.good_key(bytes.fromhex(key)), False)
    base = mv.decompress(bytes.fromhex("58" + "66" * 31))
    torsion = mv.point_add(base, mv.decompress(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")))
    inverse = pow(torsion[2], mv.P - 2, mv.P)
    x, y = torsion[0] * inverse % mv.P, torsion[1] * inverse % mv.P
    equal("torsion component", mv.good_key((y | (x & 1) << 255).to_bytes(32, "little")), False)
    equal("base point", mv.good_key(bytes.fromhex("58" + "66" * 31)), True)


if __name__ == "__main__":
    main()
