//! Small values that stand in statements: times, texts, urgency, markings, anchors.

use crate::encoding::Digest;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// A point in time: seconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixSeconds(u64);

impl UnixSeconds {
    /// Largest value: 9999-12-31T23:59:59Z, the last second that RFC 3339 can write.
    pub const MAX: Self = Self(253_402_300_799);

    /// Wraps a number of seconds; numbers past [`Self::MAX`] become it.
    #[must_use]
    pub const fn new(seconds: u64) -> Self {
        if seconds > Self::MAX.0 { Self::MAX } else { Self(seconds) }
    }

    /// Seconds since 1970.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }

    /// This time and `seconds` more.
    #[must_use]
    pub const fn plus(self, seconds: u64) -> Self {
        Self::new(self.0.saturating_add(seconds))
    }
}

/// Prints RFC 3339 in UTC: `2026-12-03T14:05:09Z`.
impl fmt::Display for UnixSeconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Days to civil date, after the proleptic Gregorian calendar (era of 400 years = 146,097 days).
        let (days, second) = (self.0 / 86_400, self.0 % 86_400);
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_index = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_index + 2) / 5 + 1;
        let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        let (hour, minute) = (second / 3_600, second % 3_600 / 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}Z", second % 60)
    }
}

impl UnixSeconds {
    /// Reads what [`Display`](fmt::Display) prints, or digits alone.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            return text.parse().ok().filter(|&s| s <= Self::MAX.0).map(Self);
        }
        let b = text.as_bytes();
        if b.len() != 20 || [b[4], b[7], b[10], b[13], b[16], b[19]] != *b"--T::Z" {
            return None;
        }
        let number = |range: std::ops::Range<usize>| text.get(range).and_then(|t| t.parse::<u64>().ok());
        let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
        let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
        if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            return None;
        }
        let shifted_year = if month <= 2 { year - 1 } else { year };
        let (era, year_of_era) = (shifted_year / 400, shifted_year % 400);
        let month_index = (month + 9) % 12;
        let day_of_year = (153 * month_index + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let days = (era * 146_097 + day_of_era).checked_sub(719_468)?;
        let time = Self(days * 86_400 + hour * 3_600 + minute * 60 + second);
        // Printing it again refuses the 31st of February, 24:00 and signs in the digits.
        (time.to_string() == text).then_some(time)
    }
}

impl Serialize for UnixSeconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

impl<'de> Deserialize<'de> for UnixSeconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = u64::deserialize(deserializer)?;
        if seconds > Self::MAX.0 {
            return Err(de::Error::custom("a time past the year 9999"));
        }
        Ok(Self(seconds))
    }
}

/// Free text that a person wrote: at most [`Text::BYTES_MAX`] bytes, no control characters but line feed and
/// tab, and none of the invisible characters that change the order in which text is shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Text(String);

impl Text {
    /// Longest text. Three of the largest still fit one statement of 65,535 bytes after base64url.
    pub const BYTES_MAX: usize = 8_192;

    /// Reads a text; nothing is normalised or dropped.
    ///
    /// # Errors
    /// The rule that is broken.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.len() > Self::BYTES_MAX {
            return Err("the text is longer than 8,192 bytes");
        }
        // U+202A…E and U+2066…9 let "told" read as something else on the screen (Trojan Source).
        let hidden = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if text.chars().any(|c| (c.is_control() && c != '\n' && c != '\t') || hidden(c)) {
            return Err("control characters and bidirectional overrides are not allowed in a text");
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

/// Declares an enum of fixed words; the table is written once and gives both directions.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
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
                Self::ALL.iter().copied().find(|v| v.as_str() == text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                Self::parse(text).ok_or_else(|| {
                    let all: Vec<&str> = Self::ALL.iter().map(|v| v.as_str()).collect();
                    format!("{text:?} is not a {}; one of {}", $what, all.join(", "))
                })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    };
}

