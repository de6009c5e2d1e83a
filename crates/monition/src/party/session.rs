//! What every command of a party begins with: passphrases, the open desk, texts, signals, messages for the operator.

use crate::failure::{Exit, Failure, read_input};
use clap::Args;
use monition_desk::{Acting, Config, Desk, Keystore, Protection, Unlock};
use monition_evidence::{Digest, KeyId, PartyName, RoleName, Text, UnixSeconds, Wid};
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Where the desk is and how its keys open.
#[derive(Args, Debug)]
pub(crate) struct DeskArgs {
    /// Directory of the desk: keys, record and desk.toml.
    #[arg(long, value_name = "DIR", default_value = "./monition-desk", help_heading = "Desk")]
    pub(crate) dir: PathBuf,
    /// File whose first line is the passphrase of the keys; `-` is standard input. Default: it is asked for at the terminal.
    #[arg(long, value_name = "FILE", conflicts_with = "no_passphrase", help_heading = "Desk")]
    passphrase_file: Option<PathBuf>,
    /// Open file descriptor whose first line is the passphrase.
    #[arg(long, value_name = "N", conflicts_with_all = ["no_passphrase", "passphrase_file"], help_heading = "Desk")]
    passphrase_fd: Option<u32>,
    /// The keys have no passphrase: whoever reads their files has them. Needed once, at `init`.
    #[arg(long, help_heading = "Desk")]
    no_passphrase: bool,
    /// File with a passphrase of their own for the keys that open at boot. Default: that of `--passphrase-file`.
    #[arg(long, value_name = "FILE", conflicts_with = "no_passphrase", help_heading = "Desk")]
    boot_passphrase_file: Option<PathBuf>,
}

/// In whose name a command acts.
#[derive(Args, Debug)]
pub(crate) struct ForArgs {
    /// Act in the name of this party, which delegated the right. Default: the own party.
    #[arg(long = "for", value_name = "PARTY", value_parser = party)]
    party: Option<PartyName>,
}

impl ForArgs {
    /// The desk, acting for whoever was named.
    pub(crate) fn acting<'a>(&self, desk: &'a Desk) -> Acting<'a> {
        desk.acting_for(self.party.as_ref().unwrap_or_else(|| desk.party()))
    }
}

/// Which keys an act needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    /// Those that open at boot: reading mail, signing receipts.
    Boot,
    /// Also those of people: warning, answering, directory entries.
    Human,
}

impl DeskArgs {
    /// Opens the desk, no more of its keys than the act needs.
    pub(crate) fn open(&self, keys: Keys) -> Result<Desk, Failure> {
        // Whether it is a desk at all comes before any question for a passphrase.
        Config::read(&self.dir)?;
        Ok(Desk::open(&self.dir, self.unlock(keys)?)?)
    }

    /// The directory, once it is known to be a desk's.
    pub(crate) fn directory(&self) -> Result<&Path, Failure> {
        Config::read(&self.dir)?;
        Ok(&self.dir)
    }

    /// Opens the keys alone, for servers: the record stays with the acts of the party.
    pub(crate) fn open_keys(&self, keys: Keys) -> Result<(Config, Keystore), Failure> {
        let config = Config::read(&self.dir)?;
        Ok((config, Keystore::open(&self.dir, self.unlock(keys)?)?))
    }

    /// How new keys are kept: a choice that nobody makes by leaving something out.
    pub(crate) fn protect(&self) -> Result<Unlock, Failure> {
        if self.no_passphrase {
            return Ok(Unlock::no_passphrase());
        }
        let human = match self.named()? {
            Some(human) => human,
            None => asked_twice()?,
        };
        let boot = match &self.boot_passphrase_file {
            Some(file) => passphrase(file)?,
            None => human.clone(),
        };
        Ok(Unlock { boot, human: Some(human) })
    }

    /// Opens the desk, and gives what opened its boot keys: the console opens them again for acts that bring their own
    /// passphrase.
    pub(crate) fn open_with_boot(&self, keys: Keys) -> Result<(Desk, Protection), Failure> {
        Config::read(&self.dir)?;
        let unlock = self.unlock(keys)?;
        let boot = unlock.boot.clone();
        Ok((Desk::open(&self.dir, unlock)?, boot))
    }

    fn unlock(&self, keys: Keys) -> Result<Unlock, Failure> {
        let closed = |file: &str| !self.no_passphrase && !self.dir.join(file).exists();
        let mut given = self.named()?;
        let boot_closed = closed("boot-keys.json") && self.boot_passphrase_file.is_none();
        if given.is_none() && (boot_closed || keys == Keys::Human && closed("human-keys.json")) {
            given = Some(asked("Passphrase: ", "the keys have a passphrase")?);
        }
        let boot = match (&self.boot_passphrase_file, &given) {
            (Some(file), _) => passphrase(file)?,
            (None, Some(given)) => given.clone(),
            (None, None) => Protection::NoPassphrase,
        };
        let human = match (keys, given) {
            (Keys::Boot, _) => None,
            (Keys::Human, Some(given)) => Some(given),
            (Keys::Human, None) => Some(Protection::NoPassphrase),
        };
        Ok(Unlock { boot, human })
    }

    /// The passphrase from the file or the descriptor that was named.
    fn named(&self) -> Result<Option<Protection>, Failure> {
        let descriptor = self.passphrase_fd.map(|number| PathBuf::from(format!("/dev/fd/{number}")));
        self.passphrase_file.as_ref().or(descriptor.as_ref()).map(|file| passphrase(file)).transpose()
    }
}

