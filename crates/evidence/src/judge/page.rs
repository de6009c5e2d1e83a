//! The finding as one HTML page: for people who pass it on, print it or read it in a browser (docs/finding.md §9).
//!
//! Self-contained: no script, no font, no image, no link; a content security policy allows the page's own style sheet
//! by its hash and nothing else. Every text that a party wrote is escaped and isolated in its direction. The timeline is
//! drawn as bars of the intervals; what is not shown stands there as missing, for a gap is part of a finding.

use super::finding::{Answer, Content, Fact, Finding, Identity, Interval, axis_name};
use super::question::Question;
use super::steps::Step;
use super::timescale::Scale;
use crate::encoding::Digest;
use crate::names::PartyName;
use crate::values::UnixSeconds;
use crate::warning::{POSITIONS, Value};
use base64::Engine as _;
use std::fmt::{self, Write as _};

const STYLE: &str = include_str!("page.css");
/// The page's own language and its direction. Texts of the parties are marked apart.
const LANGUAGE: &str = "en";
const DIRECTION: &str = "ltr";

/// A text that a stranger may have written: escaped, and kept from turning the direction of what stands beside it.
struct Theirs<T>(T);

impl<T: fmt::Display> fmt::Display for Theirs<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<bdi>{}</bdi>", escaped(&self.0.to_string()))
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Writing to a String cannot fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => {{ let _ = write!($out, $($arg)*); }};
}

impl Finding {
    /// The finding as one HTML page that needs nothing else.
    #[must_use]
    pub fn to_html(&self) -> String {
        let mut out = String::with_capacity(32 * 1024);
        let style =
            base64::engine::general_purpose::STANDARD.encode(crate::encoding::sha256(STYLE.as_bytes()).as_bytes());
        put!(
            out,
            "<!doctype html>\n<html lang=\"{LANGUAGE}\" dir=\"{DIRECTION}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{style}'; \
             base-uri 'none'; form-action 'none'\">\n<meta name=\"viewport\" content=\"width=device-width, \
             initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<title>{}: {}</title>\n\
             <style>{STYLE}</style>\n</head>\n<body>\n",
            self.answer.in_words(),
            escaped(&self.question)
        );
        self.basis(&mut out);
        self.verdict(&mut out);
        self.identities(&mut out);
        if let Some(content) = &self.content {
            self.said(&mut out, content);
        }
        self.specificity(&mut out);
        self.course(&mut out);
        self.sequel(&mut out);
        self.warnings(&mut out);
        self.grounds(&mut out);
        out.push_str("</body>\n</html>\n");
        out
    }

    fn basis(&self, out: &mut String) {
        let trust = &self.trust;
        let mut notices = self.notice.iter();
        if trust.witnessed {
            let names: Vec<String> = trust.organisations.iter().map(|name| Theirs(name).to_string()).collect();
            put!(
                out,
                "<header class=\"basis\"><p>Rests on <strong>{} of {} organisations</strong> ({}), {} of which may lie. \
                 Policy SHA-256 <code>{}</code>.</p>",
                trust.k,
                trust.n,
                names.join(", "),
                trust.f,
                trust.sha256
            );
        } else {
            let first = notices.next().map_or(String::new(), |notice| escaped(notice));
            put!(
                out,
                "<p class=\"alone\">{first}</p><header class=\"basis\"><p>Rests on <strong>no witness</strong>, only on \
                 the log keys in the policy with SHA-256 <code>{}</code>.</p>",
                trust.sha256
            );
        }
        notices.for_each(|notice| put!(out, "<p>{}</p>", escaped(notice)));
        out.push_str("</header>\n<main>\n");
    }

    fn verdict(&self, out: &mut String) {
        put!(
            out,
            "<section class=\"verdict {}\"><p class=\"asked\">Asked: {}</p><h1>{}</h1><p class=\"sentence\">{}</p></section>\n",
            self.answer.as_str(),
            Theirs(&self.question),
            self.answer.in_words(),
            Theirs(&self.sentence)
        );
    }

    fn identities(&self, out: &mut String) {
        if self.author.is_none() && self.recipient.is_none() {
            return;
        }
        out.push_str("<h2>Who</h2>\n<div class=\"pair\">");
        for (role, identity) in [("Author", &self.author), ("Recipient", &self.recipient)] {
            match identity {
                Some(identity) => identity_card(out, role, identity),
                None => put!(out, "<div class=\"card\"><h3>{role}</h3><p>not shown</p></div>"),
            }
        }
        out.push_str("</div>\n");
    }

