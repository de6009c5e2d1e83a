//! `monition desk`: the console of a party's desk, and its users.

use crate::desk_taxii::{self, QueueCommand};
use crate::failure::{Exit, Failure};
use crate::output::{Output, print};
use crate::party::session::{DeskArgs, Keys, internal, role, start_logging, stop_signal};
use clap::{Args, Subcommand, ValueEnum};
use monition_console::{ConsoleError, Role, Store, User};
use monition_desk::Config;
use monition_evidence::{RoleName, UnixSeconds};
use serde_json::json;
use std::io::{IsTerminal as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Run the desk with its web console, or with TAXII 2.1 for the party's own tools, until SIGINT or SIGTERM
///
/// Collects at the declared rhythm, signs receipts, and serves the pages on a loopback address. Without the passphrase of
/// the people's keys each act in the console asks for it. Users are made with `monition desk user add`.
///
/// With `--taxii` it serves no pages: what came is read as STIX objects in the collection `inbox`, and what is posted to a
/// collection `warn-NAME` of the profile file becomes a signed, sealed warning.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct ConsoleArgs {
    /// Loopback address to listen on; port 0 takes a free one. Default: 127.0.0.1:0, with `--taxii` 127.0.0.1:8413.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Serve TAXII 2.1 in place of the console. The account's password stands in a file of the desk.
    #[arg(long, conflicts_with = "ask_for_acts")]
    taxii: bool,
    /// File with the writable collections: recipients, class, urgency and so on where a post is silent. Default: only
    /// the inbox is served, which needs no keys of people.
    #[arg(long, value_name = "FILE", requires = "taxii")]
    profile: Option<PathBuf>,
    /// Open only the keys that open at boot; each act of a person then asks for the passphrase.
    #[arg(long)]
    ask_for_acts: bool,
    #[command(flatten)]
    desk: DeskArgs,
    #[command(subcommand)]
    command: Option<ConsoleCommand>,
}

#[derive(Subcommand, Debug)]
enum ConsoleCommand {
    /// Posts by TAXII that said too little to be sent
    #[command(subcommand)]
    Queue(QueueCommand),
    /// Users of the console
    #[command(subcommand)]
    User(UserCommand),
    /// Print the journal: who viewed, answered, released and revealed what
    Journal(DirArgs),
}

#[derive(Subcommand, Debug)]
enum UserCommand {
    /// Add a user; the password is asked for, or read from a file
    Add(AddArgs),
    /// Set another password; the user's sessions end
    Password(PasswordArgs),
    /// Remove a user; what the user did stays in the journal
    Remove(RemoveArgs),
    /// List the users
    List(DirArgs),
}

#[derive(Args, Debug)]
struct DirArgs {
    /// Directory of the desk.
    #[arg(long, value_name = "DIR", default_value = "./monition-desk")]
    dir: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RoleArg {
    /// Reads, and signs nothing.
    Reader,
    /// Answers, notes calls, writes drafts.
    DutyOfficer,
    /// Lets warnings, relays and dossiers out of the house.
    Releaser,
}

#[derive(Args, Debug)]
struct AddArgs {
    /// Name with which the user signs in.
    #[arg(value_name = "NAME")]
    name: String,
    /// What the user may do; repeat for more.
    #[arg(long = "role", value_name = "ROLE", value_enum, required = true)]
    roles: Vec<RoleArg>,
    /// Name that others see. Default: NAME.
    #[arg(long, value_name = "TEXT")]
    display: Option<String>,
    /// Role key that signs this user's answers. Default: the first one of the desk.
    #[arg(long, value_name = "ROLE", value_parser = role)]
    sign_as: Option<RoleName>,
    /// File whose first line is the password; `-` is standard input. Default: it is asked for on the terminal.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    #[command(flatten)]
    dir: DirArgs,
}

#[derive(Args, Debug)]
struct PasswordArgs {
    /// Name of the user.
    #[arg(value_name = "NAME")]
    name: String,
    /// File whose first line is the password; `-` is standard input. Default: it is asked for on the terminal.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    #[command(flatten)]
    dir: DirArgs,
}

#[derive(Args, Debug)]
struct RemoveArgs {
    /// Name of the user.
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    dir: DirArgs,
}

type Done = Result<Option<Exit>, Failure>;

pub(crate) fn run(args: &ConsoleArgs, output: Output) -> Done {
    match &args.command {
        None if args.taxii => {
            start_logging(false, "warn");
            let listen = args.listen.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 8413)));
            desk_taxii::serve(&args.desk, listen, args.profile.as_deref(), output)?;
            Ok(None)
        }
        None => serve(args, output),
        Some(ConsoleCommand::Queue(command)) => {
            desk_taxii::queue(command, output)?;
            Ok(None)
        }
        Some(ConsoleCommand::Journal(dir)) => journal(&dir.dir, output),
        Some(ConsoleCommand::User(UserCommand::Add(args))) => add(args, output),
        Some(ConsoleCommand::User(UserCommand::Password(args))) => password(args, output),
        Some(ConsoleCommand::User(UserCommand::Remove(args))) => {
            store(&args.dir.dir)?.remove_user(&args.name).map_err(failure)?;
            print(output, &json!({ "removed": args.name }), &format!("{} is removed.\n", args.name))?;
            Ok(None)
        }
        Some(ConsoleCommand::User(UserCommand::List(dir))) => list(&dir.dir, output),
    }
}

