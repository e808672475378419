//! Every recogniser from both sides: what it finds and what it leaves alone.

use super::{check, detail, kinds, likely};
use crate::checks::secrets::testing::{expand, pem, pem_of};
use crate::model::{Confidence, Severity, Validity};

#[test]
fn an_assignment_of_a_password_is_found_in_every_common_form() {
    for (path, template) in [
        ("a.py", "db_password = \"{weak}\"\n"),
        ("a.js", "const config = {password: '{weak}'};\n"),
        ("a.json", "{\"dbPassword\": \"{weak}\"}\n"),
        ("a.go", "password := \"{weak}\"\n"),
        ("a.rs", "const PASSWORD: &str = \"{weak}\";\n"),
        ("a.ts", "private password: string = '{weak}';\n"),
        ("a.java", "String password = \"{weak}\";\n"),
        ("a.rb", "  :password => '{weak}',\n"),
        ("a.php", "define('DB_PASSWORD', '{weak}');\n"),
        ("a.java", "props.setProperty(\"password\", \"{weak}\");\n"),
        ("a.cs", "var x = new X { Password = @\"{weak}\" };\n"),
        ("a.xml", "<password>{weak}</password>\n"),
        ("a.xml", "<user name=\"a\" password=\"{weak}\"/>\n"),
        ("a.py", "config['password'] = '{weak}'\n"),
        ("a.js", "x = \"{\\\"password\\\": \\\"{weak}\\\"}\"\n"),
        (".env", "DB_PASSWORD={weak}\n"),
        (".env", "DB_PASSWORD={weak} # main database\n"),
        ("a.yml", "db:\n  password: {weak}\n"),
        ("a.properties", "spring.datasource.password={weak}\r\n"),
        ("a.ini", "[db]\npassword = {weak}\n"),
        ("a.sh", "export DB_PASSWORD={weak}; run\n"),
        ("a.sh", "mysqldump --password {weak} main\n"),
        ("Dockerfile", "ENV A=b DB_PASSWORD={weak}\n"),
    ] {
        assert_eq!(
            likely(path, template),
            ["assigned-password"],
            "{path}: {template}"
        );
    }
}

#[test]
fn what_refers_to_a_password_is_none() {
    for (path, template) in [
        ("a.py", "password = os.environ[\"DB_PASSWORD_1\"]\n"),
        ("a.py", "password = getpass(\"Password 1: \")\n"),
        ("a.js", "password: process.env.PASSWORD1,\n"),
        ("a.js", "<input type=\"password\" name=\"password2\">\n"),
        ("a.js", "const labels = [\"password\", \"{weak}\"];\n"),
        ("a.yml", "password: ${DB_PASSWORD}\n"),
        ("a.yml", "password: \"{{ vault_password_1 }}\"\n"),
        ("a.yml", "password: !vault |\n"),
        ("a.yml", "password:\n  name: {weak}\n"),
        ("a.yml", "password_file: /run/secrets/{weak}\n"),
        ("a.rs", "let password = read_password(prompt1)?;\n"),
        ("a.rs", "password_field = \"{weak}\";\n"),
        ("a.sh", "password=$(pass show {weak})\n"),
        ("a.sh", "if [ \"$password\" = {weak} ]; then\n"),
        ("a.c", "printf(\"password: %s\\n\", password1);\n"),
        ("a.py", "password = {weak}\n"),
        ("package-lock.json", "\"password\": \"{weak}\"\n"),
    ] {
        let found = kinds(path, template);
        assert!(found.is_empty(), "{path}: {template}: {found:?}");
    }
}

#[test]
fn a_random_value_under_a_secret_name_is_found_and_a_hash_under_another_is_not() {
    assert_eq!(
        likely("a.js", "clientSecret: \"{alnum:32}\""),
        ["assigned-secret"]
    );
    assert_eq!(likely(".env", "API_KEY={hex:32}\n"), ["assigned-secret"]);
    assert_eq!(likely("a.py", "token = \"{alnum:28}\""), ["assigned-token"]);
    for template in [
        "sha256 = \"{hex:64}\"",
        "integrity: \"sha512-{base64:86}==\"",
        "public_key = \"{alnum:44}\"",
        "commit: \"{hex:40}\"",
        "token_url = \"{alnum:28}\"",
        "key = \"{alnum:28}\"",
    ] {
        assert!(kinds("a.js", template).is_empty(), "{template}");
    }
}

