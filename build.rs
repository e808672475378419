//! Embeds what the program carries as data: the page of every rule.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    embed_rule_pages(&root.join("docs/rules"), &out.join("rule_pages.rs"))
}

/// Writes `RULE_PAGES`, a sorted table of (rule id, page), for `sealgate explain`.
#[expect(
    clippy::disallowed_methods,
    reason = "a half-written file in OUT_DIR ends with the build that wrote it"
)]
fn embed_rule_pages(pages: &Path, target: &Path) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", pages.display());
    let mut entries = Vec::new();
    for room in sorted_entries(pages)? {
        println!("cargo::rerun-if-changed={}", room.display());
        for page in sorted_entries(&room)? {
            if page.extension().is_some_and(|extension| extension == "md") {
                entries.push((room.clone(), page));
            }
        }
    }
    let mut code = String::from("pub(super) static RULE_PAGES: &[(&str, &str)] = &[\n");
    for (room, page) in entries {
        let name = |path: &Path| {
            path.file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        };
        let id = format!("{}/{}", name(&room), name(&page));
        let _ = writeln!(
            code,
            "    ({id:?}, include_str!({:?})),",
            page.display().to_string()
        );
    }
    code.push_str("];\n");
    fs::write(target, code)
}

fn sorted_entries(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    if directory.is_dir() {
        for entry in fs::read_dir(directory)? {
            paths.push(entry?.path());
        }
    }
    paths.sort();
    Ok(paths)
}
