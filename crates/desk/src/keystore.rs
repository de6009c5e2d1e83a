//! The secret keys of a desk, an observer or an exchange, in two drawers.
//!
//! | file | keys | when it unlocks |
//! |---|---|---|
//! | `boot-keys.age` | mailbox, encryption; custodian, witness, exchange, log, directory | at boot, by the machine |
//! | `human-keys.age` | statement, roles, and every pre-rotated next key | when a person is there |
//!
//! Each is one age file (<https://c2sp.org/age>, scrypt recipient) that stock `age -d` opens; without a passphrase,
//! which must be asked for, `boot-keys.json` and `human-keys.json` with mode 0600. A stolen machine that has booted
//! thus signs receipts and reads mail, and cannot warn, answer or change keys in the party's name.
//!
//! ```text
//! {"format":"monition-keys/1","drawer":"human","keys":[{"slot":"statement","seed":"<b64url>"},…],"next":[…],"encryption":["AGE-SECRET-KEY-1…"]}
//! ```
//!
//! Written whole to a temporary file, synced, renamed: a crash leaves the old file or the new one. Secrets are wiped
//! when dropped, and nothing here has a `Debug` that shows one.

use crate::error::DeskError;
use crate::randomness::Randomness;
use age::secrecy::SecretString;
use monition_evidence::age::{Identity, Recipient};
use monition_evidence::encoding::{from_base64url, to_base64url};
use monition_evidence::keys::{Algorithm, EnrolledKey, key_set_digest};
use monition_evidence::{Digest, KeyUse, RoleName, SecretKey};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Longest key file: 40 keys fill 8 KiB.
const KEY_FILE_BYTES_MAX: u64 = 64 * 1024;
/// Largest scrypt work factor that is opened: 2^22 needs 4 GiB; above it a file is an attack.
const WORK_FACTOR_MAX: u8 = 22;
const FORMAT: &str = "monition-keys/1";

/// What a key is for. One key has one use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// Warnings, submissions, directory entries.
    Statement,
    /// Receipts and signed reads.
    Mailbox,
    /// Replies of a person in this role.
    Role(RoleName),
    /// An exchange's answers.
    Exchange,
    /// A custodian's attestations.
    Custodian,
    /// Cosignatures of a witness. Not enrolled: trust policies name it.
    Witness,
    /// Checkpoints of the log. Not enrolled.
    Log,
    /// Checkpoints of the directory. Not enrolled.
    Directory,
}

impl Slot {
    /// The drawer that the key lies in.
    #[must_use]
    pub fn drawer(&self) -> DrawerName {
        match self {
            Self::Statement | Self::Role(_) => DrawerName::Human,
            _ => DrawerName::Boot,
        }
    }

    /// Its use in the directory; none for keys that sign notes.
    #[must_use]
    pub fn key_use(&self) -> Option<KeyUse> {
        Some(match self {
            Self::Statement => KeyUse::Statement,
            Self::Mailbox => KeyUse::Mailbox,
            Self::Role(_) => KeyUse::Role,
            Self::Exchange => KeyUse::Exchange,
            Self::Custodian => KeyUse::Custodian,
            Self::Witness | Self::Log | Self::Directory => return None,
        })
    }

    /// Reads what [`Display`](fmt::Display) prints: `statement`, `role:duty-officer` …
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(role) = text.strip_prefix("role:") {
            return RoleName::parse(role).ok().map(Self::Role);
        }
        [Self::Statement, Self::Mailbox, Self::Exchange, Self::Custodian, Self::Witness, Self::Log, Self::Directory]
            .into_iter()
            .find(|slot| slot.to_string() == text)
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Statement => f.write_str("statement"),
            Self::Mailbox => f.write_str("mailbox"),
            Self::Role(role) => write!(f, "role:{role}"),
            Self::Exchange => f.write_str("exchange"),
            Self::Custodian => f.write_str("custodian"),
            Self::Witness => f.write_str("witness"),
            Self::Log => f.write_str("log"),
            Self::Directory => f.write_str("directory"),
        }
    }
}

