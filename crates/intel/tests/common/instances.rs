//! placeholder replaced below
use monition_intel::stix::Rule;
use serde_json::Value;
/// One.
pub struct Instance {
    pub name: String,
    pub rule: Option<Rule>,
    pub object: Value,
}
/// All.
pub fn all() -> Vec<Instance> {
    Vec::new()
}
