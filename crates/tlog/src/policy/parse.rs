//! Reading a policy, line by line; the rules stand in the documentation of the module above.

use std::collections::HashSet;

use super::{Group, LogLine, MAX_POLICY_BYTES, MAX_POLICY_ITEMS, Policy, Quorum, Threshold, WitnessLine};
use crate::codec::{decimal, excerpt};
use crate::error::FormatError;
use crate::key::{KeyAlgorithm, VerifierKey};

pub(super) fn policy(bytes: &[u8]) -> Result<Policy, FormatError> {
    if bytes.len() > MAX_POLICY_BYTES {
        let (found, limit) = (bytes.len(), MAX_POLICY_BYTES);
        return Err(FormatError::TooLong { what: "policy", found, limit, unit: "bytes" });
    }
    let mut parser = Parser::default();
    let mut rest = bytes;
    while !rest.is_empty() {
        parser.line += 1;
        // A file cut off within a line may name another quorum than the whole file.
        let end = rest.iter().position(|byte| *byte == b'\n').ok_or_else(|| parser.wrong("has no newline", ""))?;
        parser.read_line(&rest[..end])?;
        rest = &rest[end + 1..];
    }
    parser.finish()
}

#[derive(Default)]
struct Parser {
    line: usize,
    logs: Vec<LogLine>,
    witnesses: Vec<WitnessLine>,
    groups: Vec<Group>,
    quorum: Option<Quorum>,
    /// Witnesses and groups share one name space.
    names: HashSet<String>,
    members: HashSet<String>,
    log_keys: HashSet<Vec<u8>>,
    witness_keys: HashSet<Vec<u8>>,
}

impl Parser {
    fn wrong(&self, reason: &'static str, found: &str) -> FormatError {
        FormatError::Policy { line: self.line, reason, found: excerpt(found) }
    }

    fn read_line(&mut self, line: &[u8]) -> Result<(), FormatError> {
        if !line.iter().all(|byte| matches!(byte, b'\t' | 0x20..=0x7e | 0x80..)) {
            return Err(self.wrong("contains a control character (a carriage return is one)", ""));
        }
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        match line.iter().find(|byte| !blank(byte)) {
            None | Some(b'#') => return Ok(()),
            Some(_) => {}
        }
        let text = str::from_utf8(line).map_err(|_| self.wrong("is not UTF-8", ""))?;
        let words: Vec<&str> = text.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
        if let Some(word) = words.iter().find(|word| word.contains(char::is_whitespace)) {
            return Err(self.wrong("contains white space other than space and tab", word));
        }
        match words.as_slice() {
            ["log", key, url @ ..] => self.log(key, url),
            ["witness", name, key, url @ ..] => self.witness(name, key, url),
            ["group", name, threshold, members @ ..] => self.group(name, threshold, members),
            ["quorum", name] => self.quorum(name),
            ["log" | "witness" | "group" | "quorum", ..] => Err(self.wrong("has too few or too many words", "")),
            [other, ..] => Err(self.wrong("begins with an unknown word", other)),
            [] => Ok(()),
        }
    }

    fn log(&mut self, key: &str, url: &[&str]) -> Result<(), FormatError> {
        let url = self.url(url)?;
        let key = self.key(key)?;
        if !matches!(key.algorithm(), KeyAlgorithm::Ed25519 | KeyAlgorithm::CosignatureMlDsa44) {
            return Err(self.wrong("the key is not of a type that logs sign with (0x01, 0x06)", key.name().as_str()));
        }
        if !self.log_keys.insert(key.public_key().to_vec()) {
            return Err(self.wrong("this public key is that of another log line", key.name().as_str()));
        }
        self.logs.push(LogLine { key, url });
        self.limit(self.logs.len(), "logs")
    }

    fn witness(&mut self, name: &str, key: &str, url: &[&str]) -> Result<(), FormatError> {
        self.define(name)?;
        let url = self.url(url)?;
        let key = self.key(key)?;
        if !matches!(key.algorithm(), KeyAlgorithm::CosignatureEd25519 | KeyAlgorithm::CosignatureMlDsa44) {
            return Err(self.wrong("the key is not of a type that witnesses sign with (0x04, 0x06)", name));
        }
        if !self.witness_keys.insert(key.public_key().to_vec()) {
            return Err(self.wrong("this public key is that of another witness line", name));
        }
        self.witnesses.push(WitnessLine { name: name.to_owned(), key, url });
        self.limit(self.witnesses.len(), "witnesses")
    }

    fn group(&mut self, name: &str, threshold: &str, members: &[&str]) -> Result<(), FormatError> {
        for member in members {
            if !self.names.contains(*member) {
                return Err(self.wrong("this member is not defined on a line before", member));
            }
            if !self.members.insert((*member).to_owned()) {
                return Err(self.wrong("this name is a member already, and may be one only once", member));
            }
        }
        self.define(name)?;
        let threshold = match threshold {
            "any" => Threshold::Any,
            "all" => Threshold::All,
            count => match decimal("threshold", count).ok().and_then(|count| usize::try_from(count).ok()) {
                Some(count) if (1..=members.len()).contains(&count) => Threshold::Count(count),
                _ => return Err(self.wrong("the threshold is not any, all, or 1 to the number of members", count)),
            },
        };
        if members.is_empty() {
            return Err(self.wrong("the group has no members", name));
        }
        let members = members.iter().map(|member| (*member).to_owned()).collect();
        self.groups.push(Group { name: name.to_owned(), threshold, members });
        self.limit(self.groups.len(), "groups")
    }

    fn quorum(&mut self, name: &str) -> Result<(), FormatError> {
        let quorum = match name {
            "none" => Quorum::None,
            name if self.names.contains(name) => Quorum::Of(name.to_owned()),
            name => return Err(self.wrong("the quorum is not defined on a line before", name)),
        };
        match self.quorum.replace(quorum) {
            None => Ok(()),
            Some(_) => Err(self.wrong("there is a quorum already", name)),
        }
    }

    fn define(&mut self, name: &str) -> Result<(), FormatError> {
        if name == "none" {
            return Err(self.wrong("this name has a meaning of its own", name));
        }
        if !self.names.insert(name.to_owned()) {
            return Err(self.wrong("this name is defined already", name));
        }
        Ok(())
    }

    fn key(&self, text: &str) -> Result<VerifierKey, FormatError> {
        VerifierKey::parse(text).map_err(|error| FormatError::PolicyKey { line: self.line, source: Box::new(error) })
    }

    fn url(&self, words: &[&str]) -> Result<Option<String>, FormatError> {
        match words {
            [] => Ok(None),
            [url] => Ok(Some((*url).to_owned())),
            [_, more, ..] => Err(self.wrong("has words after its URL", more)),
        }
    }

    fn limit(&self, found: usize, unit: &'static str) -> Result<(), FormatError> {
        match found > MAX_POLICY_ITEMS {
            true => Err(FormatError::TooLong { what: "policy", found, limit: MAX_POLICY_ITEMS, unit }),
            false => Ok(()),
        }
    }

    fn finish(self) -> Result<Policy, FormatError> {
        let missing = self.wrong("the policy ends without a quorum line", "");
        let quorum = self.quorum.ok_or(missing)?;
        Ok(Policy { logs: self.logs, witnesses: self.witnesses, groups: self.groups, quorum })
    }
}
