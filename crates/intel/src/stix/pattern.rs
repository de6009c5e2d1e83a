//! Syntax of the STIX Patterning Language (STIX 2.1 §9).
//!
//! ```text
//! pattern     = follow
//! follow      = or *( "FOLLOWEDBY" or )
//! or          = and *( "OR" and )
//! and         = observed *( "AND" observed )
//! observed    = ( "[" comparison "]" / "(" follow ")" ) *qualifier
//! qualifier   = "START" time "STOP" time / "WITHIN" number "SECONDS" / "REPEATS" integer "TIMES"
//! comparison  = conjunction *( "OR" conjunction )
//! conjunction = test *( "AND" test )
//! test        = "(" comparison ")" / ["NOT"] "EXISTS" path / path ["NOT"] operator constant
//! path        = type ":" ( name / string ) *( "." ( name / string ) / "[" ( integer / "*" ) "]" )
//! ```
//!
//! One pass, without regular expressions; parentheses nest at most [`DEPTH_MAX`] deep, so that no text exhausts the stack.
//! *Not checked*: whether the properties of a path exist, and regular expressions after `MATCHES` (§9.6 leaves them to PCRE).

use super::timestamp::Timestamp;
use super::{forms, identifier};
use std::fmt;

/// Longest pattern, in bytes. Lists of some ten thousand hashes fit.
pub const PATTERN_BYTES_MAX: usize = 1 << 20;
/// Deepest nesting of parentheses.
pub const DEPTH_MAX: usize = 64;

/// Why a text is not a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// Byte offset in the pattern.
    pub offset: usize,
    /// Where the specification says so.
    pub section: &'static str,
    /// What was expected, or which rule was broken.
    pub message: &'static str,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {} of the pattern", self.message, self.offset)
    }
}

impl std::error::Error for PatternError {}

/// Checks that a text is a pattern.
///
/// # Errors
/// [`PatternError`] for the first place that is not in the grammar.
pub fn check(text: &str) -> Result<(), PatternError> {
    if text.len() > PATTERN_BYTES_MAX {
        return Err(PatternError { offset: PATTERN_BYTES_MAX, section: "§9", message: "the pattern is too long" });
    }
    let mut parser = Parser { text, at: 0, depth: 0 };
    parser.follow()?;
    parser.skip();
    if parser.at < text.len() {
        return Err(parser.error("§9.4", "expected an operator, a qualifier or the end"));
    }
    Ok(())
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

/// The object types that a comparison can match: the standard asks that the operands of AND share one (§9.5).
enum Types<'t> {
    One(&'t str),
    Many(Vec<&'t str>),
}

impl<'t> Types<'t> {
    fn as_slice(&self) -> &[&'t str] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Many(names) => names,
        }
    }

    fn or(self, other: Self) -> Self {
        if let (Self::One(a), Self::One(b)) = (&self, &other)
            && a == b
        {
            return self;
        }
        let mut names = match self {
            Self::One(name) => vec![name],
            Self::Many(names) => names,
        };
        for name in other.as_slice() {
            // Past this number nothing is refused any more: the check stays cheap.
            if names.len() < TYPES_MAX && !names.contains(name) {
                names.push(name);
            }
        }
        Self::Many(names)
    }

    /// The types that both can match; none if there are none.
    fn and(self, other: Self) -> Option<Self> {
        if self.as_slice().len() >= TYPES_MAX {
            return Some(other);
        }
        if other.as_slice().len() >= TYPES_MAX {
            return Some(self);
        }
        if let (Self::One(a), Self::One(b)) = (&self, &other) {
            return (a == b).then_some(self);
        }
        let both: Vec<&'t str> =
            self.as_slice().iter().filter(|name| other.as_slice().contains(name)).copied().collect();
        (!both.is_empty()).then_some(Self::Many(both))
    }
}

/// Most different object types that are remembered of one comparison.
const TYPES_MAX: usize = 64;

/// What the caller accepts after an operator.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Constants {
    /// Any constant.
    Any,
    /// Anything with an order: no boolean.
    Ordered,
    /// A string.
    Text,
}

impl<'t> Parser<'t> {
    fn follow(&mut self) -> Result<(), PatternError> {
        loop {
            self.observed_or()?;
            if !self.word("FOLLOWEDBY") {
                return Ok(());
            }
        }
    }

    fn observed_or(&mut self) -> Result<(), PatternError> {
        loop {
            self.observed_and()?;
            if !self.word("OR") {
                return Ok(());
            }
        }
    }

