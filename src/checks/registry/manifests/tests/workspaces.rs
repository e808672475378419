//! Workspaces, whose members patterns find, and lockfiles of Ruby and PHP.

use super::{CLASSIC, of_yarn, stale};

#[test]
fn composer_and_bundler_names_are_compared() {
    let manifest = "{\"require\": {\"php\": \">=8\", \"acme/core\": \"^1\",\n\"psr/log-implementation\": \"*\"}}";
    let files = [
        ("composer.json", manifest),
        (
            "composer.lock",
            "{\"packages\": [{\"name\": \"x/y\", \"provide\": {\"psr/log-implementation\": \"1\"}}]}",
        ),
    ];
    assert!(
        stale(
            "composer-lock",
            "composer.lock",
            &files,
            &[("acme/core", "1")]
        )
        .is_empty()
    );
    assert_eq!(
        stale("composer-lock", "composer.lock", &files, &[]),
        ["composer.json:1 acme/core = ^1"]
    );
    let gem = |text: &str| {
        stale(
            "gemfile-lock",
            "Gemfile.lock",
            &[("Gemfile", text)],
            &[("rake", "13")],
        )
    };
    assert!(gem("gem 'rake'\n# gem 'no'\n").is_empty());
    assert_eq!(
        gem("group :test do\n  gem \"rspec\", '~> 3'\nend\n"),
        ["Gemfile:2 gem = rspec"]
    );
    assert!(gem("gem 'x' if ENV['X']\n").is_empty());
}

const GEMFILE_LOCK: &str = "GEM\n  remote: https://gems.example/\n  specs:\n    minitest (5.15.0)\n    power_assert (2.0.1)\n    rake (13.0.6)\n\nPLATFORMS\n  x86_64-linux\n\nDEPENDENCIES\n  local!\n  minitest (= 5.15.0)\n  power_assert\n  rake (~> 13.0, >= 12.0)\n  tzinfo-data\n\nBUNDLED WITH\n   2.3.15\n";

const GEMFILE: &str = "source \"https://gems.example\"\nruby \">= 2.7\"\ngem \"rake\", \">= 12.0\", \"~> 13.0\"\ngem 'tzinfo-data', platforms: %i[mingw mswin]\ngem \"local\", path: \"local\"\ngem \"minitest\", \"5.15.0\", require: false\ngem \"power_assert\"\n";

/// A change of [`GEMFILE`], judged under either name of the two files.
fn gems(from: &str, to: &str) -> Vec<String> {
    assert!(GEMFILE.contains(from), "{from}");
    let text = GEMFILE.replacen(from, to, 1);
    let judge = |manifest: &str, lock: &str| {
        let files = [(manifest, text.as_str()), (lock, GEMFILE_LOCK)];
        stale("gemfile-lock", lock, &files, &[("rake", "13.0.6")])
    };
    let found = judge("Gemfile", "Gemfile.lock");
    assert_eq!(judge("gems.rb", "gems.locked").len(), found.len());
    found
}

#[test]
fn what_a_gemfile_asks_for_is_compared_with_what_bundler_kept_of_it() {
    for (from, to) in [
        ("ruby", "ruby"),
        (
            "\">= 12.0\", \"~> 13.0\"",
            "\"~> 13.0\", '>=12.0.0' # a comment",
        ),
        ("\"5.15.0\"", "\"= 5.15\""),
        ("\"power_assert\"", "\"power_assert\", \">= 0\""),
        ("gem \"power_assert\"", "gem(\"power_assert\")"),
        ("\"power_assert\"", "\"power_assert\", :require => false"),
        ("\"power_assert\"", "\"power_assert\", 'require' => false"),
        ("\"power_assert\"", "\"power_assert\",\n  require: false"),
        (
            "gem \"power_assert\"",
            "group :test do\n  gem \"power_assert\"\nend",
        ),
        // What has to be evaluated.
        ("\"power_assert\"", "\"power_assert\", [\">= 9\"]"),
        ("\"power_assert\"", "\"power_assert\", VERSION"),
        ("\"power_assert\"", "\"power_assert\", \"> #{least}\""),
        (
            "gem \"power_assert\"",
            "gem \"other\" if ENV[\"X\"]\ngem \"power_assert\"",
        ),
        (
            "gem \"power_assert\"",
            "=begin\ngem \"other\"\n=end\ngem \"power_assert\"",
        ),
        ("gem \"power_assert\"", "gemspec"),
        ("gem \"minitest\", \"5.15.0\"", "gemspec\ngem \"minitest\""),
        (
            "gem \"power_assert\"",
            "env CI: true do\n  gem \"other\"\nend\ngem \"power_assert\"",
        ),
    ] {
        assert!(gems(from, to).is_empty(), "{from} {to}");
    }
    for (from, to, says) in [
        ("\">= 12.0\"", "\">= 12.1\"", "Gemfile:3 gem = rake"),
        ("\"~> 13.0\"", "\"~> 13\"", "Gemfile:3 gem = rake"),
        ("\"5.15.0\"", "\">= 5.15.0\"", "Gemfile:6 gem = minitest"),
        (
            "\"power_assert\"",
            "\"power_assert\", \"!= 1.0\"",
            "Gemfile:7 gem = power_assert",
        ),
        (
            "gem \"power_assert\"",
            "gem \"power_assert\"\ngem \"rexml\"",
            "Gemfile:8 gem = rexml",
        ),
        (
            "gem \"power_assert\"\n",
            "",
            "Gemfile.lock:14 gem = power_assert",
        ),
    ] {
        assert_eq!(gems(from, to), [says], "{from} {to}");
    }
}

