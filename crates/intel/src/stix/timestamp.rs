//! Timestamps (STIX 2.1 §2.16, TAXII 2.1 §2): RFC 3339 in UTC, `YYYY-MM-DDTHH:MM:SS[.s+]Z`, calendar dates only.

use std::fmt;

/// Most fraction digits that [`Timestamp::parse`] takes. Clients send 0 to 9.
pub const TAXII_FRACTION_DIGITS_MAX: usize = 9;
/// Most fraction digits that [`Timestamp::parse_stix`] takes. STIX names no limit; no clock tells more.
pub const STIX_FRACTION_DIGITS_MAX: usize = 64;

/// An instant. Microseconds are a number, finer digits are kept as text, so that two instants compare exactly whatever
/// precision they were written with. [`fmt::Display`] prints microseconds, the form that TAXII 2.1 §2 asks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    micros: i64,
    /// Digits after the sixth, trailing zeros cut. Compares right as text.
    finer: Box<str>,
}

/// Why a text is not a timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimestampError {
    /// Another shape than `YYYY-MM-DDTHH:MM:SS[.s+]Z`; offsets other than `Z` are not allowed.
    #[error("it is not of the form YYYY-MM-DDTHH:MM:SS.sssZ")]
    Form,
    /// The shape is right, the calendar has no such day, or the clock no such time.
    #[error("no calendar has this date and time")]
    Calendar,
    /// More fraction digits than the reader's limit.
    #[error("it has too many fraction digits")]
    TooPrecise,
}

