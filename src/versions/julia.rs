//! Julia's `VersionNumber` (<https://github.com/JuliaLang/julia>, `base/version.jl`):
//! semver in which builds are ordered, since they tell the builds of a JLL package apart
//! (`1.2.13+0`, `1.2.13+1`); the dash before a pre-release may be missing; `1.2.3-` comes
//! before every `1.2.3…`, and `1.2.3+` after every one.

use super::Incomparable;
use super::number::Number;
use super::semver::{Identifier, SemverVersion};

pub(super) fn parse(text: &str) -> Result<SemverVersion, Incomparable> {
    read(text.trim()).ok_or_else(|| Incomparable::new(text, "it is not a Julia version"))
}

fn read(text: &str) -> Option<SemverVersion> {
    let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let (major, mut rest) = Number::split_from(text);
    let mut core = [major?, Number::ZERO, Number::ZERO];
    for slot in core.iter_mut().skip(1) {
        let Some((Some(number), after)) = rest.strip_prefix('.').map(Number::split_from) else {
            break;
        };
        *slot = number;
        rest = after;
    }
    let (dash, build) = match rest.split_once('+') {
        Some((dash, build)) => (dash, Some(build)),
        None => (rest, None),
    };
    let dash = match dash {
        "" => Vec::new(),
        "-" if build.is_none() => vec![Identifier::Lowest],
        _ if dash.starts_with(|c: char| c.is_ascii_alphabetic()) => Identifier::parse_list(dash)?,
        _ => Identifier::parse_list(dash.strip_prefix('-')?)?,
    };
    let build = match build {
        None => Vec::new(),
        Some("") => vec![Identifier::Highest],
        Some(build) => Identifier::parse_list(build)?,
    };
    Some(SemverVersion::of_parts(core, dash, build))
}
