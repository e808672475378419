//! Options that let an inventory say more than lockfiles and manifests do.

use super::exit::{CliError, Exit};
use super::input::Kind;
use super::settings::Settings;
use crate::inventory::{self, Caches, WithCargo};
use std::path::PathBuf;

/// What to read beyond the tree. Without any of these the result is the same on every
/// machine.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Depth {
    /// Also read licences and build scripts from this machine's package caches: Cargo's
    /// registry, Go's modules, ~/.m2, and `node_modules` and virtual environments in the
    /// tree. The result then depends on what they hold
    #[arg(long)]
    pub read_caches: bool,
    /// Read licences from this site-packages directory (repeatable)
    #[arg(long, value_name = "DIR")]
    pub site_packages: Vec<PathBuf>,
    /// Ask `cargo metadata` for dependency kinds, features and build scripts. Runs cargo in
    /// the tree, whose configuration can start programs: only for trees that you would build
    #[arg(long)]
    pub with_cargo: bool,
}

impl Depth {
    /// The options of an inventory of something of this kind, with these parts of a
    /// directory included. Options that have no meaning for it are errors: whoever gives
    /// them expects something of them.
    ///
    /// # Errors
    /// Exit 2 for parts of a directory, or caches beside lockfiles, where there is none; and
    /// as [`Depth::apply`].
    pub fn options(
        &self,
        include: &[String],
        kind: Kind,
        settings: &Settings,
    ) -> Result<inventory::Options, CliError> {
        let usage = |message: &str| CliError::new(Exit::Usage, message);
        if kind != Kind::Tree && !include.is_empty() {
            return Err(usage(
                "--include names parts of a directory, and this is a file",
            ));
        }
        let is_deep = self.read_caches || self.with_cargo || !self.site_packages.is_empty();
        if is_deep && !matches!(kind, Kind::Tree | Kind::Lockfile) {
            return Err(usage(
                "--read-caches, --site-packages and --with-cargo add to lockfiles, and this is none",
            ));
        }
        let mut options = inventory::Options {
            include: include.to_vec(),
            ..inventory::Options::default()
        };
        self.apply(settings, &mut options)?;
        Ok(options)
    }

    /// Adds what was asked for to the options of an inventory.
    ///
    /// # Errors
    /// Exit 2 where a directory that was named is none, or there is no cargo.
    pub fn apply(
        &self,
        settings: &Settings,
        options: &mut inventory::Options,
    ) -> Result<(), CliError> {
        if self.read_caches {
            options.caches = settings.caches.clone();
            options
                .maven_repository
                .clone_from(&settings.caches.maven_repository);
        }
        for directory in &self.site_packages {
            if !directory.is_dir() {
                return Err(CliError::new(
                    Exit::Usage,
                    format!("--site-packages: `{}` is no directory", directory.display()),
                )
                .with_hint("name the directory that holds the `*.dist-info` directories"));
            }
        }
        options
            .caches
            .site_packages
            .extend(self.site_packages.iter().cloned());
        if self.with_cargo {
            let program = settings.cargo.clone().ok_or_else(|| {
                CliError::new(Exit::Usage, "--with-cargo: no cargo in the PATH")
                    .with_hint("install cargo, or leave --with-cargo out")
            })?;
            options.with_cargo = Some(WithCargo::new(program));
        }
        Ok(())
    }
}

impl Settings {
    /// The caches of this user: where the package managers' own variables and defaults say.
    pub(super) fn caches(variable: &dyn Fn(&str) -> Option<std::ffi::OsString>) -> Caches {
        let absolute = |name: &str| {
            variable(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        let home = absolute("HOME").or_else(|| absolute("USERPROFILE"));
        let below_home = |path: &str| home.as_ref().map(|home| home.join(path));
        // `GOPATH` is a list; go keeps modules below its first entry.
        let go_path = variable("GOPATH")
            .and_then(|list| std::env::split_paths(&list).next())
            .filter(|path| path.is_absolute())
            .or_else(|| below_home("go"));
        Caches {
            in_tree: true,
            cargo_home: absolute("CARGO_HOME").or_else(|| below_home(".cargo")),
            site_packages: Vec::new(),
            go_modules: absolute("GOMODCACHE").or_else(|| go_path.map(|go| go.join("pkg/mod"))),
            maven_repository: below_home(".m2/repository"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    fn caches(variables: &[(&str, &str)]) -> Caches {
        Settings::caches(&|name| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn caches_are_where_the_package_managers_look() {
        let defaults = caches(&[("HOME", "/h"), ("CARGO_HOME", "relative")]);
        assert_eq!(defaults.cargo_home, Some("/h/.cargo".into()));
        assert_eq!(defaults.go_modules, Some("/h/go/pkg/mod".into()));
        assert_eq!(defaults.maven_repository, Some("/h/.m2/repository".into()));
        let named = caches(&[("HOME", "/h"), ("CARGO_HOME", "/c"), ("GOPATH", "/g:/x")]);
        assert_eq!(named.cargo_home, Some("/c".into()));
        assert_eq!(named.go_modules, Some("/g/pkg/mod".into()));
        let go = caches(&[("GOMODCACHE", "/m"), ("GOPATH", "/g")]);
        assert_eq!(go.go_modules, Some("/m".into()));
        assert_eq!(caches(&[]).cargo_home, None);
    }
}
