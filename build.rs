//! Embeds what the program carries as data, one function per kind: the page of every
//! rule, and the secret rules, which are checked and written as Rust tables, so that
//! nothing is parsed at start-up and a malformed rule never reaches a release.

use std::error::Error;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

#[path = "src/checks/secrets/shape.rs"]
mod shape;

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    println!("cargo::rerun-if-changed=build.rs");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    embed_rule_pages(&root.join("docs/rules"), &out.join("rule_pages.rs"))?;
    embed_secret_rules()?;
    let sources = digest_of_sources(Path::new("src/checks/secrets"))?;
    println!("cargo::rustc-env=SEALGATE_SECRETS_SOURCES={sources:016x}");
    order_functions(&root.join("link-order.txt"), &out)
}

/// Has the linker put the functions that usual commands run beside each other (written by
/// `benches/link-order.sh`). Else they lie all over the program, and with each of them the
/// system brings in the 64 KB around it: 15 MB in the place of 3 for a check of a lockfile.
///
/// Only lld knows the option, and names are those of one compiler and one target: where the
/// linker refuses, nothing is asked of it, and a name that is not there is passed over.
fn order_functions(list: &Path, out: &Path) -> Result<(), Failure> {
    println!("cargo::rerun-if-changed={}", list.display());
    // With another compiler or linker the answer is another. Cargo compares what it was started
    // with: a linker that it hands on as RUSTC_LINKER may come from a variable of another name.
    for name in [
        "RUSTC",
        "RUSTC_LINKER",
        "CARGO_ENCODED_RUSTFLAGS",
        "RUSTFLAGS",
        "CARGO_BUILD_RUSTFLAGS",
        "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER",
        "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS",
    ] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    if !is("PROFILE", "release") || !is("TARGET", "x86_64-unknown-linux-gnu") || !list.exists() {
        return Ok(());
    }
    let options = [
        format!("-Wl,--symbol-ordering-file={}", list.display()),
        "-Wl,--no-warn-symbol-ordering".to_owned(),
    ];
    write_generated("probe.rs", "fn main() {}\n")?;
    let mut compiler = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    compiler.args(["--target", "x86_64-unknown-linux-gnu", "-o"]);
    compiler.arg(out.join("probe")).arg(out.join("probe.rs"));
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    compiler.args(flags.split('\x1f').filter(|flag| !flag.is_empty()));
    if let Ok(linker) = env::var("RUSTC_LINKER") {
        compiler.arg(format!("-Clinker={linker}"));
    }
    compiler.args(options.iter().map(|option| format!("-Clink-arg={option}")));
    if compiler.output().is_ok_and(|done| done.status.success()) {
        for option in options {
            println!("cargo::rustc-link-arg-bins={option}");
        }
    }
    Ok(())
}

