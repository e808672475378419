//! Published test suites and schemas from `../shared/conformance`, unpacked in memory.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests: a damaged archive is a failed test"
)]

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

/// The files of an archive by path, or `None` (with the reason printed) where the
/// archive is not on this machine.
pub fn unpack(archive: &str) -> Option<BTreeMap<String, Vec<u8>>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/conformance")
        .join(archive);
    let Ok(file) = std::fs::File::open(&path) else {
        println!("skipped: ../shared/conformance/{archive} is not here");
        return None;
    };
    let mut files = BTreeMap::new();
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(file));
    for entry in tar.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_string_lossy().into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        files.insert(name, bytes);
    }
    Some(files)
}
