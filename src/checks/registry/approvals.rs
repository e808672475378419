//! What would have to stand under `[registry.approved]` for an origin to be approved.

use super::address::{Address, addresses};
use super::case::Case;
use super::clients::{Route, Target};
use super::effective::Way;
use super::settings::{Approved, Standing, standing, standing_of_address, standing_of_default};
use crate::model::{Ecosystem, Origin};

/// Entries that, added to the list, approve where the package comes from: each registry that
/// may be asked, as narrow as the registry itself. None where no entries do that.
pub(super) fn of(case: &Case<'_>, way: Option<&Way<'_>>) -> Vec<String> {
    let wanted = match way {
        Some(way) => of_routes(case, way.routes()),
        None => of_origin(case),
    };
    let mut entries = wanted.unwrap_or_default();
    entries.sort();
    entries.dedup();
    entries
}

/// `None` where one of the routes cannot be named by an entry.
fn of_routes(case: &Case<'_>, routes: &[&Route]) -> Option<Vec<String>> {
    let mut entries = Vec::new();
    for route in routes {
        let address = match &route.target {
            Target::Address(text) => text.clone(),
            Target::Default if !route.is_certain => return None,
            Target::Default => {
                if standing_of_default(case.approved) == Standing::Outside {
                    entries.push("default".to_owned());
                }
                continue;
            }
            Target::ByName if case.component.ecosystem == Ecosystem::Golang => {
                format!("https://{}", case.component.name)
            }
            Target::Unknown(_) => return None,
            Target::ByName | Target::Local(_) | Target::Nothing => continue,
        };
        if !route.is_certain {
            return None;
        }
        if standing_of_address(&address, case.approved) == Standing::Outside {
            entries.push(entry(&Address::parse(&address)?)?);
        }
    }
    Some(entries)
}

/// The list with the entries must approve the recorded origin, else they are none.
fn of_origin(case: &Case<'_>) -> Option<Vec<String>> {
    let origin = &case.occurrence.origin;
    let has_default = standing_of_default(case.approved) != Standing::Outside;
    let mut entries = Vec::new();
    let mut list = case.approved.to_vec();
    let mut add = |list: &mut Vec<Approved>, text: String| -> Option<()> {
        list.push(Approved::parse(&text).ok()?);
        entries.push(text);
        Some(())
    };
    let is_default = matches!(
        origin,
        Origin::ImpliedDefault | Origin::Registry { default: true, .. }
    );
    if is_default && !has_default {
        add(&mut list, "default".to_owned())?;
    }
    for text in addresses(origin) {
        if standing(origin, &list) != Some(Standing::Outside) {
            break;
        }
        if standing_of_address(text, &list) != Standing::Outside {
            continue;
        }
        let address = Address::parse(text)?;
        let wide = match origin {
            Origin::Registry {
                file: Some(file),
                index,
                ..
            } if file == text => registry_of_file(&address, &case.component.name, index.is_some()),
            _ => address,
        };
        add(&mut list, entry(&wide)?)?;
    }
    (standing(origin, &list) != Some(Standing::Outside)).then_some(entries)
}

/// The registry that serves a package file: what stands before the package's name in the
/// path. Where the name is not in it, the server of the files of an index, else the file.
fn registry_of_file(file: &Address, name: &str, has_index: bool) -> Address {
    let name: Vec<&str> = name.split('/').collect();
    let segments = file.segments();
    let at = segments
        .windows(name.len())
        .position(|window| window.iter().map(String::as_str).eq(name.iter().copied()));
    match (at, has_index) {
        (Some(at), _) => file.above(at),
        (None, true) => file.above(0),
        (None, false) => file.clone(),
    }
}

/// The address as an entry of the policy, if it can be one.
fn entry(address: &Address) -> Option<String> {
    let text = address.to_string();
    let read = Approved::parse(&text).ok()?;
    (read.address() == Some(address)).then_some(text)
}
