#!/usr/bin/env python3
"""A second judge of Monition's dossiers, written from docs/verify.md and docs/protocol.md alone.

    monition_verify.py DOSSIER... --trust FILE [--believe FILE] [--ask QUESTION] [--without-witnesses]

Prints one JSON object: the members of a finding that two judges must agree on (docs/verify.md, section 13), or
{"error": code}. Exit codes are those of `monition judge`. Needs Python 3.11 and the package `cryptography`; reads no
clock, no network and no file but those named and the shared directory beside a dossier. Numbers in square brackets in
the comments are the steps of docs/verify.md, paragraph signs those of docs/protocol.md.

It is meant to be read: correctness before speed. It recomputes what a faster judge would keep.
"""

import argparse
import base64
import calendar
import functools
import hashlib
import hmac
import json
import os
import re
import sys
import time
from collections import defaultdict

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

TIME_MAX = 253_402_300_799
POSITIONS = 33
STEPS = ["intent", "submitted", "available", "notified", "handed-over", "decrypted", "declined", "acknowledged"]
TELLING = {"available", "decrypted", "declined", "acknowledged"}


class Refused(Exception):
    """No finding: the code of the error."""

    def __init__(self, code, detail=""):
        super().__init__(detail)
        self.code, self.detail = code, detail


class Malformed(Exception):
    """A value that is not what its format says; the caller decides what that means."""


def refuse(detail):
    raise Refused("evidence-refused", detail)


# ---- encodings (§1) ---------------------------------------------------------------------------------------------


def sha256(*parts):
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


def u32(number):
    return number.to_bytes(4, "big")


def u64(number):
    return number.to_bytes(8, "big")


def lp(data):
    data = data.encode() if isinstance(data, str) else data
    return u32(len(data)) + data


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64url(text, size=None):
    """Canonical, unpadded base64url of `size` bytes."""
    if not isinstance(text, str) or not re.fullmatch(r"[A-Za-z0-9_-]*", text):
        raise Malformed("base64url")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise Malformed("base64url") from None
    if b64url(data) != text or (size is not None and len(data) != size):
        raise Malformed("base64url")
    return data


def unb64(text):
    """Canonical, padded standard base64."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Malformed("base64") from None
    if base64.b64encode(data).decode() != text:
        raise Malformed("base64")
    return data


def strict_json(text):
    """JSON without duplicate members, fractions, exponents and lone surrogates."""

    def pairs(found):
        names = [name for name, _ in found]
        if len(set(names)) != len(names):
            raise Malformed("duplicate member")
        return dict(found)

    def no_float(_):
        raise Malformed("not an integer")

    try:
        text = text.decode("utf-8") if isinstance(text, bytes) else text
        value = json.loads(text, object_pairs_hook=pairs, parse_float=no_float, parse_constant=no_float)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise Malformed(str(error)) from None
    return value


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


# ---- types of payload members (§1): each takes a JSON value and raises Malformed --------------------------------


def need(holds, what):
    if not holds:
        raise Malformed(what)


def integer(low, high):
    def check(value):
        need(type(value) is int and low <= value <= high, "integer")

    return check


U8, U16, U32, U64 = (integer(0, 2**bits - 1) for bits in (8, 16, 32, 64))
I32 = integer(-(2**31), 2**31 - 1)
TIME = integer(0, TIME_MAX)


def digest(value):
    unb64url(value, 32)


def short(value):
    unb64url(value, 16)


def string(value):
    need(type(value) is str, "string")


def boolean(value):
    need(type(value) is bool, "boolean")


FORBIDDEN = set(range(0x202A, 0x202F)) | set(range(0x2066, 0x206A)) | set(range(0x7F, 0xA0)) | set(range(0x20)) - {9, 10}


def text(value):
    string(value)
    need(len(value.encode()) <= 8192, "text too long")
    need(not any(ord(c) in FORBIDDEN for c in value), "control character")


LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
DNS = re.compile(rf"{LABEL}(\.{LABEL})*")


def dns(value):
    string(value)
    need(len(value) <= 253 and DNS.fullmatch(value), "name")


def party(value):
    string(value)
    if value.startswith("key:"):
        unb64url(value[4:], 32)
    else:
        dns(value)


def role(value):
    string(value)
    need(re.fullmatch(r"[a-z0-9-]{1,63}", value), "role")


def one_of(*words):
    def check(value):
        need(type(value) is str and value in words, "word")

    return check


def size_class(value):
    string(value)
    large = re.fullmatch(r"([1-9][0-9]{0,3})MiB", value)
    need(value in ("4KiB", "16KiB", "64KiB") or (large and int(large[1]) <= 1024), "size class")


def bounded(size):
    def check(value):
        string(value)
        need(len(value.encode()) <= size, "too long")

    return check


class Null:
    """A member that is present and may be null."""

    def __init__(self, inner):
        self.inner = inner


class Left:
    """A member that is left out where it is null."""

    def __init__(self, inner):
        self.inner = inner


class List:
    def __init__(self, inner, low=0, high=64):
        self.inner, self.low, self.high = inner, low, high


def check(kind, value):
    """Checks a value, and gives it back with its members in the order of the schema."""
    if isinstance(kind, (Null, Left)):
        return None if value is None else check(kind.inner, value)
    if isinstance(kind, List):
        need(type(value) is list and kind.low <= len(value) <= kind.high, "list")
        return [check(kind.inner, item) for item in value]
    if isinstance(kind, dict):
        need(type(value) is dict and set(value) <= set(kind), "unknown member")
        out = {}
        for name, inner in kind.items():
            if isinstance(inner, Left) and value.get(name) is None:
                continue
            need(name in value, f"{name} is missing")
            out[name] = check(inner, value[name])
        return out
    kind(value)
    return value


URGENCY = one_of("routine", "priority", "immediate", "flash")
MODE = one_of("open")
ANCHOR = {"origin": text, "size": U64, "root": digest, "note": digest}
HEAD = {"custodian": party, "declaration": digest, "n": U64, "h": digest}
KEY = {
    "alg": one_of("Ed25519"),
    "public": digest,
    "use": one_of("statement", "mailbox", "role", "exchange", "custodian"),
    "role": Left(role),
}
AXES = ["actor", "target", "place", "time", "means", "source"]
COMMON = {
    "exchange": dns,
    "eid": short,
    "wid": Left(short),
    "iss": party,
    "iat": TIME,
    "anchor": Null(ANCHOR),
    "prev": Left(digest),
    "svc": Left(one_of("NRO", "NRS", "NRT", "NRD", "NRR", "NRK")),
    "pol": Left(digest),
    "actor": Left(role),
    "reason": Left(text),
}
KEYS = List(KEY, 1, 16)
CHAIN = {"seq": integer(1, 2**64 - 1), "previous": digest}

# name: (typ, uses of keys that sign it, svc, right of a delegate, members)
TYPES = {
    "Enrolment": ("monition-enrolment-v1", "*", None, None, {
        "seq": integer(0, 0), "keys": KEYS, "next": digest, "sponsors": List(party, 0, 15),
        "custodian": Null({"url": string, "period_seconds": integer(1, 86_400)}),
        "directory": Null({"delay_seconds": U64, "sponsors": U32})}),
    "KeyRotation": ("monition-key-rotation-v1", "statement exchange", None, None, {**CHAIN, "keys": KEYS, "next": digest}),
    "Revocation": ("monition-revocation-v1", "*", None, None, {
        "party": party, **CHAIN, "kid": digest, "suspected_since": Null(TIME)}),
    "Contest": ("monition-contest-v1", "statement", None, None, {"contested": digest}),
    "MailboxDeclaration": ("monition-mailbox-declaration-v1", "statement", None, None, {
        **CHAIN, "mailbox": short, "custodians": List(party, 1, 16), "quorum": U32,
        "encryption": List({"stanza": string, "recipient": string}, 1, 4), "valid_from": TIME, "valid_until": TIME,
        "grace_seconds": integer(0, 31_622_400), "poll_seconds": integer(1, 3_600), "contacts": Null(digest),
        "hours": {"utc_offset_minutes": integer(-840, 840),
                  "weekly": List({"day": integer(0, 6), "from_minute": U16, "until_minute": integer(0, 1_440)}),
                  "closed_days": List(U32, 0, 366)},
        "languages": List(bounded(35), 0, 16),
        "answer_seconds": {"flash": U64, "immediate": U64, "priority": U64, "routine": U64}, "terms": Null(digest)}),
    "Delegation": ("monition-delegation-v1", "statement", None, None, {
        **CHAIN, "delegate": party, "rights": List(one_of("receive", "answer", "send"), 0, 3), "until": TIME}),
    "Warning": ("monition-warning-v1+sd-jwt", "statement", "NRO", "send", {
        "class": dns, "urgency": URGENCY, "mode": MODE, "spec": {axis: integer(0, 4) for axis in AXES},
        "tlp": one_of("RED", "AMBER+STRICT", "AMBER", "GREEN", "CLEAR"), "relay": one_of("none", "ask", "tlp"),
        "deadline": Null(TIME), "embargo_until": Null(TIME), "retain_until": Null(TIME), "amends": Null(digest),
        "status": one_of("first", "amended", "withdrawn"), "withheld": boolean,
        "_sd": List(digest, POSITIONS, POSITIONS), "_sd_alg": one_of("sha-256")}),
    "Submission": ("monition-submission-v1", "statement", "NRO", "send", {
        "core": digest, "e": digest, "mailbox": short, "declaration": digest, "urgency": URGENCY,
        "size_class": size_class, "deadline": Null(TIME), "expiry": TIME, "mode": MODE,
        "seq": integer(1, 2**64 - 1), "prev_sub": Null(digest)}),
    "SubmissionAcceptance": ("monition-submission-acceptance-v1", "exchange", "NRS", None, {"submission": digest, "by": TIME}),
    "SubmissionRejection": ("monition-submission-rejection-v1", "exchange", None, None, {"submission": digest, "code": bounded(64)}),
    "ContentConsignment": ("monition-content-consignment-v1", "custodian", "NRT", None, {
        "mailbox": short, "declaration": digest, "n": integer(1, 2**64 - 1), "h": digest, "e": digest, "submission": digest}),
    "CustodyHeads": ("monition-custody-heads-v1", "custodian", None, None, {"period": U64, "mailboxes": U64, "root": digest}),
    "ConsignmentNotification": ("monition-consignment-notification-v1", "custodian", None, None, {
        "mailbox": short, "n": U64, "transport": bounded(32), "answer": text, "taken": boolean}),
    "MailboxHeadAck": ("monition-mailbox-head-ack-v1", "mailbox", "NRR", "receive", {"mailbox": short, "heads": List(HEAD, 1)}),
    "ContentHandover": ("monition-content-handover-v1", "custodian exchange", "NRT", None, {
        "submission": digest, "e": digest, "n": U64, "session": digest}),
    "HandoverFailure": ("monition-handover-failure-v1", "custodian exchange", None, None, {"submission": digest, "code": bounded(64)}),
    "ContentAccess": ("monition-content-access-v1", "mailbox", "NRD", "receive", {
        "submission": digest, "core": Null(digest), "valid": List(digest), "missing": List(digest), "undecryptable": List(U32)}),
    "Reply": ("monition-reply-v1", "role", "NRK", "answer", {
        "submission": digest, "core": digest,
        "status": one_of("acknowledged", "declined", "investigating", "affected", "not-affected", "disputed", "fixed",
                         "wrong-addressee", "question"),
        "note": Null(digest), "received": List(digest)}),
    "ReplyLodgement": ("monition-reply-lodgement-v1", "custodian", "NRS", None, {"submission": digest, "reply": digest}),
    "Relay": ("monition-relay-v1", "statement", "NRO", None, {
        "core": digest, "to": party, "digests": List(digest), "consent": Null(digest)}),
    "RelayConsent": ("monition-relay-consent-v1", "statement", "NRO", "send", {
        "submission": digest, "core": digest, "to": party, "digests": List(digest), "expiry": TIME}),
    "Denial": ("monition-denial-v1", "statement", None, None, {"question": text, "before": TIME, "heads": List(HEAD)}),
    "OutOfBandNotice": ("monition-out-of-band-notice-v1", "statement role", None, None, {
        "to": party, "channel": bounded(32), "at": TIME, "note": Null(digest)}),
    "ContentDispute": ("monition-content-dispute-v1", "mailbox role", None, "answer", {
        "submission": digest, "core": Null(digest), "code": bounded(64)}),
    "Disposal": ("monition-disposal-v1", "mailbox statement custodian exchange", None, None, {"submission": digest, "e": digest}),
    "DecisionRecord": ("monition-decision-record-v1", "statement role", None, None, {
        "decision": one_of("warned", "not-warned"), "note": Null(digest)}),
    "EnvelopeAcceptance": ("monition-envelope-acceptance-v1", "exchange", "NRS", None, {
        "party": Null(party), "account": text, "collection": text, "count": integer(1, 2**32 - 1), "objects": digest,
        "first_added": U64, "last_added": U64}),
}
BY_TYP = {typ: name for name, (typ, *_) in TYPES.items()}
ENTRIES = {"Enrolment", "KeyRotation", "Revocation", "Contest", "MailboxDeclaration", "Delegation"}


def rules(name, p):
    """Rules of §4 that span members."""
    need(p.get("svc") in (None, TYPES[name][2]), "svc")
    need((p["anchor"] is None) == (name in ENTRIES), "the anchor is null in directory entries, and only there")
    if name in ("Warning", "Submission", "Reply"):
        need("wid" in p, "wid is required")
    if name == "Submission":
        need((p["seq"] == 1) == (p["prev_sub"] is None), "prev_sub is null exactly if seq is 1")
    if name == "Warning":
        need((p["status"] == "first") == (p["amends"] is None), "amends is null exactly if status is first")
    if name == "Delegation":
        need(len(set(p["rights"])) == len(p["rights"]), "each right once")
    if name == "EnvelopeAcceptance":
        need(p["first_added"] <= p["last_added"], "the first object was not added after the last")
    if name == "ContentDispute":
        need("reason" in p, "reason is required")
    if name == "Denial":
        asked = parse_question(p["question"])
        need(asked["kind"] == "told" and asked["party"] == p["iss"] and asked["before"] == p["before"], "question")
    for key in p.get("keys", []):
        need((key["use"] == "role") == ("role" in key), "a role stands at keys of use role, and only there")
        need(good_key(unb64url(key["public"])), "weak key")
    if name == "MailboxDeclaration":
        custodians = p["custodians"]
        need(len(set(custodians)) == len(custodians) and p["exchange"] not in custodians, "custodians")
        need(1 <= p["quorum"] <= sum(c != p["iss"] for c in custodians), "quorum")
        need(p["valid_from"] < p["valid_until"], "validity")
        need(all(span["from_minute"] < span["until_minute"] for span in p["hours"]["weekly"]), "hours")


# ---- Ed25519, strictly (§3) -------------------------------------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
IDENTITY = (0, 1, 1, 0)


def point_add(a, b):
    x = (a[1] - a[0]) * (b[1] - b[0]) % P
    y = (a[1] + a[0]) * (b[1] + b[0]) % P
    z, t = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = y - x, t - z, t + z, y + x
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_multiply(scalar, point):
    result = IDENTITY
    while scalar:
        if scalar & 1:
            result = point_add(result, point)
        point, scalar = point_add(point, point), scalar >> 1
    return result


def is_identity(point):
    return point[0] % P == 0 and (point[1] - point[2]) % P == 0


def decompress(data):
    """A point from its canonical encoding, else None."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if (v * x * x - u) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (v * x * x - u) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


