//! What to do with the clients that write lockfiles: text to read, never run.

use crate::model::{
    ClientCommand, Component, Ecosystem, Inventory, LockfileRead, Means, Scope, terminal_safe,
};

/// Formats that people write by hand: to move a version means to edit them, whether or not
/// the product uses the package itself.
const MANIFESTS: [&str; 5] = ["github-actions", "go-mod", "go-work", "pom", "requirements"];

/// What has to be changed for a component to move. `is_direct`: the product asks for it
/// itself.
pub(super) fn means(
    inventory: &Inventory,
    component: &Component,
    is_compatible: bool,
    is_direct: bool,
) -> Means {
    let is_written = lockfiles(inventory, component).any(|lock| MANIFESTS.contains(&lock.format));
    match (is_written, is_compatible, is_direct) {
        (true, ..) | (false, false, true) => Means::Direct,
        (false, true, _) => Means::Lock,
        (false, false, false) => Means::Indirect,
    }
}

/// One text for each lockfile that holds the component and whose client has one. A name or
/// version that is no plain word gets none: what is shown may be pasted into a shell.
pub(super) fn commands(
    inventory: &Inventory,
    component: &Component,
    to: &str,
    means: Means,
) -> Vec<ClientCommand> {
    let from = component.version.as_deref().unwrap_or_default();
    if ![component.name.as_str(), from, to]
        .into_iter()
        .all(is_plain)
    {
        return Vec::new();
    }
    let change = Change {
        ecosystem: component.ecosystem,
        name: &component.name,
        from,
        to,
        means,
        scope: component.scope(),
    };
    let mut commands: Vec<ClientCommand> = lockfiles(inventory, component)
        .filter_map(|lock| {
            let directory = match lock.path.rsplit_once('/') {
                Some((directory, _)) => terminal_safe(directory).into_owned(),
                None => String::new(),
            };
            Some(ClientCommand {
                directory,
                text: change.text(lock)?,
            })
        })
        .collect();
    commands.sort();
    commands.dedup();
    commands
}

fn lockfiles<'i>(
    inventory: &'i Inventory,
    component: &'i Component,
) -> impl Iterator<Item = &'i LockfileRead> {
    component.occurrences.iter().filter_map(|occurrence| {
        let mut lockfiles = inventory.lockfiles.iter();
        lockfiles.find(|lock| lock.path == occurrence.location.path)
    })
}

/// Letters, digits and the marks that names and versions have; not the first mark of an
/// option.
fn is_plain(word: &str) -> bool {
    let is_mark = |c: char| "@/._+:~-".contains(c);
    !word.is_empty()
        && !word.starts_with('-')
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || is_mark(c))
}

struct Change<'a> {
    ecosystem: Ecosystem,
    name: &'a str,
    from: &'a str,
    to: &'a str,
    means: Means,
    /// A requirement that is added in another scope would stand twice.
    scope: Scope,
}