words! {
    /// How fast the recipient must act, lowest first: the message precedences of ACP 121.
    Urgency, "urgency" {
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
    /// How the content is released. Receipt before reading is reserved and not built.
    Mode, "mode" {
        /// The recipient reads at once; no signature stands between a person and the warning.
        Open = "open",
    }
}

words! {
    /// Traffic Light Protocol 2.0 (FIRST, 2022), strictest first.
    Tlp, "TLP 2.0 label" {
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
    /// Whether the recipient may pass the warning on.
    RelayTerms, "relay term" {
        /// Never.
        None = "none",
        /// Only with the sender's signed consent.
        Ask = "ask",
        /// As the TLP label allows.
        Tlp = "tlp",
    }
}

words! {
    /// Where a warning stands in its chain of amendments.
    WarningStatus, "warning status" {
        /// The first of its `wid`.
        First = "first",
        /// Replaces the one that `amends` names.
        Amended = "amended",
        /// Takes back the one that `amends` names.
        Withdrawn = "withdrawn",
    }
}

words! {
    /// What a person in a role answers.
    ReplyStatus, "reply status" {
        /// Took notice.
        Acknowledged = "acknowledged",
        /// Refuses to take notice.
        Declined = "declined",
        /// Is looking into it.
        Investigating = "investigating",
        /// Is affected.
        Affected = "affected",
        /// Is not affected.
        NotAffected = "not-affected",
        /// Disputes the content.
        Disputed = "disputed",
        /// Has dealt with it.
        Fixed = "fixed",
        /// Is not whom the warning is for.
        WrongAddressee = "wrong-addressee",
        /// Asks back.
        Question = "question",
    }
}

words! {
    /// ISO/IEC 13888 non-repudiation service that a statement gives.
    Service, "ISO/IEC 13888 service" {
        /// Of origin.
        Origin = "NRO",
        /// Of submission.
        Submission = "NRS",
        /// Of transport.
        Transport = "NRT",
        /// Of delivery: receipt and recognition of the content.
        Delivery = "NRD",
        /// Of receipt.
        Receipt = "NRR",
        /// Of knowledge.
        Knowledge = "NRK",
    }
}

/// Size class of the largest body: 4, 16 or 64 KiB, else whole MiB. Bodies are padded to it, so that a length tells little.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SizeClass(u64);

impl SizeClass {
    const KIB: u64 = 1024;
    const MIB: u64 = 1024 * 1024;

    /// The smallest class that holds `bytes` of padded plaintext.
    #[must_use]
    pub const fn of(bytes: u64) -> Self {
        if bytes <= 4 * Self::KIB {
            Self(4 * Self::KIB)
        } else if bytes <= 16 * Self::KIB {
            Self(16 * Self::KIB)
        } else if bytes <= 64 * Self::KIB {
            Self(64 * Self::KIB)
        } else {
            Self(bytes.div_ceil(Self::MIB) * Self::MIB)
        }
    }

    /// Bytes of a padded plaintext of this class.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// Reads `4KiB`, `16KiB`, `64KiB` or `<n>MiB` with 1 ≤ n ≤ 1024.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let class = if let Some(kib) = text.strip_suffix("KiB") {
            Self(kib.parse::<u64>().ok()?.checked_mul(Self::KIB)?)
        } else {
            Self(text.strip_suffix("MiB")?.parse::<u64>().ok().filter(|n| (1..=1024).contains(n))? * Self::MIB)
        };
        (Self::of(class.0) == class && class.to_string() == text).then_some(class)
    }
}

impl fmt::Display for SizeClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < Self::MIB { write!(f, "{}KiB", self.0 / Self::KIB) } else { write!(f, "{}MiB", self.0 / Self::MIB) }
    }
}

impl Serialize for SizeClass {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SizeClass {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("a size class is 4KiB, 16KiB, 64KiB or <n>MiB"))
    }
}

/// A cosigned checkpoint that the signer had seen: proof that the statement is not older than it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// Origin of the log.
    pub origin: String,
    /// Its size, in entries.
    pub size: u64,
    /// Its root hash.
    pub root: Digest,
    /// SHA-256 of the whole cosigned note, cosignature lines included, exactly as the signer holds it.
    pub note: Digest,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_print_and_read_as_rfc_3339() {
        let table = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_795_446_000, "2026-11-23T15:00:00Z"),
        ];
        for (seconds, text) in table {
            assert_eq!(UnixSeconds::new(seconds).to_string(), text);
            assert_eq!(UnixSeconds::parse(text), Some(UnixSeconds::new(seconds)));
        }
        assert_eq!(UnixSeconds::MAX.to_string(), "9999-12-31T23:59:59Z");
        for text in
            ["", "-1", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01 00:00:00Z", "+026-01-01T00:00:00Z"]
        {
            assert_eq!(UnixSeconds::parse(text), None, "accepted {text:?}");
        }
    }

    #[test]
    fn text_refuses_what_hides_on_the_screen() {
        assert!(Text::parse("پیام: наступление, 日本\nsecond line").is_ok());
        for text in ["a\u{202e}b", "\u{0}", "a\rb", "\u{1b}[31m"] {
            assert!(Text::parse(text).is_err(), "accepted {text:?}");
        }
    }

    #[test]
    fn size_classes_have_one_spelling() {
        for text in ["4KiB", "16KiB", "64KiB", "1MiB", "10MiB"] {
            assert_eq!(SizeClass::parse(text).unwrap().to_string(), text);
        }
        for text in ["5KiB", "04KiB", "1024KiB", "0MiB", "2000MiB", "1 MiB", ""] {
            assert!(SizeClass::parse(text).is_none(), "accepted {text:?}");
        }
    }
}
