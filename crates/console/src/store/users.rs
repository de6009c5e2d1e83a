//! Users, passwords (Argon2id, RFC 9106) and sessions.

use super::{Store, integer, number};
use crate::error::ConsoleError;
use argon2::{Algorithm, Argon2, Params, Version};
use monition_evidence::encoding::sha256;
use monition_evidence::{RoleName, UnixSeconds};
use rusqlite::params;
use subtle::ConstantTimeEq as _;

/// RFC 9106 §4, second recommended option: 64 MiB, 3 passes, 4 lanes.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 4;

/// Shortest password, in characters; longest, in bytes.
const PASSWORD_CHARS_MIN: usize = 12;
const PASSWORD_BYTES_MAX: usize = 1024;

/// What a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Reads, and signs nothing.
    Reader,
    /// Answers, notes calls, takes cases over, writes drafts.
    DutyOfficer,
    /// Lets warnings, relays and dossiers out of the house.
    Releaser,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Reader, Self::DutyOfficer, Self::Releaser];

    /// The word in commands and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::DutyOfficer => "duty-officer",
            Self::Releaser => "releaser",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

/// A named user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The name with which the user signs in.
    pub name: String,
    /// The name that others see.
    pub display: String,
    /// What the user may do.
    pub roles: Vec<Role>,
    /// The role key that signs this user's answers; the desk's first one if none is named.
    pub sign_as: Option<RoleName>,
    /// Language tag, if the user chose one.
    pub language: Option<String>,
}

impl User {
    /// Whether the user has a role.
    #[must_use]
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}

/// A signed-in user.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) user: User,
    pub(crate) csrf: String,
}

struct Secret {
    salt: [u8; 16],
    hash: [u8; 32],
}

fn hash(password: &str, salt: &[u8; 16]) -> Result<[u8; 32], ConsoleError> {
    let mut out = [0; 32];
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(32)).map_err(|_| ConsoleError::Randomness)?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.as_bytes(), salt, &mut out)
        .map_err(|_| ConsoleError::User { rule: "the password cannot be used" })?;
    Ok(out)
}

fn secret(password: &str) -> Result<Secret, ConsoleError> {
    if password.chars().count() < PASSWORD_CHARS_MIN || password.len() > PASSWORD_BYTES_MAX {
        return Err(ConsoleError::User { rule: "a password has at least 12 characters and at most 1,024 bytes" });
    }
    let salt = random()?;
    Ok(Secret { salt, hash: hash(password, &salt)? })
}

/// Random bytes.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], ConsoleError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| ConsoleError::Randomness)?;
    Ok(bytes)
}

/// A random token of 256 bits as text.
fn token() -> Result<String, ConsoleError> {
    Ok(monition_evidence::encoding::to_base64url(&random::<32>()?))
}

fn roles_text(roles: &[Role]) -> String {
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" ")
}

const USER: &str = "SELECT name, display, roles, sign_as, language FROM users";

fn user(row: &rusqlite::Row<'_>) -> Result<User, rusqlite::Error> {
    let roles: String = row.get(2)?;
    let sign_as: Option<String> = row.get(3)?;
    Ok(User {
        name: row.get(0)?,
        display: row.get(1)?,
        roles: roles.split(' ').filter_map(Role::parse).collect(),
        sign_as: sign_as.and_then(|name| RoleName::parse(&name).ok()),
        language: row.get(4)?,
    })
}

impl Store {
    /// Adds a user.
    ///
    /// # Errors
    /// [`ConsoleError::User`], [`ConsoleError::UserExists`], [`ConsoleError::Store`].
    pub fn add_user(&self, new: &User, password: &str, now: UnixSeconds) -> Result<(), ConsoleError> {
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
        if new.name.is_empty() || new.name.chars().count() > 64 || !new.name.chars().all(fits) {
            return Err(ConsoleError::User { rule: "a user's name is 1 to 64 letters, digits, dots, hyphens" });
        }
        if new.roles.is_empty() {
            return Err(ConsoleError::User { rule: "a user has at least one role" });
        }
        if monition_evidence::Text::parse(&new.display).is_err() || new.display.chars().count() > 100 {
            return Err(ConsoleError::User { rule: "a display name has at most 100 characters" });
        }
        let secret = secret(password)?;
        let sql = "INSERT OR IGNORE INTO users (name, display, salt, hash, roles, sign_as, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let sign_as = new.sign_as.as_ref().map(RoleName::as_str);
        let values = params![
            new.name,
            new.display,
            secret.salt,
            secret.hash,
            roles_text(&new.roles),
            sign_as,
            integer(now.value())
        ];
        match self.execute("add a user", sql, values)? {
            0 => Err(ConsoleError::UserExists { name: new.name.clone() }),
            _ => Ok(()),
        }
    }

