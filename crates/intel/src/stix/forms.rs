//! Texts that another standard gives a form: addresses, names, tags. No regular expressions; every check is linear.

use super::tables::{Form, is_charset};

/// What a form asks for, for the message of an issue; none if the text has it.
pub(super) fn breach(form: Form, text: &str) -> Option<&'static str> {
    let (holds, asked) = match form {
        Form::Charset => (is_charset(text), "a name of the IANA character set registry"),
        Form::Cpe => (is_cpe(text), "a CPE 2.3 formatted string"),
        Form::Domain => (is_domain(text), "a domain name (RFC 1034, RFC 5890)"),
        Form::Email => (is_email(text), "an address as in addr-spec of RFC 5322, without display name"),
        Form::Ipv4 => (is_ipv4(text), "an IPv4 address or a CIDR block, without leading zeros"),
        Form::Ipv6 => (is_ipv6(text), "an IPv6 address or a CIDR block"),
        Form::Language => (is_language_tag(text), "a well-formed language tag (RFC 5646)"),
        Form::Mac => (is_mac(text), "a MAC-48 address in lower case, with colons and leading zeros"),
        Form::Mime => (is_mime(text), "a MIME type as IANA registers them, type/subtype"),
        Form::PropertyName => (super::identifier::is_property_name(text), "3 to 250 of a-z, 0-9 and _"),
        Form::RegistryKey => (is_registry_key(text), "a registry key whose hive is written in full"),
        Form::RelationshipName => (is_relationship_name(text), "lowercase ASCII letters, digits and hyphens"),
        Form::Url => (is_url(text), "a URL (RFC 3986)"),
    };
    (!holds).then_some(asked)
}

/// NISTIR 7695 §6.2: `cpe:2.3:` and eleven components, special characters escaped by a backslash.
fn is_cpe(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("cpe:2.3:") else { return false };
    let bytes = rest.as_bytes();
    let (mut count, mut start, mut at) = (0, 0, 0);
    while at <= bytes.len() {
        match bytes.get(at) {
            Some(b'\\') => at += 1,
            Some(b':') | None => {
                let Some(part) = bytes.get(start..at) else { return false };
                if !is_cpe_component(part, count) {
                    return false;
                }
                count += 1;
                start = at + 1;
            }
            Some(_) => {}
        }
        at += 1;
    }
    count == 11
}

fn is_cpe_component(part: &[u8], index: usize) -> bool {
    match part {
        [] => false,
        b"*" | b"-" => true,
        [kind] if index == 0 => b"aho".contains(kind),
        _ if index == 0 => false,
        _ => {
            let mut escaped = false;
            for (at, byte) in part.iter().enumerate() {
                let edge = at == 0 || at + 1 == part.len();
                let wild_run = |run: &[u8]| run.iter().all(|byte| *byte == b'?');
                let fits = if escaped {
                    byte.is_ascii_punctuation()
                } else {
                    match byte {
                        b'\\' => at + 1 < part.len(),
                        b'*' => edge,
                        b'?' => wild_run(&part[..at]) || wild_run(&part[at..]),
                        _ => byte.is_ascii_alphanumeric() || b"-._".contains(byte),
                    }
                };
                if !fits {
                    return false;
                }
                escaped = !escaped && *byte == b'\\';
            }
            true
        }
    }
}

fn is_domain(text: &str) -> bool {
    let text = text.strip_suffix('.').unwrap_or(text);
    !text.is_empty() && text.len() <= 253 && text.split(['.', '。']).all(is_label)
}

fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= 63 * 4
        && (label.len() <= 63 || !label.is_ascii())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || (!c.is_ascii() && is_name_character(c)))
}

/// A rough cut of RFC 5892: letters, digits and marks of any script; marks are what is left outside ASCII after spaces,
/// controls and the general punctuation are taken away.
fn is_name_character(c: char) -> bool {
    c.is_alphanumeric()
        || !(c.is_whitespace() || c.is_control() || ('\u{2000}'..='\u{206F}').contains(&c))
        || matches!(c, '\u{200C}' | '\u{200D}')
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    if local.is_empty() || domain.is_empty() || text.contains(|c: char| c.is_control()) {
        return false;
    }
    let quoted = local.len() >= 2 && local.starts_with('"') && local.ends_with('"');
    let atoms = || {
        local.split('.').all(|atom| {
            !atom.is_empty()
                && atom.chars().all(|c| !c.is_ascii() || c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c))
        })
    };
    let literal = domain.starts_with('[') && domain.ends_with(']');
    (quoted || atoms())
        && (literal || domain.split('.').all(|label| !label.is_empty() && !label.contains([' ', '<', '>'])))
}

