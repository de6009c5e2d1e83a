//! Standard output is data, standard error is talk.

use crate::failure::{Exit, Failure};
use serde::Serialize;
use std::io::Write as _;

/// How results are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Plain language.
    Text,
    /// One JSON object, stable within a major version.
    Json,
}

/// Prints one JSON object and a line feed.
pub(crate) fn print_json<T: Serialize>(value: &T) -> Result<(), Failure> {
    let mut text = serde_json::to_string_pretty(value)
        .map_err(|e| Failure::new(Exit::Internal, "internal-output", e.to_string(), "please report this"))?;
    text.push('\n');
    print_text(&text)
}

/// Prints text as it is. A closed pipe is the reader's choice and no failure.
pub(crate) fn print_text(text: &str) -> Result<(), Failure> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failure::new(
            Exit::Internal,
            "internal-output",
            format!("standard output: {error}"),
            "check where the output goes",
        )),
        _ => Ok(()),
    }
}

/// Prints what `--json` or plain output asks for.
pub(crate) fn print<T: Serialize>(output: Output, json: &T, text: &str) -> Result<(), Failure> {
    match output {
        Output::Json => print_json(json),
        Output::Text => print_text(text),
    }
}
