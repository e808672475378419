//! The commands that replace the database, killed at random moments: the old database or
//! the new one, always readable and verified.

use crate::cli::{run, sealgate, text, write};
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Enough that an import takes a while.
const RECORDS: usize = 400;

/// A dump whose records name a version of the data.
fn put_dump(directory: &Path, version: u32) {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for number in 0..RECORDS {
        let options = zip::write::SimpleFileOptions::default();
        writer
            .start_file(format!("T-{number}.json"), options)
            .unwrap();
        let record = format!(
            r#"{{"id": "T-{number}", "summary": "version {version}", "affected": [{{"package":
{{"ecosystem": "npm", "name": "p{number}"}}, "versions": ["1.0.{version}"]}}]}}"#
        );
        writer.write_all(record.as_bytes()).unwrap();
    }
    let name = format!("dump-{version}/npm/all.zip");
    write(directory, &name, writer.finish().unwrap().into_inner());
}

/// The command of one kill, by turns; all of them lead from one version to the other.
fn arguments(number: u32, version: u32) -> Vec<String> {
    let words: &[&str] = match number % 4 {
        0 | 1 => &["db", "import", "--from", "dump-V"],
        2 => &["db", "import", "exported-V.sgdb"],
        _ => &["db", "rollback"],
    };
    let version = version.to_string();
    words
        .iter()
        .map(|word| word.replace('V', &version))
        .collect()
}

fn start(directory: &Path, arguments: &[String]) -> Child {
    sealgate(directory)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn import(directory: &Path, version: u32) -> String {
    let from = format!("dump-{version}");
    run(directory, &["db", "import", "--from", &from], 0);
    verified(directory)
}

/// Reads all of it; the digest of a database that is whole.
fn verified(directory: &Path) -> String {
    let said = text(&run(directory, &["db", "verify"], 0).stdout);
    said.rsplit_once("sha256:").unwrap().1.trim().to_owned()
}

#[test]
fn a_kill_at_any_moment_of_an_import_leaves_the_old_or_the_new_database() {
    let kills: u32 = std::env::var("SEALGATE_KILLS").map_or(25, |number| number.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let mut digests = Vec::new();
    let mut longest = Duration::ZERO;
    for version in [0, 1] {
        put_dump(dir.path(), version);
        let started = Instant::now();
        digests.push(import(dir.path(), version));
        longest = longest.max(started.elapsed());
        let exported = format!("exported-{version}.sgdb");
        run(dir.path(), &["db", "export", &exported], 0);
    }
    assert_ne!(digests[0], digests[1]);
    let (mut running, mut old, mut new) = (0, 0, 0);
    let mut random = 0x5eed_u64;
    let mut number = 0;
    // One that has ended already is not killed, and does not count.
    while running < kills {
        assert!(number < kills * 5, "only {running} of {number} kills hit");
        let before = import(dir.path(), number % 2);
        let after = &digests[usize::try_from((number + 1) % 2).unwrap()];
        assert_eq!(before, digests[usize::try_from(number % 2).unwrap()]);
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let part = f64::from(u32::try_from(random >> 32).unwrap()) / f64::from(u32::MAX);
        let mut child = start(dir.path(), &arguments(number, (number + 1) % 2));
        // The moment of the kill is what is tested. A rollback is shorter.
        let within = if number % 4 == 3 { 0.4 } else { 0.9 };
        std::thread::sleep(longest.mul_f64(part * within));
        let is_running = child.try_wait().unwrap().is_none();
        running += u32::from(is_running);
        child.kill().unwrap();
        child.wait().unwrap();
        let found = verified(dir.path());
        assert!(
            found == before || found == *after,
            "kill {number} left {found}, neither {before} nor {after}"
        );
        old += u32::from(is_running && found == before);
        new += u32::from(is_running && found != before);
        number += 1;
    }
    println!("{running} kills: {old} left the old database, {new} the new one");
    // Whatever the last kill left, the next run clears.
    import(dir.path(), 0);
    for below in ["db", "db/generations"] {
        for entry in std::fs::read_dir(dir.path().join(below)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(!name.starts_with('.'), "{name}");
        }
    }
    let generations = std::fs::read_dir(dir.path().join("db/generations")).unwrap();
    assert_eq!(generations.count(), 2);
}
