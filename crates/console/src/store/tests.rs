//! The store: passwords, sessions, the journal's chain.

use super::cases::Silence;
use super::*;
use monition_evidence::UnixSeconds;

fn user(name: &str) -> User {
    User {
        name: name.to_owned(),
        display: "Officer".to_owned(),
        roles: vec![Role::DutyOfficer, Role::Releaser],
        sign_as: None,
        language: None,
    }
}

fn at(seconds: u64) -> UnixSeconds {
    UnixSeconds::new(seconds)
}

#[test]
fn only_the_right_password_signs_in() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    store.add_user(&user("officer"), "a long enough password", at(1)).unwrap();
    assert_eq!(store.authenticate("officer", "a long enough password").unwrap(), Some(user("officer")));
    for (name, password) in
        [("officer", "a long enough passwore"), ("officer", ""), ("nobody", "a long enough password")]
    {
        assert_eq!(store.authenticate(name, password).unwrap(), None);
    }
    assert!(matches!(
        store.add_user(&user("officer"), "another password", at(1)),
        Err(ConsoleError::UserExists { .. })
    ));
    assert!(matches!(store.add_user(&user("x"), "short", at(1)), Err(ConsoleError::User { .. })));
    assert!(matches!(store.add_user(&user("a b"), "a long enough password", at(1)), Err(ConsoleError::User { .. })));
}

#[test]
fn a_session_ends_by_age_by_idleness_and_by_a_new_password() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    store.add_user(&user("officer"), "a long enough password", at(1)).unwrap();
    let begin = || store.begin_session("officer", at(1_000)).unwrap();
    let alive = |token: &str, now: u64| store.session(token, at(now), 5_000, 500).unwrap().is_some();
    let token = begin();
    assert!(alive(&token, 1_400) && alive(&token, 1_800), "use keeps it alive");
    assert!(!alive(&token, 2_400), "idle for too long");
    let token = begin();
    for now in (1_000..6_000).step_by(400) {
        assert!(alive(&token, now));
    }
    assert!(!alive(&token, 6_001), "too old");
    let token = begin();
    store.set_password("officer", "a new long password").unwrap();
    assert!(!alive(&token, 1_001), "a new password ends it");
    let token = begin();
    store.remove_user("officer").unwrap();
    assert!(!alive(&token, 1_001) && !alive("", 1_001));
}

#[test]
fn a_changed_journal_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    for act in [Act::SignedIn, Act::Viewed, Act::Replied] {
        store.log(at(5), "officer", act, "id", "more").unwrap();
    }
    assert_eq!(store.journal().unwrap().len(), 3);
    for change in [
        "UPDATE journal SET user = 'x' WHERE seq = 2",
        "UPDATE journal SET user = 'officer', detail = '' WHERE seq = 2",
        "DELETE FROM journal WHERE seq = 2",
    ] {
        store.execute("change", change, []).unwrap();
        assert!(matches!(store.journal(), Err(ConsoleError::Journal { .. })), "{change}");
    }
}

#[test]
fn a_release_is_decided_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let id = store.ask_release("warn", "{}", "officer", at(1)).unwrap();
    assert!(store.decide_release(id, "writer", "released", at(2)).unwrap());
    assert!(!store.decide_release(id, "vera", "refused", at(3)).unwrap());
    assert_eq!(store.release(id).unwrap().unwrap().decided_by.as_deref(), Some("writer"));
}

#[test]
fn a_silence_has_one_beginning_and_one_end() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    store.silent_since(at(10), "stopped").unwrap();
    store.silent_since(at(20), "stopped").unwrap();
    assert!(store.heard(at(30)).unwrap());
    assert!(!store.heard(at(31)).unwrap());
    let silence = Silence { since: at(10), until: Some(at(30)), cause: "stopped".to_owned() };
    assert_eq!(store.silences(5).unwrap(), [silence]);
}
