//! JSON Canonicalization Scheme ([RFC 8785](https://www.rfc-editor.org/rfc/rfc8785)) of a value that was read.

use super::{Node, Value};
use std::fmt::Write as _;

/// The canonical bytes of a value: no white space, members sorted by UTF-16 code units, numbers as ECMAScript prints them.
#[must_use]
pub fn canonical(node: &Node<'_>) -> Vec<u8> {
    let mut out = String::new();
    write_value(&mut out, node);
    out.into_bytes()
}

/// The canonical text of an object made of some members.
pub(crate) fn canonical_object(members: &mut [(&str, &Node<'_>)]) -> String {
    let mut out = String::with_capacity(128);
    write_members(&mut out, members);
    out
}

fn write_members(out: &mut String, members: &mut [(&str, &Node<'_>)]) {
    members.sort_by(|a, b| {
        if a.0.is_ascii() && b.0.is_ascii() { a.0.cmp(b.0) } else { a.0.encode_utf16().cmp(b.0.encode_utf16()) }
    });
    out.push('{');
    for (index, (key, node)) in members.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        canonical_string(out, key);
        out.push(':');
        write_value(out, node);
    }
    out.push('}');
}

fn write_value(out: &mut String, node: &Node<'_>) {
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(text) => write_number(out, text),
        Value::String(text) => canonical_string(out, text),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_value(out, item);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<(&str, &Node<'_>)> =
                members.iter().map(|member| (member.key.as_ref(), &member.node)).collect();
            write_members(out, &mut sorted);
        }
    }
}

/// Appends a string with the escapes of RFC 8785 §3.2.2.2.
fn canonical_string(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{1f}' => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// A number as ECMAScript's `Number.prototype.toString` prints it (RFC 8785 §3.2.2.3).
fn write_number(out: &mut String, text: &str) {
    let value: f64 = text.parse().unwrap_or(0.0);
    if value == 0.0 {
        out.push('0');
        return;
    }
    // `{:e}` gives the shortest digits that read back to the same double, as ECMAScript asks for.
    let shortest = format!("{:e}", value.abs());
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let point = exponent + 1;
    if value < 0.0 {
        out.push('-');
    }
    if (count..=21).contains(&point) {
        out.push_str(&digits);
        out.extend(std::iter::repeat_n('0', (point - count) as usize));
    } else if (1..=21).contains(&point) {
        let (whole, fraction) = digits.split_at(point as usize);
        out.push_str(whole);
        out.push('.');
        out.push_str(fraction);
    } else if (-5..=0).contains(&point) {
        out.push_str("0.");
        out.extend(std::iter::repeat_n('0', (-point) as usize));
        out.push_str(&digits);
    } else {
        let (first, rest) = digits.split_at(1);
        out.push_str(first);
        if !rest.is_empty() {
            out.push('.');
            out.push_str(rest);
        }
        let _ = write!(out, "e{}{}", if exponent < 0 { '-' } else { '+' }, exponent.abs());
    }
}
