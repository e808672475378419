//! Go: `GOPROXY` and its like, from the environment and `go env -w`
//! (<https://go.dev/ref/mod#environment-variables>). The go command reads no file of the
//! tree for these, so without the machine nothing is known.

use super::files::Files;
use super::model::{Client, Effective, Names, Route, Target};
use super::text::{environment, ini, says};
use crate::model::ConfiguredAt;

/// The configuration of go.
pub(super) fn read(files: &Files<'_>) -> Effective {
    let mut effective = Effective::new(Client::Go);
    if !files.reads_machine() {
        effective.routes.push(Route::default(false));
        return effective;
    }
    let kept = match files.variable("GOENV") {
        Some("off") => None,
        Some(path) => files.at(path, "environment:GOENV"),
        None => files.platform_config("go/env"),
    };
    let entries = kept.as_ref().map(|file| ini(&file.text, &['='], false));
    let value = |name: &str| -> Option<(String, ConfiguredAt)> {
        if let Some(value) = files.variable(name) {
            return Some((value.to_owned(), environment(name, value)));
        }
        let file = kept.as_ref()?;
        let entry = entries.iter().flatten().rfind(|entry| entry.key == name)?;
        let place = file.at(entry.line, says(name, &entry.value));
        Some((entry.value.clone(), place))
    };
    let private = value("GONOPROXY").or_else(|| value("GOPRIVATE"));
    if let Some((patterns, place)) = private {
        let names = patterns_of(&patterns);
        if !names.is_empty() {
            effective
                .routes
                .push(Route::new(Names::Patterns(names), Target::ByName, place));
        }
    }
    proxies(value("GOPROXY"), &mut effective);
    weaken(&value, &mut effective);
    effective
}

/// Go's patterns match the beginning of a module path, segment by segment.
fn patterns_of(list: &str) -> Vec<String> {
    list.split(',')
        .map(str::trim)
        .filter(|pattern| !pattern.is_empty())
        .flat_map(|pattern| [pattern.to_owned(), format!("{pattern}/*")])
        .collect()
}

/// Every proxy of the list may answer, and `direct` is what stands behind them.
fn proxies(value: Option<(String, ConfiguredAt)>, effective: &mut Effective) {
    let Some((list, place)) = value else {
        effective.routes.push(Route::default(true));
        return;
    };
    for part in list
        .split([',', '|'])
        .map(str::trim)
        .filter(|p| !p.is_empty())
    {
        let target = match part {
            "off" => Target::Nothing,
            "direct" => Target::ByName,
            address => Target::Address(address.to_owned()),
        };
        let ends = target == Target::Nothing;
        effective
            .routes
            .push(Route::new(Names::All, target, place.clone()));
        if ends {
            break;
        }
    }
}

fn weaken(value: &dyn Fn(&str) -> Option<(String, ConfiguredAt)>, effective: &mut Effective) {
    const NO_DATABASE: &str = "no checksum is compared with the checksum database";
    let is_everything = |list: &str| {
        list.split(',')
            .map(str::trim)
            .any(|pattern| matches!(pattern, "*" | "*.*" | "*/*"))
    };
    if let Some((text, place)) = value("GOSUMDB")
        && text == "off"
    {
        effective.weak(place, true, NO_DATABASE);
    }
    if let Some((text, place)) = value("GONOSUMCHECK")
        && text != "0"
    {
        effective.weak(place, true, NO_DATABASE);
    }
    for name in ["GONOSUMDB", "GOPRIVATE"] {
        if let Some((text, place)) = value(name)
            && is_everything(&text)
        {
            effective.weak(place, true, NO_DATABASE);
        }
    }
    if let Some((text, place)) = value("GOINSECURE")
        && !text.trim().is_empty()
    {
        let effect = "modules may be fetched without TLS, and certificates are not checked";
        effective.weak(place, true, effect);
    }
    if let Some((text, place)) = value("GOFLAGS") {
        for flag in text.split_whitespace() {
            let (is_severe, effect) = match flag.trim_start_matches('-') {
                "insecure" | "insecure=true" => (
                    true,
                    "modules may be fetched without TLS, and certificates are not checked",
                ),
                "mod=mod" => (
                    false,
                    "go.mod and go.sum are changed by a build instead of compared",
                ),
                _ => continue,
            };
            // The other flags may hold anything.
            let place = ConfiguredAt {
                says: says("GOFLAGS", flag),
                ..place.clone()
            };
            effective.weak(place, is_severe, effect);
        }
    }
}
