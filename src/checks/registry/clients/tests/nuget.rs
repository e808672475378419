//! NuGet: sources of the project's own files, and mapped sources that the tree does not
//! have.

use super::hiding::{EVIL, UNDECIDED, configured, gaps};
use super::*;

const LOCK: &str = "a/packages.lock.json";
const CONFIG: &str = "<configuration><packageSources><clear/>\n<add key=\"good\" value=\"https://good.example/\"/></packageSources></configuration>";

fn project(property: &str) -> String {
    format!("<Project Sdk=\"x\"><PropertyGroup>\n{property}\n</PropertyGroup></Project>")
}

fn read(files: &[(&str, &str)]) -> Clients {
    let all = [&[("nuget.config", CONFIG)], files].concat();
    Project::new(&all).clients("nuget-lock", LOCK, None)
}

#[test]
fn a_mapped_source_that_the_tree_does_not_have_may_be_the_users() {
    let way = |clear: &str, key: &str| {
        let text = format!(
            "<configuration><packageSources>{clear}<add key=\"good\" value=\"https://good.example/\"/></packageSources>\n<packageSourceMapping><packageSource key=\"{key}\"><package pattern=\"Acme.*\"/></packageSource>\n<packageSource key=\"good\"><package pattern=\"*\"/></packageSource></packageSourceMapping></configuration>"
        );
        let found =
            Project::new(&[("nuget.config", &text)]).read("nuget-lock", "packages.lock.json");
        ways(&found, Ecosystem::Nuget, "Acme.Core", &Origin::Unrecorded)
    };
    assert_eq!(way("", "users"), ["default (false) nuget.config:2"]);
    let good = "https://good.example/ nuget.config:1".to_owned();
    assert_eq!(way("", "good"), std::slice::from_ref(&good));
    // Nothing of the user's counts.
    assert_eq!(way("<clear/>", "users"), [good]);
}

#[test]
fn sources_of_the_projects_files_are_read_with_their_lines() {
    let evil = |key: &str| project(&format!("<{key}>{EVIL}</{key}>"));
    let adds = evil("RestoreAdditionalProjectSources");
    for file in [
        "a/app.csproj",
        "a/app.fsproj",
        "a/Directory.Build.props",
        "Directory.Build.props",
        "Directory.Build.targets",
    ] {
        let found = read(&[(file, &adds)]);
        assert!(found.gaps.is_empty());
        let good = "https://good.example/ nuget.config:2".to_owned();
        assert_eq!(configured(&found, LOCK), [good, format!("{EVIL} {file}:2")]);
        assert_eq!(found.effective[LOCK].mixed.len(), 2);
        let replaced = evil("restoresources");
        let found = read(&[(file, &replaced)]);
        assert_eq!(configured(&found, LOCK), [format!("{EVIL} {file}:2")]);
        assert!(found.effective[LOCK].mixed.is_empty());
    }
    // A farther file counts where the nearer one imports something.
    let far = ("Directory.Build.props", adds.as_str());
    let near = project("<A>b</A>");
    let found = read(&[far, ("a/Directory.Build.props", &near)]);
    assert_eq!(configured(&found, LOCK).len(), 1);
    let near = near.replace("<PropertyGroup>", "<Import Project=\"x\"/><PropertyGroup>");
    let found = read(&[far, ("a/Directory.Build.props", &near)]);
    assert_eq!(configured(&found, LOCK).len(), 2);
    // The twins.
    let same = project(
        "<RestoreAdditionalProjectSources>$(RestoreAdditionalProjectSources);https://good.example/;</RestoreAdditionalProjectSources>",
    );
    let found = read(&[("a/app.csproj", &same)]);
    assert!(found.effective[LOCK].mixed.is_empty());
    assert!(found.gaps.is_empty());
    let other = project("<RestorePackagesWithLockFile>true</RestorePackagesWithLockFile>");
    assert_eq!(
        configured(&read(&[("a/app.csproj", &other)]), LOCK).len(),
        1
    );
}

#[test]
fn a_property_in_a_source_of_the_project_is_a_gap() {
    for key in ["RestoreSources", "RestoreAdditionalProjectSources"] {
        let text = project(&format!("<{key}>$({key});$(Feed)</{key}>"));
        let found = read(&[("a/app.csproj", &text)]);
        assert_eq!(
            gaps(&found),
            [format!("{UNDECIDED} a/app.csproj:2")],
            "{key}"
        );
    }
}

#[test]
fn a_condition_leaves_the_configured_sources_in_place() {
    let text = project(&format!(
        "<RestoreSources Condition=\"'$(CI)' != ''\">{EVIL}</RestoreSources>"
    ));
    let found = read(&[("a/app.csproj", &text)]);
    assert_eq!(configured(&found, LOCK).len(), 2);
    assert_eq!(found.effective[LOCK].mixed.len(), 2);
}

#[test]
fn the_users_file_may_lie_where_xdg_says() {
    let text = format!(
        "<configuration><packageSources>\n<add key=\"u\" value=\"{EVIL}\"/></packageSources></configuration>"
    );
    let project = Project::new(&[("packages.lock.json", "{}")]).home("x/NuGet/NuGet.Config", &text);
    let directory = project.dir.path().join("home/x");
    let variables = [("XDG_CONFIG_HOME", directory.to_str().unwrap())];
    let found = project.on_machine("nuget-lock", "packages.lock.json", &variables);
    assert_eq!(
        ways(&found, Ecosystem::Nuget, "x", &Origin::Unrecorded),
        [format!(
            "{EVIL} environment:XDG_CONFIG_HOME/NuGet/NuGet.Config:2"
        )]
    );
}
