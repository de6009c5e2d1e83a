//! Content-free pings: "something lies in mailbox M, item n, urgency u", and "your desk has been silent".
//!
//! What goes out names no sender and no content, so that any transport will do. What the transport answered is signed
//! as `ConsignmentNotification` and logged: it is evidence that the recipient's alarm was rung, not that anybody heard it.
//!
//! Which items have been pinged about stands in the store, so a crash repeats a ping rather than losing it. Several items
//! that came together are one ping with the newest number.
//!
//! **Mail** is a client of 80 lines for one fixed ASCII message to this organisation's own relay, in plain SMTP
//! (RFC 5321). A mail library would bring MIME, IDNA and TLS into a message of four lines; the relay does what is needed
//! towards the world. **Webhooks** are one POST without redirects; addresses of this organisation's own network are
//! refused unless the configuration allows them, because other organisations choose where they go.

use crate::config::NotifyConfig;
use crate::metrics::count;
use crate::node::{Node, fresh_eid, sign_as};
use crate::refusal::Refusal;
use crate::store::{Waiting, WaitingFor};
use monition_evidence::statement::ConsignmentNotification;
use monition_evidence::wire::{Contact, ContactKind, Contacts, JSON_TYPE};
use monition_evidence::{MailboxId, Text};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// Time for one ping, name look-up included.
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// Pauses before the second and third try of a ping that no transport took.
const PAUSES: [Duration; 3] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(5)];

/// Pings on their way at one time.
const PINGS_AT_ONCE: usize = 64;

/// Most of a transport's answer that is logged, in characters.
const ANSWER_CHARS_MAX: usize = 200;

/// Longest line of a mail relay that is read.
const SMTP_LINE_BYTES_MAX: u64 = 2_048;

/// What a ping says.
#[derive(Clone, Debug)]
struct Ping {
    mailbox: MailboxId,
    n: u64,
    urgency: &'static str,
    event: &'static str,
}

/// What a transport answered.
#[derive(Clone, Debug)]
struct Answer {
    text: String,
    taken: bool,
}

/// Sends pings.
#[derive(Debug)]
pub(crate) struct Pinger {
    config: NotifyConfig,
    /// Trusted besides the machine's own.
    roots: Vec<reqwest::Certificate>,
}

impl Pinger {
    pub(crate) fn new(config: NotifyConfig, roots: Vec<reqwest::Certificate>) -> Self {
        Self { config, roots }
    }

    async fn ping(&self, contact: &Contact, ping: &Ping) -> Answer {
        let sent = async {
            match contact.kind {
                ContactKind::Webhook => self.webhook(&contact.address, ping).await,
                ContactKind::Smtp => self.mail(&contact.address, ping).await,
            }
        };
        match tokio::time::timeout(PING_TIMEOUT, sent).await {
            Ok(Ok(text)) => Answer { text, taken: true },
            Ok(Err(text)) => Answer { text, taken: false },
            Err(_) => Answer { text: "no answer in time".to_owned(), taken: false },
        }
    }

    async fn webhook(&self, address: &str, ping: &Ping) -> Result<String, String> {
        let url = reqwest::Url::parse(address).map_err(|_| "the address is not a URL".to_owned())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("the address is not http or https".to_owned());
        }
        let host = url.host_str().ok_or("the address has no host")?.to_owned();
        let port = url.port_or_known_default().ok_or("the address has no port")?;
        // Looked up once, judged, and then connected to exactly that: a name cannot change its mind in between.
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let found = tokio::net::lookup_host((bare, port)).await.map_err(|_| "the host is not known".to_owned())?;
        let allowed = |address: &SocketAddr| self.config.private_addresses_allowed || is_public(address.ip());
        let target = found.into_iter().find(allowed).ok_or("the address is not a public one")?;
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(PING_TIMEOUT)
            .resolve(&host, target)
            .tls_certs_merge(self.roots.clone())
            .build()
            .map_err(|_| "no client".to_owned())?;
        let body = serde_json::json!({
            "event": ping.event, "mailbox": ping.mailbox, "n": ping.n, "urgency": ping.urgency,
        });
        let request = client.post(url).header(reqwest::header::CONTENT_TYPE, JSON_TYPE).body(body.to_string());
        let response = request.send().await.map_err(|_| "the host gave no answer".to_owned())?;
        // Its body is not read: nothing of it belongs into a log.
        let text = format!("HTTP {}", response.status().as_u16());
        if response.status().is_success() { Ok(text) } else { Err(text) }
    }

    async fn mail(&self, to: &str, ping: &Ping) -> Result<String, String> {
        let (Some(relay), Some(from)) = (&self.config.smtp_relay, &self.config.smtp_from) else {
            return Err("this node has no mail relay".to_owned());
        };
        if !is_mail_address(to) || !is_mail_address(from) {
            return Err("the address is not a plain mail address".to_owned());
        }
        let stream = TcpStream::connect(relay).await.map_err(|_| "the relay cannot be reached".to_owned())?;
        let mut relay = Relay { stream: BufReader::new(stream) };
        relay.expect(2).await?;
        let helo = from.rsplit('@').next().unwrap_or("localhost");
        for (line, class) in [
            (format!("EHLO {helo}\r\n"), 2),
            (format!("MAIL FROM:<{from}>\r\n"), 2),
            (format!("RCPT TO:<{to}>\r\n"), 2),
            ("DATA\r\n".to_owned(), 3),
        ] {
            relay.send(&line).await?;
            relay.expect(class).await?;
        }
        let Ping { mailbox, n, urgency, event } = ping;
        relay
            .send(&format!(
                "From: <{from}>\r\nTo: <{to}>\r\nSubject: monition: {event} ({urgency})\r\n\
                 MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\nAuto-Submitted: auto-generated\r\n\r\n\
                 Event: {event}\r\nMailbox: {mailbox}\r\nItem: {n}\r\nUrgency: {urgency}\r\n\r\n\
                 This mail carries no content. Look into the mailbox with your own desk.\r\n.\r\n"
            ))
            .await?;
        let taken = relay.expect(2).await?;
        // The relay has taken it; whether it hears our farewell does not matter.
        let _ = relay.send("QUIT\r\n").await;
        Ok(taken)
    }
}

