//! What a path says about the file behind it: which recognisers make sense in it.

/// How values are written in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Settings: a value needs no quotes.
    Settings,
    /// Shell and its kin: a value needs no quotes after `NAME=`.
    Shell,
    /// Programs, JSON, XML: a value is quoted, or between tags.
    Code,
    /// Text for people.
    Prose,
    /// A lockfile: full of hashes.
    Lockfile,
    /// Written by a program (minified, source map, table of data): full of noise.
    Generated,
    /// Not text.
    Binary,
}

/// A file as the recognisers see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct FileContext<'a> {
    /// Relative path, `/` separated.
    pub path: &'a str,
    /// The last part of the path.
    pub name: &'a str,
    /// How values are written in it.
    pub format: Format,
    /// A test, an example or documentation: what looks like a password here is often
    /// made up, so guesses count one step less.
    pub made_up: bool,
    /// All bytes are at hand, not a window of a large file.
    pub is_whole: bool,
    /// The tests at the end of the file began before the bytes at hand.
    pub in_tests: bool,
}

const LOCKFILES: &[&str] = &[
    "cargo.lock",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "deno.lock",
    "poetry.lock",
    "pdm.lock",
    "uv.lock",
    "pipfile.lock",
    "pylock.toml",
    "composer.lock",
    "gemfile.lock",
    "go.sum",
    "go.work.sum",
    "gradle.lockfile",
    "packages.lock.json",
    "mix.lock",
    "pubspec.lock",
    "flake.lock",
    "podfile.lock",
    "package.resolved",
    ".terraform.lock.hcl",
    "verification-metadata.xml",
    "sha256sums",
    "checksums.txt",
];

const SETTINGS: &[&str] = &[
    "env",
    "ini",
    "cfg",
    "conf",
    "config",
    "cnf",
    "properties",
    "yaml",
    "yml",
    "settings",
    "rc",
    "prefs",
    "credentials",
    "secrets",
    "tfvars",
];

const SHELL: &[&str] = &[
    "sh", "bash", "zsh", "ksh", "fish", "bat", "cmd", "ps1", "mk",
];

const PROSE: &[&str] = &[
    "md", "markdown", "mdx", "rst", "adoc", "txt", "html", "htm", "tex", "1", "man", "log",
];

const GENERATED: &[&str] = &[
    "map", "svg", "csv", "tsv", "po", "pot", "geojson", "lock", "sum", "snap", "ipynb", "pdf",
    "css", "sql",
];

const MADE_UP_PARTS: &[&str] = &[
    "test",
    "tests",
    "testing",
    "testdata",
    "test-data",
    "test_data",
    "test-fixtures",
    "test_fixtures",
    "test-resources",
    "test_resources",
    "__tests__",
    "__mocks__",
    "__fixtures__",
    "spec",
    "specs",
    "fixture",
    "fixtures",
    "mock",
    "mocks",
    "example",
    "examples",
    "sample",
    "samples",
    "demo",
    "demos",
    "doc",
    "docs",
    "benches",
    "snapshots",
    "e2e",
    "node_modules",
    "vendor",
    "third_party",
];

impl<'a> FileContext<'a> {
    /// Looks at a path and the first bytes of its file.
    pub(super) fn new(path: &'a str, bytes: &[u8]) -> Self {
        let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
        let head = bytes.get(..8192).unwrap_or(bytes);
        let format = if memchr::memchr(0, head).is_some() {
            Format::Binary
        } else {
            format_of(name)
        };
        Self {
            path,
            name,
            format,
            made_up: is_made_up(path, name),
            is_whole: true,
            in_tests: false,
        }
    }

    /// Where the module of tests begins that ends a file of Rust; the end of the bytes
    /// where there is none.
    pub(super) fn tests_from(&self, bytes: &[u8]) -> usize {
        if self.in_tests {
            return 0;
        }
        match self.name.ends_with(".rs") {
            true => memchr::memmem::find_iter(bytes, CONDITION)
                .find(|at| begins_tests(bytes.get(at + CONDITION.len()..).unwrap_or_default()))
                .unwrap_or(bytes.len()),
            false => bytes.len(),
        }
    }
}

/// How what is compiled for tests alone begins in Rust.
const CONDITION: &[u8] = b"\n#[cfg(";

/// Whether `test)]` or `all(test, …)]` is followed by a module that stands in this file.
fn begins_tests(condition: &[u8]) -> bool {
    let head = condition
        .get(..400.min(condition.len()))
        .unwrap_or_default();
    let is_test = ["test)]", "all(test,", "all(test)"]
        .iter()
        .any(|start| head.starts_with(start.as_bytes()));
    let Some(end) = memchr::memmem::find(head, b")]").filter(|_| is_test) else {
        return false;
    };
    let mut rest = head.get(end + 2..).unwrap_or_default().trim_ascii_start();
    // Further attributes: `#[allow(…)]`.
    while rest.starts_with(b"#[") {
        let line = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        rest = rest.get(line..).unwrap_or_default().trim_ascii_start();
    }
    let line = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    let line = rest.get(..line).unwrap_or_default().trim_ascii_end();
    let is_module = [
        b"mod ".as_slice(),
        b"pub mod ",
        b"pub(crate) mod ",
        b"pub(super) mod ",
    ]
    .iter()
    .any(|start| line.starts_with(start));
    // `mod tests;` stands in another file, and what follows it is none of the tests.
    is_module && !line.ends_with(b";")
}

