//! The recipient's side: decrypts bodies, checks what they say against each other, and says what fits.
//!
//! Pure. Whatever does not fit is told, and whatever can be read is given all the same: no mistake of the sender's
//! stands between a person and a warning. The result carries the lists of a `ContentAccess`:
//!
//! ```text
//! valid    digests of disclosures that stand in the core at their position, in the published order; then SHA-256 of
//!          attachments that fit, in the order of slots
//! missing  digests that the core names and no body gave, in the published order; then attachments that do not fit
//! undecryptable  numbers of bodies that do not decrypt or cannot be read, from 0
//! ```

use crate::compose::BodyKind;
use monition_evidence::age::{self, Identity};
use monition_evidence::directory::{Directory, Signer};
use monition_evidence::encoding::sha256;
use monition_evidence::framing::{BODIES_BYTES_MAX, Bodies, unpad};
use monition_evidence::statement::Submission;
use monition_evidence::warning::{AttachmentInfo, Disclosed, Disclosure, Field, Group, Specificity, Value, Warning};
use monition_evidence::{Body, Digest, PartyName, Statement};

/// Something in a received warning that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Stable code (docs/errors.md), such as `evidence-body-undecryptable`.
    pub code: &'static str,
    /// What, with the values.
    pub detail: String,
}

/// An attachment that its core names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedAttachment {
    /// Its slot, from 1.
    pub slot: u8,
    /// What the sender says of it.
    pub info: AttachmentInfo,
    /// Its bytes, if a body gave them and they fit.
    pub content: Option<Vec<u8>>,
}

/// The lists of a `ContentAccess`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessLists {
    /// Identity of the core, if it was decrypted and read.
    pub core: Option<Digest>,
    /// Digests that were found and fit.
    pub valid: Vec<Digest>,
    /// Digests that the core names and no body gave.
    pub missing: Vec<Digest>,
    /// Numbers of bodies that could not be decrypted or read.
    pub undecryptable: Vec<u32>,
}

/// A warning as far as it could be read.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The core.
    pub core: Option<Statement>,
    /// Who signed the core, where a key that the directory knows did.
    pub signer: Option<Signer>,
    /// Disclosures that fit the core.
    pub disclosed: Disclosed,
    /// Disclosures that could be read and that no core confirms.
    pub unconfirmed: Vec<Disclosure>,
    /// Attachments that the core names.
    pub attachments: Vec<OpenedAttachment>,
    /// What `ContentAccess` says.
    pub access: AccessLists,
    /// What does not fit; empty if all is well.
    pub misfits: Vec<Misfit>,
}

impl Opened {
    /// The core's content.
    #[must_use]
    pub fn warning(&self) -> Option<&Warning> {
        match self.core.as_ref().map(Statement::body) {
            Some(Body::Warning(warning)) => Some(warning),
            _ => None,
        }
    }
}

/// What is known of a warning besides its bodies.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// The reading party.
    pub own: &'a PartyName,
    /// The submission, if it could be opened.
    pub submission: Option<&'a Statement>,
    /// The directory, by which signers are checked.
    pub directory: &'a Directory,
}

/// Decrypts each body with whichever identity fits; `Err` says why none did.
#[must_use]
pub fn decrypt(bodies: &Bodies, identities: &[&Identity]) -> Vec<Result<Vec<u8>, String>> {
    bodies.as_slices().iter().map(|body| decrypt_one(body, identities)).collect()
}

/// Decrypts and unpads one body.
///
/// # Errors
/// Why the last identity that was tried does not open it.
pub fn decrypt_one(body: &[u8], identities: &[&Identity]) -> Result<Vec<u8>, String> {
    let mut why = "there is no encryption identity".to_owned();
    for identity in identities {
        match age::open(body, identity, usize::try_from(BODIES_BYTES_MAX).unwrap_or(usize::MAX)) {
            Ok(plain) => return unpad(&plain).map(<[u8]>::to_vec).map_err(|error| error.to_string()),
            Err(error) => why = error.to_string(),
        }
    }
    Err(why)
}

/// Reads decrypted bodies.
#[must_use]
pub fn read(plains: &[Result<Vec<u8>, String>], delivery: Delivery<'_>) -> Opened {
    let mut reader = Reader::default();
    for (number, plain) in plains.iter().enumerate() {
        if let Err(why) = plain {
            reader.undecryptable(number);
            reader.misfit("evidence-body-undecryptable", format!("body {number}: {why}"));
        }
    }
    let core = reader.core(plains.first(), delivery);
    let found = reader.disclosures(plains, core.as_ref());
    let attachments = reader.attachments(plains, &found);
    let Some((statement, warning, signer)) = core else {
        return reader.finish(
            None,
            None,
            Disclosed::default(),
            found.into_iter().map(|(d, _)| d).collect(),
            attachments,
        );
    };
    let (fitting, unconfirmed) = reader.confirm(&warning, found);
    reader.compare(&statement, &warning, &fitting, delivery);
    reader.lists(&statement, &warning, &fitting, &attachments);
    reader.finish(Some(statement), signer, fitting, unconfirmed, attachments)
}

