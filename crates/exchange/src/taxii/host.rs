//! What makes warnings out of objects: a part that whoever runs the exchange brings along.
//!
//! The exchange holds no key of a party and cannot sign a warning. Its host can: it composes what an account posted into a
//! warning, submits it, and says which submission it became. What the host says is then told to the account in the status
//! of its request, and what the recipient reads is put on record as a `ContentHandover`.

use monition_evidence::Digest;
use monition_taxii::CollectionConfig;
use std::pin::Pin;

/// A future in a box, so that the trait can be an object.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// One object of a POST.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WarningObject {
    /// Its number in the TAXII database.
    pub key: i64,
    /// `id` of the object.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its bytes as they were received.
    pub bytes: Vec<u8>,
}

/// What an account posted to a `warnings` collection: together it may be one warning or several.
#[derive(Clone, Debug)]
pub struct PostedWarnings {
    /// Identifier of the status: with an object's `key`, the name under which a host recognises what it did already.
    pub status: String,
    /// Name of the account.
    pub account: String,
    /// The collection, with its `party` and `community`.
    pub collection: CollectionConfig,
    /// When, in microseconds since 1970.
    pub at: i64,
    /// The objects that were taken, in the order of their `date_added`. One that was deleted meanwhile is not among them.
    pub objects: Vec<WarningObject>,
}

/// What became of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is part of a warning that was submitted.
    Submitted {
        /// SHA-256 of the submission.
        submission: Digest,
        /// Digest of its bodies.
        e: Digest,
    },
    /// It is kept and is no warning: a marking definition, an identity.
    Kept,
    /// It can never be one: it leaves the collection, and the account is told why.
    Refused {
        /// Why, for the account.
        reason: String,
    },
}

/// Objects of a `warnings` collection that an account was given for the first time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedWarnings {
    /// Name of the account.
    pub account: String,
    /// Identifier of the collection.
    pub collection: String,
    /// When, in microseconds since 1970.
    pub at: i64,
    /// The submissions that these objects are part of.
    pub submissions: Vec<Digest>,
}

/// The host cannot now; it will be asked again about the same event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Later;

/// Makes warnings of what is posted. Each call may be repeated, also after a restart: what was done already is recognised
/// by `status` and `key`, and answered as the first time. Calls come one after another.
pub trait WarningsHost: Send + Sync {
    /// An account posted objects. The answer has one element for each object, in their order; an object without one counts
    /// as kept.
    fn posted<'a>(&'a self, posted: &'a PostedWarnings) -> Boxed<'a, Result<Vec<Taken>, Later>>;

    /// An account was given objects. The exchange logs the handover when this is answered.
    fn served<'a>(&'a self, served: &'a ServedWarnings) -> Boxed<'a, Result<(), Later>>;
}
