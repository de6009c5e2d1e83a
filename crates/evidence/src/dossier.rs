//! The dossier: one JSON file with everything a judge needs (DESIGN §2, docs/protocol.md §9).
//!
//! Its first member is a manifest with the SHA-256 of every other member's text, so that an altered file is refused
//! before anything in it is believed. The manifest guards against accidents and careless hands; against liars guard the
//! signatures within, since whoever writes a dossier writes its manifest too. Nothing here is verified yet:
//! [`crate::judge`] does that.

use crate::custody::{AnswerOpening, MailboxOpening};
use crate::encoding::{Digest, MailboxId, from_base64url, sha256, to_base64url};
use crate::framing::BodyInfo;
use crate::mailbox::Item;
use crate::names::{ExchangeName, PartyName};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::value::RawValue;

/// The format that this version reads and writes.
pub const FORMAT: &str = "monition-dossier/1";

/// Longest dossier. A judge that cannot take a file refuses it; it never skips parts.
pub const DOSSIER_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Why a file is not a dossier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DossierError {
    /// Longer than [`DOSSIER_BYTES_MAX`].
    #[error("the file has {found} bytes, at most {DOSSIER_BYTES_MAX} are read")]
    TooLong {
        /// Bytes found.
        found: usize,
    },
    /// Another format or a newer version.
    #[error("the format is {found:?}; this version reads {FORMAT:?}")]
    Format {
        /// As found.
        found: String,
    },
    /// Not the JSON of a dossier.
    #[error("not a dossier: {detail}")]
    Json {
        /// What the reader said, with line and column.
        detail: String,
    },
    /// A member is not the one that the manifest names.
    #[error("the part {part:?} is not the one that the manifest names: the file was altered")]
    Altered {
        /// The member.
        part: &'static str,
    },
    /// The directory stands in another file that is not at hand.
    #[error("the directory stands in a file with SHA-256 {sha256}, which is not at hand")]
    DirectoryFileMissing {
        /// Its SHA-256.
        sha256: Digest,
    },
}

/// Bytes that stand in JSON as canonical base64url.
#[derive(Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&to_base64url(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        from_base64url("bytes", &text).map(Self).map_err(de::Error::custom)
    }
}

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bytes({})", self.0.len())
    }
}

/// Shows that a statement's leaf stands in a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// SHA-256 of the statement's bytes.
    pub statement: Digest,
    /// SHA-256 of the note whose checkpoint covers it.
    pub note: Digest,
    /// The leaf's index, from 0.
    pub index: u64,
    /// Audit path, leaf's sibling first.
    pub hashes: Vec<Digest>,
}

/// The directory's entries from the first, or the file in which they stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectoryPart {
    /// The entries, each a statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<Vec<String>>,
    /// SHA-256 of a file that is a JSON array of the entries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
}

/// A warning's core with the disclosures that are shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorePart {
    /// The core, a statement.
    pub core: String,
    /// Disclosures, as base64url texts.
    pub disclosures: Vec<String>,
}

/// What travelled in one submission, and which of it is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BodiesPart {
    /// SHA-256 of the submission.
    pub submission: Digest,
    /// Length and hash of every body.
    pub bodies: Vec<BodyInfo>,
    /// Those that are opened.
    pub opened: Vec<OpenedBody>,
}

/// A body with what opens it for anybody: the key of this one file, and proof that B could open it too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenedBody {
    /// Which body, from 0.
    pub index: u32,
    /// The age file.
    pub file: Bytes,
    /// Its file key, 16 bytes.
    pub file_key: Bytes,
    /// The recorded encapsulation seed, 32 bytes.
    pub seed: Bytes,
}

/// What a custodian's signed heads say of one mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListingPart {
    /// SHA-256 of the `CustodyHeads`.
    pub heads: Digest,
    /// The mailbox.
    pub mailbox: MailboxId,
    /// SHA-256 of the declaration.
    pub declaration: Digest,
    /// Opens the mailbox's head.
    pub opening: MailboxOpening,
    /// Every item from the first, if the listing is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<Item>>,
    /// Opens what was answered to single items.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<AnswerPart>,
}

/// What was answered to one submission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerPart {
    /// SHA-256 of the submission.
    pub submission: Digest,
    /// Opens its entry.
    pub opening: AnswerOpening,
}

