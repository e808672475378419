//! The outside world: bounded files, HTTP, hashing, processes, the clock,
//! and texts with the line of every value. Nothing here knows
//! what a lockfile or a policy is.

pub mod aws;
pub mod clock;
pub mod files;
pub mod git_history;
pub mod git_index;
pub mod git_repository;
pub mod git_staged;
pub mod hash;
pub mod http;
pub mod json_tree;
pub mod lines;
pub mod process;
pub mod xml;
pub mod yaml;
