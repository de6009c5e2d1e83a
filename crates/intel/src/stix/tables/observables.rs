//! STIX cyber-observable objects (STIX 2.1 §6), property by property, and what contributes to their identifiers.

use super::kinds::*;
use super::vocab;

use super::extensions::*;

/// All of them.
pub(super) static TYPES: &[&Type] = &[
    &ARTIFACT_TYPE,
    &AUTONOMOUS_SYSTEM_TYPE,
    &DIRECTORY_TYPE,
    &DOMAIN_NAME_TYPE,
    &EMAIL_ADDR_TYPE,
    &EMAIL_MESSAGE_TYPE,
    &FILE_TYPE,
    &IPV4_ADDR_TYPE,
    &IPV6_ADDR_TYPE,
    &MAC_ADDR_TYPE,
    &MUTEX_TYPE,
    &NETWORK_TRAFFIC_TYPE,
    &PROCESS_TYPE,
    &SOFTWARE_TYPE,
    &URL_TYPE,
    &USER_ACCOUNT_TYPE,
    &WINDOWS_REGISTRY_KEY_TYPE,
    &X509_CERTIFICATE_TYPE,
];

static ARTIFACT_TYPE: Type = Type {
    name: "artifact",
    class: Class::Sco,
    body: Structure {
        name: "artifact",
        section: "§6.1",
        properties: &[
            opt("mime_type", Kind::Form(Form::Mime)),
            opt("payload_bin", Kind::Binary),
            opt("url", Kind::Form(Form::Url)),
            opt("hashes", Kind::Hashes),
            opt("encryption_algorithm", Kind::Closed(&vocab::ENCRYPTION_ALGORITHM)),
            opt("decryption_key", Kind::Text),
        ],
        constraints: &[
            Constraint::OneOf(&["payload_bin", "url"]),
            Constraint::Exclusive("payload_bin", "url"),
            Constraint::Needs("url", "hashes"),
            Constraint::Needs("decryption_key", "encryption_algorithm"),
        ],
    },
    contributing: &["hashes", "payload_bin"],
    extensions: &[],
};

static AUTONOMOUS_SYSTEM_TYPE: Type = Type {
    name: "autonomous-system",
    class: Class::Sco,
    body: Structure {
        name: "autonomous-system",
        section: "§6.2",
        properties: &[req("number", INT), opt("name", Kind::Text), opt("rir", Kind::Text)],
        constraints: &[],
    },
    contributing: &["number"],
    extensions: &[],
};

static DIRECTORY_TYPE: Type = Type {
    name: "directory",
    class: Class::Sco,
    body: Structure {
        name: "directory",
        section: "§6.3",
        properties: &[
            req("path", Kind::Text),
            opt("path_enc", Kind::Form(Form::Charset)),
            opt("ctime", Kind::Time),
            opt("mtime", Kind::Time),
            opt("atime", Kind::Time),
            opt("contains_refs", Kind::List(&Kind::Ref(&Targets::Only(&["file", "directory"])))),
        ],
        constraints: &[Constraint::Needs("path_enc", "path")],
    },
    contributing: &["path"],
    extensions: &[],
};

static DOMAIN_NAME_TYPE: Type = Type {
    name: "domain-name",
    class: Class::Sco,
    body: Structure {
        name: "domain-name",
        section: "§6.4",
        properties: &[
            req("value", Kind::Form(Form::Domain)),
            opt("resolves_to_refs", Kind::List(&Kind::Ref(&Targets::Only(&["ipv4-addr", "ipv6-addr", "domain-name"])))),
        ],
        constraints: &[],
    },
    contributing: &["value"],
    extensions: &[],
};

static EMAIL_ADDR_TYPE: Type = Type {
    name: "email-addr",
    class: Class::Sco,
    body: Structure {
        name: "email-addr",
        section: "§6.5",
        properties: &[
            req("value", Kind::Form(Form::Email)),
            opt("display_name", Kind::Text),
            opt("belongs_to_ref", Kind::Ref(&USER_ACCOUNT)),
        ],
        constraints: &[],
    },
    contributing: &["value"],
    extensions: &[],
};

static EMAIL_MESSAGE_TYPE: Type = Type {
    name: "email-message",
    class: Class::Sco,
    body: Structure {
        name: "email-message",
        section: "§6.6",
        properties: &[
            req("is_multipart", Kind::Flag),
            opt("date", Kind::Time),
            opt("content_type", Kind::Text),
            opt("from_ref", Kind::Ref(&EMAIL_ADDR)),
            opt("sender_ref", Kind::Ref(&EMAIL_ADDR)),
            opt("to_refs", Kind::List(&Kind::Ref(&EMAIL_ADDR))),
            opt("cc_refs", Kind::List(&Kind::Ref(&EMAIL_ADDR))),
            opt("bcc_refs", Kind::List(&Kind::Ref(&EMAIL_ADDR))),
            opt("message_id", Kind::Text),
            opt("subject", Kind::Text),
            opt("received_lines", TEXTS),
            opt("additional_header_fields", Kind::Dictionary(Of::Texts)),
            opt("body", Kind::Text),
            opt("body_multipart", Kind::List(&Kind::Struct(&MIME_PART))),
            opt("raw_email_ref", Kind::Ref(&ARTIFACT)),
        ],
        constraints: &[],
    },
    contributing: &["from_ref", "subject", "body"],
    extensions: &[],
};