    fn observed_and(&mut self) -> Result<(), PatternError> {
        loop {
            self.observed()?;
            if !self.word("AND") {
                return Ok(());
            }
        }
    }

    fn observed(&mut self) -> Result<(), PatternError> {
        if self.mark(b'[') {
            self.comparison()?;
            self.expect(b']', "§9.5", "expected AND, OR or ']'")?;
        } else if self.mark(b'(') {
            self.deeper()?;
            self.follow()?;
            self.depth -= 1;
            self.expect(b')', "§9.5", "expected an operator or ')'")?;
        } else {
            return Err(self.error("§9.5", "expected '[' or '('"));
        }
        let (mut start, mut within, mut repeats) = (false, false, false);
        loop {
            let seen = if self.word("START") {
                self.time()?;
                self.expect_word("STOP")?;
                self.time()?;
                &mut start
            } else if self.word("WITHIN") {
                self.positive(true)?;
                self.expect_word("SECONDS")?;
                &mut within
            } else if self.word("REPEATS") {
                self.positive(false)?;
                self.expect_word("TIMES")?;
                &mut repeats
            } else {
                return Ok(());
            };
            if std::mem::replace(seen, true) {
                return Err(self.error("§9.5.1", "a qualifier of one kind stands twice on one expression"));
            }
        }
    }

