//! A TAXII 2.1 server with one account and one collection, for trying clients and for measuring.
//!
//! ```text
//! TAXII_USER=alice TAXII_PASS=correct-horse TAXII_DIR=/tmp/taxii cargo run --release -p monition-taxii --example serve
//! ```
//!
//! Environment: `TAXII_USER`, `TAXII_PASS`; `TAXII_DIR` (default: a fresh temporary directory); `TAXII_LISTEN` (default
//! 127.0.0.1:5000); `TAXII_COLL` (id of the collection, default 91a7b528-80eb-42ed-a74d-c6fbd5a26116); `TAXII_VALIDATION`
//! (must, should, off); `TAXII_PAGE` (page limit, default 1000). It says where it is found and ends with SIGINT.

use axum::serve::ListenerExt as _;
use monition_taxii::{Config, Rate, Server, standalone};
use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;

fn variable(name: &str, default: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| default.to_owned())
}

#[tokio::main]
#[allow(clippy::print_stdout)]
async fn main() -> Result<(), Box<dyn Error>> {
    let (user, password) = (std::env::var("TAXII_USER")?, std::env::var("TAXII_PASS")?);
    let fresh = std::env::temp_dir().join(format!("taxii-{}", std::process::id()));
    let directory = std::env::var_os("TAXII_DIR").map_or(fresh, PathBuf::from);
    let listen = variable("TAXII_LISTEN", "127.0.0.1:5000");
    let listener = tokio::net::TcpListener::bind(&listen).await?;
    let address = listener.local_addr()?;
    let collection = variable("TAXII_COLL", "91a7b528-80eb-42ed-a74d-c6fbd5a26116");
    let (validation, page) = (variable("TAXII_VALIDATION", "must"), variable("TAXII_PAGE", "1000"));
    let mut config: Config = toml::from_str(&format!(
        r#"
        title = "Example"
        public_url = "http://{address}"
        [[api_roots]]
        path = "api1"
        title = "Example root"
        [[api_roots.collections]]
        id = "{collection}"
        title = "Example collection"
        validation = "{validation}"
        page_limit = {page}
        grants = [{{ account = "{user}", read = true, write = true }}]
        "#
    ))?;
    // To measure the server, not its limit.
    config.limits.requests = Rate { per_second: 1_000_000, burst: 1_000_000 };
    let server = Server::open(config, &directory)?;
    let mut admin = server.admin()?;
    if !admin.list()?.iter().any(|account| account.name == user) {
        admin.add_account(&user)?;
    }
    admin.set_password(&user, &password)?;
    server.reload_accounts()?;
    println!("http://{address}/taxii2/ collection {collection} in {}", directory.display());
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let service = standalone(&server).into_make_service_with_connect_info::<SocketAddr>();
    let stop = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    axum::serve(listener, service).with_graceful_shutdown(stop).await?;
    server.close();
    Ok(())
}
