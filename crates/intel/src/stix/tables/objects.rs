//! STIX domain objects (STIX 2.1 §4) and relationship objects (§5), property by property.

use super::kinds::*;
use super::vocab;

/// All of them.
pub(super) static TYPES: &[&Type] = &[
    &ATTACK_PATTERN_TYPE,
    &CAMPAIGN_TYPE,
    &COURSE_OF_ACTION_TYPE,
    &GROUPING_TYPE,
    &IDENTITY_TYPE,
    &INCIDENT_TYPE,
    &INDICATOR_TYPE,
    &INFRASTRUCTURE_TYPE,
    &INTRUSION_SET_TYPE,
    &LOCATION_TYPE,
    &MALWARE_TYPE,
    &MALWARE_ANALYSIS_TYPE,
    &NOTE_TYPE,
    &OBSERVED_DATA_TYPE,
    &OPINION_TYPE,
    &REPORT_TYPE,
    &THREAT_ACTOR_TYPE,
    &TOOL_TYPE,
    &VULNERABILITY_TYPE,
    &RELATIONSHIP_TYPE,
    &SIGHTING_TYPE,
];

static ATTACK_PATTERN_TYPE: Type = Type {
    name: "attack-pattern",
    class: Class::Sdo,
    body: Structure {
        name: "attack-pattern",
        section: "§4.1",
        properties: &[
            req("name", Kind::Text),
            opt("description", Kind::Text),
            opt("aliases", TEXTS),
            opt("kill_chain_phases", KILL_CHAIN_PHASES),
        ],
        constraints: &[],
    },
    contributing: &[],
    extensions: &[],
};

static CAMPAIGN_TYPE: Type = Type {
    name: "campaign",
    class: Class::Sdo,
    body: Structure {
        name: "campaign",
        section: "§4.2",
        properties: &[
            req("name", Kind::Text),
            opt("description", Kind::Text),
            opt("aliases", TEXTS),
            opt("first_seen", Kind::Time),
            opt("last_seen", Kind::Time),
            opt("objective", Kind::Text),
        ],
        constraints: &[Constraint::Order { earlier: "first_seen", later: "last_seen", strict: false }],
    },
    contributing: &[],
    extensions: &[],
};

static COURSE_OF_ACTION_TYPE: Type = Type {
    name: "course-of-action",
    class: Class::Sdo,
    body: Structure {
        name: "course-of-action",
        section: "§4.3",
        properties: &[req("name", Kind::Text), opt("description", Kind::Text), opt("action", Kind::Reserved)],
        constraints: &[],
    },
    contributing: &[],
    extensions: &[],
};

static GROUPING_TYPE: Type = Type {
    name: "grouping",
    class: Class::Sdo,
    body: Structure {
        name: "grouping",
        section: "§4.4",
        properties: &[
            opt("name", Kind::Text),
            opt("description", Kind::Text),
            req("context", Kind::Open(&vocab::GROUPING_CONTEXT)),
            req("object_refs", Kind::List(&Kind::Ref(&Targets::Any))),
        ],
        constraints: &[],
    },
    contributing: &[],
    extensions: &[],
};

static IDENTITY_TYPE: Type = Type {
    name: "identity",
    class: Class::Sdo,
    body: Structure {
        name: "identity",
        section: "§4.5",
        properties: &[
            req("name", Kind::Text),
            opt("description", Kind::Text),
            opt("roles", TEXTS),
            opt("identity_class", Kind::Open(&vocab::IDENTITY_CLASS)),
            opt("sectors", Kind::List(&Kind::Open(&vocab::INDUSTRY_SECTOR))),
            opt("contact_information", Kind::Text),
        ],
        constraints: &[],
    },
    contributing: &[],
    extensions: &[],
};

static INCIDENT_TYPE: Type = Type {
    name: "incident",
    class: Class::Sdo,
    body: Structure {
        name: "incident",
        section: "§4.6",
        properties: &[req("name", Kind::Text), opt("description", Kind::Text)],
        constraints: &[],
    },
    contributing: &[],
    extensions: &[],
};

