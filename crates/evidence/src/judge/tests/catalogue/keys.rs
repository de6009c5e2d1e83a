//! Whose key it was, and whether it counted then.

use super::{Catalogue, OPEN, TOLD, all};
use crate::encoding::sha256;
use crate::judge::tests::world::*;
use crate::keys::{KeyUse, SecretKey};
use crate::statement::{Contest, DelegatedRight, Statement};
use crate::values::ReplyStatus;

fn declared(delay: u64) -> World {
    let mut w = World::with(&["harbour", "meridian"], 2, delay);
    w.declare("south", &["harbour", "meridian"], 2);
    w.publish_at(1_010);
    w
}

fn send(w: &mut World, draft: &Draft<'_>) -> usize {
    let warning = w.warn("north", "south", draft);
    w.accept(warning);
    w.consign(warning, "harbour");
    w.consign(warning, "meridian");
    w.publish_at(w.now + 10);
    warning
}

pub(super) fn stories(c: &mut Catalogue) {
    c.group("Keys and names");
    let (mut w, _) = available();
    w.revoke("north", KeyUse::Statement, Some(900));
    w.publish_at(1_030);
    c.add(
        "revoked-afterwards",
        "North revokes its key later, and suspects misuse since before: not retroactive.",
        &w,
        &[all(&w)],
        TOLD,
        "proven available key-suspected",
    );
    let mut w = declared(0);
    w.revoke("north", KeyUse::Statement, None);
    w.publish_at(1_015);
    send(&mut w, &Draft::default());
    c.add(
        "revoked-before",
        "The key had been revoked when it signed.",
        &w,
        &[all(&w)],
        TOLD,
        "not-decidable statement-not-relied-upon",
    );
    let mut dossier = all(&w);
    dossier.directory.pop();
    c.add(
        "revocation-left-out",
        "The revocation is left out: then no directory is late enough.",
        &w,
        &[dossier],
        TOLD,
        "not-decidable statement-not-relied-upon",
    );
    let mut w = declared(0);
    send(&mut w, &Draft::default());
    let old = w.rotate("north");
    w.publish_at(1_030);
    c.add(
        "rotated-afterwards",
        "North replaces its keys; what the old ones signed stands.",
        &w,
        &[all(&w)],
        TOLD,
        "proven available",
    );
    w.party("north").keys = old;
    let stale = send(&mut w, &Draft::default());
    let own = w.sent[stale].digest();
    let dossier = w.dossier(|s| s.submission().unwrap_or(s.digest()) == own, &[Show { warning: stale, ..OPEN }]);
    c.add(
        "signed-with-a-replaced-key",
        "A warning under a key that had been replaced.",
        &w,
        &[dossier],
        TOLD,
        "not-decidable statement-not-relied-upon",
    );
    let mut w = declared(0);
    w.forget_announced("north");
    w.rotate("north");
    w.publish_at(1_015);
    send(&mut w, &Draft::default());
    c.add(
        "rotation-to-other-keys",
        "A rotation to keys that were never announced counts for nothing.",
        &w,
        &[all(&w)],
        TOLD,
        "not-decidable directory-entry-ignored statement-not-authorised",
    );
    let mut w = declared(0);
    let entry = w.entries[4].clone();
    w.enter(&entry);
    w.publish_at(1_012);
    send(&mut w, &Draft::default());
    c.add(
        "directory-entry-twice",
        "The exchange logged an enrolment twice: the second counts for nothing.",
        &w,
        &[all(&w)],
        TOLD,
        "proven available directory-entry-ignored",
    );
    delegates(c);
    for (name_of, story, delay, verdict) in [
        ("past-the-delay", "The keys had been in the directory longer than its delay.", 5, "proven available"),
        ("provisional", "The keys were younger than the directory's delay.", 500, "proven available key-provisional"),
    ] {
        let mut w = declared(delay);
        send(&mut w, &Draft::default());
        c.add(name_of, story, &w, &[all(&w)], TOLD, verdict);
    }
    let (mut w, warning) = available();
    let reply = w.reply_payload(warning, "south", ReplyStatus::Acknowledged);
    let by_machine = Statement::sign(&reply, &[w.key("south", KeyUse::Mailbox)]).unwrap();
    w.append(&by_machine);
    w.publish_at(1_030);
    c.add(
        "reply-by-a-machine",
        "A mailbox key signs a reply: keys of this use do not.",
        &w,
        &[all(&w)],
        TOLD,
        "proven available statement-not-authorised",
    );
    let (mut w, warning) = available();
    let access = w.access_payload(warning, "south", |_| true);
    let stranger = Statement::sign(&access, &[&SecretKey::from_seed(&[7; 32])]).unwrap();
    w.append(&stranger);
    w.publish_at(1_030);
    c.add(
        "key-of-nobody",
        "A receipt in South's name by a key that nobody enrolled.",
        &w,
        &[all(&w)],
        TOLD,
        "proven available statement-not-authorised",
    );
    let (mut w, _) = available();
    let contested = w.entries[4].identity();
    let payload = Contest { anchor: None, ..say!(w, "west", Contest { contested: contested }) };
    let entry = w.sign("west", &payload);
    w.enter(&entry);
    w.publish_at(1_030);
    c.add(
        "contested-name",
        "West contests an entry of the sender.",
        &w,
        &[all(&w)],
        TOLD,
        "proven available party-contested",
    );
    let (w, _) = available();
    let kid = w.kid("north", KeyUse::Statement).to_string();
    let other = w.kid("west", KeyUse::Statement).to_string();
    let pin = |kid: &str| {
        format!(r#"{{"format":"monition-believe/1","parties":[{{"party":"north.example","kid":"{kid}"}}]}}"#)
    };
    c.add("pinned", "The reader knows North's key from elsewhere.", &w, &[all(&w)], TOLD, "proven available")
        .believing(&pin(&kid));
    c.add(
        "pinned-to-another-key",
        "The reader knows another key of North's: who signed here is not believed.",
        &w,
        &[all(&w)],
        TOLD,
        "not-decidable statement-not-relied-upon",
    )
    .believing(&pin(&other));
    c.add("sponsor-believed", "The reader believes the sponsor.", &w, &[all(&w)], TOLD, "proven available")
        .believing(r#"{"format":"monition-believe/1","sponsors":["exchange.example"],"minimum_grade":"I2"}"#);
    c.add(
        "sponsor-not-believed",
        "The reader believes another sponsor only.",
        &w,
        &[all(&w)],
        TOLD,
        "not-decidable statement-not-relied-upon",
    )
    .believing(r#"{"format":"monition-believe/1","sponsors":["west.example"]}"#);
    let (w, _) = available();
    let mut stranger = all(&w);
    let worthless = crate::jws::Jws::sign(
        <crate::warning::Warning as crate::statement::Payload>::TYP,
        w.sent[0].core.jws().payload(),
        &[&SecretKey::from_seed(&[7; 32])],
    )
    .unwrap();
    stranger.cores[0].core = String::from_utf8(worthless.as_bytes().to_vec()).unwrap();
    c.add(
        "worthless-copy-of-the-core",
        "One dossier shows the core under a worthless signature; the other takes no harm.",
        &w,
        &[all(&w), stranger],
        TOLD,
        "proven available",
    );
    assert_ne!(sha256(kid.as_bytes()), sha256(other.as_bytes()));
}

fn delegates(c: &mut Catalogue) {
    for (name_of, story, rights, until, verdict) in [
        (
            "delegate-sends",
            "West sends for North under a delegation.",
            &[DelegatedRight::Send][..],
            5_000,
            "proven available signed-by-delegate",
        ),
        (
            "delegation-ended",
            "The delegation had ended when West signed.",
            &[DelegatedRight::Send],
            1_019,
            "not-decidable statement-not-relied-upon",
        ),
        (
            "delegate-without-the-right",
            "West may receive and answer for North, not send.",
            &[DelegatedRight::Receive, DelegatedRight::Answer],
            5_000,
            "not-decidable statement-not-authorised",
        ),
    ] {
        let mut w = declared(0);
        w.delegate("north", "west", rights, until);
        send(&mut w, &Draft { signed_by: Some("west"), ..Draft::default() });
        c.add(name_of, story, &w, &[all(&w)], TOLD, verdict);
    }
    let mut w = declared(0);
    w.delegate("south", "west", &[DelegatedRight::Receive], 5_000);
    w.publish_at(1_012);
    let warning = send(&mut w, &Draft::default());
    let receipt = w.access_payload(warning, "south", |_| true);
    w.issue("west", &receipt);
    w.publish_at(1_030);
    c.add(
        "delegate-receives",
        "West decrypts for South under a delegation.",
        &w,
        &[all(&w)],
        TOLD,
        "proven decrypted signed-by-delegate",
    );
    w.delegate("south", "west", &[DelegatedRight::Answer], 5_000);
    w.publish_at(1_040);
    c.add(
        "delegation-narrowed-afterwards",
        "South narrows the delegation later: that takes nothing back.",
        &w,
        &[all(&w)],
        TOLD,
        "proven decrypted signed-by-delegate",
    );
}
