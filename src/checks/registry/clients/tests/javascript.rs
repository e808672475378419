//! npm, pnpm, Yarn and Bun: levels of configuration above the lockfile, of the user and of
//! the environment, and which of them decides.

use super::*;

const BERRY: (&str, &str) = ("w/yarn.lock", "__metadata:\n  version: 8\n");
const CLASSIC: (&str, &str) = ("w/yarn.lock", "# yarn lockfile v1\n");

fn yarn(lock: (&str, &str), files: &[(&str, &str)]) -> Effective {
    let mut all = vec![lock];
    all.extend(files);
    Project::new(&all).read("yarn-lock", "w/yarn.lock")
}

fn way(effective: &Effective, name: &str) -> Vec<String> {
    ways(effective, Ecosystem::Npm, name, &Origin::Unrecorded)
}

/// Where a cool-down is turned off.
fn off(effective: &Effective) -> Option<String> {
    match &effective.cool_down {
        CoolDown::Off(place, _) => Some(place.location.to_string()),
        _ => None,
    }
}

#[test]
fn npm_puts_the_host_of_no_scope_into_a_recorded_address() {
    let scope = "@acme:registry=https://npm.acme.example/\n";
    let read = |more: &str| {
        let text = format!("{scope}{more}");
        Project::new(&[(".npmrc", &text)]).read("package-lock", "package-lock.json")
    };
    let default = Origin::Registry {
        index: None,
        file: Some("https://public.example/x.tgz".to_owned()),
        default: true,
    };
    let from = |effective: &Effective, origin: &Origin| {
        ways(effective, Ecosystem::Npm, "@acme/core", origin)
    };
    // As recorded, whatever the scope is bound to; without a record npm asks the scope's.
    assert_eq!(from(&read(""), &default), [""; 0]);
    let asked = ["https://npm.acme.example/ .npmrc:1"];
    assert_eq!(from(&read(""), &Origin::Unrecorded), asked);
    let all = read("registry=https://all.example/\n");
    assert_eq!(from(&all, &default), ["https://all.example/ .npmrc:2"]);
    assert_eq!(from(&all, &Origin::Unrecorded), asked);
    // `always` without a registry leads to the default one.
    let always = read("replace-registry-host=always\n");
    assert_eq!(
        from(&always, &recorded("https://a.example/")),
        ["default (false) .npmrc:2"]
    );
    let never = read("registry=https://all.example/\nreplace-registry-host=never\n");
    assert_eq!(from(&never, &default), [""; 0]);
}

#[test]
fn variables_of_npm_are_read_in_every_case_and_the_prefix_moves_the_file_of_the_system() {
    let project = Project::new(&[]).home("pre/etc/npmrc", "strict-ssl=false\n");
    let on = |variables: &[(&str, &str)]| {
        weak(&project.on_machine("package-lock", "package-lock.json", variables))
    };
    let place = ["environment:Npm_Config_Strict_Ssl"];
    assert_eq!(on(&[("Npm_Config_Strict_Ssl", "false")]), place);
    assert_eq!(on(&[("Npm_Config_Strict_Ssl", "true")]), [""; 0]);
    let prefix = project.dir.path().join("home/pre");
    let prefix = prefix.to_str().unwrap();
    let place = ["$npm_config_prefix/etc/npmrc:1"];
    assert_eq!(on(&[("npm_config_prefix", prefix)]), place);
    assert_eq!(on(&[("PREFIX", prefix)]), ["$PREFIX/etc/npmrc:1"]);
    assert_eq!(on(&[]), [""; 0]);
    let project = project.home(".npmrc", "prefix = ~/pre\n");
    let read = project.on_machine("package-lock", "package-lock.json", &[]);
    assert_eq!(weak(&read), ["~/pre/etc/npmrc:1"]);
}

