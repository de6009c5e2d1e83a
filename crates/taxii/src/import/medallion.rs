//! medallion's dump: `{"<root>": {"collections": [{"id", "objects": […], "manifest": [{"id","version","date_added"}]}]}}`.
//! It is read as a stream; what is not needed is skipped.
//!
//! Objects may carry members of medallion's own (`__meta`, `_manifest`, `_date_added`, `_id`, `_collection_id`). Those
//! objects are written anew without them, and their date is taken from there; all others keep their bytes.

use super::{ImportError, Staging};
use monition_intel::stix::Timestamp;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;

const OWN_MEMBERS: [&str; 5] = ["__meta", "_manifest", "_date_added", "_id", "_collection_id"];

pub(super) fn stage(staging: &Staging, dump: impl std::io::Read) -> Result<(), ImportError> {
    let form = |e: serde_json::Error| ImportError::Form { detail: e.to_string() };
    let mut reader = serde_json::Deserializer::from_reader(std::io::BufReader::with_capacity(1 << 16, dump));
    Walk { staging, level: Level::Roots }.deserialize(&mut reader).map_err(form)?;
    reader.end().map_err(form)
}

/// Where in the dump a value stands.
#[derive(Clone, Copy)]
enum Level {
    Roots,
    Root,
    Collections,
    Collection,
    Objects(i64),
    Manifest(i64),
}

#[derive(Clone, Copy)]
struct Walk<'s> {
    staging: &'s Staging,
    level: Level,
}

#[derive(Deserialize)]
struct Record {
    id: String,
    date_added: String,
    #[serde(default)]
    version: Option<String>,
    /// Earlier releases have one record for all versions.
    #[serde(default)]
    versions: Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.level {
            Level::Roots | Level::Root | Level::Collection => deserializer.deserialize_map(self),
            Level::Collections | Level::Objects(_) | Level::Manifest(_) => deserializer.deserialize_seq(self),
        }
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.level {
            Level::Roots => "an object of API roots",
            Level::Root => "an API root as an object",
            Level::Collection => "a collection as an object",
            Level::Collections => "the list of collections",
            Level::Objects(_) => "the list of objects",
            Level::Manifest(_) => "the list of manifest records",
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let at = |level| Walk { staging: self.staging, level };
        let n = match self.level {
            Level::Collection => self.staging.collection().map_err(A::Error::custom)?,
            _ => 0,
        };
        while let Some(key) = map.next_key::<String>()? {
            match (self.level, key.as_str()) {
                (Level::Roots, _) => map.next_value_seed(at(Level::Root))?,
                (Level::Root, "collections") => map.next_value_seed(at(Level::Collections))?,
                (Level::Collection, "objects") => map.next_value_seed(at(Level::Objects(n)))?,
                (Level::Collection, "manifest") => map.next_value_seed(at(Level::Manifest(n)))?,
                (Level::Collection, "id") => {
                    let id: String = map.next_value()?;
                    self.staging.name(n, &id).map_err(A::Error::custom)?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        match self.level {
            Level::Objects(n) => {
                while let Some(object) = list.next_element::<Box<RawValue>>()? {
                    self.object(n, object.get()).map_err(A::Error::custom)?;
                }
            }
            Level::Manifest(n) => {
                while let Some(record) = list.next_element::<Record>()? {
                    let Ok(added) = Timestamp::parse(&record.date_added) else { continue };
                    for version in record.versions.iter().chain(&record.version) {
                        let put = self.staging.date(n, &record.id, version, added.as_micros());
                        put.map_err(A::Error::custom)?;
                    }
                }
            }
            _ => while list.next_element_seed(Walk { staging: self.staging, level: Level::Collection })?.is_some() {},
        }
        Ok(())
    }
}

impl Walk<'_> {
    fn object(&self, collection: i64, text: &str) -> rusqlite::Result<()> {
        // What cannot be read is staged as it is; the reader of objects says what is wrong with it.
        let mut value: Value = serde_json::from_str(text).unwrap_or_default();
        let mut added = None;
        let mut own = false;
        if let Some(members) = value.as_object_mut() {
            for name in OWN_MEMBERS {
                let Some(member) = members.remove(name) else { continue };
                own = true;
                added = added.or_else(|| date(&member)).or_else(|| member.get("date_added").and_then(date));
            }
        }
        let member = |name: &str| value.get(name).and_then(Value::as_str);
        let version = member("modified").or_else(|| member("created"));
        let anew = if own { value.to_string() } else { String::new() };
        let bytes = if own { anew.as_bytes() } else { text.as_bytes() };
        self.staging.object(collection, member("id"), version, added, bytes)
    }
}

/// A date as a timestamp, or as seconds since 1970.
fn date(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => Some(Timestamp::parse(text).ok()?.as_micros()),
        #[allow(clippy::cast_possible_truncation, reason = "seconds of a date are far below the range")]
        Value::Number(seconds) => Some((seconds.as_f64()? * 1e6).round() as i64),
        _ => None,
    }
}