@functools.lru_cache(maxsize=None)
def good_key(public):
    """Canonical, not of small order, without a torsion component."""
    point = decompress(public)
    return point is not None and not is_identity(point_multiply(8, point)) and is_identity(point_multiply(ORDER, point))


@functools.lru_cache(maxsize=None)
def ed25519(public, message, signature):
    """OpenSSL checks the equation without cofactor and S below the order; small-order R and weak keys are ours."""
    if len(signature) != 64 or not good_key(public):
        return False
    point = decompress(signature[:32])
    if point is None or is_identity(point_multiply(8, point)):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def kid_of(public):
    return sha256(b"monition/key/v1\n", lp("Ed25519"), public)


# ---- statements (§2, §4) ----------------------------------------------------------------------------------------

SIGNATURE = r'\{"protected":"([A-Za-z0-9_-]*)","signature":"([A-Za-z0-9_-]*)"\}'
FORM = re.compile(rf'\{{"payload":"([A-Za-z0-9_-]*)","signatures":\[({SIGNATURE}(?:,{SIGNATURE})*)\]\}}')
PROTECTED = re.compile(r'\{"alg":"Ed25519","kid":"([A-Za-z0-9_-]{43})","typ":"([a-z0-9+.-]{1,64})"\}')


class Statement:
    def __init__(self, source):
        need(len(source.encode()) <= 65_535, "too long")
        form = FORM.fullmatch(source)
        need(form, "byte form")
        self.source, self.bytes = source, source.encode()
        self.digest = sha256(self.bytes)
        payload = unb64url(form[1])
        self.signatures, typs = [], set()
        for protected, signature in re.findall(SIGNATURE, form[2]):
            header = PROTECTED.fullmatch(unb64url(protected).decode("ascii", "replace"))
            need(header, "protected header")
            typs.add(header[2])
            message = f"{protected}.{form[1]}".encode()
            self.signatures.append((unb64url(header[1], 32), message, unb64url(signature, 64)))
        kids = [kid for kid, _, _ in self.signatures]
        need(len(kids) <= 16 and len(set(kids)) == len(kids) and len(typs) == 1, "signatures")
        typ = typs.pop()
        need(typ in BY_TYP, "unknown type")
        self.name = BY_TYP[typ]
        self.identity = sha256(b"monition/statement/v1\n", lp(typ), lp(payload))
        found = strict_json(payload)
        need(type(found) is dict, "object")
        self.p = check({**COMMON, **TYPES[self.name][4]}, found)
        need(compact(self.p).encode() == payload, "not in its one spelling")
        rules(self.name, self.p)
        self.kids = kids

    def __getitem__(self, member):
        return self.p.get(member)

    def raw(self, member):
        """A digest or another binary member, decoded."""
        value = self.p.get(member)
        return None if value is None else unb64url(value)

    def signed_by(self, public):
        kid = kid_of(public)
        return any(k == kid and ed25519(public, message, signature) for k, message, signature in self.signatures)


@functools.lru_cache(maxsize=None)
def parse_statement(source):
    return Statement(source)


# ---- questions and the believe file -----------------------------------------------------------------------------


