//! The server: routes, limits, listening on loopback alone.

use crate::app::App;
use crate::error::ConsoleError;
use crate::forms::UPLOAD_BYTES_MAX;
use crate::{guard, pages, worker};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use monition_desk::{Desk, Protection};
use std::net::SocketAddr;
use std::sync::Arc;

/// Largest form without files: 33 fields at their limit of 8 KiB, percent-encoded.
const FORM_BYTES_MAX: usize = 1024 * 1024;

/// A running console.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    serving: tokio::task::JoinHandle<()>,
}

impl Running {
    /// Completes when the console has stopped.
    pub async fn stopped(self) {
        // A panic of the server's task ends it as well.
        let _ = self.serving.await;
    }
}

/// Starts the console of a desk: collects and follows at the declared rhythm, and serves its pages until `shutdown`.
///
/// `boot` opens the boot keys again for acts that bring their own passphrase; it is what the desk was opened with.
///
/// # Errors
/// [`ConsoleError::NotLoopback`], [`ConsoleError::Listen`], [`ConsoleError::Store`], [`ConsoleError::Config`].
pub async fn start(
    desk: Arc<Desk>,
    boot: Protection,
    listen: SocketAddr,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Running, ConsoleError> {
    if !listen.ip().is_loopback() {
        return Err(ConsoleError::NotLoopback { address: listen });
    }
    let app = Arc::new(App::new(desk, boot)?);
    let listener = tokio::net::TcpListener::bind(listen)
        .await
        .map_err(|source| ConsoleError::Listen { address: listen, source })?;
    let address = listener.local_addr().map_err(|source| ConsoleError::Listen { address: listen, source })?;
    let working = tokio::spawn(worker::run(Arc::clone(&app)));
    let router = router(Arc::clone(&app));
    let serving = tokio::spawn(async move {
        let ending = Arc::clone(&app);
        let shutdown = async move {
            shutdown.await;
            // Open streams end by themselves, else the server would wait for them.
            ending.stopping.send_replace(true);
        };
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(shutdown).await {
            tracing::error!(%error, "the console stopped serving");
        }
        app.stopping.send_replace(true);
        let _ = working.await;
    });
    Ok(Running { address, serving })
}

fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/sign-in", get(pages::sign_in::show).post(pages::sign_in::sign_in))
        .route("/sign-out", post(pages::sign_in::sign_out))
        .route("/language", post(pages::sign_in::language))
        .route("/theme", post(pages::sign_in::theme))
        .route("/assets/console.css", get(pages::assets::css))
        .route("/assets/console.js", get(pages::assets::script))
        .route("/assets/icon.svg", get(pages::assets::icon))
        .route("/", get(pages::inbox::show))
        .route("/events", get(pages::events::listen))
        .route("/warnings/{id}", get(pages::warning::show))
        .route("/warnings/{id}/print", get(pages::warning::print))
        .route("/warnings/{id}/attachments/{slot}", get(pages::attachment::download))
        .route("/warnings/{id}/reply", post(pages::answer::reply))
        .route("/warnings/{id}/relay", post(pages::answer::relay))
        .route("/warnings/{id}/take", post(pages::answer::take))
        .route("/warnings/{id}/note", post(pages::answer::note))
        .route("/calls", post(pages::answer::call))
        .route("/sent", get(pages::sent::list))
        .route("/sent/{id}", get(pages::sent::show))
        .route("/sent/{id}/amend", post(pages::compose::amend))
        .route("/sent/{id}/withdraw", post(pages::sent::withdraw))
        .route("/sent/{id}/consent", post(pages::sent::consent))
        .route("/compose", get(pages::compose::begin))
        .route("/drafts/{id}", get(pages::compose::edit))
        .route("/drafts", post(pages::compose::save).layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX)))
        .route("/drafts/{id}/preview", get(pages::preview::show))
        .route("/drafts/{id}/send", post(pages::preview::send))
        .route("/drafts/{id}/drop", post(pages::compose::discard))
        .route("/drafts/{id}/files/{file}/drop", post(pages::compose::detach))
        .route("/releases", get(pages::releases::list))
        .route("/releases/{id}", get(pages::releases::show).post(pages::releases::decide))
        .route("/dossier", get(pages::dossier::choose))
        .route("/dossier/finding", post(pages::dossier::finding))
        .route("/dossier/export", post(pages::dossier::export))
        .route("/shift", get(pages::shift::show).post(pages::shift::write))
        .route("/desk", get(pages::desk::show))
        .route("/journal", get(pages::journal::show))
        .route("/journal/export", post(pages::journal::export))
        .fallback(pages::not_found)
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(from_fn_with_state(Arc::clone(&app), guard::guard))
        .with_state(app)
}