    fn said(&self, out: &mut String, content: &Content) {
        put!(
            out,
            "<h2>What was said</h2>\n<table><tr><th scope=\"row\">kind</th><td>{}, urgency {}, TLP:{}, {}</td></tr>",
            Theirs(&content.class),
            content.urgency,
            content.tlp,
            content.status
        );
        let fields = content.told.iter().map(|f| (f, "")).chain(content.signed_only.iter().map(|f| (f, UNDELIVERED)));
        for ((name, value), tag) in fields.filter(|((_, value), _)| **value != Value::Null) {
            put!(out, "<tr><th scope=\"row\">{name}</th><td class=\"text\">{}{tag}</td></tr>", value_in_html(value));
        }
        let empty = content.told.values().filter(|value| **value == Value::Null).count();
        out.push_str("</table>\n<p class=\"facts\">");
        if empty > 0 {
            put!(out, "{empty} more fields were told to be empty.");
        }
        if let Some(closed) = self.closed_fields {
            put!(
                out,
                " <strong>{closed} of {POSITIONS} fields are closed</strong>: not shown here, empty ones included."
            );
        }
        out.push_str("</p>\n");
    }

    fn specificity(&self, out: &mut String) {
        let Some(pair) = &self.specificity else { return };
        out.push_str("<h2>How specific it was</h2>\n<div class=\"axes\">");
        for ((axis, shown), (_, claimed)) in pair.shown.axes().zip(pair.claimed.axes()) {
            let name = axis_name(axis);
            put!(
                out,
                "<div class=\"axis\"><b>{name}</b> <span>{shown} shown, {claimed} claimed</span>\
                 <svg viewBox=\"0 0 100 10\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{name}: {shown} of 4 \
                 shown, {claimed} claimed\">"
            );
            for rung in 0..4_u8 {
                let class = if rung < shown {
                    "shown"
                } else if rung < claimed {
                    "claimed"
                } else {
                    "cell"
                };
                put!(out, "<rect class=\"{class}\" x=\"{}\" y=\"1\" width=\"22\" height=\"8\"/>", 1 + rung * 25);
            }
            out.push_str("</svg></div>");
        }
        out.push_str(
            "</div>\n<p class=\"key\">0 nothing, 1 category, 2 bounded, 3 narrow, 4 exact. Filled: in fields \
                      shown as told; pale: claimed by the author, closed here.</p>\n",
        );
    }

    /// The timeline: a row for each fact, and for each step that could have been shown and is not.
    fn course(&self, out: &mut String) {
        let question = Question::parse(&self.question).ok();
        // Without witnesses nothing has a time, and no mark of one stands beside it.
        let before = match &question {
            Some(Question::Told(told)) if self.trust.witnessed => told.before,
            _ => None,
        };
        let deadline = self.silence.as_ref().map(|s| s.deadline);
        let mut rows: Vec<Row<'_>> = self.timeline.iter().map(Row::Fact).collect();
        // A refutation rests on other facts than steps.
        if matches!(question, Some(Question::Told(_))) && self.sequence.is_some() && self.answer != Answer::Refuted {
            rows = self.steps_with_gaps();
        }
        if rows.is_empty() {
            return;
        }
        let times = self.timeline.iter().flat_map(|f| [f.not_before, f.not_after]).chain([before, deadline]);
        let scale = Scale::over(times.flatten());
        out.push_str("<h2>Timeline</h2>\n<ol class=\"timeline\">");
        if let Some(scale) = &scale {
            put!(
                out,
                "<li class=\"scale\"><div class=\"what\">{}, UTC</div><div class=\"lane\">{}</div></li>",
                scale.dates(),
                ticks(scale)
            );
        }
        let marks = Marks { scale: scale.as_ref(), before, deadline };
        rows.iter().for_each(|row| row.put(out, &marks, self.trust.witnessed));
        out.push_str("</ol>\n");
        out.push_str("<p class=\"key\">A bar is the interval in which the statements were made, as the witnesses' clocks bound it; ");
        out.push_str("dotted where one side is not bounded.");
        if let Some(before) = before {
            put!(
                out,
                " <svg viewBox=\"0 0 26 12\"><line class=\"limit\" x1=\"1\" y1=\"6\" x2=\"25\" y2=\"6\"/></svg> {before}, the time asked about."
            );
        }
        if let Some(deadline) = deadline {
            put!(
                out,
                " <svg viewBox=\"0 0 26 12\"><line class=\"due\" x1=\"1\" y1=\"6\" x2=\"25\" y2=\"6\"/></svg> {deadline}, the deadline for an answer."
            );
        }
        out.push_str("</p>\n");
    }

