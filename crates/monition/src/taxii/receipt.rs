//! `monition taxii receipt`: the acceptance of an envelope with everything that a judge needs, from the exchange's address
//! alone.
//!
//! Checked here: that the acceptance fits the status and the hashes, and that its proof leads to the note. *Left to the
//! judge*: whether the keys and witnesses are those that somebody trusts; here the exchange's own word is taken for them.

use crate::failure::{Exit, Failure};
use crate::output::{Output, print};
use crate::party::session::{block_on, internal, write_output};
use clap::Args;
use monition_desk::client::{Http, Patience, from_json};
use monition_desk::error::DeskError;
use monition_desk::logs::{Followed, Growth, NoteCheck};
use monition_evidence::dossier::{Dossier, Proof};
use monition_evidence::judge::Question;
use monition_evidence::wire::{
    ExchangeAbout, NoteAnswer, NoteRequest, ProofAnswer, ProofRequest, exchange_paths as paths,
};
use monition_evidence::{Body, Digest, Statement};
use monition_exchange::taxii::{ENVELOPE, EnvelopeAnswer, EnvelopeRequest, objects_root};
use monition_tlog::{EntryBundle, TileCoord, TileLevel, VerifierKey};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::path::PathBuf;

/// Fetch the evidence that an envelope was accepted into a feed
///
/// Writes a dossier: the exchange's EnvelopeAcceptance, its place in the witnessed log, and the directory. `monition judge
/// FILE --trust POLICY` lists it in its timeline. Also gives the SHA-256 of each object that was taken: their RFC 6962 root
/// is the `objects` of the acceptance.
#[derive(Args, Debug)]
pub(crate) struct ReceiptArgs {
    /// Address of the exchange, without trailing slash.
    #[arg(long)]
    url: String,
    /// Id of the status that the POST was answered with.
    #[arg(long, value_name = "ID")]
    status: String,
    /// File to write the dossier to; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Authorities (PEM) that are trusted besides the machine's own.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
}

pub(super) fn run(args: &ReceiptArgs, output: Output) -> Result<(), Failure> {
    let http_url = args.url.starts_with("http://") || args.url.starts_with("https://");
    if !http_url || args.url.ends_with('/') {
        let message = format!("{:?} is not an http or https address without trailing slash", args.url);
        return Err(Failure::usage("usage-url", message, "such as --url https://exchange.example"));
    }
    let (dossier, statement, objects) = block_on(gather(args))?;
    let bytes = dossier.to_bytes().map_err(|error| internal("internal-dossier", &error))?;
    write_output(&args.out, &bytes)?;
    if args.out.as_os_str() == "-" {
        return Ok(());
    }
    let Body::EnvelopeAcceptance(acceptance) = statement.body() else { return Ok(()) };
    let digests: Vec<String> = objects.iter().map(Digest::to_string).collect();
    let object = json!({
        "out": args.out.display().to_string(),
        "statement": statement.digest(),
        "account": acceptance.account.as_str(),
        "collection": acceptance.collection.as_str(),
        "count": acceptance.count,
        "objects": digests,
    });
    let text = format!(
        "{} objects that {:?} posted to the collection {} were accepted; the evidence is in {}.\n{}\n",
        acceptance.count,
        acceptance.account.as_str(),
        acceptance.collection.as_str(),
        args.out.display(),
        digests.join("\n")
    );
    print(output, &object, &text)
}

/// The address and a client.
struct Source {
    http: Http,
    url: String,
}

