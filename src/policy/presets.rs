//! The policies built into the program.

/// A policy built into the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// Its name, as in `--policy baseline` and `extends = "baseline"`.
    pub name: &'static str,
    /// Its TOML text: the file `policies/<name>.toml` of the source.
    pub text: &'static str,
}

const PRESETS: [Preset; 2] = [
    Preset {
        name: "baseline",
        text: include_str!("../../policies/baseline.toml"),
    },
    Preset {
        name: "strict",
        text: include_str!("../../policies/strict.toml"),
    },
];

impl Preset {
    /// The preset of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        PRESETS.into_iter().find(|preset| preset.name == name)
    }
}

/// The names of all presets.
pub fn preset_names() -> impl Iterator<Item = &'static str> {
    PRESETS.into_iter().map(|preset| preset.name)
}