#[test]
fn members_of_a_cargo_workspace_are_found_by_patterns() {
    let root = "[workspace]\nmembers = [\"crates/*\", \"./x/y/\"]\nexclude = [\"crates/old\"]\n";
    let package = |name: &str| format!("[package]\nname = \"{name}\"\n");
    let (a, y) = (package("a"), package("y"));
    let other = format!("{}[dependencies]\nnone = \"9\"\n", package("other"));
    let judge = |a: &str, more: &[(&str, &str)]| {
        let mut files = vec![
            ("Cargo.toml", root),
            ("crates/a/Cargo.toml", a),
            ("crates/old/Cargo.toml", &other),
            ("crates/a/deeper/Cargo.toml", &other),
            ("elsewhere/Cargo.toml", &other),
            ("x/y/Cargo.toml", &y),
        ];
        files.extend(more);
        let names = [("a", "0.1.0"), ("y", "0.1.0"), ("itoa", "1.0.5")];
        stale("cargo-lock", "Cargo.lock", &files, &names)
    };
    assert!(judge(&a, &[]).is_empty());
    let asks = |version: &str| format!("{a}[dependencies]\nitoa = \"{version}\"\n");
    assert!(judge(&asks("1"), &[]).is_empty());
    assert_eq!(judge(&asks("2"), &[]), ["crates/a/Cargo.toml:4 itoa = 2"]);
    assert_eq!(
        judge(&a, &[("crates/new/Cargo.toml", &other)]),
        ["crates/new/Cargo.toml:2 name = other"]
    );
}

#[test]
fn members_of_a_workspace_of_yarn_1_are_compared() {
    let root = |private: bool, workspaces: &str| {
        format!("{{\"private\": {private}, \"workspaces\": {workspaces}}}")
    };
    let member = |path: &'static str, version: &str| {
        let asked = format!("{{\"name\": \"b\", \"dependencies\": {{\"left\": \"{version}\"}}}}");
        (path, asked)
    };
    let judge = |root: &str, (path, text): (&str, String)| of_yarn(CLASSIC, root, &[(path, &text)]);
    let inside = "packages/b/package.json";
    for workspaces in [
        "[\"packages/*\"]",
        "{\"packages\": [\"./packages/**\"]}",
        "[\"packages/b/\"]",
    ] {
        let private = root(true, workspaces);
        assert!(judge(&private, member(inside, "^1.0.0")).is_empty());
        assert_eq!(
            judge(&private, member(inside, "^2.0.0")),
            ["packages/b/package.json:1 left = ^2.0.0"],
            "{workspaces}"
        );
        // Yarn takes workspaces of private projects only.
        assert!(judge(&root(false, workspaces), member(inside, "^2.0.0")).is_empty());
    }
    let private = root(true, "[\"packages/*\", \"!packages/old\"]");
    for outside in [
        "other/b/package.json",
        "packages/b/in/package.json",
        "packages/old/package.json",
    ] {
        assert!(
            judge(&private, member(outside, "^2.0.0")).is_empty(),
            "{outside}"
        );
    }
}
