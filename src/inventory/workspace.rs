//! Which directories are members of a workspace, by the manifest at its root.

use super::cargo_manifests::CargoManifest;
use super::formats::pom::RawPom;
use super::formats::{DIRECTORY_LIMIT, Neighbours, join};
use super::python::Manifest;
use super::rules;
use super::tree::Tree;
use super::walk::Group;
use super::yaml::{self, Node};
use crate::model::{Gap, Location};
use ignore::overrides::{Override, OverrideBuilder};

/// Patterns that are expanded; each is tried for every directory.
const PATTERN_LIMIT: usize = 1_000;

/// The members of one workspace.
pub struct Members {
    /// Where the workspace is, relative to the root.
    base: String,
    patterns: Override,
}

impl Members {
    /// The members that the manifest in `base` names; none where there is no manifest.
    /// One that cannot be understood is a gap.
    pub fn read(tree: &Tree, group: Group, base: &str, gaps: &mut Vec<Gap>) -> Self {
        let none = Self {
            base: base.to_owned(),
            patterns: Override::empty(),
        };
        let file = match group {
            Group::Cargo => "Cargo.toml",
            Group::Npm => "package.json",
            Group::Python => "pyproject.toml",
            Group::Go => "go.work",
            Group::Other("maven") => "pom.xml",
            Group::Other(_) => return none,
        };
        let path = join(base, file);
        let read = match group {
            Group::Cargo => match tree.cargo_manifest(&path) {
                Ok(None) => return none,
                Ok(Some(manifest)) => Ok(cargo_patterns(&manifest)),
                Err(reason) => Err(reason),
            },
            _ => match tree.read_text(&path) {
                // pnpm does without one at the root.
                Ok(None) if group == Group::Npm => Ok(Vec::new()),
                Ok(None) => return none,
                Ok(Some(file)) => patterns(group, &file.text),
                Err(error) => Err(error.to_string()),
            },
        };
        let read = read.and_then(|mut patterns| {
            if group == Group::Npm {
                patterns.extend(pnpm_patterns(tree, base)?);
            }
            build(&patterns)
        });
        match read {
            Ok(patterns) => Self { patterns, ..none },
            Err(reason) => {
                let message =
                    format!("the workspace members that `{path}` names are not known: {reason}");
                let location = Some(Location::file(&path));
                let rule = &rules::UNREADABLE_LOCKFILE;
                gaps.push(rules::gap(
                    rule,
                    location,
                    &message,
                    Some("correct the file"),
                ));
                none
            }
        }
    }

    /// Whether a directory, relative to the root, is a member.
    pub fn contain(&self, directory: &str) -> bool {
        let inside = if self.base.is_empty() {
            Some(directory)
        } else {
            directory
                .strip_prefix(&self.base)
                .and_then(|rest| rest.strip_prefix('/'))
        };
        inside.is_some_and(|path| self.patterns.matched(path, true).is_whitelist())
    }
}

/// pnpm keeps the patterns of members in a file of its own
/// (<https://pnpm.io/pnpm-workspace_yaml>).
fn pnpm_patterns(tree: &Tree, base: &str) -> Result<Vec<String>, String> {
    let path = join(base, "pnpm-workspace.yaml");
    let file = tree.read_text(&path).map_err(|error| error.to_string())?;
    let Some(file) = file else {
        return Ok(Vec::new());
    };
    let stream = yaml::parse(&file.text);
    if let Some(broken) = stream.broken {
        return Err(format!("{path}:{}: {}", broken.line, broken.reason));
    }
    let packages = stream.documents.iter().filter_map(|d| d.value("packages"));
    let texts = packages.flat_map(|packages| packages.items().iter().filter_map(Node::text));
    Ok(texts.map(str::to_owned).collect())
}

