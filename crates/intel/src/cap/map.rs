//! A CAP alert and the open fields of a warning, both ways.
//!
//! # From CAP ([`import`])
//!
//! | CAP | warning | loss |
//! |---|---|---|
//! | `status` | only Actual is a warning; Exercise, System, Test and Draft are refused | |
//! | `msgType` Alert, Update, Cancel | `status` first, amended, withdrawn; `references` in [`Fields::about`] | the chain is the caller's to find |
//! | `msgType` Ack, Error | no warning: [`reply`]; [`answer`] writes one | |
//! | `scope`, `restriction`, `code` | `tlp`: a label `TLP:…` in restriction or code, else Public = CLEAR, Restricted = AMBER, Private = RED | the words of the restriction |
//! | `sender,identifier,sent` | `our_ref` | |
//! | `urgency`, `severity`, `certainty` | `urgency`, by the table below | three axes become one |
//! | `certainty` | `rating.credibility`: Observed 1, Likely 2, Possible 3, Unlikely 4, Unknown 6 | 5 is never reached |
//! | `category` (the first) | `class` `hazard.met` and so on | further categories |
//! | `headline`, `event`, `description` | `summary`: headline; then the event, if neither says it; then the description | cut at 8,192 bytes |
//! | `instruction`, else `responseType` | `advice` | response types beside an instruction |
//! | `onset` to `expires` | the time ladder ([`Fields::set_time`]) | offset from UTC |
//! | without `onset`: `effective` or `sent` to `expires` | `time.window` alone | says when the information holds |
//! | `areaDesc` | one rung of the place ladder, by the size of the area: radius up to 1 km `site`, 25 km `city`, 500 km or not given `region`, more `country` | outlines, height |
//! | `geocode` ISO 3166-1, ISO 3166-2, UN/LOCODE, NUTS | `place.country`, `place.region`, `place.city` where they are empty | other codes |
//! | `info` of other languages | [`Fields::translations`] | all but summary and advice |
//! | `resource` | [`Fields::attachments`], at most 8 | SHA-1 digest |
//! | `parameter` and `geocode` named `monition:<field>` | that field, as it is | |
//! | everything else | – | named in [`Imported::losses`] |
//!
//! Urgency, where *grave* is Extreme or Severe and *firm* is Observed or Likely:
//!
//! | `urgency` | grave and firm | grave | firm | otherwise | Unlikely |
//! |---|---|---|---|---|---|
//! | Immediate | flash | immediate | immediate | immediate | priority |
//! | Expected (within the hour) | immediate | immediate | immediate | immediate | priority |
//! | Future | priority | priority | routine | routine | routine |
//! | Past | routine | routine | routine | routine | routine |
//! | Unknown | immediate | priority | priority | priority | routine |
//!
//! Keep the message itself as an attachment: then nothing is lost.
//!
//! # To CAP ([`export`])
//!
//! Only a warning with TLP:CLEAR whose embargo has passed. `first` becomes Alert, `amended` Update, `withdrawn` Cancel,
//! the latter two with references to every earlier message. flash and immediate become Immediate, priority Expected,
//! routine Future; of a withdrawn one Past. Credibility 1 and 2 become Likely, 3 Possible, 4 and 5 Unlikely, else
//! Unknown; never Observed, because a warning speaks of what is to come. Severity is the caller's: a warning has none.
//! The places become one `areaDesc`, fine to coarse; every text but summary and advice also stands in a parameter
//! `monition:<field>`, so that reading the message again gives the same fields.
//!
//! # How the alert is signed
//!
//! CAP allows an enveloped XML signature (§3.3.4.1). We do not write one: our keys are Ed25519 keys of a directory, not
//! X.509 certificates, so no consumer could do anything with it; and canonical XML is a large and often broken part to
//! trust. No library for it is both old enough to rely on and within our minimum Rust version. Instead the alert names
//! what is signed already:
//!
//! ```text
//! identifier                  <wid>.<identity of the signed core>
//! parameter monition:exchange name of the exchange
//! parameter monition:wid      the warning
//! parameter monition:core     SHA-256 identity of the core: what the sender's key signed
//! parameter monition:proof    SHA-256 of the dossier, base64url
//! resource                    the dossier's address, application/json
//! ```
//!
//! The alert is a function of the core, of the disclosures that the dossier shows, and of [`Origin`]. Whoever has the
//! dossier checks the core's signature offline, compares [`Origin::claimed`] with the core, exports again, and compares
//! ([`agrees`]): one changed word of what the core signs is a mismatch. Parameters and resources are the standard's own
//! way to add; every CAP consumer takes them unmodified.
//!
//! | element | covered by the core's signature |
//! |---|---|
//! | `identifier`, `sender`, `msgType`, `scope`; `headline`, `description`, `instruction`, `urgency`, `certainty`, `onset`, `expires`, `category`, `areaDesc`, our geocodes and parameters of the first info | yes |
//! | `sent`, `references`, `severity`, `event`, `senderName`, `language`, the address of the dossier | no: the sender's word at the time of sending; the dossier itself is bound by `monition:proof` |
//! | a further info in another language, a file that the warning does not hold | no: a mismatch, unless the checker has the same from elsewhere |
//!
//! So a public warning is best exported in one language for each core, with `event` left to be its class.

