//! For people: what blocks in full with its source line, the rest compactly, then what was
//! not checked, what was looked at, and the verdict as the last line.

mod advice;
mod blocks;
mod frame;
mod summary;
#[cfg(test)]
mod tests;

use crate::model::{Decision, Disposition, JudgedFinding, Report};
use anstyle::{AnsiColor, Style};

/// How to lay out the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Columns to lay out for; source lines are cut and advice is wrapped to it. Between 40
    /// and 400 are used.
    pub width: usize,
    /// Write colour codes. A caller that writes through `anstream` can leave it on.
    pub color: bool,
    /// Lines are drawn with ASCII only.
    pub ascii: bool,
    /// Show every reported finding, gap and skipped file instead of the first few.
    pub show_all: bool,
    /// Say of each secret why it counts as one, and why it is no surer.
    pub explain: bool,
}

impl Default for Options {
    /// 100 columns, no colour, ASCII, the first few.
    fn default() -> Self {
        Self {
            width: 100,
            color: false,
            ascii: true,
            show_all: false,
            explain: false,
        }
    }
}

impl Options {
    fn columns(&self) -> usize {
        self.width.clamp(40, 400)
    }

    fn paint(&self, style: Style, text: &str) -> String {
        if self.color {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

const BLUE: Style = AnsiColor::BrightBlue.on_default().bold();
const BOLD: Style = Style::new().bold();
const RED: Style = AnsiColor::Red.on_default().bold();
const GREEN: Style = AnsiColor::Green.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();

/// The report as text that ends with a line break. Findings that block are always shown
/// in full; text from scanned files cannot steer the terminal.
#[must_use]
pub fn render(report: &Report, options: &Options) -> String {
    let mut out = String::new();
    let all = super::text::worst_first(&report.verdict);
    let of = |wanted: Disposition| -> Vec<&JudgedFinding> {
        all.iter()
            .copied()
            .filter(|judged| judged.disposition == wanted)
            .collect()
    };
    for judged in of(Disposition::Block)
        .into_iter()
        .chain(of(Disposition::Inconclusive))
    {
        blocks::finding(&mut out, judged, options);
    }
    blocks::reported(&mut out, &of(Disposition::Report), options);
    blocks::dropped(&mut out, report, options);
    blocks::waived(&mut out, &of(Disposition::Waived), options);
    blocks::gaps(&mut out, report, options);
    blocks::waivers(&mut out, report, options);
    advice::render(&mut out, report, options);
    summary::render(&mut out, report, options);
    verdict(&mut out, report, options);
    out
}

fn verdict(out: &mut String, report: &Report, options: &Options) {
    let (word, style) = match report.verdict.decision {
        Decision::Pass => ("PASS", GREEN),
        Decision::Fail => ("FAIL", RED),
        Decision::Inconclusive => ("INCONCLUSIVE", YELLOW),
    };
    out.push_str(&format!(
        "{}: {} (policy {})\n",
        options.paint(style, word),
        super::text::line(&report.verdict.summary),
        super::text::clipped(&report.policy.name, 80),
    ));
}
