//! News as server-sent events: how many changes there were. The page fetches itself again; no content travels here.

use crate::app::App;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_core::Stream;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// Several changes within this time are one event.
const GATHER: Duration = Duration::from_millis(300);

type Next = Pin<Box<dyn Future<Output = Option<(Event, Source)>> + Send>>;

struct Source {
    news: tokio::sync::watch::Receiver<u64>,
    stopping: tokio::sync::watch::Receiver<bool>,
    app: Arc<App>,
}

impl Source {
    async fn next(mut self) -> Option<(Event, Self)> {
        tokio::select! {
            changed = self.news.changed() => changed.ok()?,
            _ = self.stopping.wait_for(|stop| *stop) => return None,
        }
        tokio::time::sleep(GATHER).await;
        let count = *self.news.borrow_and_update();
        let counts = self.app.inbox().counts();
        let data = format!("{{\"open\":{},\"unread\":{},\"all\":{}}}", counts.open, counts.unread, counts.all);
        Some((Event::default().id(count.to_string()).event("changed").data(data), self))
    }
}

/// A stream that asks one future after another.
struct News(Option<Next>);

impl Stream for News {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(next) = &mut self.0 else { return Poll::Ready(None) };
        match next.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(None) => {
                self.0 = None;
                Poll::Ready(None)
            }
            Poll::Ready(Some((event, source))) => {
                self.0 = Some(Box::pin(source.next()));
                Poll::Ready(Some(Ok(event)))
            }
        }
    }
}

pub(crate) async fn listen(State(app): State<Arc<App>>) -> impl axum::response::IntoResponse {
    let source = Source { news: app.news.subscribe(), stopping: app.stopping.subscribe(), app };
    Sse::new(News(Some(Box::pin(source.next())))).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)))
}