fn prefix_length(text: &str, max: u8) -> bool {
    text.parse::<u8>().is_ok_and(|length| length <= max) && (text == "0" || !text.starts_with(['0', '+']))
}

fn is_ipv4(text: &str) -> bool {
    let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    let octets = address
        .split('.')
        .try_fold(0, |count, octet| (octet.len() <= 3 && prefix_length(octet, u8::MAX)).then_some(count + 1));
    octets == Some(4) && length.is_none_or(|length| prefix_length(length, 32))
}

fn is_ipv6(text: &str) -> bool {
    let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    address.parse::<core::net::Ipv6Addr>().is_ok() && length.is_none_or(|length| prefix_length(length, 128))
}

fn is_mac(text: &str) -> bool {
    text.len() == 17
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at % 3 == 2 { byte == b':' } else { matches!(byte, b'0'..=b'9' | b'a'..=b'f') })
}

/// RFC 6838 §4.2: the top-level types that exist, and a restricted name. Parameters are no part of the type.
fn is_mime(text: &str) -> bool {
    const TOP: [&str; 11] = [
        "application",
        "audio",
        "example",
        "font",
        "haptics",
        "image",
        "message",
        "model",
        "multipart",
        "text",
        "video",
    ];
    text.split_once('/').is_some_and(|(top, sub)| {
        TOP.iter().any(|name| name.eq_ignore_ascii_case(top))
            && (1..=127).contains(&sub.len())
            && sub.as_bytes()[0].is_ascii_alphanumeric()
            && sub.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    })
}

/// §6.17: the hive is never abbreviated.
fn is_registry_key(text: &str) -> bool {
    let hive = text.split('\\').next().unwrap_or_default();
    !["hklm", "hkcc", "hkcr", "hkcu", "hku"].iter().any(|short| hive.eq_ignore_ascii_case(short))
}

fn is_relationship_name(text: &str) -> bool {
    (1..=250).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}

/// RFC 3986 §3, absolute: scheme, and characters that may stand in the rest.
fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let scheme_holds = scheme.as_bytes().first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    if !scheme_holds || rest.is_empty() {
        return false;
    }
    let bytes = rest.as_bytes();
    let (mut at, mut fragments) = (0, 0);
    let authority =
        rest.strip_prefix("//").map_or(0, |after| after.find(['/', '?', '#']).map_or(rest.len(), |end| end + 2));
    while at < bytes.len() {
        match bytes[at] {
            b'%' => {
                if !(bytes.get(at + 1).is_some_and(u8::is_ascii_hexdigit)
                    && bytes.get(at + 2).is_some_and(u8::is_ascii_hexdigit))
                {
                    return false;
                }
                at += 2;
            }
            b'#' => fragments += 1,
            // Brackets stand around an IP literal and nowhere else.
            b'[' | b']' if at < authority => {}
            byte if byte.is_ascii_alphanumeric() || b"-._~:/?@!$&'()*+,;=".contains(&byte) => {}
            _ => return false,
        }
        at += 1;
    }
    fragments <= 1 && has_sound_host(&rest[..authority])
}

