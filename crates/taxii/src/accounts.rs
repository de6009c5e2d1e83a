//! Accounts and their rights: acts of the operator, and the picture of them that a running server keeps.
//!
//! An account has at most one password (Argon2id, RFC 9106), any number of tokens (256 random bits, kept as SHA-256) and of
//! client certificates (SHA-256 of the certificate). [`Admin`] is one call for each act; it works beside a running server,
//! which sees the change within a second.

use crate::config::Config;
use crate::store::{OpenError, connect};
use crate::tlp::Tlp;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use monition_intel::taxii::Identifier;
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior, params};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Shortest password, in bytes. Passwords are guessed over the network only, against a limit; tokens are stronger.
pub const PASSWORD_BYTES_MIN: usize = 8;
/// Longest password, in bytes.
pub const PASSWORD_BYTES_MAX: usize = 1024;
/// Longest account name, in bytes.
pub const NAME_BYTES_MAX: usize = 128;

/// Why an act of the operator was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdminError {
    /// There is no such account.
    #[error("there is no account {name:?}")]
    Unknown {
        /// The name given.
        name: String,
    },
    /// There is one already.
    #[error("there is an account {name:?} already")]
    Exists {
        /// The name given.
        name: String,
    },
    /// A value breaks a rule.
    #[error("{what} {rule}")]
    Value {
        /// Which value.
        what: &'static str,
        /// The rule.
        rule: &'static str,
    },
    /// The database or the system failed.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] rusqlite::Error),
    /// The password could not be hashed, or no random bytes were there.
    #[error("the system failed: {0}")]
    System(String),
}

/// Rights of one account in one collection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Right {
    /// May read.
    pub read: bool,
    /// May add.
    pub write: bool,
    /// May remove; needs the other two (§5.7).
    pub delete: bool,
    /// Objects marked above this level do not exist for the account.
    pub tlp: Tlp,
}

/// What [`Admin::list`] says of an account. No secret is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountInfo {
    /// Its name.
    pub name: String,
    /// Whether it has a password.
    pub password: bool,
    /// Labels of its tokens.
    pub tokens: Vec<String>,
    /// Its certificates.
    pub certificates: Vec<[u8; 32]>,
    /// Rights given by command, by collection.
    pub rights: Vec<(Identifier, Right)>,
}

/// The operator's hand on the accounts.
#[derive(Debug)]
pub struct Admin {
    connection: Connection,
}

impl Admin {
    /// Opens the database of a data directory; it need not exist yet, and a server may be running on it.
    ///
    /// # Errors
    /// [`OpenError`]
    pub fn open(data_dir: &Path) -> Result<Self, AdminError> {
        let io = |e: std::io::Error| OpenError::Io { path: data_dir.to_owned(), detail: e.to_string() };
        std::fs::create_dir_all(data_dir).map_err(io)?;
        Ok(Self { connection: connect(data_dir)? })
    }

