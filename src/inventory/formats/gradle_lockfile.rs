//! `gradle.lockfile` and its older form, one file for each configuration below
//! `gradle/dependency-locks/`
//! (<https://docs.gradle.org/current/userguide/dependency_locking.html>), with the
//! checksums of `gradle/verification-metadata.xml`.

pub mod verification;

use super::{AlsoRead, Format, Input, PACKAGE_LIMIT, Package, Parsed, directory_of, join};
use crate::inventory::error::FormatError;
use crate::inventory::rules;
use crate::model::{Ecosystem, Root, Scope};
use std::rc::Rc;
use verification::Verification;

/// The format.
pub struct GradleLockfile;

impl Format for GradleLockfile {
    fn name(&self) -> &'static str {
        "gradle-lockfile"
    }

    fn ecosystem(&self) -> Ecosystem {
        Ecosystem::Maven
    }

    fn has_graph(&self) -> bool {
        false
    }

    fn globs(&self) -> &'static [&'static str] {
        &[
            "gradle.lockfile",
            "*-gradle.lockfile",
            "**/dependency-locks/*.lockfile",
        ]
    }

    fn matches(&self, directory: &str, file: &str) -> bool {
        matches!(
            file,
            "gradle.lockfile" | "buildscript-gradle.lockfile" | "settings-gradle.lockfile"
        ) || (directory == "dependency-locks" && file.ends_with(".lockfile"))
    }

    fn is_per_project(&self) -> bool {
        true
    }

    fn parse(&self, input: &Input<'_>) -> Result<Parsed, FormatError> {
        let mut parsed = Parsed::default();
        let file = input.path.rsplit('/').next().unwrap_or_default();
        let configuration = match file {
            "gradle.lockfile" => None,
            // What a build script itself needs.
            "buildscript-gradle.lockfile" | "settings-gradle.lockfile" => Some(Scope::Build),
            // The older form: the file is named after the configuration.
            older => older.strip_suffix(".lockfile").map(|older| {
                older
                    .strip_prefix("buildscript-")
                    .map_or_else(|| scope_of(older), |_| Scope::Build)
            }),
        };
        for (number, text) in input.text.lines().enumerate() {
            let number = u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1);
            let text = text.trim();
            // The line `empty=` lists the configurations without dependencies.
            if text.is_empty() || text.starts_with('#') || text.starts_with("empty=") {
                continue;
            }
            if parsed.packages.len() >= PACKAGE_LIMIT {
                return Err(FormatError::TooManyPackages {
                    limit: PACKAGE_LIMIT,
                });
            }
            match package(text, number, configuration) {
                Some(package) => parsed.packages.push(package),
                None => parsed.note(
                    &rules::INCOMPLETE_ENTRY,
                    input.path,
                    number,
                    "this line is not `GROUP:NAME:VERSION=CONFIGURATIONS`",
                ),
            }
        }
        // Gradle writes it last into the lockfile of a project, with or without names. Files
        // of single configurations, as Gradle wrote until 6.8, have none.
        let is_whole = input.text.lines().any(|line| line.starts_with("empty="));
        if !is_whole && input.path.ends_with("gradle.lockfile") {
            let last = u32::try_from(input.text.lines().count()).unwrap_or(u32::MAX);
            let message = "the file breaks off: it has no line `empty=`";
            parsed.note(&rules::INCOMPLETE_ENTRY, input.path, last, message);
        }
        add_checksums(input, &mut parsed);
        parsed.root = product(input);
        Ok(parsed)
    }
}

fn package(text: &str, line: u32, configuration: Option<Scope>) -> Option<Package> {
    let (module, configurations) = match text.split_once('=') {
        Some((module, configurations)) => (module, Some(configurations)),
        None => (text, None),
    };
    let mut parts = module.split(':');
    let (group, name, version) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || group.is_empty() || name.is_empty() || version.is_empty() {
        return None;
    }
    // Gradle allows none of these in the name of a configuration: two lines became one.
    let is_odd = |c: char| c.is_control() || c.is_whitespace() || ":=/\\<>\"?*|".contains(c);
    if configurations.is_some_and(|names| names.contains(is_odd)) {
        return None;
    }
    let mut package = Package::new(format!("{group}:{name}"), line);
    package.version = Some(version.to_owned());
    package.scope = match (configuration, configurations) {
        (Some(scope), _) => scope,
        (None, Some(configurations)) => configurations
            .split(',')
            .map(|name| scope_of(name.trim()))
            .min()
            .unwrap_or_default(),
        (None, None) => return None,
    };
    Some(package)
}

