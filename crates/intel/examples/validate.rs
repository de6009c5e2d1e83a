//! Checks STIX objects and prints one JSON line for each, with its issues.
//!
//! ```text
//! validate [--level must|should|off] FILE…      a .jsonl file holds one object or bundle a line, any other file one
//! validate --own-instances                      prints the instances of the test table, one JSON line each
//! validate [--level …] --bench N FILE…          reads and checks all of it N times and prints objects/s of CPU-bound work
//! ```
//!
//! A bundle gives one line for itself and one for each object. Exit code: 0 when all was read, 2 for a usage error.

#![allow(clippy::print_stdout, reason = "its output is data")]

use monition_intel::json::{JsonError, Limits};
use monition_intel::stix::{Issue, Level, Object, Policy, check_bundle};
use serde_json::{Value, json};
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

#[path = "../tests/common/instances.rs"]
mod instances;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), String> {
    let (mut level, mut bench, mut files) = (Level::Must, None, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = |name: &str| arguments.next().ok_or_else(|| format!("{name} needs a value"));
        match argument.as_str() {
            "--level" => level = value("--level")?.parse().map_err(|error| format!("--level: {error}"))?,
            "--bench" => {
                let rounds = value("--bench")?;
                bench =
                    Some(rounds.parse::<u32>().map_err(|_| format!("--bench: {rounds:?} is not a number of rounds"))?);
            }
            "--own-instances" => {
                print_own_instances();
                return Ok(());
            }
            name if name.starts_with("--") => return Err(format!("unknown option {name}")),
            _ => files.push(argument),
        }
    }
    if files.is_empty() {
        return Err("give at least one file, or --own-instances".to_owned());
    }
    let mut texts = Vec::new();
    for file in files {
        let bytes = std::fs::read(&file).map_err(|error| format!("{file}: {error}"))?;
        if file.ends_with(".jsonl") {
            let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            texts.extend(lines.enumerate().map(|(index, line)| (format!("{file}:{}", index + 1), line.to_vec())));
        } else {
            texts.push((file, bytes));
        }
    }
    match bench {
        Some(rounds) => measure(&texts, level, rounds),
        None => texts.iter().for_each(|(name, bytes)| report(name, bytes, level)),
    }
    Ok(())
}

fn report(name: &str, bytes: &[u8], level: Level) {
    let (limits, policy) = (Limits::default(), Policy::default());
    let object = match Object::read(bytes, &limits) {
        Ok(object) => object,
        Err(error) => return println!("{}", unreadable(name, &error)),
    };
    if object.object_type() != Some("bundle") {
        let issues = object.check(level, &policy);
        return println!("{}", line(name, object.id(), &issues));
    }
    match check_bundle(bytes, &limits, level, &policy) {
        Ok(bundle) => {
            println!("{}", line(name, object.id(), &bundle.issues));
            for (index, entry) in bundle.objects.iter().enumerate() {
                let name = format!("{name}/objects/{index}");
                match entry {
                    Ok((object, issues)) => println!("{}", line(&name, object.id(), issues)),
                    Err(error) => println!("{}", unreadable(&name, error)),
                }
            }
        }
        Err(error) => println!("{}", unreadable(name, &error)),
    }
}

fn unreadable(name: &str, error: &JsonError) -> Value {
    let issue = json!({
        "severity": "must", "rule": error.rule.code(), "pointer": error.pointer, "section": "RFC 7493",
        "message": error.message, "offset": error.offset,
    });
    json!({ "input": name, "id": null, "valid": false, "issues": [issue] })
}

fn line(name: &str, id: Option<&str>, issues: &[Issue]) -> Value {
    let must = issues.iter().any(|issue| issue.severity == monition_intel::stix::Severity::Must);
    let issues: Vec<Value> = issues
        .iter()
        .map(|issue| {
            json!({
                "severity": issue.severity.to_string(), "rule": issue.rule.code(), "pointer": issue.pointer,
                "section": issue.section, "message": issue.message,
            })
        })
        .collect();
    json!({ "input": name, "id": id, "valid": !must, "issues": issues })
}

fn print_own_instances() {
    for instance in instances::all() {
        let rule = instance.rule.map(|rule| rule.code());
        println!("{}", json!({ "rule": rule, "object": instance.object, "name": instance.name }));
    }
}

/// One object at a time, as a server does: reading and checking.
fn measure(texts: &[(String, Vec<u8>)], level: Level, rounds: u32) {
    let (limits, policy) = (Limits::default(), Policy::default());
    let bytes: usize = texts.iter().map(|(_, text)| text.len()).sum();
    let start = Instant::now();
    let mut issues = 0_usize;
    for _ in 0..rounds {
        for (_, text) in texts {
            if let Ok(object) = Object::read(black_box(text), &limits) {
                issues += black_box(object.check(level, &policy)).len();
            }
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let count = texts.len() as f64 * f64::from(rounds);
    println!(
        "{}",
        json!({
            "level": level.to_string(), "objects": count, "issues": issues, "seconds": seconds,
            "objects_per_second": count / seconds, "microseconds_per_object": seconds * 1e6 / count,
            "mean_bytes": bytes as f64 / texts.len() as f64,
        })
    );
}
