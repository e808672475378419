//! pip, uv, Poetry and PDM: which of several levels counts, and what turns off what.

use super::*;

fn asked(effective: &Effective) -> Vec<String> {
    ways(effective, Ecosystem::Pypi, "left", &Origin::Unrecorded)
}

fn off(effective: &Effective) -> Option<String> {
    match &effective.cool_down {
        CoolDown::Off(place, _) => Some(format!("{} {}", place.location, place.says)),
        _ => None,
    }
}

const URL: &str = "https://u.example/simple";

/// What pip asks with these variables and this text of the user's file.
fn pip(variables: &[(&str, &str)], conf: &str) -> Vec<String> {
    let project = Project::new(&[("requirements.txt", "left==1\n")]);
    let project = project.home(".config/pip/pip.conf", conf);
    asked(&project.on_machine("requirements", "requirements.txt", variables))
}

#[test]
fn of_the_levels_of_pip_the_nearest_says_whether_there_is_an_index() {
    let none = "[global]\nno-index = true\nindex-url = https://u.example/simple\n";
    let from_index = [format!("{URL} ~/.config/pip/pip.conf:3")];
    assert_eq!(pip(&[], none), [""; 0]);
    assert_eq!(pip(&[("PIP_NO_INDEX", "1")], none), [""; 0]);
    for value in ["0", "f", "n", "No", "FALSE", "off"] {
        assert_eq!(pip(&[("PIP_NO_INDEX", value)], none), from_index, "{value}");
    }
    let install = format!("{none}[install]\nno-index = n\n");
    assert_eq!(pip(&[], &install), from_index);
    let on = "[global]\nno-index = off\n[install]\nno-index = t\n";
    assert_eq!(pip(&[], on), [""; 0]);
    assert_eq!(
        pip(&[], "[download]\nno-index = true\n"),
        ["default (true) -"]
    );
}

#[test]
fn a_list_of_pip_replaces_those_of_levels_farther_away() {
    let conf = "[global]\nindex-url = https://u.example/simple\nextra-index-url =\n  https://a.example/\n  https://b.example/\n";
    let place = "~/.config/pip/pip.conf";
    let index = format!("{URL} {place}:2");
    assert_eq!(
        pip(&[], conf),
        [
            index.clone(),
            format!("https://a.example/ {place}:4"),
            format!("https://b.example/ {place}:5")
        ]
    );
    let variable = [("PIP_EXTRA_INDEX_URL", "https://c.example/")];
    assert_eq!(
        pip(&variable, conf),
        [
            index.clone(),
            "https://c.example/ environment:PIP_EXTRA_INDEX_URL".to_owned()
        ]
    );
    let install = format!("{conf}[install]\nextra-index-url = https://d.example/\n");
    assert_eq!(
        pip(&[], &install),
        [index, format!("https://d.example/ {place}:7")]
    );
}

#[test]
fn files_that_variables_name_and_that_are_not_read_are_gaps() {
    let gaps = |format: &'static str, lock: &str, name: &str, value: &str| {
        let project = Project::new(&[(lock, "left==1\n")]);
        let machine = Machine {
            home: Some(project.dir.path().join("home")),
            system: Some(project.dir.path().join("system")),
            variables: [(name.to_owned(), value.to_owned())].into(),
        };
        let clients = project.clients(format, lock, Some(&machine));
        let all = clients.gaps.iter();
        let all = all.map(|gap| format!("{} {}", gap.id, gap.location.as_ref().unwrap()));
        all.collect::<Vec<_>>()
    };
    let pip = |name, value| gaps("requirements", "requirements.txt", name, value);
    let undecided = "registry/undecided-configuration";
    assert_eq!(
        pip("PIP_CONSTRAINT", "more.txt"),
        [format!("{undecided} environment:PIP_CONSTRAINT")]
    );
    assert_eq!(pip("PIP_TIMEOUT", "10"), [""; 0]);
    let poetry = |value| gaps("poetry-lock", "poetry.lock", "POETRY_CONFIG_DIR", value);
    assert_eq!(
        poetry("conf"),
        [format!("{undecided} $POETRY_CONFIG_DIR/config.toml")]
    );
    assert_eq!(poetry("/nowhere/conf"), [""; 0]);
}

