//! Whether Gradle compares what it fetches with `gradle/verification-metadata.xml`
//! (<https://docs.gradle.org/current/userguide/dependency_verification.html>).

use super::super::files::{File, Files};
use super::super::model::Effective;
use super::super::text::says;
use crate::support::xml::{self, Xml};

const PROPERTY: &str = "org.gradle.dependency.verification";

/// What takes the verification of a build away.
pub(super) fn read(files: &Files<'_>, directory: &str, effective: &mut Effective) {
    // The user's file wins over the build's.
    let of_the_user = match files.variable("GRADLE_USER_HOME") {
        Some(_) => files.in_variable("GRADLE_USER_HOME", "gradle.properties"),
        None => files.home(".gradle/gradle.properties"),
    };
    let found = of_the_user
        .into_iter()
        .chain(files.upwards(directory, &["gradle.properties"]));
    for file in found {
        if let Some((value, line)) = property(&file, PROPERTY) {
            if ["off", "lenient"].contains(&value.to_lowercase().as_str()) {
                let place = file.at(line, says(PROPERTY, &value));
                let effect = "a file that differs from its checksum is taken";
                effective.weak(place, true, effect);
            }
            break;
        }
    }
    let metadata = files.upwards(directory, &["gradle/verification-metadata.xml"]);
    let Some(file) = metadata.into_iter().next() else {
        return;
    };
    let document = match Xml::parse(&file.text) {
        Ok(document) => document,
        Err(error) => return files.broken(&file, &error),
    };
    for configuration in xml::children(document.root(), "configuration") {
        if let Some(node) = xml::child(configuration, "verify-metadata")
            && xml::text(node).is_some_and(|text| text.trim() == "false")
        {
            let place = file.at(document.line(node), says("verify-metadata", "false"));
            let effect = "poms and module files are not compared with their checksums";
            effective.weak(place, false, effect);
        }
    }
}

/// The value of a key of a Java properties file, the last if there are several, and its
/// line (`java.util.Properties`: `=`, `:` or white space between the two, a backslash at
/// the end goes on).
fn property(file: &File, key: &str) -> Option<(String, u32)> {
    let mut found = None;
    let mut lines = file.text.lines().zip(1_u32..);
    while let Some((line, number)) = lines.next() {
        let mut whole = line.trim_start().to_owned();
        if whole.starts_with(['#', '!']) {
            continue;
        }
        while is_continued(&whole) {
            whole.pop();
            match lines.next() {
                Some((next, _)) => whole.push_str(next.trim_start()),
                None => break,
            }
        }
        let whole = unescaped(&whole);
        let end = whole.find(['=', ':', ' ', '\t']).unwrap_or(whole.len());
        if whole.get(..end) == Some(key) {
            let rest = whole.get(end..).unwrap_or_default().trim_start();
            let value = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim();
            found = Some((value.to_owned(), number));
        }
    }
    found
}

fn is_continued(line: &str) -> bool {
    let slashes = line.chars().rev().take_while(|c| *c == '\\').count();
    slashes % 2 == 1
}

/// Backslashes taken off, and `\uXXXX` put in place.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('u') => {
                let digits: String = chars.by_ref().take(4).collect();
                let code = u32::from_str_radix(&digits, 16).ok();
                out.extend(code.and_then(char::from_u32));
            }
            other => out.extend(other),
        }
    }
    out
}
