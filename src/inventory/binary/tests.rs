mod build;

use super::*;
use crate::model::{Checksum, Component, ComponentKind, Origin, Scope};
use build::{BASE, elf, go, macho, old_go, packed, pe, universal, wasm};

/// What a real program says of itself, made by cargo-auditable 0.7.7.
const CARGO: &str = include_str!("../../../testdata/inventory/binary/cargo-auditable.json");
/// What a real program says of itself, made by Go 1.26.8 in a workspace; shortened.
const GO: &str = include_str!("../../../testdata/inventory/binary/go-build-info.txt");

fn of_cargo(json: &str) -> Vec<u8> {
    elf(&[(".text", b"code"), (".dep-v0", &packed(json.as_bytes()))]).0
}

fn of_go(release: &str, modules: &str) -> Vec<u8> {
    elf(&[(".data", b"x"), (".go.buildinfo", &go(release, modules))]).0
}

fn read(bytes: &[u8]) -> Inventory {
    parse_binary("app", bytes).unwrap()
}

fn purls(inventory: &Inventory) -> Vec<&str> {
    let all = inventory.components.iter();
    all.map(|component| component.purl.as_str()).collect()
}

fn component<'i>(inventory: &'i Inventory, name: &str) -> &'i Component {
    let found = inventory.components.iter().find(|c| c.name == name);
    found.unwrap()
}

#[test]
fn the_list_of_a_real_rust_program_is_read_with_kinds_and_edges() {
    let inventory = read(&of_cargo(CARGO));
    assert_eq!(
        purls(&inventory),
        [
            "pkg:cargo/helper@0.1.0",
            "pkg:cargo/itoa@1.0.19",
            "pkg:cargo/memchr@2.8.3",
            "pkg:cargo/shipper@0.4.2",
            "pkg:cargo/version_check@0.9.5",
        ]
    );
    assert_eq!(inventory.root.name, "shipper");
    assert_eq!(inventory.root.version.as_deref(), Some("0.4.2"));
    let own = inventory
        .components
        .iter()
        .filter(|c| c.kind == ComponentKind::Own);
    assert_eq!(
        own.map(|c| c.name.as_str()).collect::<Vec<_>>(),
        ["helper", "shipper"]
    );
    assert_eq!(component(&inventory, "version_check").scope(), Scope::Build);
    assert_eq!(component(&inventory, "memchr").scope(), Scope::Runtime);
    let edges: Vec<String> = inventory
        .edges
        .iter()
        .flat_map(|(from, to)| {
            to.iter()
                .map(move |to| format!("{} -> {}", from.name(), to.name()))
        })
        .collect();
    assert_eq!(
        edges,
        [
            "helper -> memchr",
            "shipper -> helper",
            "shipper -> itoa",
            "shipper -> version_check"
        ]
    );
    let itoa = &component(&inventory, "itoa").occurrences[0];
    assert_eq!(itoa.location, Location::file("app"));
    assert!(matches!(
        itoa.origin,
        Origin::Registry { default: true, .. }
    ));
    assert_eq!(inventory.lockfiles[0].format, "cargo-auditable");
    assert!(!inventory.graph_is_incomplete());
}

#[test]
fn the_build_information_of_a_real_go_program_is_read() {
    let inventory = read(&of_go("go1.26.8", GO));
    assert_eq!(
        purls(&inventory),
        [
            "pkg:golang/corp.example/api",
            "pkg:golang/corp.example/common",
            "pkg:golang/github.com/pelletier/go-toml/v2@v2.2.4?download_url=file:.%2Ftomlfork",
            "pkg:golang/github.com/spf13/viper@v1.21.0",
            "pkg:golang/golang.org/x/text@v0.34.0",
            "pkg:golang/stdlib@1.26.8",
        ]
    );
    assert_eq!(inventory.root.name, "corp.example/api");
    assert_eq!(
        component(&inventory, "corp.example/common").kind,
        ComponentKind::Own
    );
    let text = &component(&inventory, "golang.org/x/text").occurrences[0];
    assert_eq!(
        text.checksums,
        [Checksum::Opaque {
            scheme: "go-h1",
            value: "h1:oL/Qq0Kdaqxa1KbNeMKwQq0reLCCaFtqu2eNuSeNHbk=".to_owned()
        }]
    );
    assert_eq!(inventory.gaps, []);
    assert_eq!(inventory.lockfiles[0].format, "go-build-info");
    assert_eq!(inventory.lockfiles[0].packages, 6);
    assert!(inventory.graph_is_incomplete());
}

