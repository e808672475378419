//! The checks: an inventory or a tree in, findings and gaps out. No check knows another,
//! and none knows the policy.

pub mod advisories;
pub mod registry;
pub mod secrets;