use super::{
    Alert, Area, CapText, CapTime, Category, Certainty, Identifier, Info, Language, Listing, Message, MessageType,
    Polygon, Recipients, Reference, Rule, Scope, Sender, Severity, Status, Urgency,
};
use crate::warning_fields::Urgency as Precedence;
use crate::warning_fields::{ATTACHMENTS_MAX, Attachment, Field, Fields, Loss, Standing, Tlp, Translation, clean};

mod export;
#[cfg(test)]
mod tests;

pub use export::{Mismatch, NotExported, Origin, Proof, agrees, export};

/// What names of our own parameters and geocodes begin with.
pub const PREFIX: &str = "monition:";

/// A CAP alert as a warning.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// What it says.
    pub fields: Fields,
    /// Recipients that it names.
    pub addresses: Listing,
    /// What was not carried over.
    pub losses: Vec<Loss>,
}

/// Why a CAP message is not a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAWarning {
    /// It is an exercise, a test, a draft, or for the network itself.
    #[error("a message with status {0} is not actionable (cap-not-actual): send status Actual")]
    Status(Status),
    /// It answers a message.
    #[error("a message with msgType {0} answers another (cap-answer): read it as a reply")]
    Answer(MessageType),
    /// It has no `info`.
    #[error("a message with msgType {0} and no info says nothing (cap-no-info): add an info")]
    NoInfo(MessageType),
}

/// An Ack or Error: the answer to messages of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Whether they were accepted (`acknowledged`) or rejected (`declined`).
    pub accepted: bool,
    /// The messages.
    pub references: Vec<Reference>,
    /// The note.
    pub note: Option<String>,
}

/// Reads an Ack or Error with status Actual; anything else is none.
#[must_use]
pub fn reply(alert: &Alert) -> Option<Reply> {
    let accepted = match alert.message.kind() {
        MessageType::Ack => true,
        MessageType::Error => false,
        _ => return None,
    };
    let note = alert.note.as_ref().map(|note| clean(note.as_str()).0);
    let references = alert.message.references().to_vec();
    (alert.status == Status::Actual).then_some(Reply { accepted, references, note })
}

