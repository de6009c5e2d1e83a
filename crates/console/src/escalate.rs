//! Calling people: nobody answered by a set time, one contact after another; and telling ticket systems of every event.
//!
//! What goes out carries no content: the event, the id of the submission, its urgency, and when it came. Each try is on
//! record with what came of it. Mail has a stable subject for each warning, so that ticket systems make one thread.
//! Webhooks are signed: `X-Monition-Signature: sha256=` and HMAC-SHA-256 of the body in hex. Commands get the event in
//! their environment and nothing on their command line.
//!
//! Unlike an observer's contacts, these are named by this house itself, so that addresses of its own network are meant.

use crate::app::App;
use crate::config::{Contact, ContactKind, Mail};
use crate::inbox::Row;
use crate::store::Attempt;
use hmac::{Hmac, KeyInit as _, Mac as _};
use monition_evidence::{Digest, UnixSeconds};
use sha2::Sha256;
use std::fmt::Write as _;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// How often the clocks are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Time for one try.
const TRY_TIMEOUT: Duration = Duration::from_secs(20);

/// Longest line of a mail relay that is read, in bytes.
const SMTP_LINE_BYTES_MAX: u64 = 2_048;

/// Most of an answer that is kept, in characters.
const ANSWER_CHARS_MAX: usize = 200;

/// What is told.
struct Event<'a> {
    name: &'a str,
    submission: String,
    urgency: &'a str,
    received_at: UnixSeconds,
}

impl Event<'_> {
    fn of<'a>(name: &'a str, row: &Row) -> Event<'a> {
        Event {
            name,
            submission: row.submission.to_string(),
            urgency: row.urgency.as_str(),
            received_at: row.received_at,
        }
    }

    fn json(&self, party: &str) -> String {
        serde_json::json!({ "format": "monition-desk-event/1", "event": self.name, "party": party,
            "submission": self.submission, "urgency": self.urgency, "received_at": self.received_at.to_string() })
        .to_string()
    }
}