impl Timestamp {
    /// Reads what a TAXII client may send: 0 to [`TAXII_FRACTION_DIGITS_MAX`] fraction digits.
    ///
    /// # Errors
    /// [`TimestampError`]
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        Self::with_limit(text, TAXII_FRACTION_DIGITS_MAX)
    }

    /// Reads a timestamp property of a STIX object: any precision up to [`STIX_FRACTION_DIGITS_MAX`] digits.
    ///
    /// # Errors
    /// [`TimestampError`]
    pub fn parse_stix(text: &str) -> Result<Self, TimestampError> {
        Self::with_limit(text, STIX_FRACTION_DIGITS_MAX)
    }

    /// An instant in microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    #[must_use]
    pub fn from_micros(micros: i64) -> Self {
        Self { micros, finer: Box::default() }
    }

    /// Microseconds since 1970-01-01T00:00:00Z; finer digits are cut off.
    #[must_use]
    pub fn as_micros(&self) -> i64 {
        self.micros
    }

    fn with_limit(text: &str, digits_max: usize) -> Result<Self, TimestampError> {
        use TimestampError::{Calendar, Form, TooPrecise};
        let (head, tail) = text.as_bytes().split_at_checked(19).ok_or(Form)?;
        let fraction = match tail {
            [b'Z'] => &text[19..19],
            [b'.', digits @ .., b'Z'] if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) => {
                &text[20..text.len() - 1]
            }
            _ => return Err(Form),
        };
        for (at, mark) in [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')] {
            if head[at] != mark {
                return Err(Form);
            }
        }
        let two = |at: usize| -> Result<i64, TimestampError> {
            match (head[at], head[at + 1]) {
                (a @ b'0'..=b'9', b @ b'0'..=b'9') => Ok(i64::from(a - b'0') * 10 + i64::from(b - b'0')),
                _ => Err(Form),
            }
        };
        let year = two(0)? * 100 + two(2)?;
        let (month, day, hour, minute, second) = (two(5)?, two(8)?, two(11)?, two(14)?, two(17)?);
        if fraction.len() > digits_max {
            return Err(TooPrecise);
        }
        if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) || hour > 23 || minute > 59 {
            return Err(Calendar);
        }
        // RFC 3339 §5.7: second 60 stands only at the end of a day in UTC. It reads as the second after it.
        if second > 60 || (second == 60 && (hour, minute) != (23, 59)) {
            return Err(Calendar);
        }
        let seconds = ((days_from_epoch(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
        // The leap second that would end the year 9999 reads as an instant that four digits of a year cannot print.
        if seconds >= YEAR_10000_SECONDS {
            return Err(Calendar);
        }
        let mut micros = 0;
        for at in 0..6 {
            micros = micros * 10 + fraction.as_bytes().get(at).map_or(0, |digit| i64::from(digit - b'0'));
        }
        let finer = fraction.get(6..).unwrap_or_default().trim_end_matches('0').into();
        Ok(Self { micros: seconds * 1_000_000 + micros, finer })
    }
}

/// The first second that RFC 3339 cannot write: 10000-01-01T00:00:00Z.
const YEAR_10000_SECONDS: i64 = 253_402_300_800;

/// Number of fraction digits in a text that has been read as a timestamp.
pub(crate) fn fraction_digits(text: &str) -> usize {
    text.split_once('.').map_or(0, |(_, rest)| rest.len().saturating_sub(1))
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.micros.div_euclid(1_000_000);
        let (days, clock) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let (year, month, day) = date_from_days(days);
        let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
        let micros = self.micros.rem_euclid(1_000_000);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar; years are counted from March so that 29 February comes last.
fn days_from_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The reverse of [`days_from_epoch`].
fn date_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_prints_as_microseconds() {
        for (text, printed) in [
            ("2016-01-20T12:31:12Z", "2016-01-20T12:31:12.000000Z"),
            ("2016-01-20T12:31:12.1Z", "2016-01-20T12:31:12.100000Z"),
            ("2016-01-20T12:31:12.123456789Z", "2016-01-20T12:31:12.123456Z"),
            ("2000-02-29T23:59:59.999Z", "2000-02-29T23:59:59.999000Z"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000000Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000000Z"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
        ] {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), printed, "{text}");
        }
        assert_eq!(Timestamp::parse("1970-01-02T00:00:00.000001Z").unwrap().as_micros(), 86_400_000_001);
        assert_eq!(Timestamp::parse("1969-12-31T23:59:59.999999Z").unwrap().as_micros(), -1);
    }

    #[test]
    fn other_spellings_and_impossible_dates_are_refused() {
        for text in [
            "",
            "2016-01-20",
            "2016-01-20T12:31:12",
            "2016-01-20T12:31:12z",
            "2016-01-20t12:31:12Z",
            "2016-01-20 12:31:12Z",
            "2016-01-20T12:31:12.Z",
            "2016-01-20T12:31:12.1",
            "2016-01-20T12:31:12+00:00",
            "2016-01-20T12:31:12.1a2Z",
            "+016-01-20T12:31:12Z",
            "2016-01-20T12:31:1２Z",
        ] {
            assert_eq!(Timestamp::parse(text), Err(TimestampError::Form), "{text}");
        }
        for text in [
            "2015-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2016-04-31T00:00:00Z",
            "2016-13-01T00:00:00Z",
            "2016-00-01T00:00:00Z",
            "2016-01-00T00:00:00Z",
            "2016-01-01T24:00:00Z",
            "2016-01-01T00:60:00Z",
            "2016-01-01T00:00:60Z",
            "2016-01-01T23:59:61Z",
        ] {
            assert_eq!(Timestamp::parse(text), Err(TimestampError::Calendar), "{text}");
        }
        assert_eq!(Timestamp::parse("2016-01-20T12:31:12.0123456789Z"), Err(TimestampError::TooPrecise));
        assert!(Timestamp::parse_stix("2016-01-20T12:31:12.0123456789Z").is_ok());
    }

    #[test]
    fn the_leap_second_that_would_end_the_year_9999_is_refused_for_it_could_not_be_printed() {
        for read in [Timestamp::parse, Timestamp::parse_stix] {
            assert_eq!(read("9999-12-31T23:59:60Z"), Err(TimestampError::Calendar));
            assert_eq!(read("9999-12-31T23:59:60.5Z"), Err(TimestampError::Calendar));
            let last = read("9999-12-31T23:59:59.999999Z").unwrap();
            assert_eq!(read(&last.to_string()), Ok(last));
        }
    }

    #[test]
    fn instants_compare_exactly_beyond_microseconds() {
        let read = |text| Timestamp::parse_stix(text).unwrap();
        assert_eq!(read("2016-01-20T12:31:12Z"), read("2016-01-20T12:31:12.000000000Z"));
        assert!(read("2016-01-20T12:31:12.0000001Z") > read("2016-01-20T12:31:12.000000Z"));
        assert!(read("2016-01-20T12:31:12.00000019Z") < read("2016-01-20T12:31:12.0000002Z"));
        assert!(read("2016-01-20T12:31:12.0000009Z") < read("2016-01-20T12:31:12.000001Z"));
    }

    #[test]
    fn every_day_of_four_centuries_reads_back() {
        for days in (-719_528..-719_528 + 146_097 * 2).step_by(7) {
            let stamp = Timestamp::from_micros(days * 86_400_000_000 + 1);
            assert_eq!(Timestamp::parse(&stamp.to_string()).unwrap(), stamp);
        }
    }
}