static FILE_TYPE: Type = Type {
    name: "file",
    class: Class::Sco,
    body: Structure {
        name: "file",
        section: "§6.7",
        properties: &[
            opt("hashes", Kind::Hashes),
            opt("size", COUNT),
            opt("name", Kind::Text),
            opt("name_enc", Kind::Form(Form::Charset)),
            opt("magic_number_hex", Kind::Hex),
            opt("mime_type", Kind::Form(Form::Mime)),
            opt("ctime", Kind::Time),
            opt("mtime", Kind::Time),
            opt("atime", Kind::Time),
            opt("parent_directory_ref", Kind::Ref(&Targets::Only(&["directory"]))),
            opt("contains_refs", Kind::List(&Kind::Ref(&Targets::Sco))),
            opt("content_ref", Kind::Ref(&ARTIFACT)),
        ],
        constraints: &[Constraint::OneOf(&["hashes", "name"]), Constraint::Needs("name_enc", "name")],
    },
    contributing: &["hashes", "name", "extensions", "parent_directory_ref"],
    extensions: &[
        ("archive-ext", &ARCHIVE_EXT),
        ("ntfs-ext", &NTFS_EXT),
        ("pdf-ext", &PDF_EXT),
        ("raster-image-ext", &RASTER_IMAGE_EXT),
        ("windows-pebinary-ext", &WINDOWS_PEBINARY_EXT),
    ],
};

static IPV4_ADDR_TYPE: Type = Type {
    name: "ipv4-addr",
    class: Class::Sco,
    body: Structure {
        name: "ipv4-addr",
        section: "§6.8",
        properties: &[
            req("value", Kind::Form(Form::Ipv4)),
            opt("resolves_to_refs", Kind::List(&Kind::Ref(&MAC_ADDR))),
            opt("belongs_to_refs", Kind::List(&Kind::Ref(&AUTONOMOUS_SYSTEM))),
        ],
        constraints: &[],
    },
    contributing: &["value"],
    extensions: &[],
};

static IPV6_ADDR_TYPE: Type = Type {
    name: "ipv6-addr",
    class: Class::Sco,
    body: Structure {
        name: "ipv6-addr",
        section: "§6.9",
        properties: &[
            req("value", Kind::Form(Form::Ipv6)),
            opt("resolves_to_refs", Kind::List(&Kind::Ref(&MAC_ADDR))),
            opt("belongs_to_refs", Kind::List(&Kind::Ref(&AUTONOMOUS_SYSTEM))),
        ],
        constraints: &[],
    },
    contributing: &["value"],
    extensions: &[],
};

static MAC_ADDR_TYPE: Type = Type {
    name: "mac-addr",
    class: Class::Sco,
    body: Structure {
        name: "mac-addr",
        section: "§6.10",
        properties: &[req("value", Kind::Form(Form::Mac))],
        constraints: &[],
    },
    contributing: &["value"],
    extensions: &[],
};

static MUTEX_TYPE: Type = Type {
    name: "mutex",
    class: Class::Sco,
    body: Structure { name: "mutex", section: "§6.11", properties: &[req("name", Kind::Text)], constraints: &[] },
    contributing: &["name"],
    extensions: &[],
};

static NETWORK_TRAFFIC_TYPE: Type = Type {
    name: "network-traffic",
    class: Class::Sco,
    body: Structure {
        name: "network-traffic",
        section: "§6.12",
        properties: &[
            opt("start", Kind::Time),
            opt("end", Kind::Time),
            opt("is_active", Kind::Flag),
            opt("src_ref", Kind::Ref(&NETWORK_END)),
            opt("dst_ref", Kind::Ref(&NETWORK_END)),
            opt("src_port", Kind::Int { min: 0, max: 65_535 }),
            opt("dst_port", Kind::Int { min: 0, max: 65_535 }),
            req("protocols", TEXTS),
            opt("src_byte_count", COUNT),
            opt("dst_byte_count", COUNT),
            opt("src_packets", COUNT),
            opt("dst_packets", COUNT),
            opt("ipfix", Kind::Dictionary(Of::TextOrInt)),
            opt("src_payload_ref", Kind::Ref(&ARTIFACT)),
            opt("dst_payload_ref", Kind::Ref(&ARTIFACT)),
            opt("encapsulates_refs", Kind::List(&Kind::Ref(&NETWORK_TRAFFIC))),
            opt("encapsulated_by_ref", Kind::Ref(&NETWORK_TRAFFIC)),
        ],
        constraints: &[
            Constraint::OneOf(&["src_ref", "dst_ref"]),
            Constraint::Order { earlier: "start", later: "end", strict: false },
        ],
    },
    contributing: &["start", "end", "src_ref", "dst_ref", "src_port", "dst_port", "protocols", "extensions"],
    extensions: &[
        ("http-request-ext", &HTTP_REQUEST_EXT),
        ("icmp-ext", &ICMP_EXT),
        ("socket-ext", &SOCKET_EXT),
        ("tcp-ext", &TCP_EXT),
    ],
};