#[test]
fn the_password_of_a_url_is_found_and_a_variable_or_example_is_not() {
    for template in [
        "mongodb://app:{alnum:12}@db.prod.internal:27017/main",
        "url = \"https://ci:{alnum:20}@git.corp.internal/x.git\"",
        "postgres://app:{weak}@db:5432/app",
        "redis://:{alnum:16}@cache.prod.internal:6379",
    ] {
        assert_eq!(likely("a.conf", template), ["url-password"], "{template}");
    }
    assert_eq!(
        likely("a.sh", "git clone https://{alnum:32}@git.corp.internal/x"),
        ["url-token"]
    );
    for template in [
        "https://user:{weak}@example.com/",
        "https://user:{weak}@host.example/",
        "https://user:password@db.prod.internal/",
        "postgres://postgres:postgres@db:5432/app",
        "amqp://guest:{weak}@localhost:5672",
    ] {
        let found = kinds("a.conf", template);
        assert_eq!(
            found,
            [("url-password".to_owned(), Confidence::Low)],
            "{template}"
        );
    }
    for template in [
        "https://${USER}:${PASSWORD}@db.prod.internal/",
        "https://{{user}}:{{password}}@db.prod.internal/",
        "https://user:$PASSWORD@db.prod.internal/",
        "https://user:<password>@db.prod.internal/",
        "https://user:****@db.prod.internal/",
        "ssh://git@git.corp.internal/x",
        "https://web.corp.internal/a@b:c",
        "https://web.corp.internal:8080/user:{weak}@x",
    ] {
        let found = check("a.conf", template);
        assert!(found.is_empty(), "{template}: {found:?}");
    }
}

#[test]
fn a_private_key_is_one_finding_at_its_first_line_and_a_header_alone_is_none() {
    let key = format!("x = 1\n{}", pem("RSA PRIVATE KEY", 90));
    let found = check("deploy/key.pem", &key);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(detail(&found[0]).kind, "rsa-private-key");
    assert_eq!(detail(&found[0]).validity, Validity::Valid);
    assert_eq!(detail(&found[0]).confidence, Confidence::High);
    assert_eq!(found[0].severity, Severity::Critical);
    assert_eq!(found[0].location.line, Some(2));
    assert_eq!(found[0].location.column, Some(1));

    let in_json = key.replace('\n', "\\n");
    assert_eq!(
        likely("a.json", &in_json.replace('{', "")),
        ["rsa-private-key"]
    );

    // Quoted lines joined by `+`, and a line of base64 that ends with one.
    let joined = key.replace('\n', "\\n\" +\n\"");
    assert_eq!(
        detail(&check("a.java", &joined)[0]).validity,
        Validity::Valid
    );
    let mut der = vec![0x30, 0x7e, 0xfb];
    der.extend([0xfb, 0xef, 0xbe].iter().cycle().take(125));
    let plus = pem_of("RSA PRIVATE KEY", &der);
    assert!(plus.contains("+\n"), "{plus}");
    assert_eq!(detail(&check("a.pem", &plus)[0]).validity, Validity::Valid);

    let broken = key.replace("MIIB", "AIIB");
    let found = check("deploy/key.pem", &broken);
    assert_eq!(detail(&found[0]).validity, Validity::Mismatch);
    assert_eq!(detail(&found[0]).confidence, Confidence::Medium);

    for text in [
        "-----BEGIN RSA PRIVATE KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----\n",
        "if text.startswith('-----BEGIN PRIVATE KEY-----'):\n",
    ] {
        assert!(check("a.py", text).is_empty(), "{text}");
    }
    assert!(check("a.pem", &pem("CERTIFICATE", 90)).is_empty());
    assert!(check("a.pem", &pem("PUBLIC KEY", 90)).is_empty());
}

#[test]
fn the_sort_of_a_private_key_and_its_encryption_are_told_apart() {
    let openssh = |cipher: &str| {
        let mut bytes = b"openssh-key-v1\0".to_vec();
        bytes.extend(u32::try_from(cipher.len()).unwrap().to_be_bytes());
        bytes.extend(cipher.as_bytes());
        bytes.extend([7; 80]);
        pem_of("OPENSSH PRIVATE KEY", &bytes)
    };
    let kind_of = |text: &str| {
        let found = check("id", text);
        assert_eq!(found.len(), 1, "{found:?}");
        (detail(&found[0]).kind.clone(), found[0].severity)
    };
    for (text, kind, severity) in [
        (openssh("none"), "openssh-private-key", Severity::Critical),
        (
            openssh("aes256-ctr"),
            "encrypted-ssh-private-key",
            Severity::Medium,
        ),
        (
            pem("EC PRIVATE KEY", 1),
            "ec-private-key",
            Severity::Critical,
        ),
        (
            pem("PRIVATE KEY", 2),
            "pkcs8-private-key",
            Severity::Critical,
        ),
        (
            pem("ENCRYPTED PRIVATE KEY", 3),
            "encrypted-private-key",
            Severity::Medium,
        ),
        (
            pem("PGP PRIVATE KEY BLOCK", 3).replacen("-----\n", "-----\nVersion: 1\n\n", 1),
            "pgp-private-key",
            Severity::Critical,
        ),
        (
            pem("RSA PRIVATE KEY", 4).replacen(
                "-----\n",
                "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n",
                1,
            ),
            "encrypted-private-key",
            Severity::Medium,
        ),
    ] {
        assert_eq!(kind_of(&text), (kind.to_owned(), severity), "{text}");
    }
    let account = format!(
        "{{\"type\": \"service_account\", \"private_key_id\": \"1\", \"private_key\": \"{}\"}}",
        pem("PRIVATE KEY", 5).replace('\n', "\\n")
    );
    let (kind, _) = kind_of(&account);
    assert_eq!(kind, "google-cloud-service-account-key");
}