#[cfg(not(target_os = "macos"))]
#[test]
fn the_configuration_directory_may_lie_elsewhere() {
    for (format, lock, name, text, from) in [
        (
            "requirements",
            "requirements.txt",
            "pip/pip.conf",
            "[global]\ntrusted-host = h.example\n",
            "$XDG_CONFIG_HOME/pip/pip.conf:2",
        ),
        (
            "uv-lock",
            "uv.lock",
            "uv/uv.toml",
            "allow-insecure-host = [\"h.example\"]\n",
            "$XDG_CONFIG_HOME/uv/uv.toml:1",
        ),
        (
            "poetry-lock",
            "poetry.lock",
            "pypoetry/config.toml",
            "[certificates.x]\ncert = false\n",
            "$XDG_CONFIG_HOME/pypoetry/config.toml:2",
        ),
        (
            "go-mod",
            "go.mod",
            "go/env",
            "GOSUMDB=off\n",
            "$XDG_CONFIG_HOME/go/env:1",
        ),
    ] {
        let project = Project::new(&[(lock, "")])
            .home(&format!("other/{name}"), text)
            .home(&format!(".config/{name}"), "");
        let home = project.dir.path().join("home/other");
        let variables = [("XDG_CONFIG_HOME", home.to_str().unwrap())];
        assert_eq!(weak(&project.on_machine(format, lock, &variables)), [from]);
        assert_eq!(weak(&project.on_machine(format, lock, &[])), [""; 0]);
    }
}

#[test]
fn uv_reads_the_nearest_directory_above_that_has_settings() {
    let hosts = "allow-insecure-host = [\"h.example\"]\nexclude-newer = \"7 days\"\n[[index]]\nurl = \"https://u.example/simple\"\n";
    let table = "[tool.uv]\nexclude-newer = \"7 days\"\n";
    let bare = "[project]\nname = \"svc\"\n";
    let read = |files: &[(&str, &str)]| Project::new(files).read("uv-lock", "svc/uv.lock");
    let above = read(&[("uv.toml", hosts), ("svc/pyproject.toml", bare)]);
    assert_eq!(weak(&above), ["uv.toml:1"]);
    assert_eq!(above.cool_down, CoolDown::On);
    assert_eq!(above.routes[0].target, Target::Address(URL.to_owned()));
    let manifest = read(&[("pyproject.toml", table), ("svc/pyproject.toml", bare)]);
    assert_eq!(manifest.cool_down, CoolDown::On);
    // A nearer one counts alone.
    for near in [
        ("svc/uv.toml", ""),
        ("svc/pyproject.toml", "[tool.uv]\nmanaged = true\n"),
    ] {
        let effective = read(&[("uv.toml", hosts), near]);
        assert!(weak(&effective).is_empty() && effective.routes.is_empty());
        assert!(matches!(effective.cool_down, CoolDown::Missing { .. }));
    }
    let both = read(&[("uv.toml", ""), ("pyproject.toml", table)]);
    assert!(matches!(both.cool_down, CoolDown::Missing { .. }));
}