    /// The eight steps in their order. That nobody declined is no gap.
    fn steps_with_gaps(&self) -> Vec<Row<'_>> {
        let to = self.recipient.as_ref().map_or("the recipient", |r| r.party.as_str());
        let mut rows = Vec::new();
        for step in Step::ALL {
            match self.timeline.iter().find(|f| f.fact == step.as_str()) {
                Some(fact) => rows.push(Row::Fact(fact)),
                None if step == Step::Declined => {}
                None => rows.push(Row::Missing(step, step.sentence(to))),
            }
        }
        rows
    }

    fn sequel(&self, out: &mut String) {
        let (Some(sequence), Some(later)) = (self.sequence, self.later) else { return };
        put!(
            out,
            "<h2>Before and after</h2>\n<p>No. {sequence} from its author to the recipient; {}.</p>",
            later.in_words()
        );
        if let Some(reply) = self.reply {
            put!(out, "<p>A person answered: <strong>{reply}</strong>.</p>");
        }
        if let Some(silence) = &self.silence {
            put!(out, "<p><strong>Silence:</strong> {}.</p>", Theirs(silence.in_words()));
        }
        out.push('\n');
    }

    fn warnings(&self, out: &mut String) {
        if !self.misbehaviour.is_empty() {
            out.push_str("<h2>Misbehaviour</h2>\n");
        }
        for found in &self.misbehaviour {
            let digests: Vec<String> = found.statements.iter().map(Digest::to_string).collect();
            put!(
                out,
                "<div class=\"note crime\"><strong>{}</strong> {}.<code>{}: {}</code></div>\n",
                Theirs(&found.party),
                Theirs(&found.text),
                found.code,
                digests.join(" against ")
            );
        }
        if !self.caveats.is_empty() {
            out.push_str("<h2>To bear in mind</h2>\n");
        }
        for caveat in &self.caveats {
            put!(out, "<div class=\"note\">{}<code>{}</code></div>\n", Theirs(&caveat.text), caveat.code);
        }
    }

    fn grounds(&self, out: &mut String) {
        out.push_str("</main>\n<footer>");
        if self.rests_on.values().any(|digests| !digests.is_empty()) {
            out.push_str("<p>Statements on which this rests, by SHA-256:</p><ul>");
            for (what, digests) in self.rests_on.iter().filter(|(_, digests)| !digests.is_empty()) {
                let digests: Vec<String> = digests.iter().map(|d| format!("<code>{d}</code>")).collect();
                put!(out, "<li>{}: {}</li>", escaped(what), digests.join(", "));
            }
            out.push_str("</ul>");
        }
        put!(
            out,
            "<p>{}. Who holds the dossier and the policy can judge again and must get the same.</p></footer>\n",
            self.format
        );
    }
}

const UNDELIVERED: &str = " <span class=\"tag\">signed by the author, delivery not shown</span>";

/// One line of the timeline.
enum Row<'a> {
    Fact(&'a Fact),
    Missing(Step, String),
}

/// What is drawn through every row.
struct Marks<'a> {
    scale: Option<&'a Scale>,
    before: Option<UnixSeconds>,
    deadline: Option<UnixSeconds>,
}

impl Row<'_> {
    fn put(&self, out: &mut String, marks: &Marks<'_>, witnessed: bool) {
        let (class, words, lane) = match self {
            Self::Fact(fact) => {
                let interval = Interval { lo: fact.not_before, hi: fact.not_after };
                let when = if witnessed { interval.in_words() } else { "no time without witnesses".to_owned() };
                let by: Vec<&str> = fact.by.iter().map(PartyName::as_str).collect();
                let words = format!(
                    "<b>{}</b> {}<small>{}; signed by {}</small>",
                    Theirs(&fact.fact),
                    Theirs(&fact.text),
                    when,
                    Theirs(by.join(", "))
                );
                ("", words, marks.lane(Some(interval), &when))
            }
            Self::Missing(step, sentence) => {
                let words = format!("<b>{step}: not shown</b><small>that {}</small>", Theirs(sentence));
                (" class=\"missing\"", words, marks.lane(None, "not shown"))
            }
        };
        put!(out, "<li{class}><div class=\"what\">{words}</div><div class=\"lane\">{lane}</div></li>\n");
    }
}

