//! From the XML tree to an alert: order, number and value of each element.

use super::codes::{Category, Certainty, MessageType, ResponseType, Severity, Status, Urgency};
use super::error::{CapError, Rule};
use super::geo::{Circle, Elevation, Polygon};
use super::model::{Alert, Area, Categories, Info, Message, Pair, Recipients, Resource, Scope};
use super::values::{CapText, CapTime, Content, Identifier, Language, Listing, MimeType, Reference, Sender, Sha1, Uri};
use super::xml::{Node, SIGNATURE, is_blank};
use super::{AREAS_MAX, INFOS_MAX, PAIRS_MAX, RESOURCES_MAX, SHAPES_MAX, SIGNATURES_MAX, TEXT_BYTES_MAX};
use std::fmt;

/// How often an element stands in its parent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Times {
    One,
    Perhaps,
    /// Any number up to a limit, at least so many.
    Many(usize, usize),
}
use Times::{Many, One, Perhaps};

/// The children of each container in the order of the schema (§3.4).
const ALERT: &[(&str, Times)] = &[
    ("identifier", One),
    ("sender", One),
    ("sent", One),
    ("status", One),
    ("msgType", One),
    ("source", Perhaps),
    ("scope", One),
    ("restriction", Perhaps),
    ("addresses", Perhaps),
    ("code", Many(0, PAIRS_MAX)),
    ("note", Perhaps),
    ("references", Perhaps),
    ("incidents", Perhaps),
    ("info", Many(0, INFOS_MAX)),
    (SIGNATURE, Many(0, SIGNATURES_MAX)),
];
const INFO: &[(&str, Times)] = &[
    ("language", Perhaps),
    ("category", Many(1, PAIRS_MAX)),
    ("event", One),
    ("responseType", Many(0, PAIRS_MAX)),
    ("urgency", One),
    ("severity", One),
    ("certainty", One),
    ("audience", Perhaps),
    ("eventCode", Many(0, PAIRS_MAX)),
    ("effective", Perhaps),
    ("onset", Perhaps),
    ("expires", Perhaps),
    ("senderName", Perhaps),
    ("headline", Perhaps),
    ("description", Perhaps),
    ("instruction", Perhaps),
    ("web", Perhaps),
    ("contact", Perhaps),
    ("parameter", Many(0, PAIRS_MAX)),
    ("resource", Many(0, RESOURCES_MAX)),
    ("area", Many(0, AREAS_MAX)),
];
const RESOURCE: &[(&str, Times)] = &[
    ("resourceDesc", One),
    ("mimeType", One),
    ("size", Perhaps),
    ("uri", Perhaps),
    ("derefUri", Perhaps),
    ("digest", Perhaps),
];
const AREA: &[(&str, Times)] = &[
    ("areaDesc", One),
    ("polygon", Many(0, SHAPES_MAX)),
    ("circle", Many(0, SHAPES_MAX)),
    ("geocode", Many(0, PAIRS_MAX)),
    ("altitude", Perhaps),
    ("ceiling", Perhaps),
];
const PAIR: &[(&str, Times)] = &[("valueName", One), ("value", One)];

/// Where an element stands. Written out only when something is wrong.
#[derive(Clone, Copy)]
struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    name: &'a str,
    /// Number among its like, from 1; 0 where there is only one.
    number: usize,
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        write!(f, "/{}", self.name)?;
        if self.number > 0 { write!(f, "[{}]", self.number) } else { Ok(()) }
    }
}

/// A container whose children stand in the right order and number.
struct Container<'a> {
    path: &'a Path<'a>,
    node: &'a Node,
}