#[test]
fn a_wait_of_nothing_is_none() {
    let uv = |text: &str| {
        let text = format!("[tool.uv]\n{text}\n");
        Project::new(&[("pyproject.toml", &text)]).read("uv-lock", "uv.lock")
    };
    let days = "exclude-newer = \"7 days\"";
    for text in [
        days,
        "exclude-newer = \"2026-01-01\"",
        "exclude-newer = \"P30D\"",
    ] {
        assert_eq!(uv(text).cool_down, CoolDown::On, "{text}");
    }
    assert_eq!(
        off(&uv("exclude-newer = \"0 days\"")),
        Some("pyproject.toml:2 exclude-newer = 0 days".to_owned())
    );
    let each = |value: &str| {
        uv(&format!(
            "{days}\nexclude-newer-package = {{ left = {value} }}"
        ))
    };
    assert_eq!(
        off(&each("false")),
        Some("pyproject.toml:3 exclude-newer-package.left = false".to_owned())
    );
    assert_eq!(each("\"1 day\"").cool_down, CoolDown::On);
    let poetry = |days: &str| {
        let text = format!("[solver]\nmin-release-age = {days}\n");
        Project::new(&[("poetry.toml", &text)]).read("poetry-lock", "poetry.lock")
    };
    assert_eq!(poetry("7").cool_down, CoolDown::On);
    assert_eq!(
        off(&poetry("0")),
        Some("poetry.toml:2 min-release-age = 0".to_owned())
    );
}

#[test]
fn variables_of_uv_and_poetry_count_on_the_machine() {
    let project = Project::new(&[("pyproject.toml", "[tool.uv]\nexclude-newer = \"7 days\"\n")])
        .home("own.toml", "allow-insecure-host = [\"h.example\"]\n")
        .home(
            ".config/uv/uv.toml",
            "allow-insecure-host = [\"x.example\"]\n",
        );
    let on = |name: &str, value: &str| project.on_machine("uv-lock", "uv.lock", &[(name, value)]);
    let own = project.dir.path().join("home/own.toml");
    // The named file counts alone.
    let named = on("UV_CONFIG_FILE", own.to_str().unwrap());
    assert_eq!(weak(&named), ["environment:UV_CONFIG_FILE:1"]);
    assert!(matches!(named.cool_down, CoolDown::Missing { .. }));
    assert_eq!(weak(&on("UV_NO_CONFIG", "0")), ["~/.config/uv/uv.toml:1"]);
    assert!(weak(&on("UV_NO_CONFIG", "1")).is_empty());
    let links = on("UV_FIND_LINKS", "https://l.example/a, wheels");
    let targets: Vec<&Target> = links.routes.iter().map(|route| &route.target).collect();
    assert_eq!(
        targets,
        [
            &Target::Address("https://l.example/a".to_owned()),
            &Target::Local("wheels".to_owned())
        ]
    );
    assert!(off(&on("UV_EXCLUDE_NEWER", "0 days")).is_some());
    let hashes = |value: &str| weak(&on("UV_NO_VERIFY_HASHES", value)).len();
    assert_eq!((hashes("true"), hashes("0")), (2, 1));
    let poetry = |name: &str, value: &str| {
        weak(&project.on_machine("poetry-lock", "poetry.lock", &[(name, value)]))
    };
    let name = "POETRY_CERTIFICATES_ACME_CERT";
    assert_eq!(poetry(name, "false"), [format!("environment:{name}")]);
    assert!(poetry(name, "/etc/ssl/acme.pem").is_empty());
}

#[test]
fn a_pdm_configuration_of_the_project_names_the_index() {
    let read = |files: &[(&str, &str)]| Project::new(files).read("pdm-lock", "pdm.lock");
    let own = (
        "pdm.toml",
        "[pypi]\nurl = \"https://u.example/simple\"\nverify_ssl = false\n[pypi.more]\nverify_ssl = true\n",
    );
    let effective = read(&[own]);
    assert_eq!(asked(&effective), [format!("{URL} pdm.toml:2")]);
    assert_eq!(weak(&effective), ["pdm.toml:3"]);
    assert!(effective.mixed.is_empty());
    let source = "[[tool.pdm.source]]\nname = \"pypi\"\nurl = \"https://p.example/simple\"\n";
    // A source of that name wins.
    let both = read(&[own, ("pyproject.toml", source)]);
    assert_eq!(both.configured().count(), 1);
    let other = source.replace("\"pypi\"", "\"other\"");
    let both = read(&[own, ("pyproject.toml", &other)]);
    assert_eq!((both.configured().count(), both.mixed.len()), (2, 2));
}