    fn comparison(&mut self) -> Result<Types<'t>, PatternError> {
        let mut types = self.conjunction()?;
        while self.word("OR") {
            types = types.or(self.conjunction()?);
        }
        Ok(types)
    }

    fn conjunction(&mut self) -> Result<Types<'t>, PatternError> {
        let mut types = self.test()?;
        while self.word("AND") {
            let other = self.test()?;
            let message = "no object can have both types that AND joins here";
            types = types.and(other).ok_or_else(|| self.error("§9.5", message))?;
        }
        Ok(types)
    }

    fn test(&mut self) -> Result<Types<'t>, PatternError> {
        if self.mark(b'(') {
            self.deeper()?;
            let types = self.comparison()?;
            self.depth -= 1;
            self.expect(b')', "§9.6", "expected AND, OR or ')'")?;
            return Ok(types);
        }
        if self.word("NOT") {
            self.expect_word("EXISTS")?;
            return self.path();
        }
        if self.word("EXISTS") {
            return self.path();
        }
        let types = self.path()?;
        self.word("NOT");
        self.skip();
        let rest = &self.text.as_bytes()[self.at..];
        match rest {
            [b'=', b'=', ..] | [b'!', b'=', ..] | [b'<', b'>', ..] => {
                self.at += 2;
                self.constant(Constants::Any)?;
            }
            [b'=', ..] => {
                self.at += 1;
                self.constant(Constants::Any)?;
            }
            [b'<' | b'>', b'=', ..] => {
                self.at += 2;
                self.constant(Constants::Ordered)?;
            }
            [b'<' | b'>', ..] => {
                self.at += 1;
                self.constant(Constants::Ordered)?;
            }
            _ if self.word("IN") => self.set()?,
            _ if ["LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET"].iter().any(|operator| self.word(operator)) => {
                self.constant(Constants::Text)?;
            }
            _ => return Err(self.error("§9.6", "expected a comparison operator")),
        }
        Ok(types)
    }

    fn path(&mut self) -> Result<Types<'t>, PatternError> {
        self.skip();
        let start = self.at;
        let name = self.name(true).ok_or_else(|| self.error("§9.7", "expected an object type"))?;
        if !identifier::is_type_name(name) {
            return Err(PatternError { offset: start, section: "§9.7", message: "this is no name of an object type" });
        }
        self.expect(b':', "§9.7", "expected ':' after the object type")?;
        self.skip();
        let start = self.at;
        if let Some(property) = self.name(false) {
            if property != "id" && !is_property(property) {
                return Err(PatternError { offset: start, section: "§9.7", message: "this is no name of a property" });
            }
        } else {
            self.string("§9.7", "expected a property")?;
        }
        loop {
            if self.mark(b'.') {
                self.skip();
                if self.name(false).is_none() {
                    self.string("§9.7.1", "expected a property or a key")?;
                }
            } else if self.mark(b'[') {
                if !self.mark(b'*') {
                    self.skip();
                    let sign = self.text.as_bytes().get(self.at) == Some(&b'-');
                    self.at += usize::from(sign);
                    if !self.integer() {
                        return Err(self.error("§9.7.2", "expected an index or '*'"));
                    }
                }
                self.expect(b']', "§9.7.2", "expected ']'")?;
            } else {
                return Ok(Types::One(name));
            }
        }
    }

    fn set(&mut self) -> Result<(), PatternError> {
        self.expect(b'(', "§9.2", "expected '(' of a set")?;
        if self.mark(b')') {
            return Ok(());
        }
        loop {
            self.constant(Constants::Any)?;
            if !self.mark(b',') {
                return self.expect(b')', "§9.2", "expected ',' or ')' in a set");
            }
        }
    }

    fn constant(&mut self, allowed: Constants) -> Result<(), PatternError> {
        self.skip();
        let rest = &self.text.as_bytes()[self.at..];
        match rest {
            [b'\'', ..] => self.string("§9.2", "expected a string").map(drop),
            _ if allowed == Constants::Text => Err(self.error("§9.6", "expected a string")),
            [b't', b'\'', ..] => self.time(),
            [b'h', b'\'', ..] => {
                self.at += 1;
                let start = self.at;
                let text = self.string("§9.2", "expected hexadecimal digits")?;
                let fits = text.is_empty() || forms::is_hex(text);
                self.fits(fits, start, "this is no even number of hexadecimal digits")
            }
            [b'b', b'\'', ..] => {
                self.at += 1;
                let start = self.at;
                let text = self.string("§9.2", "expected base64")?;
                // Line feeds are ignored, §9.2.
                let fits = if text.contains(['\n', '\r']) {
                    forms::is_base64(&text.replace(['\n', '\r'], ""))
                } else {
                    text.is_empty() || forms::is_base64(text)
                };
                self.fits(fits, start, "this is not base64")
            }
            [b'+' | b'-' | b'.' | b'0'..=b'9', ..] => {
                if rest[0] == b'-' || rest[0] == b'+' {
                    self.at += 1;
                }
                self.number().map(drop).ok_or_else(|| self.error("§9.2", "expected a number"))
            }
            _ if allowed == Constants::Any && (self.word("true") || self.word("false")) => Ok(()),
            _ => Err(self.error("§9.2", "expected a constant")),
        }
    }

    fn fits(&self, fits: bool, offset: usize, message: &'static str) -> Result<(), PatternError> {
        if fits { Ok(()) } else { Err(PatternError { offset, section: "§9.2", message }) }
    }

    fn time(&mut self) -> Result<(), PatternError> {
        self.skip();
        if !self.text[self.at..].starts_with("t'") {
            return Err(self.error("§9.2", "expected a timestamp, t'…'"));
        }
        self.at += 1;
        let start = self.at;
        let text = self.string("§9.2", "expected a timestamp")?;
        self.fits(Timestamp::parse_stix(text).is_ok(), start, "this is no timestamp")
    }

    /// A number above zero, after WITHIN or REPEATS.
    fn positive(&mut self, fraction: bool) -> Result<(), PatternError> {
        self.skip();
        let start = self.at;
        if self.text.as_bytes().get(self.at) == Some(&b'+') {
            self.at += 1;
        }
        let digits = self.at;
        let message = "expected a number above zero";
        let real = self.number().ok_or(PatternError { offset: start, section: "§9.5.1", message })?;
        let zero = self.text[digits..self.at].bytes().all(|byte| matches!(byte, b'0' | b'.'));
        if zero || (real && !fraction) {
            return Err(PatternError { offset: start, section: "§9.5.1", message });
        }
        Ok(())
    }

    /// Digits with an optional fraction; true if there is one.
    fn number(&mut self) -> Option<bool> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        let whole = &bytes[start..self.at];
        if bytes.get(self.at) == Some(&b'.') && bytes.get(self.at + 1).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
            while bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
                self.at += 1;
            }
            return Some(true);
        }
        let canonical = matches!(whole, [b'0'] | [b'1'..=b'9', ..]);
        canonical.then_some(false)
    }

    fn integer(&mut self) -> bool {
        self.number() == Some(false)
    }

    /// A string from its apostrophe; what stands between the apostrophes, escapes as they are.
    fn string(&mut self, section: &'static str, message: &'static str) -> Result<&'t str, PatternError> {
        let bytes = self.text.as_bytes();
        if bytes.get(self.at) != Some(&b'\'') {
            return Err(self.error(section, message));
        }
        let start = self.at + 1;
        let mut at = start;
        loop {
            match bytes.get(at) {
                Some(b'\'') => {
                    self.at = at + 1;
                    return Ok(&self.text[start..at]);
                }
                Some(b'\\') if matches!(bytes.get(at + 1), Some(b'\'' | b'\\')) => at += 2,
                Some(b'\\') => {
                    let message = "a backslash stands only before an apostrophe or a backslash";
                    return Err(PatternError { offset: at, section: "§9.2", message });
                }
                Some(_) => at += 1,
                None => return Err(self.error("§9.2", "a string that never ends")),
            }
        }
    }

    /// A name of letters, digits, `_` and, in object types, `-`; no keyword.
    fn name(&mut self, hyphens: bool) -> Option<&'t str> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        if !bytes.get(start).is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_') {
            return None;
        }
        let mut at = start;
        while bytes
            .get(at)
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || (hyphens && *byte == b'-'))
        {
            at += 1;
        }
        let name = &self.text[start..at];
        if KEYWORDS.contains(&name) {
            return None;
        }
        self.at = at;
        Some(name)
    }

    /// Takes a keyword if it stands here as a whole word.
    fn word(&mut self, word: &str) -> bool {
        self.skip();
        let bytes = self.text.as_bytes();
        let end = self.at + word.len();
        let ends = !bytes.get(end).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        if bytes.get(self.at..end) == Some(word.as_bytes()) && ends {
            self.at = end;
            return true;
        }
        false
    }

    fn expect_word(&mut self, word: &'static str) -> Result<(), PatternError> {
        if self.word(word) {
            return Ok(());
        }
        let message = match word {
            "STOP" => "expected STOP",
            "SECONDS" => "expected SECONDS",
            "TIMES" => "expected TIMES",
            _ => "expected EXISTS",
        };
        Err(self.error("§9.5.1", message))
    }

    /// Takes a byte if it stands here.
    fn mark(&mut self, mark: u8) -> bool {
        self.skip();
        if self.text.as_bytes().get(self.at) == Some(&mark) {
            self.at += 1;
            return true;
        }
        false
    }

    fn expect(&mut self, mark: u8, section: &'static str, message: &'static str) -> Result<(), PatternError> {
        if self.mark(mark) { Ok(()) } else { Err(self.error(section, message)) }
    }

    fn deeper(&mut self) -> Result<(), PatternError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.error("§9", "the pattern nests too deep"));
        }
        Ok(())
    }

    /// White space of Unicode and comments.
    fn skip(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            match rest.as_bytes().first() {
                Some(b' ' | b'\n' | b'\r' | b'\t' | 0x0B | 0x0C) => self.at += 1,
                Some(b'/') if rest.starts_with("/*") => match rest.find("*/") {
                    Some(end) => self.at += end + 2,
                    None => return,
                },
                Some(b'/') if rest.starts_with("//") => self.at += rest.find('\n').unwrap_or(rest.len()),
                Some(0x80..) => match rest.chars().next() {
                    Some(c) if c.is_whitespace() => self.at += c.len_utf8(),
                    _ => return,
                },
                _ => return,
            }
        }
    }

    fn error(&self, section: &'static str, message: &'static str) -> PatternError {
        PatternError { offset: self.at, section, message }
    }
}