def parse_time(word):
    if re.fullmatch(r"[0-9]+", word):
        value = int(word)
    else:
        need(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", word, re.ASCII), "time")
        try:
            value = calendar.timegm(time.strptime(word, "%Y-%m-%dT%H:%M:%SZ"))
        except (ValueError, OverflowError):
            raise Malformed("time") from None
        need(value >= 0 and show_time(value) == word, "time")
    need(value <= TIME_MAX, "time")
    return value


def show_time(seconds):
    if seconds is None:
        return None
    days, second = divmod(seconds, 86_400)
    shifted = days + 719_468
    era, doe = divmod(shifted, 146_097)
    yoe = (doe - doe // 1_460 + doe // 36_524 - doe // 146_096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    day, month = doy - (153 * mp + 2) // 5 + 1, mp + 3 if mp < 10 else mp - 9
    year = yoe + era * 400 + (month <= 2)
    return f"{year:04}-{month:02}-{day:02}T{second // 3600:02}:{second % 3600 // 60:02}:{second % 60:02}Z"


def parse_question(words):
    if words in ("timeline", "who"):
        return {"kind": words, "before": None}
    words = words.split(" ")
    need(len(words) >= 2 and len(words) % 2 == 0 and words[0] == "told", "question")
    party(words[1])
    asked = {"kind": "told", "party": words[1], "by": None, "of": None, "before": None}
    order = ["by", "of", "before"]
    last = -1
    for clause, value in zip(words[2::2], words[3::2]):
        need(clause in order and order.index(clause) > last, "clause")
        last = order.index(clause)
        if clause == "by":
            party(value)
        elif clause == "of":
            short(value)
        asked[clause] = parse_time(value) if clause == "before" else value
    return asked


BELIEVE = {
    "format": one_of("monition-believe/1"),
    "parties": Left(List({"party": party, "kid": digest}, 0, 2**20)),
    "minimum_grade": Left(one_of("I0", "I2")),
    "sponsors": Left(List(party, 0, 2**20)),
    "f": Left(U64),
    "f_c": Left(U64),
}


def parse_believe(data):
    need(len(data) <= 1024 * 1024, "too long")
    return check(BELIEVE, strict_json(data))


# ---- trust: a C2SP tlog-policy of one shape [3] -----------------------------------------------------------------


class Key:
    """A verifier key of a signed note: name+hash+base64(type ‖ key)."""

    def __init__(self, vkey):
        parts = vkey.split("+", 2)
        need(len(parts) == 3 and parts[0] and re.fullmatch(r"[0-9a-f]{8}", parts[1]), "verifier key")
        data = unb64(parts[2])
        self.name, self.kind, self.public = parts[0], data[0] if data else None, data[1:]
        self.id = sha256(parts[0].encode(), b"\n", data)[:4]
        need(self.id.hex() == parts[1], "key hash")
        if self.kind in (1, 4):
            need(len(self.public) == 32 and good_key(self.public), "key")


class Trust:
    def __init__(self, data, believe, witnessed):
        self.witnessed, self.sha256 = witnessed, sha256(data)
        self.logs, self.witnesses, self.groups, quorum = [], {}, {}, None
        try:
            for line in data.decode("utf-8").splitlines():
                words = line.split("#", 1)[0].split()
                if not words:
                    continue
                if words[0] == "log" and len(words) in (2, 3):
                    self.logs.append(Key(words[1]))
                elif words[0] == "witness" and len(words) in (3, 4):
                    self.define(words[1])
                    self.witnesses[words[1]] = Key(words[2])
                elif words[0] == "group" and len(words) >= 4:
                    self.define(words[1])
                    members = words[3:]
                    need(all(m in self.witnesses or m in self.groups for m in members), "member")
                    need(len(set(members)) == len(members), "member twice")
                    count = {"any": 1, "all": len(members)}.get(words[2]) or int(words[2])
                    need(1 <= count <= len(members), "threshold")
                    self.groups[words[1]] = (words[2], count, members)
                elif words[0] == "quorum" and len(words) == 2 and quorum is None:
                    quorum = words[1]
                else:
                    raise Malformed("line")
            publics = [key.public for key in self.witnesses.values()]
            need(quorum is not None and self.logs and len(set(publics)) == len(publics), "policy")
            if witnessed:
                self.shape(quorum, believe)
        except (Malformed, ValueError) as error:
            raise Refused("usage-trust", str(error)) from None

    def define(self, name):
        need(name not in self.witnesses and name not in self.groups and name != "none", "name twice")

    def shape(self, quorum, believe):
        need(quorum in self.groups, "the quorum is one group")
        _, self.k, members = self.groups[quorum]
        self.organisation, counted = {}, {quorum}
        for member in members:
            counted.add(member)
            if member in self.groups:
                word, _, inner = self.groups[member]
                need(word == "any" and all(w in self.witnesses for w in inner), "organisation")
            else:
                inner = [member]
            for witness in inner:
                need(witness not in self.organisation, "witness in two organisations")
                self.organisation[witness] = member
            counted.update(inner)
        need(counted == set(self.witnesses) | set(self.groups), "outside the quorum")
        publics = {key.public for key in self.logs}
        need(not any(key.public in publics for key in self.witnesses.values()), "a log as witness")
        n = len(members)
        f = believe.get("f", (n - 1) // 3)
        need(self.k >= (n + f) // 2 + 1, "quorum too small")

    def knows(self, origin):
        return any(key.name == origin and key.kind == 1 for key in self.logs)

    def not_after(self, times):
        """[7] The smallest t for which the pairs with time ≤ t satisfy the quorum."""
        if not self.witnessed:
            return 0
        return next((t for t in sorted({t for _, t in times}) if self.met(w for w, s in times if s <= t)), None)

    def not_before(self, times):
        if not self.witnessed:
            return 0
        return next((t for t in sorted({t for _, t in times}, reverse=True) if self.met(w for w, s in times if s >= t)), None)

    def met(self, witnesses):
        return len({self.organisation[w] for w in witnesses}) >= self.k


# ---- notes [6] --------------------------------------------------------------------------------------------------


class Note:
    def __init__(self, source, trust):
        self.source, self.digest = source, sha256(source.encode())
        try:
            self.read(source, trust)
        except Malformed as error:
            refuse(f"note {b64url(self.digest)}: {error}")

    def read(self, source, trust):
        need(len(source.encode()) <= 1_000_000 and "\n\n" in source, "note")
        need(not any(ord(c) < 0x20 and c != "\n" for c in source), "control character")
        at = source.rindex("\n\n")
        text, lines = source[: at + 1], source[at + 2 :]
        need(lines.endswith("\n"), "note")
        lines = lines[:-1].split("\n")
        need(1 <= len(lines) <= 100, "signature lines")
        fields = text[:-1].split("\n")
        need(len(fields) == 3 and fields[0], "checkpoint without extension lines")
        need(re.fullmatch(r"0|[1-9][0-9]*", fields[1], re.ASCII) and int(fields[1]) < 2**64, "size")
        self.origin, self.size, self.root = fields[0], int(fields[1]), unb64(fields[2])
        need(len(self.root) == 32, "root")
        need(self.size > 0 or self.root == sha256(), "the empty tree has one root")
        self.head, self.times = (self.origin, self.size, self.root), set()
        signed = []
        for line in lines:
            word = re.fullmatch(r"— (\S+) (\S+)", line)
            need(word, "signature line")
            data = unb64(word[2])
            need(len(data) > 4, "signature")
            signed.append((word[1], data[:4], data[4:]))
        keys = [key for key in trust.logs if key.name == self.origin and key.kind == 1]
        need(keys, "unknown log")
        verified = False
        for key in keys:
            own = [s for name, number, s in signed if (name, number) == (key.name, key.id)]
            need(len(own) <= 1 and all(ed25519(key.public, text.encode(), s) for s in own), "log signature")
            verified |= bool(own)
        need(verified, "the log did not sign")
        for name, key in trust.witnesses.items():
            own = [s for who, number, s in signed if (who, number) == (key.name, key.id)]
            need(len(own) <= 1, "two lines of one witness")
            if own and key.kind == 4:
                need(len(own[0]) == 72, "cosignature")
                seconds = int.from_bytes(own[0][:8], "big")
                message = f"cosignature/v1\ntime {seconds}\n{text}".encode()
                need(seconds <= TIME_MAX and ed25519(key.public, message, own[0][8:]), "cosignature")
                self.times.add((name, seconds))


# ---- Merkle trees (RFC 6962) ------------------------------------------------------------------------------------


def leaf_hash(entry):
    return sha256(b"\x00", entry)


def node_hash(left, right):
    return sha256(b"\x01", left, right)


def tree_root(hashes):
    if not hashes:
        return sha256()
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(*level[i : i + 2]) if i + 1 < len(level) else level[i] for i in range(0, len(level), 2)]
    return level[0]


def included(leaf, index, size, root, path):
    """RFC 9162 §2.1.3.2."""
    if index >= size or len(path) > 63:
        return False
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


# ---- the dossier (§9) -------------------------------------------------------------------------------------------

ITEM = {"e": digest, "submission": digest, "urgency": URGENCY, "size_class": size_class, "mode": MODE}
MANY = 2**32
MEMBERS = {
    "question": string,
    "exchange": dns,
    "notes": List(string, 0, MANY),
    "statements": List(string, 0, MANY),
    "proofs": List({"statement": digest, "note": digest, "index": U64, "hashes": List(digest, 0, MANY)}, 0, MANY),
    "directory": {"entries": Left(List(string, 0, MANY)), "sha256": Left(digest)},
    "cores": List({"core": string, "disclosures": List(string, 0, MANY)}, 0, MANY),
    "bodies": List({"submission": digest, "bodies": List({"length": U64, "sha256": digest}, 0, MANY),
                    "opened": List({"index": U32, "file": unb64url, "file_key": unb64url, "seed": unb64url}, 0, MANY)}, 0, MANY),
    "listings": List({"heads": digest, "mailbox": short, "declaration": digest,
                      "opening": {"r": short, "head": {"n": U64, "h": digest}, "answers": digest, "index": U64,
                                  "proof": List(digest, 0, MANY)},
                      "items": Left(List(ITEM, 0, MANY)),
                      "answers": Left(List({"submission": digest,
                                            "opening": {"n": U64, "salt": short, "replies": List(digest, 0, MANY),
                                                        "proof": List(digest, 0, MANY)}}, 0, MANY))}, 0, MANY),
    "segments": List({"custodian": party, "declaration": digest, "after": U64, "items": List(ITEM, 0, MANY)}, 0, MANY),
}


def member_texts(source):
    """The texts of the values of a JSON object's members, as they stand in the file."""
    decoder, space = json.JSONDecoder(), re.compile(r"[ \t\n\r]*")
    at = space.match(source).end()
    need(source[at : at + 1] == "{", "object")
    at, found = space.match(source, at + 1).end(), {}
    while True:
        name, at = decoder.raw_decode(source, at)
        need(type(name) is str and name not in found, "member")
        at = space.match(source, at).end()
        need(source[at : at + 1] == ":", "member")
        start = space.match(source, at + 1).end()
        _, at = decoder.raw_decode(source, start)
        found[name] = source[start:at]
        at = space.match(source, at).end()
        if source[at : at + 1] == "}":
            break
        need(source[at : at + 1] == ",", "member")
        at = space.match(source, at + 1).end()
    need(not source[at + 1 :].strip(" \t\n\r"), "trailing bytes")
    return found


class Dossier:
    def __init__(self, data, folder):
        try:
            self.read(data, folder)
        except (Malformed, ValueError, RecursionError) as error:
            raise Refused("usage-dossier-unreadable", str(error)) from None

    def read(self, data, folder):
        need(len(data) <= 256 * 1024 * 1024, "too long")
        texts = member_texts(data.decode("utf-8"))
        need("manifest" in texts, "manifest")
        manifest = strict_json(texts.pop("manifest"))
        need(type(manifest) is dict and type(manifest.get("format")) is str, "manifest")
        if manifest["format"] != "monition-dossier/1":
            raise Refused("usage-newer-format", manifest["format"])
        check({"format": string, **{name: digest for name in MEMBERS}}, manifest)
        need(set(texts) == set(MEMBERS), "members")
        for name in ["directory", *(n for n in MEMBERS if n != "directory")]:
            if sha256(texts[name].encode()) != unb64url(manifest[name]):
                raise Refused("evidence-altered", name)
            setattr(self, name, check(MEMBERS[name], strict_json(texts[name])))
        need(len(self.directory) == 1, "directory: either entries or sha256")
        if "sha256" in self.directory:
            self.directory = shared_directory(folder, self.directory["sha256"])
        else:
            self.directory = self.directory["entries"]


def shared_directory(folder, sha):
    """[2] The file beside the dossier, by its SHA-256."""
    try:
        with open(os.path.join(folder, f"{sha}.directory.json"), "rb") as file:
            data = file.read()
    except OSError:
        data = b""
    if sha256(data) != unb64url(sha):
        raise Refused("usage-directory-file-missing", sha)
    return check(List(string, 0, MANY), strict_json(data))


# ---- the directory (§10) ----------------------------------------------------------------------------------------


class Broken(Exception):
    """An entry breaks a rule."""


def rule(holds, what):
    if not holds:
        raise Broken(what)


VOUCHING = ("statement", "exchange")


class Directory:
    """The state after replay. Keys: kid → {party, public, use, from, end, revoked, suspected}."""

    def __init__(self, exchange):
        self.exchange, self.size, self.rules = exchange, 0, None
        self.parties, self.keys, self.declarations, self.entries, self.eids = {}, {}, {}, {}, set()
        self.ignored = 0

    def apply(self, source):
        index, self.size = self.size, self.size + 1
        try:
            entry = parse_statement(source)
            self.accept(entry, index)
        except (Malformed, Broken):
            self.ignored += 1
            return
        self.eids.add((entry["iss"], entry["eid"]))
        self.entries[entry.identity] = entry["iss"]

    def accept(self, s, index):
        rule(s["exchange"] == self.exchange and (s["iss"], s["eid"]) not in self.eids, "exchange or eid")
        first = s.name == "Enrolment" and s["directory"] is not None
        rule(first == (self.rules is None), "first entry")
        rule(s.name in ENTRIES, "not an entry")
        getattr(self, s.name.lower())(s, index)

    def new_keys(self, s):
        """Every new key is new and signs."""
        kids = []
        for key in s["keys"]:
            public = unb64url(key["public"])
            kid = kid_of(public)
            rule(kid not in self.keys and kid not in kids and s.signed_by(public), "key")
            kids.append(kid)
        return kids

    def vouched(self, s, kids, sponsors):
        """Whoever signs besides the new keys is a sponsor named; every sponsor named signs."""
        signed = set()
        for kid in s.kids:
            if kid not in kids:
                key = self.keys.get(kid)
                rule(key and key["party"] in sponsors and key["use"] in VOUCHING and key["end"] is None, "stray signature")
                rule(s.signed_by(key["public"]), "signature")
                signed.add(key["party"])
        rule(len(signed) >= len(sponsors), "sponsors")
        return len(signed)

    def add_keys(self, s, index):
        for key in s["keys"]:
            public = unb64url(key["public"])
            self.keys[kid_of(public)] = {
                "party": s["iss"], "public": public, "use": key["use"], "from": index, "end": None, "revoked": False,
                "suspected": None}

    def enrolment(self, s, index):
        rule(s["iss"] not in self.parties, "name taken")
        kids = self.new_keys(s)
        uses = [key["use"] for key in s["keys"]]
        if s["directory"] is not None:
            rule(s["iss"] == self.exchange and "exchange" in uses, "first entry")
            self.vouched(s, kids, [])
            self.rules, grade = s["directory"], "exchange"
        else:
            rule((s["custodian"] is not None) == ("custodian" in uses), "custodian")
            count = self.vouched(s, kids, s["sponsors"])
            if s["iss"].startswith("key:"):
                own = next((kid for kid, use in zip(kids, uses) if use == "statement"), None)
                rule(own is not None and s["iss"] == "key:" + b64url(own), "fingerprint")
                grade = "I0"
            else:
                rule(count >= max(1, self.rules["sponsors"]), "sponsors")
                grade = "I2"
        self.parties[s["iss"]] = {
            "grade": grade, "sponsors": s["sponsors"], "enrolled": index, "custodian": s["custodian"] is not None,
            "seq": 0, "last": s.identity, "next": unb64url(s["next"]), "declarations": [], "delegations": [],
            "contested": False, "recovered": False}
        self.add_keys(s, index)

    def continues(self, s, name):
        known = self.parties.get(name)
        rule(known and s["seq"] == known["seq"] + 1 and s.raw("previous") == known["last"], "chain")
        return known

    def own(self, s):
        """One own key in force, of a use that signs this type."""
        rule(len(s.kids) == 1, "one signature")
        key = self.keys.get(s.kids[0])
        rule(key and key["party"] == s["iss"] and key["end"] is None and s.signed_by(key["public"]), "own signature")
        rule(key["use"] in TYPES[s.name][1].split(), "use")

    def step(self, known, s):
        known["seq"], known["last"] = s["seq"], s.identity

    def keyrotation(self, s, index):
        known = self.continues(s, s["iss"])
        kids = self.new_keys(s)
        rule(sha256(b"monition/keyset/v1\n", u32(len(kids)), *kids) == known["next"], "pre-rotation")
        others = [(kid, self.keys.get(kid)) for kid in s.kids if kid not in kids]
        old = [k for _, k in others if k and k["party"] == s["iss"] and k["end"] is None]
        by_old = any(k["use"] in VOUCHING and s.signed_by(k["public"]) for k in old)
        if by_old:
            rule(len(old) == len(others) and all(s.signed_by(k["public"]) for k in old), "stray signature")
        else:
            rule(known["sponsors"], "sponsors")
            self.vouched(s, kids, known["sponsors"])
        for key in self.keys.values():
            if key["party"] == s["iss"] and key["end"] is None:
                key["end"] = index
        self.add_keys(s, index)
        self.step(known, s)
        known["next"], known["recovered"] = unb64url(s["next"]), known["recovered"] or not by_old

    def revocation(self, s, index):
        known = self.continues(s, s["party"])
        revoked = self.keys.get(s.raw("kid"))
        rule(revoked and revoked["party"] == s["party"] and revoked["end"] is None, "revoked key")
        rule(len(s.kids) == 1, "one signature")
        key = self.keys.get(s.kids[0])
        rule(key and key["party"] == s["iss"] and key["end"] is None, "signer")
        sponsor = s["iss"] in known["sponsors"] and key["use"] in VOUCHING
        rule((s["iss"] == s["party"] or sponsor) and s.signed_by(key["public"]), "signer")
        revoked.update(end=index, revoked=True, suspected=s["suspected_since"])
        self.step(known, s)

    def contest(self, s, index):
        self.own(s)
        name = self.entries.get(s.raw("contested"))
        if name in self.parties:
            self.parties[name]["contested"] = True

    def mailboxdeclaration(self, s, index):
        known = self.continues(s, s["iss"])
        self.own(s)
        rule(all(self.parties.get(c, {}).get("custodian") for c in s["custodians"]), "custodian")
        rule(all(key["stanza"] == "X25519" for key in s["encryption"]), "stanza")
        recipients = [recipient_key(key["recipient"]) for key in s["encryption"]]
        if known["declarations"]:
            known["declarations"][-1]["superseded"] = index
        record = {"index": index, "digest": s.digest, "party": s["iss"], "s": s, "superseded": None, "recipients": recipients}
        known["declarations"].append(record)
        self.declarations[s.digest] = record
        self.step(known, s)

    def delegation(self, s, index):
        known = self.continues(s, s["iss"])
        self.own(s)
        rule(s["delegate"] in self.parties, "delegate")
        known["delegations"].append({"index": index, "s": s})
        self.step(known, s)


class NotAuthorised(Exception):
    """[17] The key may not sign this."""


def signers(directory, s):
    """[17] Every way in which a statement may have been signed, the newest first."""
    if len(s.kids) != 1:
        refuse("a statement of the log carries one signature")
    key = directory.keys.get(s.kids[0])
    if key is None:
        raise NotAuthorised
    if not s.signed_by(key["public"]):
        refuse("a signature does not fit")
    uses = TYPES[s.name][1]
    if uses != "*" and key["use"] not in uses.split():
        raise NotAuthorised
    own = {"party": s["iss"], "delegate": None, "from": key["from"], "end": key["end"], "revoked": key["revoked"],
           "suspected": key["suspected"], "until": None}
    if key["party"] == s["iss"]:
        return [own]
    right = TYPES[s.name][3]
    ways, following = [], None
    for given in reversed(directory.parties.get(s["iss"], {}).get("delegations", [])):
        if given["s"]["delegate"] != key["party"]:
            continue
        if right in given["s"]["rights"]:
            way = dict(own, delegate=key["party"], until=given["s"]["until"])
            way["from"] = max(key["from"], given["index"])
            if following is not None and (key["end"] is None or following < key["end"]):
                way.update(end=following, revoked=False, suspected=None)
            ways.append(way)
        following = given["index"]
    if not ways:
        raise NotAuthorised
    return ways


# ---- age (§6) ---------------------------------------------------------------------------------------------------

BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def polymod(values):
    result = 1
    for value in values:
        top = result >> 25
        result = (result & 0x1FFFFFF) << 5 ^ value
        for i, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            result ^= generator if top >> i & 1 else 0
    return result


SMALL_X25519 = {0, 1, P - 1, 325606250916557431795983626356110631294008115727848805560023387167927233504,
                39382357235489614581723060781553021112529911719440698176882885853963445705823}


def recipient_key(recipient):
    """An `age1…` recipient, else Broken."""
    rule(re.fullmatch(rf"age1[{BECH32}]{{58}}", recipient), "recipient")
    values = [BECH32.index(c) for c in recipient[4:]]
    hrp = [ord(c) >> 5 for c in "age"] + [0] + [ord(c) & 31 for c in "age"]
    rule(polymod(hrp + values) == 1, "checksum")
    bits = 0
    for value in values[:-6]:
        bits = bits << 5 | value
    rule(bits & 15 == 0, "padding")
    key = (bits >> 4).to_bytes(32, "big")
    coordinate = int.from_bytes(key, "little")
    rule(coordinate < P and coordinate not in SMALL_X25519, "coordinate")
    return key


def hkdf(ikm, salt, info):
    return HKDF(SHA256(), 32, salt, info).derive(ikm)


def age_b64(data):
    return base64.b64encode(data).rstrip(b"=").decode()


def unage_b64(text, size):
    data = unb64(text + "=" * (-len(text) % 4))
    need(len(data) == size, "age base64")
    return data


def age_header(file):
    """The header's bytes up to `---`, its MAC, the one stanza (share, wrapped key), and what follows."""
    end = file.find(b"\n---")
    need(0 < end <= 16_384, "age header")
    stop = file.find(b"\n", end + 1)
    need(stop > 0 and stop <= 16_384, "age header")
    try:
        lines = file[:end].decode("ascii").split("\n")
        mac_line = file[end + 1 : stop].decode("ascii")
    except UnicodeDecodeError:
        raise Malformed("age header") from None
    need(lines[0] == "age-encryption.org/v1" and mac_line.startswith("--- "), "age header")
    found, at = None, 1
    while at < len(lines):
        words = lines[at].split(" ")
        need(words[0] == "->" and len(words) >= 2 and all(re.fullmatch(r"[!-~]+", w) for w in words[1:]), "stanza")
        body, at = "", at + 1
        while True:
            need(at < len(lines) and len(lines[at]) <= 64, "stanza body")
            line, at = lines[at], at + 1
            body += line
            if len(line) < 64:
                break
        if words[1].endswith("-grease"):
            unb64(body + "=" * (-len(body) % 4))
            continue
        need(words[1] == "X25519" and len(words) == 3 and found is None, "stanza")
        found = (unage_b64(words[2], 32), unage_b64(body, 32))
    need(found, "no stanza")
    return file[: end + 4], unage_b64(mac_line[4:], 32), found, file[stop + 1 :]


def age_open(file, file_key):
    header, mac, _, rest = age_header(file)
    good = hmac.new(hkdf(file_key, None, b"header"), header, hashlib.sha256).digest()
    need(hmac.compare_digest(good, mac) and len(rest) > 16, "age MAC")
    key = ChaCha20Poly1305(hkdf(file_key, rest[:16], b"payload"))
    sealed, out, count = rest[16:], b"", 0
    chunks = [sealed[i : i + 65_552] for i in range(0, len(sealed), 65_552)]
    for chunk in chunks:
        last = count == len(chunks) - 1
        need(len(chunk) > 16 or (last and count == 0 and len(chunk) == 16), "age chunk")
        try:
            out += key.decrypt(count.to_bytes(11, "big") + bytes([last]), chunk, None)
        except InvalidTag:
            raise Malformed("age chunk") from None
        count += 1
    return out


def stanza_is_for(file, recipient, file_key, seed):
    """Whether file key and seed write the stanza again for this recipient, byte for byte."""
    _, _, stanza, _ = age_header(file)
    secret = X25519PrivateKey.from_private_bytes(hkdf(seed, None, b"monition.age/ephemeral/v1" + recipient + file_key))
    share = secret.public_key().public_bytes_raw()
    shared = secret.exchange(X25519PublicKey.from_public_bytes(recipient))
    wrapping = ChaCha20Poly1305(hkdf(shared, share + recipient, b"age-encryption.org/v1/X25519"))
    return stanza == (share, wrapping.encrypt(bytes(12), file_key, None))


def unpad(plain):
    need(len(plain) >= 8, "padding")
    length = int.from_bytes(plain[:8], "big")
    wanted = 8 + length
    size = next((s for s in (4_096, 16_384, 65_536) if wanted <= s), -(-wanted // 1_048_576) * 1_048_576)
    need(len(plain) == size and not any(plain[wanted:]), "padding")
    return plain[8:wanted]


# ---- disclosures (§5) -------------------------------------------------------------------------------------------

# name, group, axis, rung
FIELDS = [
    ("addressee", 1, None, 0), ("summary", 2, None, 0), ("advice", 2, None, 0), ("place.country", 3, "place", 1),
    ("place.region", 3, "place", 2), ("place.city", 3, "place", 3), ("place.site", 3, "place", 4),
    ("time.month", 4, "time", 1), ("time.window", 4, "time", 2), ("time.day", 4, "time", 3), ("time.hour", 4, "time", 4),
    ("target.sector", 5, "target", 1), ("target.organisation", 5, "target", 3), ("target.site", 5, "target", 4),
    ("actor.type", 6, "actor", 1), ("actor.name", 6, "actor", 3), ("means", 6, "means", 2),
    ("rating.reliability", 6, None, 0), ("rating.credibility", 6, None, 0), ("source.kind", 8, "source", 1),
    ("source.method", 8, "source", 2), ("source.names", 8, "source", 3), ("aware_at", 1, None, 0), ("our_ref", 1, None, 0),
    ("campaign", 1, None, 0), *((f"attachment.{n}", 7, None, 0) for n in range(1, 9))]
POSITION = {name: position for position, (name, *_) in enumerate(FIELDS)}


def disclosure(source):
    """(position, value, digest) of a disclosure, in its one spelling."""
    need(len(source) <= 24_000, "too long")
    data = unb64url(source)
    found = strict_json(data)
    need(type(found) is list and len(found) == 3 and found[1] in POSITION, "disclosure")
    salt, name, value = found
    short(salt)
    if value is not None:
        if name == "aware_at":
            TIME(value)
        elif name.startswith("attachment."):
            found[2] = check({"media_type": text, "sha256": digest, "size": U64}, value)
        elif name == "addressee":
            party(value)
        else:
            text(value)
    need(compact(found).encode() == data, "not in its one spelling")
    return POSITION[name], value, sha256(source.encode())


def specificity(fields):
    """[protocol §5.3] The highest rung of the fields that are present."""
    rungs = dict.fromkeys(AXES, 0)
    for position, value in fields:
        _, _, axis, rung = FIELDS[position]
        if axis and value is not None:
            rungs[axis] = max(rungs[axis], rung)
    return rungs


# ---- facts ------------------------------------------------------------------------------------------------------


def latest(values):
    """The largest, None being smallest."""
    return max(values, key=lambda v: (v is not None, v or 0), default=None)


def narrowest(l):
    """[33] The smallest hi; among equals the largest lo, an unknown one being smallest."""
    return l.hi, l.lo is None, -(l.lo or 0)


class Logged:
    """A statement whose signature fits [17–22]."""

    def __init__(self, s, signer, lo, hi):
        self.s, self.signer, self.lo_raw, self.hi = s, signer, lo, hi
        self.refused, self.provisional = False, False
        self.contradicted = lo is not None and hi is not None and lo > hi
        self.lo = None if self.contradicted else lo
        self.party, self.name, self.digest = s["iss"], s.name, s.digest

    @property
    def stands(self):
        return not self.refused and self.hi is not None

    @property
    def convicts(self):
        return not self.refused and (self.hi is not None or not self.signer["revoked"])


class Facts:
    def __init__(self, dossiers, trust, believe):
        self.trust, self.believe = trust, believe
        exchanges = {d.exchange for d in dossiers}
        if len(exchanges) != 1:
            refuse("two exchanges")
        self.exchange = exchanges.pop()
        self.log, self.directory_origin = self.exchange + "/log", self.exchange + "/directory"
        if not (trust.knows(self.log) and trust.knows(self.directory_origin)):
            refuse("the trust names no key for a log of the exchange")
        self.notes = {}
        for source in sorted({n for d in dossiers for n in d.notes}):
            note = Note(source, trust)
            self.notes[note.digest] = note
        times = defaultdict(set)
        for note in self.notes.values():
            times[note.head] |= note.times
        self.heads = {head: (trust.not_before(pairs), trust.not_after(pairs)) for head, pairs in times.items()}  # [8]
        self.split = set()
        roots = defaultdict(set)
        for origin, size, root in self.heads:
            roots[origin, size].add(root)
        for (origin, _), different in roots.items():  # [9]
            if len(different) > 1:
                self.split.add(origin)
        self.caveats, self.contradicted = set(), False
        self.load_directory(dossiers)
        sizes = [size for origin, size, root in self.heads if origin == self.directory_origin and self.heads[origin, size, root][1] is not None]
        self.contradicted |= len(set(sizes)) < len(sizes)
        self.load_statements(dossiers)
        self.load_cores(dossiers)
        # Each part once [4]; openings are compared as they stand.
        once = {name: {compact(part): part for d in dossiers for part in getattr(d, name)} for name in ("bodies", "listings", "segments")}
        self.bodies, self.segments = list(once["bodies"].values()), list(once["segments"].values())
        parts = sorted(once["listings"].items(), key=lambda part: sha256(part[0].encode()))
        self.listings = [l for l in (self.listing(part) for _, part in parts) if l]

    # -- [10–14]

    def load_directory(self, dossiers):
        witnessed = {(size, root) for (origin, size, root), (_, hi) in self.heads.items()
                     if origin == self.directory_origin and hi is not None}
        shown = []
        for d in dossiers:
            hashes = [leaf_hash(e.encode()) for e in d.directory]
            fits = {(n, r) for n, r in witnessed if n <= len(hashes) and tree_root(hashes[:n]) == r}
            shown.append((max((n for n, _ in fits), default=0), d.directory, hashes, fits))
        covered, entries, hashes, fits = max(shown, key=lambda found: (found[0], [e.encode() for e in found[1]]))
        for other_covered, other, *_ in shown:
            parts = next((i for i, (a, b) in enumerate(zip(entries[:covered], other)) if a != b), None)
            if parts is not None:
                if other_covered <= parts:
                    refuse("two directories")
                self.contradicted = True
                self.split.add(self.directory_origin)
        for note in self.notes.values():  # [12]
            if note.origin != self.directory_origin or note.size > len(hashes) or tree_root(hashes[: note.size]) == note.root:
                continue
            if not fits or note.size > covered:
                refuse("the directory does not lead to the root of a note")
            self.split.add(self.directory_origin)
            if (note.size, note.root) in witnessed:
                self.contradicted = True
        self.directory_heads = []
        for n, r in fits:
            lo, hi = self.heads[self.directory_origin, n, r]
            if lo is not None:
                self.directory_heads.append((n, lo, hi))
        self.directory = Directory(self.exchange)
        for entry in entries[:covered]:
            self.directory.apply(entry)
        if self.directory.ignored:
            self.caveats.add("directory-entry-ignored")
        self.delay = self.directory.rules["delay_seconds"] if self.directory.rules else 0

    def attested(self, t, holds=lambda _: True):
        return any(lo >= t and holds(size) for size, lo, _ in self.directory_heads)

    def entry_not_before(self, index):
        return max((lo for size, lo, _ in self.directory_heads if size <= index), default=None)

    def entry_not_after(self, index):
        return min((hi for size, _, hi in self.directory_heads if size > index), default=None)

    # -- [15–22]

    def load_statements(self, dossiers):
        texts = {sha256(t.encode()): t for d in dossiers for t in d.statements}
        bounds = defaultdict(list)
        for proof in (p for d in dossiers for p in d.proofs):
            source, note = texts.get(unb64url(proof["statement"])), self.notes.get(unb64url(proof["note"]))
            if source is None or note is None:
                refuse("a proof names what is not there")
            leaf = sha256(b"monition/leaf/v1\n", lp(note.origin), source.encode())
            path = [unb64url(h) for h in proof["hashes"]]
            if not included(leaf_hash(leaf), proof["index"], note.size, note.root, path):
                refuse("a proof does not hold")
            hi = self.heads[note.head][1]
            if hi is not None:
                bounds[sha256(source.encode())].append(hi)
        self.logged = {}
        for key in sorted(texts):
            try:
                s = parse_statement(texts[key])
            except Malformed as error:
                refuse(f"statement {b64url(key)}: {error}")
            try:
                ways = signers(self.directory, s)
            except NotAuthorised:
                self.caveats.add("statement-not-authorised")
                continue
            self.logged[key] = self.assess(s, ways, min(bounds[key], default=None))
        self.about = defaultdict(list)
        for l in self.standing():
            if l.s["submission"]:
                self.about[l.s.raw("submission")].append(l)

    def assess(self, s, ways, hi):
        lo, anchor = None, s["anchor"]
        note = self.notes.get(unb64url(anchor["note"])) if anchor else None
        if note and (note.origin, note.size, note.root) == (anchor["origin"], anchor["size"], unb64url(anchor["root"])):
            lo = self.trust.not_before(note.times)  # [18] in that note alone
        signer = next((way for way in ways if self.in_force(way, hi)), ways[0])
        l = Logged(s, signer, lo, hi)
        l.refused = s["exchange"] != self.exchange or self.not_believed(s["iss"]) or not self.in_force(signer, hi)
        if self.delay > 0 and hi is not None and self.trust.witnessed:  # [22]
            since = self.entry_not_after(signer["from"])
            l.provisional = since is None or hi < min(since + self.delay, TIME_MAX)
        return l

    def in_force(self, way, hi):
        """[19] What is not shown to be logged is not held against its key."""
        if hi is None:
            return True
        if way["until"] is not None and hi > way["until"]:
            return False
        return self.attested(hi, lambda size: way["from"] < size and (way["end"] is None or size <= way["end"]))

    def not_believed(self, name):
        """[§12]"""
        known = self.directory.parties.get(name)
        if known is None:
            return False
        pin = next((p for p in self.believe.get("parties", []) if p["party"] == name), None)
        if pin:
            key = self.directory.keys.get(unb64url(pin["kid"]))
            return not (key and key["party"] == name and key["use"] == "statement" and key["from"] == known["enrolled"])
        if known["grade"] == "I0":
            return self.believe.get("minimum_grade") == "I2"
        wanted = self.believe.get("sponsors", [])
        return known["grade"] == "I2" and bool(wanted) and not set(wanted) & set(known["sponsors"])

    def standing(self, name=None):
        return [l for l in self.logged.values() if l.stands and name in (None, l.name)]

    # -- [23–25]

    def load_cores(self, dossiers):
        self.cores = {}
        for part in (p for d in dossiers for p in d.cores):
            try:
                s = parse_statement(part["core"])
                need(s.name == "Warning", "no warning")
                shown = [disclosure(source) for source in part["disclosures"]]
                need(len({position for position, *_ in shown}) == len(shown), "a field twice")
                sd = [unb64url(d) for d in s["_sd"]]
                need(all(sd[position] == d for position, _, d in shown), "a disclosure that the author did not sign")
            except Malformed as error:
                refuse(f"core: {error}")
            core = self.cores.setdefault(s.identity, {"s": s, "signers": [], "shown": {}})
            try:
                core["signers"] += signers(self.directory, s)
            except NotAuthorised:
                pass
            core["shown"].update({position: (value, d) for position, value, d in shown})

    def stood(self, ways, hi):
        return hi is not None and any(self.in_force(way, hi) for way in ways)

    # -- [26–28]

    def listing(self, part):
        heads = self.logged.get(unb64url(part["heads"]))
        if heads is None:
            return None
        if heads.name != "CustodyHeads":
            refuse("a listing under something else than custody heads")
        h0 = sha256(b"monition/mailbox/v1\n", lp(self.exchange), lp(unb64url(part["mailbox"])), lp(unb64url(part["declaration"])), lp(heads.party))
        opening = part["opening"]
        n, h, answers = opening["head"]["n"], unb64url(opening["head"]["h"]), unb64url(opening["answers"])
        value = sha256(b"monition/custody/v1\n", unb64url(opening["r"]), h0, u64(n), h, answers)
        path = [unb64url(d) for d in opening["proof"]]
        if not included(leaf_hash(value), opening["index"], heads.s["mailboxes"], heads.s.raw("root"), path):
            refuse("a listing does not lead to its root")
        silent = set()
        for answer in part.get("answers", []):
            o = answer["opening"]
            replies = [unb64url(d) for d in o["replies"]]
            value = sha256(b"monition/answer/v1\n", unb64url(o["salt"]), unb64url(answer["submission"]), u32(len(replies)), *replies)
            path = [unb64url(d) for d in o["proof"]]
            if o["n"] < 1 or len(replies) > 64 or not included(leaf_hash(value), o["n"] - 1, n, answers, path):
                refuse("an answer does not lead to its root")
            if not replies:
                silent.add((unb64url(answer["submission"]), o["n"]))
        if not heads.stands:
            return None
        chain = chain_values(h0, part["items"]) if "items" in part else None
        return {"heads": heads, "by": heads.party, "mailbox": part["mailbox"], "declaration": unb64url(part["declaration"]),
                "n": n, "h": h, "opened": (opening["index"], n, h, answers), "items": part.get("items"), "silent": silent,
                "chain": chain, "complete": chain is not None and len(chain) == n + 1 and chain[-1] == h}


def chain_values(h, items):
    values = [h]
    for item in items:
        values.append(sha256(b"monition/item/v1\n", values[-1], unb64url(item["e"]), unb64url(item["submission"]),
                             lp(item["urgency"]), lp(item["size_class"]), lp(item["mode"])))
    return values


# ---- cases and steps [29–36] ------------------------------------------------------------------------------------


class Case:
    def __init__(self, facts, runs, l, record):
        self.facts, self.l, self.s, self.record = facts, l, l.s, record
        self.sender, self.to, self.declared = l.party, record["party"], record["s"]
        self.about = facts.about[l.digest]
        core = facts.cores.get(self.s.raw("core"))
        self.core = core if core and facts.stood(core["signers"], l.hi) else None  # [29]
        self.opened = self.open_bodies()
        self.reply, self.handover_alone = None, False
        belied = self.belied()
        self.not_told = self.core is None or not self.delivered() or belied
        self.told = self.told_digests()
        self.steps = {step: found for step, found in self.find_steps(runs).items() if not belied or step in STEPS[:2]}

    def by(self, name, who):
        return [l for l in self.about if l.name == name and l.party == who]

    def open_bodies(self):
        """[30]"""
        opened = {}
        for part in (b for b in self.facts.bodies if unb64url(b["submission"]) == self.l.digest):
            infos = [(b["length"], unb64url(b["sha256"])) for b in part["bodies"]]
            e = sha256(b"monition/bodies/v1\n", u32(len(infos)), *(u64(n) + d for n, d in infos))
            if e != self.s.raw("e"):
                refuse("the bodies are not those of the submission")
            for body in part["opened"]:
                file, key, seed = (unb64url(body[m]) for m in ("file", "file_key", "seed"))
                try:
                    need(body["index"] < len(infos) and infos[body["index"]] == (len(file), sha256(file)), "body")
                    need(len(key) == 16 and len(seed) == 32, "file key or seed")
                    plain = age_open(file, key)
                    if any(stanza_is_for(file, r, key, seed) for r in self.record["recipients"]):
                        opened[body["index"]] = unpad(plain)
                except Malformed as error:
                    refuse(f"an opened body: {error}")
        return opened

    def delivered(self):
        """[32]"""
        core = self.s.raw("core")
        if any(l.s.raw("core") == core for l in self.by("ContentAccess", self.to) + self.by("Reply", self.to)):
            return True
        try:
            found = parse_statement(self.opened[0].decode("utf-8"))
            return found.identity == core and self.facts.stood(signers(self.facts.directory, found), self.l.hi)
        except (KeyError, UnicodeDecodeError, Malformed, NotAuthorised, Refused):
            return False

    def belied(self):
        """[31]"""
        if self.core is None:
            return True
        addressee = self.core["shown"].get(POSITION["addressee"])
        if addressee is None or addressee[0] != self.to:
            return True
        return any(self.core["s"][m] != self.s[m] for m in ("exchange", "iss", "wid", "urgency", "mode", "deadline"))

    def told_digests(self):
        """[35]"""
        if self.core is None:
            return set()
        told = set()
        for l in self.by("ContentAccess", self.to):
            if l.s["core"] == self.s["core"]:
                told |= {unb64url(d) for d in l.s["valid"]}
        groups = 7 if self.core["s"]["withheld"] else 8
        for number, content in self.opened.items():
            if 1 <= number <= groups:
                try:
                    told |= {disclosure(line)[2] for line in content.decode("utf-8").split("\n")}
                except (Malformed, UnicodeDecodeError):
                    pass
        return told

    def consignments(self):
        own = [l for l in self.about if l.name == "ContentConsignment" and l.party in self.declared["custodians"]]
        return [l for l in own if l.s["mailbox"] == self.declared["mailbox"] and l.s["e"] == self.s["e"]
                and l.s.raw("declaration") == self.record["digest"]]

    def find_steps(self, runs):
        """[33] step → (lo, hi, statements)"""
        steps = {}

        def earliest(step, found):
            if found:
                l = min(found, key=narrowest)
                steps[step] = (l.lo, l.hi, [l])

        earliest("intent", [self.l])
        earliest("submitted", self.by("SubmissionAcceptance", self.facts.exchange))
        steps.update(self.available())
        earliest("notified", self.acks(runs))
        earliest("decrypted", [l for l in self.by("ContentAccess", self.to) if l.s["core"] == self.s["core"]])
        replies = [l for l in self.by("Reply", self.to) if l.s["core"] == self.s["core"]]
        earliest("declined", [l for l in replies if l.s["status"] == "declined"])
        earliest("acknowledged", [l for l in replies if l.s["status"] != "declined"])
        servers = ({*self.declared["custodians"]} - {self.sender}) | {self.facts.exchange}
        handed = {}
        found = [l for l in self.about if l.name == "ContentHandover" and l.party in servers and l.s["e"] == self.s["e"]
                 and self.is_session(l.s.raw("session"))]
        if found:
            l = min(found, key=narrowest)
            if "notified" in steps:
                head = steps["notified"][2][0]
                handed["handed-over"] = (self.l.lo, max(l.hi, head.hi), [l, head])
            else:
                self.handover_alone = True
        return {**steps, **handed}

    def is_session(self, kid):
        key = self.facts.directory.keys.get(kid)
        if key is None:
            return False
        given = self.facts.directory.parties[self.to]["delegations"]
        return key["party"] == self.to or any(
            d["s"]["delegate"] == key["party"] and "receive" in d["s"]["rights"] for d in given)

    def acks(self, runs):
        found = []
        for l in self.facts.standing("MailboxHeadAck"):
            if l.party != self.to or l.s["mailbox"] != self.declared["mailbox"]:
                continue
            for c in self.consignments():
                for head in l.s["heads"]:
                    if head["custodian"] != c.party or unb64url(head["declaration"]) != self.record["digest"]:
                        continue
                    n, h, m, g = c.s["n"], c.s.raw("h"), head["n"], unb64url(head["h"])
                    linked = any(start <= n < m < start + len(values) and values[n - start] == h and values[m - start] == g
                                 for start, values in runs[c.party, self.record["digest"]])
                    if (n, h) == (m, g) or linked:
                        found.append(l)
        return found

    def binds_at(self, hi):
        end = self.declared["valid_until"] + self.declared["grace_seconds"]
        since = max(0, hi - self.declared["grace_seconds"])
        over = self.record["superseded"]
        return hi <= end and self.facts.attested(since, lambda n: n > self.record["index"] and (over is None or n <= over))

    def available(self):
        """[34]"""
        others = [c for c in self.declared["custodians"] if c not in (self.sender, self.facts.exchange)]
        held = defaultdict(list)
        for l in self.consignments():
            if l.party in others and self.binds_at(l.hi):
                held[l.party].append(l)
        q = self.declared["quorum"]
        if len(held) < q:
            return {}
        hi = sorted(min(l.hi for l in of) for of in held.values())[q - 1]
        los = sorted((min((l.lo if l.lo is not None else -1) for l in of) for of in held.values()))
        rank = q - (len(others) - len(held))
        lo = los[rank - 1] if rank >= 1 else -1
        first = [min(of, key=lambda l: (l.hi, l.digest)) for of in held.values()]
        return {"available": (latest([None if lo == -1 else lo, self.l.lo]), hi, first)}

    def step(self, before):
        """[37] The highest step with hi < T: (name, lo, hi), or None."""
        for name in reversed(STEPS):
            if name in self.steps and (before is None or self.steps[name][1] < before):
                return name, *self.steps[name][:2]
        return None

    def proves(self, before):
        return not self.not_told and any(s in TELLING and (before is None or hi < before) for s, (_, hi, _) in self.steps.items())

    def rank(self, before):
        step = self.step(before)
        return (-1, 0, self.l.digest) if step is None else (STEPS.index(step[0]), -step[2], self.l.digest)


def find_runs(facts):
    """[28] (custodian, declaration) → [(first number, chain values)]"""
    runs = defaultdict(list)
    for l in facts.listings:
        if l["complete"]:
            runs[l["by"], l["declaration"]].append((0, l["chain"]))
    for segment in facts.segments:
        name = (segment["custodian"], unb64url(segment["declaration"]))
        for c in facts.standing("ContentConsignment"):
            skip = c.s["n"] - segment["after"]
            if (c.party, c.s.raw("declaration")) == name and 0 <= skip <= len(segment["items"]):
                runs[name].append((c.s["n"], chain_values(c.s.raw("h"), segment["items"][skip:])))
    return runs


def find_cases(facts):
    runs, cases = find_runs(facts), []
    for l in facts.standing("Submission"):
        record = facts.directory.declarations.get(l.s.raw("declaration"))
        if record and record["s"]["mailbox"] == l.s["mailbox"]:
            cases.append(Case(facts, runs, l, record))
    return cases


# ---- absence and silence [40–48] --------------------------------------------------------------------------------


def is_another(asked, submission):
    return (asked["by"] is not None and submission["iss"] != asked["by"]) or (asked["of"] is not None and submission["wid"] != asked["of"])


def absent(facts, asked, convicted):
    before, name = asked["before"], asked["party"]
    known = facts.directory.parties.get(name)
    if before is None or known is None or not facts.attested(before):
        return False
    denials = [l for l in facts.standing("Denial") if l.party == name and l.s["before"] >= before]  # [42]
    covers = [q for q in (parse_question(l.s["question"]) for l in denials)
              if q["by"] in (None, asked["by"]) and q["of"] in (None, asked["of"])]
    if not covers:
        return False
    for l in facts.standing("ContentAccess") + facts.standing("Reply"):  # [43]
        if l.party == name and (l.lo is None or l.lo < before):
            about = facts.logged.get(l.s.raw("submission"))
            if not (about and about.name == "Submission" and is_another(asked, about.s)):
                return False
    earlier = []  # [44]
    for record in known["declarations"]:
        since = facts.entry_not_before(record["index"])
        if since is None or since < before:
            earlier.append(record)
    if not earlier:
        return False
    for record in earlier:
        following = facts.entry_not_after(record["superseded"]) if record["superseded"] is not None else None
        if record["s"]["valid_until"] + record["s"]["grace_seconds"] < min(before, before if following is None else following):
            return False
    return all(listed(facts, asked, record, before, convicted) for record in earlier)


def listed(facts, asked, record, before, convicted):
    """[45]"""
    s = record["s"]
    eligible = [c for c in s["custodians"] if c not in (asked["by"], facts.exchange)]
    c = sum(name in convicted for name in eligible)
    f_c = facts.believe.get("f_c", max(0, s["quorum"] - 1))
    if c > f_c:
        return False
    needed = max(len(eligible) - s["quorum"] + 1, 1) + f_c - c
    end = s["valid_until"]
    if record["superseded"] is not None:
        over = facts.entry_not_after(record["superseded"])
        end = end if over is None else min(end, over)
    until = min(before, min(end + s["grace_seconds"], TIME_MAX))
    listers = {l["by"] for l in facts.listings
               if l["complete"] and l["declaration"] == record["digest"] and l["mailbox"] == s["mailbox"]
               and l["heads"].lo is not None and l["heads"].lo >= until and nothing_of_the_kind(facts, asked, l)}
    return sum(n in listers and n != asked["party"] and n not in convicted for n in eligible) >= needed


def nothing_of_the_kind(facts, asked, listing):
    for item in listing["items"]:
        about = facts.logged.get(unb64url(item["submission"]))
        if not (about and about.name == "Submission" and about.s["e"] == item["e"] and is_another(asked, about.s)):
            return False
    return True


def silent(facts, case):
    """[47–48]"""
    deadline = case.s["deadline"]
    if deadline is None:
        return False
    replies = {l.s.identity: l for l in case.about if l.name == "Reply"}
    for l in case.about:
        own = l.name == "Reply" and l.party == case.to
        if l.name == "ReplyLodgement" and l.party in case.declared["custodians"]:
            meant = replies.get(l.s.raw("reply"))
            own = meant is None or meant.party == case.to
        if own and l.hi <= deadline:
            return False
    for custodian in case.declared["custodians"]:
        consigned = next((c for c in case.consignments() if c.party == custodian), None)
        if consigned is None or not any(
                l["by"] == custodian and l["declaration"] == case.record["digest"] and l["mailbox"] == case.declared["mailbox"]
                and l["heads"].lo is not None and l["heads"].lo >= deadline
                and (case.l.digest, consigned.s["n"]) in l["silent"] for l in facts.listings):
            return False
    return True


# ---- misbehaviour (§10) -----------------------------------------------------------------------------------------


def split_views(facts):
    return {(origin.removesuffix("/log").removesuffix("/directory"), "misbehaviour-split-view") for origin in facts.split
            if origin.endswith(("/log", "/directory"))}


def misbehaviour(facts):
    found = split_views(facts)
    guilty = [l for l in facts.logged.values() if l.convicts]

    def differ(code, key, value):
        seen = defaultdict(set)
        for l in guilty:
            if key(l) is not None:
                seen[key(l)].add(value(l))
        found.update((k[0], code) for k, values in seen.items() if len(values) > 1)

    refused = {l.s.raw("submission") for l in facts.logged.values() if l.name == "SubmissionRejection" and l.party == facts.exchange}

    def sequence(l):
        to = facts.directory.declarations.get(l.s.raw("declaration")) if l.name == "Submission" else None
        return (l.party, to["party"], l.s["seq"]) if to and l.digest not in refused else None

    def place(l):
        return (l.party, l.s["mailbox"], l.s["declaration"], l.s["n"]) if l.name == "ContentConsignment" else None

    differ("misbehaviour-eid-reused", lambda l: (l.party, l.s["eid"]), lambda l: l.s.identity)
    differ("misbehaviour-item-equivocation", place, lambda l: l.s["h"])
    differ("misbehaviour-sequence-reused", sequence, lambda l: l.s.identity)
    differ("misbehaviour-two-custody-roots", lambda l: (l.party, l.s["period"]) if l.name == "CustodyHeads" else None, lambda l: l.s["root"])
    firsts = {}
    for l in facts.listings:
        first = firsts.setdefault((l["heads"].digest, l["mailbox"], l["declaration"]), l)
        if first["opened"] != l["opened"]:
            found.add((l["by"], "misbehaviour-mailbox-twice"))
    for a in firsts.values():
        for b in firsts.values():
            if (a["by"], a["mailbox"], a["declaration"]) != (b["by"], b["mailbox"], b["declaration"]):
                continue
            if a["n"] == b["n"] and a["h"] != b["h"]:
                found.add((a["by"], "misbehaviour-item-equivocation"))
            if a["n"] > b["n"] and (older(a["heads"], b["heads"]) or (a["complete"] and a["chain"][b["n"]] != b["h"])):
                found.add((a["by"], "misbehaviour-item-hidden"))
    for l in (l for l in guilty if l.name == "ContentConsignment"):
        for b in firsts.values():
            if (b["by"], b["mailbox"], b["declaration"]) != (l.party, l.s["mailbox"], l.s.raw("declaration")):
                continue
            n, h = l.s["n"], l.s.raw("h")
            if (b["n"] == n and b["h"] != h) or (b["complete"] and n < b["n"] and b["chain"][n] != h):
                found.add((l.party, "misbehaviour-item-equivocation"))
            if b["n"] < n and older(l, b["heads"]):
                found.add((l.party, "misbehaviour-item-hidden"))
    for l in (l for l in guilty if l.name == "Denial"):
        q = parse_question(l.s["question"])
        for own in facts.standing("ContentAccess") + facts.standing("Reply"):
            about = facts.logged.get(own.s.raw("submission"))
            if (own.party == l.party and own.s["core"] is not None and own.hi < l.s["before"] and about
                    and about.name == "Submission" and not is_another(q, about.s)):
                found.add((l.party, "misbehaviour-false-denial"))
    accepted = [l for l in facts.standing("SubmissionAcceptance") if l.party == facts.exchange]
    for a in accepted:
        for r in facts.standing("SubmissionRejection"):
            if r.party == facts.exchange and r.s["submission"] == a.s["submission"] and older(a, r):
                found.add((facts.exchange, "misbehaviour-refused-after-acceptance"))
    convicted = {who for who, _ in found}
    if any(promise_broken(facts, a, convicted) for a in accepted):
        found.add((facts.exchange, "misbehaviour-promise-broken"))
    return found


def older(earlier, later):
    return earlier.hi is not None and later.lo is not None and later.lo > earlier.hi


def promise_broken(facts, acceptance, convicted):
    by, key = acceptance.s["by"], acceptance.s.raw("submission")
    about = facts.logged.get(key)
    record = facts.directory.declarations.get(about.s.raw("declaration")) if about and about.name == "Submission" else None
    if record is None or record["s"]["mailbox"] != about.s["mailbox"]:
        return False
    custodians, q = record["s"]["custodians"], record["s"]["quorum"]
    for l in facts.logged.values():
        if (l.name == "HandoverFailure" and l.s.raw("submission") == key and (l.party == facts.exchange or l.party in custodians)
                and (l.lo is None or l.lo <= by)):
            return False
    liars = sum(c in convicted for c in custodians)
    f_c = facts.believe.get("f_c", max(0, q - 1))
    if liars > f_c:
        return False
    late = {l["by"] for l in facts.listings
            if l["complete"] and l["declaration"] == record["digest"] and l["mailbox"] == record["s"]["mailbox"]
            and l["heads"].lo is not None and l["heads"].lo >= by
            and all(unb64url(item["submission"]) != key for item in l["items"])}
    return sum(c in late and c not in convicted for c in custodians) >= len(custodians) - q + 1 + f_c - liars


# ---- the finding ------------------------------------------------------------------------------------------------


class Finding:
    def __init__(self, facts):
        self.facts, self.caveats, self.misbehaviour = facts, set(facts.caveats), set()
        self.out = dict.fromkeys(["answer", "step", "not_before", "not_after", "specificity", "closed_fields", "sequence", "later"])
        self.out.update(answer="not-decidable", silence=False)

    def describe(self, asked, case, cases):
        step = case.step(asked["before"])
        if step:
            self.out.update(step=step[0], not_before=show_time(step[1]), not_after=show_time(step[2]))
        later = [c for c in cases if (c.sender, c.to, c.s["wid"]) == (case.sender, case.to, case.s["wid"]) and c.s["seq"] > case.s["seq"]]
        withdrawn = any(c.core and c.core["s"]["status"] == "withdrawn" for c in later)
        self.out.update(sequence=case.s["seq"], later={"shown": len(later), "withdrawn": withdrawn, "complete": False})
        self.out["silence"] = self.facts.trust.witnessed and silent(self.facts, case)
        if case.not_told:
            self.caveats.add("content-not-told")
        if case.handover_alone:
            self.caveats.add("handover-by-word-alone")
        self.content(case)
        for l in (l for _, _, rests in case.steps.values() for l in rests):
            self.caveats |= {code for code, holds in [
                ("signed-by-delegate", l.signer["delegate"]), ("key-provisional", l.provisional),
                ("key-suspected", l.signer["suspected"] is not None), ("interval-contradicted", l.contradicted)] if holds}
        for name in (case.sender, case.to):
            known = self.facts.directory.parties.get(name, {})
            self.caveats |= {code for code, member in [("party-contested", "contested"), ("keys-recovered", "recovered")] if known.get(member)}

    def content(self, case):
        if case.core is None or case.core["s"]["iss"] != case.sender:
            return
        shown = case.core["shown"]
        told = [(p, value) for p, (value, d) in shown.items() if not case.not_told and d in case.told]
        claimed = case.core["s"]["spec"]
        signed = specificity((p, value) for p, (value, _) in shown.items())
        if any(signed[axis] > claimed[axis] for axis in AXES):
            self.caveats.add("specificity-understated")
        self.out.update(closed_fields=POSITIONS - len(shown), specificity={"claimed": claimed, "shown": specificity(told)})

    def finish(self):
        logged = self.facts.logged.values()
        if any(l.refused for l in logged):
            self.caveats.add("statement-not-relied-upon")
        if any(not l.refused and l.hi is None for l in logged):
            self.caveats.add("statements-not-logged")
        return self.close()

    def close(self):
        if not self.facts.trust.witnessed:
            self.caveats.add("no-witnesses")
            self.misbehaviour = split_views(self.facts)
            self.out.update(answer="not-decidable", not_before=None, not_after=None)
        self.out["misbehaviour"] = [{"party": who, "code": code} for who, code in sorted(self.misbehaviour)]
        self.out["caveats"] = sorted(self.caveats)
        return self.out


def judge(dossiers, trust, believe, asked):
    facts = Facts(dossiers, trust, believe)
    finding = Finding(facts)
    if facts.contradicted:  # [12]
        finding.caveats, finding.misbehaviour = {"directory-contradicted"}, split_views(facts)
        return finding.close()
    cases = find_cases(facts)
    finding.misbehaviour = misbehaviour(facts)
    if asked["kind"] == "timeline":
        found = bool(facts.standing()) or bool(cases)
    elif asked["kind"] == "who":
        authors = [c for c in cases if c.core and c.core["s"]["iss"] == c.sender]
        found = bool(authors)
        if authors:
            finding.content(authors[0])
    else:
        found = answer_told(finding, facts, asked, cases)
    if found is True:
        finding.out["answer"] = "proven"
    return finding.finish()


def answer_told(finding, facts, asked, cases):
    concerned = [c for c in cases if c.to == asked["party"] and asked["by"] in (None, c.sender) and asked["of"] in (None, c.s["wid"])]
    if not facts.trust.witnessed:
        asked = dict(asked, before=None)
    proving = [c for c in concerned if c.proves(asked["before"])]
    if concerned:
        best = max(proving or concerned, key=lambda c: c.rank(asked["before"]))
        finding.describe(asked, best, cases)
    if not proving and facts.trust.witnessed and absent(facts, asked, {who for who, _ in finding.misbehaviour}):
        finding.out["answer"] = "refuted"
    return bool(proving)


# ---- the command ------------------------------------------------------------------------------------------------

EXITS = {"proven": 0, "refuted": 4, "not-decidable": 5, "evidence-altered": 1, "evidence-refused": 1, "usage-question": 2,
         "usage-believe": 2, "usage-trust": 2}


def read(path):
    try:
        with sys.stdin.buffer if path == "-" else open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise Refused("usage-file-unreadable", str(error)) from None


def run(paths, trust, believe=None, ask=None, without_witnesses=False):
    """What the command prints."""
    try:
        dossiers = [Dossier(read(path), os.path.dirname(path) or ".") for path in paths]
        policy = read(trust)
        try:
            beliefs = parse_believe(read(believe)) if believe else {}
        except Malformed as error:
            raise Refused("usage-believe", str(error)) from None
        own = {d.question for d in dossiers}
        try:
            need(ask is not None or len(own) == 1, "the dossiers carry different questions")
            asked = parse_question(ask if ask is not None else own.pop())
        except Malformed as error:
            raise Refused("usage-question", str(error)) from None
        return judge(dossiers, Trust(policy, beliefs, not without_witnesses), beliefs, asked)
    except Refused as error:
        return {"error": error.code, "detail": error.detail}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("dossiers", nargs="+", metavar="DOSSIER")
    parser.add_argument("--trust", required=True, metavar="FILE")
    parser.add_argument("--believe", metavar="FILE")
    parser.add_argument("--ask", metavar="QUESTION")
    parser.add_argument("--without-witnesses", action="store_true")
    arguments = parser.parse_args()
    found = run(arguments.dossiers, arguments.trust, arguments.believe, arguments.ask, arguments.without_witnesses)
    print(json.dumps(found, indent=2))
    sys.exit(EXITS.get(found.get("error") or found["answer"], 3))


if __name__ == "__main__":
    main()