impl Source {
    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    async fn ask<Q: Serialize, A: DeserializeOwned>(&self, path: &str, request: &Q) -> Result<A, Failure> {
        let url = self.address(path);
        // Until the next checkpoints are cosigned: at most some seconds at the rhythm that exchanges have.
        let mut tries = 1..=TRIES;
        loop {
            match self.http.post_json(&url, request, None, Patience::Some).await {
                Ok(bytes) => return Ok(from_json(&url, &bytes)?),
                Err(DeskError::Refused { problem, .. })
                    if problem.code == "internal-not-yet-witnessed" && tries.next().is_some() => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Every entry of the directory, checked against its checkpoint, and that checkpoint's note.
    async fn directory(&self, about: &ExchangeAbout, check: &NoteCheck) -> Result<(Vec<String>, String), Failure> {
        let url = self.address(&format!("{}/checkpoint", paths::DIRECTORY_LOG));
        let note = check.directory_head(&url, &self.http.get(&url, Patience::Some).await?)?;
        let followed = Followed::replay(about.exchange.clone(), &[]);
        let mut entries: Vec<Vec<u8>> = Vec::new();
        if let Growth::Fetch { to, .. } = followed.compare(&note)? {
            let size = to.value();
            for tile in 0..size.div_ceil(256) {
                let width = u16::try_from((size - tile * 256).min(256)).unwrap_or(256);
                entries.extend(self.bundle(tile, width).await?);
            }
            followed.extend(&entries, note.clone())?;
        }
        let texts = entries.iter().map(|entry| String::from_utf8_lossy(entry).into_owned()).collect();
        Ok((texts, note.text))
    }

    async fn bundle(&self, tile: u64, width: u16) -> Result<Vec<Vec<u8>>, Failure> {
        let url = |coord: TileCoord| self.address(&format!("{}/{}", paths::DIRECTORY_LOG, coord.path()));
        let wrong =
            |detail: String| Failure::from(DeskError::Answer { url: self.address(paths::DIRECTORY_LOG), detail });
        let coord = TileCoord::new(TileLevel::Entries, tile, width).map_err(|e| wrong(e.to_string()))?;
        let bytes = match self.http.get(&url(coord), Patience::Some).await {
            // A partial tile goes once the full one is there.
            Err(DeskError::Refused { .. }) if !coord.is_full() => {
                self.http.get(&url(coord.full()), Patience::Some).await?
            }
            answer => answer?,
        };
        let bundle = EntryBundle::parse(&bytes).map_err(|e| wrong(e.to_string()))?;
        if bundle.entries().len() < usize::from(width) {
            return Err(wrong(format!("bundle {tile} holds {} entries, not {width}", bundle.entries().len())));
        }
        Ok(bundle.entries().iter().take(usize::from(width)).map(|entry| entry.to_vec()).collect())
    }
}

/// How often a proof is asked for that is not there yet; each is some three seconds or what the server asks for.
const TRIES: u32 = 10;

async fn gather(args: &ReceiptArgs) -> Result<(Dossier, Statement, Vec<Digest>), Failure> {
    let source = Source { http: Http::new(args.ca_file.as_deref())?, url: args.url.clone() };
    let about_url = source.address(paths::ABOUT);
    let about: ExchangeAbout = from_json(&about_url, &source.http.get(&about_url, Patience::Some).await?)?;
    let key = |vkey: &str| {
        let wrong = |e: String| Failure::from(DeskError::Answer { url: about_url.clone(), detail: e });
        VerifierKey::parse(vkey).map_err(|e| wrong(e.to_string()))
    };
    let check = NoteCheck { log: key(&about.log.vkey)?, directory: key(&about.directory.vkey)?, trust: None };

    let found: EnvelopeAnswer = source.ask(ENVELOPE, &EnvelopeRequest { status: args.status.clone() }).await?;
    let statement = acceptance(&source.address(ENVELOPE), &about, &found)?;
    let leaf = statement.leaf(&about.log.origin);
    let proof: ProofAnswer = source.ask(paths::PROOF, &ProofRequest { leaf }).await?;
    let (note, directory_note) = check.proof(&source.address(paths::PROOF), &statement, &proof)?;

    let mut dossier = Dossier::new(about.exchange.clone(), Question::Timeline.to_string());
    let mut notes = vec![note.text.clone(), directory_note.text];
    if let Some(anchor) = statement.common().anchor {
        let answer: NoteAnswer = source.ask(paths::NOTES, &NoteRequest { note: anchor.note }).await?;
        notes.push(answer.note);
    }
    let (entries, newest) = source.directory(&about, &check).await?;
    notes.push(newest);
    for note in notes {
        if !dossier.notes.contains(&note) {
            dossier.notes.push(note);
        }
    }
    dossier.statements.push(found.statement);
    let hashes = proof.hashes;
    dossier.proofs.push(Proof { statement: statement.digest(), note: note.digest, index: proof.index, hashes });
    dossier.directory = entries;
    Ok((dossier, statement, found.objects))
}

/// The statement, if it says what was asked for.
fn acceptance(url: &str, about: &ExchangeAbout, found: &EnvelopeAnswer) -> Result<Statement, Failure> {
    let refused = |detail: String| {
        let hint = "the exchange answers with something else than it should; keep the answer, and tell its operator";
        Failure::new(Exit::EvidenceRefused, "evidence-refused", format!("{url}: {detail}"), hint)
    };
    let statement = Statement::parse(found.statement.as_bytes()).map_err(|e| refused(e.to_string()))?;
    let Body::EnvelopeAcceptance(said) = statement.body() else {
        return Err(refused(format!("a {} is no EnvelopeAcceptance", statement.body().name())));
    };
    let fits = said.exchange == about.exchange
        && said.objects == objects_root(&found.objects)
        && u64::from(said.count) == found.objects.len() as u64;
    if fits {
        Ok(statement)
    } else {
        Err(refused("the acceptance is not about the objects that are listed".to_owned()))
    }
}
