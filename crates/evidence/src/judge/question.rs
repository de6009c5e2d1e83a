//! Questions: `told P [by P] [of WID] [before TIME]`, `timeline`, `who`.

use crate::encoding::Wid;
use crate::names::PartyName;
use crate::values::UnixSeconds;
use std::fmt;

/// What a judge is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Whether a party was told, by whom, of which warning, before when.
    Told(Told),
    /// Everything that is proven, in order.
    Timeline,
    /// Who signed, with which identity grade.
    Who,
}

/// `told P [by P] [of WID] [before TIME]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Who is asked about.
    pub party: PartyName,
    /// By whom.
    pub by: Option<PartyName>,
    /// Of which warning.
    pub of: Option<Wid>,
    /// Before when. Without it the answer is never `refuted`.
    pub before: Option<UnixSeconds>,
}

/// Why a text is not a question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found:?} is not a question: {problem}")]
pub struct QuestionError {
    /// The text, at most 200 characters of it.
    pub found: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl Question {
    /// Reads a question: words separated by single spaces, the clauses in this order.
    ///
    /// # Errors
    /// [`QuestionError`].
    pub fn parse(text: &str) -> Result<Self, QuestionError> {
        let refuse = |problem| QuestionError { found: text.chars().take(200).collect(), problem };
        match text {
            "timeline" => return Ok(Self::Timeline),
            "who" => return Ok(Self::Who),
            _ => {}
        }
        let mut words = text.split(' ');
        if words.next() != Some("told") {
            return Err(refuse("it is `told P [by P] [of WID] [before TIME]`, `timeline` or `who`"));
        }
        let party = words.next().and_then(|w| PartyName::parse(w).ok()).ok_or(refuse("after `told` stands a party"))?;
        let mut told = Told { party, by: None, of: None, before: None };
        let mut last_clause = 0;
        while let Some(word) = words.next() {
            let value = words.next().ok_or(refuse("a clause ends without its value"))?;
            let clause = match word {
                "by" => {
                    told.by = Some(PartyName::parse(value).map_err(|_| refuse("after `by` stands a party"))?);
                    1
                }
                "of" => {
                    told.of = Some(Wid::parse(value).map_err(|_| refuse("after `of` stands a wid"))?);
                    2
                }
                "before" => {
                    let time = UnixSeconds::parse(value);
                    told.before = Some(time.ok_or(refuse("after `before` stands a time like 2026-12-03T14:00:00Z"))?);
                    3
                }
                _ => return Err(refuse("the clauses are `by`, `of` and `before`")),
            };
            if clause <= last_clause {
                return Err(refuse("the clauses stand once each, in the order `by`, `of`, `before`"));
            }
            last_clause = clause;
        }
        Ok(Self::Told(told))
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeline => f.write_str("timeline"),
            Self::Who => f.write_str("who"),
            Self::Told(told) => told.fmt(f),
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "told {}", self.party)?;
        if let Some(by) = &self.by {
            write!(f, " by {by}")?;
        }
        if let Some(wid) = &self.of {
            write!(f, " of {wid}")?;
        }
        if let Some(time) = self.before {
            write!(f, " before {time}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_print_back() {
        for text in [
            "timeline",
            "who",
            "told south.example",
            "told south.example by west.example",
            "told south.example by west.example of AAAAAAAAAAAAAAAAAAAAAA before 2026-12-03T14:00:00Z",
            "told south.example before 2026-12-03T14:00:00Z",
        ] {
            assert_eq!(Question::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(
            Question::parse("told s.example before 0").unwrap().to_string(),
            "told s.example before 1970-01-01T00:00:00Z"
        );
    }

    #[test]
    fn what_is_no_question_is_refused() {
        for text in [
            "",
            "told",
            "told South",
            "told s.example by",
            "told s.example before noon",
            "Told s.example",
            "told s.example before 0 by n.example",
            "told s.example by a.example by b.example",
            "told s.example of x",
            "told  s.example",
            "timeline ",
            "who knows",
        ] {
            assert!(Question::parse(text).is_err(), "accepted {text:?}");
        }
    }
}
