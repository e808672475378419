//! The outside world: bounded files, HTTP, hashing, processes, the clock,
//! and texts with the line of every value. Nothing here knows
//! what a lockfile or a policy is.

#[cfg(feature = "full")]
pub mod aws;
#[cfg(feature = "full")]
pub mod both;
pub mod clock;
pub mod files;
#[cfg(feature = "full")]
pub mod git_history;
#[cfg(feature = "full")]
pub mod git_index;
#[cfg(feature = "full")]
pub mod git_repository;
#[cfg(feature = "full")]
pub mod git_staged;
pub mod hash;
#[cfg(feature = "full")]
pub mod http;
#[cfg(feature = "full")]
pub mod json_tree;
#[cfg(feature = "full")]
pub mod lines;
#[cfg(feature = "full")]
pub mod process;
#[cfg(feature = "full")]
pub mod python;
#[cfg(feature = "full")]
pub mod xml;
#[cfg(feature = "full")]
pub mod yaml;
