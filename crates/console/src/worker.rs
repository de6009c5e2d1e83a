//! What goes on without anybody looking: collecting, following, keeping the inbox in step, calling people, noting
//! silence.
//!
//! Collecting and following are two loops, so that a slow exchange does not keep warnings back.

use crate::app::App;
use crate::error::ConsoleError;
use crate::{escalate, inbox};
use monition_desk::DeskError;
use monition_evidence::UnixSeconds;
use std::sync::Arc;
use std::time::Duration;

/// Shortest silence that is noted, in seconds; or three rounds, if these are longer.
const SILENCE_SECONDS_MIN: u64 = 60;

/// Warnings that are decrypted between two looks at whether the process is to stop.
const FILL_AT_ONCE: usize = 100;

/// How often the whole record is compared with the inbox: another command may have answered.
const COMPARE_EVERY: Duration = Duration::from_secs(15);

/// How often the time of the last round is kept, in seconds.
const KEPT_EVERY: u64 = 20;

const LAST_ROUND: &str = "last_round";

/// Runs until the app stops.
pub(crate) async fn run(app: Arc<App>) {
    if let Err(error) = note_silence_before_start(&app) {
        tracing::error!(%error, "the time of the last round cannot be read");
    }
    let fill = tokio::spawn(fill(Arc::clone(&app)));
    let mut stopping = app.stopping.subscribe();
    let work = async {
        tokio::join!(collect(&app), follow(&app), escalate::run(&app));
    };
    tokio::select! {
        () = work => {}
        _ = stopping.wait_for(|stop| *stop) => {}
    }
    fill.abort();
    let _ = app.store.set_value(LAST_ROUND, &last_heard(&app).value().to_string());
}

fn last_heard(app: &App) -> UnixSeconds {
    app.health().collected_at.unwrap_or_else(|| kept_round(app).unwrap_or_else(|| app.now()))
}

fn kept_round(app: &App) -> Option<UnixSeconds> {
    let text = app.store.value(LAST_ROUND).ok().flatten()?;
    UnixSeconds::parse(&text)
}

fn note_silence_before_start(app: &App) -> Result<(), ConsoleError> {
    if let Some(last) = kept_round(app)
        && last.plus(SILENCE_SECONDS_MIN) < app.now()
    {
        app.store.silent_since(last, "stopped")?;
    }
    Ok(())
}

async fn rhythm(app: &App) -> u64 {
    let directory = app.desk.directory().await;
    let declared = directory.party(app.desk.party()).and_then(|party| party.declaration());
    declared.map_or(5, |record| record.declaration.poll_seconds).max(1)
}

async fn collect(app: &Arc<App>) {
    let mut compared = tokio::time::Instant::now();
    let mut kept = 0;
    loop {
        let seconds = rhythm(app).await;
        let started = tokio::time::Instant::now();
        match app.desk.collect(0).await {
            Ok(report) => {
                let now = app.now();
                let heard = !report.polled.is_empty();
                app.with_health_mut(|health| {
                    health.failed = report.failed.iter().map(|(who, why)| (who.to_string(), why.clone())).collect();
                    health.fatal = None;
                    if heard {
                        health.collected_at = Some(now);
                    }
                });
                let noted = if heard { note_heard(app, now, &mut kept) } else { note_silent(app, now, seconds) };
                if let Err(error) = noted {
                    tracing::error!(%error, "silence cannot be noted");
                }
                if !report.opened.is_empty() || compared.elapsed() > COMPARE_EVERY {
                    compared = tokio::time::Instant::now();
                    refresh(app).await;
                }
                for submission in &report.opened {
                    escalate::event(app, "warning-came", submission).await;
                }
            }
            // A party that has declared nothing sends warnings and receives none.
            Err(DeskError::NoDeclaration { .. }) => app.with_health_mut(|health| health.collected_at = None),
            Err(error) => {
                tracing::warn!(%error, "this round failed; the next one comes");
                let fatal =
                    matches!(error, DeskError::Fork { .. } | DeskError::Record { .. } | DeskError::Locked { .. });
                app.with_health_mut(|health| {
                    health.fatal = fatal.then(|| format!("{}: {error}", error.code()));
                    health.failed = vec![(app.desk.config().exchange.to_string(), error.to_string())];
                });
                if let Err(error) = note_silent(app, app.now(), seconds) {
                    tracing::error!(%error, "silence cannot be noted");
                }
            }
        }
        tokio::time::sleep_until(started + Duration::from_secs(seconds)).await;
    }
}