/// Asks at the terminal, without echo. Where there is none, nobody could answer.
fn asked(prompt: &str, why: &str) -> Result<Protection, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(no_passphrase_named(why));
    }
    match rpassword::prompt_password(prompt).map(Zeroizing::new) {
        Ok(text) if !text.is_empty() => Ok(Protection::passphrase(&text)),
        Ok(_) => Err(no_passphrase_named("an empty passphrase protects nothing")),
        Err(error) => Err(no_passphrase_named(&format!("the passphrase cannot be read: {error}"))),
    }
}

/// Asks for a new passphrase until it was typed twice alike: what nobody sees is easily mistyped.
fn asked_twice() -> Result<Protection, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(no_passphrase_named("new keys need a passphrase"));
    }
    let read = |prompt: &str| {
        let text = rpassword::prompt_password(prompt).map(Zeroizing::new);
        text.map_err(|error| no_passphrase_named(&format!("the passphrase cannot be read: {error}")))
    };
    let (first, second) = (read("New passphrase: ")?, read("The same again: ")?);
    if first != second {
        return Err(Failure::usage("usage-passphrase-missing", "the two passphrases differ", "begin again"));
    }
    match first.is_empty() {
        true => Err(no_passphrase_named("an empty passphrase protects nothing")),
        false => Ok(Protection::passphrase(&first)),
    }
}

fn no_passphrase_named(message: &str) -> Failure {
    let hint = "type it at a terminal, or name its file with --passphrase-file (`-` is standard input); keys without one need --no-passphrase at init";
    Failure::usage("usage-passphrase-missing", message, hint)
}

fn passphrase(file: &Path) -> Result<Protection, Failure> {
    let bytes = Zeroizing::new(read_input(file)?);
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match std::str::from_utf8(line) {
        Ok(text) if !text.is_empty() => Ok(Protection::passphrase(text)),
        _ => {
            let message = format!("{}: its first line is no passphrase", file.display());
            Err(Failure::usage(
                "usage-passphrase-missing",
                message,
                "write the passphrase into the first line, as UTF-8",
            ))
        }
    }
}

/// Runs the acts of one command.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| internal("internal-runtime", &error))?.block_on(work)
}

pub(crate) fn internal(code: &str, error: &dyn std::error::Error) -> Failure {
    Failure::new(Exit::Internal, code, error.to_string(), "look at the cause, then try again")
}

/// Messages for the operator go to standard error: as text for commands, as JSON for servers.
pub(crate) fn start_logging(json: bool, default: &str) {
    let filter = tracing_subscriber::EnvFilter::try_from_env("MONITION_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second call finds the first one's log in place, which will do.
    let _ = if json { log.json().try_init() } else { log.with_ansi(false).try_init() };
}

/// Completes at SIGINT or SIGTERM; they are caught from this call on, not from the first poll.
#[cfg(unix)]
pub(crate) fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let caught = |kind| signal(kind).map_err(|error| internal("internal-signal", &error));
    let (mut interrupt, mut terminate) = (caught(SignalKind::interrupt())?, caught(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
    })
}

/// Completes at Ctrl-C.
#[cfg(not(unix))]
pub(crate) fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static, Failure> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

/// A text as given, from `@FILE`, or from standard input for `-`: arguments are seen by every user of the machine.
pub(crate) fn text(what: &str, value: &str) -> Result<Text, Failure> {
    let file = if value == "-" { Some("-") } else { value.strip_prefix('@') };
    let text = match file {
        None => value.to_owned(),
        Some(file) => {
            let bytes = read_input(Path::new(file))?;
            let wrong = |_| Failure::usage("usage-text", format!("{what}: {file} is not UTF-8"), "save it as UTF-8");
            String::from_utf8(bytes).map_err(wrong)?.trim_end_matches(['\n', '\r']).to_owned()
        }
    };
    Text::parse(&text)
        .map_err(|rule| Failure::usage("usage-text", format!("{what}: {rule}"), "shorten or correct the text"))
}

/// Writes a result whole; `-` is standard output.
pub(crate) fn write_output(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if path.as_os_str() == "-" {
        return crate::output::print_text(&String::from_utf8_lossy(bytes));
    }
    std::fs::write(path, bytes).map_err(|error| {
        let message = format!("{}: {error}", path.display());
        Failure::new(Exit::Internal, "internal-file", message, "check the path, its permissions and the free space")
    })
}

pub(crate) fn party(text: &str) -> Result<PartyName, String> {
    PartyName::parse(text).map_err(|error| error.to_string())
}

pub(crate) fn role(text: &str) -> Result<RoleName, String> {
    RoleName::parse(text).map_err(|error| error.to_string())
}

pub(crate) fn digest(text: &str) -> Result<Digest, String> {
    Digest::parse(text).map_err(|error| format!("{error}; it is the 43 characters that `warn` and `inbox` print"))
}

pub(crate) fn wid(text: &str) -> Result<Wid, String> {
    Wid::parse(text).map_err(|error| error.to_string())
}

pub(crate) fn kid(text: &str) -> Result<KeyId, String> {
    digest(text).map(KeyId)
}

pub(crate) fn time(text: &str) -> Result<UnixSeconds, String> {
    UnixSeconds::parse(text).ok_or_else(|| "a time is such as 2026-12-03T14:00:00Z, or seconds since 1970".to_owned())
}