#[test]
fn an_authorization_header_counts_only_with_a_real_credential() {
    let basic = |text: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(text)
    };
    let good = basic(&expand("deploy:{weak}"));
    for (template, kind) in [
        (
            format!("curl -H 'Authorization: Basic {good}' x"),
            "basic-authorization",
        ),
        (
            format!("headers[\"Authorization\"] = \"Basic {good}\""),
            "basic-authorization",
        ),
        (
            "'Authorization': 'Bearer {alnum:40}'".to_owned(),
            "bearer-authorization",
        ),
        (
            "Authorization: token {hex:40}".to_owned(),
            "bearer-authorization",
        ),
    ] {
        assert_eq!(likely("a.js", &template), [kind], "{template}");
    }
    let sample = format!("Authorization: Basic {}", basic("Aladdin:open sesame"));
    assert_eq!(
        kinds("a.js", &sample),
        [("basic-authorization".to_owned(), Confidence::Low)]
    );
    for template in [
        "Authorization: Bearer ${TOKEN}",
        "Authorization: Bearer <token>",
        "'Authorization': 'Bearer ' + token",
        "the bearer authentication-scheme-is-simple",
        "Authorization: Basic realm=\"x\"",
        "Basic {alnum:41}",
    ] {
        assert!(kinds("a.js", template).is_empty(), "{template}");
    }
}

#[test]
fn a_json_web_token_needs_a_header_that_names_an_algorithm() {
    use base64::Engine as _;
    let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
    let token = |header: &str, payload: &str| {
        format!(
            "{}.{}.{}",
            encode(header),
            encode(payload),
            expand("{base64url:43}")
        )
    };
    let good = token("{\"alg\":\"HS256\"}", "{\"sub\":\"u1\",\"iat\":1}");
    let found = check("a.js", &format!("x = '{good}'"));
    assert_eq!(detail(&found[0]).kind, "json-web-token");
    assert_eq!(detail(&found[0]).confidence, Confidence::Medium);
    let sample = token("{\"alg\":\"HS256\"}", "{\"sub\":\"1234567890\"}");
    assert_eq!(
        detail(&check("a.js", &sample)[0]).confidence,
        Confidence::Low
    );
    for bad in [
        token("{\"alg\":\"none\"}", "{\"sub\":\"u1\"}"),
        token("{\"x\":\"y\"}", "{\"sub\":\"u1\"}"),
        token("{\"alg\":", "{\"sub\":\"u1\"}"),
        good.rsplit_once('.').unwrap().0.to_owned(),
        format!("a{good}"),
    ] {
        assert!(check("a.js", &bad).is_empty(), "{bad}");
    }
}

#[test]
fn a_connection_string_needs_more_parts_than_its_password() {
    for template in [
        "\"Server=db1;Database=app;User Id=sa;Password={weak};\"",
        "jdbc:sqlserver://db1;database=app;user=sa;password={weak}",
        "\"host=db1 port=5432 user=app password={weak} dbname=app\"",
    ] {
        assert_eq!(
            likely("a.cs", template),
            ["connection-string-password"],
            "{template}"
        );
    }
    for template in [
        "\"Server=db1;Database=app;User Id=sa;Password=${PW};\"",
        "\"Server=db1;Database=app;User Id=sa;Password={{pw}};\"",
        "f(host=None, user=None, password=None1, port=1)",
        "?password=a1b2c3d4",
    ] {
        assert!(likely("a.cs", template).is_empty(), "{template}");
    }
}

#[test]
fn a_password_hash_is_found_in_the_formats_of_crypt() {
    for template in [
        "root:$6${alnum:16}${alnum:86}:17431:0:99999:7:::",
        "admin:$apr1${alnum:8}${alnum:22}",
        "(1, 'a', '$2y$12${alnum:53}', 1)",
        "'pbkdf2_sha256$260000${alnum:22}${base64:43}='",
    ] {
        assert_eq!(
            likely("dump.sql", template),
            ["password-hash"],
            "{template}"
        );
    }
    for template in ["cost $1$ or $5$", "$2y$12${alnum:50}", "$6$ {alnum:86}"] {
        assert!(kinds("dump.sql", template).is_empty(), "{template}");
    }
}