/// Which key file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DrawerName {
    /// May unlock at boot.
    Boot,
    /// Unlocks only when a person is there.
    Human,
}

impl DrawerName {
    fn file(self, protection: &Protection) -> &'static str {
        match (self, protection) {
            (Self::Boot, Protection::Passphrase { .. }) => "boot-keys.age",
            (Self::Boot, Protection::NoPassphrase) => "boot-keys.json",
            (Self::Human, Protection::Passphrase { .. }) => "human-keys.age",
            (Self::Human, Protection::NoPassphrase) => "human-keys.json",
        }
    }
}

/// The names of every key file that may stand in a desk's directory.
pub const KEY_FILES: [&str; 4] = ["boot-keys.age", "boot-keys.json", "human-keys.age", "human-keys.json"];

/// How a key file is kept.
#[derive(Clone)]
pub enum Protection {
    /// Encrypted with a passphrase.
    Passphrase {
        /// The passphrase.
        passphrase: SecretString,
        /// log2 of the scrypt work; `None` takes about a second. Lower it in tests alone.
        work_factor: Option<u8>,
    },
    /// Not encrypted: whoever reads the file has the keys. Must be asked for.
    NoPassphrase,
}

impl Protection {
    /// A passphrase with the default work factor.
    #[must_use]
    pub fn passphrase(text: &str) -> Self {
        Self::Passphrase { passphrase: SecretString::from(text.to_owned()), work_factor: None }
    }
}

impl fmt::Debug for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passphrase { .. } => "Passphrase(…)",
            Self::NoPassphrase => "NoPassphrase",
        })
    }
}

/// What is needed to open the keys.
#[derive(Clone, Debug)]
pub struct Unlock {
    /// For the keys that open at boot.
    pub boot: Protection,
    /// For the human keys; without it they stay locked.
    pub human: Option<Protection>,
}

impl Unlock {
    /// Both drawers, without a passphrase.
    #[must_use]
    pub fn no_passphrase() -> Self {
        Self { boot: Protection::NoPassphrase, human: Some(Protection::NoPassphrase) }
    }

    /// Both drawers with one passphrase.
    #[must_use]
    pub fn passphrase(text: &str) -> Self {
        Self { boot: Protection::passphrase(text), human: Some(Protection::passphrase(text)) }
    }
}

/// One open drawer.
struct Drawer {
    protection: Protection,
    keys: BTreeMap<Slot, SecretKey>,
    next: BTreeMap<Slot, SecretKey>,
    encryption: Vec<Identity>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    format: String,
    drawer: DrawerName,
    keys: Vec<StoredKey>,
    next: Vec<StoredKey>,
    encryption: Vec<StoredSecret>,
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct StoredKey {
    slot: String,
    seed: String,
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
struct StoredSecret(String);

/// The keys of one desk.
pub struct Keystore {
    dir: PathBuf,
    boot: Drawer,
    human: Option<Drawer>,
}

impl fmt::Debug for Keystore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Keystore({}, human keys {})",
            self.dir.display(),
            if self.human.is_some() { "open" } else { "locked" }
        )
    }
}

impl Keystore {
    /// Makes fresh keys for `slots`, the next keys of those that are enrolled, and an encryption identity if there is a
    /// mailbox key; writes both drawers.
    ///
    /// # Errors
    /// [`DeskError::Exists`] if any key file is there; [`DeskError::Io`], [`DeskError::Randomness`].
    pub fn create<R: Randomness>(
        dir: &Path,
        slots: &[Slot],
        boot: Protection,
        human: Protection,
        randomness: &mut R,
    ) -> Result<Self, DeskError> {
        for file in KEY_FILES {
            let path = dir.join(file);
            if path.exists() {
                return Err(DeskError::Exists { path });
            }
        }
        let empty =
            |protection| Drawer { protection, keys: BTreeMap::new(), next: BTreeMap::new(), encryption: Vec::new() };
        let (mut boot, mut human) = (empty(boot), empty(human));
        for slot in slots {
            let key = SecretKey::from_seed(&*randomness.secret_seed()?);
            let drawer = if slot.drawer() == DrawerName::Boot { &mut boot } else { &mut human };
            drawer.keys.insert(slot.clone(), key);
            if slot.key_use().is_some() {
                human.next.insert(slot.clone(), SecretKey::from_seed(&*randomness.secret_seed()?));
            }
        }
        if slots.contains(&Slot::Mailbox) {
            boot.encryption.push(Identity::from_bytes(*randomness.secret_seed()?));
        }
        let store = Self { dir: dir.to_owned(), boot, human: Some(human) };
        store.save()?;
        Ok(store)
    }