/// `//user@host:port`: the port is digits, a bracketed host is closed.
fn has_sound_host(authority: &str) -> bool {
    let Some(authority) = authority.strip_prefix("//") else { return true };
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let port = match host.strip_prefix('[') {
        Some(literal) => match literal.split_once(']') {
            Some((_, after)) => after,
            None => return false,
        },
        None => host.find(':').map_or("", |at| &host[at..]),
    };
    port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// RFC 5646 §2.1, well-formed: the grammar, not the registry. The irregular grandfathered tags are taken too.
pub(super) fn is_language_tag(text: &str) -> bool {
    if IRREGULAR.iter().any(|tag| tag.eq_ignore_ascii_case(text)) {
        return true;
    }
    if text.len() > 255 || text.bytes().any(|byte| !byte.is_ascii_alphanumeric() && byte != b'-') {
        return false;
    }
    let mut tags = text.split('-').peekable();
    let alpha = |tag: &str| tag.bytes().all(|byte| byte.is_ascii_alphabetic());
    let digits = |tag: &str| tag.bytes().all(|byte| byte.is_ascii_digit());
    let Some(first) = tags.next() else { return false };
    if first.eq_ignore_ascii_case("x") {
        return is_private(&mut tags);
    }
    if !alpha(first) || !(2..=8).contains(&first.len()) {
        return false;
    }
    if first.len() <= 3 {
        for _ in 0..3 {
            tags.next_if(|tag| tag.len() == 3 && alpha(tag));
        }
    }
    tags.next_if(|tag| tag.len() == 4 && alpha(tag));
    tags.next_if(|tag| (tag.len() == 2 && alpha(tag)) || (tag.len() == 3 && digits(tag)));
    let mut seen: Vec<&str> = Vec::new();
    while let Some(variant) =
        tags.next_if(|tag| (5..=8).contains(&tag.len()) || (tag.len() == 4 && tag.as_bytes()[0].is_ascii_digit()))
    {
        if seen.iter().any(|other| other.eq_ignore_ascii_case(variant)) {
            return false;
        }
        seen.push(variant);
    }
    while let Some(singleton) = tags.next() {
        if singleton.len() != 1 {
            return false;
        }
        if singleton.eq_ignore_ascii_case("x") {
            return is_private(&mut tags);
        }
        let mut count = 0;
        while tags.next_if(|tag| (2..=8).contains(&tag.len())).is_some() {
            count += 1;
        }
        if count == 0 {
            return false;
        }
    }
    true
}

fn is_private<'t>(tags: &mut impl Iterator<Item = &'t str>) -> bool {
    let mut count = 0;
    for tag in tags {
        if !(1..=8).contains(&tag.len()) {
            return false;
        }
        count += 1;
    }
    count > 0
}

static IRREGULAR: &[&str] = &[
    "en-GB-oed",
    "i-ami",
    "i-bnn",
    "i-default",
    "i-enochian",
    "i-hak",
    "i-klingon",
    "i-lux",
    "i-mingo",
    "i-navajo",
    "i-pwn",
    "i-tao",
    "i-tay",
    "i-tsu",
    "sgn-BE-FR",
    "sgn-BE-NL",
    "sgn-CH-DE",
];

