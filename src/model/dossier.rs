//! Everything that who approves a package wants to see.

use super::{
    Approval, Component, ConfiguredAt, DatabaseInfo, JudgedFinding, JudgedGap, Location,
    PolicyInfo, Reach, RegistryAnswer, ToolInfo,
};

/// A request for one package of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dossier {
    /// The program.
    pub tool: ToolInfo,
    /// The product: the last part of the path given.
    pub target: String,
    /// RFC 3339 time of the judgement, UTC, seconds.
    pub time: String,
    /// The policy that judged.
    pub policy: PolicyInfo,
    /// The package, with every place of it.
    pub component: Component,
    /// What the configuration of the clients says about it, one for each client and way.
    pub configured: Vec<Clients>,
    /// When registries were asked, RFC 3339; `None` where they were not.
    pub asked: Option<String>,
    /// What they said.
    pub answer: Option<RegistryAnswer>,
    /// How the product comes to it.
    pub reach: Reach,
    /// The product itself asks for it.
    pub is_direct: bool,
    /// Labels of the components that depend on it directly, sorted.
    pub dependents: Vec<String>,
    /// The advisory database, where one was used.
    pub database: Option<DatabaseInfo>,
    /// Findings about it, worst first.
    pub findings: Vec<JudgedFinding>,
    /// Findings about files of the product that bear on where packages come from.
    pub around: Vec<JudgedFinding>,
    /// What was not checked.
    pub gaps: Vec<JudgedGap>,
    /// Parts of this dossier that could not be gathered.
    pub missing: Vec<MissingPart>,
    /// Who may approve it; none where the policy names nobody.
    pub approvers: Vec<String>,
    /// The entries that settle every finding about it that keeps the verdict from passing.
    pub entries: Vec<Approval>,
    /// Why it is wanted, in the words of who asks.
    pub reason: Option<String>,
}

/// Where a client's configuration takes a package from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clients {
    /// The entry of the lockfile.
    pub lockfile: Location,
    /// The client that reads it.
    pub client: String,
    /// Where from, in words, without credentials.
    pub takes_from: Vec<String>,
    /// The lines that say so.
    pub places: Vec<ConfiguredAt>,
}

/// A part that could not be gathered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MissingPart {
    /// `advisories`, `age`, `dependents`, `install code`, `licence`, `origin`, `registry answer`.
    pub part: &'static str,
    /// Why, one line.
    pub why: String,
    /// What to do, one line.
    pub remedy: String,
}