fn format_of(name: &str) -> Format {
    let lower = name.to_ascii_lowercase();
    if LOCKFILES.contains(&lower.as_str()) {
        return Format::Lockfile;
    }
    if lower.ends_with(".min.js") || lower.ends_with(".bundle.js") {
        return Format::Generated;
    }
    // `.env.production`, `app.conf.example`: the ending before the last one counts.
    if lower.starts_with(".env") || lower.contains(".env.") {
        return Format::Settings;
    }
    if matches!(
        lower.as_str(),
        "dockerfile" | "makefile" | "containerfile" | "justfile"
    ) {
        return Format::Shell;
    }
    let Some((_, ending)) = lower.trim_start_matches('.').rsplit_once('.') else {
        // `.bashrc`, `config`, `hub`: files without an ending are settings, if anything.
        return Format::Settings;
    };
    let is = |list: &[&str]| list.contains(&ending);
    if is(SETTINGS) {
        Format::Settings
    } else if is(SHELL) {
        Format::Shell
    } else if is(PROSE) {
        Format::Prose
    } else if is(GENERATED) {
        Format::Generated
    } else {
        Format::Code
    }
}

fn is_made_up(path: &str, name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let directories = path.strip_suffix(name).unwrap_or("");
    let mut words = lower.split(|c: char| !c.is_ascii_alphanumeric());
    if words.any(|word| {
        matches!(
            word,
            "example" | "examples" | "sample" | "fixture" | "dummy"
        )
    }) {
        return true;
    }
    directories
        .split('/')
        .any(|part| MADE_UP_PARTS.contains(&part.to_ascii_lowercase().as_str()))
        || matches!(format_of(name), Format::Prose)
        || [
            "_test.",
            "_tests.",
            ".test.",
            ".spec.",
            "_spec.",
            "test_",
            "tests.",
            "-test.",
            ".example",
            ".sample",
            ".template",
            ".tmpl",
            ".tpl",
            ".dist",
            "example.",
            "sample.",
            "mock",
        ]
        .iter()
        .any(|mark| lower.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_how_values_are_written() {
        let format = |path| FileContext::new(path, b"text").format;
        assert_eq!(format("a/.env"), Format::Settings);
        assert_eq!(format("a/.env.production"), Format::Settings);
        assert_eq!(format(".bashrc"), Format::Settings);
        assert_eq!(format("app/config.yml"), Format::Settings);
        assert_eq!(format("Dockerfile"), Format::Shell);
        assert_eq!(format("src/main.rs"), Format::Code);
        assert_eq!(format("package-lock.json"), Format::Lockfile);
        assert_eq!(format("README.md"), Format::Prose);
        assert_eq!(format("app.min.js"), Format::Generated);
        assert_eq!(FileContext::new("a.env", b"a\0b").format, Format::Binary);
    }

    #[test]
    fn the_tests_at_the_end_of_a_file_of_rust_begin_with_their_module() {
        let from = |path: &str, text: &str| FileContext::new(path, b"").tests_from(text.as_bytes());
        let text = "fn a() {}\n#[cfg(test)]\nuse b;\n#[cfg(test)]\nmod tests {\n}\n";
        assert_eq!(from("src/a.rs", text), text.rfind("\n#[cfg").unwrap());
        assert_eq!(from("src/a.py", text), text.len());
        assert_eq!(from("src/a.rs", "fn a() {}\n"), 10);
        for start in [
            "#[cfg(all(test, feature = \"x\"))]\nmod tests {",
            "#[cfg(test)]\n#[allow(unused)]\npub(crate) mod test {",
        ] {
            assert_eq!(from("src/a.rs", &format!("a\n{start}\n}}\n")), 1, "{start}");
        }
        // What follows these is no test.
        for start in [
            "#[cfg(test)]\nmod tests;",
            "#[cfg(any(test, feature = \"x\"))]\nmod tests {",
            "#[cfg(not(test))]\nmod tests {",
            "#[cfg(test)]\nfn helper() {",
        ] {
            let text = format!("a\n{start}\nb\n");
            assert_eq!(from("src/a.rs", &text), text.len(), "{start}");
        }
    }

    #[test]
    fn tests_examples_and_documentation_are_made_up() {
        let made_up = |path| FileContext::new(path, b"").made_up;
        assert!(made_up("tests/a.rs"));
        assert!(made_up("src/a_test.go"));
        assert!(made_up(".env.example"));
        assert!(made_up("README.md"));
        assert!(made_up("src/rsa/signature_example_private_key.der"));
        assert!(made_up("a/test_data/root.pem"));
        assert!(!made_up("src/latest/a.rs"));
        assert!(!made_up("src/contest.rs"));
        assert!(!made_up(".env"));
    }
}
