//! Configurations of Kubernetes' clients: keys, tokens and passwords of their users
//! (<https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/>). The name alone does not
//! tell them: `config` and `admin.conf` are also called what is none.

use super::{Format, claim_fields};
use crate::checks::secrets::engine::Scan;
use crate::checks::secrets::kind::{Kind, Remedy};
use crate::checks::secrets::rules::CREDENTIAL_FILE;
use crate::model::Severity;

pub(super) const FORMAT: Format = Format {
    matches: |file| {
        matches!(
            file.name,
            "kubeconfig"
                | "kubeconfig.yaml"
                | "kubeconfig.yml"
                | "admin.conf"
                | "super-admin.conf"
                | "kubelet.conf"
                | "controller-manager.conf"
                | "scheduler.conf"
        ) || file.name.ends_with(".kubeconfig")
            || file.path == ".kube/config"
            || file.path.ends_with("/.kube/config")
    },
    look,
};

static LOGIN: Kind = Kind {
    id: "kubeconfig-login",
    provider: "Kubernetes",
    credential: "login",
    title: "Login of a Kubernetes cluster",
    rule: &CREDENTIAL_FILE,
    severity: Severity::High,
    remedy: Remedy::Replace {
        revoke: "by deleting the service account's token or withdrawing the certificate",
        instead: "an `exec` plugin that asks for short-lived tokens (for Amazon EKS `aws eks get-token`)",
    },
};

fn look(scan: &mut Scan<'_>) {
    scan.work.add(scan.bytes.len());
    if memchr::memmem::find(scan.bytes, b"users").is_some() {
        claim_fields(scan, &["client-key-data", "token", "password"], &LOGIN);
    }
}

#[cfg(test)]
mod tests {
    use crate::checks::secrets::testing::expand;
    use crate::checks::secrets::{Rules, check_bytes};
    use crate::model::{Confidence, Detail};

    fn kinds(path: &str, template: &str) -> Vec<String> {
        let rules = Rules::load().unwrap();
        check_bytes(path, expand(template).as_bytes(), &rules)
            .into_iter()
            .filter_map(|finding| match finding.detail {
                Detail::Secret(s) if s.confidence > Confidence::Low => Some(s.kind),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn logins_are_found_under_every_name_of_the_file() {
        let text = "users:\n- name: jo\n  user:\n    token: {lower:20}\n    password: {lower:9}\n";
        for path in [".kube/config", "ops/prod.kubeconfig", "admin.conf"] {
            assert_eq!(kinds(path, text), ["kubeconfig-login"; 2], "{path}");
        }
    }

    #[test]
    fn plugins_files_and_other_settings_are_left_alone() {
        let plugin =
            "users:\n- name: jo\n  user:\n    exec:\n      command: aws\n    tokenFile: /run/t\n";
        assert_eq!(kinds(".kube/config", plugin), [""; 0]);
        assert_eq!(kinds("admin.conf", "token: {lower:20}\n"), [""; 0]);
        assert_eq!(
            kinds("app/config", "users:\n  token: {lower:20}\n"),
            [""; 0]
        );
    }
}
