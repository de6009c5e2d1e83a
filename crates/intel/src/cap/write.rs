//! From an alert to XML, in the order of the schema, with one spelling.

use super::model::{Alert, Area, Info, Pair, Resource, Scope};
use super::{NAMESPACE, values::CapText};
use std::fmt::Display;

/// Writes elements, two spaces deeper for each level.
struct Writer {
    xml: String,
    depth: usize,
}

impl Writer {
    fn line(&mut self, text: &str) {
        self.xml.extend(std::iter::repeat_n("  ", self.depth));
        self.xml.push_str(text);
        self.xml.push('\n');
    }

    fn inside(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        self.line(&format!("<{name}>"));
        self.depth += 1;
        write(self);
        self.depth -= 1;
        self.line(&format!("</{name}>"));
    }

    fn one(&mut self, name: &str, value: impl Display) {
        let value = escape(&value.to_string());
        self.line(&format!("<{name}>{value}</{name}>"));
    }

    fn perhaps(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.one(name, value);
        }
    }

    fn text(&mut self, name: &str, value: Option<&CapText>) {
        self.perhaps(name, value.map(CapText::as_str));
    }

    fn pairs(&mut self, name: &str, pairs: &[Pair]) {
        for pair in pairs {
            self.inside(name, |w| {
                w.one("valueName", pair.name.as_str());
                w.one("value", pair.value.as_ref().map_or("", CapText::as_str));
            });
        }
    }
}

/// Escapes what would be markup, and the carriage return, which a reader would otherwise turn into a line feed.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\r' => escaped.push_str("&#13;"),
            _ => escaped.push(c),
        }
    }
    escaped
}

/// Writes an alert.
pub(super) fn alert(alert: &Alert) -> String {
    let mut w = Writer { xml: String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"), depth: 1 };
    w.xml.push_str(&format!("<alert xmlns=\"{NAMESPACE}\">\n"));
    w.one("identifier", alert.identifier.as_str());
    w.one("sender", alert.sender.as_str());
    w.one("sent", alert.sent.as_str());
    w.one("status", alert.status);
    w.one("msgType", alert.message.kind());
    w.text("source", alert.source.as_ref());
    w.one("scope", alert.scope.as_str());
    if let Scope::Restricted { restriction, .. } = &alert.scope {
        w.one("restriction", restriction.as_str());
    }
    let addresses = alert.scope.addresses();
    w.perhaps("addresses", (!addresses.is_empty()).then_some(addresses));
    for code in &alert.codes {
        w.one("code", code.as_str());
    }
    w.text("note", alert.note.as_ref());
    let references: Vec<String> = alert.message.references().iter().map(ToString::to_string).collect();
    w.perhaps("references", (!references.is_empty()).then(|| references.join(" ")));
    w.perhaps("incidents", (!alert.incidents.is_empty()).then_some(&alert.incidents));
    for block in &alert.infos {
        w.inside("info", |w| info(w, block));
    }
    w.xml.push_str("</alert>\n");
    w.xml
}

fn info(w: &mut Writer, info: &Info) {
    w.one("language", info.language.as_str());
    for category in info.categories.as_slice() {
        w.one("category", category);
    }
    w.one("event", info.event.as_str());
    for response in &info.responses {
        w.one("responseType", response);
    }
    w.one("urgency", info.urgency);
    w.one("severity", info.severity);
    w.one("certainty", info.certainty);
    w.text("audience", info.audience.as_ref());
    w.pairs("eventCode", &info.event_codes);
    for (name, time) in [("effective", &info.effective), ("onset", &info.onset), ("expires", &info.expires)] {
        w.perhaps(name, time.as_ref().map(super::values::CapTime::as_str));
    }
    w.text("senderName", info.sender_name.as_ref());
    w.text("headline", info.headline.as_ref());
    w.text("description", info.description.as_ref());
    w.text("instruction", info.instruction.as_ref());
    w.perhaps("web", info.web.as_ref().map(super::values::Uri::as_str));
    w.text("contact", info.contact.as_ref());
    w.pairs("parameter", &info.parameters);
    for file in &info.resources {
        w.inside("resource", |w| resource(w, file));
    }
    for place in &info.areas {
        w.inside("area", |w| area(w, place));
    }
}

fn resource(w: &mut Writer, resource: &Resource) {
    w.one("resourceDesc", resource.description.as_str());
    w.one("mimeType", resource.mime_type.as_str());
    w.perhaps("size", resource.size);
    w.perhaps("uri", resource.uri.as_ref().map(super::values::Uri::as_str));
    w.perhaps("derefUri", resource.content.as_ref().map(super::values::Content::as_str));
    w.perhaps("digest", resource.digest.as_ref().map(super::values::Sha1::as_str));
}

fn area(w: &mut Writer, area: &Area) {
    w.one("areaDesc", area.description.as_str());
    for polygon in &area.polygons {
        w.one("polygon", polygon);
    }
    for circle in &area.circles {
        w.one("circle", circle);
    }
    w.pairs("geocode", &area.geocodes);
    w.perhaps("altitude", area.elevation.map(super::Elevation::altitude_feet));
    w.perhaps("ceiling", area.elevation.and_then(super::Elevation::ceiling_feet));
}
