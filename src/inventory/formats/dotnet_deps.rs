//! `*.deps.json`, which says what a built .NET program loads
//! (<https://github.com/dotnet/sdk/blob/main/documentation/specs/runtime-configuration-file.md>).

use super::nuget_assets::library::Libraries;
use super::{Format, Input, Parsed};
use crate::inventory::error::FormatError;
use crate::inventory::json_tree;
use crate::model::{ComponentKind, Ecosystem, Root, Scope};

/// The format.
pub struct DotnetDeps;

impl Format for DotnetDeps {
    fn name(&self) -> &'static str {
        "dotnet-deps"
    }

    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Nuget
    }

    fn has_graph(&self) -> bool {
        true
    }

    fn globs(&self) -> &'static [&'static str] {
        &["*.deps.json"]
    }

    fn matches(&self, _directory: &str, file: &str) -> bool {
        file.strip_suffix(".deps.json")
            .is_some_and(|name| !name.is_empty())
    }

    fn parse(&self, input: &Input<'_>) -> Result<Parsed, FormatError> {
        let document = json_tree::parse(input.text);
        let root = &document.root;
        if let Some(error) = &document.broken
            && root.value("libraries").is_none()
        {
            return Err(error.clone().into());
        }
        if root.value("runtimeTarget").is_none() {
            let lists = root.member("libraries").or_else(|| root.member("targets"));
            return match lists {
                Some(list) => Err(FormatError::Shape {
                    line: list.line,
                    reason: "there is no `runtimeTarget`".to_owned(),
                }),
                // Other tools use this ending too; such a file says nothing of .NET.
                None => Ok(Parsed::default()),
            };
        }
        let libraries = Libraries::read(input.path, root)?;
        let file = input.path.rsplit('/').next().unwrap_or_default();
        let program = file.strip_suffix(".deps.json").unwrap_or(file);
        let product = libraries.named(program).first().copied();
        let mut parsed = libraries.parsed;
        parsed.note_repeated(input.path, &document.repeated);
        for (package, compile_only) in parsed.packages.iter_mut().zip(&libraries.compile_only) {
            package.scope = match compile_only {
                Some(true) => Scope::Build,
                _ => Scope::Runtime,
            };
        }
        parsed.root = product
            .and_then(|place| parsed.packages.get(place))
            .filter(|package| package.kind == ComponentKind::Own)
            .map(|package| Root {
                name: package.name.clone(),
                version: package.version.clone(),
            });
        if let Some(broken) = &document.broken {
            parsed.note_broken(input.path, broken.line, &broken.reason);
        }
        Ok(parsed)
    }
}

#[cfg(test)]
mod tests;