    /// Sets another password and ends the user's sessions.
    ///
    /// # Errors
    /// [`ConsoleError::NoUser`], [`ConsoleError::User`], [`ConsoleError::Store`].
    pub fn set_password(&self, name: &str, password: &str) -> Result<(), ConsoleError> {
        let secret = secret(password)?;
        let sql = "UPDATE users SET salt = ?2, hash = ?3 WHERE name = ?1";
        if self.execute("set a password", sql, params![name, secret.salt, secret.hash])? == 0 {
            return Err(ConsoleError::NoUser { name: name.to_owned() });
        }
        self.execute("end sessions", "DELETE FROM sessions WHERE user = ?1", [name]).map(drop)
    }

    /// Removes a user and ends the user's sessions; what the user did stays in the journal.
    ///
    /// # Errors
    /// [`ConsoleError::NoUser`], [`ConsoleError::Store`].
    pub fn remove_user(&self, name: &str) -> Result<(), ConsoleError> {
        if self.execute("remove a user", "DELETE FROM users WHERE name = ?1", [name])? == 0 {
            return Err(ConsoleError::NoUser { name: name.to_owned() });
        }
        self.execute("end sessions", "DELETE FROM sessions WHERE user = ?1", [name]).map(drop)
    }

    /// Every user, by name.
    ///
    /// # Errors
    /// [`ConsoleError::Store`].
    pub fn users(&self) -> Result<Vec<User>, ConsoleError> {
        self.rows("read users", &format!("{USER} ORDER BY name"), [], user)
    }

    pub(crate) fn set_language(&self, name: &str, tag: &str) -> Result<(), ConsoleError> {
        self.execute("set a language", "UPDATE users SET language = ?2 WHERE name = ?1", [name, tag]).map(drop)
    }

    /// The user of that name, if the password is right. As slow for a name that is not there as for one that is.
    ///
    /// # Errors
    /// [`ConsoleError::Store`].
    pub fn authenticate(&self, name: &str, password: &str) -> Result<Option<User>, ConsoleError> {
        let read = |row: &rusqlite::Row<'_>| Ok(Secret { salt: row.get(0)?, hash: row.get(1)? });
        let known = self.row("read a user", "SELECT salt, hash FROM users WHERE name = ?1", [name], read)?;
        if password.len() > PASSWORD_BYTES_MAX {
            return Ok(None);
        }
        let secret = known.unwrap_or(Secret { salt: [0; 16], hash: [0; 32] });
        if !bool::from(hash(password, &secret.salt)?.ct_eq(&secret.hash)) {
            return Ok(None);
        }
        self.row("read a user", &format!("{USER} WHERE name = ?1"), [name], user)
    }

    /// Begins a session; gives the token for the cookie, of which only the hash is kept.
    pub(crate) fn begin_session(&self, name: &str, now: UnixSeconds) -> Result<String, ConsoleError> {
        let secret = token()?;
        let sql = "INSERT INTO sessions (token, user, csrf, created_at, seen_at) VALUES (?1, ?2, ?3, ?4, ?4)";
        let digest = sha256(secret.as_bytes());
        self.execute("begin a session", sql, params![digest.as_bytes(), name, token()?, integer(now.value())])?;
        Ok(secret)
    }

    /// The session of a token that was begun and used recently enough, and notes that it was used.
    pub(crate) fn session(
        &self,
        token: &str,
        now: UnixSeconds,
        longest: u64,
        idle: u64,
    ) -> Result<Option<Session>, ConsoleError> {
        let digest = sha256(token.as_bytes());
        let sql = "SELECT u.name, u.display, u.roles, u.sign_as, u.language, s.csrf, s.created_at, s.seen_at
                   FROM sessions s JOIN users u ON u.name = s.user WHERE s.token = ?1";
        let read = |row: &rusqlite::Row<'_>| Ok((user(row)?, row.get(5)?, number(row, 6)?, number(row, 7)?));
        let Some((user, csrf, created, seen)) = self.row("read a session", sql, [digest.as_bytes()], read)? else {
            return Ok(None);
        };
        let now = now.value();
        if created.saturating_add(longest) < now || seen.saturating_add(idle) < now {
            self.execute("end a session", "DELETE FROM sessions WHERE token = ?1", [digest.as_bytes()])?;
            return Ok(None);
        }
        // A write for each request would be a sync for each request.
        if seen.saturating_add(60) < now {
            let sql = "UPDATE sessions SET seen_at = ?2 WHERE token = ?1";
            self.execute("keep a session", sql, params![digest.as_bytes(), integer(now)])?;
        }
        Ok(Some(Session { user, csrf }))
    }

    pub(crate) fn end_session(&self, token: &str) -> Result<(), ConsoleError> {
        let digest = sha256(token.as_bytes());
        self.execute("end a session", "DELETE FROM sessions WHERE token = ?1", [digest.as_bytes()]).map(drop)
    }
}