/// What a configuration is for, by the names that Gradle's own plugins and the common ones
/// give.
fn scope_of(configuration: &str) -> Scope {
    let words = words(configuration);
    let has = |word: &str| words.iter().any(|known| known == word);
    let first = words.first().map_or("", String::as_str);
    if has("test") || has("tests") || has("jmh") {
        return Scope::Dev;
    }
    if (has("annotation") && has("processor")) || matches!(first, "kapt" | "ksp") {
        return Scope::Build;
    }
    if matches!(
        first,
        "kotlin"
            | "checkstyle"
            | "pmd"
            | "spotbugs"
            | "jacoco"
            | "codenarc"
            | "detekt"
            | "ktlint"
            | "errorprone"
            | "zinc"
    ) {
        return Scope::Build;
    }
    let is_classpath =
        configuration.ends_with("untimeClasspath") || configuration.ends_with("ompileClasspath");
    let is_plain = matches!(
        configuration,
        "compile" | "runtime" | "default" | "implementation" | "api" | "runtimeOnly"
    );
    if is_classpath || is_plain {
        return Scope::Runtime;
    }
    Scope::Unknown
}

/// The words of a name in camel case, lower-case.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for c in name.chars() {
        match words.last_mut() {
            Some(word) if !c.is_uppercase() => word.push(c),
            _ => words.push(c.to_lowercase().collect()),
        }
    }
    words
}

/// Takes the checksums of the nearest `gradle/verification-metadata.xml` at or above the
/// lockfile.
fn add_checksums(input: &Input<'_>, parsed: &mut Parsed) {
    let mut directory = directory_of(input.path);
    let found = loop {
        let path = join(directory, "gradle/verification-metadata.xml");
        match input.maven.verification(&path, input.neighbours) {
            Ok(Some(found)) => break found,
            Ok(None) if directory.is_empty() => return,
            Ok(None) => directory = directory_of(directory),
            Err((line, reason)) => {
                let message = format!("the checksums of `{path}` cannot be read: {reason}");
                parsed.note(&rules::UNREADABLE_LOCKFILE, &path, line, &message);
                return;
            }
        }
    };
    let mut used = 0;
    for package in &mut parsed.packages {
        let version = package.version.as_deref().unwrap_or_default();
        if let Some(checksums) = found.checksums(&package.name, version) {
            package.checksums = checksums.to_vec();
            used += 1;
        }
    }
    note_problems(&found, parsed);
    parsed.also_read.push(AlsoRead {
        path: found.path.clone(),
        format: "gradle-verification-metadata",
        packages: used,
        digest: found.digest.clone(),
    });
}

fn note_problems(found: &Rc<Verification>, parsed: &mut Parsed) {
    for (line, message) in &found.problems {
        parsed.note(&rules::INCOMPLETE_ENTRY, &found.path, *line, message);
    }
}

/// The name that the settings script gives as plain text.
fn product(input: &Input<'_>) -> Option<Root> {
    let directory = directory_of(input.path);
    let script = ["settings.gradle", "settings.gradle.kts"]
        .into_iter()
        .find_map(|file| input.neighbours.read(&join(directory, file)).ok().flatten())?;
    let value = script
        .text
        .lines()
        .find_map(|line| line.trim().strip_prefix("rootProject.name"))?;
    let value = value.trim_start().strip_prefix('=')?.trim();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (name, _) = value.strip_prefix(quote)?.split_once(quote)?;
    (!name.is_empty() && !name.contains('$')).then(|| Root {
        name: name.to_owned(),
        version: None,
    })
}

#[cfg(test)]
mod tests;
