//! Upgrades in the shape of `sealgate/report/v1`.

use super::shown::{AllShown, Shown, all_shown, shown, shown_purl};
use crate::model::{Advice, Cleared, ClientCommand, Step, Uncleared, Upgrade};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct AdviceV1<'a> {
    upgrades: Vec<UpgradeV1<'a>>,
    /// No set with fewer upgrades clears as much.
    at_least: usize,
    cleared: usize,
    uncleared: Vec<UnclearedV1<'a>>,
}

#[derive(Serialize)]
struct UpgradeV1<'a> {
    ecosystem: &'static str,
    name: Shown<'a>,
    to: Shown<'a>,
    steps: Vec<StepV1<'a>>,
    remaining: AllShown<'a>,
}

#[derive(Serialize)]
struct StepV1<'a> {
    purl: Shown<'a>,
    from: Shown<'a>,
    compatible: bool,
    compatible_instead: Option<Shown<'a>>,
    means: &'static str,
    through: AllShown<'a>,
    commands: Vec<CommandV1<'a>>,
    clears: Vec<ClearedV1<'a>>,
}

#[derive(Serialize)]
struct CommandV1<'a> {
    directory: Shown<'a>,
    text: Shown<'a>,
}

#[derive(Serialize)]
struct ClearedV1<'a> {
    id: Shown<'a>,
    fingerprint: Shown<'a>,
}

#[derive(Serialize)]
struct UnclearedV1<'a> {
    id: Shown<'a>,
    fingerprint: Shown<'a>,
    label: Shown<'a>,
    why: Shown<'a>,
}

impl<'a> AdviceV1<'a> {
    pub(super) fn of(advice: &'a Advice) -> Self {
        Self {
            upgrades: advice.upgrades.iter().map(UpgradeV1::of).collect(),
            at_least: advice.at_least,
            cleared: advice.cleared(),
            uncleared: advice.uncleared.iter().map(UnclearedV1::of).collect(),
        }
    }
}

impl<'a> UpgradeV1<'a> {
    fn of(upgrade: &'a Upgrade) -> Self {
        Self {
            ecosystem: upgrade.ecosystem.purl_type(),
            name: shown(&upgrade.name),
            to: shown(&upgrade.to),
            steps: upgrade.steps.iter().map(StepV1::of).collect(),
            remaining: all_shown(&upgrade.remaining),
        }
    }
}

impl<'a> StepV1<'a> {
    fn of(step: &'a Step) -> Self {
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

impl<'a> CommandV1<'a> {
    fn of(command: &'a ClientCommand) -> Self {
        Self {
            directory: shown(&command.directory),
            text: shown(&command.text),
        }
    }
}

impl<'a> ClearedV1<'a> {
    fn of(cleared: &'a Cleared) -> Self {
        Self {
            id: shown(&cleared.id),
            fingerprint: shown(&cleared.fingerprint),
        }
    }
}

impl<'a> UnclearedV1<'a> {
    fn of(uncleared: &'a Uncleared) -> Self {
        Self {
            id: shown(&uncleared.id),
            fingerprint: shown(&uncleared.fingerprint),
            label: shown(&uncleared.label),
            why: shown(&uncleared.why),
        }
    }
}