struct Relay {
    stream: BufReader<TcpStream>,
}

impl Relay {
    async fn send(&mut self, text: &str) -> Result<(), String> {
        self.stream.write_all(text.as_bytes()).await.map_err(|_| "the relay hung up".to_owned())
    }

    /// Reads one answer, several lines long or not; its first digit must be `class`.
    async fn expect(&mut self, class: u8) -> Result<String, String> {
        loop {
            let mut line = Vec::new();
            let mut limited = tokio::io::AsyncReadExt::take(&mut self.stream, SMTP_LINE_BYTES_MAX);
            limited.read_until(b'\n', &mut line).await.map_err(|_| "the relay hung up".to_owned())?;
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            let (digits, more) = (line.as_bytes().first_chunk::<3>(), line.as_bytes().get(3) == Some(&b'-'));
            match digits {
                Some(digits) if digits.iter().all(u8::is_ascii_digit) => {
                    if more {
                        continue;
                    }
                    let text = format!("SMTP {line}");
                    return if digits[0] == b'0' + class { Ok(text) } else { Err(text) };
                }
                _ => return Err("the relay does not speak SMTP".to_owned()),
            }
        }
    }
}

/// Letters, digits and a few signs around one @: nothing that could end a line or an angle bracket.
fn is_mail_address(text: &str) -> bool {
    let fine =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_+=".contains(&b));
    text.len() <= 254 && text.split_once('@').is_some_and(|(local, domain)| fine(local) && fine(domain))
}

/// Whether an address lies in the open network.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let benchmark = a == 198 && (18..20).contains(&b);
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_broadcast()
                || v4.is_documentation()
                || v4.is_multicast()
                || a == 0
                || a >= 240
                || shared
                || benchmark)
        }
        IpAddr::V6(v6) => match v6.to_ipv4() {
            Some(v4) => is_public(IpAddr::V4(v4)),
            // Only 2000::/3 is handed out to anybody; 2002::/16 and 64:ff9b::/96 wrap IPv4 addresses.
            None => (v6.segments()[0] & 0xe000) == 0x2000 && v6.segments()[0] != 0x2002,
        },
    }
}

impl Node {
    /// Sets every ping that is due on its way. A slow transport of one recipient does not hold up another's.
    pub(crate) async fn send_pings(self: &Arc<Self>) -> Result<(), Refusal> {
        let now = self.now().value();
        let new = self.store_task(move |store| store.waiting(WaitingFor::Notification, now)).await?;
        for waiting in new {
            self.set_out(WaitingFor::Notification, waiting);
        }
        let since = now.saturating_sub(self.config.silence_seconds);
        let old = self.store_task(move |store| store.waiting(WaitingFor::SilenceAlarm, since)).await?;
        for waiting in old {
            let (seen_at, seen_n) = self.waiters.last_seen(&waiting.h0);
            let heard = seen_at.max(self.started_at);
            if seen_n >= waiting.n {
                // The desk knows it: nothing to alarm about, and nothing to look at again.
                let Waiting { h0, n, .. } = waiting;
                self.store_task(move |store| store.pinged(WaitingFor::SilenceAlarm, &h0, n)).await?;
            } else if now.saturating_sub(heard) >= self.config.silence_seconds {
                self.set_out(WaitingFor::SilenceAlarm, waiting);
            }
        }
        Ok(())
    }

