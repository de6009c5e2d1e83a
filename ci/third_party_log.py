#!/usr/bin/env python3
"""Reads the demo's log and directory with a C2SP client that nobody here wrote.

    third_party_log.py DIR

DIR is what `monition demo --out DIR` leaves: `log/`, `directory/` and `trust.policy`. The client is `aics-tlog`
(signed-note, tlog-checkpoint, tlog-cosignature, tlog-tiles, RFC 9162) and the witness `aics-witness` (tlog-witness).
Nothing of Monition runs here; only the policy's lines are split by this script, because the client has no reader for
tlog-policy.

For each log:
 1. the checkpoint is a signed note, its origin is that of a log key of the policy, the log's signature verifies, and
    as many of the policy's witnesses as its quorum asks for cosigned it;
 2. every tile and every entry bundle authenticates against the signed root, those of earlier sizes as prefixes;
 3. each entry has an inclusion proof, and every smaller tree a consistency proof, that verify;
 4. one flipped bit in any tile or entry bundle is refused: the client really looks;
 5. the foreign witness cosigns a prefix and then the checkpoint, given the tiles' consistency proof, and refuses
    another old size with 409, a false proof with 422 and a checkpoint with a broken signature with 403.

Exit code 0 if all of it holds, 1 at the first thing that does not.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from aics_tlog import (
    FileSystemTileReader,
    VerifiedTileReader,
    VKey,
    audit_tiles,
    consistency_proof_from_tiles,
    format_vkey,
    inclusion_proof_from_tiles,
    leaf_hash,
    parse_checkpoint,
    parse_note,
    parse_vkey,
    read_entry,
    tree_root_from_tiles,
    verify_checkpoint,
    verify_consistency,
    verify_cosignature,
    verify_inclusion,
)
from aics_tlog.tiles import TileVerificationError, parse_entry_bundle_path, parse_tile_path
from aics_witness.config import LogConfig
from aics_witness.protocol import format_add_checkpoint_request, parse_signature_lines
from aics_witness.service import Witness, WitnessError
from aics_witness.store import WitnessStore
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

# The demo's logs hold some hundred entries; beyond this, proofs are checked for a sample that keeps both ends.
PROOFS_MAX = 1_024
ED25519_COSIGNATURE = 0x04


class Refused(Exception):
    """Something that a C2SP client must be able to rely on does not hold."""


def require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Refused(otherwise)


@dataclass(frozen=True)
class Policy:
    """The part of a tlog-policy that a reader of checkpoints needs."""

    logs: tuple[VKey, ...]
    witnesses: tuple[VKey, ...]
    quorum: int


def read_policy(path: Path) -> Policy:
    """Reads c2sp.org/tlog-policy: `log`, `witness`, `group`, `quorum`.

    Groups are not evaluated as a tree: `quorum` becomes the smallest number of witnesses that can satisfy it, so what
    is checked here is never more than the policy asks for; `monition judge` evaluates the groups.
    """
    logs: list[VKey] = []
    witnesses: list[VKey] = []
    needed: dict[str, int] = {"none": 0}
    quorum: int | None = None
    for line in path.read_text("utf-8").splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        match words[0]:
            case "log":
                logs.append(parse_vkey(words[1]))
            case "witness":
                needed[words[1]] = 1
                key = parse_vkey(words[2])
                # Type 0x06 (ML-DSA) is unknown to this client, and an unknown key is ignored, as signed-note asks.
                if key.key_type == ED25519_COSIGNATURE:
                    witnesses.append(key)
            case "group":
                members = sorted(needed[name] for name in words[3:])
                count = {"any": 1, "all": len(members)}.get(words[2]) or int(words[2])
                needed[words[1]] = sum(members[:count])
            case "quorum":
                quorum = needed[words[1]]
            case other:
                raise Refused(f"{path.name}: unknown line {other!r}")
    require(quorum is not None, f"{path.name}: no quorum line")
    require(bool(logs), f"{path.name}: no log line")
    return Policy(tuple(logs), tuple(witnesses), quorum or 0)


def sample(size: int) -> list[int]:
    """All indexes below `size`, or PROOFS_MAX of them spread over it with both ends."""
    if size <= PROOFS_MAX:
        return list(range(size))
    return sorted({0, size - 1} | {i * size // PROOFS_MAX for i in range(PROOFS_MAX)})


class OneBitOff(FileSystemTileReader):
    """Serves the folder's files, with one bit of one of them flipped."""

    def __init__(self, root: Path, wrong: str, at: int) -> None:
        super().__init__(root)
        self.wrong, self.at = wrong, at

    def _read(self, path: str) -> bytes | None:
        data = super()._read(path)
        if data is None or path != self.wrong:
            return data
        return data[: self.at] + bytes([data[self.at] ^ 1]) + data[self.at + 1 :]


def proven_file(proven: VerifiedTileReader, path: str) -> bytes | None:
    """What the signed root says a file holds; partial files of earlier sizes are prefixes of what it proves."""
    if path.startswith("tile/entries/"):
        return proven.read_entry_bundle(*parse_entry_bundle_path(path))
    return proven.read_tile(*parse_tile_path(path))