    fn change<T>(&mut self, act: impl FnOnce(&Transaction<'_>) -> Result<T, AdminError>) -> Result<T, AdminError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = act(&transaction)?;
        let generation = generation(&transaction)?.wrapping_add(1);
        transaction.execute("UPDATE meta SET value = ?1 WHERE name = 'accounts'", [generation.to_be_bytes()])?;
        transaction.commit()?;
        Ok(result)
    }

    /// Adds an account without password, token or right.
    ///
    /// # Errors
    /// [`AdminError::Value`], [`AdminError::Exists`]
    pub fn add_account(&mut self, name: &str) -> Result<(), AdminError> {
        let plain = (1..=NAME_BYTES_MAX).contains(&name.len()) && !name.chars().any(|c| c == ':' || c.is_control());
        if !plain {
            let rule = "has 1 to 128 bytes, no colon and no control character";
            return Err(AdminError::Value { what: "the account name", rule });
        }
        self.change(|transaction| {
            if number(transaction, name).is_ok() {
                return Err(AdminError::Exists { name: name.to_owned() });
            }
            transaction.execute("INSERT INTO account (name, changed) VALUES (?1, ?2)", params![name, now()])?;
            Ok(())
        })
    }

    /// Sets or replaces the password. Whoever uses the old one is out within a second.
    ///
    /// # Errors
    /// [`AdminError::Value`], [`AdminError::Unknown`]
    pub fn set_password(&mut self, name: &str, password: &str) -> Result<(), AdminError> {
        if !(PASSWORD_BYTES_MIN..=PASSWORD_BYTES_MAX).contains(&password.len()) {
            return Err(AdminError::Value { what: "the password", rule: "has 8 to 1024 bytes" });
        }
        let salt: [u8; 16] = random()?;
        let hash: PasswordHash = argon2::Argon2::default()
            .hash_password_with_salt(password.as_bytes(), &salt)
            .map_err(|e| AdminError::System(e.to_string()))?;
        let hash = hash.to_string();
        self.change(|transaction| {
            let n = number(transaction, name)?;
            let set = "UPDATE account SET password = ?2, changed = changed + 1 WHERE n = ?1";
            transaction.execute(set, params![n, hash])?;
            Ok(())
        })
    }

    /// Makes a token and gives it: the only time that it is seen. `label` names it for [`Admin::remove_token`].
    ///
    /// # Errors
    /// [`AdminError::Unknown`], [`AdminError::Exists`] where the account has a token of this label.
    pub fn new_token(&mut self, name: &str, label: &str) -> Result<String, AdminError> {
        let token = URL_SAFE_NO_PAD.encode(random::<32>()?);
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        self.change(|transaction| {
            let n = number(transaction, name)?;
            let there = "SELECT EXISTS (SELECT 1 FROM token WHERE account = ?1 AND label = ?2)";
            if transaction.query_row(there, params![n, label], |row| row.get(0))? {
                return Err(AdminError::Exists { name: format!("{name} with token {label}") });
            }
            transaction.execute("INSERT INTO token VALUES (?1, ?2, ?3, ?4)", params![digest, n, label, now()])?;
            Ok(())
        })?;
        Ok(token)
    }

    /// Ends a token. Gives whether there was one.
    ///
    /// # Errors
    /// [`AdminError::Unknown`]
    pub fn remove_token(&mut self, name: &str, label: &str) -> Result<bool, AdminError> {
        self.change(|transaction| {
            let n = number(transaction, name)?;
            Ok(transaction.execute("DELETE FROM token WHERE account = ?1 AND label = ?2", params![n, label])? > 0)
        })
    }

    /// Lets whoever connects with this client certificate act as the account. The listener must have checked it.
    ///
    /// # Errors
    /// [`AdminError::Unknown`]
    pub fn add_certificate(&mut self, name: &str, sha256: [u8; 32]) -> Result<(), AdminError> {
        self.change(|transaction| {
            let n = number(transaction, name)?;
            transaction.execute("INSERT OR REPLACE INTO certificate VALUES (?1, ?2)", params![sha256, n])?;
            Ok(())
        })
    }

    /// Ends a certificate. Gives whether there was one.
    ///
    /// # Errors
    /// [`AdminError::Database`]
    pub fn remove_certificate(&mut self, sha256: [u8; 32]) -> Result<bool, AdminError> {
        self.change(|transaction| Ok(transaction.execute("DELETE FROM certificate WHERE digest = ?1", [sha256])? > 0))
    }

    /// Removes an account with its password, tokens, certificates and rights. What it posted stays.
    ///
    /// # Errors
    /// [`AdminError::Unknown`]
    pub fn remove_account(&mut self, name: &str) -> Result<(), AdminError> {
        self.change(|transaction| {
            let n = number(transaction, name)?;
            for table in ["token", "certificate", "access"] {
                transaction.execute(&format!("DELETE FROM {table} WHERE account = ?1"), [n])?;
            }
            transaction.execute("DELETE FROM account WHERE n = ?1", [n])?;
            Ok(())
        })
    }

    /// Gives rights in a collection, in place of those it had, from the configuration file too.
    ///
    /// # Errors
    /// [`AdminError::Unknown`]
    pub fn grant(&mut self, name: &str, collection: Identifier, right: Right) -> Result<(), AdminError> {
        self.change(|transaction| {
            let n = number(transaction, name)?;
            let put = "INSERT OR REPLACE INTO access VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let Right { read, write, delete, tlp } = right;
            transaction.execute(put, params![n, collection.as_bytes(), read, write, delete, tlp.number()])?;
            Ok(())
        })
    }

    /// Takes all rights in a collection, those of the configuration file too.
    ///
    /// # Errors
    /// [`AdminError::Unknown`]
    pub fn revoke(&mut self, name: &str, collection: Identifier) -> Result<(), AdminError> {
        self.grant(name, collection, Right::default())
    }

    /// Every account, by name.
    ///
    /// # Errors
    /// [`AdminError::Database`]
    pub fn list(&self) -> Result<Vec<AccountInfo>, AdminError> {
        let mut find = self.connection.prepare("SELECT n, name, password IS NOT NULL FROM account ORDER BY name")?;
        let rows = find.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?)))?;
        let mut found = Vec::new();
        for row in rows {
            let (n, name, password) = row?;
            let mut tokens =
                self.connection.prepare_cached("SELECT label FROM token WHERE account = ?1 ORDER BY label")?;
            let mut certificates =
                self.connection.prepare_cached("SELECT digest FROM certificate WHERE account = ?1 ORDER BY digest")?;
            let mut rights = self.connection.prepare_cached(
                "SELECT collection, read, write, remove, tlp FROM access WHERE account = ?1 ORDER BY collection",
            )?;
            found.push(AccountInfo {
                name,
                password,
                tokens: tokens.query_map([n], |row| row.get(0))?.collect::<Result<_, _>>()?,
                certificates: certificates.query_map([n], |row| row.get(0))?.collect::<Result<_, _>>()?,
                rights: rights
                    .query_map([n], |row| Ok((Identifier::from_bytes(row.get(0)?), right(row, 1)?)))?
                    .collect::<Result<_, _>>()?,
            });
        }
        Ok(found)
    }
}