/// The directories below `base` that patterns of members match, sorted, relative to
/// `base`. `node_modules` and `.git` are not looked into.
///
/// # Errors
/// A pattern that cannot be understood, a directory that cannot be listed, or too many.
pub fn expand(
    neighbours: &dyn Neighbours,
    base: &str,
    patterns: &[String],
) -> Result<Vec<String>, String> {
    if patterns.len() > PATTERN_LIMIT {
        return Err(format!("more than {PATTERN_LIMIT} patterns"));
    }
    let members = Members {
        base: String::new(),
        patterns: build(patterns)?,
    };
    let wanted: Vec<&str> = patterns
        .iter()
        .filter(|pattern| !pattern.starts_with('!'))
        .map(|pattern| pattern.trim_start_matches("./").trim_end_matches('/'))
        .collect();
    let mut found = Vec::new();
    let mut waiting = vec![String::new()];
    let mut seen = 0_usize;
    while let Some(directory) = waiting.pop() {
        let listed = if directory.is_empty() {
            neighbours.directories(base)?
        } else {
            neighbours.directories(&join(base, &directory))?
        };
        for name in listed {
            let inside = join(&directory, &name);
            if matches!(name.as_str(), "node_modules" | ".git")
                || !wanted.iter().any(|pattern| may_lead(pattern, &inside))
            {
                continue;
            }
            seen += 1;
            if seen > DIRECTORY_LIMIT {
                return Err(format!("more than {DIRECTORY_LIMIT} directories"));
            }
            if members.contain(&inside) {
                found.push(inside.clone());
            }
            waiting.push(inside);
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a directory, or one below it, may match a pattern.
fn may_lead(pattern: &str, directory: &str) -> bool {
    let mut parts = pattern.split('/');
    for name in directory.split('/') {
        match parts.next() {
            None => return false,
            Some("**") => return true,
            // Alternatives and classes may hold slashes; the matcher decides.
            Some(part) if part.contains(['{', '[']) => return true,
            Some(part) if part.contains(['*', '?', '\\']) || part == name => {}
            Some(_) => return false,
        }
    }
    true
}

/// Patterns of members; a leading `!` excludes.
fn patterns(group: Group, text: &str) -> Result<Vec<String>, String> {
    match group {
        Group::Cargo => CargoManifest::parse(text)
            .map(|manifest| cargo_patterns(&manifest))
            .map_err(|error| error.reason),
        Group::Npm => {
            let manifest: serde_json::Value =
                serde_json::from_str(text).map_err(|error| error.to_string())?;
            let workspaces = manifest.get("workspaces");
            let list = workspaces.map(|value| value.get("packages").unwrap_or(value));
            let list = list.and_then(serde_json::Value::as_array);
            let texts = list.into_iter().flatten().filter_map(|item| item.as_str());
            Ok(texts.map(str::to_owned).collect())
        }
        Group::Python => {
            let manifest = Manifest::parse(text).ok_or("it is not valid TOML")?;
            let (members, excluded) = manifest.workspace;
            Ok(with_excluded(members, excluded))
        }
        Group::Go => Ok(super::formats::go_mod::used_directories(text)),
        Group::Other("maven") => maven_modules(text),
        Group::Other(_) => Ok(Vec::new()),
    }
}

fn cargo_patterns(manifest: &CargoManifest) -> Vec<String> {
    let workspace = manifest.workspace.as_ref();
    workspace.map_or_else(Vec::new, |workspace| {
        with_excluded(workspace.members.clone(), workspace.exclude.clone())
    })
}

/// The directories of the modules of a pom. Modules outside its directory have no lockfile
/// above them that could leave them out.
fn maven_modules(text: &str) -> Result<Vec<String>, String> {
    let pom = RawPom::parse(text).map_err(|error| error.reason)?;
    let directories = pom
        .all_modules()
        .map(|module| match module.rsplit_once('/') {
            Some((directory, file)) if file.ends_with(".xml") => directory,
            _ => module,
        });
    let inside = directories.filter(|directory| !directory.split('/').any(|part| part == ".."));
    Ok(inside.map(without_patterns).collect())
}

/// A path with the characters that mean something in a pattern taken as themselves.
fn without_patterns(path: &str) -> String {
    let mut escaped = String::new();
    for c in path.chars() {
        if matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | '!' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn with_excluded(mut members: Vec<String>, excluded: Vec<String>) -> Vec<String> {
    members.extend(excluded.into_iter().map(|path| format!("!{path}")));
    members
}

fn build(patterns: &[String]) -> Result<Override, String> {
    // The base of an override set is only stripped from paths; ours are relative.
    let mut builder = OverrideBuilder::new("");
    for pattern in patterns {
        let (not, pattern) = match pattern.strip_prefix('!') {
            Some(pattern) => ("!", pattern),
            None => ("", pattern.as_str()),
        };
        let pattern = pattern.trim_start_matches("./").trim_end_matches('/');
        if pattern.is_empty() || pattern == "." {
            continue;
        }
        builder
            .add(&format!("{not}/{pattern}"))
            .map_err(|error| error.to_string())?;
    }
    builder.build().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::formats::testing::Files;

    #[test]
    fn patterns_are_expanded_without_a_look_into_other_directories() {
        let files = Files::of(&[
            ("w/packages/a/package.json", ""),
            ("w/packages/b/deep/package.json", ""),
            ("w/packages/old/package.json", ""),
            ("w/libs/x/y/package.json", ""),
            ("w/libs/x/node_modules/z/package.json", ""),
            ("w/other/c/package.json", ""),
        ]);
        let expand = |patterns: &[&str]| {
            let patterns: Vec<String> = patterns.iter().map(|p| (*p).to_owned()).collect();
            expand(&files, "w", &patterns)
        };
        let found = expand(&["./packages/*", "libs/**", "!packages/old"]).unwrap();
        assert_eq!(found, ["libs/x", "libs/x/y", "packages/a", "packages/b"]);
        assert_eq!(expand(&["other/{c,d}"]).unwrap(), ["other/c"]);
        assert!(expand(&["a["]).is_err() && expand(&["a"; 1001]).is_err());
        assert!(!may_lead("packages/*", "other") && !may_lead("packages/*", "packages/a/b"));
    }

    #[test]
    fn members_of_a_pnpm_workspace_stand_in_a_file_of_their_own() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            crate::support::files::write_atomic(&directory.path().join(name), text.as_bytes())
                .unwrap();
        };
        write("package.json", "{}");
        write("pnpm-workspace.yaml", "packages:\n  - 'p/*'\n  - '!p/x'\n");
        let tree = Tree::new(directory.path());
        let mut gaps = Vec::new();
        let members = Members::read(&tree, Group::Npm, "", &mut gaps);
        assert!(members.contain("p/a") && !members.contain("p/x") && gaps.is_empty());
        write("pnpm-workspace.yaml", "packages: [\n");
        let tree = Tree::new(directory.path());
        Members::read(&tree, Group::Npm, "", &mut gaps);
        assert_eq!(gaps.len(), 1);
    }

    fn members(group: Group, text: &str) -> Members {
        Members {
            base: "w".to_owned(),
            patterns: build(&patterns(group, text).unwrap()).unwrap(),
        }
    }

    #[test]
    fn each_kind_of_workspace_names_its_members() {
        let cargo = members(
            Group::Cargo,
            "[workspace]\nmembers = ['crates/*', 'x']\nexclude = ['crates/old']\n",
        );
        assert!(cargo.contain("w/crates/a") && cargo.contain("w/x"));
        assert!(!cargo.contain("w/crates/old") && !cargo.contain("w/crates/a/b"));
        assert!(!cargo.contain("crates/a") && !cargo.contain("wx/x"));
        let npm = members(Group::Npm, r#"{"workspaces": {"packages": ["./p/**"]}}"#);
        assert!(npm.contain("w/p/a/b") && !npm.contain("w/q"));
        let uv = members(Group::Python, "[tool.uv.workspace]\nmembers = ['libs/*']\n");
        assert!(uv.contain("w/libs/a") && !uv.contain("w/libs"));
        let go = members(Group::Go, "go 1.22\nuse (\n\t.\n\t./cmd/a // x\n)\n");
        assert!(go.contain("w/cmd/a") && !go.contain("w/cmd"));
        let maven = members(
            Group::Other("maven"),
            "<project><artifactId>p</artifactId>
             <modules><module>a/b</module><module>c/pom.xml</module><module>d*</module></modules>
             <profiles><profile><modules><module>./e</module></modules></profile></profiles>
             </project>",
        );
        assert!(maven.contain("w/a/b") && maven.contain("w/c") && maven.contain("w/e"));
        assert!(maven.contain("w/d*") && !maven.contain("w/dx") && !maven.contain("w/a"));
        assert!(!members(Group::Npm, "{}").contain("w/a"));
        assert!(patterns(Group::Npm, "{").is_err());
        assert!(build(&["a[".to_owned()]).is_err());
    }
}
