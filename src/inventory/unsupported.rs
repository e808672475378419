//! Lockfiles that are known and not read: a product that has one holds packages that nobody
//! judged, whatever other lockfiles lie beside it.

use super::walk::Group;

/// Names of files, `*` for any beginning, with the package manager that writes them and the
/// group of lockfiles that they stand in for. Names that other programs use too are left out
/// (`manifest.toml` of Gleam, `Manifest.toml` of Julia).
const UNSUPPORTED: &[(&str, &str, Group)] = &[
    (".terraform.lock.hcl", "Terraform or OpenTofu", TERRAFORM),
    ("Berksfile.lock", "Berkshelf", Group::Other("chef")),
    ("Cartfile.resolved", "Carthage", Group::Other("carthage")),
    ("Chart.lock", "Helm", Group::Other("helm")),
    ("Gopkg.lock", "dep", Group::Other("dep")),
    ("MODULE.bazel.lock", "Bazel", Group::Other("bazel")),
    ("Move.lock", "Sui", Group::Other("move")),
    ("Podfile.lock", "CocoaPods", Group::Other("cocoapods")),
    ("Policyfile.lock.json", "Chef", Group::Other("chef")),
    (
        "Puppetfile.lock",
        "librarian-puppet",
        Group::Other("puppet"),
    ),
    ("Scarb.lock", "Scarb", Group::Other("scarb")),
    ("buf.lock", "Buf", Group::Other("buf")),
    ("build.sbt.lock", "sbt", Group::Other("sbt")),
    ("bun.lockb", "Bun", Group::Npm),
    ("cabal.project.freeze", "Cabal", Group::Other("hackage")),
    ("conan.lock", "Conan", Group::Other("conan")),
    ("conda-lock.yaml", "conda-lock", Group::Other("conda")),
    ("conda-lock.yml", "conda-lock", Group::Other("conda")),
    ("cpanfile.snapshot", "Carton", Group::Other("cpan")),
    ("deno.lock", "Deno", Group::Other("deno")),
    ("devbox.lock", "Devbox", Group::Other("nix")),
    ("devenv.lock", "devenv", Group::Other("nix")),
    ("dub.selections.json", "DUB", Group::Other("dub")),
    ("flake.lock", "Nix", Group::Other("nix")),
    ("glide.lock", "Glide", Group::Other("glide")),
    (
        "jsonnetfile.lock.json",
        "jsonnet-bundler",
        Group::Other("jsonnet"),
    ),
    ("lake-manifest.json", "Lake", Group::Other("lake")),
    ("luarocks.lock", "LuaRocks", Group::Other("luarocks")),
    ("maven_install.json", "Bazel", Group::Other("bazel")),
    ("nimble.lock", "Nimble", Group::Other("nimble")),
    ("packrat.lock", "packrat", Group::Other("cran")),
    ("paket.lock", "Paket", Group::Other("paket")),
    ("pixi.lock", "pixi", Group::Other("conda")),
    // Below the root its dependencies lie in `deps`, with theirs, as those of Mix do.
    ("rebar.lock", "rebar3", Group::Other("hex")),
    ("renv.lock", "renv", Group::Other("cran")),
    ("requirements.lock", "Rye or Helm 2", Group::Other("rye")),
    ("requirements-dev.lock", "Rye", Group::Other("rye")),
    ("shard.lock", "Shards", Group::Other("shards")),
    ("soldeer.lock", "Soldeer", Group::Other("soldeer")),
    ("spack.lock", "Spack", Group::Other("spack")),
    ("spago.lock", "Spago", Group::Other("spago")),
    ("stack.yaml.lock", "Stack", Group::Other("hackage")),
    ("vendir.lock.yml", "vendir", Group::Other("vendir")),
    ("*.opam.locked", "opam", Group::Other("opam")),
];

const TERRAFORM: Group = Group::Other("terraform");

/// The names, as patterns.
pub fn names() -> impl Iterator<Item = &'static str> {
    UNSUPPORTED.iter().map(|(name, ..)| *name)
}

/// The package manager that writes a file of this name, and the group of lockfiles that it
/// stands in for.
pub fn of(file: &str) -> Option<(&'static str, Group)> {
    let is_it = |name: &str| match name.strip_prefix('*') {
        Some(ending) => file.ends_with(ending),
        None => file == name,
    };
    let (_, tool, group) = UNSUPPORTED.iter().find(|(name, ..)| is_it(name))?;
    Some((tool, *group))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::formats::FORMATS;

    #[test]
    fn none_of_them_is_read_by_a_format() {
        for name in names() {
            let file = name.replace('*', "app");
            assert!(of(&file).is_some(), "{file}");
            assert!(!FORMATS.iter().any(|f| f.matches_path(&file)), "{file}");
        }
        assert_eq!(of("deno.json"), None);
        assert_eq!(of("my-deno.lock"), None);
    }
}