static INDICATOR_TYPE: Type = Type {
    name: "indicator",
    class: Class::Sdo,
    body: Structure {
        name: "indicator",
        section: "§4.7",
        properties: &[
            opt("name", Kind::Text),
            opt("description", Kind::Text),
            opt("indicator_types", Kind::List(&Kind::Open(&vocab::INDICATOR_TYPE))),
            req("pattern", Kind::Text),
            req("pattern_type", Kind::Open(&vocab::PATTERN_TYPE)),
            opt("pattern_version", Kind::Text),
            req("valid_from", Kind::Time),
            opt("valid_until", Kind::Time),
            opt("kill_chain_phases", KILL_CHAIN_PHASES),
        ],
        constraints: &[Constraint::Order { earlier: "valid_from", later: "valid_until", strict: true }],
    },
    contributing: &[],
    extensions: &[],
};

static INFRASTRUCTURE_TYPE: Type = Type {
    name: "infrastructure",
    class: Class::Sdo,
    body: Structure {
        name: "infrastructure",
        section: "§4.8",
        properties: &[
            req("name", Kind::Text),
            opt("description", Kind::Text),
            opt("infrastructure_types", Kind::List(&Kind::Open(&vocab::INFRASTRUCTURE_TYPE))),
            opt("aliases", TEXTS),
            opt("kill_chain_phases", KILL_CHAIN_PHASES),
            opt("first_seen", Kind::Time),
            opt("last_seen", Kind::Time),
        ],
        constraints: &[Constraint::Order { earlier: "first_seen", later: "last_seen", strict: false }],
    },
    contributing: &[],
    extensions: &[],
};

static INTRUSION_SET_TYPE: Type = Type {
    name: "intrusion-set",
    class: Class::Sdo,
    body: Structure {
        name: "intrusion-set",
        section: "§4.9",
        properties: &[
            req("name", Kind::Text),
            opt("description", Kind::Text),
            opt("aliases", TEXTS),
            opt("first_seen", Kind::Time),
            opt("last_seen", Kind::Time),
            opt("goals", TEXTS),
            opt("resource_level", Kind::Open(&vocab::ATTACK_RESOURCE_LEVEL)),
            opt("primary_motivation", Kind::Open(&vocab::ATTACK_MOTIVATION)),
            opt("secondary_motivations", Kind::List(&Kind::Open(&vocab::ATTACK_MOTIVATION))),
        ],
        constraints: &[Constraint::Order { earlier: "first_seen", later: "last_seen", strict: false }],
    },
    contributing: &[],
    extensions: &[],
};

static LOCATION_TYPE: Type = Type {
    name: "location",
    class: Class::Sdo,
    body: Structure {
        name: "location",
        section: "§4.10",
        properties: &[
            opt("name", Kind::Text),
            opt("description", Kind::Text),
            opt("latitude", Kind::Real { min: -90.0, max: 90.0 }),
            opt("longitude", Kind::Real { min: -180.0, max: 180.0 }),
            opt("precision", Kind::Real { min: 0.0, max: f64::MAX }),
            opt("region", Kind::Open(&vocab::REGION)),
            opt("country", Kind::Text),
            opt("administrative_area", Kind::Text),
            opt("city", Kind::Text),
            opt("street_address", Kind::Text),
            opt("postal_code", Kind::Text),
        ],
        constraints: &[
            Constraint::Needs("latitude", "longitude"),
            Constraint::Needs("longitude", "latitude"),
            Constraint::Needs("precision", "longitude"),
        ],
    },
    contributing: &[],
    extensions: &[],
};

