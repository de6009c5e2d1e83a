//! A public warning as a CAP alert that names what is signed.

use super::{CLASSES, PREFIX};
use crate::cap::{
    Alert, Area, CapText, CapTime, Categories, Category, Certainty, Content, Identifier, Info, Language, Listing,
    Message, MessageType, MimeType, Pair, Received, Reference, Resource, Rule, Scope, Sender, Severity, Status,
    Urgency, Uri,
};
use crate::warning_fields::{Field, Fields, Standing, Tlp, Urgency as Precedence};

/// Description of the resource that is the proof.
pub(super) const PROOF: &str = "Monition dossier: the signed warning and its proofs";
/// Longest first paragraph that becomes a headline: what §3.2.2 calls a useful limit.
const HEADLINE_CHARS_MAX: usize = 160;

/// Where the alert comes from: with the fields, all that it is made of.
#[derive(Clone, Debug)]
pub struct Origin<'a> {
    /// Name of the party that sends it.
    pub sender: &'a str,
    /// When it is sent; seconds since 1970.
    pub sent: u64,
    /// Name of the exchange.
    pub exchange: &'a str,
    /// The warning.
    pub wid: &'a str,
    /// Identity of the signed core.
    pub core: &'a str,
    /// Every earlier CAP message of this warning; none for a first one.
    pub earlier: &'a [Reference],
    /// How bad the event is.
    pub severity: Severity,
    /// Type of the event in words; without it, the class.
    pub event: Option<&'a str>,
    /// Name of the party for people.
    pub sender_name: Option<&'a str>,
    /// The dossier that proves it.
    pub proof: Option<Proof<'a>>,
}

/// A dossier for everybody.
#[derive(Clone, Copy, Debug)]
pub struct Proof<'a> {
    /// Its address, an absolute URI.
    pub uri: &'a str,
    /// Its SHA-256 in base64url.
    pub sha256: &'a str,
}

impl<'a> Origin<'a> {
    /// What a received alert claims of itself, to be compared with a signed core and given to [`agrees`]. None if it
    /// is no export of a warning.
    #[must_use]
    pub fn claimed(alert: &'a Alert) -> Option<Self> {
        let info = alert.infos.first()?;
        let parameter = |name: &str| {
            let ours = info.parameters.iter().find(|pair| pair.name.as_str().strip_prefix(PREFIX) == Some(name));
            ours.and_then(|pair| pair.value.as_ref()).map(CapText::as_str)
        };
        let address = info.resources.iter().find(|file| file.description.as_str() == PROOF);
        let address = address.and_then(|file| file.uri.as_ref()).map(Uri::as_str);
        Some(Self {
            sender: alert.sender.as_str(),
            sent: u64::try_from(alert.sent.unix()).ok()?,
            exchange: parameter("exchange")?,
            wid: parameter("wid")?,
            core: parameter("core")?,
            earlier: alert.message.references(),
            severity: info.severity,
            event: Some(info.event.as_str()),
            sender_name: info.sender_name.as_ref().map(CapText::as_str),
            proof: address.zip(parameter("proof")).map(|(uri, sha256)| Proof { uri, sha256 }),
        })
    }
}

/// Why a warning is not exported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotExported {
    /// It is not for everybody.
    #[error("only TLP:CLEAR may be public, this warning is TLP:{label} (cap-not-clear): amend its label first")]
    NotClear {
        /// Its label.
        label: &'static str,
    },
    /// It may not be public yet.
    #[error("the warning is under embargo until {until} (cap-embargo): send it after that")]
    Embargo {
        /// Until when.
        until: String,
    },
    /// It amends or withdraws, and the earlier message is not named.
    #[error("an amended or withdrawn warning names its earlier CAP messages (cap-references-missing): give them")]
    EarlierMissing,
    /// A value has no form in CAP.
    #[error("{what}: {} ({}): {}", rule.says(), rule.code(), rule.hint())]
    Value {
        /// Which value.
        what: String,
        /// The rule of CAP that it breaks.
        rule: Rule,
    },
}

/// The alert is not what the signed warning says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path} is not what the signed warning says (cap-mismatch): trust the warning, not the message")]
pub struct Mismatch {
    /// Where they first differ.
    pub path: &'static str,
}

fn value<T>(what: &str, result: Result<T, Rule>) -> Result<T, NotExported> {
    result.map_err(|rule| NotExported::Value { what: what.to_owned(), rule })
}