impl Marks<'_> {
    /// The bar of one row. Coordinates are per cent of the lane's width.
    fn lane(&self, interval: Option<Interval>, label: &str) -> String {
        let mut out = format!("<svg role=\"img\" aria-label=\"{}\">", escaped(label));
        let Some(scale) = self.scale else {
            line(&mut out, "gap", 4.0, 96.0);
            return out + "</svg>";
        };
        scale.ticks().for_each(|(at, _)| rule(&mut out, "grid", at));
        self.deadline.iter().for_each(|t| rule(&mut out, "due", scale.place(*t)));
        self.before.iter().for_each(|t| rule(&mut out, "limit", scale.place(*t)));
        match interval.map(|i| (i.lo.map(|t| scale.place(t)), i.hi.map(|t| scale.place(t)))) {
            None => line(&mut out, "gap", 0.0, 100.0),
            Some((Some(lo), Some(hi))) => line(&mut out, "span", lo, hi),
            Some((None, Some(hi))) => {
                line(&mut out, "loose", 0.0, hi);
                line(&mut out, "span", hi, hi);
            }
            Some((Some(lo), None)) => {
                line(&mut out, "span", lo, lo);
                line(&mut out, "loose", lo, 100.0);
            }
            Some((None, None)) => line(&mut out, "loose", 0.0, 100.0),
        }
        out + "</svg>"
    }
}

fn line(out: &mut String, class: &str, from: f64, to: f64) {
    // A line of no length has no round ends in every browser: a hair's breadth has.
    let to = if to - from < 0.05 { from + 0.05 } else { to };
    put!(out, "<line class=\"{class}\" x1=\"{from:.2}%\" x2=\"{to:.2}%\" y1=\"50%\" y2=\"50%\"/>");
}

fn rule(out: &mut String, class: &str, at: f64) {
    put!(out, "<line class=\"{class}\" x1=\"{at:.2}%\" x2=\"{at:.2}%\" y1=\"0\" y2=\"100%\"/>");
}

fn ticks(scale: &Scale) -> String {
    let mut out = "<svg aria-hidden=\"true\">".to_owned();
    for (at, label) in scale.ticks() {
        put!(out, "<text class=\"tick\" x=\"{at:.2}%\" y=\"50%\" dy=\".35em\" text-anchor=\"middle\">{label}</text>");
    }
    out + "</svg>"
}

fn identity_card(out: &mut String, role: &str, identity: &Identity) {
    put!(out, "<div class=\"card\"><h3>{role}</h3><p class=\"name\">{}</p>", Theirs(&identity.party));
    let sponsors: Vec<&str> = identity.sponsors.iter().map(PartyName::as_str).collect();
    match identity.grade.as_str() {
        "I0" => out.push_str("<p>grade I0: known by its key alone</p>"),
        "I2" => put!(out, "<p>grade I2: the name is vouched for by {}</p>", Theirs(sponsors.join(" and "))),
        _ => out.push_str("<p>the exchange itself</p>"),
    }
    for key in &identity.keys {
        put!(out, "<p>key <code>{}</code></p>", escaped(key));
    }
    out.push_str("</div>");
}

fn value_in_html(value: &Value) -> String {
    match value {
        Value::Null => "(not used)".to_owned(),
        Value::Time(time) => time.to_string(),
        Value::Text(text) => Theirs(text.as_str()).to_string(),
        Value::Attachment(info) => {
            format!("{}, {} bytes, SHA-256 <code>{}</code>", Theirs(&info.media_type), info.size, info.sha256)
        }
    }
}

impl Answer {
    /// The answer as a heading.
    const fn in_words(self) -> &'static str {
        match self {
            Self::Proven => "Proven",
            Self::Refuted => "Refuted",
            Self::NotDecidable => "Not decidable",
        }
    }
}
