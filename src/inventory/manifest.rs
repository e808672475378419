//! Manifests of the ecosystems beyond Cargo, npm and Python: whether one asks for packages
//! that a lockfile should list. They are looked at, never run; where a script is not plain,
//! it does.

use super::json_tree;
use super::yaml;

/// Names of files, with the purl type of the lockfiles that cover them.
pub const NAMES: &[(&str, &str)] = &[
    ("Gemfile", "gem"),
    ("gems.rb", "gem"),
    ("composer.json", "composer"),
    ("build.gradle", "maven"),
    ("build.gradle.kts", "maven"),
    ("mix.exs", "hex"),
    ("pubspec.yaml", "pub"),
    ("Package.swift", "swift"),
    ("*.csproj", "nuget"),
    ("*.fsproj", "nuget"),
    ("*.vbproj", "nuget"),
];

/// The purl type of the lockfiles that cover a file, if it is a manifest.
#[must_use]
pub fn kind_of(file: &str) -> Option<&'static str> {
    let is_it = |name: &str| match name.strip_prefix('*') {
        Some(ending) => file.ends_with(ending),
        None => file == name,
    };
    let (_, kind) = NAMES.iter().find(|(name, _)| is_it(name))?;
    Some(kind)
}

/// Whether each project of a build has a lockfile of its own, so that one above does not
/// cover it.
#[must_use]
pub fn is_per_project(kind: &str) -> bool {
    matches!(kind, "maven" | "nuget")
}

/// Whether a manifest asks for packages. One that cannot be understood does.
#[must_use]
pub fn wants_lockfile(kind: &str, text: &str) -> bool {
    match kind {
        "composer" => composer(text),
        "pub" => pubspec(text),
        "gem" => code_lines(text, "#").any(|line| {
            ["gem ", "gem(", "gemspec"]
                .iter()
                .any(|word| line.starts_with(word))
        }),
        "maven" => code_lines(text, "//").any(|line| {
            let block = line.strip_prefix("dependencies").map(str::trim_start);
            block.is_some_and(|rest| rest.starts_with('{') || rest.is_empty())
        }),
        // A dependency is a tuple `{:name, …}`.
        "hex" => code_lines(text, "#").any(|line| line.contains("{:")),
        "swift" => {
            code_lines(text, "//").any(|line| line.contains(".package(") && !line.contains("path:"))
        }
        "nuget" => text.contains("<PackageReference"),
        _ => false,
    }
}

/// What to do where the lockfile is missing.
#[must_use]
pub fn remedy(kind: &str) -> &'static str {
    match kind {
        "gem" => "run `bundle lock` and commit Gemfile.lock",
        "composer" => "run `composer update --no-install` and commit composer.lock",
        "maven" => {
            "lock all configurations (`dependencyLocking`), run `gradle dependencies --write-locks` and commit gradle.lockfile"
        }
        "hex" => "run `mix deps.get` and commit mix.lock",
        "pub" => "run `dart pub get` and commit pubspec.lock",
        "swift" => "run `swift package resolve` and commit Package.resolved",
        _ => {
            "set `RestorePackagesWithLockFile`, run `dotnet restore` and commit packages.lock.json"
        }
    }
}

fn code_lines<'t>(text: &'t str, comment: &'t str) -> impl Iterator<Item = &'t str> {
    text.lines()
        .map(str::trim)
        .filter(move |line| !line.starts_with(comment))
}

fn composer(text: &str) -> bool {
    let document = json_tree::parse(text);
    // Without a slash it is PHP itself, or a part of it.
    let mut names = ["require", "require-dev"]
        .into_iter()
        .filter_map(|key| document.root.value(key))
        .flat_map(json_tree::Node::members);
    document.broken.is_some() || names.any(|member| member.key.contains('/'))
}

fn pubspec(text: &str) -> bool {
    let stream = yaml::parse(text);
    let mut names = stream
        .documents
        .iter()
        .flat_map(|root| {
            ["dependencies", "dev_dependencies"]
                .into_iter()
                .filter_map(|key| root.value(key))
        })
        .flat_map(yaml::Node::members);
    stream.broken.is_some() || names.any(|member| member.value.value("sdk").is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_without_packages_wants_no_lockfile() {
        for (file, without, with) in [
            ("Gemfile", "source 'x'\n# gem 'a'\n", "  gem 'a'\n"),
            (
                "composer.json",
                "{\"require\": {\"php\": \"8\"}}",
                "{\"require\": {\"a/b\": \"1\"}}",
            ),
            ("composer.json", "{}", "{"),
            (
                "build.gradle",
                "plugins {}\n// dependencies {\n",
                "dependencies {\n",
            ),
            (
                "build.gradle.kts",
                "val dependencies = 1\n",
                "buildscript {\n  dependencies{\n",
            ),
            ("mix.exs", "defp deps, do: []\n", "  {:jason, \"~> 1.0\"}\n"),
            (
                "pubspec.yaml",
                "dependencies:\n  flutter: {sdk: flutter}\n",
                "dev_dependencies:\n  lints: any\n",
            ),
            ("pubspec.yaml", "name: a\n", "a: [\n"),
            (
                "Package.swift",
                ".package(path: \"../x\")",
                ".package(url: \"https://h.example/x\", from: \"1.0.0\")",
            ),
            (
                "App.csproj",
                "<Project/>",
                "<PackageReference Include=\"A\"/>",
            ),
        ] {
            let kind = kind_of(file).unwrap();
            assert!(!wants_lockfile(kind, without), "{file}: {without}");
            assert!(wants_lockfile(kind, with), "{file}: {with}");
            assert!(!remedy(kind).is_empty());
        }
        assert_eq!(kind_of("build.gradle.txt"), None);
    }
}