/// Calls the next contact of every warning that waits too long, for ever.
pub(crate) async fn run(app: &Arc<App>) {
    if app.config.escalation.contacts.is_empty() {
        return;
    }
    loop {
        for row in due(app) {
            if let Err(error) = call_next(app, &row).await {
                tracing::error!(%error, "an escalation cannot be kept");
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Unanswered warnings whose clock has run out.
fn due(app: &App) -> Vec<Arc<Row>> {
    let now = app.now();
    let waits =
        |row: &&Arc<Row>| app.config.escalation.after(row.urgency).is_some_and(|s| row.received_at.plus(s) <= now);
    app.inbox().open_rows().filter(waits).cloned().collect()
}

async fn call_next(app: &Arc<App>, row: &Row) -> Result<(), crate::error::ConsoleError> {
    let id = row.submission.to_string();
    let attempts = app.store.attempts(&id)?;
    let escalations: Vec<_> = attempts.iter().filter(|a| a.event == "unanswered").collect();
    let step = escalations.len();
    let Some(contact) = app.config.escalation.contacts.get(step) else { return Ok(()) };
    if let Some(last) = escalations.last()
        && last.at.plus(app.config.escalation.next_seconds) > app.now()
    {
        return Ok(());
    }
    tell(app, contact, &Event::of("unanswered", row), step as u64).await?;
    app.changed();
    Ok(())
}

/// Tells every `[[events]]` contact of something that happened to a warning.
pub(crate) async fn event(app: &Arc<App>, name: &'static str, submission: &Digest) {
    if app.config.events.is_empty() {
        return;
    }
    let Some(row) = app.inbox().row(submission).cloned() else { return };
    let app = Arc::clone(app);
    // A slow ticket system keeps nobody waiting.
    tokio::spawn(async move {
        for contact in &app.config.events {
            if let Err(error) = tell(&app, contact, &Event::of(name, &row), 0).await {
                tracing::error!(%error, "an attempt cannot be kept");
            }
        }
    });
}

async fn tell(
    app: &Arc<App>,
    contact: &Contact,
    event: &Event<'_>,
    step: u64,
) -> Result<(), crate::error::ConsoleError> {
    let sent = async {
        match contact.kind {
            ContactKind::Mail => match &app.config.mail {
                Some(settings) => mail(settings, &contact.address, event).await,
                None => Err("there is no mail relay".to_owned()),
            },
            ContactKind::Webhook => webhook(app, &contact.address, event).await,
            ContactKind::Command => command(app, &contact.address, event).await,
        }
    };
    let answer = match tokio::time::timeout(TRY_TIMEOUT, sent).await {
        Ok(answer) => answer,
        Err(_) => Err("no answer in time".to_owned()),
    };
    let taken = answer.is_ok();
    let text = answer.unwrap_or_else(|text| text);
    app.store.add_attempt(&Attempt {
        submission: event.submission.clone(),
        step,
        at: app.now(),
        event: event.name.to_owned(),
        transport: contact.kind.as_str().to_owned(),
        contact: contact.address.clone(),
        taken,
        answer: text.chars().filter(|c| !c.is_control()).take(ANSWER_CHARS_MAX).collect(),
    })
}

/// HMAC-SHA-256 in hex (RFC 2104).
fn signature(secret: &[u8], body: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    // HMAC takes keys of every length.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) {
        mac.update(body);
        for byte in mac.finalize().into_bytes() {
            let _ = write!(hex, "{byte:02x}");
        }
    }
    hex
}

async fn webhook(app: &App, address: &str, event: &Event<'_>) -> Result<String, String> {
    let secret = app.config.webhook_secret(app.desk.dir()).map_err(|error| error.to_string())?;
    let secret = secret.ok_or("there is no secret to sign with")?;
    let url = reqwest::Url::parse(address).map_err(|_| "the address is not a URL".to_owned())?;
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .map_err(|_| "no client".to_owned())?;
    let body = event.json(app.desk.party().as_str());
    let request = client
        .post(url)
        .header("Content-Type", "application/json")
        .header("X-Monition-Signature", format!("sha256={}", signature(&secret, body.as_bytes())))
        .body(body);
    let response = request.send().await.map_err(|_| "the host gave no answer".to_owned())?;
    let text = format!("HTTP {}", response.status().as_u16());
    if response.status().is_success() { Ok(text) } else { Err(text) }
}

async fn command(app: &App, program: &str, event: &Event<'_>) -> Result<String, String> {
    let mut command = tokio::process::Command::new(program);
    command
        .current_dir(app.desk.dir())
        .env("MONITION_EVENT", event.name)
        .env("MONITION_SUBMISSION", &event.submission)
        .env("MONITION_URGENCY", event.urgency)
        .env("MONITION_RECEIVED_AT", event.received_at.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let status = command.status().await.map_err(|error| format!("it cannot be started: {error}"))?;
    let text = status.code().map_or_else(|| "ended by a signal".to_owned(), |code| format!("exit code {code}"));
    if status.success() { Ok(text) } else { Err(text) }
}

/// One ASCII message to this organisation's own relay (RFC 5321), which does what is needed towards the world.
async fn mail(settings: &Mail, to: &str, event: &Event<'_>) -> Result<String, String> {
    let from = &settings.from;
    if !is_mail_address(to) || !is_mail_address(from) {
        return Err("the address is not a plain mail address".to_owned());
    }
    let stream = TcpStream::connect(&settings.relay).await.map_err(|_| "the relay cannot be reached".to_owned())?;
    let mut stream = BufReader::new(stream);
    expect(&mut stream, '2').await?;
    let domain = from.rsplit('@').next().unwrap_or("localhost");
    let commands = [
        (format!("EHLO {domain}\r\n"), '2'),
        (format!("MAIL FROM:<{from}>\r\n"), '2'),
        (format!("RCPT TO:<{to}>\r\n"), '2'),
        ("DATA\r\n".to_owned(), '3'),
    ];
    for (line, class) in commands {
        say(&mut stream, &line).await?;
        expect(&mut stream, class).await?;
    }
    let Event { name, submission, urgency, received_at } = event;
    // One thread for one warning: the subject never changes, and later mails name the first one's id.
    let message = format!(
        "From: <{from}>\r\nTo: <{to}>\r\nSubject: monition: warning {submission}\r\nReferences: <{submission}@{domain}>\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\nAuto-Submitted: auto-generated\r\n\r\n\
         Event: {name}\r\nWarning: {submission}\r\nUrgency: {urgency}\r\nCame: {received_at}\r\n\r\n\
         This mail carries no content. Look at the warning in your own desk.\r\n.\r\n"
    );
    say(&mut stream, &message).await?;
    let taken = expect(&mut stream, '2').await?;
    // The relay has taken it; whether it hears our farewell does not matter.
    let _ = say(&mut stream, "QUIT\r\n").await;
    Ok(taken)
}

async fn say(stream: &mut BufReader<TcpStream>, text: &str) -> Result<(), String> {
    stream.write_all(text.as_bytes()).await.map_err(|_| "the relay hung up".to_owned())
}

/// Reads one answer, several lines long or not, whose code begins with `class`.
async fn expect(stream: &mut BufReader<TcpStream>, class: char) -> Result<String, String> {
    loop {
        let mut line = Vec::new();
        let mut limited = stream.take(SMTP_LINE_BYTES_MAX);
        limited.read_until(b'\n', &mut line).await.map_err(|_| "the relay hung up".to_owned())?;
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        let (code, rest) = line.split_at_checked(3).ok_or("the relay does not speak SMTP")?;
        if !code.bytes().all(|b| b.is_ascii_digit()) {
            return Err("the relay does not speak SMTP".to_owned());
        }
        if !rest.starts_with('-') {
            let text = format!("SMTP {line}");
            return if code.starts_with(class) { Ok(text) } else { Err(text) };
        }
    }
}

/// Letters, digits and a few signs around one @: nothing that could end a line or an angle bracket.
fn is_mail_address(text: &str) -> bool {
    let fine =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_+=".contains(&b));
    text.len() <= 254 && text.split_once('@').is_some_and(|(local, domain)| fine(local) && fine(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_is_signed_as_rfc_4231_says() {
        // RFC 4231, test case 2.
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(signature(b"Jefe", b"what do ya want for nothing?"), expected);
    }

    #[tokio::test]
    async fn a_mail_reaches_the_relay_with_a_stable_subject_and_no_content() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let settings =
            Mail { relay: listener.local_addr().unwrap().to_string(), from: "monition@south.example".to_owned() };
        let relay = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            stream.write_all(b"220 relay\r\n").await.unwrap();
            let (mut heard, mut in_data) = (String::new(), false);
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).await.unwrap() == 0 {
                    return heard;
                }
                heard.push_str(&line);
                let answer: &[u8] = match (in_data, line.as_str()) {
                    (true, ".\r\n") => {
                        in_data = false;
                        b"250 queued as 7\r\n"
                    }
                    (true, _) => b"",
                    (false, "DATA\r\n") => {
                        in_data = true;
                        b"354 go on\r\n"
                    }
                    (false, "QUIT\r\n") => return heard,
                    (false, line) if line.starts_with("EHLO") => b"250-relay\r\n250 SIZE 1000\r\n",
                    (false, _) => b"250 fine\r\n",
                };
                stream.write_all(answer).await.unwrap();
            }
        });
        let event = Event {
            name: "unanswered",
            submission: "abc".to_owned(),
            urgency: "flash",
            received_at: UnixSeconds::new(0),
        };
        assert_eq!(mail(&settings, "duty@south.example", &event).await, Ok("SMTP 250 queued as 7".to_owned()));
        let heard = relay.await.unwrap();
        assert!(heard.contains("RCPT TO:<duty@south.example>\r\n"));
        assert!(heard.contains("Subject: monition: warning abc\r\n"));
        assert!(mail(&settings, "a@b>\r\nRCPT TO:<c@d", &event).await.is_err());
    }
}
