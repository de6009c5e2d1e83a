//! Times, printed and never asserted: `cargo test --release -p monition-evidence measure -- --ignored --nocapture`.

use super::world::*;
use crate::statement::{OutOfBandNotice, Statement};
use std::time::{Duration, Instant};

fn once(w: &World, dossier: &crate::dossier::Dossier, question: &str) -> Duration {
    let started = Instant::now();
    w.judge(std::slice::from_ref(dossier), question);
    started.elapsed()
}

#[test]
#[ignore = "prints times"]
fn a_dossier_of_a_hundred_statements() {
    for (warnings, most) in [(1_usize, 1_usize), (2, 10), (18, 100), (170, 1000)] {
        let mut w = World::new();
        w.declare("south", &["harbour", "meridian"], 2);
        w.publish_at(1_010);
        for number in 0..warnings {
            let warning = w.warn("north", "south", &Draft { deadline: Some(1_200), ..Draft::default() });
            w.accept(warning);
            w.consign(warning, "harbour");
            w.consign(warning, "meridian");
            w.access(warning, |_| true);
            w.ack("south", &["harbour", "meridian"]);
            if number % (warnings / 7).max(1) == 0 {
                w.publish_at(w.now + 5);
            }
        }
        w.publish_at(w.now.max(1_200));
        w.heads();
        w.publish_at(w.now + 5);
        let shows: Vec<_> = (0..warnings).map(|warning| Show { warning, open: &[], ..OPEN }).collect();
        let kept: std::collections::HashSet<_> = w.logged.iter().take(most).map(Statement::digest).collect();
        let dossier = w.dossier(|statement| kept.contains(&statement.digest()), &shows);
        let mut times: Vec<Duration> = (0..(2000 / most).clamp(9, 200))
            .map(|_| once(&w, &dossier, "told south.example by north.example before 5000"))
            .collect();
        times.sort();
        let (statements, notes) = (dossier.statements.len(), dossier.notes.len());
        println!("{statements} statements, {notes} notes: median {:?}", times[times.len() / 2]);
    }
}

#[test]
#[ignore = "prints times"]
fn what_a_hostile_dossier_costs() {
    for count in [2_000_usize, 8_000, 32_000] {
        let (mut w, _) = available();
        w.heads();
        for _ in 0..count {
            let payload = say!(
                w,
                "south",
                OutOfBandNotice { to: name("north"), channel: "visit".to_owned(), at: at(1), note: None }
            );
            w.issue("south", &payload);
        }
        w.publish_at(1_030);
        let dossier = w.dossier(|_| true, &[OPEN]);
        println!("{count} statements: {:?}", once(&w, &dossier, "timeline"));
    }
    for count in [500_usize, 2_000, 8_000] {
        let (mut w, warning) = available();
        for _ in 0..count {
            w.access(warning, |_| true);
            w.deny("south", "told south.example before 1970-01-01T00:33:20Z", 2_000);
        }
        w.publish_at(1_030);
        let dossier = w.dossier(|_| true, &[OPEN]);
        println!("{count} receipts and denials: {:?}", once(&w, &dossier, "told south.example"));
    }
    for count in [500_usize, 2_000, 8_000] {
        let (w, _) = available();
        let mut dossier = w.dossier(|_| true, &[OPEN]);
        for time in 0..count as u64 {
            let at = 10_000 + time;
            dossier.notes.push(w.note(&w.log, w.log.tree.head(), &[("harbour", at), ("meridian", at)]));
        }
        println!("{count} notes of one head: {:?}", once(&w, &dossier, "timeline"));
    }
    for count in [250_usize, 1_000, 4_000] {
        let (mut w, _) = available();
        for _ in 0..count {
            w.heads();
        }
        w.publish_at(1_030);
        let dossier = w.dossier(|_| true, &[OPEN]);
        println!("{count} heads of one mailbox at each of two custodians: {:?}", once(&w, &dossier, "timeline"));
    }
    for count in [250_usize, 1_000, 4_000] {
        let (mut w, _) = available();
        for number in 0..count {
            let warning = w.warn("north", "south", &Draft::default());
            w.accept(warning);
            w.consign(warning, "harbour");
            w.consign(warning, "meridian");
            if number % 10 == 0 {
                w.ack("south", &["harbour", "meridian"]);
            }
        }
        w.publish_at(1_030);
        for _ in 0..10 {
            w.heads();
        }
        w.publish_at(1_040);
        let mut dossier = w.dossier(|_| true, &[OPEN]);
        let chain = &w.chains[0];
        dossier.segments.push(crate::dossier::SegmentPart {
            custodian: chain.name.custodian.clone(),
            declaration: chain.name.declaration,
            after: 0,
            items: chain.items.clone(),
        });
        println!("{count} warnings in one mailbox: {:?}", once(&w, &dossier, "told south.example"));
    }
}