fn failure(error: ConsoleError) -> Failure {
    let exit = match error.exit_code() {
        1 => Exit::EvidenceRefused,
        2 => Exit::Usage,
        75 => Exit::TryLater,
        _ => Exit::Internal,
    };
    Failure::new(exit, error.code(), error.to_string(), error.hint())
}

fn serve(args: &ConsoleArgs, output: Output) -> Done {
    start_logging(true, "warn");
    let listen = args.listen.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    // Whether it may listen there comes before any passphrase.
    if !listen.ip().is_loopback() {
        return Err(failure(ConsoleError::NotLoopback { address: listen }));
    }
    let (desk, boot) = args.desk.open_with_boot(if args.ask_for_acts { Keys::Boot } else { Keys::Human })?;
    let desk = Arc::new(desk);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| internal("internal-runtime", &error))?;
    runtime.block_on(async {
        let stop = stop_signal()?;
        let running = monition_console::start(Arc::clone(&desk), boot, listen, stop).await.map_err(failure)?;
        let address = format!("http://{}/", running.address);
        let said = format!("The console of {} listens at {address}\n", desk.party());
        print(output, &json!({ "party": desk.party(), "address": address }), &said)?;
        running.stopped().await;
        Ok(None)
    })
}

fn store(dir: &Path) -> Result<Store, Failure> {
    Config::read(dir)?;
    Store::open(dir).map_err(failure)
}

fn now() -> UnixSeconds {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    UnixSeconds::new(since.map(|d| d.as_secs()).unwrap_or(0))
}

fn add(args: &AddArgs, output: Output) -> Done {
    let store = store(&args.dir.dir)?;
    let roles = args.roles.iter().map(|role| match role {
        RoleArg::Reader => Role::Reader,
        RoleArg::DutyOfficer => Role::DutyOfficer,
        RoleArg::Releaser => Role::Releaser,
    });
    let user = User {
        name: args.name.clone(),
        display: args.display.clone().unwrap_or_else(|| args.name.clone()),
        roles: roles.collect(),
        sign_as: args.sign_as.clone(),
        language: None,
    };
    let password = read_password(args.password_file.as_deref())?;
    store.add_user(&user, &password, now()).map_err(failure)?;
    print(output, &json!({ "added": user.name }), &format!("{} may sign in.\n", user.name))?;
    Ok(None)
}

fn password(args: &PasswordArgs, output: Output) -> Done {
    let store = store(&args.dir.dir)?;
    let password = read_password(args.password_file.as_deref())?;
    store.set_password(&args.name, &password).map_err(failure)?;
    let said = format!("{} has a new password; all sessions of this user have ended.\n", args.name);
    print(output, &json!({ "changed": args.name }), &said)?;
    Ok(None)
}

fn list(dir: &Path, output: Output) -> Done {
    let users = store(dir)?.users().map_err(failure)?;
    let words = |user: &User| user.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>();
    let mut said = String::new();
    for user in &users {
        said.push_str(&format!("{}  {}  {}\n", user.name, user.display, words(user).join(", ")));
    }
    let shown: Vec<_> = users
        .iter()
        .map(
            |user| json!({ "name": user.name, "display": user.display, "roles": words(user), "sign_as": user.sign_as }),
        )
        .collect();
    print(output, &json!({ "users": shown }), &said)?;
    Ok(None)
}

fn journal(dir: &Path, output: Output) -> Done {
    let entries = store(dir)?.journal().map_err(failure)?;
    let mut said = String::new();
    for e in &entries {
        said.push_str(&format!(
            "{}  {}  {}  {}  {}  {}  {}\n",
            e.seq, e.at, e.user, e.act, e.subject, e.detail, e.hash
        ));
    }
    print(output, &json!({ "journal": entries }), &said)?;
    Ok(None)
}

fn read_password(file: Option<&Path>) -> Result<Zeroizing<String>, Failure> {
    let hint = "write it into the first line of a file and name that with --password-file";
    let unreadable = |message: String| Failure::usage("usage-user", message, hint);
    if let Some(file) = file {
        let bytes = Zeroizing::new(crate::failure::read_input(file)?);
        let text = std::str::from_utf8(&bytes).map_err(|_| unreadable(format!("{}: not UTF-8", file.display())))?;
        return Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()));
    }
    if !std::io::stdin().is_terminal() {
        return Err(unreadable("there is no terminal on which to ask for a password".to_owned()));
    }
    let ask = |prompt: &str| -> Result<Zeroizing<String>, Failure> {
        let mut terminal = std::io::stderr();
        // A prompt that cannot be written is no reason not to read.
        let _ = write!(terminal, "{prompt}").and_then(|()| terminal.flush());
        rpassword::read_password().map(Zeroizing::new).map_err(|error| unreadable(error.to_string()))
    };
    let first = ask("Password (at least 12 characters): ")?;
    if *first != *ask("The same again: ")? {
        return Err(unreadable("the two passwords differ".to_owned()));
    }
    Ok(first)
}
