//! `db update` killed at any moment: the old database or the new one, always readable.

use crate::cli::{run, sealgate, text, write};
use crate::db_store::leftovers;
use crate::http::server::{Reply, Routes, Server};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

const ECOSYSTEMS: [(&str, &str); 3] = [
    ("npm", "/osv/npm/all.zip"),
    ("PyPI", "/osv/PyPI/all.zip"),
    ("Go", "/osv/Go/all.zip"),
];
/// Enough that the build takes a while.
const RECORDS: usize = 300;

/// A dump whose records name a version of the data.
fn dump(ecosystem: &str, version: u32) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for number in 0..RECORDS {
        let id = format!("T-{ecosystem}-{number}");
        let package = match ecosystem {
            "Go" => format!("example.com/p{number}"),
            _ => format!("p{number}"),
        };
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(format!("{id}.json"), options).unwrap();
        let record = format!(
            r#"{{"id": "{id}", "summary": "version {version}", "affected": [{{"package":
{{"ecosystem": "{ecosystem}", "name": "{package}"}}, "versions": ["1.0.{version}"]}}]}}"#
        );
        std::io::Write::write_all(&mut writer, record.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// What the server has at a version of the data.
fn routes(version: u32) -> Routes {
    ECOSYSTEMS
        .into_iter()
        .map(|(ecosystem, target)| {
            let tag = format!("\"{version}\"");
            (target, vec![Reply::tagged(&tag, dump(ecosystem, version))])
        })
        .collect()
}

fn start(directory: &Path) -> Child {
    sealgate(directory)
        .args(["--at", "2026-11-20T00:00:00Z", "db", "update"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn update(directory: &Path) -> String {
    assert!(start(directory).wait().unwrap().success());
    digest(directory)
}

/// Reads every byte; the digest of a database that is whole.
fn digest(directory: &Path) -> String {
    let said = text(&run(directory, &["db", "verify"], 0).stdout);
    said.rsplit_once("sha256:").unwrap().1.trim().to_owned()
}

/// `tests/crash/db.sh` asks for more kills.
#[test]
fn a_kill_at_any_moment_of_an_update_leaves_the_old_or_the_new_database() {
    let kills: u32 = std::env::var("SEALGATE_KILLS").map_or(20, |number| number.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(routes(0));
    let settings = format!(
        "schema = 1\n[[source]]\nkind = \"osv\"\nmirrors = [\"{}\"]\necosystems = [\"npm\", \"PyPI\", \"Go\"]\n",
        server.url("/osv")
    );
    write(dir.path(), "db/db.toml", settings);
    update(dir.path());
    // What an undisturbed run gives for either version of the data, and how long it takes.
    let mut expected = Vec::new();
    let mut longest = Duration::ZERO;
    for version in [1, 2] {
        server.set(routes(version));
        let started = Instant::now();
        expected.push(update(dir.path()));
        longest = longest.max(started.elapsed());
    }
    assert_ne!(expected[0], expected[1]);

    let (mut running, mut old, mut new) = (0, 0, 0);
    let mut random = 0x5eed_u64;
    let mut number = 0;
    // One that has ended already is not killed, and does not count.
    while running < kills {
        assert!(number < kills * 5, "only {running} of {number} kills hit");
        let (before, after) = match number % 2 {
            0 => (&expected[1], &expected[0]),
            _ => (&expected[0], &expected[1]),
        };
        server.set(routes(1 + number % 2));
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let part = f64::from(u32::try_from(random >> 32).unwrap()) / f64::from(u32::MAX);
        let mut child = start(dir.path());
        // The moment of the kill is what is tested.
        std::thread::sleep(longest.mul_f64(part * 1.05));
        let is_running = child.try_wait().unwrap().is_none();
        running += u32::from(is_running);
        child.kill().unwrap();
        child.wait().unwrap();
        let found = digest(dir.path());
        assert!(
            found == *before || found == *after,
            "kill {number} left {found}, neither {before} nor {after}"
        );
        old += u32::from(is_running && found == *before);
        new += u32::from(is_running && found != *before);
        // Whatever the kill left, the next run gets through.
        assert_eq!(update(dir.path()), *after, "after kill {number}");
        number += 1;
    }
    println!("{running} kills: {old} left the old database, {new} the new one");
    // Of so many kills some are early and some late, whatever else the machine does.
    assert!(kills < 200 || (old > 0 && new > 0), "{old} and {new}");
    assert_eq!(leftovers(dir.path()), [""; 0]);
}