/// Base64 with padding (RFC 4648 §4), without line breaks; what is not canonical is taken.
pub(super) fn is_base64(text: &str) -> bool {
    let bytes = text.as_bytes();
    let body = bytes.strip_suffix(b"==").or_else(|| bytes.strip_suffix(b"=")).unwrap_or(bytes);
    !bytes.is_empty()
        && bytes.len().is_multiple_of(4)
        && body.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

/// An even number of hexadecimal digits, at least two.
pub(super) fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(form: Form, good: &[&str], bad: &[&str]) {
        for text in good {
            assert_eq!(breach(form, text), None, "{form:?} refused {text:?}");
        }
        for text in bad {
            assert!(breach(form, text).is_some(), "{form:?} accepted {text:?}");
        }
    }

    #[test]
    fn addresses_have_their_form() {
        table(
            Form::Ipv4,
            &["192.168.0.1", "0.0.0.0", "255.255.255.255", "10.0.0.0/8", "10.0.0.0/0", "10.0.0.1/32"],
            &[
                "",
                "1.2.3",
                "1.2.3.4.5",
                "256.1.1.1",
                "01.2.3.4",
                "1.2.3.4/33",
                "1.2.3.4/",
                "1.2.3.4/01",
                "1.2.3.4/a",
                "1.2.3.+4",
            ],
        );
        table(
            Form::Ipv6,
            &["::", "2001:db8::1", "2001:DB8::1", "::ffff:192.0.2.1", "fe80::/10", "fe80::/128"],
            &["", ":::", "foo", "1::2::3", "fe80::/129", "fe80::/a", "fe80::/", "fe80::%eth0"],
        );
        table(
            Form::Mac,
            &["00:00:ab:cd:ef:01"],
            &[
                "",
                "00:00:AB:cd:ef:01",
                "00-00-ab-cd-ef-01",
                "0:0:ab:cd:ef:01",
                "00:00:ab:cd:ef:01:02",
                "00:00:ab:cd:ef:0g",
            ],
        );
        table(
            Form::Email,
            &[
                "jane.smith@example.com",
                "\"a b\"@example.com",
                "o'neil+x@sub.example",
                "почта@пример.рф",
                "a@[192.0.2.1]",
            ],
            &[
                "",
                "jane",
                "@example.com",
                "jane@",
                "Jane <jane@example.com>",
                "a..b@example.com",
                "a b@example.com",
                "a@b..c",
            ],
        );
    }

    #[test]
    fn names_have_their_form() {
        table(
            Form::Domain,
            &[
                "example.com",
                "example",
                "xn--e1afmkfd.xn--p1ai",
                "пример.рф",
                "مثال.إيران",
                "a-1.example.",
                "1.2.example",
            ],
            &[
                "",
                ".",
                "a..b",
                "-a.example",
                "a-.example",
                "a b.example",
                "a_b.example",
                "*.example",
                "a/b",
                "example.com:80",
            ],
        );
        table(
            Form::Url,
            &[
                "https://example.com/a?b#c",
                "http://[2001:db8::1]:80/",
                "urn:x:y",
                "mailto:a@b",
                "file:///etc",
                "ftp://u@h/%20",
            ],
            &[
                "",
                "foo",
                "://x",
                "1http://x",
                "http://a b",
                "http://a/%2",
                "http://a/#b#c",
                "http://é.example",
                "http://h:8x/",
                "http://a/[b]",
                "http:",
            ],
        );
        table(
            Form::Mime,
            &["application/vnd.ms-excel", "text/html", "application/x-dosexec", "font/ttf"],
            &["", "text", "text/", "/html", "text/html; charset=x", "te xt/html", "foo/bar", "text/a/b"],
        );
        table(Form::Charset, &["windows-1251", "UTF-8", "utf-8", "US-ASCII"], &["", "a b", "é", "x", "bla.bla.bla"]);
        table(
            Form::RegistryKey,
            &["HKEY_LOCAL_MACHINE\\System", "hkey_users\\x", "hklm2\\x"],
            &["HKLM\\System", "hkcu\\x", "HKU"],
        );
        table(
            Form::Cpe,
            &[
                "cpe:2.3:a:microsoft:word:2000:*:*:*:*:*:*:*",
                "cpe:2.3:o:a:b\\:c:-:*:*:*:*:*:*:*",
                "cpe:2.3:a:a:b:1.*:*:*:*:*:*:*:??",
            ],
            &[
                "",
                "cpe:/a:microsoft:word",
                "cpe:2.3:x:a:b:*:*:*:*:*:*:*:*",
                "cpe:2.3:a:a:b:*:*:*:*:*:*:*",
                "cpe:2.3:a:a:b c:*:*:*:*:*:*:*:*",
            ],
        );
    }

    #[test]
    fn language_tags_are_well_formed_or_refused() {
        table(
            Form::Language,
            &[
                "en",
                "en-US",
                "fa",
                "fa-IR",
                "ru",
                "zh-Hant-TW",
                "sr-Latn-RS",
                "es-419",
                "de-CH-1996",
                "x-own",
                "i-klingon",
                "en-x-a-b",
                "de-a-bc-d-ef",
                "zh-cmn-Hans-CN",
                "sl-rozaj-biske",
            ],
            &[
                "",
                "e",
                "en_US",
                "en-",
                "-en",
                "english1",
                "en--US",
                "123",
                "x",
                "en-x",
                "de-a",
                "en-US-US",
                "sl-rozaj-rozaj",
                "abcdefghi",
                "fârsi",
            ],
        );
    }

    #[test]
    fn long_hostile_texts_cost_linear_time() {
        // The patterns of the published schemas are exponential on such texts; here they end at once.
        let long = "a".repeat(1 << 20);
        for form in [Form::Cpe, Form::Domain, Form::Email, Form::Ipv4, Form::Language, Form::Url, Form::Mime] {
            assert!(breach(form, &long).is_some(), "{form:?}");
            assert!(
                breach(form, &format!("cpe:2.3:{}", ":".repeat(1 << 20))).is_some() || form == Form::Url,
                "{form:?}"
            );
        }
    }
}