/// Items that link one chain value to a later one, where a head covers an item without being its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentPart {
    /// The custodian.
    pub custodian: PartyName,
    /// SHA-256 of the declaration.
    pub declaration: Digest,
    /// Number of the item after which it begins.
    pub after: u64,
    /// The items after it.
    pub items: Vec<Item>,
}

/// Everything in a dossier. Public fields: the builder puts parts in, the judge takes them out and verifies each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dossier {
    /// The question that it answers, as [`crate::judge::Question`] writes it.
    pub question: String,
    /// The exchange.
    pub exchange: ExchangeName,
    /// Cosigned notes of the log and of the directory, each once.
    pub notes: Vec<String>,
    /// Statements of the log.
    pub statements: Vec<String>,
    /// Where they stand in the log.
    pub proofs: Vec<Proof>,
    /// The directory from its first entry.
    pub directory: Vec<String>,
    /// Cores with the disclosures that are shown.
    pub cores: Vec<CorePart>,
    /// Opened bodies.
    pub bodies: Vec<BodiesPart>,
    /// What custodians' heads say.
    pub listings: Vec<ListingPart>,
    /// Links between chain values.
    pub segments: Vec<SegmentPart>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: String,
    question: Digest,
    exchange: Digest,
    notes: Digest,
    statements: Digest,
    proofs: Digest,
    directory: Digest,
    cores: Digest,
    bodies: Digest,
    listings: Digest,
    segments: Digest,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<'a> {
    manifest: Manifest,
    #[serde(borrow)]
    question: &'a RawValue,
    #[serde(borrow)]
    exchange: &'a RawValue,
    #[serde(borrow)]
    notes: &'a RawValue,
    #[serde(borrow)]
    statements: &'a RawValue,
    #[serde(borrow)]
    proofs: &'a RawValue,
    #[serde(borrow)]
    directory: &'a RawValue,
    #[serde(borrow)]
    cores: &'a RawValue,
    #[serde(borrow)]
    bodies: &'a RawValue,
    #[serde(borrow)]
    listings: &'a RawValue,
    #[serde(borrow)]
    segments: &'a RawValue,
}

/// Only the format, read first: a newer version may have other members.
#[derive(Deserialize)]
struct FormatOnly {
    manifest: FormatMember,
}

#[derive(Deserialize)]
struct FormatMember {
    format: String,
}

fn json(error: &serde_json::Error) -> DossierError {
    DossierError::Json { detail: error.to_string() }
}

fn part<'a, T: Deserialize<'a>>(name: &'static str, raw: &'a RawValue, digest: &Digest) -> Result<T, DossierError> {
    if sha256(raw.get().as_bytes()) != *digest {
        return Err(DossierError::Altered { part: name });
    }
    serde_json::from_str(raw.get()).map_err(|e| DossierError::Json { detail: format!("{name}: {e}") })
}

impl Dossier {
    /// An empty dossier for a question.
    #[must_use]
    pub fn new(exchange: ExchangeName, question: String) -> Self {
        Self {
            question,
            exchange,
            notes: Vec::new(),
            statements: Vec::new(),
            proofs: Vec::new(),
            directory: Vec::new(),
            cores: Vec::new(),
            bodies: Vec::new(),
            listings: Vec::new(),
            segments: Vec::new(),
        }
    }

    /// Reads a dossier. `directory_file` gives the content of a shared directory file by its SHA-256.
    ///
    /// # Errors
    /// [`DossierError`]: an altered, foreign or newer file.
    pub fn parse(bytes: &[u8], directory_file: &dyn Fn(&Digest) -> Option<Vec<u8>>) -> Result<Self, DossierError> {
        if bytes.len() > DOSSIER_BYTES_MAX {
            return Err(DossierError::TooLong { found: bytes.len() });
        }
        let first: FormatOnly = serde_json::from_slice(bytes).map_err(|e| json(&e))?;
        if first.manifest.format != FORMAT {
            let found = first.manifest.format.chars().take(80).collect();
            return Err(DossierError::Format { found });
        }
        let file: File<'_> = serde_json::from_slice(bytes).map_err(|e| json(&e))?;
        let m = &file.manifest;
        let directory: DirectoryPart = part("directory", file.directory, &m.directory)?;
        Ok(Self {
            question: part("question", file.question, &m.question)?,
            exchange: part("exchange", file.exchange, &m.exchange)?,
            notes: part("notes", file.notes, &m.notes)?,
            statements: part("statements", file.statements, &m.statements)?,
            proofs: part("proofs", file.proofs, &m.proofs)?,
            directory: directory_entries(directory, directory_file)?,
            cores: part("cores", file.cores, &m.cores)?,
            bodies: part("bodies", file.bodies, &m.bodies)?,
            listings: part("listings", file.listings, &m.listings)?,
            segments: part("segments", file.segments, &m.segments)?,
        })
    }

