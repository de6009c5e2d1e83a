//! Realistic STIX 2.1 content from a seed: for tests and benches of this crate and of others, and for trying a server.
//!
//! The same seed gives the same bytes on every machine, in every build. Everything is valid: UUIDv4 for domain objects,
//! UUIDv5 over the contributing properties for observables (§2.9), times in order, references of the right types,
//! relationships that the standard lists. Texts stand in eight languages, among them Persian, Arabic and Russian, with
//! zero-width non-joiners and combining marks. Names are of the reserved domain `example`, addresses of the ranges for
//! documentation (RFC 5737, RFC 3849), so that nothing points at anybody.
//!
//! - [`indicators`]: single indicators of about 890 bytes, the load of a feed;
//! - [`mixed`]: stories of 60 objects and more, each with every type of the standard;
//! - [`bundle`]: either of them as one bundle.
//!
//! Not in it: granular markings by language. They are valid (§7.2.3.1), but stix2-validator 3.3.2 refuses them.
//!
//! *Left to the caller*: writing them anywhere. `cargo run -p monition-intel --example corpus` prints them.

mod observables;
mod rng;
mod story;
mod words;

#[cfg(test)]
mod tests;

use rng::Rng;
use serde_json::Value;
use std::collections::VecDeque;

/// What a corpus is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kinds {
    /// Indicators alone.
    Indicators(usize),
    /// So many objects of every type, story after story, beginning with the nine TLP markings.
    Mixed(usize),
}

/// One object on its way: its members in the order in which they are printed.
struct Object(Vec<(&'static str, Value)>);

impl Object {
    /// The text; nested objects have their names in order, so that no feature of `serde_json` changes a byte.
    fn print(&self) -> String {
        let mut text = String::from("{");
        for (number, (name, value)) in self.0.iter().enumerate() {
            text.push_str(if number == 0 { "\"" } else { ",\"" });
            text.push_str(name);
            text.push_str("\":");
            text.push_str(&value.to_string());
        }
        text.push('}');
        text
    }
}

/// `count` indicators, one JSON object each.
pub fn indicators(seed: u64, count: usize) -> impl Iterator<Item = String> {
    let mut rng = Rng::new(seed);
    let creator = format!("identity--{}", rng.uuid());
    (0..count).map(move |number| story::lone_indicator(&mut rng, &creator, number).print())
}

/// `count` objects of every type, one JSON object each. A story may be cut at the end; its references then dangle,
/// which the standard allows (§3.3).
pub fn mixed(seed: u64, count: usize) -> impl Iterator<Item = String> {
    let mut rng = Rng::new(seed);
    let mut waiting: VecDeque<Object> = story::tlp_markings().into();
    let mut stories = 0;
    (0..count).map(move |_| {
        while waiting.is_empty() {
            waiting.extend(story::story(&mut rng, stories));
            stories += 1;
        }
        waiting.pop_front().map(|object| object.print()).unwrap_or_default()
    })
}

/// One bundle.
#[must_use]
pub fn bundle(seed: u64, kinds: Kinds) -> String {
    let id = Rng::new(seed ^ 0x62_75_6e_64_6c_65).uuid();
    let objects: Vec<String> = match kinds {
        Kinds::Indicators(count) => indicators(seed, count).collect(),
        Kinds::Mixed(count) => mixed(seed, count).collect(),
    };
    // No list is empty (§2.8).
    let list = if objects.is_empty() { String::new() } else { format!(",\"objects\":[{}]", objects.join(",")) };
    format!("{{\"type\":\"bundle\",\"id\":\"bundle--{id}\"{list}}}")
}