fn right(row: &rusqlite::Row<'_>, from: usize) -> rusqlite::Result<Right> {
    Ok(Right {
        read: row.get(from)?,
        write: row.get(from + 1)?,
        delete: row.get(from + 2)?,
        tlp: Tlp::from_number(row.get(from + 3)?),
    })
}

fn number(connection: &Connection, name: &str) -> Result<i64, AdminError> {
    let found = connection.query_row("SELECT n FROM account WHERE name = ?1", [name], |row| row.get(0)).optional()?;
    found.ok_or_else(|| AdminError::Unknown { name: name.to_owned() })
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], AdminError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| AdminError::System(e.to_string()))?;
    Ok(bytes)
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// Rises with each act of the operator.
pub(crate) fn generation(connection: &Connection) -> rusqlite::Result<u64> {
    let bytes: [u8; 8] =
        connection.prepare_cached("SELECT value FROM meta WHERE name = 'accounts'")?.query_row([], |row| row.get(0))?;
    Ok(u64::from_be_bytes(bytes))
}

/// One account as the server knows it.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) n: i64,
    pub(crate) name: String,
    password: Option<String>,
    /// Another value after each change of the password.
    pub(crate) changed: i64,
    rights: HashMap<Identifier, Right>,
}

impl Account {
    pub(crate) fn right(&self, collection: &Identifier) -> Right {
        self.rights.get(collection).copied().unwrap_or_default()
    }
}

/// All accounts at one generation.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    pub(crate) generation: u64,
    by_name: HashMap<String, Arc<Account>>,
    by_number: HashMap<i64, Arc<Account>>,
    by_token: HashMap<[u8; 32], i64>,
    by_certificate: HashMap<[u8; 32], i64>,
}

impl Accounts {
    pub(crate) fn load(connection: &mut Connection, config: &Config) -> rusqlite::Result<Self> {
        let transaction = connection.transaction()?;
        let mut accounts = Self { generation: generation(&transaction)?, ..Self::default() };
        let mut rights: HashMap<i64, HashMap<Identifier, Right>> = HashMap::new();
        let mut find =
            transaction.prepare_cached("SELECT account, collection, read, write, remove, tlp FROM access")?;
        let rows =
            find.query_map([], |row| Ok((row.get::<_, i64>(0)?, Identifier::from_bytes(row.get(1)?), right(row, 2)?)))?;
        for row in rows {
            let (account, collection, right) = row?;
            rights.entry(account).or_default().insert(collection, right);
        }
        let mut find = transaction.prepare_cached("SELECT n, name, password, changed FROM account")?;
        let rows = find.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
        for row in rows {
            let (n, name, password, changed): (i64, String, Option<String>, i64) = row?;
            let mut own = declared(config, &name);
            own.extend(rights.remove(&n).unwrap_or_default());
            let account = Arc::new(Account { n, name: name.clone(), password, changed, rights: own });
            accounts.by_number.insert(n, account.clone());
            accounts.by_name.insert(name, account);
        }
        let pairs = |sql| -> rusqlite::Result<HashMap<[u8; 32], i64>> {
            transaction.prepare_cached(sql)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        };
        accounts.by_token = pairs("SELECT digest, account FROM token")?;
        accounts.by_certificate = pairs("SELECT digest, account FROM certificate")?;
        Ok(accounts)
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Arc<Account>> {
        self.by_name.get(name)
    }

    pub(crate) fn numbered(&self, n: i64) -> Option<&Arc<Account>> {
        self.by_number.get(&n)
    }

    /// The account of a token. What is looked up is its hash: the time that takes says nothing of the token.
    pub(crate) fn of_token(&self, token: &str) -> Option<&Arc<Account>> {
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        self.numbered(*self.by_token.get(&digest)?)
    }

    pub(crate) fn of_certificate(&self, sha256: &[u8; 32]) -> Option<&Arc<Account>> {
        self.numbered(*self.by_certificate.get(sha256)?)
    }
}

/// The rights that the configuration file gives.
fn declared(config: &Config, name: &str) -> HashMap<Identifier, Right> {
    let collections = config.api_roots.iter().flat_map(|root| &root.collections);
    let mut rights = HashMap::new();
    for collection in collections {
        let Some(id) = Identifier::parse(&collection.id) else { continue };
        for grant in collection.grants.iter().filter(|grant| grant.account == name) {
            let delete = grant.delete.unwrap_or(grant.read && grant.write);
            rights.insert(id, Right { read: grant.read, write: grant.write, delete, tlp: grant.tlp });
        }
    }
    rights
}

/// Whether the password is the account's. Takes as long for an account that does not exist, or has none.
pub(crate) fn password_is(account: Option<&Account>, password: &str) -> bool {
    // The hash of nothing that anybody knows, with the parameters of `set_password`.
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$bW9uaXRpb25tb25pdGlvbg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let stored = account.and_then(|account| account.password.as_deref());
    let right = argon2::Argon2::default().verify_password(password.as_bytes(), stored.unwrap_or(NOBODY)).is_ok();
    right && stored.is_some()
}