/// Changes with every source and rule of the secret search: what an earlier build found in
/// a commit says nothing about this one.
#[expect(
    clippy::disallowed_methods,
    reason = "the sources of this crate are as large as they are"
)]
fn digest_of_sources(room: &Path) -> io::Result<u64> {
    println!("cargo::rerun-if-changed={}", room.display());
    let mut hasher = DefaultHasher::new();
    let mut open = vec![room.to_owned()];
    while let Some(directory) = open.pop() {
        for path in sorted_entries(&directory)? {
            if path.is_dir() {
                open.push(path);
            } else {
                path.to_string_lossy().hash(&mut hasher);
                fs::read(&path)?.hash(&mut hasher);
            }
        }
    }
    Ok(hasher.finish())
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

/// Writes `secret_rules.rs` (the table of token kinds) and `secret_examples.rs` (their
/// proof, for tests) from `src/checks/secrets/rules/*.toml`.
fn embed_secret_rules() -> Result<(), Failure> {
    println!("cargo::rerun-if-changed=src/checks/secrets/shape.rs");
    let mut rules = String::from("[\n");
    let mut examples = String::from("[\n");
    let mut ids = Vec::new();
    for path in files_in("src/checks/secrets/rules", "toml")? {
        let text = read_text(&path)?;
        let table: toml::Table = text
            .parse()
            .map_err(|e| format!("{}: {e}", path.display()))?;
        embed_provider(&table, &mut rules, &mut examples, &mut ids)
            .map_err(|e| format!("{}: {e}", path.display()))?;
    }
    ids.sort();
    if let Some([twice, _]) = ids.array_windows().find(|[a, b]| a == b) {
        return Err(format!("the token id `{twice}` is used twice").into());
    }
    rules.push(']');
    examples.push(']');
    write_generated("secret_rules.rs", &rules)?;
    write_generated("secret_examples.rs", &examples)
}

fn embed_provider(
    table: &toml::Table,
    rules: &mut String,
    examples: &mut String,
    ids: &mut Vec<String>,
) -> Result<(), Failure> {
    known_keys(table, &["provider", "revoke", "reference", "token"])?;
    check_reference(table)?;
    let provider = text(table, "provider")?;
    let tokens = table
        .get("token")
        .and_then(toml::Value::as_array)
        .ok_or("no [[token]]")?;
    for token in tokens {
        let token = token.as_table().ok_or("a token is not a table")?;
        let id = text(token, "id")?;
        embed_token(provider, text(table, "revoke").ok(), id, token, rules)
            .and_then(|()| embed_examples(id, token, examples))
            .map_err(|e| format!("token `{id}`: {e}"))?;
        ids.push(id.to_owned());
    }
    Ok(())
}

fn embed_token(
    provider: &str,
    revoke: Option<&str>,
    id: &str,
    token: &toml::Table,
    rules: &mut String,
) -> Result<(), Failure> {
    known_keys(
        token,
        &[
            "id",
            "credential",
            "title",
            "shapes",
            "context",
            "words",
            "near",
            "checksum",
            "confidence",
            "severity",
            "revoke",
            "instead",
            "reference",
            "examples",
            "counter_examples",
        ],
    )?;
    if id.is_empty()
        || !id
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    {
        return Err("an id is lower-case words joined by `-`".into());
    }
    let credential = text(token, "credential")?;
    let title = match token.get("title") {
        Some(_) => text(token, "title")?.to_owned(),
        None => format!("{provider} {credential}"),
    };
    let revoke = match token.get("revoke") {
        Some(_) => text(token, "revoke")?,
        None => revoke.ok_or("no `revoke` here or at the top")?,
    };
    check_reference(token)?;
    let remedy = match token.get("instead") {
        Some(_) => format!(
            "Remedy::Replace {{ revoke: {revoke:?}, instead: {:?} }}",
            text(token, "instead")?
        ),
        None => format!("Remedy::Rotate {{ revoke: {revoke:?} }}"),
    };
    let (shapes, context, near) = (
        texts(token, "shapes")?,
        texts(token, "context")?,
        texts(token, "near")?,
    );
    let words = texts(token, "words")?;
    check_shapes(&shapes, &context, &near)?;
    if context.is_empty() && !words.is_empty() {
        return Err("`words` are part of the name that `context` asks for".into());
    }
    let checksum = checksum(token)?;
    writeln!(
        rules,
        "TokenRule {{ kind: Kind {{ id: {id:?}, provider: {provider:?}, credential: {credential:?}, \
         title: {title:?}, rule: &PROVIDER_TOKEN, severity: Severity::{}, remedy: {remedy} }}, \
         shapes: &{shapes:?}, context: &{context:?}, words: &{words:?}, near: &{near:?}, checksum: {checksum}, \
         confidence: Confidence::{} }},",
        word(
            token,
            "severity",
            "high",
            &["critical", "high", "medium", "low", "info"]
        )?,
        word(token, "confidence", "high", &["high", "medium", "low"])?,
    )?;
    Ok(())
}

/// The scheme of a token's checksum or inner structure, as Rust.
fn checksum(token: &toml::Table) -> Result<String, Failure> {
    const SCHEMES: [(&str, &str); 7] = [
        ("github", "GitHub"),
        ("grafana", "Grafana"),
        ("gitlab", "GitLab"),
        ("bech32", "Bech32"),
        ("json", "Json"),
        ("macaroon", "Macaroon"),
        ("snowflake", "Snowflake"),
    ];
    let Some(value) = token.get("checksum") else {
        return Ok("None".to_owned());
    };
    let scheme = SCHEMES
        .into_iter()
        .find(|(name, _)| value.as_str() == Some(name));
    scheme
        .map(|(_, variant)| format!("Some(Checksum::{variant})"))
        .ok_or_else(|| format!("`checksum` is one of {:?}", SCHEMES.map(|(name, _)| name)).into())
}

/// The provider's page about the format or the credential; not embedded, for readers of
/// the rule.
fn check_reference(table: &toml::Table) -> Result<(), Failure> {
    match table.get("reference").map(toml::Value::as_str) {
        None => Ok(()),
        Some(Some(url)) if url.starts_with("https://") => Ok(()),
        Some(_) => Err("`reference` is an https address".into()),
    }
}

fn check_shapes(shapes: &[&str], context: &[&str], near: &[&str]) -> Result<(), Failure> {
    if shapes.is_empty() {
        return Err("no `shapes`".into());
    }
    for text in shapes {
        let shape = shape::Shape::parse(text).map_err(|e| format!("shape `{text}`: {e}"))?;
        if context.is_empty() && near.is_empty() {
            shape.anchor().map_err(|e| format!("shape `{text}`: {e}"))?;
        }
    }
    if context.iter().chain(near).any(|keyword| keyword.len() < 3) {
        return Err("a keyword has three bytes or more".into());
    }
    Ok(())
}

fn embed_examples(id: &str, token: &toml::Table, examples: &mut String) -> Result<(), Failure> {
    let (good, bad) = (texts(token, "examples")?, texts(token, "counter_examples")?);
    if good.is_empty() || bad.is_empty() {
        return Err("it needs `examples` and `counter_examples`".into());
    }
    writeln!(
        examples,
        "Proof {{ id: {id:?}, examples: &{good:?}, counter_examples: &{bad:?} }},"
    )?;
    Ok(())
}

fn known_keys(table: &toml::Table, known: &[&str]) -> Result<(), Failure> {
    match table.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(format!("unknown key `{key}`").into()),
        None => Ok(()),
    }
}

