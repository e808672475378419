//! Which upgrades clear what blocks.

use super::{BOLD, Options};
use crate::model::Report;
use crate::report::{advice, text};

/// Upgrades, and findings that none clears, that are shown.
const LINES: usize = 20;

pub(super) fn render(out: &mut String, report: &Report, options: &Options) {
    let Some(found) = &report.advice else {
        return;
    };
    let limit = if options.show_all { usize::MAX } else { LINES };
    let title = advice::title(report, found);
    out.push_str(&format!("{}\n", options.paint(BOLD, &title)));
    for upgrade in found.upgrades.iter().take(limit) {
        out.push_str(&format!(
            "  {}\n",
            options.paint(BOLD, &advice::upgrade(upgrade))
        ));
        for step in &upgrade.steps {
            out.push_str(&format!(
                "    {}: clears {}\n",
                advice::step(step),
                advice::clears(step)
            ));
            for command in &step.commands {
                out.push_str(&format!("      {}\n", advice::command(command)));
            }
        }
    }
    more(out, found.upgrades.len().saturating_sub(limit));
    if !found.uncleared.is_empty() {
        out.push_str(&format!(
            "  not cleared ({})\n",
            text::grouped(found.uncleared.len() as u64)
        ));
    }
    for uncleared in found.uncleared.iter().take(limit) {
        out.push_str(&format!(
            "    {} {}: {}\n",
            text::clipped(&uncleared.label, 120),
            text::clipped(&uncleared.id, 120),
            text::line(&uncleared.why),
        ));
    }
    more(out, found.uncleared.len().saturating_sub(limit));
    out.push('\n');
}

fn more(out: &mut String, number: usize) {
    if number > 0 {
        out.push_str(&format!(
            "    ... and {} more: use --format json\n",
            text::grouped(number as u64)
        ));
    }
}