static MALWARE_TYPE: Type = Type {
    name: "malware",
    class: Class::Sdo,
    body: Structure {
        name: "malware",
        section: "§4.11",
        properties: &[
            opt("name", Kind::Text),
            opt("description", Kind::Text),
            opt("malware_types", Kind::List(&Kind::Open(&vocab::MALWARE_TYPE))),
            req("is_family", Kind::Flag),
            opt("aliases", TEXTS),
            opt("kill_chain_phases", KILL_CHAIN_PHASES),
            opt("first_seen", Kind::Time),
            opt("last_seen", Kind::Time),
            opt("operating_system_refs", Kind::List(&Kind::Ref(&SOFTWARE))),
            opt("architecture_execution_envs", Kind::List(&Kind::Open(&vocab::PROCESSOR_ARCHITECTURE))),
            opt("implementation_languages", Kind::List(&Kind::Open(&vocab::IMPLEMENTATION_LANGUAGE))),
            opt("capabilities", Kind::List(&Kind::Open(&vocab::MALWARE_CAPABILITIES))),
            opt("sample_refs", Kind::List(&Kind::Ref(&FILE_OR_ARTIFACT))),
        ],
        constraints: &[Constraint::Order { earlier: "first_seen", later: "last_seen", strict: false }],
    },
    contributing: &[],
    extensions: &[],
};

static MALWARE_ANALYSIS_TYPE: Type = Type {
    name: "malware-analysis",
    class: Class::Sdo,
    body: Structure {
        name: "malware-analysis",
        section: "§4.12",
        properties: &[
            req("product", Kind::Text),
            opt("version", Kind::Text),
            opt("host_vm_ref", Kind::Ref(&SOFTWARE)),
            opt("operating_system_ref", Kind::Ref(&SOFTWARE)),
            opt("installed_software_refs", Kind::List(&Kind::Ref(&SOFTWARE))),
            opt("configuration_version", Kind::Text),
            opt("modules", TEXTS),
            opt("analysis_engine_version", Kind::Text),
            opt("analysis_definition_version", Kind::Text),
            opt("submitted", Kind::Time),
            opt("analysis_started", Kind::Time),
            opt("analysis_ended", Kind::Time),
            opt("result_name", Kind::Text),
            opt("result", Kind::Open(&vocab::MALWARE_RESULT)),
            opt("analysis_sco_refs", Kind::List(&Kind::Ref(&Targets::Sco))),
            opt("sample_ref", Kind::Ref(&Targets::Only(&["file", "artifact", "network-traffic"]))),
        ],
        constraints: &[Constraint::OneOf(&["result", "analysis_sco_refs"])],
    },
    contributing: &[],
    extensions: &[],
};

static NOTE_TYPE: Type = Type {
    name: "note",
    class: Class::Sdo,
    body: Structure {
        name: "note",
        section: "§4.13",
        properties: &[
            opt("abstract", Kind::Text),
            req("content", Kind::Text),
            opt("authors", TEXTS),
            req("object_refs", Kind::List(&Kind::Ref(&Targets::Any))),
        ],
        constraints: &[],
    },
    contributing: &[],
    extensions: &[],
};

static OBSERVED_DATA_TYPE: Type = Type {
    name: "observed-data",
    class: Class::Sdo,
    body: Structure {
        name: "observed-data",
        section: "§4.14",
        properties: &[
            req("first_observed", Kind::Time),
            req("last_observed", Kind::Time),
            req("number_observed", Kind::Int { min: 1, max: 999_999_999 }),
            opt("objects", Kind::Container),
            opt("object_refs", Kind::List(&Kind::Ref(&Targets::ScoOrSro))),
        ],
        constraints: &[
            Constraint::Order { earlier: "first_observed", later: "last_observed", strict: false },
            Constraint::OneOf(&["objects", "object_refs"]),
            Constraint::Exclusive("objects", "object_refs"),
        ],
    },
    contributing: &[],
    extensions: &[],
};

static OPINION_TYPE: Type = Type {
    name: "opinion",
    class: Class::Sdo,
    body: Structure {
        name: "opinion",
        section: "§4.15",
        properties: &[
            opt("explanation", Kind::Text),
            opt("authors", TEXTS),
            req("opinion", Kind::Closed(&vocab::OPINION)),
            req("object_refs", Kind::List(&Kind::Ref(&Targets::Any))),
        ],
        constraints: &[],
    },
    contributing: &[],
    extensions: &[],
};

static REPORT_TYPE: Type = Type {
    name: "report",
    class: Class::Sdo,
    body: Structure {
        name: "report",
        section: "§4.16",
        properties: &[
            req("name", Kind::Text),
            opt("description", Kind::Text),
            opt("report_types", Kind::List(&Kind::Open(&vocab::REPORT_TYPE))),
            req("published", Kind::Time),
            req("object_refs", Kind::List(&Kind::Ref(&Targets::Any))),
        ],
        constraints: &[],
    },
    contributing: &[],
    extensions: &[],
};

