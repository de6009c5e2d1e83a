//! Requests in the forms in which MISP pushes and OpenCTI ingests and pushes, byte by byte over TCP. The files in
//! `testdata/taxii` were written for this test: headers and order as those programs send them, content of our own.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod common;

use common::*;

fn replay(client: &mut Client, text: &str) -> Answer {
    let (head, body) = text.split_once("\n\n").unwrap();
    let body = body.trim_end();
    let authorization = client.authorization.clone().unwrap();
    let head = head
        .replace("{collection}", OFF)
        .replace("{host}", &client.address.to_string())
        .replace("{length}", &body.len().to_string())
        .replace("{authorization}", &authorization)
        .replace('\n', "\r\n");
    client.raw(text.split(' ').next().unwrap(), format!("{head}\r\n\r\n").as_bytes(), body.as_bytes())
}

const MISP_PUSH: &str = include_str!("../testdata/taxii/misp_push.http");
const OPENCTI_INGEST: &str = include_str!("../testdata/taxii/opencti_ingest.http");
const OPENCTI_PUSH: &str = include_str!("../testdata/taxii/opencti_push.http");

#[test]
fn pushes_of_misp_and_opencti_are_taken_and_opencti_ingests_page_by_page_without_change() {
    let world = start();
    let mut client = world.client("alice");
    for (push, count) in [(MISP_PUSH, 2), (OPENCTI_PUSH, 1)] {
        let status = replay(&mut client, push).expect(202).json();
        assert_eq!((&status["status"], &status["success_count"]), (&"complete".into(), &count.into()), "{status}");
        // A scheduled push sends the same again.
        let again = replay(&mut client, push).expect(202).json();
        assert_eq!((&again["success_count"], &again["failure_count"]), (&count.into(), &0.into()), "{again}");
    }
    let first = OPENCTI_INGEST.replace(" HTTP", "&limit=2 HTTP");
    let page = replay(&mut client, &first).expect(200);
    assert_eq!(page.json()["more"], true);
    let next = page.json()["next"].as_str().unwrap().to_owned();
    let last = replay(&mut client, &first.replace("&limit", &format!("&next={next}&limit"))).expect(200);
    assert_eq!((page.ids().len(), last.ids().len()), (2, 1));
    assert!(
        last.body.windows(17).any(|w| w == b"\"x_opencti_score\":")
            || last.json()["objects"][0]["x_opencti_score"] == 60
    );
    // The next round begins at the header, cut to milliseconds: what stands in that millisecond comes again, nothing is lost.
    let added = last.header("x-taxii-date-added-last").unwrap();
    let cut = format!("{}Z", &added[..added.len() - 4]);
    let later = OPENCTI_INGEST.replace("2026-01-01T00:00:00.000Z", &cut);
    let answer = replay(&mut client, &later).expect(200);
    assert!(answer.body == b"{}" || answer.ids().len() <= 3);
    let fresh = fresh();
    client.add(OFF, std::slice::from_ref(&fresh));
    assert!(replay(&mut client, &later).expect(200).ids().contains(&id_of(&fresh)));
}

#[test]
fn the_same_requests_work_with_basic_credentials_and_a_wrong_token_is_a_401_with_a_challenge() {
    let world = start();
    let mut client = world.client("alice");
    client.authorization = Some("Basic YWxpY2U6Y29ycmVjdC1ob3JzZQ==".to_owned());
    replay(&mut client, MISP_PUSH).expect(202);
    client.authorization = Some("Bearer nothing".to_owned());
    let refused = replay(&mut client, OPENCTI_INGEST).expect(401);
    assert!(refused.header("www-authenticate").is_some());
    assert_eq!(refused.json()["http_status"], "401");
}
