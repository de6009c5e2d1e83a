//! One pass over the text, recursive with a depth limit. Members and elements are gathered on shared stacks and moved into
//! vectors of exact size, so that memory stays proportional to the text.

use super::{INTEGER_MAX, JsonError, JsonRule, Limits, Member, NUMBER_BYTES_MAX, Node, Span, Value};
use std::borrow::Cow;

/// Reads one JSON text: a value with white space around it and nothing else.
///
/// # Errors
/// [`JsonError`] for the first breach of RFC 8259, RFC 7493 or the limits.
pub fn read<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Node<'a>, JsonError> {
    let max = limits.bytes_max.min(u32::MAX as usize);
    if bytes.len() > max {
        let message = format!("the text has {} bytes, at most {max} are allowed", bytes.len());
        return Err(JsonError::new(max, JsonRule::TooLong, message));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| utf8_error(bytes, error.valid_up_to()))?;
    let mut reader =
        Reader { text, bytes, at: 0, limits, values: 0, members: Vec::with_capacity(16), items: Vec::new() };
    reader.skip_space();
    let node = reader.value(0)?;
    reader.skip_space();
    if reader.at < bytes.len() {
        return Err(reader.syntax("the end of the text"));
    }
    Ok(node)
}

/// A byte sequence of a surrogate (ED A0..BF) is not UTF-8; name it for what it is.
fn utf8_error(bytes: &[u8], at: usize) -> JsonError {
    if bytes.get(at) == Some(&0xED) && bytes.get(at + 1).is_some_and(|byte| *byte >= 0xA0) {
        return JsonError::new(at, JsonRule::CodePoint, "an encoded surrogate, which no string may hold");
    }
    JsonError::new(at, JsonRule::Utf8, "this byte is not UTF-8")
}

struct Reader<'a, 'l> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    limits: &'l Limits,
    values: usize,
    members: Vec<Member<'a>>,
    items: Vec<Node<'a>>,
}