#[test]
fn a_replaced_module_is_the_one_that_was_built() {
    let modules = "path\tm.example/m/cmd\nmod\tm.example/m\tv1.2.3\th1:own=\n\
                   dep\ta.example/old\tv1.0.0\n=>\tb.example/new\tv2.0.0\th1:new=\n\
                   dep\tc.example/never\tv0.0.0\n=>\t../c\t(devel)\t\n\
                   build\t-ldflags=\"-X a.b=c\"\nbuild\tvcs.revision=0f\n";
    let inventory = read(&of_go("go1.20", modules));
    assert_eq!(
        purls(&inventory),
        [
            "pkg:golang/b.example/new@v2.0.0",
            "pkg:golang/c.example/never@v0.0.0",
            "pkg:golang/m.example/m@v1.2.3",
            "pkg:golang/stdlib@1.20.0",
        ]
    );
    assert_eq!(
        component(&inventory, "c.example/never").kind,
        ComponentKind::Own
    );
    let sum = |name: &str| component(&inventory, name).occurrences[0].checksums.len();
    assert_eq!((sum("b.example/new"), sum("m.example/m")), (1, 1));
    assert_eq!(inventory.root.version.as_deref(), Some("v1.2.3"));
}

#[test]
fn every_kind_of_binary_is_read() {
    let info = go("go1.26.8", GO);
    let list = packed(CARGO.as_bytes());
    for (kind, bytes) in [
        ("Mach-O", macho("__go_buildinfo", &info)),
        ("Mach-O without the section", macho("__data", &info)),
        ("PE", pe(".data", &info)),
        ("ELF without the section", elf(&[(".data", &info)]).0),
    ] {
        assert_eq!(read(&bytes).components.len(), 6, "{kind}");
    }
    for (kind, bytes) in [
        ("Mach-O", macho(".dep-v0", &list)),
        ("PE", pe(".dep-v0", &list)),
        ("wasm", wasm(".dep-v0", &list)),
    ] {
        assert_eq!(read(&bytes).components.len(), 5, "{kind}");
    }
}

#[test]
fn a_universal_file_is_all_of_its_programs() {
    let small = go(
        "go1.26.8",
        "mod\tm.example/m\t(devel)\t\ndep\ta.example/a\tv1.0.0\th1:a=\n",
    );
    let large = go(
        "go1.26.8",
        "mod\tm.example/m\t(devel)\t\ndep\tb.example/b\tv1.0.0\th1:b=\n",
    );
    let file = universal(&[
        macho("__go_buildinfo", &small),
        macho("__go_buildinfo", &large),
    ]);
    assert_eq!(
        purls(&read(&file)),
        [
            "pkg:golang/a.example/a@v1.0.0",
            "pkg:golang/b.example/b@v1.0.0",
            "pkg:golang/m.example/m",
            "pkg:golang/stdlib@1.26.8",
        ]
    );
    // A Java class file begins alike.
    let class = [b"\xca\xfe\xba\xbe\0\0\0\x34".as_slice(), &[1; 500]].concat();
    assert!(matches!(
        parse_binary("A.class", &class),
        Err(BinaryError::NotABinary { .. })
    ));
}