    /// Writes the dossier with its manifest, one member a line.
    ///
    /// # Errors
    /// None in practice: every member is plain data; a failure of the writer is handed on.
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let directory = DirectoryPart { entries: Some(self.directory.clone()), sha256: None };
        let texts = [
            serde_json::to_string(&self.question)?,
            serde_json::to_string(&self.exchange)?,
            serde_json::to_string(&self.notes)?,
            serde_json::to_string(&self.statements)?,
            serde_json::to_string(&self.proofs)?,
            serde_json::to_string(&directory)?,
            serde_json::to_string(&self.cores)?,
            serde_json::to_string(&self.bodies)?,
            serde_json::to_string(&self.listings)?,
            serde_json::to_string(&self.segments)?,
        ];
        let names = [
            "question",
            "exchange",
            "notes",
            "statements",
            "proofs",
            "directory",
            "cores",
            "bodies",
            "listings",
            "segments",
        ];
        let mut out = format!("{{\n\"manifest\":{{\"format\":\"{FORMAT}\"");
        for (name, text) in names.iter().zip(&texts) {
            out.push_str(&format!(",\"{name}\":\"{}\"", sha256(text.as_bytes())));
        }
        out.push('}');
        for (name, text) in names.iter().zip(&texts) {
            out.push_str(&format!(",\n\"{name}\":{text}"));
        }
        out.push_str("\n}\n");
        Ok(out.into_bytes())
    }
}

fn directory_entries(
    part: DirectoryPart,
    file: &dyn Fn(&Digest) -> Option<Vec<u8>>,
) -> Result<Vec<String>, DossierError> {
    match (part.entries, part.sha256) {
        (Some(entries), None) => Ok(entries),
        (None, Some(sha)) => {
            let bytes = file(&sha).filter(|b| sha256(b) == sha);
            let bytes = bytes.ok_or(DossierError::DirectoryFileMissing { sha256: sha })?;
            serde_json::from_slice(&bytes).map_err(|e| json(&e))
        }
        _ => Err(DossierError::Json { detail: "directory: either entries or sha256".to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(_: &Digest) -> Option<Vec<u8>> {
        None
    }

    fn dossier() -> Dossier {
        let mut dossier = Dossier::new(ExchangeName::parse("exchange.example").unwrap(), "who".into());
        dossier.statements.push("a".into());
        dossier
    }

    #[test]
    fn a_dossier_prints_back() {
        let bytes = dossier().to_bytes().unwrap();
        assert_eq!(Dossier::parse(&bytes, &none).unwrap(), dossier());
    }

    #[test]
    fn the_manifest_comes_first_and_names_the_format() {
        let text = String::from_utf8(dossier().to_bytes().unwrap()).unwrap();
        assert!(text.starts_with("{\n\"manifest\":{\"format\":\"monition-dossier/1\",\"question\":\""));
        let newer = text.replace("monition-dossier/1", "monition-dossier/2").replace("\"question\":", "\"query\":");
        assert!(matches!(Dossier::parse(newer.as_bytes(), &none), Err(DossierError::Format { .. })));
    }

    #[test]
    fn an_altered_part_is_refused_by_name() {
        let text = String::from_utf8(dossier().to_bytes().unwrap()).unwrap();
        let altered = text.replace("\"statements\":[\"a\"]", "\"statements\":[\"b\"]");
        assert_eq!(Dossier::parse(altered.as_bytes(), &none), Err(DossierError::Altered { part: "statements" }));
    }

    #[test]
    fn no_byte_can_change_what_is_read() {
        let bytes = dossier().to_bytes().unwrap();
        for position in 0..bytes.len() {
            for flip in [0x01, 0x20, 0x80] {
                let mut altered = bytes.clone();
                altered[position] ^= flip;
                if let Ok(read) = Dossier::parse(&altered, &none) {
                    assert_eq!(read, dossier(), "byte {position} changed what is read");
                }
            }
        }
    }
}