    fn set_out(self: &Arc<Self>, kind: WaitingFor, waiting: Waiting) {
        let place = (kind, waiting.h0);
        {
            let mut pinging = self.pinging.lock().unwrap_or_else(PoisonError::into_inner);
            // Those that find no room are still due at the next look.
            if pinging.len() >= PINGS_AT_ONCE || !pinging.insert(place) {
                return;
            }
        }
        let node = self.clone();
        tokio::spawn(async move {
            if let Err(refusal) = node.notify(kind, &waiting).await {
                tracing::warn!(%refusal, "a ping could not be recorded");
            }
            node.pinging.lock().unwrap_or_else(PoisonError::into_inner).remove(&place);
        });
    }

    async fn notify(&self, kind: WaitingFor, waiting: &Waiting) -> Result<(), Refusal> {
        let (h0, n, declaration) = (waiting.h0, waiting.n, waiting.declaration);
        let annex = self.store_task(move |store| store.contacts(&declaration)).await?;
        let Some(annex) = annex else {
            // Taken back meanwhile.
            return Ok(());
        };
        let contacts: Contacts = serde_json::from_slice(&annex)
            .map_err(|_| Refusal::Internal { what: "a contacts annex cannot be read" })?;
        let event = match kind {
            WaitingFor::Notification => "item-waiting",
            WaitingFor::SilenceAlarm => "desk-silent",
        };
        let ping = Ping { mailbox: waiting.mailbox, n, urgency: waiting.urgency.as_str(), event };
        for contact in &contacts.contacts {
            let mut answer = Answer { text: String::new(), taken: false };
            for pause in PAUSES {
                tokio::time::sleep(pause).await;
                answer = self.pinger.ping(contact, &ping).await;
                if answer.taken || *self.stopping.borrow() {
                    break;
                }
            }
            count(if answer.taken {
                &self.metrics.notifications_total
            } else {
                &self.metrics.notification_failures_total
            });
            self.log_notification(kind, contact.kind, &ping, &answer).await?;
        }
        self.store_task(move |store| store.pinged(kind, &h0, n)).await?;
        Ok(())
    }

    async fn log_notification(
        &self,
        kind: WaitingFor,
        transport: ContactKind,
        ping: &Ping,
        answer: &Answer,
    ) -> Result<(), Refusal> {
        let held = self.anchor().await?;
        let silent = format!("desk silent for {} s", self.config.silence_seconds);
        let text = |words: &str| {
            // A relay may answer anything; what no Text can hold is left out.
            let words: String = words.chars().filter(|c| !c.is_control()).take(ANSWER_CHARS_MAX).collect();
            Text::parse(&words).or_else(|_| Text::parse("an answer that cannot be shown")).ok()
        };
        let notification = ConsignmentNotification {
            exchange: self.config.exchange.clone(),
            eid: fresh_eid()?,
            wid: None,
            iss: self.config.party.clone(),
            iat: self.now(),
            anchor: Some(held.anchor.clone()),
            prev: None,
            svc: None,
            pol: None,
            actor: None,
            reason: if kind == WaitingFor::SilenceAlarm { text(&silent) } else { None },
            mailbox: ping.mailbox,
            n: ping.n,
            transport: match transport {
                ContactKind::Webhook => "webhook".to_owned(),
                ContactKind::Smtp => "smtp".to_owned(),
            },
            answer: text(&answer.text).ok_or(Refusal::Internal { what: "an answer cannot be written" })?,
            taken: answer.taken,
        };
        let statement = sign_as(&self.custodian_key, &notification)?;
        self.store_task(move |store| store.queue(&statement, held.named())).await?;
        self.outbox.notify_one();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        for text in
            ["127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1"]
        {
            assert!(!is_public(text.parse().unwrap()), "{text} counted as public");
        }
        for text in ["93.184.215.14", "2606:2800:21f:cb07::1"] {
            assert!(is_public(text.parse().unwrap()), "{text} did not count as public");
        }
    }

    #[test]
    fn a_mail_address_cannot_carry_a_second_command() {
        assert!(is_mail_address("duty+1@south.example"));
        for text in ["", "a", "a@", "@b", "a@b>\r\nRCPT TO:<c@d", "a b@c", "a@b@c"] {
            assert!(!is_mail_address(text), "accepted {text:?}");
        }
    }
}