#[test]
fn the_old_form_of_go_is_read_by_its_addresses() {
    let modules = "mod\tm.example/m\t(devel)\t\ndep\ta.example/a\tv1.0.0\th1:a=\n";
    for (width, big_endian) in [(8, false), (8, true), (4, false), (4, true)] {
        // The addresses depend on the place, which does not depend on them.
        let (_, places) = elf(&[(
            ".go.buildinfo",
            &old_go("go1.17.2", modules, 0, width, big_endian),
        )]);
        let info = old_go("go1.17.2", modules, places[0], width, big_endian);
        let inventory = read(&elf(&[(".go.buildinfo", &info)]).0);
        assert_eq!(
            purls(&inventory),
            [
                "pkg:golang/a.example/a@v1.0.0",
                "pkg:golang/m.example/m",
                "pkg:golang/stdlib@1.17.2",
            ],
            "{width} {big_endian}"
        );
        let lost = old_go("go1.17.2", modules, BASE * 2, width, big_endian);
        let lost = elf(&[(".go.buildinfo", &lost)]).0;
        assert!(matches!(
            parse_binary("app", &lost),
            Err(BinaryError::BuildInfo { .. })
        ));
    }
}

#[test]
fn a_binary_of_both_languages_has_both_inventories() {
    let (list, info) = (packed(CARGO.as_bytes()), go("go1.26.8", GO));
    let both = elf(&[(".dep-v0", &list), (".go.buildinfo", &info)]).0;
    let inventory = read(&both);
    assert_eq!(inventory.components.len(), 11);
    assert_eq!(inventory.root.name, "shipper");
    let formats: Vec<&str> = inventory.lockfiles.iter().map(|l| l.format).collect();
    assert_eq!(formats, ["cargo-auditable", "go-build-info"]);
    // One that cannot be read does not hide the other, and is not silent.
    let half = elf(&[(".dep-v0", b"no zlib"), (".go.buildinfo", &info)]).0;
    let inventory = read(&half);
    assert_eq!(inventory.components.len(), 6);
    assert_eq!(inventory.gaps[0].id, "inventory/incomplete-binary");
}

#[test]
fn what_is_no_source_of_an_inventory_is_said_by_name() {
    let error = |bytes: &[u8]| parse_binary("app", bytes).unwrap_err();
    for text in [b"".as_slice(), b"#!/bin/sh\n", b"MZ no program", &[0; 100]] {
        assert!(matches!(error(text), BinaryError::NotABinary { .. }));
    }
    let plain = elf(&[(".text", b"code")]).0;
    assert!(matches!(error(&plain), BinaryError::NoRecord { .. }));
    let wasm = wasm("other", b"x");
    assert!(matches!(error(&wasm), BinaryError::NoRecord { .. }));
}

#[test]
fn a_damaged_list_is_an_error_with_its_step() {
    let error = |bytes: &[u8]| parse_binary("app", bytes).unwrap_err();
    let list = |bytes: &[u8]| error(&elf(&[(".dep-v0", bytes)]).0);
    assert!(matches!(list(b"no zlib"), BinaryError::List { .. }));
    assert!(matches!(list(&packed(b"[")), BinaryError::ListShape { .. }));
    let bomb = packed(&vec![b' '; LIST_LIMIT + 1]);
    assert!(bomb.len() < 100_000);
    assert!(matches!(list(&bomb), BinaryError::ListTooLarge { .. }));
    let circle = r#"{"packages":[{"name":"a","version":"1.0.0","source":"local","dependencies":[1]},{"name":"b","version":"1.0.0","source":"git","dependencies":[0]}]}"#;
    assert!(matches!(
        list(&packed(circle.as_bytes())),
        BinaryError::ListShape { .. }
    ));
    let two_roots = CARGO.replace("\"dependencies\":[2]", "\"root\":true");
    assert!(matches!(
        list(&packed(two_roots.as_bytes())),
        BinaryError::ListShape { .. }
    ));
    // An index that leads nowhere is left out.
    let outside = CARGO.replace("[0,1,4]", "[0,1,99]");
    assert_eq!(read(&of_cargo(&outside)).components.len(), 5);
}