/// Writes the answer to a message: an Ack or an Error for its sender alone. `sent` is in seconds since 1970.
///
/// # Errors
/// The rule that `identifier`, `sender` or `note` breaks.
pub fn answer(
    alert: &Alert,
    accepted: bool,
    identifier: &str,
    sender: &str,
    sent: u64,
    note: Option<&str>,
) -> Result<Alert, Rule> {
    let kind = if accepted { MessageType::Ack } else { MessageType::Error };
    let addresses = Listing::new(vec![alert.sender.as_str().to_owned()])?;
    Ok(Alert {
        identifier: Identifier::parse(identifier)?,
        sender: Sender::parse(sender)?,
        sent: CapTime::from_unix(sent),
        status: alert.status,
        message: Message::new(kind, vec![name_of(alert)])?,
        source: None,
        scope: Scope::Private(Recipients::new(addresses)?),
        codes: Vec::new(),
        note: note.map(CapText::parse).transpose()?,
        incidents: Listing::default(),
        infos: Vec::new(),
    })
}

/// The extended identifier of a message.
#[must_use]
pub fn name_of(alert: &Alert) -> Reference {
    Reference { sender: alert.sender.clone(), identifier: alert.identifier.clone(), sent: alert.sent.clone() }
}

/// How fast the recipient must act, by the table above.
#[must_use]
pub const fn precedence(urgency: Urgency, severity: Severity, certainty: Certainty) -> Precedence {
    let grave = matches!(severity, Severity::Extreme | Severity::Severe);
    let firm = matches!(certainty, Certainty::Observed | Certainty::Likely);
    let unlikely = matches!(certainty, Certainty::Unlikely);
    match urgency {
        Urgency::Immediate if grave && firm => Precedence::Flash,
        Urgency::Immediate | Urgency::Expected if unlikely => Precedence::Priority,
        Urgency::Immediate | Urgency::Expected => Precedence::Immediate,
        Urgency::Future if grave && !unlikely => Precedence::Priority,
        Urgency::Future | Urgency::Past => Precedence::Routine,
        Urgency::Unknown if grave && firm => Precedence::Immediate,
        Urgency::Unknown if unlikely => Precedence::Routine,
        Urgency::Unknown => Precedence::Priority,
    }
}

/// Admiralty credibility of a certainty.
const CREDIBILITY: [(Certainty, &str); 5] = [
    (Certainty::Observed, "1"),
    (Certainty::Likely, "2"),
    (Certainty::Possible, "3"),
    (Certainty::Unlikely, "4"),
    (Certainty::Unknown, "6"),
];

/// The class of a category.
const CLASSES: [(Category, &str); 12] = [
    (Category::Geo, "hazard.geo"),
    (Category::Met, "hazard.met"),
    (Category::Safety, "hazard.safety"),
    (Category::Security, "hazard.security"),
    (Category::Rescue, "hazard.rescue"),
    (Category::Fire, "hazard.fire"),
    (Category::Health, "hazard.health"),
    (Category::Env, "hazard.env"),
    (Category::Transport, "hazard.transport"),
    (Category::Infra, "hazard.infra"),
    (Category::Cbrne, "hazard.cbrne"),
    (Category::Other, "hazard.other"),
];

/// Reads an alert as a warning. Of several languages, `language` is the main one if it is there, else the first.
///
/// # Errors
/// [`NotAWarning`].
pub fn import(alert: &Alert, language: &str) -> Result<Imported, NotAWarning> {
    let kind = alert.message.kind();
    if alert.status != Status::Actual {
        return Err(NotAWarning::Status(alert.status));
    }
    let standing = match kind {
        MessageType::Alert => Standing::First,
        MessageType::Update => Standing::Amended,
        MessageType::Cancel => Standing::Withdrawn,
        MessageType::Ack | MessageType::Error => return Err(NotAWarning::Answer(kind)),
    };
    let mut importer = Importer::default();
    let wanted = Language::parse(language).unwrap_or_default().primary();
    let main = alert.infos.iter().position(|info| info.language.primary() == wanted).unwrap_or(0);
    match alert.infos.get(main) {
        Some(info) => importer.main(alert, info, main),
        None if standing == Standing::Withdrawn => {}
        None => return Err(NotAWarning::NoInfo(kind)),
    }
    importer.others(alert, main);
    importer.envelope(alert);
    importer.fields.standing = standing;
    importer.fields.about = alert.message.references().iter().map(ToString::to_string).collect();
    let addresses = alert.scope.addresses().clone();
    Ok(Imported { fields: importer.fields, addresses, losses: importer.losses })
}