impl Change<'_> {
    /// A flag that says to which requirements a direct one belongs, if it needs one.
    fn if_dev(&self, flag: &'static str) -> &'static str {
        match self.scope {
            Scope::Dev => flag,
            _ => "",
        }
    }

    fn text(&self, lock: &LockfileRead) -> Option<String> {
        match lock.format {
            "cargo-lock" => self.cargo(),
            "package-lock" | "yarn-lock" | "pnpm-lock" | "bun-lock" => self.npm(lock.format),
            "go-mod" | "go-work" => Some(self.go()),
            "requirements" => Some(self.requirements(lock)),
            "uv-lock" | "poetry-lock" | "pdm-lock" | "pipfile-lock" => self.python(lock.format),
            "github-actions" => Some(format!(
                "write `uses: {}@v{}`, or the commit of that tag",
                self.name, self.to
            )),
            "pom" => Some(format!(
                "write `<version>{}</version>` for {}, or manage it in `dependencyManagement`",
                self.to, self.name
            )),
            format => self.other(format),
        }
    }

    fn cargo(&self) -> Option<String> {
        let (name, from, to) = (self.name, self.from, self.to);
        Some(match self.means {
            Means::Lock => format!("cargo update -p {name}@{from} --precise {to}"),
            Means::Direct => match self.scope {
                Scope::Build => format!("cargo add --build {name}@{to}"),
                _ => format!("cargo add{} {name}@{to}", self.if_dev(" --dev")),
            },
            Means::Indirect => return None,
        })
    }

    fn npm(&self, format: &str) -> Option<String> {
        let (name, to) = (self.name, self.to);
        Some(match (format, self.means) {
            ("package-lock", Means::Lock) => format!("npm update {name}"),
            ("package-lock", Means::Direct) => {
                format!("npm install{} {name}@{to}", self.if_dev(" --save-dev"))
            }
            ("package-lock", Means::Indirect) => format!(
                "add `\"overrides\": {{\"{name}\": \"{to}\"}}` to package.json, then npm install"
            ),
            ("yarn-lock", Means::Lock) => {
                format!("yarn up -R {name} (yarn 1: yarn upgrade {name})")
            }
            ("yarn-lock", Means::Direct) => {
                format!("yarn add{} {name}@{to}", self.if_dev(" --dev"))
            }
            ("yarn-lock", Means::Indirect) => format!(
                "add `\"resolutions\": {{\"{name}\": \"{to}\"}}` to package.json, then yarn install"
            ),
            ("pnpm-lock", Means::Lock) => format!("pnpm update {name} --depth Infinity"),
            ("pnpm-lock", Means::Direct) => {
                format!("pnpm add{} {name}@{to}", self.if_dev(" --save-dev"))
            }
            ("pnpm-lock", Means::Indirect) => format!(
                "add `\"overrides\": {{\"{name}\": \"{to}\"}}` to the pnpm settings, then pnpm install"
            ),
            ("bun-lock", Means::Lock) => format!("bun update {name}"),
            ("bun-lock", Means::Direct) => {
                format!("bun add{} {name}@{to}", self.if_dev(" --dev"))
            }
            ("bun-lock", Means::Indirect) => format!(
                "add `\"overrides\": {{\"{name}\": \"{to}\"}}` to package.json, then bun install"
            ),
            _ => return None,
        })
    }

    /// Versions of modules have a `v`, bounds of advisories do not. The standard library
    /// comes with the toolchain.
    fn go(&self) -> String {
        let number = self.to.strip_prefix('v').unwrap_or(self.to);
        match self.name {
            "stdlib" | "toolchain" => format!("go get toolchain@go{number}"),
            name => {
                let suffix = match self.from.ends_with("+incompatible") {
                    true if !number.contains('+') => "+incompatible",
                    _ => "",
                };
                format!("go get {name}@v{number}{suffix} && go mod tidy")
            }
        }
    }

    fn requirements(&self, lock: &LockfileRead) -> String {
        let file = lock.path.rsplit('/').next().unwrap_or(&lock.path);
        format!(
            "write `{}=={}` in {}",
            self.name,
            self.to,
            terminal_safe(file)
        )
    }

    fn python(&self, format: &str) -> Option<String> {
        let (name, to) = (self.name, self.to);
        Some(match (format, self.means) {
            ("uv-lock", Means::Lock | Means::Indirect) => {
                format!("uv lock --upgrade-package {name}=={to}")
            }
            ("uv-lock", Means::Direct) => {
                format!("uv add{} \"{name}>={to}\"", self.if_dev(" --dev"))
            }
            ("poetry-lock", Means::Lock | Means::Indirect) => format!("poetry update {name}"),
            ("poetry-lock", Means::Direct) => {
                format!("poetry add{} {name}@^{to}", self.if_dev(" --group dev"))
            }
            ("pdm-lock", Means::Lock | Means::Indirect) => format!("pdm update {name}"),
            ("pdm-lock", Means::Direct) => {
                format!("pdm add{} \"{name}>={to}\"", self.if_dev(" --dev"))
            }
            ("pipfile-lock", Means::Lock | Means::Indirect) => {
                format!("pipenv upgrade {name}=={to}")
            }
            ("pipfile-lock", Means::Direct) => {
                format!("pipenv install{} {name}=={to}", self.if_dev(" --dev"))
            }
            _ => return None,
        })
    }

    fn other(&self, format: &str) -> Option<String> {
        let (name, to) = (self.name, self.to);
        Some(match (format, self.means) {
            ("gemfile-lock", Means::Lock) => format!("bundle update --conservative {name}"),
            ("composer-lock", Means::Direct) => {
                format!("composer require{} {name}:^{to}", self.if_dev(" --dev"))
            }
            ("composer-lock", _) => format!("composer update {name} --with-dependencies"),
            ("gradle-lockfile", _) => format!("gradle dependencies --update-locks {name}"),
            ("nuget-lock" | "nuget-assets" | "dotnet-deps", _)
                if self.ecosystem == Ecosystem::Nuget =>
            {
                format!("dotnet add package {name} --version {to}")
            }
            ("mix-lock", Means::Lock) => format!("mix deps.update {name}"),
            ("pubspec-lock", Means::Lock) => format!("dart pub upgrade {name}"),
            ("package-resolved", Means::Lock) => "swift package update".to_owned(),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_words_reach_a_command() {
        for word in [
            "@acme/ui",
            "github.com/a/b",
            "1.0.0-rc.1+x",
            "org.acme:lib",
            "1:2.0~1",
        ] {
            assert!(is_plain(word), "{word}");
        }
        for word in [
            "",
            "-rf",
            "--index-url=x",
            "a b",
            "a;b",
            "$(id)",
            "a`b",
            "a\nb",
            "ä",
            "a'",
        ] {
            assert!(!is_plain(word), "{word:?}");
        }
    }
}
