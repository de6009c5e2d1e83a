//! Dates in two calendars: Gregorian and Solar Hijri (ICU4X), at a fixed offset from UTC.

use super::{Argument, Language};
use icu_calendar::cal::Persian;
use icu_calendar::{Date, Iso};
use monition_evidence::UnixSeconds;

/// The offset from UTC in which times are shown, in minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Zone(pub(crate) i32);

impl Zone {
    /// Such as `UTC+03:30`.
    pub(crate) fn label(self) -> String {
        match self.0 {
            0 => "UTC".to_owned(),
            minutes => {
                let sign = if minutes < 0 { '−' } else { '+' };
                format!("UTC{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
            }
        }
    }

    /// The moment on this zone's clock, as seconds since 1970 there.
    fn local(self, time: UnixSeconds) -> u64 {
        time.value().saturating_add_signed(i64::from(self.0) * 60)
    }

    /// What an `<input type="datetime-local">` shows for a moment.
    pub(crate) fn input_value(self, time: UnixSeconds) -> String {
        UnixSeconds::new(self.local(time)).to_string().chars().take(16).collect()
    }

    /// Reads what `<input type="datetime-local">` sends.
    pub(crate) fn parse_input(self, text: &str) -> Option<UnixSeconds> {
        let text = if text.len() == 16 { format!("{text}:00Z") } else { format!("{text}Z") };
        let local = UnixSeconds::parse(&text)?;
        Some(UnixSeconds::new(local.value().saturating_add_signed(-i64::from(self.0) * 60)))
    }

    /// Hour and minute.
    pub(crate) fn clock(self, language: Language, time: UnixSeconds) -> String {
        let second = self.local(time) % 86_400;
        language.digits(&format!("{:02}:{:02}", second / 3_600, second % 3_600 / 60))
    }

    /// Hour, minute and second: where two facts lie seconds apart.
    pub(crate) fn clock_seconds(self, language: Language, time: UnixSeconds) -> String {
        let second = self.local(time) % 86_400;
        language.digits(&format!("{:02}:{:02}:{:02}", second / 3_600, second % 3_600 / 60, second % 60))
    }

    /// The day.
    pub(crate) fn day(self, time: UnixSeconds) -> Day {
        Day(self.local(time) / 86_400)
    }
}

/// A day: days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Day(u64);

impl Day {
    fn iso(self) -> Option<Date<Iso>> {
        let text = UnixSeconds::new(self.0 * 86_400).to_string();
        let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<u16>().ok();
        let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
        Date::try_new_iso(i32::from(year), u8::try_from(month).ok()?, u8::try_from(day).ok()?).ok()
    }

    /// Such as `23 November 2026`.
    pub(crate) fn gregorian(self, language: Language) -> String {
        let Some(date) = self.iso() else { return String::new() };
        written(language, "month", date.year().extended_year(), date.month().ordinal, date.day_of_month().0)
    }

    /// Such as `2 Azar 1405`.
    pub(crate) fn solar_hijri(self, language: Language) -> String {
        let Some(date) = self.iso() else { return String::new() };
        let date = date.to_calendar(Persian);
        written(language, "hijri-month", date.year().extended_year(), date.month().ordinal, date.day_of_month().0)
    }
}

fn written(language: Language, months: &str, year: i32, month: u8, day: u8) -> String {
    let month = language.text(&format!("{months}-{month}"), &[]);
    let number = |n: i32| Argument::from(language.digits(&n.to_string()));
    let arguments = [("day", number(i32::from(day))), ("month", month.into()), ("year", number(year))];
    // Only our own words and numbers are inside: nothing to isolate, and the text is compared and copied.
    language.text("date-written", &arguments).replace(['\u{2068}', '\u{2069}'], "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_in_both_calendars_and_three_languages() {
        let time = UnixSeconds::parse("2026-11-23T21:05:00Z").unwrap();
        let zone = Zone(210);
        assert_eq!(zone.day(time).gregorian(Language::English), "24 November 2026");
        assert_eq!(zone.day(time).solar_hijri(Language::English), "3 Azar 1405");
        assert_eq!(zone.day(time).solar_hijri(Language::Persian), "۳ آذر ۱۴۰۵");
        assert_eq!(zone.day(time).gregorian(Language::Russian), "24 ноября 2026");
        assert_eq!(zone.clock(Language::Persian, time), "۰۰:۳۵");
        assert_eq!(zone.label(), "UTC+03:30");
    }

    #[test]
    fn nowruz_is_the_first_day_of_the_solar_hijri_year() {
        for (gregorian, hijri) in [("2024-03-20", "1 Farvardin 1403"), ("2025-03-21", "1 Farvardin 1404")] {
            let time = UnixSeconds::parse(&format!("{gregorian}T12:00:00Z")).unwrap();
            assert_eq!(Zone(0).day(time).solar_hijri(Language::English), hijri);
        }
    }

    #[test]
    fn what_an_input_shows_is_read_back() {
        for minutes in [-300, 0, 210] {
            let time = UnixSeconds::parse("2026-11-23T21:05:00Z").unwrap();
            let zone = Zone(minutes);
            assert_eq!(zone.parse_input(&zone.input_value(time)), Some(time));
        }
        assert_eq!(Zone(0).parse_input("2026-13-01T00:00"), None);
        assert_eq!(Zone(0).parse_input("now"), None);
    }
}
