//! Tarballs, and the checksums that Yarn 4.18 wrote for them.

use super::*;
use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, Header};

/// An entry: path, kind, mode, content.
type Entry<'e> = (&'e str, EntryType, u32, &'e str);

const FILE: EntryType = EntryType::Regular;
const DIRECTORY: EntryType = EntryType::Directory;

fn tarball(name: &str, entries: &[Entry<'_>]) -> Vec<u8> {
    let manifest = format!("{{\"name\": \"{name}\", \"version\": \"1.0.0\"}}");
    let first = ("package/package.json", FILE, 0o644, manifest.as_str());
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, kind, mode, content) in [first].iter().chain(entries) {
        let mut header = Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_mode(*mode);
        header.set_size(content.len() as u64);
        match kind {
            EntryType::Symlink | EntryType::Link => {
                header.set_size(0);
                builder.append_link(&mut header, path, content).unwrap();
            }
            // A path that leads elsewhere is put in by hand.
            _ if path.contains("..") || path.starts_with('/') => {
                let field = &mut header.as_old_mut().name;
                field[..path.len()].copy_from_slice(path.as_bytes());
                header.set_cksum();
                builder.append(&header, content.as_bytes()).unwrap();
            }
            _ => builder
                .append_data(&mut header, path, content.as_bytes())
                .unwrap(),
        }
    }
    builder.into_inner().unwrap().finish().unwrap()
}