#[derive(Default)]
struct Reader {
    access: AccessLists,
    misfits: Vec<Misfit>,
}

type Core = (Statement, Warning, Option<Signer>);

impl Reader {
    fn misfit(&mut self, code: &'static str, detail: impl Into<String>) {
        self.misfits.push(Misfit { code, detail: detail.into() });
    }

    fn undecryptable(&mut self, number: usize) {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        if !self.access.undecryptable.contains(&number) {
            self.access.undecryptable.push(number);
        }
    }

    fn core(&mut self, plain: Option<&Result<Vec<u8>, String>>, delivery: Delivery<'_>) -> Option<Core> {
        let bytes = plain?.as_ref().ok()?;
        let statement = match Statement::parse(bytes) {
            Ok(statement) => statement,
            Err(error) => {
                self.undecryptable(0);
                self.misfit("evidence-core-unreadable", format!("body 0 holds no core: {error}"));
                return None;
            }
        };
        let Body::Warning(warning) = statement.body() else {
            self.undecryptable(0);
            self.misfit(
                "evidence-core-unreadable",
                format!("body 0 holds a {}, not a Warning", statement.body().name()),
            );
            return None;
        };
        let warning = warning.clone();
        let signer = match delivery.directory.signer(&statement) {
            Ok(signer) => Some(signer),
            Err(error) => {
                self.misfit("evidence-core-signature", format!("the core's signature does not stand: {error}"));
                None
            }
        };
        if signer.as_ref().is_some_and(|s| s.end.is_some()) {
            self.misfit("evidence-core-key-ended", "the key that signed the core counts no longer".to_owned());
        }
        Some((statement, warning, signer))
    }

    /// Every disclosure in the group bodies, with the group in whose body it stood.
    fn disclosures(
        &mut self,
        plains: &[Result<Vec<u8>, String>],
        core: Option<&Core>,
    ) -> Vec<(Disclosure, Option<Group>)> {
        let layout = core.map(|(_, warning, _)| BodyKind::layout(warning.withheld, 8)).unwrap_or_default();
        let mut found = Vec::new();
        for (number, plain) in plains.iter().enumerate().skip(1) {
            let Ok(bytes) = plain else { continue };
            let group = match layout.get(number) {
                Some(BodyKind::Group(group)) => Some(*group),
                Some(_) => break,
                // Without a core nobody knows which bodies are groups: whatever reads as one is shown.
                None => None,
            };
            match parse_group(bytes) {
                Ok(disclosures) => found.extend(disclosures.into_iter().map(|d| (d, group))),
                Err(_) if group.is_none() => {}
                Err(detail) => {
                    self.undecryptable(number);
                    self.misfit("evidence-group-unreadable", format!("body {number}: {detail}"));
                }
            }
        }
        found
    }

    fn confirm(&mut self, warning: &Warning, found: Vec<(Disclosure, Option<Group>)>) -> (Disclosed, Vec<Disclosure>) {
        let (mut fitting, mut unconfirmed): (Vec<Disclosure>, _) = (Vec::new(), Vec::new());
        for (disclosure, group) in found {
            let name = disclosure.field.name();
            if group.is_some_and(|group| group != disclosure.field.group()) {
                // Sources beside other fields could not be closed without closing those too.
                self.misfit("evidence-group-layout", format!("{name} stands in the body of another group"));
            }
            if fitting.iter().any(|d| d.field == disclosure.field) {
                self.misfit("evidence-field-twice", format!("{name} is disclosed twice"));
                continue;
            }
            match Disclosed::check(warning, vec![disclosure.clone()]) {
                Ok(_) => fitting.push(disclosure),
                Err(error) => {
                    self.misfit("evidence-field-not-signed", error.to_string());
                    unconfirmed.push(disclosure);
                }
            }
        }
        fitting.sort_by_key(|d| d.field.position());
        // Each was checked by itself and no field stands twice.
        (Disclosed::check(warning, fitting).unwrap_or_default(), unconfirmed)
    }