#[derive(Default)]
struct Importer {
    fields: Fields,
    losses: Vec<Loss>,
}

impl Importer {
    fn lose(&mut self, what: impl Into<String>, why: &'static str) {
        self.losses.push(Loss { what: what.into(), why });
    }

    fn set(&mut self, field: Field, text: &str, what: String) {
        if let Some(change) = self.fields.set(field, text) {
            self.lose(what, change);
        }
    }

    /// What stands around the infos.
    fn envelope(&mut self, alert: &Alert) {
        let name = name_of(alert);
        if self.fields.get(Field::OurRef).is_none() {
            self.set(Field::OurRef, &name.to_string(), "/alert/identifier".to_owned());
        }
        let restriction =
            if let Scope::Restricted { restriction, .. } = &alert.scope { Some(restriction) } else { None };
        let label = alert.codes.iter().chain(restriction).find_map(|text| label(text.as_str()));
        let by_scope = match &alert.scope {
            Scope::Public { .. } => Tlp::Clear,
            Scope::Restricted { .. } => Tlp::Amber,
            Scope::Private(_) => Tlp::Red,
        };
        // The stricter of two: a label never opens what the scope closes to the public.
        let label = label.filter(|&label| label != Tlp::Clear || by_scope == Tlp::Clear);
        self.fields.tlp = Some(label.unwrap_or(by_scope));
        if restriction.is_some_and(|text| label.is_none() || text.as_str().trim().len() > 16) {
            self.lose("/alert/restriction", "a warning has a TLP label and no free rule");
        }
        let present = [
            ("source", alert.source.is_some()),
            ("note", alert.note.is_some()),
            ("incidents", !alert.incidents.is_empty()),
            ("code", alert.codes.iter().any(|code| self::label(code.as_str()).is_none())),
        ];
        for (name, _) in present.into_iter().filter(|(_, there)| *there) {
            self.lose(format!("/alert/{name}"), "no field of a warning carries it");
        }
    }

    /// The info in the main language.
    fn main(&mut self, alert: &Alert, info: &Info, number: usize) {
        let path = format!("/alert/info[{}]", number + 1);
        self.fields.language = Some(info.language.as_str().to_owned());
        self.fields.urgency = Some(precedence(info.urgency, info.severity, info.certainty));
        let (_, credibility) = CREDIBILITY[info.certainty as usize];
        self.set(Field::Credibility, credibility, format!("{path}/certainty"));
        let (_, class) = CLASSES[info.categories.as_slice()[0] as usize];
        self.fields.class = Some(class.to_owned());
        if info.categories.as_slice().len() > 1 {
            self.lose(format!("{path}/category"), "a warning has one class; the first category made it");
        }
        let (summary, advice) = (summary(info), advice(info));
        self.set(Field::Summary, &summary, format!("{path}/description"));
        self.set(Field::Advice, &advice, format!("{path}/instruction"));
        if info.instruction.is_some() && !info.responses.is_empty() {
            self.lose(format!("{path}/responseType"), "the instruction made the advice");
        }
        // Our own export has the ladder in its parameters, rung by rung.
        if !is_ours(info) {
            self.time(alert, info, &path);
        }
        for (index, area) in info.areas.iter().enumerate() {
            self.area(area, &format!("{path}/area[{}]", index + 1));
        }
        self.files(info, &path);
        let present = [
            ("audience", info.audience.is_some()),
            ("eventCode", !info.event_codes.is_empty()),
            ("senderName", info.sender_name.is_some()),
            ("web", info.web.is_some()),
            ("contact", info.contact.is_some()),
        ];
        for (name, _) in present.into_iter().filter(|(_, there)| *there) {
            self.lose(format!("{path}/{name}"), "no field of a warning carries it");
        }
        for (index, pair) in info.parameters.iter().enumerate() {
            let value = pair.value.as_ref().map_or("", CapText::as_str);
            if !self.own(pair.name.as_str(), value) {
                self.lose(format!("{path}/parameter[{}]", index + 1), "no field of a warning carries it");
            }
        }
    }