    /// Opens the drawers.
    ///
    /// # Errors
    /// [`DeskError::Passphrase`], [`DeskError::Protection`], [`DeskError::KeyFile`], [`DeskError::Io`].
    pub fn open(dir: &Path, unlock: Unlock) -> Result<Self, DeskError> {
        let boot = read_drawer(dir, DrawerName::Boot, unlock.boot)?;
        let human = unlock.human.map(|protection| read_drawer(dir, DrawerName::Human, protection)).transpose()?;
        Ok(Self { dir: dir.to_owned(), boot, human })
    }

    /// Writes every open drawer: one by one, each whole or not at all.
    ///
    /// # Errors
    /// [`DeskError::Io`].
    pub fn save(&self) -> Result<(), DeskError> {
        // Human first: it holds the next keys, without which a half-written rotation could not be finished.
        if let Some(human) = &self.human {
            write_drawer(&self.dir, DrawerName::Human, human)?;
        }
        write_drawer(&self.dir, DrawerName::Boot, &self.boot)
    }

    fn drawer(&self, slot: &Slot) -> Result<&Drawer, DeskError> {
        match slot.drawer() {
            DrawerName::Boot => Ok(&self.boot),
            DrawerName::Human => self.human.as_ref().ok_or_else(|| DeskError::Locked { slot: slot.to_string() }),
        }
    }

    /// The key of a slot.
    ///
    /// # Errors
    /// [`DeskError::Locked`] or [`DeskError::NoKey`].
    pub fn key(&self, slot: &Slot) -> Result<&SecretKey, DeskError> {
        self.drawer(slot)?.keys.get(slot).ok_or_else(|| DeskError::NoKey { slot: slot.to_string() })
    }

    /// The seed of a slot's key: for note and cosignature signers, which take seeds.
    ///
    /// # Errors
    /// As [`Keystore::key`].
    pub fn seed(&self, slot: &Slot) -> Result<Zeroizing<[u8; 32]>, DeskError> {
        Ok(self.key(slot)?.seed())
    }

    /// Whether the human keys are open.
    #[must_use]
    pub fn human_open(&self) -> bool {
        self.human.is_some()
    }