/// Writes a public warning as an alert, by the table of the module. The same arguments give the same alert.
///
/// # Errors
/// [`NotExported`].
pub fn export(fields: &Fields, origin: &Origin<'_>) -> Result<Alert, NotExported> {
    if fields.tlp != Some(Tlp::Clear) {
        return Err(NotExported::NotClear { label: fields.tlp.map_or("(none)", Tlp::as_str) });
    }
    let sent = CapTime::from_unix(origin.sent);
    if let Some(until) = fields.embargo_until.filter(|&until| until > origin.sent) {
        return Err(NotExported::Embargo { until: CapTime::from_unix(until).as_str().to_owned() });
    }
    let kind = match fields.standing {
        Standing::First => MessageType::Alert,
        Standing::Amended => MessageType::Update,
        Standing::Withdrawn => MessageType::Cancel,
    };
    let message = Message::new(kind, origin.earlier.to_vec()).map_err(|_| NotExported::EarlierMissing)?;
    let info = info(fields, origin)?;
    let mut infos = vec![info];
    for translation in &fields.translations {
        let mut info = infos[0].clone();
        info.language = value("language of a translation", Language::parse(&translation.language))?;
        texts(&mut info, Some(&translation.summary), translation.advice.as_deref())?;
        infos.push(info);
    }
    Ok(Alert {
        identifier: value("wid and core", Identifier::parse(&format!("{}.{}", origin.wid, origin.core)))?,
        sender: value("sender", Sender::parse(origin.sender))?,
        sent,
        status: Status::Actual,
        message,
        source: None,
        scope: Scope::Public { addresses: Listing::default() },
        codes: Vec::new(),
        note: None,
        incidents: Listing::default(),
        infos,
    })
}

/// Whether a received alert is the export of a warning: to be asked after the core's signature has been checked, and
/// after wid, core, exchange and sender of `origin` have been found to be those of the core. A warning says nothing of
/// its language; if `fields` do not either, that of the first info is taken.
///
/// # Errors
/// [`Mismatch`] with the first element that differs; `/alert` if the warning has no export.
pub fn agrees(received: &Received, fields: &Fields, origin: &Origin<'_>) -> Result<(), Mismatch> {
    let theirs = received.alert();
    let mut fields = fields.clone();
    if let (None, Some(info)) = (&fields.language, theirs.infos.first()) {
        fields.language = Some(info.language.as_str().to_owned());
    }
    let ours = export(&fields, origin).map_err(|_| Mismatch { path: "/alert" })?;
    let same = [
        ("/alert/identifier", theirs.identifier == ours.identifier),
        ("/alert/sender", theirs.sender == ours.sender),
        ("/alert/sent", theirs.sent == ours.sent),
        ("/alert/status", theirs.status == ours.status),
        ("/alert/msgType", theirs.message.kind() == ours.message.kind()),
        ("/alert/references", theirs.message.references() == ours.message.references()),
        ("/alert/scope", theirs.scope == ours.scope),
        ("/alert/info[1]", theirs.infos.first() == ours.infos.first()),
        ("/alert/info[2]", theirs.infos == ours.infos),
        ("/alert", *theirs == ours),
    ];
    match same.into_iter().find(|(_, same)| !same) {
        Some((path, _)) => Err(Mismatch { path }),
        None => Ok(()),
    }
}

fn info(fields: &Fields, origin: &Origin<'_>) -> Result<Info, NotExported> {
    let class = fields.class.as_deref().unwrap_or("hazard.other");
    let urgency = match (fields.standing, fields.urgency) {
        (Standing::Withdrawn, _) => Urgency::Past,
        (_, Some(Precedence::Flash | Precedence::Immediate)) => Urgency::Immediate,
        (_, Some(Precedence::Priority)) => Urgency::Expected,
        (_, Some(Precedence::Routine)) => Urgency::Future,
        (_, None) => Urgency::Unknown,
    };
    let certainty = match fields.get(Field::Credibility) {
        Some("1" | "2") => Certainty::Likely,
        Some("3") => Certainty::Possible,
        Some("4" | "5") => Certainty::Unlikely,
        _ => Certainty::Unknown,
    };
    let event = value("event", CapText::parse(origin.event.unwrap_or(class)))?;
    let mut info = Info::new(Categories::new(category(class), []), event, urgency, origin.severity, certainty);
    if let Some(language) = &fields.language {
        info.language = value("language", Language::parse(language))?;
    }
    texts(&mut info, fields.get(Field::Summary), fields.get(Field::Advice))?;
    if let Some((from, until)) = fields.time() {
        let time = |unix: i64| u64::try_from(unix).ok().map(CapTime::from_unix);
        info.onset = time(from);
        info.expires = time(until);
    }
    info.sender_name = origin.sender_name.map(|name| value("sender_name", CapText::parse(name))).transpose()?;
    let mut pairs = vec![("exchange", origin.exchange), ("wid", origin.wid), ("core", origin.core), ("class", class)];
    pairs.extend(origin.proof.map(|proof| ("proof", proof.sha256)));
    pairs.extend(fields.urgency.map(|urgency| ("urgency", urgency.as_str())));
    let shown =
        fields.texts().filter(|(field, _)| !matches!(field, Field::Summary | Field::Advice) && !is_place(*field));
    pairs.extend(shown.map(|(field, text)| (field.name(), text)));
    info.parameters = pairs.into_iter().map(|(name, text)| pair(name, text)).collect::<Result<_, _>>()?;
    info.resources = resources(fields, origin)?;
    info.areas = area(fields)?.into_iter().collect();
    Ok(info)
}