    /// A parameter that this module wrote.
    fn own(&mut self, name: &str, value: &str) -> bool {
        let Some(name) = name.strip_prefix(PREFIX) else { return false };
        match name {
            "class" => self.fields.class = Some(value.to_owned()),
            "urgency" => self.fields.urgency = Precedence::parse(value).or(self.fields.urgency),
            "exchange" | "wid" | "core" | "proof" => {}
            _ => {
                let Some(field) = Field::parse(name) else { return false };
                self.set(field, value, format!("parameter {PREFIX}{name}"));
            }
        }
        true
    }

    fn time(&mut self, alert: &Alert, info: &Info, path: &str) {
        let until = info.expires.as_ref().map(CapTime::unix);
        match (&info.onset, until) {
            (Some(onset), until) => self.fields.set_time(onset.unix(), until.filter(|&until| until >= onset.unix())),
            (None, Some(until)) => {
                let from = info.effective.as_ref().unwrap_or(&alert.sent).unix();
                self.fields.set_time(from, Some(until));
                for field in [Field::TimeMonth, Field::TimeDay, Field::TimeHour] {
                    self.fields.set(field, "");
                }
                self.lose(format!("{path}/expires"), "without onset it says how long the information holds");
            }
            (None, None) => {}
        }
    }

    fn area(&mut self, area: &Area, path: &str) {
        let rung = match radius_km(area) {
            Some(radius) if radius <= 1.0 => Field::PlaceSite,
            Some(radius) if radius <= 25.0 => Field::PlaceCity,
            Some(radius) if radius > 500.0 => Field::PlaceCountry,
            _ => Field::PlaceRegion,
        };
        let own = area.geocodes.iter().any(|code| code.name.as_str().starts_with(PREFIX));
        if !own {
            let text = match self.fields.get(rung) {
                Some(before) => format!("{before}; {}", area.description.as_str()),
                None => area.description.as_str().to_owned(),
            };
            self.set(rung, &text, format!("{path}/areaDesc"));
        }
        if !area.polygons.is_empty() || !area.circles.is_empty() || area.elevation.is_some() {
            self.lose(format!("{path}/polygon"), "a place of a warning is words, not an outline");
        }
        for (index, code) in area.geocodes.iter().enumerate() {
            let value = code.value.as_ref().map_or("", CapText::as_str);
            if self.own(code.name.as_str(), value) {
                continue;
            }
            let places = places(code.name.as_str(), value);
            if places.is_empty() {
                self.lose(format!("{path}/geocode[{}]", index + 1), "no rung of a warning has codes of this system");
            }
            for (field, text) in places {
                if self.fields.get(field).is_none() {
                    self.fields.set(field, &text);
                }
            }
        }
    }

    fn files(&mut self, info: &Info, path: &str) {
        for (index, file) in info.resources.iter().enumerate() {
            let ours = file.description.as_str() == export::PROOF;
            if ours {
                continue;
            }
            if self.fields.attachments.len() == ATTACHMENTS_MAX {
                self.lose(format!("{path}/resource[{}]", index + 1), "a warning has eight attachments");
                continue;
            }
            self.fields.attachments.push(Attachment {
                description: clean(file.description.as_str()).0,
                media_type: file.mime_type.as_str().to_owned(),
                uri: file.uri.as_ref().map(|uri| uri.as_str().to_owned()),
                content: file.content.as_ref().map(super::Content::decode),
            });
        }
    }

