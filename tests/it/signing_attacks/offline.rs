//! `verify` never uses the network.

use super::upstream_data;
use std::process::Command;

/// Runs in a network namespace without interfaces, under a trace of its system calls
/// where `strace` is there.
#[test]
fn verification_opens_no_socket() {
    let data = upstream_data().join("bundles");
    let namespace = Command::new("unshare").args(["-rn", "true"]).output();
    let isolated = namespace.is_ok_and(|output| output.status.success());
    if !isolated {
        println!("skipped: no network namespace can be made here (`unshare -rn`)");
    }
    let traced = Command::new("strace").args(["-V"]).output().is_ok();
    if !traced {
        println!("skipped: strace is not installed");
    }
    let dir = tempfile::tempdir().unwrap();
    let trace = dir.path().join("trace");
    let mut line: Vec<String> = Vec::new();
    if isolated {
        line.extend(["unshare", "-rn"].map(str::to_owned));
    }
    if traced {
        line.extend(["strace", "-f", "-e", "trace=network", "-o"].map(str::to_owned));
        line.push(trace.display().to_string());
    }
    line.push(env!("CARGO_BIN_EXE_sealgate").to_owned());
    let (program, arguments) = line.split_first().unwrap();
    for offline in [true, false] {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .arg("verify")
            .arg(data.join("cosign-v3-blob.txt"))
            .arg("--bundle")
            .arg(data.join("cosign-v3-blob.sigstore.json"))
            .args(["--certificate-identity", "w.vollprecht@gmail.com"])
            .args(["--certificate-oidc-issuer", super::GITHUB_LOGIN])
            // A proxy that would answer nothing, were it asked.
            .env("HTTPS_PROXY", "http://127.0.0.1:9");
        if offline {
            command.arg("--offline");
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        if traced {
            let trace = std::fs::read_to_string(&trace).unwrap();
            for call in ["socket(", "connect(", "sendto("] {
                assert!(!trace.contains(call), "{trace}");
            }
            assert!(trace.contains("exited with 0"), "{trace}");
        }
    }
}
