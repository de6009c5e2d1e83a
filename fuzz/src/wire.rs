//! Bodies of requests and answers, and their signatures (`crates/evidence/src/wire.rs`, `http_signature.rs`).

use crate::{number, one_bit, text};
use monition_evidence::http_signature::{HEADERS, RequestSignature};
use monition_evidence::wire::{
    AnswersAnswer, AnswersRequest, CaseAnswer, CaseRequest, ChainAnswer, ChainRequest, Consign, ConsignRequest, Contacts,
    DirectoryAnswer, ExchangeAbout, FetchRequest, Fetched, LeafAnswer, ListingAnswer, ListingRequest, NoteAnswer,
    NoteRequest, ObserverAbout, PollAnswer, PollRequest, Problem, ProofAnswer, ProofRequest, SubmissionAnswer,
    SubmissionRequest,
};
use monition_evidence::{PartyName, SecretKey, UnixSeconds};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

/// The frames of a submission, a consignment and a fetched item.
pub fn frames(data: &[u8]) {
    if let Ok(request) = SubmissionRequest::parse(data) {
        assert_eq!(request.to_bytes(), data);
    }
    if let Ok(fetched) = Fetched::parse(data) {
        assert_eq!(fetched.to_bytes(), data);
    }
    // Its first part is JSON, which may be spelled in other ways than ours.
    if let Ok(request) = ConsignRequest::parse(data) {
        assert_eq!(ConsignRequest::parse(&request.to_bytes()).as_ref(), Ok(&request));
    }
}

fn reads_as_itself<T: Serialize + DeserializeOwned + PartialEq + Debug>(data: &[u8]) {
    let Ok(value) = serde_json::from_slice::<T>(data) else { return };
    let printed = serde_json::to_vec(&value).expect("plain data");
    assert_eq!(serde_json::from_slice::<T>(&printed).expect("what was printed"), value);
}

/// Every JSON body: what reads, prints to something that reads as the same.
pub fn json(data: &[u8]) {
    let Some((which, rest)) = data.split_first() else { return };
    let readers: [fn(&[u8]); 24] = [
        reads_as_itself::<AnswersAnswer>,
        reads_as_itself::<AnswersRequest>,
        reads_as_itself::<CaseAnswer>,
        reads_as_itself::<CaseRequest>,
        reads_as_itself::<ChainAnswer>,
        reads_as_itself::<ChainRequest>,
        reads_as_itself::<Consign>,
        reads_as_itself::<Contacts>,
        reads_as_itself::<DirectoryAnswer>,
        reads_as_itself::<ExchangeAbout>,
        reads_as_itself::<FetchRequest>,
        reads_as_itself::<LeafAnswer>,
        reads_as_itself::<ListingAnswer>,
        reads_as_itself::<ListingRequest>,
        reads_as_itself::<NoteAnswer>,
        reads_as_itself::<NoteRequest>,
        reads_as_itself::<ObserverAbout>,
        reads_as_itself::<PollAnswer>,
        reads_as_itself::<PollRequest>,
        reads_as_itself::<ProofAnswer>,
        reads_as_itself::<ProofRequest>,
        reads_as_itself::<SubmissionAnswer>,
        reads_as_itself::<Problem>,
        |data| drop(Problem::parse(data)),
    ];
    readers[usize::from(*which) % readers.len()](rest);
}

/// Four header fields, one a line: they print back, no stranger signed them; a changed request is refused.
pub fn request_signature(data: &[u8]) {
    let here = PartyName::parse("harbour.example").expect("a name");
    if let Some(text) = text(data) {
        let lines: Vec<&str> = text.split('\n').collect();
        let field = |name| HEADERS.iter().position(|header| *header == name).and_then(|at| lines.get(at).copied());
        if let Ok(signature) = RequestSignature::parse(field) {
            for (at, (_, value)) in signature.headers().iter().enumerate() {
                assert_eq!(Some(&value.as_str()), lines.get(at));
            }
            let now = UnixSeconds::new(1_800_000_000);
            let stranger = SecretKey::from_seed(&[0xA7; 32]).public();
            assert!(signature.verify("POST", "/v1/poll", b"", &here, now, &stranger).is_err());
        }
    }
    let Some((place, body)) = number(data) else { return };
    let (key, now) = (SecretKey::from_seed(&[3; 32]), UnixSeconds::new(1_800_000_000));
    let signed = RequestSignature::sign("POST", "/v1/poll", body, &here, now, &key);
    assert!(signed.verify("POST", "/v1/poll", body, &here, now, &key.public()).is_ok());
    if !body.is_empty() {
        let swapped = one_bit(body, place);
        assert!(signed.verify("POST", "/v1/poll", &swapped, &here, now, &key.public()).is_err());
    }
    let headers = signed.headers();
    let altered_at = (place % 4) as usize;
    let altered = one_bit(headers[altered_at].1.as_bytes(), place / 4);
    let Ok(altered) = String::from_utf8(altered) else { return };
    let field = |name| {
        let at = HEADERS.iter().position(|header| *header == name)?;
        Some(if at == altered_at { altered.as_str() } else { headers[at].1.as_str() })
    };
    if let Ok(parsed) = RequestSignature::parse(field) {
        assert!(parsed.verify("POST", "/v1/poll", body, &here, now, &key.public()).is_err());
    }
}
