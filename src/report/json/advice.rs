//! Upgrades in the shape of `sealgate/report/v1`.

use super::shown::{Shown, all_shown, shown, shown_purl};
use crate::model::{Advice, Cleared, ClientCommand, Step, Uncleared, Upgrade};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct AdviceV1 {
    upgrades: Vec<UpgradeV1>,
    /// No set with fewer upgrades clears as much.
    at_least: usize,
    cleared: usize,
    uncleared: Vec<UnclearedV1>,
}

#[derive(Serialize)]
struct UpgradeV1 {
    ecosystem: &'static str,
    name: Shown,
    to: Shown,
    steps: Vec<StepV1>,
    remaining: Vec<Shown>,
}

#[derive(Serialize)]
struct StepV1 {
    purl: Shown,
    from: Shown,
    compatible: bool,
    compatible_instead: Option<Shown>,
    means: &'static str,
    through: Vec<Shown>,
    commands: Vec<CommandV1>,
    clears: Vec<ClearedV1>,
}

#[derive(Serialize)]
struct CommandV1 {
    directory: Shown,
    text: Shown,
}

#[derive(Serialize)]
struct ClearedV1 {
    id: Shown,
    fingerprint: Shown,
}

#[derive(Serialize)]
struct UnclearedV1 {
    id: Shown,
    fingerprint: Shown,
    label: Shown,
    why: Shown,
}

impl AdviceV1 {
    pub(super) fn of(advice: &Advice) -> Self {
        Self {
            upgrades: advice.upgrades.iter().map(UpgradeV1::of).collect(),
            at_least: advice.at_least,
            cleared: advice.cleared(),
            uncleared: advice.uncleared.iter().map(UnclearedV1::of).collect(),
        }
    }
}

impl UpgradeV1 {
    fn of(upgrade: &Upgrade) -> Self {
        Self {
            ecosystem: upgrade.ecosystem.purl_type(),
            name: shown(&upgrade.name),
            to: shown(&upgrade.to),
            steps: upgrade.steps.iter().map(StepV1::of).collect(),
            remaining: all_shown(&upgrade.remaining),
        }
    }
}

impl StepV1 {
    fn of(step: &Step) -> Self {
        Self {
            purl: shown_purl(&step.purl),
            from: shown(&step.from),
            compatible: step.is_compatible,
            compatible_instead: step.compatible_instead.as_deref().map(shown),
            means: step.means.as_str(),
            through: all_shown(&step.through),
            commands: step.commands.iter().map(CommandV1::of).collect(),
            clears: step.clears.iter().map(ClearedV1::of).collect(),
        }
    }
}

impl CommandV1 {
    fn of(command: &ClientCommand) -> Self {
        Self {
            directory: shown(&command.directory),
            text: shown(&command.text),
        }
    }
}

impl ClearedV1 {
    fn of(cleared: &Cleared) -> Self {
        Self {
            id: shown(&cleared.id),
            fingerprint: shown(&cleared.fingerprint),
        }
    }
}

impl UnclearedV1 {
    fn of(uncleared: &Uncleared) -> Self {
        Self {
            id: shown(&uncleared.id),
            fingerprint: shown(&uncleared.fingerprint),
            label: shown(&uncleared.label),
            why: shown(&uncleared.why),
        }
    }
}
