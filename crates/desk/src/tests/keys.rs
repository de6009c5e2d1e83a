use crate::error::DeskError;
use crate::keystore::{Keystore, Protection, Slot, Unlock};
use crate::randomness::{Counted, OsRandomness};
use monition_evidence::RoleName;
use monition_evidence::keys::{EnrolledKey, key_set_digest};
use std::io::Read as _;
use std::path::Path;

fn duty() -> Slot {
    Slot::Role(RoleName::parse("duty-officer").unwrap())
}

fn quick(passphrase: &str) -> Protection {
    Protection::Passphrase { passphrase: age::secrecy::SecretString::from(passphrase.to_owned()), work_factor: Some(2) }
}

fn create(dir: &Path) -> Keystore {
    let slots = [Slot::Statement, Slot::Mailbox, duty(), Slot::Custodian, Slot::Witness];
    Keystore::create(dir, &slots, quick("boot"), quick("human"), &mut OsRandomness).unwrap()
}

fn unlock(boot: &str, human: Option<&str>) -> Unlock {
    Unlock { boot: quick(boot), human: human.map(quick) }
}

#[test]
fn keys_open_again_as_they_were_made() {
    let dir = tempfile::tempdir().unwrap();
    let made = create(dir.path());
    let opened = Keystore::open(dir.path(), unlock("boot", Some("human"))).unwrap();
    for slot in [Slot::Statement, Slot::Mailbox, duty(), Slot::Custodian, Slot::Witness] {
        assert_eq!(opened.key(&slot).unwrap().public(), made.key(&slot).unwrap().public(), "{slot}");
        assert_eq!(Slot::parse(&slot.to_string()), Some(slot));
    }
    assert_eq!(opened.recipient().unwrap(), made.recipient().unwrap());
    assert_eq!(opened.next_digest().unwrap(), made.next_digest().unwrap());
    assert!(matches!(opened.key(&Slot::Exchange), Err(DeskError::NoKey { .. })));
}

#[test]
fn a_wrong_passphrase_opens_nothing() {
    let dir = tempfile::tempdir().unwrap();
    create(dir.path());
    for (boot, human) in [("other", Some("human")), ("boot", Some("boot")), ("", None), ("boot", Some(""))] {
        let refused = Keystore::open(dir.path(), unlock(boot, human));
        assert!(matches!(refused, Err(DeskError::Passphrase { .. })), "{boot} {human:?}");
    }
    let plain = Keystore::open(dir.path(), Unlock::no_passphrase());
    assert!(matches!(plain, Err(DeskError::Protection { .. })));
}

#[test]
fn the_mailbox_unlocks_at_boot_and_human_keys_do_not() {
    let dir = tempfile::tempdir().unwrap();
    create(dir.path());
    let booted = Keystore::open(dir.path(), unlock("boot", None)).unwrap();
    assert!(booted.key(&Slot::Mailbox).is_ok() && booted.key(&Slot::Custodian).is_ok());
    assert!(matches!(booted.key(&Slot::Statement), Err(DeskError::Locked { .. })));
    assert!(matches!(booted.key(&duty()), Err(DeskError::Locked { .. })));
    assert!(booted.next_enrolled().is_err() && booted.enrolled().is_err());
}

#[test]
fn keys_are_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    create(dir.path());
    let before = std::fs::read(dir.path().join("human-keys.age")).unwrap();
    let again = Keystore::create(
        dir.path(),
        &[Slot::Statement],
        Protection::NoPassphrase,
        Protection::NoPassphrase,
        &mut Counted(0),
    );
    assert!(matches!(again, Err(DeskError::Exists { .. })));
    assert_eq!(std::fs::read(dir.path().join("human-keys.age")).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn key_files_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let slots = [Slot::Statement, Slot::Mailbox];
    Keystore::create(dir.path(), &slots, quick("boot"), Protection::NoPassphrase, &mut OsRandomness).unwrap();
    for file in ["boot-keys.age", "human-keys.json"] {
        let mode = std::fs::metadata(dir.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

/// Stock `age -d` asks for the passphrase on a terminal; the crate that made its test vectors reads the same format.
#[test]
fn a_key_file_is_an_age_file_with_a_passphrase() {
    let dir = tempfile::tempdir().unwrap();
    create(dir.path());
    let bytes = std::fs::read(dir.path().join("boot-keys.age")).unwrap();
    assert!(bytes.starts_with(b"age-encryption.org/v1\n-> scrypt "));
    let decryptor = age::Decryptor::new(&bytes[..]).unwrap();
    let identity = age::scrypt::Identity::new("boot".to_owned().into());
    let mut plain = String::new();
    decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).unwrap().read_to_string(&mut plain).unwrap();
    assert!(plain.starts_with(r#"{"format":"monition-keys/1","drawer":"boot","keys":[{"slot":"mailbox","seed":""#));
    assert!(plain.contains("AGE-SECRET-KEY-1"));
}

#[test]
fn no_secret_is_printed() {
    let dir = tempfile::tempdir().unwrap();
    let keys = create(dir.path());
    let seed = monition_evidence::encoding::to_base64url(&*keys.seed(&Slot::Statement).unwrap());
    let printed = format!("{keys:?} {:?} {:?}", unlock("boot", Some("human")), keys.key(&Slot::Statement).unwrap());
    assert!(!printed.contains(&seed) && !printed.contains("AGE-SECRET") && !printed.contains("\"human\""));
}

#[test]
fn a_damaged_key_file_tells_its_place_and_no_content() {
    let dir = tempfile::tempdir().unwrap();
    Keystore::create(
        dir.path(),
        &[Slot::Statement, Slot::Mailbox],
        Protection::NoPassphrase,
        Protection::NoPassphrase,
        &mut OsRandomness,
    )
    .unwrap();
    let path = dir.path().join("boot-keys.json");
    let text = std::fs::read_to_string(&path).unwrap();
    for damaged in [text.replace("\"seed\"", "\"sede\""), text.replace("keys/1", "keys/2"), text[..60].to_owned()] {
        std::fs::write(&path, damaged).unwrap();
        let error = Keystore::open(dir.path(), Unlock::no_passphrase()).unwrap_err();
        assert!(matches!(error, DeskError::KeyFile { .. }));
        assert!(!error.to_string().contains("AGE-SECRET"));
    }
}

#[test]
fn rotation_uses_exactly_the_keys_that_were_announced() {
    let dir = tempfile::tempdir().unwrap();
    let mut keys = create(dir.path());
    let announced = keys.next_digest().unwrap();
    let after = keys.draw_after_next(&mut OsRandomness).unwrap();
    keys.stage_rotation(&after).unwrap();
    let announces = after.digest();
    // A crash here: the staged keys are found again.
    let reopened = Keystore::open(dir.path(), unlock("boot", Some("human"))).unwrap();
    assert_eq!(reopened.staged_rotation().unwrap().unwrap().digest(), announces);
    let old_witness = keys.key(&Slot::Witness).unwrap().public();
    keys.rotate(after).unwrap();
    let keys = Keystore::open(dir.path(), unlock("boot", Some("human"))).unwrap();
    let (current, signers) = keys.enrolled().unwrap();
    assert_eq!(key_set_digest(&current.iter().map(EnrolledKey::kid).collect::<Vec<_>>()), announced);
    assert_eq!(current.len(), signers.len());
    assert_eq!(keys.next_digest().unwrap(), announces);
    assert_eq!(keys.key(&Slot::Witness).unwrap().public(), old_witness, "a key that is not enrolled does not rotate");
    assert!(keys.staged_rotation().unwrap().is_none());
}
