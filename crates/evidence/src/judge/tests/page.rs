//! The page of a finding: self-contained, without scripts, and nobody's text becomes markup.

use super::world::*;
use crate::judge::{Believe, Finding, Question, judge_without_witnesses};
use crate::warning::Field;
use base64::Engine as _;

const TOLD: &str = "told south.example by north.example before 1970-01-01T00:20:00Z";

fn hostile() -> Finding {
    let mut w = World::new();
    w.declare("south", &["harbour", "meridian"], 2);
    w.publish_at(1_010);
    let fields = &[
        (Field::Summary, "<script>alert(1)</script> & \"quoted\" 'single'"),
        (Field::PlaceCity, "شهر </td></svg><img src=x onerror=alert(1)>"),
    ];
    let warning = w.warn("north", "south", &Draft { deadline: Some(1_050), fields, ..Draft::default() });
    w.accept(warning);
    w.consign(warning, "harbour");
    w.consign(warning, "meridian");
    w.publish_at(1_020);
    w.publish_at(1_050);
    w.heads();
    w.publish_at(1_060);
    w.judge(&[w.dossier(|_| true, &[OPEN])], TOLD)
}

#[test]
fn no_text_of_a_party_becomes_markup() {
    let page = hostile().to_html();
    for markup in ["<script", "<img", "onerror=alert(1)>", "</td></svg>"] {
        assert!(!page.contains(markup), "{markup} stands in the page");
    }
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;quoted&quot; &#39;single&#39;"));
    assert!(page.contains("<bdi>شهر &lt;/td&gt;"));
}

#[test]
fn the_policy_allows_the_pages_own_style_by_its_hash_and_nothing_else() {
    let page = hostile().to_html();
    let (_, rest) = page.split_once("<style>").unwrap();
    let (style, _) = rest.split_once("</style>").unwrap();
    let hash = base64::engine::general_purpose::STANDARD.encode(crate::encoding::sha256(style.as_bytes()).as_bytes());
    let policy = format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'");
    assert!(page.contains(&format!("content=\"{policy}\"")));
    assert_eq!(page.matches("<style").count(), 1);
    for foreign in [" style=", "http://", "https://", "url(", "<link", "<script", "@import", "onload", "onclick"] {
        assert!(!page.contains(foreign), "{foreign}");
    }
}

#[test]
fn a_step_that_is_not_shown_stands_in_the_timeline_as_missing() {
    let page = hostile().to_html();
    for step in ["notified", "handed-over", "decrypted", "acknowledged"] {
        assert!(page.contains(&format!("<b>{step}: not shown</b>")), "{step}");
    }
    assert!(!page.contains("declined: not shown"), "that nobody declined is no gap");
    for shown in
        ["<b><bdi>available</bdi></b>", "class=\"span\"", "class=\"limit\"", "class=\"due\"", "<strong>Silence:"]
    {
        assert!(page.contains(shown), "{shown}");
    }
}

#[test]
fn a_page_without_witnesses_says_so_before_anything_else_and_shows_no_time() {
    let (w, _) = available();
    let question = Question::parse("told south.example").unwrap();
    let dossiers = [w.dossier(|_| true, &[OPEN])];
    let finding = judge_without_witnesses(&dossiers, &w.trust(), &Believe::default(), &question).unwrap();
    let page = finding.to_html();
    let body = page.split_once("<body>").unwrap().1;
    assert!(body.trim_start().starts_with("<p class=\"alone\">NO WITNESSES: "), "{}", &body[..80]);
    assert!(!body.contains("1970-01-01"));
    assert!(body.contains("no time without witnesses"));
}

#[test]
fn every_answer_and_every_kind_of_question_has_a_page() {
    let (w, _) = available();
    let dossier = w.dossier(|_| true, &[OPEN]);
    for question in ["timeline", "who", "told west.example", "told south.example before 1010"] {
        let page = w.judge(std::slice::from_ref(&dossier), question).to_html();
        assert!(page.starts_with("<!doctype html>\n<html lang=\"en\" dir=\"ltr\">") && page.ends_with("</html>\n"));
        assert!(page.contains(&format!("Asked: <bdi>{}", question.split(" before").next().unwrap())), "{question}");
        for tag in ["section", "table", "ol", "svg", "div", "footer", "main", "header", "bdi"] {
            let (open, close) = (page.matches(&format!("<{tag}")).count(), page.matches(&format!("</{tag}>")).count());
            assert_eq!(open, close, "{question}: <{tag}>");
        }
    }
}
