//! `sealgate secrets` over what git holds: the index, ranges, whole histories.

use crate::cli::{run, sealgate, text, write};
use sealgate::support::hash::sha256;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A token that no one was given.
fn token(n: u8) -> String {
    format!("{}{}", ["dop", "_v1_"].concat(), sha256(&[n]).hex())
}

fn line(n: u8) -> String {
    format!("token = {}\n", token(n))
}

/// A repository; git runs apart from the user's configuration.
struct Repository {
    directory: TempDir,
}

impl Repository {
    /// `None`, with a printed reason, where git is not installed.
    fn new() -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let repository = Self { directory };
        if repository.try_git(&["init", "-q", "-b", "main"]).is_none() {
            println!("skipped: git is not installed here, or older than 2.28");
            return None;
        }
        Some(repository)
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn try_git(&self, arguments: &[&str]) -> Option<String> {
        let output = git_in(self.path()).args(arguments).output().ok()?;
        output.status.success().then(|| text(&output.stdout))
    }

    fn git(&self, arguments: &[&str]) -> String {
        self.try_git(arguments)
            .unwrap_or_else(|| unreachable!("git {arguments:?}"))
            .trim()
            .to_owned()
    }

    fn commit(&self, path: &str, content: &str) -> String {
        write(self.path(), path, content);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", "x"]);
        self.git(&["rev-parse", "HEAD"])
    }
}

fn git_in(directory: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .args(["-c", "user.name=Ada", "-c", "user.email=a@h.example"])
        .args(["-c", "protocol.file.allow=always", "-c", "gc.auto=0"])
        .current_dir(directory)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_DATE", "2024-03-04T05:06:07+02:00")
        .env("GIT_COMMITTER_DATE", "2024-03-04T05:06:07+02:00")
        .env_remove("GIT_DIR")
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_INDEX_FILE")
        .stderr(Stdio::null());
    command
}

