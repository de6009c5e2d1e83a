//! The lists of words of CAP 1.2 (§3.2).

use super::error::Rule;
use std::fmt;

/// Declares an enum of fixed words; the table is written once and gives both directions.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident, $rule:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every value, in the order of the standard.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word as it stands in messages.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads the word; case and white space count (the schema enumerates strings).
            ///
            /// # Errors
            /// The rule that lists the words.
            pub fn parse(text: &str) -> Result<Self, Rule> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text).ok_or(Rule::$rule)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

codes! {
    /// How the message is to be handled (§3.2.1).
    Status, Status {
        /// Actionable by everybody it is for.
        Actual = "Actual",
        /// Actionable by the participants of an exercise only.
        Exercise = "Exercise",
        /// For functions inside the alert network.
        System = "System",
        /// A technical test, to be disregarded.
        Test = "Test",
        /// Not actionable as it stands.
        Draft = "Draft",
    }
}

codes! {
    /// What the message does (§3.2.1).
    MessageType, MsgType {
        /// First information.
        Alert = "Alert",
        /// Updates and supersedes the messages in `references`.
        Update = "Update",
        /// Cancels them.
        Cancel = "Cancel",
        /// Acknowledges receipt and acceptance of them.
        Ack = "Ack",
        /// Rejects them; the note says why.
        Error = "Error",
    }
}

codes! {
    /// Category of the event (§3.2.2).
    Category, Category {
        /// Geophysical, landslides included.
        Geo = "Geo",
        /// Meteorological, floods included.
        Met = "Met",
        /// General emergency and public safety.
        Safety = "Safety",
        /// Law enforcement, military, homeland and private security.
        Security = "Security",
        /// Rescue and recovery.
        Rescue = "Rescue",
        /// Fire suppression and rescue.
        Fire = "Fire",
        /// Medical and public health.
        Health = "Health",
        /// Pollution and other environmental.
        Env = "Env",
        /// Public and private transport.
        Transport = "Transport",
        /// Utilities, telecommunication and other infrastructure.
        Infra = "Infra",
        /// Chemical, biological, radiological, nuclear or high-yield explosive threat or attack.
        Cbrne = "CBRNE",
        /// Other events.
        Other = "Other",
    }
}

codes! {
    /// What the audience should do (§3.2.2).
    ResponseType, ResponseType {
        /// Take shelter in place or as instructed.
        Shelter = "Shelter",
        /// Leave as instructed.
        Evacuate = "Evacuate",
        /// Make preparations.
        Prepare = "Prepare",
        /// Carry out a planned activity.
        Execute = "Execute",
        /// Avoid the event.
        Avoid = "Avoid",
        /// Watch the sources named.
        Monitor = "Monitor",
        /// Evaluate the information.
        Assess = "Assess",
        /// The event is no longer a threat.
        AllClear = "AllClear",
        /// Nothing is recommended.
        None = "None",
    }
}

codes! {
    /// When to act (§3.2.2).
    Urgency, Urgency {
        /// At once.
        Immediate = "Immediate",
        /// Soon: within the next hour.
        Expected = "Expected",
        /// In the near future.
        Future = "Future",
        /// No longer.
        Past = "Past",
        /// Not known.
        Unknown = "Unknown",
    }
}

codes! {
    /// How bad the event is (§3.2.2).
    Severity, Severity {
        /// Extraordinary threat to life or property.
        Extreme = "Extreme",
        /// Significant threat.
        Severe = "Severe",
        /// Possible threat.
        Moderate = "Moderate",
        /// Minimal to no known threat.
        Minor = "Minor",
        /// Not known.
        Unknown = "Unknown",
    }
}

codes! {
    /// How certain the event is (§3.2.2).
    Certainty, Certainty {
        /// It has happened or is happening.
        Observed = "Observed",
        /// More than about one in two.
        Likely = "Likely",
        /// Possible but not likely.
        Possible = "Possible",
        /// Not expected.
        Unlikely = "Unlikely",
        /// Not known.
        Unknown = "Unknown",
    }
}