static THREAT_ACTOR_TYPE: Type = Type {
    name: "threat-actor",
    class: Class::Sdo,
    body: Structure {
        name: "threat-actor",
        section: "§4.17",
        properties: &[
            req("name", Kind::Text),
            opt("description", Kind::Text),
            opt("threat_actor_types", Kind::List(&Kind::Open(&vocab::THREAT_ACTOR_TYPE))),
            opt("aliases", TEXTS),
            opt("first_seen", Kind::Time),
            opt("last_seen", Kind::Time),
            opt("roles", Kind::List(&Kind::Open(&vocab::THREAT_ACTOR_ROLE))),
            opt("goals", TEXTS),
            opt("sophistication", Kind::Open(&vocab::THREAT_ACTOR_SOPHISTICATION)),
            opt("resource_level", Kind::Open(&vocab::ATTACK_RESOURCE_LEVEL)),
            opt("primary_motivation", Kind::Open(&vocab::ATTACK_MOTIVATION)),
            opt("secondary_motivations", Kind::List(&Kind::Open(&vocab::ATTACK_MOTIVATION))),
            opt("personal_motivations", Kind::List(&Kind::Open(&vocab::ATTACK_MOTIVATION))),
        ],
        constraints: &[Constraint::Order { earlier: "first_seen", later: "last_seen", strict: false }],
    },
    contributing: &[],
    extensions: &[],
};

static TOOL_TYPE: Type = Type {
    name: "tool",
    class: Class::Sdo,
    body: Structure {
        name: "tool",
        section: "§4.18",
        properties: &[
            req("name", Kind::Text),
            opt("description", Kind::Text),
            opt("tool_types", Kind::List(&Kind::Open(&vocab::TOOL_TYPE))),
            opt("aliases", TEXTS),
            opt("kill_chain_phases", KILL_CHAIN_PHASES),
            opt("tool_version", Kind::Text),
        ],
        constraints: &[],
    },
    contributing: &[],
    extensions: &[],
};

static VULNERABILITY_TYPE: Type = Type {
    name: "vulnerability",
    class: Class::Sdo,
    body: Structure {
        name: "vulnerability",
        section: "§4.19",
        properties: &[req("name", Kind::Text), opt("description", Kind::Text)],
        constraints: &[],
    },
    contributing: &[],
    extensions: &[],
};

static RELATIONSHIP_TYPE: Type = Type {
    name: "relationship",
    class: Class::Sro,
    body: Structure {
        name: "relationship",
        section: "§5.1",
        properties: &[
            req("relationship_type", Kind::Form(Form::RelationshipName)),
            opt("description", Kind::Text),
            req("source_ref", Kind::Ref(&Targets::SdoOrSco)),
            req("target_ref", Kind::Ref(&Targets::SdoOrSco)),
            opt("start_time", Kind::Time),
            opt("stop_time", Kind::Time),
        ],
        constraints: &[Constraint::Order { earlier: "start_time", later: "stop_time", strict: true }],
    },
    contributing: &[],
    extensions: &[],
};

static SIGHTING_TYPE: Type = Type {
    name: "sighting",
    class: Class::Sro,
    body: Structure {
        name: "sighting",
        section: "§5.2",
        properties: &[
            opt("description", Kind::Text),
            opt("first_seen", Kind::Time),
            opt("last_seen", Kind::Time),
            opt("count", Kind::Int { min: 0, max: 999_999_999 }),
            req("sighting_of_ref", Kind::Ref(&Targets::Sdo)),
            opt("observed_data_refs", Kind::List(&Kind::Ref(&Targets::Only(&["observed-data"])))),
            opt("where_sighted_refs", Kind::List(&Kind::Ref(&Targets::Only(&["identity", "location"])))),
            opt("summary", Kind::Flag),
        ],
        constraints: &[Constraint::Order { earlier: "first_seen", later: "last_seen", strict: false }],
    },
    contributing: &[],
    extensions: &[],
};
