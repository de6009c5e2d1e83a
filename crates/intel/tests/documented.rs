//! Every stable code of this crate stands in docs/content-rules.md.

use monition_intel::cap::Rule as CapRule;
use monition_intel::stix::Rule as StixRule;

#[test]
fn every_code_is_documented() {
    let page = include_str!("../../../docs/content-rules.md");
    let codes = StixRule::ALL.iter().map(|rule| rule.code()).chain(CapRule::ALL.iter().map(|rule| rule.code()));
    let missing: Vec<&str> = codes.filter(|code| !page.contains(&format!("| `{code}` |"))).collect();
    assert!(missing.is_empty(), "not in docs/content-rules.md: {missing:?}");
}
