//! The open fields of a warning as a format outside Monition can fill or show them.
//!
//! Mappings from STIX and CAP lead to [`Fields`] and from there to the formats. This crate stands alone, so the names
//! and words of `docs/protocol.md` §5 are repeated here: [`Field::name`] is the claim name, [`Urgency::as_str`],
//! [`Tlp::as_str`] and [`Standing::as_str`] are the words of statements. A caller that builds a warning looks fields up
//! by name. No rung is added to the ladders of §5.3.
//!
//! Texts obey the rule of a warning's texts: at most 8,192 bytes, no control character but line feed and tab, no
//! character that changes the order of display. [`Fields::set`] makes a text so and says what it had to change.
//!
//! The values of the time ladder are free text in a warning. What the mappings write, and can read again:
//!
//! | field | form | example |
//! |---|---|---|
//! | `time.month` | `YYYY-MM` | `2026-12` |
//! | `time.window` | from `/` until, in UTC | `2026-12-03T18:00:00Z/2026-12-04T06:00:00Z` |
//! | `time.day` | `YYYY-MM-DD`, in UTC | `2026-12-03` |
//! | `time.hour` | the hour that begins then, in UTC | `2026-12-03T18:00Z` |

use crate::cap::{civil, days};
use std::collections::BTreeMap;

/// Longest text in bytes (docs/protocol.md §1).
pub const TEXT_BYTES_MAX: usize = 8_192;
/// Attachment slots of a warning.
pub const ATTACHMENTS_MAX: usize = 8;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word as it stands in statements.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads the word.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text)
            }
        }
    };
}

words! {
    /// How fast the recipient must act, lowest first.
    Urgency {
        /// Ordinary working hours.
        Routine = "routine",
        /// The same day.
        Priority = "priority",
        /// At once, whatever the hour.
        Immediate = "immediate",
        /// Before anything else.
        Flash = "flash",
    }
}

words! {
    /// Traffic Light Protocol 2.0, strictest first.
    Tlp {
        /// For the named recipients only.
        Red = "RED",
        /// The recipient's organisation only.
        AmberStrict = "AMBER+STRICT",
        /// The recipient's organisation and its clients.
        Amber = "AMBER",
        /// The recipient's community.
        Green = "GREEN",
        /// No limit.
        Clear = "CLEAR",
    }
}

words! {
    /// Where a warning stands in its chain of amendments.
    Standing {
        /// The first.
        First = "first",
        /// Replaces an earlier one.
        Amended = "amended",
        /// Takes an earlier one back.
        Withdrawn = "withdrawn",
    }
}

words! {
    /// A closable field of text, in the published order of positions.
    #[allow(missing_docs, reason = "each variant is the field that its name says")]
    Field {
        Summary = "summary",
        Advice = "advice",
        PlaceCountry = "place.country",
        PlaceRegion = "place.region",
        PlaceCity = "place.city",
        PlaceSite = "place.site",
        TimeMonth = "time.month",
        TimeWindow = "time.window",
        TimeDay = "time.day",
        TimeHour = "time.hour",
        TargetSector = "target.sector",
        TargetOrganisation = "target.organisation",
        TargetSite = "target.site",
        ActorType = "actor.type",
        ActorName = "actor.name",
        Means = "means",
        Reliability = "rating.reliability",
        Credibility = "rating.credibility",
        SourceKind = "source.kind",
        SourceMethod = "source.method",
        SourceNames = "source.names",
        OurRef = "our_ref",
        Campaign = "campaign",
    }
}

impl Field {
    /// The claim name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.as_str()
    }
}

/// Something of a message that a mapping could not carry over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// What it is: a path or a name in the format that it comes from.
    pub what: String,
    /// Why, or how it was changed.
    pub why: &'static str,
}

/// Summary and advice in a further language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translation {
    /// Language tag (RFC 5646 or RFC 3066).
    pub language: String,
    /// What is known.
    pub summary: String,
    /// What to do.
    pub advice: Option<String>,
}

/// A file that belongs to the warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// What it is.
    pub description: String,
    /// Media type.
    pub media_type: String,
    /// Where it is, if it is named and not enclosed.
    pub uri: Option<String>,
    /// The file, if it is enclosed.
    pub content: Option<Vec<u8>>,
}

