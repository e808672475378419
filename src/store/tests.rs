use super::*;
use crate::model::Purl;
use std::convert::Infallible;

fn used(purl: &str) -> NewUse {
    let purl = Purl::parse(purl).unwrap();
    NewUse {
        name: purl.name().to_owned(),
        version: purl.version().map(str::to_owned),
        purl,
        scope: "runtime",
    }
}

fn document(name: &str, purls: &[&str]) -> NewDocument {
    NewDocument {
        digest: format!("digest of {name}"),
        kind: "sbom",
        file: format!("{name}.cdx.json"),
        product: name.to_owned(),
        product_version: Some("1.0.0".to_owned()),
        artifact: None,
        made_at: Some(5),
        decision: None,
        gaps: 0,
        uses: purls.iter().map(|purl| used(purl)).collect(),
    }
}

#[derive(Debug)]
struct Failed;

impl From<StoreError> for Failed {
    fn from(_: StoreError) -> Self {
        Self
    }
}

impl From<Infallible> for Failed {
    fn from(_: Infallible) -> Self {
        Self
    }
}

fn add(store: &mut Store, documents: Vec<NewDocument>, now: i64) -> Added {
    store
        .add(documents.into_iter().map(Ok::<_, Failed>), now)
        .unwrap()
}

fn products(store: &Store, purl: &str) -> Vec<String> {
    let releases = store.releases_of(&Purl::parse(purl).unwrap()).unwrap();
    let users = releases
        .iter()
        .map(|release| store.users_of(release.id).unwrap());
    users.flatten().map(|used| used.document.product).collect()
}

#[test]
fn a_document_is_found_by_each_of_its_packages_and_counts_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open_or_create(&dir.path().join("a/b")).unwrap();
    let both = vec![
        document("web", &["pkg:npm/tar@1.0.0", "pkg:npm/x@2.0.0"]),
        document("api", &["pkg:npm/tar@1.1.0"]),
    ];
    assert_eq!(
        add(&mut store, both.clone(), 10),
        Added { new: 2, known: 0 }
    );
    assert_eq!(add(&mut store, both, 11), Added { new: 0, known: 2 });
    drop(store);
    let store = Store::open(&dir.path().join("a/b")).unwrap();
    assert_eq!(products(&store, "pkg:npm/tar"), ["web", "api"]);
    assert_eq!(products(&store, "pkg:npm/x@9"), ["web"]);
    assert!(products(&store, "pkg:npm/none").is_empty());
    assert_eq!(store.documents().unwrap()[0].added_at, 10);
}

#[test]
fn an_error_in_the_middle_adds_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open_or_create(dir.path()).unwrap();
    let documents = [Ok(document("web", &["pkg:npm/x@1"])), Err(Failed)];
    assert!(store.add(documents, 10).is_err());
    assert_eq!(store.count().unwrap(), (0, 0));
}

#[test]
fn what_is_removed_takes_what_only_it_named_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open_or_create(dir.path()).unwrap();
    let web = document("web", &["pkg:npm/tar@1.0.0", "pkg:npm/x@2.0.0"]);
    let api = document("api", &["pkg:npm/tar@1.0.0"]);
    add(&mut store, vec![web.clone(), api], 10);
    let affected: Vec<_> = store
        .all_releases()
        .unwrap()
        .iter()
        .map(|r| (r.id, "A-1".to_owned(), "high".to_owned()))
        .collect();
    store.set_affected(&affected, 20).unwrap();
    assert_eq!(
        store
            .remove(&[web.digest.clone(), "none".to_owned()])
            .unwrap(),
        1
    );
    assert_eq!(products(&store, "pkg:npm/tar"), ["api"]);
    assert_eq!(store.all_releases().unwrap().len(), 1);
    assert_eq!(store.newly_affected(0).unwrap().len(), 1);
}

#[test]
fn what_was_known_to_be_affected_keeps_its_time_and_what_is_repaired_goes() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open_or_create(dir.path()).unwrap();
    add(
        &mut store,
        vec![document("web", &["pkg:npm/tar@1.0.0"])],
        10,
    );
    let id = store.all_releases().unwrap()[0].id;
    let one = (id, "A-1".to_owned(), "high".to_owned());
    let two = (id, "A-2".to_owned(), "low".to_owned());
    store.set_affected(std::slice::from_ref(&one), 20).unwrap();
    store.set_affected(&[one.clone(), two.clone()], 30).unwrap();
    let since = |store: &Store, since: i64| -> Vec<(String, i64)> {
        let found = store.newly_affected(since).unwrap();
        found.into_iter().map(|f| (f.advisory, f.since)).collect()
    };
    let (a1, a2) = (("A-1".to_owned(), 20), ("A-2".to_owned(), 30));
    assert_eq!(since(&store, 0), [a1, a2.clone()]);
    assert_eq!(since(&store, 30), std::slice::from_ref(&a2));
    // A build that comes later is newly affected by what has long been known.
    add(
        &mut store,
        vec![document("api", &["pkg:npm/tar@1.0.0"])],
        40,
    );
    assert_eq!(
        since(&store, 40),
        [("A-1".to_owned(), 40), ("A-2".to_owned(), 40)]
    );
    store.set_affected(&[two], 50).unwrap();
    assert_eq!(since(&store, 0).len(), 2);
    assert!(
        since(&store, 0)
            .iter()
            .all(|(advisory, _)| advisory == "A-2")
    );
}

#[test]
fn every_column_of_the_schema_is_exported_and_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open_or_create(dir.path()).unwrap();
    for table in TABLES {
        let statement = format!("SELECT name FROM pragma_table_info('{}')", table.name);
        let named: Vec<String> = store.rows(&statement, [], |row| row.get(0)).unwrap();
        let exported: Vec<&str> = table.columns.iter().map(|c| c.name).collect();
        assert_eq!(named, exported, "{}", table.name);
    }
    let statement = "SELECT count(*) FROM sqlite_schema WHERE type = 'table'";
    assert_eq!(
        usize::try_from(store.number(statement).unwrap()).unwrap(),
        TABLES.len()
    );
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a file of the test's own")]
fn what_is_no_store_is_told() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(
        Store::open(dir.path()),
        Err(StoreError::Missing { .. })
    ));
    let file = dir.path().join(FILE_NAME);
    std::fs::write(
        &file,
        "no database at all, and long enough to look like one",
    )
    .unwrap();
    assert!(matches!(
        Store::open(dir.path()),
        Err(StoreError::Sqlite { .. })
    ));
    std::fs::remove_file(&file).unwrap();
    let other = Connection::open(&file).unwrap();
    other.execute_batch("CREATE TABLE t (x)").unwrap();
    drop(other);
    assert!(matches!(
        Store::open(dir.path()),
        Err(StoreError::NotAStore { .. })
    ));
    assert!(matches!(
        Store::open_or_create(dir.path()),
        Err(StoreError::NotAStore { .. })
    ));
}
