//! The Traffic Light Protocol as a ceiling: who may see an object that carries which marking.

use serde::{Deserialize, Serialize};

/// TLP 2.0, least restricted first. TLP 1 reads as: white is clear, the others keep their names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Tlp {
    /// No limit on disclosure. What carries no TLP marking counts as this unless the collection says otherwise.
    #[default]
    #[serde(rename = "clear")]
    Clear,
    /// The community.
    #[serde(rename = "green")]
    Green,
    /// The organisation and its clients.
    #[serde(rename = "amber")]
    Amber,
    /// The organisation alone.
    #[serde(rename = "amber+strict")]
    AmberStrict,
    /// The named recipients alone.
    #[serde(rename = "red")]
    Red,
}

/// Ids of the marking definitions: STIX 2.1 §7.2.1.4 for TLP 1, the OASIS extension definition for TLP 2.0.
const MARKINGS: [(&str, Tlp); 9] = [
    ("marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9", Tlp::Clear),
    ("marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da", Tlp::Green),
    ("marking-definition--f88d31f6-486f-44da-b317-01333bde0b82", Tlp::Amber),
    ("marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed", Tlp::Red),
    ("marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487", Tlp::Clear),
    ("marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb", Tlp::Green),
    ("marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421", Tlp::Amber),
    ("marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003", Tlp::AmberStrict),
    ("marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1", Tlp::Red),
];

impl Tlp {
    /// Every level, least restricted first.
    pub const ALL: [Self; 5] = [Self::Clear, Self::Green, Self::Amber, Self::AmberStrict, Self::Red];

    /// The level that a marking definition stands for, if it is one of TLP's. Ids are compared without regard to case: a
    /// marking that is spelled unusually must not fall off.
    #[must_use]
    pub fn of_marking(id: &str) -> Option<Self> {
        MARKINGS.iter().find(|(marking, _)| marking.eq_ignore_ascii_case(id)).map(|(_, level)| *level)
    }

    /// 0 (clear) to 4 (red).
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The level of a number; red for any that is too large.
    #[must_use]
    pub fn from_number(number: i64) -> Self {
        usize::try_from(number).ok().and_then(|at| Self::ALL.get(at).copied()).unwrap_or(Self::Red)
    }
}

impl std::fmt::Display for Tlp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(["clear", "green", "amber", "amber+strict", "red"][usize::from(self.number())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nine_marking_definitions_are_known_in_either_case() {
        assert_eq!(Tlp::of_marking("marking-definition--E828B379-4E03-4974-9AC4-E53A884C97C1"), Some(Tlp::Red));
        assert_eq!(Tlp::of_marking("marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"), Some(Tlp::Clear));
        assert_eq!(Tlp::of_marking("marking-definition--e828b379-4398-4000-8000-000000000000"), None);
        for level in Tlp::ALL {
            assert_eq!(Tlp::from_number(i64::from(level.number())), level);
            assert_eq!(serde_json::to_value(level).unwrap(), level.to_string());
        }
    }
}