#[test]
fn pnpm_reads_the_workspace_above_its_lockfile_and_its_own_files_of_the_user() {
    let above = "packages: [a]\nminimumReleaseAge: 10080\nstrictSsl: false\n";
    let files = [
        ("pnpm-workspace.yaml", above),
        (".npmrc", "registry=https://up.example/\n"),
    ];
    let effective = Project::new(&files).read("pnpm-lock", "a/pnpm-lock.yaml");
    assert_eq!(weak(&effective), ["pnpm-workspace.yaml:3"]);
    assert_eq!(effective.cool_down, CoolDown::On);
    assert_eq!(way(&effective, "x"), ["https://up.example/ .npmrc:1"]);
    // The nearest file is the workspace's; without one above nothing above counts.
    let near = ("a/pnpm-workspace.yaml", "strictSsl: true\n");
    let effective = Project::new(&[files[0], files[1], near]).read("pnpm-lock", "a/pnpm-lock.yaml");
    assert_eq!(weak(&effective), [""; 0]);
    assert_eq!(way(&effective, "x"), ["default (false) -"]);
    let effective = Project::new(&files[1..]).read("pnpm-lock", "a/pnpm-lock.yaml");
    assert_eq!(way(&effective, "x"), ["default (false) -"]);

    let rc = "registry=https://user.example/\nstrict-ssl=false\n";
    let project = Project::new(&[]).home(".config/pnpm/rc", rc);
    let read = project.on_machine("pnpm-lock", "pnpm-lock.yaml", &[]);
    assert_eq!(
        way(&read, "x"),
        ["https://user.example/ ~/.config/pnpm/rc:1"]
    );
    assert_eq!(weak(&read), ["~/.config/pnpm/rc:2"]);
    let npm = project.on_machine("package-lock", "package-lock.json", &[]);
    assert_eq!(weak(&npm), [""; 0]);
    let base = project.dir.path().join("home/.config");
    let moved = [("XDG_CONFIG_HOME", base.to_str().unwrap())];
    let read = project.on_machine("pnpm-lock", "pnpm-lock.yaml", &moved);
    assert_eq!(weak(&read), ["$XDG_CONFIG_HOME/pnpm/rc:2"]);
    let yaml = "minimumReleaseAge: 0\n";
    let project = Project::new(&[]).home(".config/pnpm/config.yaml", yaml);
    let read = project.on_machine("pnpm-lock", "pnpm-lock.yaml", &[]);
    assert_eq!(off(&read).unwrap(), "~/.config/pnpm/config.yaml:1");
}

#[test]
fn a_list_that_takes_every_package_out_of_the_cool_down_turns_it_off() {
    let pnpm = |pattern: &str| {
        let text = format!(
            "minimumReleaseAge: 10080\nminimumReleaseAgeExclude:\n  - x\n  - '{pattern}'\n"
        );
        let read = Project::new(&[("pnpm-workspace.yaml", &text)]);
        off(&read.read("pnpm-lock", "pnpm-lock.yaml"))
    };
    let berry = |pattern: &str| {
        let text =
            format!("npmMinimalAgeGate: 7d\nnpmPreapprovedPackages:\n  - x\n  - '{pattern}'\n");
        off(&yarn(BERRY, &[(".yarnrc.yml", &text)]))
    };
    let npm = |pattern: &str| {
        let text = format!(
            "min-release-age=7\n\nmin-release-age-exclude[]=x\nmin-release-age-exclude[]={pattern}\n"
        );
        let read = Project::new(&[(".npmrc", &text)]);
        off(&read.read("package-lock", "package-lock.json"))
    };
    for all in ["*", "**", "@*/*"] {
        assert_eq!(pnpm(all).unwrap(), "pnpm-workspace.yaml:4", "{all}");
        assert_eq!(berry(all).unwrap(), ".yarnrc.yml:4", "{all}");
        assert_eq!(npm(all).unwrap(), ".npmrc:4", "{all}");
    }
    for some in ["@acme/*", "left-*", "left"] {
        assert_eq!(
            [pnpm(some), berry(some), npm(some)],
            [None, None, None],
            "{some}"
        );
    }
}

#[test]
fn the_nearest_file_of_yarn_decides_and_variables_come_before_it() {
    let up = (
        "enableStrictSsl: false\nchecksumBehavior: update\nnpmMinimalAgeGate: 0\n",
        ".yarnrc.yml",
    );
    let with = |near: &str| yarn(BERRY, &[(up.1, up.0), ("w/.yarnrc.yml", near)]);
    let all_on = with("enableStrictSsl: true\nchecksumBehavior: throw\nnpmMinimalAgeGate: 7d\n");
    assert_eq!(weak(&all_on), [""; 0]);
    assert_eq!(all_on.cool_down, CoolDown::On);
    let none = with("nodeLinker: node-modules\n");
    assert_eq!(weak(&none), [".yarnrc.yml:1", ".yarnrc.yml:2"]);
    assert_eq!(off(&none).unwrap(), ".yarnrc.yml:3");
    // Yarn takes texts and 0 for truth values too.
    for falsy in ["'false'", "0", "\"0\""] {
        let text = format!("enableStrictSsl: {falsy}\n");
        assert_eq!(
            weak(&with(&text)),
            ["w/.yarnrc.yml:1", ".yarnrc.yml:2"],
            "{falsy}"
        );
    }

    let near = "enableStrictSsl: true\nchecksumBehavior: throw\nnpmMinimalAgeGate: 7d\n";
    let project = Project::new(&[BERRY, ("w/.yarnrc.yml", near), ("w/other.yml", up.0)]);
    let on = |variables: &[(&str, &str)]| project.on_machine("yarn-lock", "w/yarn.lock", variables);
    let read = on(&[
        ("YARN_CHECKSUM_BEHAVIOR", "ignore"),
        ("YARN_ENABLE_STRICT_SSL", "0"),
        ("YARN_NPM_MINIMAL_AGE_GATE", "0"),
    ]);
    let places = [
        "environment:YARN_ENABLE_STRICT_SSL",
        "environment:YARN_CHECKSUM_BEHAVIOR",
    ];
    assert_eq!(weak(&read), places);
    assert_eq!(off(&read).unwrap(), "environment:YARN_NPM_MINIMAL_AGE_GATE");
    let read = on(&[("YARN_NPM_PREAPPROVED_PACKAGES", "x,*")]);
    assert_eq!(
        off(&read).unwrap(),
        "environment:YARN_NPM_PREAPPROVED_PACKAGES"
    );
    let read = on(&[("YARN_UNSAFE_HTTP_WHITELIST", "localhost,evil.example")]);
    assert_eq!(weak(&read), ["environment:YARN_UNSAFE_HTTP_WHITELIST"]);
    let read = on(&[("YARN_RC_FILENAME", "other.yml")]);
    assert_eq!(weak(&read), ["w/other.yml:1", "w/other.yml:2"]);
    let read = on(&[
        ("YARN_ENABLE_STRICT_SSL", "1"),
        ("YARN_CHECKSUM_BEHAVIOR", "throw"),
    ]);
    assert_eq!(weak(&read), [""; 0]);
}