fn text<'t>(table: &'t toml::Table, key: &str) -> Result<&'t str, Failure> {
    let value = table.get(key).and_then(toml::Value::as_str);
    value
        .filter(|text| !text.is_empty())
        .ok_or_else(|| format!("`{key}` is missing or not a text").into())
}

fn texts<'t>(table: &'t toml::Table, key: &str) -> Result<Vec<&'t str>, Failure> {
    let Some(value) = table.get(key) else {
        return Ok(Vec::new());
    };
    let texts: Option<Vec<&str>> = value
        .as_array()
        .and_then(|values| values.iter().map(toml::Value::as_str).collect());
    texts.ok_or_else(|| format!("`{key}` is not a list of texts").into())
}

/// A word of a closed list as the name of an enum variant: `high` gives `High`.
fn word(
    table: &toml::Table,
    key: &str,
    default: &str,
    allowed: &[&str],
) -> Result<String, Failure> {
    let word = match table.get(key) {
        Some(_) => text(table, key)?,
        None => default,
    };
    if !allowed.contains(&word) {
        return Err(format!("`{key}` is one of {allowed:?}, not `{word}`").into());
    }
    let mut characters = word.chars();
    let first = characters.next().map(|c| c.to_ascii_uppercase());
    Ok(first.into_iter().chain(characters).collect())
}

/// The files of a directory with this ending, sorted; the directory itself is watched,
/// so that a new file triggers a build.
fn files_in(directory: &str, ending: &str) -> Result<Vec<PathBuf>, Failure> {
    println!("cargo::rerun-if-changed={directory}");
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == ending) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the sources of this program, read at build time"
)]
fn read_text(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()).into())
}

#[expect(
    clippy::disallowed_methods,
    reason = "cargo's own output directory, written at build time"
)]
fn write_generated(name: &str, text: &str) -> Result<(), Failure> {
    let directory = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    fs::write(Path::new(&directory).join(name), text)?;
    Ok(())
}
