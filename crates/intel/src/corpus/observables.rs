//! Observables, each with the UUIDv5 that the standard asks for (§2.9).
//!
//! The hash and the identifier are made here a second time, apart from the validator's code, so that the one checks
//! the other. Each observable has one hash at most among its contributing properties.

use super::Object;
use super::rng::{Rng, uuid};
use serde_json::{Value, json};

/// 00abedb4-aa42-466c-9c01-fed23315a9b7, the namespace of observables (§2.9).
const NAMESPACE: [u8; 16] =
    [0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c, 0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7];

/// SHA-1 (FIPS 180-4 §6.1). Identifiers alone are made with it.
fn sha1(bytes: &[u8]) -> [u32; 5] {
    let mut state = [0x6745_2301_u32, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];
    let mut padded = bytes.to_vec();
    padded.push(0x80);
    // Zeros up to the place of the length at the end of a block.
    padded.resize((padded.len() + 8).next_multiple_of(64) - 8, 0);
    padded.extend((bytes.len() as u64 * 8).to_be_bytes());
    for block in padded.chunks_exact(64) {
        let mut words = [0_u32; 80];
        for (word, four) in words.iter_mut().zip(block.chunks_exact(4)) {
            *word = four.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte));
        }
        for i in 16..80 {
            words[i] = (words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16]).rotate_left(1);
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (i, word) in words.into_iter().enumerate() {
            let (f, k) = match i {
                0..20 => (b & c | !b & d, 0x5A82_7999_u32),
                20..40 => (b ^ c ^ d, 0x6ED9_EBA1),
                40..60 => (b & c | b & d | c & d, 0x8F1B_BCDC),
                _ => (b ^ c ^ d, 0xCA62_C1D6),
            };
            let next = a.rotate_left(5).wrapping_add(f).wrapping_add(e).wrapping_add(k).wrapping_add(word);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
        }
        for (sum, value) in state.iter_mut().zip([a, b, c, d, e]) {
            *sum = sum.wrapping_add(value);
        }
    }
    state
}

/// UUIDv5 (RFC 9562 §5.5) of the canonical form of the contributing members, which come in the order of their names.
fn version_5(members: &[(&str, &Value)]) -> String {
    let texts: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    let mut bytes = NAMESPACE.to_vec();
    bytes.extend_from_slice(format!("{{{}}}", texts.join(",")).as_bytes());
    let hash = sha1(&bytes).map(u64::from);
    let (high, low) = (hash[0] << 32 | hash[1], hash[2] << 32 | hash[3]);
    uuid(high & !0xF000 | 0x5000, low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
}

/// Makes an observable; `contributing` names properties in alphabetical order.
fn observable(kind: &'static str, contributing: &[&str], properties: Vec<(&'static str, Value)>) -> (String, Object) {
    let members: Vec<(&str, &Value)> = contributing
        .iter()
        .filter_map(|name| properties.iter().find(|(known, _)| known == name))
        .map(|(name, value)| (*name, value))
        .collect();
    let id = format!("{kind}--{}", version_5(&members));
    let mut all = vec![("type", json!(kind)), ("spec_version", json!("2.1")), ("id", json!(id))];
    all.extend(properties);
    (id, Object(all))
}

/// The observables of a story: the identifiers that other objects refer to, and the objects.
pub(super) struct Observables {
    pub(super) domain: String,
    pub(super) ipv4: String,
    pub(super) file: String,
    pub(super) url: String,
    pub(super) software: String,
    pub(super) all: Vec<String>,
    pub(super) objects: Vec<Object>,
    /// The values of domain and address, for patterns.
    pub(super) domain_value: String,
    pub(super) ipv4_value: String,
    pub(super) sha256: String,
}

struct Builder<'a> {
    rng: &'a mut Rng,
    ids: Vec<String>,
    objects: Vec<Object>,
}

impl Builder<'_> {
    fn add(&mut self, kind: &'static str, contributing: &[&str], properties: Vec<(&'static str, Value)>) -> String {
        let (id, object) = observable(kind, contributing, properties);
        self.ids.push(id.clone());
        self.objects.push(object);
        id
    }
}

