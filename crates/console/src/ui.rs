//! One request's reader: language, clock, user. Everything that a page says goes through here.

use crate::app::App;
use crate::language::{Argument, Language, Zone};
use crate::store::{Role, Session, User};
use maud::{Markup, html};
use monition_evidence::UnixSeconds;
use std::sync::Arc;

/// Who looks, and how.
#[derive(Clone)]
pub(crate) struct Ui {
    pub(crate) app: Arc<App>,
    pub(crate) language: Language,
    pub(crate) zone: Zone,
    pub(crate) now: UnixSeconds,
    pub(crate) session: Option<Arc<Session>>,
    /// Token of the cookie: what the sign-out ends.
    pub(crate) token: String,
    /// Path and query, to come back to.
    pub(crate) here: String,
    /// `light`, `dark` or empty for the machine's own choice.
    pub(crate) theme: &'static str,
}

impl Ui {
    /// A message without variables.
    pub(crate) fn t(&self, key: &str) -> String {
        self.language.text(key, &[])
    }

    /// A message with variables.
    pub(crate) fn ta(&self, key: &str, arguments: &[(&'static str, Argument)]) -> String {
        self.language.text(key, arguments)
    }

    pub(crate) fn user(&self) -> Option<&User> {
        self.session.as_deref().map(|session| &session.user)
    }

    pub(crate) fn user_name(&self) -> &str {
        self.user().map_or("", |user| user.name.as_str())
    }

    pub(crate) fn is(&self, role: Role) -> bool {
        self.user().is_some_and(|user| user.is(role))
    }

    /// The hidden input that every form carries.
    pub(crate) fn csrf(&self) -> Markup {
        let token = self.session.as_deref().map_or("", |session| session.csrf.as_str());
        html! { input type="hidden" name="csrf" value=(token); }
    }

    /// The field for the passphrase, where people's keys open for one act alone.
    pub(crate) fn passphrase_field(&self, id: &str) -> Markup {
        html! {
            @if !self.app.human_keys_open() {
                div.field {
                    label for=(id) { (self.t("passphrase-label")) }
                    input id=(id) type="password" name="passphrase" required autocomplete="off";
                    p.hint { (self.t("passphrase-hint")) }
                }
            }
        }
    }

    /// A number in the language's digits.
    pub(crate) fn number(&self, number: u64) -> String {
        self.language.digits(&number.to_string())
    }

    fn iso(time: UnixSeconds) -> String {
        time.to_string()
    }

    /// The calendar that the language's readers use first.
    pub(crate) fn day_text(&self, time: UnixSeconds) -> String {
        let day = self.zone.day(time);
        if self.language == Language::Persian { day.solar_hijri(self.language) } else { day.gregorian(self.language) }
    }

    fn second_day(&self, time: UnixSeconds) -> String {
        let day = self.zone.day(time);
        if self.language == Language::Persian { day.gregorian(self.language) } else { day.solar_hijri(self.language) }
    }

    /// A time as text in the first calendar.
    pub(crate) fn when_text(&self, time: UnixSeconds) -> String {
        let clock = self.zone.clock(self.language, time);
        self.ta("time-on-day", &[("time", clock.into()), ("day", self.day_text(time).into())])
    }

    /// A time, short: in the first calendar.
    pub(crate) fn when(&self, time: UnixSeconds) -> Markup {
        html! { time datetime=(Self::iso(time)) title=(self.second_day(time)) { (self.when_text(time)) } }
    }

    /// A time in both calendars, with the offset from UTC.
    pub(crate) fn when_both(&self, time: UnixSeconds) -> Markup {
        html! {
            time.both datetime=(Self::iso(time)) {
                span { (self.when_text(time)) } " "
                span.second-calendar { (self.second_day(time)) " · " bdi { (self.language.digits(&self.zone.label())) } }
            }
        }
    }

    /// A time to the second, for the evidence.
    pub(crate) fn when_exact_text(&self, time: UnixSeconds) -> String {
        let clock = self.zone.clock_seconds(self.language, time);
        self.ta("time-on-day", &[("time", clock.into()), ("day", self.day_text(time).into())])
    }

    /// How long from now until a time, or since it: `in 2 hours 14 minutes`, `3 minutes ago`.
    pub(crate) fn distance(&self, time: UnixSeconds) -> String {
        let (now, then) = (self.now.value(), time.value());
        let span = self.span(now.abs_diff(then));
        if then >= now {
            self.ta("time-in", &[("span", span.into())])
        } else {
            self.ta("time-ago", &[("span", span.into())])
        }
    }

    /// A length of time in its two largest units.
    pub(crate) fn span(&self, seconds: u64) -> String {
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
        let n = Argument::from;
        match (days, hours, minutes) {
            (0, 0, 0) => self.ta("span-seconds", &[("seconds", n(seconds))]),
            (0, 0, m) => self.ta("span-minutes", &[("minutes", n(m))]),
            (0, h, 0) => self.ta("span-hours", &[("hours", n(h))]),
            (0, h, m) => self.ta("span-hours-minutes", &[("hours", n(h)), ("minutes", n(m))]),
            (d, 0, _) => self.ta("span-days", &[("days", n(d))]),
            (d, h, _) => self.ta("span-days-hours", &[("days", n(d)), ("hours", n(h))]),
        }
    }

    /// The name that others see of a user.
    pub(crate) fn display(&self, name: &str) -> String {
        let users = self.app.store.users().unwrap_or_default();
        users.into_iter().find(|user| user.name == name).map_or_else(|| name.to_owned(), |user| user.display)
    }
}
