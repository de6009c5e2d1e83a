//! Measures an exchange on this machine and prints JSON lines; `bench/run` is the command that calls it.
//!
//! ```text
//! cargo run --release -p monition-exchange --example load -- DIRECTORY PART [--quick] [--million]
//!
//! leaves       durable appends by works in flight, half load, and the same disk with SQLite and fsync alone
//! tree         append and proof at 10^4 to 10^7 leaves
//! submissions  complete submissions over HTTP, 4 KiB class: rate, half load, signatures, where the time goes, memory, disk;
//!              with --million, memory and disk after 10^6 submissions (9 GB of disk) instead of 10^5
//! ```
//!
//! The exchange of `submissions` is a process of its own, so that its memory and its processor time are its own; the load
//! generator is this process, on the same cores.
#![allow(clippy::unwrap_used, clippy::print_stdout, unreachable_pub, reason = "a measurement, not a product")]

mod client;
#[path = "../../tests/common/mod.rs"]
mod common;
mod leaves;
mod peers;
mod process;
mod profile;
mod submissions;
mod tree;

use std::path::PathBuf;

#[tokio::main]
async fn main() {
    let (flags, arguments): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let flag = |name| flags.iter().any(|flag| flag == name);
    let quick = flag("--quick");
    let warnings = match (quick, flag("--million")) {
        (true, _) => 25_000,
        (false, false) => 100_000,
        (false, true) => 1_000_000,
    };
    let [root, part] = arguments.as_slice() else {
        panic!("usage: load DIRECTORY leaves|tree|submissions [--quick]");
    };
    let root = PathBuf::from(root);
    match part.as_str() {
        "serve" => submissions::serve(&root).await,
        "leaves" => leaves::measure(&root.join("leaves"), quick).await,
        "tree" => tree::measure(&root.join("tree"), quick).await,
        "submissions" => submissions::measure(&root.join("submissions"), quick, warnings).await,
        other => panic!("there is no part {other}"),
    }
}