def check_log(folder: Path, policy: Policy, scratch: Path) -> str:
    """Checks one log's files; returns a line that says what was seen."""
    published = (folder / "checkpoint").read_bytes()
    note = parse_note(published)
    require(note.to_bytes() == published, "the checkpoint is not printed back to the same bytes")
    checkpoint = parse_checkpoint(note.text)
    require(not checkpoint.extension_lines, "the checkpoint has extension lines")
    keys = [key for key in policy.logs if key.name == checkpoint.origin]
    require(len(keys) == 1, f"{len(keys)} log keys of the policy are named {checkpoint.origin!r}")
    verdict = verify_checkpoint(
        note, keys[0], list(policy.witnesses), policy.quorum, expected_origin=checkpoint.origin, max_future_seconds=30
    )
    require(verdict.ok, f"checkpoint: {verdict.error}")

    size, root = checkpoint.size, checkpoint.root
    require(size > 0, "the log is empty")
    reader = FileSystemTileReader(folder)
    report = audit_tiles(reader, size, root)
    require(tree_root_from_tiles(reader, size) == root, "the tiles do not give the root")

    proven = VerifiedTileReader(reader, size, root)
    roots: dict[int, bytes] = {}
    for index in sample(size):
        entry = read_entry(proven, index, size)
        path = inclusion_proof_from_tiles(reader, index, size)
        require(verify_inclusion(leaf_hash(entry), index, size, path, root), f"entry {index}: no inclusion proof")
        old = index + 1
        roots[old] = tree_root_from_tiles(reader, old, size)
        extension = consistency_proof_from_tiles(reader, old, size)
        require(verify_consistency(old, size, roots[old], root, extension), f"tree of size {old} is not a prefix")

    altered = 0
    for file in sorted(file for file in (folder / "tile").rglob("*") if file.is_file()):
        path = file.relative_to(folder).as_posix()
        data = file.read_bytes()
        expected = proven_file(proven, path)
        # A file of a later, not yet published size is no part of this tree.
        require(expected is None or data == expected, f"{path}: not what the root implies")
        try:
            audit_tiles(OneBitOff(folder, path, len(data) - 1), size, root)
        except TileVerificationError:
            altered += 1
    # Partial tiles of earlier sizes are no part of this tree; all that are part of it must have been noticed.
    require(altered == report.tiles + report.bundles, f"{altered} of {report.tiles + report.bundles} alterations were noticed")

    statuses = check_witness(published, keys[0], reader, size, root, scratch)
    return (
        f"{checkpoint.origin}: {size} entries, {report.tiles} tiles, {report.bundles} bundles; log key and "
        f"{verdict.cosignature_count} witnesses (quorum {policy.quorum}); {len(roots)} inclusion and consistency proofs; "
        f"{altered} altered files refused; foreign witness: {statuses}"
    )


def check_witness(
    published: bytes, key: VKey, reader: FileSystemTileReader, size: int, root: bytes, scratch: Path
) -> str:
    """Has a witness of other make cosign the checkpoint; returns its answers in order."""
    origin = parse_checkpoint(parse_note(published).text).origin
    old = size // 2
    config = LogConfig.from_strings(
        origin, [format_vkey(key)], initial=(old, tree_root_from_tiles(reader, old, size)) if old else None
    )
    answers: list[str] = []
    with tempfile.TemporaryDirectory(dir=scratch) as state:
        store = WitnessStore(Path(state) / "witness.db", create=True)
        witness = Witness("foreign-witness.example/w1", Ed25519PrivateKey.generate(), store, [config])

        def submit(old_size: int, proof: list[bytes], note: bytes, expected: int) -> bytes:
            try:
                answer, status = witness.add_checkpoint(format_add_checkpoint_request(old_size, proof, note)), 200
            except WitnessError as refusal:
                answer, status = refusal.body, refusal.status
            require(status == expected, f"the witness answered {status}, not {expected}: {answer!r}")
            answers.append(str(status))
            return answer

        proof = consistency_proof_from_tiles(reader, old, size)
        note = parse_note(published)
        signatures = tuple(
            replace(s, signature=s.signature[:-1] + bytes([s.signature[-1] ^ 1])) if s.key_id == key.key_id else s
            for s in note.signatures
        )
        submit(old, proof, replace(note, signatures=signatures).to_bytes(), 403)
        if proof:
            submit(old, [proof[0][:-1] + bytes([proof[0][-1] ^ 1]), *proof[1:]], published, 422)
        cosigned = submit(old, proof, published, 200)
        (line,) = parse_signature_lines(cosigned.decode("utf-8"))
        holds = verify_cosignature(line.signature, witness.name, witness.vkey.public_key, origin, size, root)
        require(holds, "the foreign witness's cosignature does not verify")
        require(submit(old + 1 if old + 1 < size else 0, [], published, 409) == f"{size}\n".encode(), "409 without the size")
        store.close()
    return " ".join(answers)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    # The witness logs each refusal that is provoked here.
    logging.disable(logging.CRITICAL)
    folder = Path(arguments[0])
    try:
        policy = read_policy(folder / "trust.policy")
        with tempfile.TemporaryDirectory() as scratch:
            for name in ("log", "directory"):
                print(f"{name}: {check_log(folder / name, policy, Path(scratch))}")
    except (Refused, ValueError, OSError) as problem:
        print(f"refused: {type(problem).__name__}: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
