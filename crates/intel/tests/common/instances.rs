//! Instances of our own, for every rule: the smallest valid objects, and for each rule a change that breaks it.
//!
//! Shared by `tests/stix_rules.rs`, which checks them, and `examples/validate.rs`, which prints them for the comparison with
//! the OASIS validator.

use monition_intel::stix::Rule;
use serde_json::{Value, json};

/// One instance.
pub(crate) struct Instance {
    /// What the instance is about, unique.
    pub(crate) name: String,
    /// The rule that it breaks; none for a valid object.
    pub(crate) rule: Option<Rule>,
    /// The object.
    pub(crate) object: Value,
}

/// The valid objects, then one instance for each change of [`CHANGES`].
pub(crate) fn all() -> Vec<Instance> {
    let valid = valid();
    let mut instances: Vec<Instance> = Vec::new();
    for (name, text) in CHANGES {
        let mut words = text.splitn(3, ' ');
        let (base, rule) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let change: Value =
            serde_json::from_str(words.next().unwrap_or_default()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let rule = Rule::from_code(&format!("stix-{rule}")).unwrap_or_else(|| panic!("{name}: no rule {rule}"));
        let (_, object) = valid.iter().find(|(name, _)| *name == base).unwrap_or_else(|| panic!("{name}: no {base}"));
        let mut object = object.clone();
        for (key, value) in change.as_object().unwrap_or_else(|| panic!("{name}: not an object")) {
            match key.strip_prefix('-') {
                Some(key) => drop(object.as_object_mut().map(|members| members.remove(key))),
                None => object[key] = value.clone(),
            }
        }
        instances.push(Instance { name: (*name).to_owned(), rule: Some(rule), object });
    }
    let valid = valid.into_iter().map(|(name, object)| Instance { name: format!("valid {name}"), rule: None, object });
    valid.chain(instances).collect()
}

const ID: &str = "0f5e5b4e-9a0c-4f9b-8a53-3c1de1f0a001";
const OTHER: &str = "7b3f6c11-55d2-4a8e-b1cb-8d0b6a4f0002";

/// The smallest valid object of every type, and a few larger ones.
pub(crate) fn valid() -> Vec<(&'static str, Value)> {
    let reference = |name: &str| format!("{name}--{OTHER}");
    let common = |name: &str, own: Value| {
        let mut object = json!({
            "type": name, "spec_version": "2.1", "id": format!("{name}--{ID}"),
            "created": "2026-01-02T03:04:05.000Z", "modified": "2026-01-02T03:04:05.000Z",
        });
        for (key, value) in own.as_object().expect("an object") {
            object[key] = value.clone();
        }
        object
    };
    let observable = |name: &str, own: Value| {
        let mut object = json!({ "type": name, "spec_version": "2.1", "id": format!("{name}--{ID}") });
        for (key, value) in own.as_object().expect("an object") {
            object[key] = value.clone();
        }
        object
    };
    let named = |name: &'static str| (name, common(name, json!({ "name": "N" })));
    let period = || json!({ "first_seen": "2026-01-01T00:00:00Z", "last_seen": "2026-01-02T00:00:00Z", "name": "N" });
    vec![
        named("attack-pattern"),
        ("campaign", common("campaign", period())),
        named("course-of-action"),
        ("grouping", common("grouping", json!({ "context": "unspecified", "object_refs": [reference("indicator")] }))),
        ("identity", common("identity", json!({ "name": "N", "identity_class": "organization" }))),
        named("incident"),
        (
            "indicator",
            common(
                "indicator",
                json!({
                    "name": "N", "description": "D", "lang": "en", "indicator_types": ["malicious-activity"],
                    "pattern": "[domain-name:value = 'a.example']", "pattern_type": "stix",
                    "valid_from": "2026-01-01T00:00:00Z", "valid_until": "2026-02-01T00:00:00Z",
                    "kill_chain_phases": [{ "kill_chain_name": "own-chain", "phase_name": "delivery" }],
                }),
            ),
        ),
        ("infrastructure", common("infrastructure", period())),
        ("intrusion-set", common("intrusion-set", period())),
        ("location", common("location", json!({ "country": "ir" }))),
        ("malware", common("malware", json!({ "is_family": true, "name": "N" }))),
        ("malware-analysis", common("malware-analysis", json!({ "product": "scanner", "result": "benign" }))),
        ("note", common("note", json!({ "content": "C", "object_refs": [reference("indicator")] }))),
        (
            "observed-data",
            common(
                "observed-data",
                json!({
                    "first_observed": "2026-01-01T00:00:00Z", "last_observed": "2026-01-01T00:00:00Z",
                    "number_observed": 1, "object_refs": [reference("domain-name")],
                }),
            ),
        ),
        ("opinion", common("opinion", json!({ "opinion": "agree", "object_refs": [reference("indicator")] }))),
        (
            "report",
            common(
                "report",
                json!({ "name": "N", "published": "2026-01-01T00:00:00Z", "object_refs": [reference("indicator")] }),
            ),
        ),
        ("threat-actor", common("threat-actor", period())),
        named("tool"),
        named("vulnerability"),
        (
            "relationship",
            common(
                "relationship",
                json!({
                    "relationship_type": "indicates", "source_ref": reference("indicator"),
                    "target_ref": reference("malware"), "start_time": "2026-01-01T00:00:00Z",
                    "stop_time": "2026-01-02T00:00:00Z",
                }),
            ),
        ),
        ("sighting", common("sighting", json!({ "sighting_of_ref": reference("indicator"), "count": 0 }))),
        ("artifact", observable("artifact", json!({ "payload_bin": "aGFsbG8=", "mime_type": "text/plain" }))),
        ("autonomous-system", observable("autonomous-system", json!({ "number": 64496 }))),
        ("directory", observable("directory", json!({ "path": "/tmp" }))),
        (
            "domain-name",
            json!({
                "type": "domain-name", "id": "domain-name--064f846b-2bd3-5015-8d6f-d260dbda99c1", "value": "a.example",
            }),
        ),
        ("email-addr", observable("email-addr", json!({ "value": "a@b.example" }))),
        ("email-message", observable("email-message", json!({ "is_multipart": false, "body": "B" }))),
        (
            "file",
            observable(
                "file",
                json!({
                    "hashes": { "SHA-256": "fe90a7e910cb3a4739bed9180e807e93fa70c90f25a8915476f5e4bfbac681db" },
                    "extensions": { "ntfs-ext": { "sid": "S-1" } },
                }),
            ),
        ),
        ("ipv4-addr", observable("ipv4-addr", json!({ "value": "198.51.100.3" }))),
        ("ipv6-addr", observable("ipv6-addr", json!({ "value": "2001:db8::1" }))),
        ("mac-addr", observable("mac-addr", json!({ "value": "00:00:5e:00:53:01" }))),
        ("mutex", observable("mutex", json!({ "name": "M" }))),
        (
            "network-traffic",
            observable(
                "network-traffic",
                json!({
                    "src_ref": reference("ipv4-addr"), "protocols": ["tcp"], "start": "2026-01-01T00:00:00Z",
                    "end": "2026-01-02T00:00:00Z",
                }),
            ),
        ),
        ("process", observable("process", json!({ "pid": 1 }))),
        ("software", observable("software", json!({ "name": "N" }))),
        ("url", observable("url", json!({ "value": "https://a.example/" }))),
        ("user-account", observable("user-account", json!({ "user_id": "u" }))),
        ("windows-registry-key", observable("windows-registry-key", json!({ "key": "HKEY_LOCAL_MACHINE\\A" }))),
        ("x509-certificate", observable("x509-certificate", json!({ "serial_number": "36:f7" }))),
        (
            "language-content",
            common(
                "language-content",
                json!({
                    "object_ref": reference("indicator"), "object_modified": "2026-01-02T03:04:05.000Z",
                    "contents": { "fa": { "name": "نام" }, "ru": { "name": "Имя" } },
                }),
            ),
        ),
        (
            "marking-definition",
            json!({
                "type": "marking-definition", "spec_version": "2.1", "id": format!("marking-definition--{ID}"),
                "created": "2026-01-02T03:04:05.000Z", "definition_type": "statement",
                "definition": { "statement": "Copyright" },
            }),
        ),
        (
            "tlp-red",
            json!({
                "type": "marking-definition", "spec_version": "2.1",
                "id": "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
                "created": "2017-01-20T00:00:00.000Z", "definition_type": "tlp", "name": "TLP:RED",
                "definition": { "tlp": "red" },
            }),
        ),
        (
            "tlp2-red",
            json!({
                "type": "marking-definition", "spec_version": "2.1",
                "id": "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
                "created": "2022-10-01T00:00:00.000Z", "name": "TLP:RED",
                "extensions": {
                    "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d": {
                        "extension_type": "property-extension", "tlp_2_0": "red",
                    },
                },
            }),
        ),
        (
            "extension-definition",
            common(
                "extension-definition",
                json!({
                    "name": "N", "description": "D", "schema": "https://a.example/s.json", "version": "1.0.0",
                    "created_by_ref": reference("identity"), "extension_types": ["property-extension"],
                }),
            ),
        ),
        (
            "custom",
            common(
                "x-own-thing",
                json!({ "name": "N", "extensions": {
                "extension-definition--993ce403-6fdd-4efa-8279-31cf2d91b1c8": { "extension_type": "new-sdo" } } }),
            ),
        ),
        (
            "marked",
            common(
                "identity",
                json!({
                    "name": "N", "labels": ["a", "b"],
                    "object_marking_refs": ["marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"],
                    "granular_markings": [{
                        "marking_ref": "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",
                        "selectors": ["name", "labels.[1]", "id"],
                    }],
                }),
            ),
        ),
        (
            "referring",
            common(
                "vulnerability",
                json!({
                    "name": "N",
                    "external_references": [{ "source_name": "cve", "external_id": "CVE-2026-12345" }],
                }),
            ),
        ),
    ]
}

/// Name; then the valid object, the code of the rule without `stix-`, and the members to set. A name with `-` in front is
/// removed.
const CHANGES: &[(&str, &str)] = &[
    ("no name", r#"tool property-missing {"-name": 0}"#),
    ("no type", r#"tool property-missing {"-type": 0}"#),
    ("no id", r#"tool property-missing {"-id": 0}"#),
    ("no spec_version", r#"tool property-missing {"-spec_version": 0}"#),
    ("no created", r#"tool property-missing {"-created": 0}"#),
    ("no modified", r#"tool property-missing {"-modified": 0}"#),
    ("family without name", r#"malware property-missing {"-name": 0}"#),
    ("malware that does not say whether it is a family", r#"malware property-missing {"-is_family": 0}"#),
    ("extension definition without creator", r#"extension-definition property-missing {"-created_by_ref": 0}"#),
    ("granular marking without selectors", r#"marked property-missing {"granular_markings": [{"lang": "en"}]}"#),
    ("kill chain phase without phase", r#"tool property-missing {"kill_chain_phases": [{"kill_chain_name": "a-b"}]}"#),
    ("archive without contents", r#"file property-missing {"extensions": {"archive-ext": {"comment": "c"}}}"#),
    ("name is a number", r#"tool property-kind {"name": 5}"#),
    ("revoked is a word", r#"tool property-kind {"revoked": "true"}"#),
    ("labels is a string", r#"tool property-kind {"labels": "a"}"#),
    ("port is a string", r#"network-traffic property-kind {"src_port": "80"}"#),
    ("created is a number", r#"tool property-kind {"created": 5}"#),
    ("id is a list", r#"tool property-kind {"id": ["a"]}"#),
    ("type is a number", r#"tool property-kind {"type": 5}"#),
    ("extensions is a list", r#"file property-kind {"extensions": ["ntfs-ext"]}"#),
    ("header fields are no lists", r#"email-message property-kind {"additional_header_fields": {"X-A": "b"}}"#),
    (
        "socket option is a word",
        r#"network-traffic property-kind {"extensions": {"socket-ext": {"address_family": "AF_INET", "options": {"SO_X": "1"}}}}"#,
    ),
    ("contents of a language is a text", r#"language-content property-kind {"contents": {"fa": "x"}}"#),
    ("defanged identity", r#"identity property-forbidden {"defanged": true}"#),
    ("revoked marking definition", r#"marking-definition property-forbidden {"revoked": true}"#),
    (
        "modified marking definition",
        r#"marking-definition property-forbidden {"modified": "2026-01-02T03:04:05.000Z"}"#,
    ),
    ("observable with confidence", r#"url property-forbidden {"confidence": 5}"#),
    ("reserved severity", r#"tool property-reserved {"severity": "x"}"#),
    ("reserved action", r#"course-of-action property-reserved {"action": "x"}"#),
    ("property with capitals", r#"tool property-name {"Own": 1}"#),
    ("property too short", r#"tool property-name {"ab": 1}"#),
    (
        "new property too short",
        r#"extension-definition property-name {"extension_types": ["toplevel-property-extension"], "extension_properties": ["ab"]}"#,
    ),
    ("translated property with capitals", r#"language-content property-name {"contents": {"fa": {"Name": "x"}}}"#),
    (
        "property of an extension with capitals",
        r#"tool property-name {"extensions": {"extension-definition--993ce403-6fdd-4efa-8279-31cf2d91b1c8": {"extension_type": "property-extension", "Rank": 1}}}"#,
    ),
    (
        "type with two hyphens",
        r#"custom type-name {"type": "x--y", "id": "x--y--0f5e5b4e-9a0c-4f9b-8a53-3c1de1f0a001"}"#,
    ),
    (
        "type with capitals",
        r#"custom type-name {"type": "X-own", "id": "X-own--0f5e5b4e-9a0c-4f9b-8a53-3c1de1f0a001"}"#,
    ),
    ("null name", r#"tool null {"name": null}"#),
    ("null in a list", r#"tool null {"labels": ["a", null]}"#),
    (
        "null in an extension",
        r#"tool null {"extensions": {"extension-definition--993ce403-6fdd-4efa-8279-31cf2d91b1c8": {"extension_type": "property-extension", "rank": null}}}"#,
    ),
    ("empty labels", r#"tool empty-list {"labels": []}"#),
    ("empty object_refs", r#"report empty-list {"object_refs": []}"#),
    ("empty granular_markings", r#"marked empty-list {"granular_markings": []}"#),
    ("empty list in a custom property", r#"tool empty-list {"x_own_list": []}"#),
    ("empty hashes", r#"file empty-dictionary {"hashes": {}}"#),
    ("empty extensions", r#"file empty-dictionary {"extensions": {}}"#),
    ("empty predefined extension", r#"file empty-dictionary {"extensions": {"ntfs-ext": {}}}"#),
    ("empty environment", r#"process empty-dictionary {"environment_variables": {}}"#),
    ("spec_version 2.0", r#"tool spec-version {"spec_version": "2.0"}"#),
    ("id without UUID", r#"tool id-form {"id": "tool--1"}"#),
    ("id with a UUID of another variant", r#"tool id-form {"id": "tool--0f5e5b4e-9a0c-4f9b-ca53-3c1de1f0a001"}"#),
    ("reference without UUID", r#"relationship id-form {"source_ref": "malware"}"#),
    ("id of another type", r#"tool id-prefix {"id": "malware--0f5e5b4e-9a0c-4f9b-8a53-3c1de1f0a001"}"#),
    ("process with a UUIDv5", r#"process id-uuid4 {"id": "process--0f5e5b4e-9a0c-5f9b-8a53-3c1de1f0a001"}"#),
    (
        "nothing contributes and the UUID is no v4",
        r#"email-message id-uuid4 {"id": "email-message--0f5e5b4e-9a0c-5f9b-8a53-3c1de1f0a001", "-body": 0}"#,
    ),
    ("another UUIDv5 than the value gives", r#"domain-name id-deterministic {"value": "b.example"}"#),
    ("tool with a UUIDv1", r#"tool id-version {"id": "tool--0f5e5b4e-9a0c-1f9b-8a53-3c1de1f0a001"}"#),
    ("observable with a UUIDv4", r#"url id-version {"defanged": false}"#),
    ("timestamp with offset", r#"report timestamp-form {"published": "2026-01-01T00:00:00+00:00"}"#),
    ("timestamp without time", r#"report timestamp-form {"published": "2026-01-01"}"#),
    ("timestamp with an empty fraction", r#"report timestamp-form {"published": "2026-01-01T00:00:00.Z"}"#),
    ("30 February", r#"report timestamp-calendar {"published": "2026-02-30T00:00:00Z"}"#),
    ("29 February of a common year", r#"network-traffic timestamp-calendar {"end": "2026-02-29T00:00:00Z"}"#),
    ("hour 24", r#"report timestamp-calendar {"published": "2026-02-20T24:00:00Z"}"#),
    ("created to the second", r#"tool timestamp-precision {"created": "2026-01-02T03:04:05Z"}"#),
    ("modified to the tenth", r#"tool timestamp-precision {"modified": "2026-01-02T03:04:05.1Z"}"#),
    ("modified before created", r#"tool modified-before-created {"modified": "2026-01-02T03:04:04.999Z"}"#),
    ("last before first", r#"campaign time-order {"last_seen": "2025-12-31T00:00:00Z"}"#),
    ("valid_until equals valid_from", r#"indicator time-order {"valid_until": "2026-01-01T00:00:00.000Z"}"#),
    ("observed backwards", r#"observed-data time-order {"last_observed": "2025-01-01T00:00:00Z"}"#),
    ("relationship ends as it starts", r#"relationship time-order {"stop_time": "2026-01-01T00:00:00Z"}"#),
    ("traffic ends before it starts", r#"network-traffic time-order {"end": "2025-01-01T00:00:00Z"}"#),
    ("confidence 101", r#"tool number-range {"confidence": 101}"#),
    ("latitude 91", r#"location number-range {"latitude": 91.0, "longitude": 0.0}"#),
    ("port 65536", r#"network-traffic number-range {"dst_port": 65536}"#),
    ("count of a billion", r#"sighting number-range {"count": 1000000000}"#),
    ("observed zero times", r#"observed-data number-range {"number_observed": 0}"#),
    ("negative size", r#"file number-range {"size": -1}"#),
    ("lang with an underscore", r#"tool language-tag {"lang": "en_US"}"#),
    ("contents in no language", r#"language-content language-tag {"contents": {"english language": {"name": "x"}}}"#),
    ("software in no language", r#"software language-tag {"languages": ["englishenglish"]}"#),
    ("created by a tool", r#"tool reference-type {"created_by_ref": "tool--7b3f6c11-55d2-4a8e-b1cb-8d0b6a4f0002"}"#),
    (
        "relationship to a marking definition",
        r#"relationship reference-type {"target_ref": "marking-definition--7b3f6c11-55d2-4a8e-b1cb-8d0b6a4f0002"}"#,
    ),
    (
        "relationship to a relationship",
        r#"relationship reference-type {"target_ref": "relationship--7b3f6c11-55d2-4a8e-b1cb-8d0b6a4f0002"}"#,
    ),
    (
        "sighting of an observable",
        r#"sighting reference-type {"sighting_of_ref": "ipv4-addr--7b3f6c11-55d2-4a8e-b1cb-8d0b6a4f0002"}"#,
    ),
    (
        "sighted by a tool",
        r#"sighting reference-type {"where_sighted_refs": ["tool--7b3f6c11-55d2-4a8e-b1cb-8d0b6a4f0002"]}"#,
    ),
    (
        "marked by an identity",
        r#"marked reference-type {"object_marking_refs": ["identity--7b3f6c11-55d2-4a8e-b1cb-8d0b6a4f0002"]}"#,
    ),
    (
        "traffic from a file",
        r#"network-traffic reference-type {"src_ref": "file--7b3f6c11-55d2-4a8e-b1cb-8d0b6a4f0002"}"#,
    ),
    (
        "translation of a translation",
        r#"language-content reference-type {"object_ref": "language-content--7b3f6c11-55d2-4a8e-b1cb-8d0b6a4f0002"}"#,
    ),
    ("opinion of its own", r#"opinion enum-value {"opinion": "maybe"}"#),
    ("extension type of its own", r#"extension-definition enum-value {"extension_types": ["new-thing"]}"#),
    ("socket of its own", r#"network-traffic enum-value {"extensions": {"socket-ext": {"address_family": "AF_OWN"}}}"#),
    ("identity class of its own", r#"identity vocabulary-value {"identity_class": "club"}"#),
    ("indicator type of its own", r#"indicator vocabulary-value {"indicator_types": ["own-kind"]}"#),
    ("vocabulary value with capitals", r#"identity vocabulary-form {"identity_class": "Sports Club"}"#),
    (
        "kill chain with spaces",
        r#"tool vocabulary-form {"kill_chain_phases": [{"kill_chain_name": "Own Chain", "phase_name": "first"}]}"#,
    ),
    ("dictionary key with a space", r#"process dictionary-key {"environment_variables": {"A B": "c"}}"#),
    ("dictionary key with capitals", r#"process dictionary-key-case {"environment_variables": {"PATH": "c"}}"#),
    ("hash algorithm with a space", r#"file hash-key {"hashes": {"SHA 256": "00"}}"#),
    ("MD5 too short", r#"file hash-value {"hashes": {"MD5": "00"}}"#),
    (
        "SHA-256 not hexadecimal",
        r#"file hash-value {"hashes": {"SHA-256": "zz90a7e910cb3a4739bed9180e807e93fa70c90f25a8915476f5e4bfbac681db"}}"#,
    ),
    ("hash algorithm of its own", r#"file hash-algorithm {"hashes": {"OWN": "00"}}"#),
    ("hashes without SHA-256", r#"file hash-sha256 {"hashes": {"MD5": "00112233445566778899aabbccddeeff"}}"#),
    ("odd hexadecimal digits", r#"file hex-form {"magic_number_hex": "123"}"#),
    ("custom property that promises hexadecimal", r#"tool hex-form {"x_own_hex": "zz"}"#),
    ("payload not base64", r#"artifact binary-form {"payload_bin": "a b"}"#),
    ("IPv4 address with 256", r#"ipv4-addr value-form {"value": "256.1.1.1"}"#),
    ("IPv6 address with two gaps", r#"ipv6-addr value-form {"value": "1::2::3"}"#),
    ("MAC address with capitals", r#"mac-addr value-form {"value": "00:00:5E:00:53:01"}"#),
    ("mail address without domain", r#"email-addr value-form {"value": "jane"}"#),
    ("URL without scheme", r#"url value-form {"value": "//a b"}"#),
    ("domain name with a space", r#"domain-name value-form {"value": "a b.example"}"#),
    ("unknown character set", r#"directory value-form {"path_enc": "own-charset"}"#),
    ("CPE 2.2", r#"software value-form {"cpe": "cpe:/a:own:thing"}"#),
    ("hive cut short", r#"windows-registry-key value-form {"key": "HKLM\\A"}"#),
    ("relationship name with a space", r#"relationship value-form {"relationship_type": "is bad"}"#),
    (
        "cve reference that is none",
        r#"referring value-form {"external_references": [{"source_name": "cve", "external_id": "2026-1"}]}"#,
    ),
    (
        "vulnerability whose CVE names another source",
        r#"referring value-form {"external_references": [{"source_name": "nvd", "external_id": "CVE-2026-12345"}]}"#,
    ),
    ("location nowhere", r#"location one-required {"-country": 0}"#),
    ("file without name and hashes", r#"file one-required {"-hashes": 0}"#),
    ("artifact without content", r#"artifact one-required {"-payload_bin": 0}"#),
    ("traffic without ends", r#"network-traffic one-required {"-src_ref": 0}"#),
    ("analysis without result", r#"malware-analysis one-required {"-result": 0}"#),
    ("observed nothing", r#"observed-data one-required {"-object_refs": 0}"#),
    (
        "observed only relationships",
        r#"observed-data one-required {"object_refs": ["relationship--7b3f6c11-55d2-4a8e-b1cb-8d0b6a4f0002"]}"#,
    ),
    ("process without property", r#"process one-required {"-pid": 0}"#),
    ("user account without property", r#"user-account one-required {"-user_id": 0}"#),
    (
        "PE binary with nothing but its type",
        r#"file one-required {"extensions": {"windows-pebinary-ext": {"pe_type": "exe"}}}"#,
    ),
    ("external reference to nothing", r#"referring one-required {"external_references": [{"source_name": "own"}]}"#),
    ("granular marking with neither", r#"marked one-required {"granular_markings": [{"selectors": ["name"]}]}"#),
    (
        "granular marking with both",
        r#"marked exclusive {"granular_markings": [{"selectors": ["name"], "lang": "en", "marking_ref": "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"}]}"#,
    ),
    (
        "artifact with payload and url",
        r#"artifact exclusive {"url": "https://a.example/", "hashes": {"MD5": "00112233445566778899aabbccddeeff"}}"#,
    ),
    (
        "observed objects and references",
        r#"observed-data exclusive {"objects": {"0": {"type": "url", "value": "https://a.example/"}}}"#,
    ),
    ("multipart message with a body", r#"email-message exclusive {"is_multipart": true}"#),
    ("active traffic with an end", r#"network-traffic exclusive {"is_active": true}"#),
    ("latitude without longitude", r#"location dependency {"latitude": 1.0}"#),
    ("precision without coordinates", r#"location dependency {"precision": 1.0}"#),
    ("artifact url without hashes", r#"artifact dependency {"-payload_bin": 0, "url": "https://a.example/"}"#),
    ("decryption key without algorithm", r#"artifact dependency {"decryption_key": "k"}"#),
    ("name encoding without name", r#"file dependency {"name_enc": "windows-1251"}"#),
    ("new properties without that type", r#"extension-definition dependency {"extension_properties": ["rank"]}"#),
    ("pattern without bracket", r#"indicator pattern-syntax {"pattern": "[domain-name:value = 'a.example'"}"#),
    ("pattern with an unquoted value", r#"indicator pattern-syntax {"pattern": "[domain-name:value = a]"}"#),
    (
        "pattern that joins two types",
        r#"indicator pattern-syntax {"pattern": "[domain-name:value = 'a' AND url:value = 'b']"}"#,
    ),
    (
        "marking definition of nothing",
        r#"marking-definition marking-content {"-definition": 0, "-definition_type": 0}"#,
    ),
    ("statement without statement", r#"marking-definition marking-content {"definition": {"text": "x"}}"#),
    (
        "TLP instance of one's own",
        r#"tlp-red tlp-instance {"id": "marking-definition--0f5e5b4e-9a0c-4f9b-8a53-3c1de1f0a001"}"#,
    ),
    ("TLP:RED that says green", r#"tlp-red tlp-instance {"definition": {"tlp": "green"}}"#),
    ("TLP:RED under another name", r#"tlp-red tlp-instance {"name": "TLP:CLEAR"}"#),
    (
        "TLP 2.0 instance of one's own",
        r#"tlp2-red tlp-instance {"id": "marking-definition--0f5e5b4e-9a0c-4f9b-8a53-3c1de1f0a001"}"#,
    ),
    (
        "TLP:RED of TLP 2.0 that says clear",
        r#"tlp2-red tlp-instance {"extensions": {"extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d": {"extension_type": "property-extension", "tlp_2_0": "clear"}}}"#,
    ),
    ("statement that calls itself TLP:RED", r#"marking-definition tlp-instance {"name": "TLP:RED"}"#),
    (
        "marking definition that marks itself",
        r#"marking-definition marking-circular {"object_marking_refs": ["marking-definition--0f5e5b4e-9a0c-4f9b-8a53-3c1de1f0a001"]}"#,
    ),
    (
        "marking definition that marks a part of itself",
        r#"marking-definition marking-circular {"granular_markings": [{"selectors": ["definition"], "marking_ref": "marking-definition--0f5e5b4e-9a0c-4f9b-8a53-3c1de1f0a001"}]}"#,
    ),
    (
        "selector with a space",
        r#"marked selector-form {"granular_markings": [{"marking_ref": "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da", "selectors": ["na me"]}]}"#,
    ),
    (
        "selector with an open index",
        r#"marked selector-form {"granular_markings": [{"marking_ref": "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da", "selectors": ["labels.[1"]}]}"#,
    ),
    (
        "selector of an absent property",
        r#"marked selector-missing {"granular_markings": [{"marking_ref": "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da", "selectors": ["description"]}]}"#,
    ),
    (
        "selector past the end of a list",
        r#"marked selector-missing {"granular_markings": [{"marking_ref": "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da", "selectors": ["labels.[2]"]}]}"#,
    ),
    (
        "index into a text",
        r#"marked selector-missing {"granular_markings": [{"marking_ref": "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da", "selectors": ["name.[0]"]}]}"#,
    ),
    (
        "extension without extension_type",
        r#"tool extension-type {"extensions": {"extension-definition--993ce403-6fdd-4efa-8279-31cf2d91b1c8": {"rank": 1}}}"#,
    ),
    (
        "extension of an unknown kind",
        r#"tool extension-type {"extensions": {"extension-definition--993ce403-6fdd-4efa-8279-31cf2d91b1c8": {"extension_type": "own"}}}"#,
    ),
    ("custom extension by name", r#"file extension-key {"extensions": {"x-own-ext": {"rank": 1}}}"#),
    ("custom extension without -ext", r#"file extension-name {"extensions": {"x-own": {"rank": 1}}}"#),
    ("file extension on a process", r#"process extension-misplaced {"extensions": {"ntfs-ext": {"sid": "S-1"}}}"#),
    (
        "custom type without x-",
        r#"custom custom-object-name {"-extensions": 0, "type": "own-thing", "id": "own-thing--0f5e5b4e-9a0c-4f9b-8a53-3c1de1f0a001"}"#,
    ),
    ("custom property without x_", r#"tool custom-property-name {"own_rank": 1}"#),
    (
        "relationship that the standard does not define",
        r#"relationship relationship-kind {"relationship_type": "mitigates"}"#,
    ),
    (
        "container of observables",
        r#"observed-data deprecated {"-object_refs": 0, "objects": {"0": {"type": "url", "id": "url--0f5e5b4e-9a0c-4f9b-8a53-3c1de1f0a001", "value": "https://a.example/"}}}"#,
    ),
    ("text in no stated language", r#"indicator language-missing {"-lang": 0}"#),
    ("indicator without description", r#"indicator advice {"-description": 0}"#),
    ("country by name", r#"location advice {"country": "Iran"}"#),
    ("MIME type that nobody registered", r#"artifact advice {"mime_type": "own/thing"}"#),
    ("bundle posted as an object", r#"tool type-name {"type": "bundle"}"#),
];
