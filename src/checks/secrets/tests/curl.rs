//! Credentials given to `curl`, and in the headers that it makes.

use super::likely;

#[test]
fn a_credential_given_to_curl_is_found_in_every_common_form() {
    for (path, template) in [
        ("a.sh", "curl -u deploy:{weak} https://api.acme.io/x\n"),
        (
            "a.sh",
            "curl -sSf -u 'deploy:{weak}' https://api.acme.io/x\n",
        ),
        (
            "a.sh",
            "curl -sSu \"deploy:{weak}\" https://api.acme.io/x\n",
        ),
        (
            "a.sh",
            "curl -udeploy:{weak} https://api.acme.io/x | jq .\n",
        ),
        ("a.sh", "curl https://api.acme.io/x --user deploy:{weak}\n"),
        (
            "a.sh",
            "curl --user=\"deploy:{weak}\" https://api.acme.io/x\n",
        ),
        (
            "a.sh",
            "curl -X POST \\\n  -H 'A: b' \\\n  -u deploy:{weak} \\\n  https://api.acme.io\n",
        ),
        ("a.sh", "x=$(curl -u deploy:{weak} https://api.acme.io/x)\n"),
        (
            "a.sh",
            "curl --proxy-user deploy:{weak} -x http://proxy.acme.io https://a.io\n",
        ),
        (
            "a.sh",
            "/usr/bin/curl -U deploy:{weak} https://api.acme.io/x\n",
        ),
        (
            "Makefile",
            "push:\n\t@curl -T a.deb -u deploy:{weak} https://repo.acme.io/\n",
        ),
        (
            "ci.yml",
            "    - curl -u deploy:{weak} -T out.zip https://repo.acme.io/\n",
        ),
        (
            "ci.yml",
            "    script: \"curl -u deploy:{weak} https://repo.acme.io/\"\n",
        ),
        (
            "Dockerfile",
            "RUN curl -fu deploy:{weak} https://repo.acme.io/x.tgz | tar xz\n",
        ),
        (
            "Dockerfile",
            "RUN [\"curl\", \"-u\", \"deploy:{weak}\", \"https://repo.acme.io/x\"]\n",
        ),
        (
            "a.py",
            "os.system(\"curl -u deploy:{weak} https://api.acme.io/x\")\n",
        ),
        ("a.py", "run(['curl', '-u', 'deploy:{weak}', url])\n"),
    ] {
        assert_eq!(
            likely(path, template),
            ["curl-credential"],
            "{path}: {template}"
        );
    }
    // A token as the user, without a password.
    let alone = "curl https://api.acme.io/v1 -u q8Zk2LmX91pTbb07cdKs:\n";
    assert_eq!(likely("a.sh", alone), ["curl-credential"]);
}

#[test]
fn what_curl_is_given_from_elsewhere_is_no_credential() {
    for (path, template) in [
        (
            "a.sh",
            "curl -u \"$USER:$PASSWORD\" https://api.acme.io/x\n",
        ),
        (
            "a.sh",
            "curl -u deploy:${PASSWORD1} https://api.acme.io/x\n",
        ),
        (
            "a.sh",
            "curl -u \"deploy:$(pass show x1)\" https://api.acme.io/x\n",
        ),
        (
            "a.sh",
            "curl -u deploy:`cat .password1` https://api.acme.io/x\n",
        ),
        ("a.sh", "curl -u deploy https://api.acme.io/x\n"),
        ("a.sh", "curl -u deploy: https://api.acme.io/x\n"),
        ("a.sh", "curl -n https://api.acme.io/x # -u deploy:{weak}\n"),
        (
            "a.sh",
            "curl https://api.acme.io/x; docker run -u deploy:{weak} x\n",
        ),
        (
            "a.sh",
            "curl https://api.acme.io/x\ndocker run -u deploy:{weak} x\n",
        ),
        (
            "a.sh",
            "docker run -u 1000:1000-users curl -o x https://api.acme.io\n",
        ),
        ("a.sh", "curl -H deploy:{weak} https://api.acme.io/x\n"),
        ("a.sh", "curl -o -u https://api.acme.io/x deploy:{weak}\n"),
        ("a.sh", "libcurl -u deploy:{weak} https://api.acme.io/x\n"),
        ("a.php", "$ch = curl_init('-u deploy:{weak}');\n"),
        (
            "Makefile",
            "\tcurl -u $$USER:$$PASSWORD1 https://api.acme.io\n",
        ),
        (
            "ci.yml",
            "  - curl -u deploy:{{ password1 }} https://api.acme.io\n",
        ),
        (
            "README.md",
            "curl -u <user>:<password1> https://api.acme.io\n",
        ),
        ("a.bat", "curl -u deploy:%PASSWORD1% https://api.acme.io\n"),
        ("a.sh", "curl -u user:password https://api.acme.io/x\n"),
        ("a.sh", "curl -u deploy:changeme https://api.acme.io/x\n"),
        ("a.sh", "curl -u deploy:xxxxxxxx https://api.acme.io/x\n"),
        ("a.sh", "curl -u deploy:{weak} https://api.example.com/x\n"),
    ] {
        assert_eq!(likely(path, template), [""; 0], "{path}: {template}");
    }
}

#[test]
fn a_user_without_a_password_is_no_credential_in_a_basic_header() {
    let header = |user: &str| {
        let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, user);
        likely(
            "a.sh",
            &format!("curl -H 'Authorization: Basic {text}' $URL\n"),
        )
    };
    assert_eq!(header("Aladdin:"), [""; 0]);
    assert_eq!(header("q8Zk2LmX91pTbb07cdKs:"), ["basic-authorization"]);
    assert_eq!(header("deploy:Hun7er-sum9er"), ["basic-authorization"]);
}