#[test]
fn credential_files_are_read_by_their_own_rules() {
    for (path, template, kind, count) in [
        (
            ".netrc",
            "machine a login b password {weak}\nmachine c\n  login d\n  password {weak}\n",
            "netrc-password",
            2,
        ),
        (
            "db/.pgpass",
            "# host:port:db:user:password\nh:5432:d:u\\:x:{weak}\n",
            "pgpass-password",
            1,
        ),
        (
            ".git-credentials",
            "https://u:{weak}#/@2@git.corp.internal\n",
            "git-credentials-password",
            1,
        ),
        (
            ".docker/config.json",
            "{\"auths\": {\"x\": {\"auth\": \"{base64:40}\"}}}",
            "docker-login",
            1,
        ),
        (
            ".npmrc",
            "//r.corp.internal/:_authToken={uuid}\n_auth = {base64:16}\n",
            "package-registry-login",
            2,
        ),
        ("config/master.key", "{hex:32}\n", "rails-master-key", 1),
        (
            "x/logins.json",
            "{\"encryptedPassword\":\"{base64:40}\"}",
            "firefox-login",
            1,
        ),
        (
            "recentservers.xml",
            "<Pass encoding=\"base64\">{base64:20}</Pass>",
            "client-login",
            1,
        ),
        (
            ".ftpconfig",
            "{\"pass\": \"swordfish\", \"promptForPass\": false}",
            "client-login",
            1,
        ),
    ] {
        let found = likely(path, template);
        assert_eq!(found, vec![kind; count], "{path}");
    }
    for (path, template) in [
        (".netrc", "machine a login b\n# password {weak}\n"),
        (".npmrc", "//r.corp.internal/:_authToken=${NPM_TOKEN}\n"),
        (".pgpass", "*:*:*\n"),
        ("recentservers.xml", "<Pass></Pass>"),
        (
            ".docker/config.json",
            "{\"credsStore\": \"ecr-login\", \"auths\": {}}",
        ),
        ("config/master.key", "see the wiki\n"),
    ] {
        assert!(kinds(path, template).is_empty(), "{path}");
    }
}

#[test]
fn what_a_wrapped_base64_text_holds_by_chance_is_a_mere_possibility() {
    let line = expand("{base64:63}/");
    let token = expand("EAAA{alnum:60}");
    let chance = format!("{line}\n{}/{token}\n{line}\n", "a/b");
    let found = check("data.txt", &chance);
    let likely = found
        .iter()
        .any(|f| detail(f).confidence > Confidence::Low && f.rule.id == "secrets/provider-token");
    assert!(!likely, "{found:?}");
    // One token for each line is a list of tokens.
    let list = format!("{token}\n{}\n", expand("EAAA{alnum:60}"));
    assert!(!check("tokens.conf", &list).is_empty());
}

#[test]
fn the_tests_at_the_end_of_a_file_of_rust_hold_examples() {
    let code = "let password = \"{weak}\";\n";
    let tests = format!("#[cfg(test)]\nmod tests {{\n    {code}}}\n");
    let found = kinds("src/a.rs", &format!("{code}\n{tests}"));
    let confidences: Vec<Confidence> = found.into_iter().map(|(_, sure)| sure).collect();
    assert_eq!(confidences, [Confidence::Medium, Confidence::Low]);
}

#[test]
fn a_line_of_base64_among_others_is_no_token_and_a_list_of_tokens_is_one() {
    let line = |n: usize| {
        expand(&format!("{{base64:64}}{{word:0}}{n}"))
            .chars()
            .take(64)
            .collect::<String>()
    };
    let token = expand("EAAA{alnum:60}");
    let source = |around: [&str; 2], end: &str| {
        let mut text = String::from("const char kKey[] =\n");
        for part in [&line(1), &line(2), &token, &line(3), &line(4)] {
            text.push_str(&format!("{}{part}{}{end}", around[0], around[1]));
        }
        text
    };
    for (path, text) in [
        ("a.cc", source(["\"", "\\n\""], "\n")),
        ("a.js", format!("x = \"{}\"\n", source(["", "\\n"], ""))),
    ] {
        let likely = check(path, &text);
        let likely = likely
            .iter()
            .filter(|f| detail(f).confidence > Confidence::Low);
        assert_eq!(likely.count(), 0, "{path}: {text}");
    }
    let list = format!(
        "a = [\n  \"{token}\",\n  \"{}\",\n]\n",
        expand("EAAA{alnum:60}b").get(..64).unwrap()
    );
    let found = check("a.js", &list);
    assert!(
        found.iter().any(|f| detail(f).confidence > Confidence::Low),
        "{found:?}"
    );
    let alone = check("a.js", &format!("a = \"{token}\";\n"));
    assert_eq!(detail(&alone[0]).confidence, Confidence::Medium);
}
