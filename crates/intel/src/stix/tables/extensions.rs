//! The predefined extensions of observables and the structures inside them (STIX 2.1 §6.6.2, §6.7, §6.12, §6.13, §6.16 to §6.18).

use super::kinds::*;
use super::vocab;

/// §6.7.2
pub(super) static ARCHIVE_EXT: Structure = Structure {
    name: "archive-ext",
    section: "§6.7.2",
    properties: &[
        req("contains_refs", Kind::List(&Kind::Ref(&Targets::Only(&["file", "directory"])))),
        opt("comment", Kind::Text),
    ],
    constraints: &[],
};

/// §6.7.3
pub(super) static NTFS_EXT: Structure = Structure {
    name: "ntfs-ext",
    section: "§6.7.3",
    properties: &[
        opt("sid", Kind::Text),
        opt("alternate_data_streams", Kind::List(&Kind::Struct(&ALTERNATE_DATA_STREAM))),
    ],
    constraints: &[Constraint::AnyProperty],
};

/// §6.7.4
pub(super) static PDF_EXT: Structure = Structure {
    name: "pdf-ext",
    section: "§6.7.4",
    properties: &[
        opt("version", Kind::Text),
        opt("is_optimized", Kind::Flag),
        opt("document_info_dict", Kind::Dictionary(Of::Text)),
        opt("pdfid0", Kind::Text),
        opt("pdfid1", Kind::Text),
    ],
    constraints: &[Constraint::AnyProperty],
};

/// §6.7.5
pub(super) static RASTER_IMAGE_EXT: Structure = Structure {
    name: "raster-image-ext",
    section: "§6.7.5",
    properties: &[
        opt("image_height", INT),
        opt("image_width", INT),
        opt("bits_per_pixel", INT),
        opt("exif_tags", Kind::Dictionary(Of::TextOrInt)),
    ],
    constraints: &[Constraint::AnyProperty],
};

/// §6.7.6
pub(super) static WINDOWS_PEBINARY_EXT: Structure = Structure {
    name: "windows-pebinary-ext",
    section: "§6.7.6",
    properties: &[
        req("pe_type", Kind::Open(&vocab::WINDOWS_PEBINARY_TYPE)),
        opt("imphash", Kind::Text),
        opt("machine_hex", Kind::Hex),
        opt("number_of_sections", INT),
        opt("time_date_stamp", Kind::Time),
        opt("pointer_to_symbol_table_hex", Kind::Hex),
        opt("number_of_symbols", INT),
        opt("size_of_optional_header", COUNT),
        opt("characteristics_hex", Kind::Hex),
        opt("file_header_hashes", Kind::Hashes),
        opt("optional_header", Kind::Struct(&PE_OPTIONAL_HEADER)),
        opt("sections", Kind::List(&Kind::Struct(&PE_SECTION))),
    ],
    constraints: &[Constraint::AnyPropertyBut("pe_type")],
};

/// §6.12.2
pub(super) static HTTP_REQUEST_EXT: Structure = Structure {
    name: "http-request-ext",
    section: "§6.12.2",
    properties: &[
        req("request_method", Kind::Text),
        req("request_value", Kind::Text),
        opt("request_version", Kind::Text),
        opt("request_header", Kind::Dictionary(Of::Texts)),
        opt("message_body_length", COUNT),
        opt("message_body_data_ref", Kind::Ref(&ARTIFACT)),
    ],
    constraints: &[],
};

/// §6.12.3
pub(super) static ICMP_EXT: Structure = Structure {
    name: "icmp-ext",
    section: "§6.12.3",
    properties: &[req("icmp_type_hex", Kind::Hex), req("icmp_code_hex", Kind::Hex)],
    constraints: &[],
};

/// §6.12.4
pub(super) static SOCKET_EXT: Structure = Structure {
    name: "socket-ext",
    section: "§6.12.4",
    properties: &[
        req("address_family", Kind::Closed(&vocab::NETWORK_SOCKET_ADDRESS_FAMILY)),
        opt("is_blocking", Kind::Flag),
        opt("is_listening", Kind::Flag),
        opt("options", Kind::Dictionary(Of::Int)),
        opt("socket_type", Kind::Closed(&vocab::NETWORK_SOCKET_TYPE)),
        opt("socket_descriptor", COUNT),
        opt("socket_handle", INT),
    ],
    constraints: &[],
};

