//! What the own record proves: the judge, asked about one warning with the statements that this desk holds.

use crate::app::App;
use monition_desk::{DeskError, GatherOptions};
use monition_evidence::dossier::Dossier;
use monition_evidence::judge::{Believe, Finding, JudgeError, Question, judge};
use monition_evidence::{Digest, PartyName, Wid};
use std::sync::Arc;
use std::time::Duration;

/// How long a page waits for the evidence: the exchange may be gone, and a person stands before the page.
const PATIENCE: Duration = Duration::from_secs(4);

/// Why there is no finding on a page.
#[derive(Debug)]
pub(crate) enum NoFinding {
    /// The desk has no trust policy.
    NoTrust,
    /// It is still being put together.
    Later,
    /// The judge refused, or the desk could not gather.
    Refused(String),
}

/// The question about one warning.
pub(crate) fn question(to: &PartyName, by: &PartyName, wid: Option<Wid>) -> String {
    match wid {
        Some(wid) => format!("told {to} by {by} of {wid}"),
        None => format!("told {to} by {by}"),
    }
}

/// Judges what the record holds about a question. Cached until the record holds more about `submission`.
pub(crate) async fn finding(
    app: &Arc<App>,
    question: &str,
    submission: &Digest,
    options: GatherOptions,
) -> Result<Arc<Finding>, NoFinding> {
    let refused = |error: DeskError| NoFinding::Refused(format!("{}: {error}", error.code()));
    let held = app.desk.record().about(submission).map_err(refused)?;
    let proven = held.iter().filter(|held| held.proof.is_some()).count();
    let directory = app.desk.directory().await.size();
    let stamp = (held.len() as u64) << 40 | (proven as u64) << 24 | (directory & 0xff_ffff);
    let key = format!("{question} {submission}");
    if let Some(finding) = app.cached_finding(&key, stamp) {
        return Ok(finding);
    }
    let gathered = tokio::time::timeout(PATIENCE, app.desk.gather(question, &options)).await;
    let dossier = gathered.map_err(|_| NoFinding::Later)?.map_err(refused)?;
    let finding = Arc::new(judge_one(app, dossier, question).await?);
    app.cache_finding(key, stamp, Arc::clone(&finding));
    Ok(finding)
}

/// Judges one dossier by the desk's own trust policy.
pub(crate) async fn judge_one(app: &Arc<App>, dossier: Dossier, question: &str) -> Result<Finding, NoFinding> {
    let trust = app.trust.clone().ok_or(NoFinding::NoTrust)?;
    let question = Question::parse(question).map_err(|error| NoFinding::Refused(error.to_string()))?;
    let judged = tokio::task::spawn_blocking(move || judge(&[dossier], &trust, &Believe::default(), &question));
    match judged.await {
        Ok(Ok(finding)) => Ok(finding),
        Ok(Err(error @ (JudgeError::Trust(_) | JudgeError::Evidence(_)))) => Err(NoFinding::Refused(error.to_string())),
        Ok(Err(error)) => Err(NoFinding::Refused(error.to_string())),
        Err(_) => Err(NoFinding::Later),
    }
}