fn made(name: &str, entries: &[Entry<'_>]) -> Result<String, String> {
    checksum(&tarball(name, entries), name)
}

#[test]
fn the_checksum_is_the_one_that_yarn_wrote() {
    let long = format!("package/{}/{}/f.txt", "d".repeat(90), "e".repeat(90));
    let cases: [(&str, &[Entry<'_>], &str); 8] = [
        (
            "nonascii",
            &[
                ("package/é/ü😀.txt", FILE, 0o644, "x"),
                ("package/é/日本.txt", FILE, 0o755, ""),
            ],
            "b66537117cc4362dc50294f23006b19904daebb0974000b6f07b6f33998fe44879bac13620b9d08c33dc8d40da021324101cccb1cf06c8c6650e28498c68d528",
        ),
        (
            "cp437",
            &[("package/é.txt", FILE, 0o644, "x")],
            "71941a8ca4f2ecded5645f3d20b0f6feec9874c9931848b88fa99b429082afbd20fea527018fc6b818236f8c071d572808c88bdda65c35dd9cf2ee046c8a31b3",
        ),
        (
            "dups",
            &[
                ("package/x.txt", FILE, 0o644, "one"),
                ("package/y.txt", FILE, 0o644, "y"),
                ("package/x.txt", FILE, 0o755, "two2"),
            ],
            "fc8b1d60170380cef6735f34d9c3e02671550b9d68f5b4683cd1ba340053186430a57435edf8f6628d57a220c93d029f7940b7215bd53d7f7d53688ddf31237f",
        ),
        (
            "long",
            &[(&long, FILE, 0o644, "x")],
            "df5a8d3ef2975ec378cb4eae352bc5af0f1b71d740c8031dd660b7fd25ce0617ebbb15b3cbed4e7f6a8165872b1c48d5d5fb8d3343f4125d8c9152894383ced5",
        ),
        (
            "empty",
            &[
                ("package/e", FILE, 0o644, ""),
                ("package/bin/x", FILE, 0o755, "#!"),
            ],
            "10e53e098f34b8ff281791d5bdd71094b6466524ea06539552264f1f58ee03632a77c9040a14f130aae98324a0feb24f8d35274ce8c49851003e2ecec654a413",
        ),
        (
            "back",
            &[
                ("package/a\\b.txt", FILE, 0o644, "q"),
                ("package/tr ", FILE, 0o644, "q"),
                ("package/UPPER", FILE, 0o644, ""),
            ],
            "56a9ec9f91659929354a768bd936d30530c73045b483cfe85dc0c65a6e5ed8233e7abd136f0185c658490180c976b4300c1d27ee651f7fdfd45b1672828aaef2",
        ),
        (
            "filedir",
            &[
                ("package/node_modules/q/index.js", FILE, 0o644, "x"),
                ("package/zz/", DIRECTORY, 0o755, ""),
                ("package/zz/file", FILE, 0o664, "zz"),
            ],
            "6654ea72c09491d041ea08bf625844a375f172c5cd0883f247dfdb74b01744862ef6ddb8b7dc71a332295f242bfe76c2f3925d122b9772e07e50a7b8f8ed2ea3",
        ),
        (
            "dupdir",
            &[
                ("package/a/", DIRECTORY, 0o755, ""),
                ("package/a/x", FILE, 0o644, "1"),
                ("package/a/y", FILE, 0o644, "2"),
            ],
            "628f82bf44e633cb11c13e455f219532356c3c579966c74327eacd5f3e8540024c8d52e35343f0e9443b617c1fbb179bcc6d384dfbe3d57ee82ab5881f6fd721",
        ),
    ];
    for (name, entries, expected) in cases {
        assert_eq!(made(name, entries).as_deref(), Ok(expected), "{name}");
    }
}

#[test]
fn every_byte_that_is_installed_counts_and_nothing_else() {
    let base = [("package/bin/x", FILE, 0o755, "#!")];
    let is_other = |entry| made("a", &[entry]) != made("a", &base);
    assert!(is_other(("package/bin/x", FILE, 0o755, "#?")));
    assert!(is_other(("package/bin/y", FILE, 0o755, "#!")));
    assert!(is_other(("package/bin/x", FILE, 0o644, "#!")));
    assert!(!is_other(("package/bin/x", FILE, 0o744, "#!")));
    assert!(!is_other(("other/bin/x", FILE, 0o755, "#!")));
    assert_ne!(made("a", &base), checksum(&tarball("a", &base), "b"));
    // Beside the package's directory there is nothing of it.
    assert_eq!(
        made("a", &[base[0], ("top", FILE, 0o644, "q")]),
        made("a", &base)
    );
}

#[test]
fn what_is_no_package_of_npm_has_no_checksum() {
    for (entries, expected) in [
        (
            &[("package/l", EntryType::Symlink, 0o777, "x")][..],
            "neither files nor",
        ),
        (
            &[("package/h", EntryType::Link, 0o644, "package/package.json")],
            "neither files nor",
        ),
        (
            &[("package/f", EntryType::Fifo, 0o644, "")],
            "neither files",
        ),
        (&[("package/../up", FILE, 0o644, "z")], "leads out"),
        (&[("/package/abs", FILE, 0o644, "z")], "leads out"),
        (
            &[("package/package.json/x", FILE, 0o644, "z")],
            "place of a directory",
        ),
        (
            &[
                ("package/a/x", FILE, 0o644, ""),
                ("package/a/", DIRECTORY, 0o755, ""),
            ],
            "in each other's place",
        ),
    ] {
        let found = made("a", entries).unwrap_err();
        assert!(found.contains(expected), "{found}");
    }
    assert!(checksum(b"no archive", "a").is_err());
    let whole = tarball("a", &[("package/x", FILE, 0o644, "xx")]);
    assert!(checksum(&whole[..whole.len() / 2], "a").is_err());
}

#[test]
fn what_unpacks_to_more_than_a_package_is_refused_before_it_is_read() {
    let mut header = Header::new_gnu();
    header.set_path("package/x").unwrap();
    header.set_size(MAX_UNPACKED + 1);
    header.set_mode(0o644);
    header.set_cksum();
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(header.as_bytes()).unwrap();
    let found = checksum(&gz.finish().unwrap(), "a").unwrap_err();
    assert!(found.contains("more than a package may have"), "{found}");
}

#[test]
fn names_without_end_are_refused_and_long_ones_are_not() {
    // 100 parts: each of its directories is a name of its own.
    let long = |index: usize, length: usize| {
        let parts = vec!["d".repeat(length); 98].join("/");
        format!("package/{index}/{parts}")
    };
    let of = |count: usize, length: usize| {
        let paths: Vec<String> = (0..count).map(|index| long(index, length)).collect();
        let entries: Vec<Entry<'_>> = paths.iter().map(|p| (&**p, FILE, 0o644, "")).collect();
        let tarball = tarball("a", &entries);
        assert!(tarball.len() < 1024 * 1024, "{}", tarball.len());
        checksum(&tarball, "a")
    };
    assert!(of(1, 40).is_ok());
    assert!(of(100, 30).is_ok());
    for (count, length, expected) in [(1, 42, "longer than one"), (300, 40, "its names")] {
        let found = of(count, length).unwrap_err();
        assert!(found.contains(expected), "{found}");
    }
    // What the whole archive is made of counts, whatever the longest name is.
    let megabytes = of(50, 10_000).unwrap_err();
    assert!(megabytes.contains("longer than one"), "{megabytes}");
    let deep = format!("package/{}x", "d/".repeat(99));
    let found = made("a", &[(&deep, FILE, 0o644, "")]).unwrap_err();
    assert!(found.contains("deeper"), "{found}");
}