fn is_property(name: &str) -> bool {
    (3..=250).contains(&name.len()) && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

const KEYWORDS: &[&str] = &[
    "AND",
    "OR",
    "NOT",
    "FOLLOWEDBY",
    "LIKE",
    "MATCHES",
    "ISSUPERSET",
    "ISSUBSET",
    "EXISTS",
    "LAST",
    "IN",
    "START",
    "STOP",
    "SECONDS",
    "TRUE",
    "FALSE",
    "true",
    "false",
    "WITHIN",
    "REPEATS",
    "TIMES",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_every_construct_are_taken() {
        for text in [
            "[file:name = 'a']",
            "[ file:name='a' ]",
            "[file:hashes.'SHA-256' = 'aec070645fe53ee3b3763059376134f058cc337247c978add178b6ccdfb0019f']",
            "[file:hashes.MD5 = 'a' OR file:hashes.'SHA-1' = 'b']",
            "[ipv4-addr:value = '198.51.100.1/32' OR ipv6-addr:value = '2001:db8::1']",
            "[file:size > 10 AND file:size <= 20.5 AND file:name NOT LIKE '%.exe']",
            "[file:size != 0 AND file:size <> -1 AND file:size == +2]",
            "[network-traffic:dst_ref.value ISSUBSET '198.51.100.0/24']",
            "[network-traffic:dst_ref.type = 'domain-name' AND network-traffic:protocols[*] IN ('tcp', 'udp')]",
            "[process:command_line MATCHES '^.+>-add GlobalSign.cer -c$'] FOLLOWEDBY [process:pid = 5] WITHIN 300 SECONDS",
            "([file:name = 'a'] AND [file:name = 'b']) REPEATS 5 TIMES WITHIN 1800.5 SECONDS",
            "[a-b:name = 'x'] START t'2016-05-01T00:00:00Z' STOP t'2016-06-01T00:00:00.123Z'",
            "[file:extensions.'windows-pebinary-ext'.sections[0].entropy > 7.0]",
            "[windows-registry-key:values[-1].data = h'00ff' OR windows-registry-key:values[0].data = b'aGk=']",
            "[user-account:is_privileged = true AND NOT EXISTS user-account:user_id]",
            "[EXISTS windows-registry-key:values]",
            "[file:name IN ()]",
            "[file:'x-own'.\u{3000}name = 'it\\'s \\\\ here']",
            "[(file:name = 'a' OR directory:path = 'b') AND file:size = 1]",
            "[email-message:from_ref.value MATCHES '.+\\\\@example\\\\.com$'] /* why */ // done",
            "[file:created < t'2016-05-01T00:00:00Z']",
            "[x-own:id = .5]",
            // Tokens need no space between them where they cannot run together.
            "[file:size=5AND file:name='a']WITHIN 5SECONDS",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_is_not_in_the_grammar_is_refused() {
        for text in [
            "",
            "file:name = 'a'",
            "[file:name = 'a'",
            "[file:name = 'a']]",
            "[file:name = a]",
            "[file:name = \"a\"]",
            "[file:name 'a']",
            "[file = 'a']",
            "[file:name = 'a' and file:size = 1]",
            "[file:name = 'a' AND]",
            "[file:name = 'a'] AND",
            "[file:name = 'a'] [file:name = 'b']",
            "[file:name = 'a' AND directory:path = 'b']",
            "[(file:name = 'a' OR url:value = 'c') AND directory:path = 'b']",
            "[file:name > true]",
            "[file:name LIKE 5]",
            "[file:name MATCHES b'aGk=']",
            "[file:name = h'0']",
            "[file:name = b'a']",
            "[file:name = t'2016-02-30T00:00:00Z']",
            "[file:name = 'a\\n']",
            "[file:name = 'a]",
            "[file:name[x] = 'a']",
            "[file:name[01] = 'a']",
            "[file:name. = 'a']",
            "[NOT file:name = 'a']",
            "[EXISTS file]",
            "[f:name = 'a']",
            "[File:name = 'a']",
            "[file:na = 'a']",
            "[file:Name = 'a']",
            "[file:name IN ('a' 'b')]",
            "[file:name IN 'a']",
            "[file:name = 'a'] REPEATS 0 TIMES",
            "[file:name = 'a'] REPEATS 1.5 TIMES",
            "[file:name = 'a'] REPEATS -1 TIMES",
            "[file:name = 'a'] WITHIN 0.0 SECONDS",
            "[file:name = 'a'] WITHIN 5 MINUTES",
            "[file:name = 'a'] WITHIN 5 SECONDS WITHIN 6 SECONDS",
            "[file:name = 'a'] START '2016-05-01T00:00:00Z' STOP t'2016-06-01T00:00:00Z'",
            "[file:name = 'a'] START t'2016-05-01T00:00:00Z'",
            "[file:name = 'a'] /* no end",
            "[file:size = 01]",
            "[file:size = 1x]",
            "[file:size = - 1]",
        ] {
            assert!(check(text).is_err(), "accepted {text}");
        }
    }

    #[test]
    fn hostile_patterns_end_in_a_refusal() {
        let deep = format!("{}[file:name = 'a']{}", "(".repeat(DEPTH_MAX + 1), ")".repeat(DEPTH_MAX + 1));
        assert_eq!(check(&deep).unwrap_err().message, "the pattern nests too deep");
        let fits = format!("{}[file:name = 'a']{}", "(".repeat(DEPTH_MAX), ")".repeat(DEPTH_MAX));
        assert_eq!(check(&fits), Ok(()));
        assert_eq!(check(&"[".repeat(PATTERN_BYTES_MAX)).unwrap_err().message, "expected an object type");
        assert_eq!(check(&"[".repeat(PATTERN_BYTES_MAX + 1)).unwrap_err().message, "the pattern is too long");
        let many: Vec<String> = (0..10_000).map(|n| format!("x-type-{n}:name = 'a'")).collect();
        assert_eq!(check(&format!("[{}]", many.join(" OR "))), Ok(()));
        assert_eq!(check(&format!("[({}) AND file:name = 'b']", many[..8000].join(" OR "))), Ok(()));
    }
}
