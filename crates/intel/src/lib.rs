//! STIX 2.1, TAXII 2.1 resources and CAP 1.2: bytes to types and back, and validation. No I/O, no clock, no randomness.

pub mod cap;
pub mod corpus;
pub mod json;
pub mod stix;
pub mod taxii;
pub mod warning_fields;