    /// Every slot whose key is open.
    pub fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.drawers().flat_map(|drawer| drawer.keys.keys())
    }

    fn drawers(&self) -> impl Iterator<Item = &Drawer> {
        std::iter::once(&self.boot).chain(&self.human)
    }

    /// The roles that have a key.
    pub fn roles(&self) -> impl Iterator<Item = &RoleName> {
        self.slots().filter_map(|slot| match slot {
            Slot::Role(role) => Some(role),
            _ => None,
        })
    }

    /// Encryption identities, newest first: older ones stay for what was sealed to them.
    #[must_use]
    pub fn identities(&self) -> Vec<&Identity> {
        self.boot.encryption.iter().rev().collect()
    }

    /// The recipient to declare: of the newest identity.
    ///
    /// # Errors
    /// [`DeskError::NoKey`].
    pub fn recipient(&self) -> Result<Recipient, DeskError> {
        let newest = self.boot.encryption.last();
        newest.map(Identity::recipient).ok_or_else(|| DeskError::NoKey { slot: "encryption".to_owned() })
    }

    /// Adds a fresh encryption identity, to be declared next.
    ///
    /// # Errors
    /// [`DeskError::Randomness`], [`DeskError::Io`].
    pub fn add_identity<R: Randomness>(&mut self, randomness: &mut R) -> Result<Recipient, DeskError> {
        self.boot.encryption.push(Identity::from_bytes(*randomness.secret_seed()?));
        self.save()?;
        self.recipient()
    }

    /// Takes an encryption identity that another party shared: oldest, so that it is never declared as the own one.
    ///
    /// # Errors
    /// [`DeskError::Io`].
    pub fn accept_identity(&mut self, identity: Identity) -> Result<(), DeskError> {
        let recipient = identity.recipient();
        if self.boot.encryption.iter().any(|known| known.recipient().as_bytes() == recipient.as_bytes()) {
            return Ok(());
        }
        self.boot.encryption.insert(0, identity);
        self.save()
    }

    /// The keys to enrol, in the order of the slots, with the keys that sign for them.
    ///
    /// # Errors
    /// [`DeskError::Locked`].
    pub fn enrolled(&self) -> Result<(Vec<EnrolledKey>, Vec<&SecretKey>), DeskError> {
        let human = self.human.as_ref().ok_or_else(|| DeskError::Locked { slot: Slot::Statement.to_string() })?;
        let mut all: Vec<_> = human.keys.iter().chain(&self.boot.keys).collect();
        all.sort_by(|a, b| a.0.cmp(b.0));
        let entries = all.into_iter().filter_map(|(slot, key)| Some((enrolled(slot, key)?, key)));
        Ok(entries.unzip())
    }

    /// The keys that come next, and which they are.
    ///
    /// # Errors
    /// [`DeskError::Locked`].
    pub fn next_enrolled(&self) -> Result<(Vec<EnrolledKey>, Vec<&SecretKey>), DeskError> {
        let human = self.human.as_ref().ok_or_else(|| DeskError::Locked { slot: Slot::Statement.to_string() })?;
        Ok(human.next.iter().filter_map(|(slot, key)| Some((enrolled(slot, key)?, key))).unzip())
    }

    /// What pre-rotation announces: the digest of the next keys.
    ///
    /// # Errors
    /// [`DeskError::Locked`].
    pub fn next_digest(&self) -> Result<Digest, DeskError> {
        let (keys, _) = self.next_enrolled()?;
        Ok(key_set_digest(&keys.iter().map(EnrolledKey::kid).collect::<Vec<_>>()))
    }

    /// Fresh keys to come after the next ones: made before a rotation is signed, since it announces them.
    ///
    /// # Errors
    /// [`DeskError::Locked`], [`DeskError::Randomness`].
    pub fn draw_after_next<R: Randomness>(&self, randomness: &mut R) -> Result<AfterNext, DeskError> {
        let human = self.human.as_ref().ok_or_else(|| DeskError::Locked { slot: Slot::Statement.to_string() })?;
        let fresh = human.next.keys().map(|slot| {
            let key = SecretKey::from_seed(&*randomness.secret_seed()?);
            Ok((slot.clone(), key))
        });
        Ok(AfterNext(fresh.collect::<Result<_, DeskError>>()?))
    }

    /// Makes the next keys the current ones, and `after` the next. Written before the rotation is sent would lock the
    /// desk out if it is refused; written after, a crash between leaves the old keys with a rotation in the directory:
    /// so the caller stages with [`Keystore::stage_rotation`] first.
    ///
    /// # Errors
    /// [`DeskError::Io`].
    pub fn rotate(&mut self, after: AfterNext) -> Result<(), DeskError> {
        let human = self.human.as_mut().ok_or_else(|| DeskError::Locked { slot: Slot::Statement.to_string() })?;
        for (slot, key) in std::mem::replace(&mut human.next, after.0) {
            let drawer = if slot.drawer() == DrawerName::Boot { &mut self.boot } else { &mut *human };
            drawer.keys.insert(slot, key);
        }
        self.save()?;
        remove_if_there(&self.dir.join(STAGED_FILE))
    }

    /// Writes the keys after next beside the drawers, under the human protection, before the rotation leaves.
    ///
    /// # Errors
    /// [`DeskError::Io`], [`DeskError::Locked`].
    pub fn stage_rotation(&self, after: &AfterNext) -> Result<(), DeskError> {
        let human = self.human.as_ref().ok_or_else(|| DeskError::Locked { slot: Slot::Statement.to_string() })?;
        let stored = Stored {
            format: FORMAT.to_owned(),
            drawer: DrawerName::Human,
            keys: Vec::new(),
            next: stored_keys(&after.0),
            encryption: Vec::new(),
        };
        write_stored(&self.dir.join(STAGED_FILE), &stored, &human.protection)
    }

    /// The staged keys of a rotation that was not finished.
    ///
    /// # Errors
    /// As [`Keystore::open`].
    pub fn staged_rotation(&self) -> Result<Option<AfterNext>, DeskError> {
        let path = self.dir.join(STAGED_FILE);
        let Some(human) = &self.human else { return Ok(None) };
        if !path.exists() {
            return Ok(None);
        }
        let drawer = read_stored(&path, DrawerName::Human, human.protection.clone())?;
        Ok(Some(AfterNext(drawer.next)))
    }
}