static PROCESS_TYPE: Type = Type {
    name: "process",
    class: Class::Sco,
    body: Structure {
        name: "process",
        section: "§6.13",
        properties: &[
            opt("is_hidden", Kind::Flag),
            opt("pid", INT),
            opt("created_time", Kind::Time),
            opt("cwd", Kind::Text),
            opt("command_line", Kind::Text),
            opt("environment_variables", Kind::Dictionary(Of::Text)),
            opt("opened_connection_refs", Kind::List(&Kind::Ref(&NETWORK_TRAFFIC))),
            opt("creator_user_ref", Kind::Ref(&USER_ACCOUNT)),
            opt("image_ref", Kind::Ref(&Targets::Only(&["file"]))),
            opt("parent_ref", Kind::Ref(&PROCESS)),
            opt("child_refs", Kind::List(&Kind::Ref(&PROCESS))),
        ],
        constraints: &[Constraint::AnyProperty],
    },
    contributing: &[],
    extensions: &[("windows-process-ext", &WINDOWS_PROCESS_EXT), ("windows-service-ext", &WINDOWS_SERVICE_EXT)],
};

static SOFTWARE_TYPE: Type = Type {
    name: "software",
    class: Class::Sco,
    body: Structure {
        name: "software",
        section: "§6.14",
        properties: &[
            req("name", Kind::Text),
            opt("cpe", Kind::Form(Form::Cpe)),
            opt("swid", Kind::Text),
            opt("languages", Kind::List(&Kind::Form(Form::Language))),
            opt("vendor", Kind::Text),
            opt("version", Kind::Text),
        ],
        constraints: &[],
    },
    contributing: &["name", "cpe", "swid", "vendor", "version"],
    extensions: &[],
};

static URL_TYPE: Type = Type {
    name: "url",
    class: Class::Sco,
    body: Structure {
        name: "url",
        section: "§6.15",
        properties: &[req("value", Kind::Form(Form::Url))],
        constraints: &[],
    },
    contributing: &["value"],
    extensions: &[],
};

static USER_ACCOUNT_TYPE: Type = Type {
    name: "user-account",
    class: Class::Sco,
    body: Structure {
        name: "user-account",
        section: "§6.16",
        properties: &[
            opt("user_id", Kind::Text),
            opt("credential", Kind::Text),
            opt("account_login", Kind::Text),
            opt("account_type", Kind::Open(&vocab::ACCOUNT_TYPE)),
            opt("display_name", Kind::Text),
            opt("is_service_account", Kind::Flag),
            opt("is_privileged", Kind::Flag),
            opt("can_escalate_privs", Kind::Flag),
            opt("is_disabled", Kind::Flag),
            opt("account_created", Kind::Time),
            opt("account_expires", Kind::Time),
            opt("credential_last_changed", Kind::Time),
            opt("account_first_login", Kind::Time),
            opt("account_last_login", Kind::Time),
        ],
        constraints: &[Constraint::AnyProperty],
    },
    contributing: &["account_type", "user_id", "account_login"],
    extensions: &[("unix-account-ext", &UNIX_ACCOUNT_EXT)],
};

static WINDOWS_REGISTRY_KEY_TYPE: Type = Type {
    name: "windows-registry-key",
    class: Class::Sco,
    body: Structure {
        name: "windows-registry-key",
        section: "§6.17",
        properties: &[
            opt("key", Kind::Form(Form::RegistryKey)),
            opt("values", Kind::List(&Kind::Struct(&REGISTRY_VALUE))),
            opt("modified_time", Kind::Time),
            opt("creator_user_ref", Kind::Ref(&USER_ACCOUNT)),
            opt("number_of_subkeys", INT),
        ],
        constraints: &[Constraint::AnyProperty],
    },
    contributing: &["key", "values"],
    extensions: &[],
};

static X509_CERTIFICATE_TYPE: Type = Type {
    name: "x509-certificate",
    class: Class::Sco,
    body: Structure {
        name: "x509-certificate",
        section: "§6.18",
        properties: &[
            opt("is_self_signed", Kind::Flag),
            opt("hashes", Kind::Hashes),
            opt("version", Kind::Text),
            opt("serial_number", Kind::Text),
            opt("signature_algorithm", Kind::Text),
            opt("issuer", Kind::Text),
            opt("validity_not_before", Kind::Time),
            opt("validity_not_after", Kind::Time),
            opt("subject", Kind::Text),
            opt("subject_public_key_algorithm", Kind::Text),
            opt("subject_public_key_modulus", Kind::Text),
            opt("subject_public_key_exponent", INT),
            opt("x509_v3_extensions", Kind::Struct(&X509_V3)),
        ],
        constraints: &[Constraint::AnyProperty],
    },
    contributing: &["hashes", "serial_number"],
    extensions: &[],
};