#[test]
fn damaged_build_information_is_an_error_or_a_gap() {
    let error = |info: &[u8]| parse_binary("app", &elf(&[(".go.buildinfo", info)]).0).unwrap_err();
    let mut cut = go("go1.26.8", GO);
    cut.truncate(60);
    assert!(matches!(error(&cut), BinaryError::BuildInfo { .. }));
    let mut large = go("go1.26.8", "");
    large.truncate(32);
    large.extend([0xff; 20]);
    assert!(matches!(
        error(&large),
        BinaryError::BuildInfoTooLarge { .. }
    ));
    assert!(matches!(error(&go("", GO)), BinaryError::BuildInfo { .. }));
    let mut odd = old_go("go1.17", "", BASE, 8, false);
    odd[14] = 3;
    assert!(matches!(error(&odd), BinaryError::BuildInfo { .. }));
    let gaps = |release: &str, modules: &str| -> Vec<&'static str> {
        let inventory = read(&of_go(release, modules));
        inventory.gaps.iter().map(|gap| gap.id).collect()
    };
    let incomplete = "inventory/incomplete-binary";
    assert_eq!(
        gaps("devel go1.27-0f", "mod\tm.example/m\t(devel)\t\n"),
        [incomplete]
    );
    assert_eq!(
        gaps("go1.26.8", "path\tcommand-line-arguments\n"),
        [incomplete]
    );
    assert_eq!(
        gaps(
            "go1.26.8",
            "mod\tm.example/m\t(devel)\nnew\tline\n=>\ta\tb\tc\n=>\ta\tb\tc\n"
        ),
        [incomplete; 2]
    );
}

#[test]
fn the_magic_of_go_counts_only_where_go_puts_it() {
    // In a constant, as in any program that looks for it.
    let mut rodata = vec![0; 7];
    rodata.extend(go("go1.26.8", GO));
    let file = elf(&[(".data", &rodata)]).0;
    assert!(matches!(
        parse_binary("app", &file),
        Err(BinaryError::NoRecord { .. })
    ));
}

#[test]
fn no_change_to_a_binary_makes_the_reader_panic() {
    let list = packed(CARGO.as_bytes());
    let (_, places) = elf(&[
        (".go.buildinfo", &old_go("go1.17", GO, 0, 8, false)),
        (".dep-v0", &list),
    ]);
    let old = old_go("go1.17", GO, places[0], 8, false);
    let files = [
        elf(&[(".go.buildinfo", &old), (".dep-v0", &list)]).0,
        of_go("go1.26.8", GO),
        macho(".dep-v0", &list),
        universal(&[macho("__go_buildinfo", &go("go1.26.8", GO))]),
        pe(".data", &go("go1.26.8", GO)),
        wasm(".dep-v0", &list),
    ];
    for file in files {
        for at in (0..file.len()).step_by(13) {
            for change in [0x00, 0x7f, 0xff] {
                let mut changed = file.clone();
                changed[at] = change;
                let _ = parse_binary("app", &changed);
            }
            let _ = parse_binary("app", &file[..at]);
        }
    }
}

#[test]
fn a_file_is_read_by_its_name_without_directories() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger");
    crate::support::files::write_atomic(&path, &of_cargo(CARGO)).unwrap();
    let inventory = read_binary(&path).unwrap();
    assert_eq!(inventory.lockfiles[0].path, "ledger");
    assert_eq!(inventory, parse_binary("ledger", &of_cargo(CARGO)).unwrap());
    assert!(matches!(
        read_binary(&directory.path().join("absent")),
        Err(BinaryError::File(_))
    ));
    let big = std::fs::File::create(directory.path().join("big")).unwrap();
    big.set_len(BINARY_LIMIT + 1).unwrap();
    assert!(matches!(
        read_binary(&directory.path().join("big")),
        Err(BinaryError::File(
            crate::support::files::FileError::TooLarge { .. }
        ))
    ));
}