/// Where the keys after next wait while a rotation is on its way.
pub const STAGED_FILE: &str = "rotation-keys.staged";

/// Keys that a rotation announces and that nobody has seen.
pub struct AfterNext(BTreeMap<Slot, SecretKey>);

impl AfterNext {
    /// What the rotation announces.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let kids: Vec<_> = self.0.iter().filter_map(|(slot, key)| enrolled(slot, key)).map(|k| k.kid()).collect();
        key_set_digest(&kids)
    }
}

impl fmt::Debug for AfterNext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AfterNext({} keys)", self.0.len())
    }
}

fn enrolled(slot: &Slot, key: &SecretKey) -> Option<EnrolledKey> {
    let role = if let Slot::Role(role) = slot { Some(role.clone()) } else { None };
    Some(EnrolledKey { alg: Algorithm::Ed25519, public: key.public(), key_use: slot.key_use()?, role })
}

fn stored_keys(keys: &BTreeMap<Slot, SecretKey>) -> Vec<StoredKey> {
    let stored =
        |(slot, key): (&Slot, &SecretKey)| StoredKey { slot: slot.to_string(), seed: to_base64url(&*key.seed()) };
    keys.iter().map(stored).collect()
}

fn write_drawer(dir: &Path, name: DrawerName, drawer: &Drawer) -> Result<(), DeskError> {
    let stored = Stored {
        format: FORMAT.to_owned(),
        drawer: name,
        keys: stored_keys(&drawer.keys),
        next: stored_keys(&drawer.next),
        encryption: drawer.encryption.iter().map(|i| StoredSecret((*i.to_secret_string()).clone())).collect(),
    };
    write_stored(&dir.join(name.file(&drawer.protection)), &stored, &drawer.protection)
}

fn write_stored(path: &Path, stored: &Stored, protection: &Protection) -> Result<(), DeskError> {
    // Large enough that the buffer never grows: growing would leave copies of secrets behind.
    let mut plain = Zeroizing::new(Vec::with_capacity(KEY_FILE_BYTES_MAX as usize));
    serde_json::to_writer(&mut *plain, stored)
        .map_err(|error| DeskError::KeyFile { path: path.to_owned(), detail: error.to_string() })?;
    match protection {
        Protection::NoPassphrase => write_private(path, &plain),
        Protection::Passphrase { passphrase, work_factor } => {
            let io = |source| DeskError::Io { doing: "encrypt", path: path.to_owned(), source };
            let mut recipient = age::scrypt::Recipient::new(passphrase.clone());
            if let Some(factor) = work_factor {
                recipient.set_work_factor(*factor);
            }
            let encryptor = age::Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
                .map_err(|error| DeskError::KeyFile { path: path.to_owned(), detail: error.to_string() })?;
            let mut sealed = Vec::new();
            let mut writer = encryptor.wrap_output(&mut sealed).map_err(io)?;
            writer.write_all(&plain).map_err(io)?;
            writer.finish().map_err(io)?;
            write_private(path, &sealed)
        }
    }
}