    /// The infos beside the main one.
    fn others(&mut self, alert: &Alert, main: usize) {
        let Some(language) = alert.infos.get(main).map(|info| info.language.primary()) else { return };
        for (number, info) in alert.infos.iter().enumerate().filter(|(number, _)| *number != main) {
            let path = format!("/alert/info[{}]", number + 1);
            let known = self.fields.translations.iter().any(|other| other.language == info.language.as_str());
            if info.language.primary() == language || known {
                for (index, area) in info.areas.iter().enumerate() {
                    self.area(area, &format!("{path}/area[{}]", index + 1));
                }
                self.lose(path, "a second info of one language; its areas were taken");
                continue;
            }
            let ((summary, cut), (advice, _)) = (clean(&summary(info)), clean(&advice(info)));
            if let Some(cut) = cut {
                self.lose(path, cut);
            }
            let advice = (!advice.is_empty()).then_some(advice);
            let language = info.language.as_str().to_owned();
            self.fields.translations.push(Translation { language, summary, advice });
        }
    }
}

/// Whether [`export`] wrote it.
fn is_ours(info: &Info) -> bool {
    info.parameters.iter().any(|pair| pair.name.as_str().strip_prefix(PREFIX) == Some("core"))
}

fn summary(info: &Info) -> String {
    let text = |part: &Option<CapText>| part.as_ref().map_or("", CapText::as_str).trim().to_owned();
    let (headline, description, event) = (text(&info.headline), text(&info.description), info.event.as_str().trim());
    let says = |part: &str| part.to_lowercase().contains(&event.to_lowercase());
    let event = if is_ours(info) || says(&headline) || says(&description) { "" } else { event };
    let parts = [headline.as_str(), event, description.as_str()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}

fn advice(info: &Info) -> String {
    let words = || info.responses.iter().map(|response| response.as_str()).collect::<Vec<_>>().join(", ");
    info.instruction.as_ref().map_or_else(words, |text| text.as_str().to_owned())
}

/// A TLP label that stands alone in a text or as one of its words.
fn label(text: &str) -> Option<Tlp> {
    text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '.')).find_map(|word| {
        let label = word.strip_prefix("TLP:")?;
        // WHITE is CLEAR in version 1 of the protocol.
        if label == "WHITE" { Some(Tlp::Clear) } else { Tlp::parse(label) }
    })
}

/// Half of the longest extent of an area in kilometres, if it has an outline.
fn radius_km(area: &Area) -> Option<f64> {
    let circles = area.circles.iter().map(|circle| circle.radius_km());
    circles.chain(area.polygons.iter().map(half_diagonal_km)).reduce(f64::max)
}

fn half_diagonal_km(polygon: &Polygon) -> f64 {
    const KM_PER_DEGREE: f64 = 111.2;
    let range = |values: &mut dyn Iterator<Item = f64>| {
        values.fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)))
    };
    let (south, north) = range(&mut polygon.points().iter().map(|point| point.latitude()));
    let (west, east) = range(&mut polygon.points().iter().map(|point| point.longitude()));
    let narrow = f64::midpoint(south, north).to_radians().cos();
    ((north - south) * KM_PER_DEGREE).hypot((east - west) * KM_PER_DEGREE * narrow) / 2.0
}

/// The rungs that a geocode of a known system fills.
fn places(system: &str, value: &str) -> Vec<(Field, String)> {
    let system: String = system.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    let value = value.trim();
    let country = value.get(..2).filter(|code| code.bytes().all(|b| b.is_ascii_uppercase())).map(str::to_owned);
    let Some(country) = country else { return Vec::new() };
    let country = (Field::PlaceCountry, country);
    let whole = value.to_owned();
    if system.starts_with("ISO31661") && (2..=3).contains(&value.len()) {
        vec![(Field::PlaceCountry, whole)]
    } else if system.starts_with("ISO31662") && value.get(2..3) == Some("-") {
        vec![country, (Field::PlaceRegion, whole)]
    } else if system == "UNLOCODE" || system == "LOCODE" {
        vec![country, (Field::PlaceCity, whole)]
    } else if system.starts_with("NUTS") && value.len() == 2 {
        vec![country]
    } else if system.starts_with("NUTS") {
        vec![country, (Field::PlaceRegion, whole)]
    } else {
        Vec::new()
    }
}
