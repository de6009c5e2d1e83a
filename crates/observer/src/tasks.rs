//! What an observer does by itself: follow the directory, sign heads, post what waits, ring alarms, delete what is over.
//!
//! Each loop runs until the node stops, logs what fails and goes on. A tick that was missed is not made up for.

use crate::client::Posted;
use crate::metrics::count;
use crate::node::Node;
use crate::store::{Outgoing, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

/// Statements posted at one time.
const POSTS_AT_ONCE: usize = 16;

/// Longest pause between two tries to post one statement, in seconds.
const RETRY_SECONDS_MAX: u64 = 60;

/// How often the outbox and the pings are looked at without being woken.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How often bodies are looked for whose time is over.
const DISPOSE_EVERY: Duration = Duration::from_secs(3_600);

/// Starts the loops.
pub(crate) fn spawn(node: &Arc<Node>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    tasks.spawn(until_stopped(node.clone(), follow(node.clone())));
    tasks.spawn(until_stopped(node.clone(), heads(node.clone())));
    tasks.spawn(until_stopped(node.clone(), post(node.clone())));
    tasks.spawn(until_stopped(node.clone(), pings(node.clone())));
    tasks.spawn(until_stopped(node.clone(), disposals(node.clone())));
    tasks
}

async fn until_stopped(node: Arc<Node>, work: impl Future<Output = ()>) {
    let mut stopping = node.stopping.clone();
    tokio::select! {
        () = work => {}
        _ = stopping.wait_for(|stopping| *stopping) => {}
    }
}

fn ticks(period: Duration) -> tokio::time::Interval {
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

async fn follow(node: Arc<Node>) {
    let mut ticks = ticks(Duration::from_millis(node.config.follow_milliseconds));
    loop {
        ticks.tick().await;
        if let Err(error) = node.refresh_directory().await {
            count(&node.metrics.follow_failures_total);
            tracing::warn!(error = &error as &dyn std::error::Error, "the directory could not be refreshed");
        }
    }
}

async fn heads(node: Arc<Node>) {
    let mut ticks = ticks(Duration::from_secs(node.config.period_seconds));
    loop {
        ticks.tick().await;
        if let Err(error) = node.fix_heads().await {
            count(&node.metrics.heads_missed_total);
            tracing::warn!(error = &error as &dyn std::error::Error, "this period has no custody heads");
        }
    }
}

async fn pings(node: Arc<Node>) {
    loop {
        if let Err(error) = node.send_pings().await {
            tracing::warn!(%error, "pings could not be sent");
        }
        let _ = tokio::time::timeout(LOOK_AGAIN, node.pings.notified()).await;
    }
}

async fn disposals(node: Arc<Node>) {
    let mut ticks = ticks(DISPOSE_EVERY);
    loop {
        ticks.tick().await;
        if let Err(error) = node.dispose_over().await {
            tracing::warn!(%error, "bodies that are over could not be deleted");
        }
    }
}

async fn post(node: Arc<Node>) {
    loop {
        match node.post_due().await {
            // There may be more.
            Ok(posted) if posted == POSTS_AT_ONCE => continue,
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "the outbox could not be read"),
        }
        let _ = tokio::time::timeout(LOOK_AGAIN, node.outbox.notified()).await;
    }
}

impl Node {
    /// Posts what is due; returns how many got through.
    pub(crate) async fn post_due(self: &Arc<Self>) -> Result<usize, StoreError> {
        let now = self.now().value();
        let due = self.store_task(move |store| store.due(now, POSTS_AT_ONCE)).await?;
        let mut tasks = JoinSet::new();
        for outgoing in due {
            let node = self.clone();
            tasks.spawn(async move { node.post_one(outgoing).await });
        }
        let mut posted = 0;
        while let Some(done) = tasks.join_next().await {
            posted += usize::from(matches!(done, Ok(Ok(true))));
        }
        Ok(posted)
    }

    async fn post_one(&self, outgoing: Outgoing) -> Result<bool, StoreError> {
        let Outgoing { id, statement, tries } = outgoing;
        let later = self.now().value() + (1 << tries.min(10)).min(RETRY_SECONDS_MAX);
        match self.exchange.post(statement).await {
            Ok(Posted::Accepted) => {
                count(&self.metrics.logged_total);
                self.store_task(move |store| store.logged(id)).await?;
                return Ok(true);
            }
            Ok(Posted::Refused { status, text }) => {
                count(&self.metrics.log_refused_total);
                tracing::error!(status, text, "the exchange refused to log a statement: it is kept");
                self.store_task(move |store| store.refused(id, &text)).await?;
            }
            Ok(Posted::Later { status }) => {
                count(&self.metrics.log_failures_total);
                tracing::warn!(status, tries, "the exchange did not log a statement yet");
                self.store_task(move |store| store.try_again(id, later)).await?;
            }
            Err(error) => {
                count(&self.metrics.log_failures_total);
                tracing::warn!(error = &error as &dyn std::error::Error, tries, "a statement could not be posted");
                self.store_task(move |store| store.try_again(id, later)).await?;
            }
        }
        Ok(false)
    }
}
