//! Prints a corpus of STIX 2.1: `cargo run -p monition-intel --example corpus -- --seed 1 --count 500 --kind mixed`.
//!
//! One JSON object a line; with `--bundle` one bundle. `--kind` is `indicators` (default) or `mixed`.

use monition_intel::corpus::{self, Kinds};
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

const USAGE: &str = "usage: corpus [--seed N] [--count N] [--kind indicators|mixed] [--bundle]";

struct Request {
    seed: u64,
    count: usize,
    mixed: bool,
    bundle: bool,
}

fn request(mut arguments: impl Iterator<Item = String>) -> Option<Request> {
    let mut request = Request { seed: 1, count: 100, mixed: false, bundle: false };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--seed" => request.seed = arguments.next()?.parse().ok()?,
            "--count" => request.count = arguments.next()?.parse().ok()?,
            "--kind" => {
                request.mixed = match arguments.next()?.as_str() {
                    "indicators" => false,
                    "mixed" => true,
                    _ => return None,
                }
            }
            "--bundle" => request.bundle = true,
            _ => return None,
        }
    }
    Some(request)
}

fn print(request: &Request) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let (seed, count) = (request.seed, request.count);
    if request.bundle {
        let kinds = if request.mixed { Kinds::Mixed(count) } else { Kinds::Indicators(count) };
        writeln!(out, "{}", corpus::bundle(seed, kinds))?;
    } else if request.mixed {
        corpus::mixed(seed, count).try_for_each(|object| writeln!(out, "{object}"))?;
    } else {
        corpus::indicators(seed, count).try_for_each(|object| writeln!(out, "{object}"))?;
    }
    out.flush()
}

fn main() -> ExitCode {
    let Some(request) = request(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match print(&request) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot write: {error}");
            ExitCode::from(70)
        }
    }
}
