//! The founding story, act by act.

use super::stage::{PATIENCE, Stage};
use super::{Progress, internal};
use crate::failure::Failure;
use monition_desk::{Draft, RelayRequest, Sent};
use monition_evidence::values::{ReplyStatus, Urgency};
use monition_evidence::warning::Field;
use monition_evidence::{ClassName, Digest, RoleName, Text, UnixSeconds};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// What the dossiers are about.
pub(super) struct Told {
    /// North's first warning to South.
    pub(super) to_south: Digest,
    /// The second for which everybody asks afterwards: the attack came then.
    pub(super) before: UnixSeconds,
}

pub(super) async fn tell(stage: &Stage, progress: &Progress) -> Result<Told, Failure> {
    let Stage { north, south, east, west, .. } = stage;
    let mut draft = draft()?;
    let deadline = north.now().plus(2);
    draft.deadline = Some(deadline);
    let mut sent = north.warn(&draft, &[south.party().clone(), east.party().clone()]).await.into_iter();
    let mut next = || -> Result<Sent, Failure> {
        let (_, result) = sent.next().ok_or_else(|| internal("warning", &"a recipient is missing"))?;
        Ok(result?)
    };
    let (to_south, to_east) = (next()?, next()?);
    progress.say(
        "North warns South and East from a closed source: a city, no hour, no target; an answer is asked for in 2 s",
    );

    until("East's system to decrypt", || async {
        Ok(east.inbox()?.iter().any(|e| e.submission == to_east.submission))
    })
    .await?;
    let role = RoleName::parse("duty-officer").map_err(|e| internal("a role", &e))?;
    let note = Text::parse("We have it.").map_err(|e| internal("a note", &e))?;
    east.reply(&to_east.submission, &role, ReplyStatus::Acknowledged, Some(note)).await?;
    progress.say("East's duty officer acknowledges");

    let coarse = [Field::PlaceCountry, Field::PlaceCity];
    north.consent(&to_east.submission, west.party(), &coarse, north.now().plus(600)).await?;
    east.follow().await?;
    let relay =
        RelayRequest { submission: to_east.submission, fields: coarse.to_vec(), to: west.party().clone(), draft: None };
    east.relay(&relay).await?;
    progress.say("with North's consent, East relays two coarse fields to West");

    north.until_available(&to_south.submission, PATIENCE).await?;
    until("South's system to decrypt", || async {
        Ok(south.inbox()?.iter().any(|e| e.submission == to_south.submission))
    })
    .await?;
    progress.say("South's system was notified and decrypted; nobody there replies");

    while north.now() < deadline {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let advice = "Close the approaches to the city; further warnings will follow.";
    let mut amended = draft.clone().text(Field::Advice, advice)?;
    amended.deadline = None;
    let amended = north.amend(&to_south.submission, &amended).await?;
    north.until_available(&amended.submission, PATIENCE).await?;
    progress.say("the deadline passed without an answer; North amends the warning");

    let answers = || async {
        let unproven = north.follow().await?.unproven;
        let mut silent = BTreeSet::new();
        for (heads, _) in north.record().answers_to(&to_south.submission)? {
            let held = north.record().statement(&heads)?.filter(|held| held.proof.is_some());
            silent.extend(held.map(|held| held.statement.common().iss.clone()));
        }
        Ok(unproven == 0 && silent.len() == 2)
    };
    until("both custodians to commit to what was answered", answers).await?;
    let before = south.now().plus(1);
    while south.now() < before {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    progress.say("the attack comes. South: \"we were never told\". West: \"we warned South too\"");
    let question = format!("told {} by {}", south.party(), west.party());
    south.deny(&question, before, PATIENCE).await?;
    progress.say("South denies, under signature, that West ever warned it, with both custodians' listings");
    Ok(Told { to_south: to_south.submission, before })
}

fn draft() -> Result<Draft, Failure> {
    let class = ClassName::parse("attack.physical").map_err(|e| internal("a class", &e))?;
    let fields = [
        (Field::Summary, "An attack is being prepared in the city of South. Hour and target are not known."),
        (Field::PlaceCountry, "Southland"),
        (Field::PlaceCity, "South"),
        (Field::Reliability, "B"),
        (Field::Credibility, "2"),
        (Field::SourceKind, "a person with access"),
        (Field::SourceNames, "closed: never shown in this story"),
    ];
    let mut draft = Draft::new(class, Urgency::Flash);
    for (field, text) in fields {
        draft = draft.text(field, text)?;
    }
    Ok(draft)
}

/// Asks again until it holds, or the demo's patience ends.
pub(super) async fn until<F>(what: &str, holds: impl Fn() -> F) -> Result<(), Failure>
where
    F: Future<Output = Result<bool, monition_desk::DeskError>>,
{
    let start = Instant::now();
    while !holds().await? {
        if start.elapsed() > PATIENCE {
            return Err(internal("waiting", &format!("{what} took longer than {} s", PATIENCE.as_secs())));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}