impl<'a> Container<'a> {
    fn open(path: &'a Path<'a>, node: &'a Node, table: &'static [(&'static str, Times)]) -> Result<Self, CapError> {
        if node.children.is_empty() && !is_blank(&node.text) {
            return Err(CapError::new(Rule::StrayText, path, node.text.trim()));
        }
        let mut counts = vec![0_usize; table.len()];
        let mut reached = 0;
        for child in &node.children {
            let found = table.iter().position(|(name, _)| *name == child.name);
            let Some(index) = found else {
                return Err(CapError::new(Rule::ElementUnknown, path, &child.name));
            };
            let here = Path { parent: Some(path), name: &child.name, number: 0 };
            counts[index] += 1;
            let most = if let Many(_, most) = table[index].1 { most } else { 1 };
            if counts[index] > most {
                let rule = if most == 1 { Rule::ElementRepeated } else { Rule::Count };
                return Err(CapError::new(rule, here, ""));
            }
            if index < reached {
                return Err(CapError::new(Rule::ElementOrder, here, &format!("after {}", table[reached].0)));
            }
            reached = index;
        }
        for (&count, &(name, times)) in counts.iter().zip(table) {
            if count == 0 && (times == One || matches!(times, Many(1.., _))) {
                return Err(CapError::new(Rule::ElementMissing, Path { parent: Some(path), name, number: 0 }, ""));
            }
        }
        Ok(Self { path, node })
    }

    fn all(&self, name: &'static str) -> impl Iterator<Item = (Path<'a>, &'a Node)> {
        let (path, node) = (self.path, self.node);
        node.children
            .iter()
            .filter(move |child| child.name == name)
            .enumerate()
            .map(move |(number, child)| (Path { parent: Some(path), name, number: number + 1 }, child))
    }

    /// The text of an element that may stand once; a blank one counts as absent (§3.2, note on null values).
    fn text(&self, name: &'static str) -> Result<Option<(Path<'a>, &'a str)>, CapError> {
        let Some((path, node)) = self.all(name).next() else { return Ok(None) };
        let path = Path { number: 0, ..path };
        let text = leaf(&path, node)?;
        Ok((!is_blank(text)).then_some((path, text)))
    }

    fn perhaps<T>(&self, name: &'static str, parse: impl Fn(&str) -> Result<T, Rule>) -> Result<Option<T>, CapError> {
        let found = self.text(name)?;
        found.map(|(path, text)| parse(text).map_err(|rule| CapError::new(rule, path, text))).transpose()
    }

    fn one<T>(&self, name: &'static str, parse: impl Fn(&str) -> Result<T, Rule>) -> Result<T, CapError> {
        let path = Path { parent: Some(self.path), name, number: 0 };
        self.perhaps(name, parse)?.ok_or_else(|| CapError::new(Rule::Empty, path, ""))
    }

    /// The values of an element that may stand often; blank ones count as absent.
    fn many<T>(&self, name: &'static str, parse: impl Fn(&str) -> Result<T, Rule>) -> Result<Vec<T>, CapError> {
        let mut values = Vec::new();
        for (path, node) in self.all(name) {
            let text = leaf(&path, node)?;
            if !is_blank(text) {
                values.push(parse(text).map_err(|rule| CapError::new(rule, path, text))?);
            }
        }
        Ok(values)
    }

    fn pairs(&self, name: &'static str) -> Result<Vec<Pair>, CapError> {
        self.all(name)
            .map(|(path, node)| {
                let pair = Container::open(&path, node, PAIR)?;
                Ok(Pair { name: pair.one("valueName", CapText::parse)?, value: pair.perhaps("value", CapText::parse)? })
            })
            .collect()
    }

    fn fail(&self, rule: Rule, name: &'static str) -> CapError {
        CapError::new(rule, Path { parent: Some(self.path), name, number: 0 }, "")
    }
}

/// The text of an element without children.
fn leaf<'a>(path: &Path<'_>, node: &'a Node) -> Result<&'a str, CapError> {
    if let Some(child) = node.children.first() {
        return Err(CapError::new(Rule::ElementUnknown, path, &child.name));
    }
    // A file inside the message is bounded by the message alone.
    if node.text.len() > TEXT_BYTES_MAX && node.name != "derefUri" {
        return Err(CapError::new(Rule::TextLength, path, &node.text));
    }
    Ok(&node.text)
}

/// Reads an alert from its tree.
pub(super) fn alert(root: &Node) -> Result<Alert, CapError> {
    let path = Path { parent: None, name: "alert", number: 0 };
    let alert = Container::open(&path, root, ALERT)?;
    let identifier = alert.one("identifier", Identifier::parse)?;
    let sender = alert.one("sender", Sender::parse)?;
    let sent = alert.one("sent", CapTime::parse)?;
    let status = alert.one("status", Status::parse)?;
    let kind = alert.one("msgType", MessageType::parse)?;
    let source = alert.perhaps("source", CapText::parse)?;
    let scope = scope(&alert)?;
    let codes = alert.many("code", CapText::parse)?;
    let note = alert.perhaps("note", CapText::parse)?;
    let references = alert.perhaps("references", Reference::parse_list)?.unwrap_or_default();
    let message = Message::new(kind, references).map_err(|rule| alert.fail(rule, "references"))?;
    let incidents = alert.perhaps("incidents", Listing::parse)?.unwrap_or_default();
    let infos = alert.all("info").map(|(path, node)| info(&path, node)).collect::<Result<_, _>>()?;
    Ok(Alert { identifier, sender, sent, status, message, source, scope, codes, note, incidents, infos })
}

fn scope(alert: &Container<'_>) -> Result<Scope, CapError> {
    let word = alert.one("scope", |text| match text {
        "Public" | "Restricted" | "Private" => Ok(text.to_owned()),
        _ => Err(Rule::Scope),
    })?;
    let restriction = alert.perhaps("restriction", CapText::parse)?;
    let addresses = alert.perhaps("addresses", Listing::parse)?.unwrap_or_default();
    match (word.as_str(), restriction) {
        ("Restricted", Some(restriction)) => Ok(Scope::Restricted { restriction, addresses }),
        ("Restricted", None) => Err(alert.fail(Rule::RestrictionMissing, "restriction")),
        (_, Some(_)) => Err(alert.fail(Rule::RestrictionUnused, "restriction")),
        ("Private", None) => {
            Recipients::new(addresses).map(Scope::Private).map_err(|rule| alert.fail(rule, "addresses"))
        }
        (_, None) => Ok(Scope::Public { addresses }),
    }
}

fn info(path: &Path<'_>, node: &Node) -> Result<Info, CapError> {
    let info = Container::open(path, node, INFO)?;
    let mut categories = info.many("category", Category::parse)?.into_iter();
    let first = categories.next().ok_or_else(|| info.fail(Rule::Empty, "category"))?;
    Ok(Info {
        language: info.perhaps("language", Language::parse)?.unwrap_or_default(),
        categories: Categories::new(first, categories),
        event: info.one("event", CapText::parse)?,
        responses: info.many("responseType", ResponseType::parse)?,
        urgency: info.one("urgency", Urgency::parse)?,
        severity: info.one("severity", Severity::parse)?,
        certainty: info.one("certainty", Certainty::parse)?,
        audience: info.perhaps("audience", CapText::parse)?,
        event_codes: info.pairs("eventCode")?,
        effective: info.perhaps("effective", CapTime::parse)?,
        onset: info.perhaps("onset", CapTime::parse)?,
        expires: info.perhaps("expires", CapTime::parse)?,
        sender_name: info.perhaps("senderName", CapText::parse)?,
        headline: info.perhaps("headline", CapText::parse)?,
        description: info.perhaps("description", CapText::parse)?,
        instruction: info.perhaps("instruction", CapText::parse)?,
        web: info.perhaps("web", Uri::parse_absolute)?,
        contact: info.perhaps("contact", CapText::parse)?,
        parameters: info.pairs("parameter")?,
        resources: info.all("resource").map(|(path, node)| resource(&path, node)).collect::<Result<_, _>>()?,
        areas: info.all("area").map(|(path, node)| area(&path, node)).collect::<Result<_, _>>()?,
    })
}

fn resource(path: &Path<'_>, node: &Node) -> Result<Resource, CapError> {
    let resource = Container::open(path, node, RESOURCE)?;
    Ok(Resource {
        description: resource.one("resourceDesc", CapText::parse)?,
        mime_type: resource.one("mimeType", MimeType::parse)?,
        size: resource.perhaps("size", |text| {
            let text = text.trim_matches([' ', '\t', '\n', '\r']);
            let digits = text.bytes().all(|b| b.is_ascii_digit());
            text.parse().ok().filter(|_| digits).ok_or(Rule::Size)
        })?,
        uri: resource.perhaps("uri", Uri::parse)?,
        content: resource.perhaps("derefUri", Content::parse)?,
        digest: resource.perhaps("digest", Sha1::parse)?,
    })
}

fn area(path: &Path<'_>, node: &Node) -> Result<Area, CapError> {
    let area = Container::open(path, node, AREA)?;
    let elevation = match (area.text("altitude")?, area.text("ceiling")?) {
        (None, None) => None,
        (None, Some(_)) => return Err(area.fail(Rule::CeilingAlone, "ceiling")),
        (Some((path, low)), high) => {
            let found = Elevation::parse(low, high.map(|(_, high)| high));
            Some(found.map_err(|rule| CapError::new(rule, path, high.map_or(low, |(_, high)| high)))?)
        }
    };
    Ok(Area {
        description: area.one("areaDesc", CapText::parse)?,
        polygons: area.many("polygon", Polygon::parse)?,
        circles: area.many("circle", Circle::parse)?,
        geocodes: area.pairs("geocode")?,
        elevation,
    })
}