/// Texts that obey the rule of a warning's texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts(BTreeMap<Field, String>);

/// What a warning says, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    /// Kind of danger: dotted lower-case words, general to special.
    pub class: Option<String>,
    /// How fast the recipient must act.
    pub urgency: Option<Urgency>,
    /// Who may have it.
    pub tlp: Option<Tlp>,
    /// Not to be made public before; seconds since 1970.
    pub embargo_until: Option<u64>,
    /// When the sender became aware; seconds since 1970.
    pub aware_at: Option<u64>,
    /// Its place in the chain.
    pub standing: Standing,
    /// Names, in the format it comes from, of the messages that it replaces or takes back.
    pub about: Vec<String>,
    /// Language of the texts.
    pub language: Option<String>,
    /// Further languages.
    pub translations: Vec<Translation>,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// The texts; [`Fields::set`] fills them.
    pub texts: Texts,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            class: None,
            urgency: None,
            tlp: None,
            embargo_until: None,
            aware_at: None,
            standing: Standing::First,
            about: Vec::new(),
            language: None,
            translations: Vec::new(),
            attachments: Vec::new(),
            texts: Texts::default(),
        }
    }
}

/// Makes a text obey the rule of a warning's texts. White space at its ends goes; carriage returns become line feeds.
///
/// Gives what had to be changed besides.
#[must_use]
pub fn clean(text: &str) -> (String, Option<&'static str>) {
    let hides = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let shown = lines.trim();
    let mut kept: String =
        shown.chars().filter(|&c| !hides(c) && (!c.is_control() || c == '\n' || c == '\t')).collect();
    let mut change =
        (kept.len() < shown.len()).then_some("control characters and bidirectional overrides were removed");
    if kept.len() > TEXT_BYTES_MAX {
        let end = (0..=TEXT_BYTES_MAX).rev().find(|&at| kept.is_char_boundary(at)).unwrap_or(0);
        kept.truncate(end);
        change = Some("the text was cut at 8,192 bytes");
    }
    (kept, change)
}

impl Fields {
    /// Sets a text; a blank one empties the field. Gives what had to be changed to make it a text of a warning.
    pub fn set(&mut self, field: Field, text: &str) -> Option<&'static str> {
        let (text, change) = clean(text);
        if text.is_empty() {
            self.texts.0.remove(&field);
        } else {
            self.texts.0.insert(field, text);
        }
        change
    }

    /// The text of a field.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&str> {
        self.texts.0.get(&field).map(String::as_str)
    }

    /// Every text, in the order of positions.
    pub fn texts(&self) -> impl Iterator<Item = (Field, &str)> {
        self.texts.0.iter().map(|(field, text)| (*field, text.as_str()))
    }

    /// Fills the time ladder from seconds since 1970: each rung in which the whole time lies, and the window if there
    /// is an end. A time without end is the moment at which something begins, and has an hour.
    pub fn set_time(&mut self, from: i64, until: Option<i64>) {
        let last = until.map_or(from, |until| (until - 1).max(from));
        let same = |unit: fn(i64) -> String| if unit(from) == unit(last) { unit(from) } else { String::new() };
        self.set(Field::TimeMonth, &same(month));
        self.set(Field::TimeDay, &same(day));
        self.set(Field::TimeHour, &same(hour));
        let window = until.map(|until| format!("{}/{}", instant(from), instant(until.max(from))));
        self.set(Field::TimeWindow, &window.unwrap_or_default());
    }

    /// Reads the time ladder: the window, else the finest rung that has the form this module writes. The end is
    /// that of the rung.
    #[must_use]
    pub fn time(&self) -> Option<(i64, i64)> {
        let window = self.get(Field::TimeWindow).and_then(|window| window.split_once('/'));
        let ends = window.and_then(|(from, until)| Some((parse_instant(from)?, parse_instant(until)?)));
        if ends.is_some() {
            return ends;
        }
        let rung = |field, rest: &str, unit: fn(i64) -> String| {
            let text = self.get(field)?;
            let start = text.strip_suffix('Z').unwrap_or(text);
            // Printing it again refuses every other form.
            parse_instant(&format!("{start}{rest}")).filter(|&at| unit(at) == text)
        };
        if let Some(from) = rung(Field::TimeHour, ":00Z", hour) {
            return Some((from, from + 3_600));
        }
        if let Some(from) = rung(Field::TimeDay, "T00:00:00Z", day) {
            return Some((from, from + 86_400));
        }
        let from = rung(Field::TimeMonth, "-01T00:00:00Z", month)?;
        let (year, number, _) = civil(from.div_euclid(86_400));
        let next = if number == 12 { days(year + 1, 1, 1) } else { days(year, number + 1, 1) };
        Some((from, next * 86_400))
    }
}