/// The report of one search; the code must be `code`.
fn search(directory: &Path, arguments: &[&str], code: i32) -> Value {
    let mut all = vec![
        "secrets",
        "--format",
        "json",
        "--at",
        "2024-04-01T00:00:00Z",
    ];
    all.extend(arguments);
    let output = run(directory, &all, code);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The report of a search of standard input: some bytes, some times over.
fn search_input(bytes: &[u8], times: usize, code: i32) -> Value {
    let directory = tempfile::tempdir().unwrap();
    let mut child = sealgate(directory.path())
        .args(["secrets", "--stdin", "--format", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    // The program stops reading at its limit.
    let _ = (0..times).try_for_each(|_| input.write_all(bytes));
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(code));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// `path:line` of the findings.
fn places(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let place = |finding: &Value| {
        let location = &finding["location"];
        format!(
            "{}:{}",
            location["path"].as_str().unwrap(),
            location["line"]
        )
    };
    let mut places: Vec<String> = findings.map(place).collect();
    places.sort();
    places
}

fn gaps(report: &Value) -> Vec<String> {
    let gaps = report["gaps"].as_array().unwrap().iter();
    gaps.map(|gap| gap["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Per place: commit, and whether the commit checked out still has it.
fn introduced(report: &Value) -> BTreeMap<String, (String, bool)> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| {
            let by = &finding["secret"]["introduced"];
            let commit = by["commit"].as_str().unwrap().to_owned();
            assert_eq!(by["author"], "Ada");
            assert_eq!(by["time"], "2024-03-04T03:06:07Z");
            let path = finding["location"]["path"].as_str().unwrap().to_owned();
            (path, (commit, by["in_head"].as_bool().unwrap()))
        })
        .collect()
}

#[test]
fn the_staged_form_is_searched_and_not_that_of_the_work_tree() {
    let Some(repository) = Repository::new() else {
        return;
    };
    let root = repository.path();
    // Before the first commit everything that is staged is new.
    write(root, "first.env", line(1));
    assert_eq!(places(&search(root, &["--staged"], 0)), [] as [&str; 0]);
    repository.git(&["add", "first.env"]);
    assert_eq!(places(&search(root, &["--staged"], 1)), ["first.env:1"]);
    repository.git(&["commit", "-q", "-m", "x"]);
    assert_eq!(places(&search(root, &["--staged"], 0)), [] as [&str; 0]);

    // Staged, then taken out of the work tree; and the other way round.
    write(root, "a/staged.env", line(2));
    write(root, "a/unstaged.env", "x = 1\n");
    repository.git(&["add", "a"]);
    write(root, "a/staged.env", "x = 1\n");
    write(root, "a/unstaged.env", line(3));
    assert_eq!(places(&search(root, &["--staged"], 1)), ["a/staged.env:1"]);
    assert_eq!(
        places(&search(&root.join("a"), &["--staged"], 1)),
        ["staged.env:1"]
    );

    // A secret that the commit has already is not what this change brings.
    write(
        root,
        "first.env",
        format!("# new line\n{}{}", line(1), line(4)),
    );
    repository.git(&["rm", "-q", "-f", "--cached", "a/staged.env"]);
    repository.git(&["add", "first.env"]);
    assert_eq!(places(&search(root, &["--staged"], 1)), ["first.env:3"]);
}

#[test]
fn a_hook_is_silent_when_clean_and_sees_the_index_that_git_names() {
    let Some(repository) = Repository::new() else {
        return;
    };
    let root = repository.path();
    repository.commit("a.env", "x = 1\n");
    let hooks = root.join(".git/hooks");
    let program = env!("CARGO_BIN_EXE_sealgate");
    let hook = write(
        &hooks,
        "pre-commit",
        format!("#!/bin/sh\nexec '{program}' secrets --staged --quiet >.git/said 2>&1\n"),
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let said = || {
        let mut said = String::new();
        let mut file = std::fs::File::open(root.join(".git/said")).unwrap();
        file.read_to_string(&mut said).unwrap();
        said
    };
    // `-a` commits from an index of its own.
    write(root, "a.env", line(1));
    assert_eq!(repository.try_git(&["commit", "-q", "-a", "-m", "x"]), None);
    assert!(said().contains("a.env:1"), "{}", said());
    write(root, "a.env", "x = 2\n");
    assert!(
        repository
            .try_git(&["commit", "-q", "-a", "-m", "x"])
            .is_some()
    );
    assert_eq!(said(), "");
    // A linked work tree has an index and a `.git` file of its own.
    let other = tempfile::tempdir().unwrap();
    let tree = other.path().join("tree");
    repository.git(&["worktree", "add", "-q", tree.to_str().unwrap()]);
    write(&tree, "b.env", line(2));
    assert!(
        git_in(&tree)
            .args(["add", "b.env"])
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(places(&search(&tree, &["--staged"], 1)), ["b.env:1"]);
    assert_eq!(places(&search(root, &["--staged"], 0)), [] as [&str; 0]);
}

#[test]
fn a_history_tells_the_commit_that_brought_a_secret_and_whether_it_is_still_there() {
    let Some(repository) = Repository::new() else {
        return;
    };
    let root = repository.path();
    let one = repository.commit("kept.env", &line(1));
    let two = repository.commit("gone.env", &line(2));
    // Later versions of a file hold the same secret: still one finding.
    repository.commit("kept.env", &format!("# moved\n{}", line(1)));
    repository.git(&["rm", "-q", "gone.env"]);
    repository.commit("other.txt", "x\n");
    // On a branch that is merged, on one that is not, in the stash, behind a tag alone.
    repository.git(&["checkout", "-q", "-b", "merged"]);
    let three = repository.commit("merged.env", &line(3));
    repository.git(&["checkout", "-q", "main"]);
    repository.commit("main.txt", "y\n");
    repository.git(&["merge", "-q", "--no-ff", "-m", "m", "merged"]);
    repository.git(&["checkout", "-q", "-b", "open"]);
    let four = repository.commit("open.env", &line(4));
    repository.git(&["checkout", "-q", "main"]);
    repository.git(&["checkout", "-q", "-b", "tagged"]);
    let five = repository.commit("tagged.env", &line(5));
    repository.git(&["tag", "-a", "-m", "t", "v1"]);
    repository.git(&["checkout", "-q", "main"]);
    repository.git(&["branch", "-q", "-D", "tagged"]);
    write(root, "main.txt", line(6));
    repository.git(&["stash", "-q"]);

    let expected = |report: &Value| {
        assert_eq!(gaps(report), [] as [&str; 0]);
        let mut found = introduced(report);
        assert_eq!(found.remove("kept.env"), Some((one.clone(), true)));
        assert_eq!(found.remove("gone.env"), Some((two.clone(), false)));
        assert_eq!(found.remove("merged.env"), Some((three.clone(), true)));
        assert_eq!(found.remove("open.env"), Some((four.clone(), false)));
        assert_eq!(found.remove("tagged.env"), Some((five.clone(), false)));
        assert!(
            found
                .remove("main.txt")
                .is_some_and(|(_, in_head)| !in_head)
        );
        assert!(found.is_empty(), "{found:?}");
        assert_eq!(report["findings"].as_array().unwrap().len(), 6);
    };
    let loose = search(root, &["--history"], 1);
    expected(&loose);
    // The same from one pack, and from a bare clone of all references.
    repository.git(&["pack-refs", "--all"]);
    repository.git(&["repack", "-q", "-a", "-d"]);
    assert_eq!(search(root, &["--history"], 1), loose);
    let bare = tempfile::tempdir().unwrap();
    repository.git(&[
        "clone",
        "-q",
        "--mirror",
        ".",
        bare.path().to_str().unwrap(),
    ]);
    let mirrored = search(bare.path(), &["--history"], 1);
    assert_eq!(introduced(&mirrored), introduced(&loose));

    // Ranges tell what their commits brought, and no more.
    let since = search(root, &["--since", &two], 1);
    assert_eq!(places(&since), ["merged.env:1"]);
    let range = search(root, &["--since", &format!("{one}..{two}")], 1);
    assert_eq!(places(&range), ["gone.env:1"]);
    assert_eq!(
        places(&search(root, &["--since", "HEAD"], 0)),
        [] as [&str; 0]
    );
}

#[test]
fn a_history_below_a_directory_is_that_of_its_files() {
    let Some(repository) = Repository::new() else {
        return;
    };
    repository.commit("sub/in.env", &line(1));
    repository.commit("out.env", &line(2));
    let report = search(&repository.path().join("sub"), &["--history"], 1);
    assert_eq!(places(&report), ["in.env:1"]);
}

#[test]
fn the_cache_leaves_out_what_was_searched_and_never_what_it_found() {
    let Some(repository) = Repository::new() else {
        return;
    };
    let root = repository.path();
    repository.commit("kept.env", &line(1));
    // Later versions have it in other lines: the first one is told, cached or not.
    repository.commit("kept.env", &format!("# a\n# b\n{}", line(1)));
    repository.commit("kept.env", &format!("# a\n{}", line(1)));
    let cache = tempfile::tempdir().unwrap();
    let cached = |code| {
        let directory = cache.path().to_str().unwrap();
        search(root, &["--history", "--cache", directory], code)
    };
    let count = |report: &Value| report["secrets"]["commits"].as_u64().unwrap();
    let first = cached(1);
    let again = cached(1);
    assert_eq!((count(&first), count(&again)), (3, 0));
    assert_eq!(first["findings"], again["findings"]);
    let files: Vec<PathBuf> = std::fs::read_dir(cache.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let bytes = std::fs::read(&files[0]).unwrap();
    let needle = token(1);
    assert!(
        !bytes
            .windows(20)
            .any(|part| needle.as_bytes().windows(20).any(|n| n == part))
    );

    // What is new is found, and what it is about keeps its first commit.
    repository.git(&["checkout", "-q", "-b", "side"]);
    repository.commit("side.env", &format!("{}{}", line(1), line(2)));
    let with_side = cached(1);
    assert_eq!(count(&with_side), 1);
    assert_eq!(
        places(&with_side),
        ["kept.env:1", "side.env:1", "side.env:2"]
    );
    // A branch that is gone takes its secrets with it.
    repository.git(&["checkout", "-q", "main"]);
    repository.git(&["branch", "-q", "-D", "side"]);
    let without = cached(1);
    assert_eq!(count(&without), 3);
    assert_eq!(without["findings"], first["findings"]);
    // Damage makes it a cache of nothing.
    let mut damaged = std::fs::read(&files[0]).unwrap();
    damaged[10] ^= 1;
    write(
        cache.path(),
        files[0].file_name().unwrap().to_str().unwrap(),
        damaged,
    );
    let repaired = cached(1);
    assert_eq!(count(&repaired), 3);
    assert_eq!(repaired["findings"], first["findings"]);
}

#[test]
fn a_content_with_a_gap_is_searched_again_and_the_others_are_not() {
    let Some(repository) = Repository::new() else {
        return;
    };
    let root = repository.path();
    repository.commit("x.txt", "x\n");
    // The head of a gzip file and nothing behind it.
    std::fs::write(root.join("cut.gz"), [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1]).unwrap();
    repository.git(&["add", "cut.gz"]);
    repository.commit("y.txt", "y\n");
    let cache = tempfile::tempdir().unwrap();
    let directory = cache.path().to_str().unwrap();
    let cached = || search(root, &["--history", "--cache", directory], 3);
    let (first, again) = (cached(), cached());
    assert_eq!(gaps(&first), ["secrets/unreadable-archive"]);
    assert_eq!(gaps(&again), gaps(&first));
    assert_eq!(first["secrets"]["files"], 3);
    assert_eq!(again["secrets"]["files"], 1);
}

#[test]
fn what_a_clone_does_not_have_is_a_gap() {
    let Some(repository) = Repository::new() else {
        return;
    };
    let root = repository.path();
    repository.commit("a.env", "x = 1\n");
    repository.commit("b.env", "x = 2\n");
    repository.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", root.display());
    let clone = |arguments: &[&str]| {
        let directory = tempfile::tempdir().unwrap();
        let mut all = vec!["clone", "-q"];
        all.extend(arguments);
        all.extend([url.as_str(), directory.path().to_str().unwrap()]);
        repository.git(&all);
        directory
    };
    let whole = clone(&[]);
    assert_eq!(
        gaps(&search(whole.path(), &["--history"], 0)),
        [] as [&str; 0]
    );
    let shallow = clone(&["--depth", "1"]);
    let report = search(shallow.path(), &["--history"], 3);
    assert_eq!(gaps(&report), ["secrets/shallow-history"]);
    let partial = clone(&["--filter=blob:none", "--no-checkout"]);
    let report = search(partial.path(), &["--history"], 3);
    assert_eq!(
        gaps(&report),
        ["secrets/missing-object", "secrets/missing-object"]
    );

    repository.git(&["submodule", "-q", "add", &url, "sub"]);
    repository.git(&["commit", "-q", "-m", "x"]);
    assert_eq!(
        gaps(&search(root, &["--history"], 3)),
        ["secrets/submodule"]
    );
}

#[test]
fn a_damaged_repository_is_a_gap_and_the_rest_is_searched() {
    let Some(repository) = Repository::new() else {
        return;
    };
    let root = repository.path();
    repository.commit("a.env", &line(1));
    repository.commit("b.env", &line(2));
    let object = |name: &str| {
        let id = repository.git(&["rev-parse", name]);
        root.join(".git/objects").join(&id[..2]).join(&id[2..])
    };
    let replace = |path: &Path, bytes: &[u8]| {
        std::fs::remove_file(path).unwrap();
        write(
            path.parent().unwrap(),
            path.file_name().unwrap().to_str().unwrap(),
            bytes,
        );
    };
    replace(&object("HEAD:b.env"), b"no object");
    let report = search(root, &["--history"], 1);
    assert_eq!(places(&report), ["a.env:1"]);
    assert_eq!(gaps(&report), ["secrets/unreadable-object"]);
    std::fs::remove_file(object("HEAD~1^{tree}")).unwrap();
    let report = search(root, &["--history"], 1);
    let objects = gaps(&report);
    assert_eq!(
        objects,
        ["secrets/unreadable-object", "secrets/unreadable-object"]
    );
    // A reference to nothing.
    write(&root.join(".git/refs/heads"), "lost", "1f".repeat(20));
    assert!(
        gaps(&search(root, &["--history"], 1)).contains(&"secrets/broken-reference".to_owned())
    );
    // Without its commit nothing can be said of what is staged.
    std::fs::remove_file(object("HEAD")).unwrap();
    let output = run(root, &["secrets", "--staged"], 3);
    assert!(
        text(&output.stderr).contains("git"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn an_index_that_cannot_be_read_is_never_a_pass() {
    let Some(repository) = Repository::new() else {
        return;
    };
    let root = repository.path();
    repository.commit("a.env", "x = 1\n");
    let code = |index: &str| {
        let mut command = sealgate(root);
        command
            .args(["secrets", "--staged"])
            .env("GIT_INDEX_FILE", index);
        command.output().unwrap().status.code()
    };
    assert_eq!(code(".git/index"), Some(0));
    assert_eq!(code(".git/gone"), Some(3));
    let whole = std::fs::read(root.join(".git/index")).unwrap();
    for length in [0, 4, 12, whole.len() / 2, whole.len() - 1] {
        write(root, ".git/cut", &whole[..length]);
        assert_eq!(
            code(".git/cut"),
            Some(3),
            "{length} of {} bytes",
            whole.len()
        );
    }
}

#[test]
fn more_than_is_held_is_searched_on_standard_input_and_a_large_archive_is_a_gap() {
    let block = vec![b'\n'; 1024 * 1024];
    let report = search_input(&block, 60, 0);
    assert_eq!(gaps(&report), [] as [&str; 0]);
    assert_eq!(report["secrets"]["bytes"], 60 * 1024 * 1024);
    let mut block = vec![0; 1024 * 1024];
    block[..4].copy_from_slice(b"PK\x03\x04");
    let report = search_input(&block, 60, 3);
    assert_eq!(gaps(&report), ["secrets/archive-limit"]);
}

#[test]
fn a_corrupt_pack_is_never_a_pass() {
    let Some(repository) = Repository::new() else {
        return;
    };
    let root = repository.path();
    let noise: String = (0..40).map(|n| sha256(&[n]).hex()).collect();
    repository.commit("a.txt", &noise);
    repository.git(&["repack", "-q", "-a", "-d"]);
    assert_eq!(gaps(&search(root, &["--history"], 0)), [] as [&str; 0]);
    let packs = std::fs::read_dir(root.join(".git/objects/pack")).unwrap();
    let pack = packs
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|e| e == "pack"))
        .unwrap();
    let whole = std::fs::read(&pack).unwrap();
    for at in (12..whole.len() - 20).step_by(41) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        std::fs::remove_file(&pack).unwrap();
        write(
            pack.parent().unwrap(),
            pack.file_name().unwrap().to_str().unwrap(),
            bytes,
        );
        let output = sealgate(root)
            .args(["secrets", "--history", "--format", "json"])
            .output()
            .unwrap();
        let code = output.status.code();
        assert_eq!(code, Some(3), "byte {at}: {}", text(&output.stderr));
    }
}

#[test]
fn a_replacement_does_not_hide_a_commit() {
    let Some(repository) = Repository::new() else {
        return;
    };
    let clean = repository.commit("a.env", "x = 1\n");
    let leaky = repository.commit("a.env", &line(1));
    repository.git(&["replace", &leaky, &clean]);
    let report = search(repository.path(), &["--history"], 1);
    assert_eq!(introduced(&report)["a.env"], (leaky, true));
}

#[test]
fn a_baseline_leaves_what_the_branch_has_brought() {
    let Some(repository) = Repository::new() else {
        return;
    };
    let root = repository.path();
    repository.commit("old.env", &line(1));
    repository.git(&["checkout", "-q", "-b", "work"]);
    repository.commit("old.env", &format!("# moved\n{}", line(1)));
    repository.commit("new.env", &line(2));
    // What the other branch has gained since does not count as known.
    repository.git(&["checkout", "-q", "main"]);
    repository.commit("new.env", &line(2));
    repository.git(&["checkout", "-q", "work"]);
    let new = search(root, &["--baseline-from", "main"], 1);
    assert_eq!(places(&new), ["new.env:1"]);
    assert_eq!(
        places(&search(root, &["--baseline-from", "HEAD"], 0)),
        [] as [&str; 0]
    );
    let output = run(root, &["secrets", "--baseline-from", "nowhere"], 2);
    assert!(text(&output.stderr).contains("`nowhere`"));
}

#[test]
fn an_exception_covers_one_secret_until_its_day() {
    let Some(repository) = Repository::new() else {
        return;
    };
    let root = repository.path();
    write(root, "a.env", format!("a = 1\n{}", line(1)));
    let at = ["--at", "2024-04-01T00:00:00Z"];
    let except = |place: &str, expires: &str, code: i32| {
        let mut all = vec![
            "secrets", "except", place, "--owner", "jo", "--reason", "sample",
        ];
        all.extend(["--expires", expires]);
        all.extend(at);
        run(root, &all, code)
    };
    except("b.env:1", "2024-06-01", 2);
    except("a.env:2", "2024-01-01", 2);
    except("a.env:2", "2024-06-01", 0);
    let file = root.join(".sealgate/secret-exceptions.tsv");
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(!kept.contains(&token(1)));
    let report = search(root, &[], 0);
    let finding = &report["findings"][0];
    assert_eq!(finding["disposition"], "waived");
    assert_eq!(finding["waiver"]["owner"], "jo");
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
    // The same value elsewhere is the same secret; another one on the line is not.
    write(
        root,
        "a.env",
        format!("a = 1\n{} {}", line(1).trim(), line(2)),
    );
    let report = search(root, &[], 1);
    let blocked = |report: &Value| {
        let findings = report["findings"].as_array().unwrap().iter();
        findings.filter(|f| f["disposition"] == "block").count()
    };
    assert_eq!(blocked(&report), 1);
    // The strict policy does not take the word of the tree, and time ends it.
    write(root, "a.env", line(1));
    let strict = run(root, &["secrets", "--policy", "strict", "--at", at[1]], 1);
    assert!(text(&strict.stderr).contains("refuses exceptions"));
    run(root, &["secrets", "--at", "2024-07-01T00:00:00Z"], 1);
    // `check` reads it too, and says of an unused one that it is.
    write(root, "a.env", "a = 1\n");
    let report = search(root, &[], 0);
    assert_eq!(report["waivers"][0]["state"], "unused");
    let check = [
        "check", "--only", "secrets", "--format", "json", "--at", at[1],
    ];
    write(root, "a.env", line(1));
    let output = run(root, &check, 0);
    assert!(text(&output.stdout).contains("\"waived\""));
    // A line that a merge left, and one beyond the policy's cap.
    write(
        root,
        ".sealgate/secret-exceptions.tsv",
        format!("{kept}<<<<<<< HEAD\n"),
    );
    let output = run(root, &["secrets"], 2);
    assert!(
        text(&output.stderr).contains("secret-exceptions.tsv:4"),
        "{}",
        text(&output.stderr)
    );
    write(
        root,
        ".sealgate/secret-exceptions.tsv",
        kept.replace("2024-06-01", "2034-06-01"),
    );
    let output = run(root, &["secrets", "--at", at[1]], 2);
    assert!(
        text(&output.stderr).contains("180 days"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_mark_on_a_line_counts_where_a_person_works_and_not_in_ci() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    write(
        root,
        "a.env",
        format!("{} # sealgate:allow\n{}", line(1).trim(), line(2)),
    );
    let blocked = |command: &mut Command| {
        let output = command
            .args(["secrets", "--format", "json"])
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap().clone();
        let marked = findings
            .iter()
            .filter(|f| f["secret"]["marked"] == true)
            .count();
        assert_eq!(marked, 1);
        findings
            .iter()
            .filter(|f| f["disposition"] == "block")
            .count()
    };
    assert_eq!(blocked(&mut sealgate(root)), 1);
    assert_eq!(blocked(sealgate(root).env("CI", "true")), 2);
}

#[test]
fn hooks_are_installed_beside_no_other_and_search_what_is_pushed() {
    let Some(repository) = Repository::new() else {
        return;
    };
    let root = repository.path();
    let hooks = root.join(".git/hooks");
    write(&hooks, "pre-commit", "#!/bin/sh\nexit 0\n");
    let output = run(root, &["hook", "install"], 2);
    assert!(text(&output.stderr).contains("there already"));
    assert!(!hooks.join("pre-push").exists());
    std::fs::remove_file(hooks.join("pre-commit")).unwrap();
    run(root, &["hook", "install"], 0);
    run(root, &["hook", "install"], 0);

    // The hooks find the program on the path.
    let program = Path::new(env!("CARGO_BIN_EXE_sealgate")).parent().unwrap();
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::iter::once(program.to_owned()).chain(std::env::split_paths(&paths));
    let path = std::env::join_paths(paths).unwrap();
    let git = |arguments: &[&str]| {
        let mut command = git_in(root);
        command.args(arguments).env("PATH", &path).env("HOME", root);
        command.stdout(Stdio::null()).status().unwrap().success()
    };
    write(root, "a.env", line(1));
    assert!(git(&["add", "-A"]));
    assert!(!git(&["commit", "-q", "-m", "x"]));
    assert!(git(&["commit", "-q", "-m", "x", "--no-verify"]));
    let other = tempfile::tempdir().unwrap();
    let remote = other.path().to_str().unwrap();
    assert!(git(&["init", "-q", "--bare", remote]));
    assert!(git(&["remote", "add", "origin", remote]));
    // Committed past the hook, it is still held back.
    assert!(!git(&["push", "-q", "origin", "main"]));
    assert!(git(&["push", "-q", "--no-verify", "origin", "main"]));
    // What the other side has is not what this push brings.
    write(root, "b.env", "x = 1\n");
    assert!(git(&["add", "-A"]) && git(&["commit", "-q", "-m", "x"]));
    assert!(git(&["push", "-q", "origin", "main"]));
    assert!(git(&["push", "-q", "origin", "main:new"]));
    assert!(git(&["push", "-q", "origin", "--delete", "new"]));
    run(root, &["hook", "uninstall"], 0);
    assert!(!hooks.join("pre-commit").exists() && !hooks.join("pre-push").exists());
}

#[test]
fn standard_input_is_searched_under_a_name() {
    let report = search_input(format!("a: 1\n{}", line(1)).as_bytes(), 1, 1);
    assert_eq!(places(&report), ["stdin:2"]);
    assert_eq!(report["target"], "stdin");
}

#[test]
fn ignored_files_are_searched_only_where_that_is_asked_for() {
    let Some(repository) = Repository::new() else {
        return;
    };
    let root = repository.path();
    repository.commit(".gitignore", "*.local\n");
    write(root, "a.local", line(1));
    assert_eq!(places(&search(root, &[], 0)), [] as [&str; 0]);
    assert_eq!(places(&search(root, &["--all-files"], 1)), ["a.local:1"]);
}

#[test]
fn what_cannot_be_asked_for_is_a_usage_error_that_says_what_can() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let said = |arguments: &[&str]| text(&run(root, arguments, 2).stderr);
    assert!(said(&["secrets", "--history"]).contains("no git repository"));
    assert!(said(&["secrets", "--staged"]).contains("no git repository"));
    assert!(said(&["secrets", "--staged", "--history"]).contains("cannot be used with"));
    assert!(said(&["secrets", "--cache", "x"]).contains("--history"));
    assert!(said(&["secrets", "--since", "a...b"]).contains("three dots"));
    assert!(said(&["secrets", "--since", "..b"]).contains("no commit"));
    let Some(repository) = Repository::new() else {
        return;
    };
    repository.commit("a", "x\n");
    let output = run(repository.path(), &["secrets", "--since", "nowhere"], 2);
    assert!(
        text(&output.stderr).contains("`nowhere`"),
        "{}",
        text(&output.stderr)
    );
}
