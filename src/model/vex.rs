//! What a VEX document says about one vulnerability in one product.

use jiff::Timestamp;

/// What a statement says of the product. The order is the order in which formats list it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VexStatus {
    /// The vulnerability cannot be used in it.
    NotAffected,
    /// It contains a fix.
    Fixed,
    /// Something must be done.
    Affected,
    /// Nobody knows yet.
    UnderInvestigation,
}

impl VexStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [
        Self::NotAffected,
        Self::Fixed,
        Self::Affected,
        Self::UnderInvestigation,
    ];

    /// The label of OpenVEX, used in every format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotAffected => "not_affected",
            Self::Fixed => "fixed",
            Self::Affected => "affected",
            Self::UnderInvestigation => "under_investigation",
        }
    }

    /// Whether it says that nothing is left to do.
    #[must_use]
    pub fn clears(self) -> bool {
        matches!(self, Self::NotAffected | Self::Fixed)
    }
}

/// Why a product is not affected
/// (<https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md>, status justifications).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VexJustification {
    /// The product does not contain the component.
    ComponentNotPresent,
    /// The component is there, its vulnerable code is not.
    VulnerableCodeNotPresent,
    /// The vulnerable code is there and never runs.
    VulnerableCodeNotInExecutePath,
    /// It runs, and no attacker reaches it.
    VulnerableCodeCannotBeControlledByAdversary,
    /// Something in the product stops the attack.
    InlineMitigationsAlreadyExist,
}

impl VexJustification {
    /// Every justification.
    pub const ALL: [Self; 5] = [
        Self::ComponentNotPresent,
        Self::VulnerableCodeNotPresent,
        Self::VulnerableCodeNotInExecutePath,
        Self::VulnerableCodeCannotBeControlledByAdversary,
        Self::InlineMitigationsAlreadyExist,
    ];

    /// The label of OpenVEX, used in every format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ComponentNotPresent => "component_not_present",
            Self::VulnerableCodeNotPresent => "vulnerable_code_not_present",
            Self::VulnerableCodeNotInExecutePath => "vulnerable_code_not_in_execute_path",
            Self::VulnerableCodeCannotBeControlledByAdversary => {
                "vulnerable_code_cannot_be_controlled_by_adversary"
            }
            Self::InlineMitigationsAlreadyExist => "inline_mitigations_already_exist",
        }
    }

    /// The justification of a label of OpenVEX.
    #[must_use]
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == label)
    }
}

/// One statement, as it applies to a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct VexStatement {
    /// When it was known to be true; of the document where the statement has none.
    pub time: Option<Timestamp>,
    /// What it says.
    pub status: VexStatus,
    /// Why the product is not affected, as a label.
    pub justification: Option<VexJustification>,
    /// Its text: impact, action or notes. From outside.
    pub text: Option<String>,
    /// Who answers for the document; from outside.
    pub author: String,
    /// File name of the document.
    pub document: String,
    /// SHA-256 of the document, hex.
    pub digest: String,
}

/// A VEX document that was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct VexDocumentInfo {
    /// File name, without its directory.
    pub file: String,
    /// SHA-256 of its bytes, hex.
    pub digest: String,
    /// `openvex` or `cyclonedx`.
    pub format: &'static str,
    /// Who answers for it; from outside.
    pub author: String,
    /// Statements that can be used.
    pub statements: usize,
    /// Statements that cannot.
    pub unusable: usize,
    /// The policy lets it change a verdict.
    pub accepted: bool,
}