fn read_drawer(dir: &Path, name: DrawerName, protection: Protection) -> Result<Drawer, DeskError> {
    let path = dir.join(name.file(&protection));
    if !path.exists() {
        let other = match protection {
            Protection::Passphrase { .. } => (Protection::NoPassphrase, "is not encrypted: no passphrase is needed"),
            Protection::NoPassphrase => (Protection::passphrase(""), "is encrypted: its passphrase is needed"),
        };
        let other_path = dir.join(name.file(&other.0));
        if other_path.exists() {
            return Err(DeskError::Protection { path: other_path, detail: other.1 });
        }
    }
    read_stored(&path, name, protection)
}

fn read_stored(path: &Path, name: DrawerName, protection: Protection) -> Result<Drawer, DeskError> {
    let io = |source| DeskError::Io { doing: "read", path: path.to_owned(), source };
    let wrong = |detail: String| DeskError::KeyFile { path: path.to_owned(), detail };
    let mut bytes = Zeroizing::new(Vec::with_capacity(KEY_FILE_BYTES_MAX as usize));
    std::fs::File::open(path).map_err(io)?.take(KEY_FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(io)?;
    let plain = match &protection {
        Protection::NoPassphrase => bytes,
        Protection::Passphrase { passphrase, .. } => {
            let decryptor = age::Decryptor::new(&bytes[..]).map_err(|error| wrong(error.to_string()))?;
            let mut identity = age::scrypt::Identity::new(passphrase.clone());
            identity.set_max_work_factor(WORK_FACTOR_MAX);
            let mut reader = decryptor
                .decrypt(std::iter::once(&identity as &dyn age::Identity))
                .map_err(|_| DeskError::Passphrase { path: path.to_owned() })?;
            let mut plain = Zeroizing::new(Vec::with_capacity(KEY_FILE_BYTES_MAX as usize));
            reader.read_to_end(&mut plain).map_err(io)?;
            plain
        }
    };
    let stored: Stored = serde_json::from_slice(&plain).map_err(|error| {
        // The reader's message may quote the text around the fault, which is secret: only its place is told.
        wrong(format!("line {}, column {}", error.line(), error.column()))
    })?;
    if stored.format != FORMAT || stored.drawer != name {
        return Err(wrong("format or drawer".to_owned()));
    }
    let keys = |stored: &[StoredKey]| -> Result<BTreeMap<Slot, SecretKey>, DeskError> {
        stored.iter().map(|key| read_key(key).ok_or_else(|| wrong("a key cannot be read".to_owned()))).collect()
    };
    let encryption = stored.encryption.iter().map(|secret| {
        Identity::parse(&secret.0).map_err(|_| wrong("an encryption identity cannot be read".to_owned()))
    });
    let (keys, next) = (keys(&stored.keys)?, keys(&stored.next)?);
    Ok(Drawer { protection, keys, next, encryption: encryption.collect::<Result<_, _>>()? })
}

fn read_key(stored: &StoredKey) -> Option<(Slot, SecretKey)> {
    let seed = Zeroizing::new(from_base64url("seed", &stored.seed).ok()?);
    let seed: Zeroizing<[u8; 32]> = Zeroizing::new(seed.as_slice().try_into().ok()?);
    Some((Slot::parse(&stored.slot)?, SecretKey::from_seed(&seed)))
}

/// Writes a file that only its owner reads: temporary file, sync, rename, sync of the directory.
///
/// # Errors
/// [`DeskError::Io`].
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), DeskError> {
    let io = |doing| move |source| DeskError::Io { doing, path: path.to_owned(), source };
    let temporary = path.with_extension("tmp");
    remove_if_there(&temporary)?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&temporary).map_err(io("create"))?;
    file.write_all(bytes).map_err(io("write"))?;
    file.sync_all().map_err(io("sync"))?;
    drop(file);
    std::fs::rename(&temporary, path).map_err(io("rename to"))?;
    if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::File::open(parent).and_then(|dir| dir.sync_all()).map_err(io("sync the directory of"))?;
    }
    Ok(())
}

fn remove_if_there(path: &Path) -> Result<(), DeskError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(DeskError::Io { doing: "remove", path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}