    fn attachments(
        &mut self,
        plains: &[Result<Vec<u8>, String>],
        found: &[(Disclosure, Option<Group>)],
    ) -> Vec<OpenedAttachment> {
        let named = Field::attachments().iter().zip(1_u8..).filter_map(|(field, slot)| {
            let value = found.iter().find(|(d, _)| d.field == *field).map(|(d, _)| &d.value);
            match value {
                Some(Value::Attachment(info)) => Some((slot, info.clone())),
                _ => None,
            }
        });
        // Bodies are found by their hash: their number follows from the order, but a hash cannot be mistaken.
        let content_of = |info: &AttachmentInfo| {
            let fits = |c: &&Vec<u8>| c.len() as u64 == info.size && sha256(c) == info.sha256;
            plains.iter().skip(1).filter_map(|p| p.as_ref().ok()).find(fits).cloned()
        };
        let attachments: Vec<_> =
            named.map(|(slot, info)| OpenedAttachment { slot, content: content_of(&info), info }).collect();
        for attachment in attachments.iter().filter(|a| a.content.is_none()) {
            let detail = format!("no body holds attachment {} as the core names it", attachment.slot);
            self.misfit("evidence-attachment", detail);
        }
        attachments
    }

    fn compare(&mut self, core: &Statement, warning: &Warning, disclosed: &Disclosed, delivery: Delivery<'_>) {
        let addressee = disclosed.get(Field::Addressee).and_then(|d| d.value.as_text());
        match addressee {
            Some(name) if name == delivery.own.as_str() => {}
            Some(name) => {
                self.misfit("evidence-addressee", format!("it is addressed to {name}, not to {}", delivery.own))
            }
            None => self.misfit("evidence-addressee", "the addressee is not shown".to_owned()),
        }
        let shown = Specificity::of(disclosed);
        for ((axis, claimed), (_, found)) in warning.spec.axes().zip(shown.axes()) {
            let withheld = warning.withheld && axis == monition_evidence::warning::Axis::Source;
            if claimed != found && !(withheld && found == 0) {
                let axis = format!("{axis:?}").to_lowercase();
                self.misfit("evidence-specificity", format!("{axis}: {claimed} is claimed, {found} is shown"));
            }
        }
        let Some(statement) = delivery.submission else {
            self.misfit("evidence-submission-missing", "the submission could not be opened".to_owned());
            return;
        };
        let Body::Submission(submission) = statement.body() else {
            self.misfit("evidence-submission-missing", format!("a {} stands in its place", statement.body().name()));
            return;
        };
        if let Err(error) = delivery.directory.signer(statement) {
            self.misfit("evidence-submission-signature", format!("its signature does not stand: {error}"));
        }
        for (fits, what) in agreements(core, warning, submission) {
            if !fits {
                self.misfit("evidence-core-mismatch", format!("core and submission differ in {what}"));
            }
        }
    }

    fn lists(&mut self, core: &Statement, warning: &Warning, disclosed: &Disclosed, attachments: &[OpenedAttachment]) {
        self.access.core = Some(core.identity());
        for (field, digest) in Field::ALL.iter().zip(&warning.sd) {
            let list = if disclosed.get(*field).is_some() { &mut self.access.valid } else { &mut self.access.missing };
            list.push(*digest);
        }
        for attachment in attachments {
            let list = if attachment.content.is_some() { &mut self.access.valid } else { &mut self.access.missing };
            list.push(attachment.info.sha256);
        }
    }

    fn finish(
        mut self,
        core: Option<Statement>,
        signer: Option<Signer>,
        disclosed: Disclosed,
        unconfirmed: Vec<Disclosure>,
        attachments: Vec<OpenedAttachment>,
    ) -> Opened {
        self.access.undecryptable.sort_unstable();
        Opened { core, signer, disclosed, unconfirmed, attachments, access: self.access, misfits: self.misfits }
    }
}

/// What core and submission must say alike (DESIGN §4 "Told").
fn agreements(core: &Statement, warning: &Warning, submission: &Submission) -> [(bool, &'static str); 7] {
    [
        (submission.core == core.identity(), "the core's identity"),
        (submission.exchange == warning.exchange, "exchange"),
        (submission.iss == warning.iss, "iss"),
        (submission.wid == warning.wid, "wid"),
        (submission.urgency == warning.urgency, "urgency"),
        (submission.mode == warning.mode, "mode"),
        (submission.deadline == warning.deadline, "deadline"),
    ]
}

fn parse_group(bytes: &[u8]) -> Result<Vec<Disclosure>, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "not ASCII".to_owned())?;
    text.split('\n').map(|line| Disclosure::parse(line).map_err(|error| error.to_string())).collect()
}
