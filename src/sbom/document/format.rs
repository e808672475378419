//! Formats and their versions.

use crate::sbom::error::SbomError;

/// A format and a version of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// CycloneDX JSON.
    CycloneDxJson(CycloneDxVersion),
    /// CycloneDX XML; read only.
    CycloneDxXml(CycloneDxVersion),
    /// SPDX JSON (2.x) and JSON-LD (3.x).
    SpdxJson(SpdxVersion),
}

impl Format {
    /// What `check --output cyclonedx-json` writes.
    pub const CYCLONEDX: Self = Self::CycloneDxJson(CycloneDxVersion::V1_6);
    /// What `check --output spdx-json` writes.
    pub const SPDX: Self = Self::SpdxJson(SpdxVersion::V2_3);

    /// Every format and version that can be written.
    pub const WRITTEN: [Self; 6] = [
        Self::CycloneDxJson(CycloneDxVersion::V1_4),
        Self::CycloneDxJson(CycloneDxVersion::V1_5),
        Self::CycloneDxJson(CycloneDxVersion::V1_6),
        Self::CycloneDxJson(CycloneDxVersion::V1_7),
        Self::SpdxJson(SpdxVersion::V2_3),
        Self::SpdxJson(SpdxVersion::V3_0_1),
    ];

    /// The name without the version: `cyclonedx-json`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CycloneDxJson(_) => "cyclonedx-json",
            Self::CycloneDxXml(_) => "cyclonedx-xml",
            Self::SpdxJson(_) => "spdx-json",
        }
    }

    /// The version alone: `1.6`.
    #[must_use]
    pub fn version(self) -> &'static str {
        match self {
            Self::CycloneDxJson(version) | Self::CycloneDxXml(version) => version.as_str(),
            Self::SpdxJson(version) => version.as_str(),
        }
    }

    /// Whether two formats name fields alike, whatever their version and syntax.
    #[must_use]
    pub fn is_of_one_family(self, other: Self) -> bool {
        let family = |format| match format {
            Self::CycloneDxJson(_) | Self::CycloneDxXml(_) => 0,
            Self::SpdxJson(SpdxVersion::V2_2 | SpdxVersion::V2_3) => 1,
            Self::SpdxJson(SpdxVersion::V3_0_1) => 2,
        };
        family(self) == family(other)
    }
}

impl std::str::FromStr for Format {
    type Err = SbomError;

    /// `cyclonedx-json`, `cyclonedx-json@1.5`, `spdx-json@3.0.1`: one that can be
    /// written. Without a version it is the default one.
    fn from_str(text: &str) -> Result<Self, SbomError> {
        Self::WRITTEN
            .into_iter()
            .find(|format| format.to_string() == text)
            .or(match text {
                "cyclonedx-json" => Some(Self::CYCLONEDX),
                "spdx-json" => Some(Self::SPDX),
                _ => None,
            })
            .ok_or_else(|| SbomError::NotWritten {
                format: text.to_owned(),
            })
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.name(), self.version())
    }
}

/// A version of CycloneDX, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the versions")]
pub enum CycloneDxVersion {
    V1_2,
    V1_3,
    V1_4,
    V1_5,
    V1_6,
    V1_7,
}

impl CycloneDxVersion {
    /// Every version that is read, oldest first.
    pub const ALL: [Self; 6] = [
        Self::V1_2,
        Self::V1_3,
        Self::V1_4,
        Self::V1_5,
        Self::V1_6,
        Self::V1_7,
    ];

    /// `1.6`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1_2 => "1.2",
            Self::V1_3 => "1.3",
            Self::V1_4 => "1.4",
            Self::V1_5 => "1.5",
            Self::V1_6 => "1.6",
            Self::V1_7 => "1.7",
        }
    }

    /// The version of `1.6`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|version| version.as_str() == text)
    }
}

/// A version of SPDX, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the versions")]
pub enum SpdxVersion {
    V2_2,
    V2_3,
    V3_0_1,
}

impl SpdxVersion {
    /// Every version that is known; 3.0.1 is written only.
    pub const ALL: [Self; 3] = [Self::V2_2, Self::V2_3, Self::V3_0_1];

    /// `2.3`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V2_2 => "2.2",
            Self::V2_3 => "2.3",
            Self::V3_0_1 => "3.0.1",
        }
    }

    /// The version of `2.3`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|version| version.as_str() == text)
    }
}