impl<'a> Reader<'a, '_> {
    fn value(&mut self, depth: usize) -> Result<Node<'a>, JsonError> {
        self.values += 1;
        if self.values > self.limits.values_max {
            let message = format!("more than {} values", self.limits.values_max);
            return Err(JsonError::new(self.at, JsonRule::TooManyValues, message));
        }
        let start = self.at;
        let value = match self.bytes.get(start) {
            Some(b'"') => Value::String(self.string()?),
            Some(b'{') => self.object(depth + 1)?,
            Some(b'[') => self.array(depth + 1)?,
            Some(b't') => self.word("true", Value::Bool(true))?,
            Some(b'f') => self.word("false", Value::Bool(false))?,
            Some(b'n') => self.word("null", Value::Null)?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => return Err(self.syntax("a value")),
        };
        Ok(Node { span: span(start, self.at), value })
    }

    fn object(&mut self, depth: usize) -> Result<Value<'a>, JsonError> {
        self.check_depth(depth)?;
        let base = self.members.len();
        self.at += 1;
        self.skip_space();
        if self.bytes.get(self.at) == Some(&b'}') {
            self.at += 1;
            return Ok(Value::Object(Vec::new()));
        }
        loop {
            let key_at = self.at;
            if self.bytes.get(self.at) != Some(&b'"') {
                return Err(self.syntax("a member name in quotes"));
            }
            let key = self.string()?;
            let count = self.members.len() - base;
            if count >= self.limits.members_max {
                let message = format!("an object with more than {} members", self.limits.members_max);
                return Err(JsonError::new(key_at, JsonRule::TooManyMembers, message));
            }
            if count < LINEAR_SEARCH_MAX && self.members[base..].iter().any(|member| member.key == key) {
                return Err(duplicate(key_at, &key));
            }
            self.skip_space();
            if self.bytes.get(self.at) != Some(&b':') {
                return Err(self.syntax("':'").within(&key));
            }
            self.at += 1;
            self.skip_space();
            let node = match self.value(depth) {
                Ok(node) => node,
                Err(error) => return Err(error.within(&key)),
            };
            self.members.push(Member { key, node });
            self.skip_space();
            match self.bytes.get(self.at) {
                Some(b',') => {
                    self.at += 1;
                    self.skip_space();
                }
                Some(b'}') => {
                    self.at += 1;
                    break;
                }
                _ => return Err(self.syntax("',' or '}'")),
            }
        }
        if self.members.len() - base > LINEAR_SEARCH_MAX {
            self.refuse_duplicates(base)?;
        }
        Ok(Value::Object(self.members.drain(base..).collect()))
    }

    /// For large objects: the names sorted, so that a hostile object costs n log n.
    fn refuse_duplicates(&self, base: usize) -> Result<(), JsonError> {
        let mut keys: Vec<(&str, u32)> =
            self.members[base..].iter().map(|member| (member.key.as_ref(), member.node.span.start)).collect();
        keys.sort_unstable();
        match keys.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            Some(pair) => Err(duplicate(pair[1].1 as usize, pair[1].0)),
            None => Ok(()),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value<'a>, JsonError> {
        self.check_depth(depth)?;
        let base = self.items.len();
        self.at += 1;
        self.skip_space();
        if self.bytes.get(self.at) == Some(&b']') {
            self.at += 1;
            return Ok(Value::Array(Vec::new()));
        }
        loop {
            let index = self.items.len() - base;
            if index >= self.limits.items_max {
                let message = format!("an array with more than {} elements", self.limits.items_max);
                return Err(JsonError::new(self.at, JsonRule::TooManyItems, message));
            }
            let node = match self.value(depth) {
                Ok(node) => node,
                Err(error) => return Err(error.within(&index.to_string())),
            };
            self.items.push(node);
            self.skip_space();
            match self.bytes.get(self.at) {
                Some(b',') => {
                    self.at += 1;
                    self.skip_space();
                }
                Some(b']') => {
                    self.at += 1;
                    break;
                }
                _ => return Err(self.syntax("',' or ']'")),
            }
        }
        Ok(Value::Array(self.items.drain(base..).collect()))
    }

    fn check_depth(&self, depth: usize) -> Result<(), JsonError> {
        if depth > self.limits.depth_max {
            let message = format!("nested deeper than {} levels", self.limits.depth_max);
            return Err(JsonError::new(self.at, JsonRule::TooDeep, message));
        }
        Ok(())
    }

    fn word(&mut self, word: &'static str, value: Value<'a>) -> Result<Value<'a>, JsonError> {
        if self.bytes[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(value);
        }
        Err(self.syntax("a value"))
    }

    fn number(&mut self) -> Result<Value<'a>, JsonError> {
        let start = self.at;
        if self.bytes[self.at] == b'-' {
            self.at += 1;
        }
        match self.bytes.get(self.at) {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return Err(self.syntax("a digit")),
        }
        let mut integer = true;
        if self.bytes.get(self.at) == Some(&b'.') {
            integer = false;
            self.at += 1;
            self.some_digits()?;
        }
        if let Some(b'e' | b'E') = self.bytes.get(self.at) {
            integer = false;
            self.at += 1;
            if let Some(b'+' | b'-') = self.bytes.get(self.at) {
                self.at += 1;
            }
            self.some_digits()?;
        }
        let text = &self.text[start..self.at];
        if text.len() > NUMBER_BYTES_MAX {
            let message = format!("a number of {} characters, at most {NUMBER_BYTES_MAX} are allowed", text.len());
            return Err(JsonError::new(start, JsonRule::NumberTooLong, message));
        }
        let fits = if integer {
            text.parse::<i64>().is_ok_and(|value| (-INTEGER_MAX..=INTEGER_MAX).contains(&value))
        } else {
            text.parse::<f64>().is_ok_and(f64::is_finite)
        };
        if !fits {
            let message = if integer {
                format!("the integer {text} is outside ±(2^53−1)")
            } else {
                format!("the number {text} is too large for a double")
            };
            return Err(JsonError::new(start, JsonRule::NumberRange, message));
        }
        Ok(Value::Number(text))
    }

    fn some_digits(&mut self) -> Result<(), JsonError> {
        if !self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            return Err(self.syntax("a digit"));
        }
        self.digits();
        Ok(())
    }

    fn digits(&mut self) {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
    }

    /// Reads a string from its opening quote; borrowed unless it holds an escape.
    fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        let start = self.at + 1;
        let mut at = start;
        let mut plain = true;
        let end = loop {
            at = skip_plain(self.bytes, at);
            match self.bytes.get(at) {
                Some(b'"') => break at,
                Some(b'\\') => {
                    plain = false;
                    at += 2;
                }
                Some(0..=0x1F) => {
                    self.at = at;
                    return Err(self.syntax("an escape instead of a control character"));
                }
                Some(_) => at += 1,
                None => return Err(JsonError::new(self.at, JsonRule::Syntax, "a string that never ends")),
            }
        };
        if end - start > self.limits.string_bytes_max {
            let message =
                format!("a string of {} bytes, at most {} are allowed", end - start, self.limits.string_bytes_max);
            return Err(JsonError::new(self.at, JsonRule::StringTooLong, message));
        }
        let raw = &self.text[start..end];
        self.at = end + 1;
        if !raw.is_ascii() {
            refuse_noncharacters(raw, start)?;
        }
        if plain { Ok(Cow::Borrowed(raw)) } else { unescape(raw, start).map(Cow::Owned) }
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    fn syntax(&self, expected: &str) -> JsonError {
        let message = match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(found) => format!("expected {expected}, found {found:?}"),
            None => format!("expected {expected}, found the end of the text"),
        };
        JsonError::new(self.at, JsonRule::Syntax, message)
    }
}