fn pair(name: &str, text: &str) -> Result<Pair, NotExported> {
    let name = format!("{PREFIX}{name}");
    Ok(Pair { value: Some(value(&name, CapText::parse(text))?), name: value(&name, CapText::parse(&name))? })
}

/// The category of a class: that of [`CLASSES`], Security for attacks, else Other.
fn category(class: &str) -> Category {
    let under =
        |general: &str| class == general || class.strip_prefix(general).is_some_and(|rest| rest.starts_with('.'));
    let known = CLASSES.iter().find(|(_, name)| under(name)).map(|(category, _)| *category);
    known.unwrap_or(if under("attack") { Category::Security } else { Category::Other })
}

/// A short first paragraph is the headline; what follows, or everything, is the description.
fn texts(info: &mut Info, summary: Option<&str>, advice: Option<&str>) -> Result<(), NotExported> {
    let summary = summary.unwrap_or_default();
    let short = |part: &str| !part.contains('\n') && part.chars().count() <= HEADLINE_CHARS_MAX;
    let (headline, description) = match summary.split_once("\n\n") {
        Some((first, rest)) if short(first) => (first, rest),
        None if short(summary) => (summary, ""),
        _ => ("", summary),
    };
    let text = |what: &str, text: &str| {
        if text.trim().is_empty() { Ok(None) } else { value(what, CapText::parse(text)).map(Some) }
    };
    info.headline = text("summary", headline)?;
    info.description = text("summary", description)?;
    info.instruction = text("advice", advice.unwrap_or_default())?;
    Ok(())
}

fn is_place(field: Field) -> bool {
    matches!(field, Field::PlaceCountry | Field::PlaceRegion | Field::PlaceCity | Field::PlaceSite)
}

/// One area with the places from fine to coarse; each rung also as a geocode of ours.
fn area(fields: &Fields) -> Result<Option<Area>, NotExported> {
    let rungs: Vec<(Field, &str)> = fields.texts().filter(|(field, _)| is_place(*field)).collect();
    if rungs.is_empty() {
        return Ok(None);
    }
    let words: Vec<&str> = rungs.iter().rev().map(|(_, text)| *text).collect();
    let mut geocodes = Vec::new();
    for (field, text) in &rungs {
        let code = text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
        if *field == Field::PlaceCountry && code {
            let name = value("geocode", CapText::parse("ISO3166-1"))?;
            geocodes.push(Pair { name, value: Some(value("place.country", CapText::parse(text))?) });
        }
        geocodes.push(pair(field.name(), text)?);
    }
    let description = value("place", CapText::parse(&words.join(", ")))?;
    Ok(Some(Area { description, polygons: Vec::new(), circles: Vec::new(), geocodes, elevation: None }))
}

fn resources(fields: &Fields, origin: &Origin<'_>) -> Result<Vec<Resource>, NotExported> {
    let mut resources = Vec::new();
    if let Some(proof) = origin.proof {
        resources.push(Resource {
            description: value("proof", CapText::parse(PROOF))?,
            mime_type: value("proof", MimeType::parse("application/json"))?,
            size: None,
            uri: Some(value("address of the proof", Uri::parse_absolute(proof.uri))?),
            content: None,
            digest: None,
        });
    }
    for attachment in &fields.attachments {
        let uri = attachment.uri.as_deref().map(Uri::parse).transpose();
        resources.push(Resource {
            description: value("attachment", CapText::parse(&attachment.description))?,
            mime_type: value("attachment", MimeType::parse(&attachment.media_type))?,
            size: attachment.content.as_ref().map(|content| content.len() as u64),
            uri: value("attachment", uri)?,
            content: attachment.content.as_deref().and_then(Content::encode),
            digest: None,
        });
    }
    Ok(resources)
}