/// A name under the reserved top-level domain.
pub(super) fn domain(rng: &mut Rng) -> String {
    let first = rng.pick(&["mail", "cdn", "login", "update", "vpn", "files", "portal", "status"]);
    let second = rng.pick(&["eastmouth", "midmark", "northland", "westvale", "islet", "customs", "clinic"]);
    format!("{first}-{}.{second}.example", rng.hex(3))
}

/// An address of the three networks for documentation (RFC 5737).
pub(super) fn ipv4(rng: &mut Rng) -> String {
    let network = rng.pick(&["192.0.2", "198.51.100", "203.0.113"]);
    format!("{network}.{}", 1 + rng.below(254))
}

/// One of each of the eighteen types.
pub(super) fn observables(rng: &mut Rng, subject: &str, at: &str, later: &str) -> Observables {
    let (domain_value, ipv4_value, sha256) = (domain(rng), ipv4(rng), rng.hex(32));
    let mut b = Builder { rng, ids: Vec::new(), objects: Vec::new() };
    // An address always belongs to the same network: one identifier, one content.
    let number = 64_496 + ipv4_value.bytes().map(u64::from).sum::<u64>() % 16;
    let system = b.add(
        "autonomous-system",
        &["number"],
        vec![("number", json!(number)), ("name", json!(format!("Network {number}"))), ("rir", json!("RIPE"))],
    );
    let ipv4 = b.add("ipv4-addr", &["value"], vec![("value", json!(ipv4_value)), ("belongs_to_refs", json!([system]))]);
    let six = format!("2001:db8:{:x}:{:x}::{:x}", b.rng.below(65_536), b.rng.below(65_536), 1 + b.rng.below(65_535));
    b.add("ipv6-addr", &["value"], vec![("value", json!(six))]);
    let mac: Vec<String> = (0..5).map(|_| b.rng.hex(1)).collect();
    let mac = b.add("mac-addr", &["value"], vec![("value", json!(format!("02:{}", mac.join(":"))))]);
    let domain =
        b.add("domain-name", &["value"], vec![("value", json!(domain_value)), ("resolves_to_refs", json!([ipv4]))]);
    let path = format!("https://{domain_value}/{}/{}", b.rng.hex(2), b.rng.hex(6));
    let url = b.add("url", &["value"], vec![("value", json!(path))]);
    let folder = format!("C:\\ProgramData\\{}", b.rng.hex(4));
    let directory = b.add("directory", &["path"], vec![("path", json!(folder))]);
    let name = format!("{}.dll", b.rng.pick(&["mspatch", "netprov", "wlcfg", "spoolq"]));
    let size = 40_000 + b.rng.below(900_000);
    let file = b.add(
        "file",
        &["hashes", "name", "parent_directory_ref"],
        vec![
            ("hashes", json!({ "SHA-256": sha256 })),
            ("size", json!(size)),
            ("name", json!(name)),
            ("mime_type", json!("application/vnd.microsoft.portable-executable")),
            ("parent_directory_ref", json!(directory)),
        ],
    );
    let payload = b.rng.pick(&[
        "VGhpcyBpcyBub3QgYSBwcm9ncmFtLg==",
        "Tm90aGluZyB0byBzZWUgaGVyZS4=",
        "QSBzYW1wbGUgd2l0aG91dCBoYXJtLg==",
    ]);
    b.add(
        "artifact",
        &["payload_bin"],
        vec![("mime_type", json!("application/octet-stream")), ("payload_bin", json!(payload))],
    );
    let address = format!("{}@{domain_value}", b.rng.pick(&["billing", "notice", "customs", "helpdesk"]));
    let from = b.add("email-addr", &["value"], vec![("value", json!(address))]);
    b.add(
        "email-message",
        &["from_ref", "subject"],
        vec![
            ("is_multipart", json!(false)),
            ("date", json!(at)),
            ("content_type", json!("text/plain; charset=utf-8")),
            ("from_ref", json!(from)),
            ("subject", json!(subject)),
        ],
    );
    let mutex = format!("Global\\{}", b.rng.hex(8));
    b.add("mutex", &["name"], vec![("name", json!(mutex))]);
    let port = 49_152 + b.rng.below(16_384);
    let sent = 2_000 + b.rng.below(90_000);
    b.add(
        "network-traffic",
        &["dst_port", "dst_ref", "end", "protocols", "src_port", "src_ref", "start"],
        vec![
            ("start", json!(at)),
            ("end", json!(later)),
            ("is_active", json!(false)),
            ("src_ref", json!(mac)),
            ("dst_ref", json!(ipv4)),
            ("src_port", json!(port)),
            ("dst_port", json!(443)),
            ("protocols", json!(["ipv4", "tcp", "tls"])),
            ("src_byte_count", json!(sent)),
        ],
    );
    let release = format!("4.2.{}", b.rng.below(40));
    let software = b.add(
        "software",
        &["cpe", "name", "vendor", "version"],
        vec![
            ("name", json!("Pump Console")),
            ("cpe", json!("cpe:2.3:a:example:pump_console:4.2:*:*:*:*:*:*:*")),
            ("languages", json!(["en", "fa"])),
            ("vendor", json!("Example")),
            ("version", json!(release)),
        ],
    );
    let account = format!("svc-{}", b.rng.pick(&["backup", "print", "scan", "sync"]));
    let identifier = format!("S-1-5-21-{}-{}", b.rng.below(1 << 31), 1_000 + b.rng.below(9_000));
    let account = b.add(
        "user-account",
        &["account_login", "account_type", "user_id"],
        vec![
            ("user_id", json!(identifier)),
            ("account_login", json!(account)),
            ("account_type", json!("windows-domain")),
            ("is_service_account", json!(true)),
        ],
    );
    let key = format!("HKEY_LOCAL_MACHINE\\Software\\Example\\{}", b.rng.hex(4));
    b.add(
        "windows-registry-key",
        &["key", "values"],
        vec![
            ("key", json!(key)),
            ("values", json!([{ "data": "1", "data_type": "REG_DWORD", "name": "Enabled" }])),
            ("modified_time", json!(at)),
            ("creator_user_ref", json!(account)),
        ],
    );
    let serial = b.rng.hex(16);
    b.add(
        "x509-certificate",
        &["serial_number"],
        vec![
            ("is_self_signed", json!(true)),
            ("serial_number", json!(serial)),
            ("issuer", json!(format!("CN={domain_value}"))),
            ("validity_not_before", json!(at)),
            ("validity_not_after", json!(later)),
            ("subject", json!(format!("CN={domain_value}"))),
        ],
    );
    // A process has no contributing properties (§6.13).
    let process = format!("process--{}", b.rng.uuid());
    let pid = 300 + b.rng.below(30_000);
    b.ids.push(process.clone());
    b.objects.push(Object(vec![
        ("type", json!("process")),
        ("spec_version", json!("2.1")),
        ("id", json!(process)),
        ("pid", json!(pid)),
        ("created_time", json!(at)),
        ("command_line", json!("rundll32.exe netprov.dll,Start")),
        ("creator_user_ref", json!(account)),
        ("image_ref", json!(file)),
    ]));
    let (all, objects) = (b.ids, b.objects);
    Observables { domain, ipv4, file, url, software, all, objects, domain_value, ipv4_value, sha256 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha1_gives_the_published_hashes() {
        // FIPS 180-2 appendix A, and the lengths at which padding takes a further block.
        assert_eq!(sha1(b"abc"), [0xA999_3E36, 0x4706_816A, 0xBA3E_2571, 0x7850_C26C, 0x9CD0_D89D]);
        assert_eq!(sha1(b""), [0xDA39_A3EE, 0x5E6B_4B0D, 0x3255_BFEF, 0x9560_1890, 0xAFD8_0709]);
        let long = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        assert_eq!(sha1(long), [0x8498_3E44, 0x1C3B_D26E, 0xBAAE_4AA1, 0xF951_29E5, 0xE546_70F1]);
    }

    #[test]
    fn an_address_has_the_identifier_that_another_program_gives_it() {
        // As Python's `uuid.uuid5` gives it for the text {"value":"198.51.100.3"}.
        let (id, _) = observable("ipv4-addr", &["value"], vec![("value", json!("198.51.100.3"))]);
        assert_eq!(id, "ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4");
    }
}