/// The first byte from `at` that is a quote, a backslash or a control character; eight bytes at a time.
pub(super) fn skip_plain(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    while let Some(chunk) = bytes.get(at..at + 8).and_then(|chunk| <[u8; 8]>::try_from(chunk).ok()) {
        let word = u64::from_le_bytes(chunk);
        let quote = word ^ (ONES * b'"' as u64);
        let slash = word ^ (ONES * b'\\' as u64);
        // A borrow can only mark bytes above a real hit, so the lowest mark is always right.
        let hits = ((quote.wrapping_sub(ONES) & !quote)
            | (slash.wrapping_sub(ONES) & !slash)
            | (word.wrapping_sub(ONES * 0x20) & !word))
            & HIGHS;
        if hits != 0 {
            return at + (hits.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while bytes.get(at).is_some_and(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1F)) {
        at += 1;
    }
    at
}

/// Names up to this number are compared one by one.
const LINEAR_SEARCH_MAX: usize = 24;

fn span(start: usize, end: usize) -> Span {
    // `read` refuses texts of more than u32::MAX bytes.
    Span { start: start as u32, end: end as u32 }
}

fn duplicate(at: usize, key: &str) -> JsonError {
    JsonError::new(at, JsonRule::DuplicateKey, "this member name stands twice in one object").within(key)
}

fn is_noncharacter(c: char) -> bool {
    let code = c as u32;
    (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE
}

fn refuse_noncharacters(raw: &str, offset: usize) -> Result<(), JsonError> {
    // Every noncharacter begins with EF or F0..F4.
    for (index, byte) in raw.bytes().enumerate() {
        if byte >= 0xEF
            && let Some(c) = raw[index..].chars().next().filter(|c| is_noncharacter(*c))
        {
            let message = format!("the noncharacter U+{:04X}, which no string may hold", c as u32);
            return Err(JsonError::new(offset + index, JsonRule::CodePoint, message));
        }
    }
    Ok(())
}

fn unescape(raw: &str, offset: usize) -> Result<String, JsonError> {
    let bad = |at: usize| JsonError::new(offset + at, JsonRule::Syntax, "an escape that JSON does not know");
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(slash) = rest.find('\\') {
        out.push_str(&rest[..slash]);
        let at = raw.len() - rest.len() + slash;
        let kind = *raw.as_bytes().get(at + 1).ok_or_else(|| bad(at))?;
        let mut used = 2;
        out.push(match kind {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                used = 6;
                let lone = || JsonError::new(offset + at, JsonRule::CodePoint, "a lone surrogate in an escape");
                let mut code = hex4(raw, at + 2).ok_or_else(|| bad(at))?;
                if (0xD800..0xDC00).contains(&code) {
                    if raw.as_bytes().get(at + 6..at + 8) != Some(b"\\u") {
                        return Err(lone());
                    }
                    let low = hex4(raw, at + 8).ok_or_else(|| bad(at + 6))?;
                    if !(0xDC00..0xE000).contains(&low) {
                        return Err(lone());
                    }
                    used = 12;
                    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                }
                let c = char::from_u32(code).ok_or_else(lone)?;
                if is_noncharacter(c) {
                    let message = format!("the noncharacter U+{code:04X}, which no string may hold");
                    return Err(JsonError::new(offset + at, JsonRule::CodePoint, message));
                }
                c
            }
            _ => return Err(bad(at)),
        });
        // `kind` was ASCII, so this is a boundary; an escape at the very end was refused above.
        rest = raw.get(at + used..).ok_or_else(|| bad(at))?;
    }
    out.push_str(rest);
    Ok(out)
}

fn hex4(raw: &str, at: usize) -> Option<u32> {
    let digits = raw.as_bytes().get(at..at + 4)?;
    digits.iter().try_fold(0, |code, digit| Some(code * 16 + (*digit as char).to_digit(16)?))
}