/// §6.12.5
pub(super) static TCP_EXT: Structure = Structure {
    name: "tcp-ext",
    section: "§6.12.5",
    properties: &[opt("src_flags_hex", Kind::Hex), opt("dst_flags_hex", Kind::Hex)],
    constraints: &[Constraint::AnyProperty],
};

/// §6.13.2
pub(super) static WINDOWS_PROCESS_EXT: Structure = Structure {
    name: "windows-process-ext",
    section: "§6.13.2",
    properties: &[
        opt("aslr_enabled", Kind::Flag),
        opt("dep_enabled", Kind::Flag),
        opt("priority", Kind::Text),
        opt("owner_sid", Kind::Text),
        opt("window_title", Kind::Text),
        opt("startup_info", Kind::Dictionary(Of::Any)),
        opt("integrity_level", Kind::Closed(&vocab::WINDOWS_INTEGRITY_LEVEL)),
        opt("windows_title", Kind::Text),
    ],
    constraints: &[Constraint::AnyProperty],
};

/// §6.13.3
pub(super) static WINDOWS_SERVICE_EXT: Structure = Structure {
    name: "windows-service-ext",
    section: "§6.13.3",
    properties: &[
        opt("service_name", Kind::Text),
        opt("descriptions", TEXTS),
        opt("display_name", Kind::Text),
        opt("group_name", Kind::Text),
        opt("start_type", Kind::Closed(&vocab::WINDOWS_SERVICE_START_TYPE)),
        opt("service_dll_refs", Kind::List(&Kind::Ref(&Targets::Only(&["file"])))),
        opt("service_type", Kind::Closed(&vocab::WINDOWS_SERVICE_TYPE)),
        opt("service_status", Kind::Closed(&vocab::WINDOWS_SERVICE_STATUS)),
    ],
    constraints: &[Constraint::AnyProperty],
};

/// §6.16.2
pub(super) static UNIX_ACCOUNT_EXT: Structure = Structure {
    name: "unix-account-ext",
    section: "§6.16.2",
    properties: &[opt("gid", INT), opt("groups", TEXTS), opt("home_dir", Kind::Text), opt("shell", Kind::Text)],
    constraints: &[Constraint::AnyProperty],
};

/// §6.18.2
pub(super) static X509_V3: Structure = Structure {
    name: "x509-v3",
    section: "§6.18.2",
    properties: &[
        opt("basic_constraints", Kind::Text),
        opt("name_constraints", Kind::Text),
        opt("policy_constraints", Kind::Text),
        opt("key_usage", Kind::Text),
        opt("extended_key_usage", Kind::Text),
        opt("subject_key_identifier", Kind::Text),
        opt("authority_key_identifier", Kind::Text),
        opt("subject_alternative_name", Kind::Text),
        opt("issuer_alternative_name", Kind::Text),
        opt("subject_directory_attributes", Kind::Text),
        opt("crl_distribution_points", Kind::Text),
        opt("inhibit_any_policy", Kind::Text),
        opt("private_key_usage_period_not_before", Kind::Time),
        opt("private_key_usage_period_not_after", Kind::Time),
        opt("certificate_policies", Kind::Text),
        opt("policy_mappings", Kind::Text),
    ],
    constraints: &[Constraint::AnyProperty],
};

/// §6.6.2
pub(super) static MIME_PART: Structure = Structure {
    name: "mime-part",
    section: "§6.6.2",
    properties: &[
        opt("body", Kind::Text),
        opt("body_raw_ref", Kind::Ref(&FILE_OR_ARTIFACT)),
        opt("content_type", Kind::Text),
        opt("content_disposition", Kind::Text),
    ],
    constraints: &[Constraint::OneOf(&["body", "body_raw_ref"])],
};