fn note_heard(app: &App, now: UnixSeconds, kept: &mut u64) -> Result<(), ConsoleError> {
    if app.store.heard(now)? {
        app.changed();
    }
    if now.value() >= *kept + KEPT_EVERY {
        *kept = now.value();
        app.store.set_value(LAST_ROUND, &now.value().to_string())?;
    }
    Ok(())
}

fn note_silent(app: &App, now: UnixSeconds, rhythm: u64) -> Result<(), ConsoleError> {
    let last = last_heard(app);
    if last.plus(SILENCE_SECONDS_MIN.max(3 * rhythm)) < now {
        app.store.silent_since(last, "unreachable")?;
    }
    Ok(())
}

async fn follow(app: &Arc<App>) {
    loop {
        let seconds = rhythm(app).await.max(2);
        match app.desk.follow().await {
            Ok(report) => {
                app.with_health_mut(|health| health.followed_at = Some(app.now()));
                if report.new_statements + report.new_proofs > 0 {
                    app.changed();
                }
            }
            Err(error) => tracing::warn!(%error, "news could not be fetched"),
        }
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }
}

/// Brings the inbox in step with the record, and tells open pages if anything changed.
pub(crate) async fn refresh(app: &Arc<App>) {
    let before = app.inbox().counts();
    let filled = fill_some(app, FILL_AT_ONCE).await;
    let app_here = Arc::clone(app);
    let updated = tokio::task::spawn_blocking(move || -> Result<(), DeskError> {
        let entries = app_here.desk.inbox()?;
        let answers = inbox::answers(&app_here.desk)?;
        app_here.with_inbox_mut(|inbox| inbox.update(&entries, &answers));
        Ok(())
    });
    match updated.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "the inbox cannot be read"),
        Err(error) => tracing::error!(%error, "the inbox could not be brought in step"),
    }
    if filled > 0 || app.inbox().counts() != before {
        app.changed();
    }
}

/// Fills the inbox at the start.
async fn fill(app: Arc<App>) {
    while fill_some(&app, FILL_AT_ONCE).await == FILL_AT_ONCE {
        app.changed();
    }
    refresh(&app).await;
}

/// Decrypts up to `count` warnings that the inbox lacks; gives how many.
async fn fill_some(app: &Arc<App>, count: usize) -> usize {
    let directory = app.desk.directory().await;
    let app = Arc::clone(app);
    let done = tokio::task::spawn_blocking(move || -> Result<usize, DeskError> {
        let entries = app.desk.inbox()?;
        let missing = app.inbox().missing(&entries);
        app.with_health_mut(|health| health.loading = missing.len());
        let mut rows = Vec::new();
        for entry in missing.iter().take(count) {
            rows.push(inbox::row(&app.desk, &directory, entry)?);
        }
        let added = rows.len();
        let left = missing.len() - added;
        app.with_inbox_mut(|inbox| inbox.add(rows));
        app.with_health_mut(|health| health.loading = left);
        Ok(added)
    });
    match done.await {
        Ok(Ok(added)) => added,
        Ok(Err(error)) => {
            tracing::error!(%error, "a warning in the record cannot be read");
            0
        }
        Err(error) => {
            tracing::error!(%error, "the inbox could not be filled");
            0
        }
    }
}