/// `YYYY-MM-DDThh:mm:ssZ`.
fn instant(unix: i64) -> String {
    let (year, month, day) = civil(unix.div_euclid(86_400));
    let second = unix.rem_euclid(86_400);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3_600, second % 3_600 / 60, second % 60)
}

fn month(unix: i64) -> String {
    instant(unix)[..7].to_owned()
}

fn day(unix: i64) -> String {
    instant(unix)[..10].to_owned()
}

fn hour(unix: i64) -> String {
    format!("{}:00Z", &instant(unix)[..13])
}

fn parse_instant(text: &str) -> Option<i64> {
    let utc = text.strip_suffix('Z')?;
    crate::cap::CapTime::parse(&format!("{utc}-00:00")).ok().map(|time| time.unix())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENING: i64 = 1_796_320_800; // 2026-12-03T18:00:00Z

    #[test]
    fn a_time_fills_the_rungs_in_which_it_lies_and_no_other() {
        let table: [(Option<i64>, [&str; 4]); 4] = [
            (None, ["2026-12", "", "2026-12-03", "2026-12-03T18:00Z"]),
            (Some(3_600), ["2026-12", "2026-12-03T18:00:00Z/2026-12-03T19:00:00Z", "2026-12-03", "2026-12-03T18:00Z"]),
            (Some(7_200), ["2026-12", "2026-12-03T18:00:00Z/2026-12-03T20:00:00Z", "2026-12-03", ""]),
            (Some(40 * 86_400), ["", "2026-12-03T18:00:00Z/2027-01-12T18:00:00Z", "", ""]),
        ];
        for (length, rungs) in table {
            let mut fields = Fields::default();
            fields.set_time(EVENING, length.map(|length| EVENING + length));
            let found = [Field::TimeMonth, Field::TimeWindow, Field::TimeDay, Field::TimeHour]
                .map(|field| fields.get(field).unwrap_or_default());
            assert_eq!(found, rungs);
            assert_eq!(fields.time().map(|(from, _)| from), Some(EVENING));
        }
    }

    #[test]
    fn a_rung_of_the_time_ladder_reads_as_its_interval() {
        let table = [
            (Field::TimeMonth, "2026-12", Some((1_796_083_200, 1_798_761_600))),
            (Field::TimeDay, "2026-12-03", Some((1_796_256_000, 1_796_342_400))),
            (Field::TimeHour, "2026-12-03T18:00Z", Some((EVENING, EVENING + 3_600))),
            (Field::TimeHour, "2026-12-03T18:30Z", None),
            (Field::TimeDay, "the third of December", None),
        ];
        for (field, text, expected) in table {
            let mut fields = Fields::default();
            fields.set(field, text);
            assert_eq!(fields.time(), expected, "{text}");
        }
    }

    #[test]
    fn a_text_obeys_the_rule_of_texts_and_says_what_changed() {
        assert_eq!(clean(" a\r\nb\rc "), ("a\nb\nc".to_owned(), None));
        let (text, change) = clean("می\u{202e}\u{7}\u{200c}رسد");
        assert_eq!((text.as_str(), change.is_some()), ("می\u{200c}رسد", true));
        let (text, change) = clean(&"é".repeat(5_000));
        assert_eq!((text.len(), change.is_some()), (TEXT_BYTES_MAX, true));
        let (text, _) = clean(&format!("a{}", "é".repeat(5_000)));
        assert_eq!(text.len(), TEXT_BYTES_MAX - 1);
    }
}