/// §6.7.6
pub(super) static PE_OPTIONAL_HEADER: Structure = Structure {
    name: "pe-optional-header",
    section: "§6.7.6",
    properties: &[
        opt("magic_hex", Kind::Hex),
        opt("major_linker_version", INT),
        opt("minor_linker_version", INT),
        opt("size_of_code", COUNT),
        opt("size_of_initialized_data", COUNT),
        opt("size_of_uninitialized_data", COUNT),
        opt("address_of_entry_point", INT),
        opt("base_of_code", INT),
        opt("base_of_data", INT),
        opt("image_base", INT),
        opt("section_alignment", INT),
        opt("file_alignment", INT),
        opt("major_os_version", INT),
        opt("minor_os_version", INT),
        opt("major_image_version", INT),
        opt("minor_image_version", INT),
        opt("major_subsystem_version", INT),
        opt("minor_subsystem_version", INT),
        opt("win32_version_value_hex", Kind::Hex),
        opt("size_of_image", COUNT),
        opt("size_of_headers", COUNT),
        opt("checksum_hex", Kind::Hex),
        opt("subsystem_hex", Kind::Hex),
        opt("dll_characteristics_hex", Kind::Hex),
        opt("size_of_stack_reserve", COUNT),
        opt("size_of_stack_commit", COUNT),
        opt("size_of_heap_reserve", COUNT),
        opt("size_of_heap_commit", COUNT),
        opt("loader_flags_hex", Kind::Hex),
        opt("number_of_rva_and_sizes", INT),
        opt("hashes", Kind::Hashes),
    ],
    constraints: &[Constraint::AnyProperty],
};

/// §6.7.6
pub(super) static PE_SECTION: Structure = Structure {
    name: "pe-section",
    section: "§6.7.6",
    properties: &[
        req("name", Kind::Text),
        opt("size", COUNT),
        opt("entropy", Kind::Real { min: f64::MIN, max: f64::MAX }),
        opt("hashes", Kind::Hashes),
    ],
    constraints: &[],
};

/// §6.7.3
pub(super) static ALTERNATE_DATA_STREAM: Structure = Structure {
    name: "alternate-data-stream",
    section: "§6.7.3",
    properties: &[req("name", Kind::Text), opt("hashes", Kind::Hashes), opt("size", COUNT)],
    constraints: &[],
};

/// §6.17.2
pub(super) static REGISTRY_VALUE: Structure = Structure {
    name: "registry-value",
    section: "§6.17.2",
    properties: &[
        opt("name", Kind::Text),
        opt("data", Kind::Text),
        opt("data_type", Kind::Closed(&vocab::WINDOWS_REGISTRY_DATATYPE)),
    ],
    constraints: &[Constraint::AnyProperty],
};

/// Every predefined extension and the type it belongs to.
pub(in crate::stix) static PREDEFINED: &[(&str, &str)] = &[
    ("archive-ext", "file"),
    ("ntfs-ext", "file"),
    ("pdf-ext", "file"),
    ("raster-image-ext", "file"),
    ("windows-pebinary-ext", "file"),
    ("http-request-ext", "network-traffic"),
    ("icmp-ext", "network-traffic"),
    ("socket-ext", "network-traffic"),
    ("tcp-ext", "network-traffic"),
    ("windows-process-ext", "process"),
    ("windows-service-ext", "process"),
    ("unix-account-ext", "user-account"),
];

/// The same as kinds, to check a value against.
pub(in crate::stix) static PREDEFINED_KINDS: &[Kind] = &[
    Kind::Struct(&ARCHIVE_EXT),
    Kind::Struct(&NTFS_EXT),
    Kind::Struct(&PDF_EXT),
    Kind::Struct(&RASTER_IMAGE_EXT),
    Kind::Struct(&WINDOWS_PEBINARY_EXT),
    Kind::Struct(&HTTP_REQUEST_EXT),
    Kind::Struct(&ICMP_EXT),
    Kind::Struct(&SOCKET_EXT),
    Kind::Struct(&TCP_EXT),
    Kind::Struct(&WINDOWS_PROCESS_EXT),
    Kind::Struct(&WINDOWS_SERVICE_EXT),
    Kind::Struct(&UNIX_ACCOUNT_EXT),
];