#[test]
fn yarn_1_asks_the_registry_of_npmrc_first_also_of_one_above() {
    let up = (
        ".npmrc",
        "registry=https://npm.example/\nstrict-ssl=false\n",
    );
    let read = yarn(CLASSIC, &[up]);
    assert_eq!(way(&read, "x"), ["https://npm.example/ .npmrc:1"]);
    // It takes `strict-ssl` from `.yarnrc` only.
    assert_eq!(weak(&read), [""; 0]);
    let near = (
        "w/.yarnrc",
        "registry \"https://yarn.example/\"\nstrict-ssl true\n",
    );
    let above = (".yarnrc", "strict-ssl false\n");
    let read = yarn(CLASSIC, &[up, near, above]);
    assert_eq!(way(&read, "x"), ["https://npm.example/ .npmrc:1"]);
    assert_eq!(weak(&read), [""; 0]);
    let read = yarn(
        CLASSIC,
        &[above, ("w/.npmrc", "registry=https://near.example/\n"), up],
    );
    assert_eq!(way(&read, "x"), ["https://near.example/ w/.npmrc:1"]);
    assert_eq!(weak(&read), [".yarnrc:1"]);

    let project = Project::new(&[CLASSIC, ("w/.yarnrc", near.1)]);
    let on = |variables: &[(&str, &str)]| project.on_machine("yarn-lock", "w/yarn.lock", variables);
    let read = on(&[
        ("YARN_REGISTRY", "https://env.example/"),
        ("YARN_STRICT_SSL", "false"),
    ]);
    assert_eq!(
        way(&read, "x"),
        ["https://env.example/ environment:YARN_REGISTRY"]
    );
    assert_eq!(weak(&read), ["environment:YARN_STRICT_SSL"]);
    let read = on(&[]);
    assert_eq!(way(&read, "x"), ["https://yarn.example/ w/.yarnrc:1"]);
    assert_eq!(weak(&read), [""; 0]);
}

#[test]
fn a_variable_names_the_registry_of_bun_and_another_moves_its_file_of_the_user() {
    let bunfig = "[install]\nregistry = \"https://b.example/\"\n";
    let project = Project::new(&[("bunfig.toml", bunfig)]);
    let on = |variables: &[(&str, &str)]| {
        way(&project.on_machine("bun-lock", "bun.lock", variables), "x")
    };
    let variable = [("BUN_CONFIG_REGISTRY", "https://env.example/")];
    assert_eq!(
        on(&variable),
        ["https://env.example/ environment:BUN_CONFIG_REGISTRY"]
    );
    // One that is no address does not count.
    assert_eq!(
        on(&[("BUN_CONFIG_REGISTRY", "x")]),
        ["https://b.example/ bunfig.toml:2"]
    );

    let home = "[install]\nregistry = \"https://home.example/\"\n";
    let project = Project::new(&[])
        .home("xdg/.bunfig.toml", bunfig)
        .home(".bunfig.toml", home);
    let read = project.on_machine("bun-lock", "bun.lock", &[]);
    assert_eq!(way(&read, "x"), ["https://home.example/ ~/.bunfig.toml:2"]);
    let base = project.dir.path().join("home/xdg");
    let moved = [("XDG_CONFIG_HOME", base.to_str().unwrap())];
    let read = project.on_machine("bun-lock", "bun.lock", &moved);
    assert_eq!(
        way(&read, "x"),
        ["https://b.example/ $XDG_CONFIG_HOME/.bunfig.toml:2"]
    );
}
