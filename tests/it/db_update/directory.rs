//! The database directory while an update runs, and where one cannot.

use super::{ZIP, digest, directory, dump, serve, update, update_npm};
use crate::cli::{run, sealgate, text};
use crate::db_store::{generations, leftovers};
use crate::http::server::{Reply, Server};
use std::fs::File;
use std::process::Stdio;
use std::sync::{Arc, Barrier};

#[test]
fn readers_do_not_wait_for_an_update() {
    let dir = directory();
    update_npm(dir.path(), &serve(Reply::ok(dump("A-1", "a"))), 0);
    let first = digest(dir.path());
    // The server holds its answer back between two barriers.
    let (asked, allowed) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let body = dump("A-2", "a");
    let slow = {
        let (asked, allowed) = (Arc::clone(&asked), Arc::clone(&allowed));
        Reply::new(move |_, stream| {
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
            )?;
            stream.write_all(&body[..length / 2])?;
            stream.flush()?;
            asked.wait();
            allowed.wait();
            stream.write_all(&body[length / 2..])
        })
    };
    let server = serve(slow);
    let source = format!("osv={}", server.url("/osv"));
    let arguments = ["db", "update", "--source", &source, "--ecosystem", "npm"];
    let mut child = sealgate(dir.path())
        .args(arguments)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    asked.wait();
    assert_eq!(digest(dir.path()), first);
    run(dir.path(), &["db", "export", "copy.sgdb"], 0);
    let said = text(&run(dir.path(), &arguments, 3).stderr);
    assert!(
        said.contains("is being changed by another sealgate"),
        "{said}"
    );
    assert_eq!(server.seen().len(), 1, "the second one asked nothing");
    allowed.wait();
    assert!(child.wait().unwrap().success());
    assert_ne!(digest(dir.path()), first);
}

#[test]
fn an_update_that_may_not_run_asks_no_server() {
    let dir = directory();
    let server = serve(Reply::ok(dump("A-1", "a")));
    let lock = File::create(dir.path().join("db/lock")).unwrap();
    lock.lock().unwrap();
    update_npm(dir.path(), &server, 3);
    assert!(server.seen().is_empty());
    lock.unlock().unwrap();
    update_npm(dir.path(), &server, 0);
}

#[test]
fn an_update_can_be_taken_back() {
    let dir = directory();
    let server = Server::start(Vec::new());
    let mut digests = Vec::new();
    for id in ["A-1", "A-2", "A-3"] {
        server.set(vec![(ZIP, vec![Reply::ok(dump(id, "a"))])]);
        update_npm(dir.path(), &server, 0);
        digests.push(digest(dir.path()));
    }
    run(dir.path(), &["db", "rollback"], 0);
    assert_eq!(digest(dir.path()), digests[1]);
    // The same records again are the newest generation again.
    update_npm(dir.path(), &server, 0);
    assert_eq!(digest(dir.path()), digests[2]);
    let source = format!("osv={}", server.url("/osv"));
    let arguments = ["--source", &source, "--ecosystem", "npm", "--keep", "1"];
    update(dir.path(), &arguments, 0);
    assert_eq!(generations(dir.path()).len(), 1);
    assert_eq!(digest(dir.path()), digests[2]);
}

#[cfg(unix)]
#[test]
fn a_full_disk_ends_a_download_and_leaves_the_old_database() {
    use crate::db_store::with_a_full_disk;
    let dir = directory();
    update_npm(dir.path(), &serve(Reply::ok(dump("A-1", "a"))), 0);
    let first = digest(dir.path());
    let large = serve(Reply::ok(vec![b'x'; 64 * 1024]));
    let other = serve(Reply::ok(dump("A-2", "a")));
    let source = format!("osv={},{}", large.url("/osv"), other.url("/osv"));
    let arguments = ["db", "update", "--source", &source, "--ecosystem", "npm"];
    let Some(output) = with_a_full_disk(dir.path(), "trap '' XFSZ;", &arguments) else {
        return;
    };
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("cannot write"), "{said}");
    assert!(
        other.seen().is_empty(),
        "another mirror would not help: {said}"
    );
    assert_eq!(digest(dir.path()), first);
    assert_eq!(leftovers(dir.path()), [""; 0]);
}
