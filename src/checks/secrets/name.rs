//! What the name of a variable or setting says about its value.

/// How much a name promises a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Promise {
    /// A password: people choose them, so nearly any text may be one.
    Password,
    /// A secret, API key or named token: usually drawn at random.
    Secret,
    /// A token, salt or credential of some sort: only a random value counts.
    Vague,
}

/// Words after the telling one that change nothing: `SECRET_KEY_BASE`, `password2`.
const TAILS: &[&str] = &[
    "value",
    "val",
    "base",
    "text",
    "str",
    "string",
    "plain",
    "plaintext",
    "raw",
    "default",
    "dev",
    "prod",
    "test",
    "staging",
    "production",
    "development",
    "local",
    "old",
    "new",
    "current",
    "b64",
    "base64",
    "hex",
    "live",
];

const PASSWORDS: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "pass",
    "pw",
    "passcode",
    "passwort",
    "contrasena",
    "senha",
    "dbpass",
    "userpass",
    "ftppass",
    "sshpass",
    "smtppass",
    "mailpass",
    "rootpass",
    "adminpass",
    "sqlpass",
    "psw",
    "passwords",
];

const PASSWORD_ENDINGS: &[&str] = &["password", "passwd", "passphrase", "passwort", "pwd"];

/// What makes a `…_key` a secret.
const KEY_OWNERS: &[&str] = &[
    "api",
    "access",
    "secret",
    "private",
    "encryption",
    "encrypt",
    "signing",
    "sign",
    "master",
    "account",
    "auth",
    "app",
    "client",
    "shared",
    "storage",
    "admin",
    "aws",
    "consumer",
    "crypt",
    "crypto",
    "cipher",
    "deploy",
    "session",
    "cookie",
    "jwt",
    "hmac",
    "nonce",
    "security",
    "server",
    "service",
    "subscription",
    "webhook",
    "license",
    "aes",
    "rsa",
    "ssh",
    "in",
    "application",
    "management",
    "write",
    "publish",
    "root",
    "recovery",
];

/// What makes a `…_token` a secret.
const TOKEN_OWNERS: &[&str] = &[
    "access",
    "auth",
    "api",
    "bearer",
    "refresh",
    "oauth",
    "oauth2",
    "bot",
    "secret",
    "private",
    "github",
    "gitlab",
    "slack",
    "npm",
    "deploy",
    "admin",
    "service",
    "personal",
    "webhook",
    "sentry",
    "vault",
    "login",
    "app",
    "client",
    "jwt",
    "registry",
    "upload",
    "publish",
    "gh",
    "account",
    "dashboard",
    "server",
];

const SECRET_ENDINGS: &[&str] = &[
    "secret",
    "apikey",
    "secretkey",
    "accesskey",
    "privatekey",
    "authkey",
    "appkey",
    "masterkey",
    "signingkey",
    "encryptionkey",
    "accesstoken",
    "authtoken",
    "apitoken",
    "oauthtoken",
    "bearertoken",
    "refreshtoken",
    "bottoken",
];

const VAGUE: &[&str] = &[
    "token",
    "auth",
    "authorization",
    "credential",
    "credentials",
    "creds",
    "salt",
    "secrets",
    "tokens",
];

/// What a name promises; `None` where it names something about a secret (`token_url`,
/// `password_field`) or nothing of the kind.
pub(super) fn promise_of(name: &[u8]) -> Option<Promise> {
    let mut words = words_of(name);
    if words
        .iter()
        .any(|w| w == "public" || w == "pub" || w == "csrf" || w == "xsrf")
    {
        return None;
    }
    while words.len() > 1
        && words
            .last()
            .is_some_and(|w| TAILS.contains(&w.as_str()) || w.bytes().all(|b| b.is_ascii_digit()))
    {
        words.pop();
    }
    let last = words.last()?.trim_end_matches(|c: char| c.is_ascii_digit());
    let before = words.iter().rev().nth(1).map(String::as_str);
    if PASSWORDS.contains(&last) || PASSWORD_ENDINGS.iter().any(|e| last.ends_with(e)) {
        return Some(Promise::Password);
    }
    let owned = |owners: &[&str]| before.is_some_and(|word| owners.contains(&word));
    if SECRET_ENDINGS.iter().any(|e| last.ends_with(e))
        || (matches!(last, "key" | "keys") && owned(KEY_OWNERS))
        || (last == "token" && owned(TOKEN_OWNERS))
    {
        return Some(Promise::Secret);
    }
    VAGUE.contains(&last).then_some(Promise::Vague)
}

/// The lower-case words of an identifier in any style: `clientSecret`, `CLIENT_SECRET`,
/// `client-secret`, `client.secret`. At most 16.
fn words_of(name: &[u8]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for (i, &byte) in name.iter().enumerate() {
        let before = i.checked_sub(1).and_then(|j| name.get(j)).copied();
        let after = name.get(i + 1).copied();
        let joins = !byte.is_ascii_alphanumeric();
        let humps = byte.is_ascii_uppercase()
            && (before.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
                || (before.is_some_and(|b| b.is_ascii_uppercase())
                    && after.is_some_and(|a| a.is_ascii_lowercase())));
        if (joins || humps) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if !joins {
            word.push(char::from(byte.to_ascii_lowercase()));
        }
        if words.len() == 16 {
            return words;
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_promises_by_its_last_telling_word() {
        let promise = |name: &str| promise_of(name.as_bytes());
        for name in [
            "password",
            "DB_PASSWORD",
            "dbPasswd",
            "spring.datasource.password",
            "userpass",
            "ADMIN_PWD",
            "Password2",
            "sshPassphrase",
            "mysqlpassword",
        ] {
            assert_eq!(promise(name), Some(Promise::Password), "{name}");
        }
        for name in [
            "clientSecret",
            "API_KEY",
            "apikey",
            "SECRET_KEY_BASE",
            "aws.secretKey",
            "GITHUB_TOKEN",
            "accessToken",
            "x-api-key",
            "APIKey",
            "jwt_secret",
        ] {
            assert_eq!(promise(name), Some(Promise::Secret), "{name}");
        }
        for name in ["token", "_auth", "AUTH_SALT", "credentials"] {
            assert_eq!(promise(name), Some(Promise::Vague), "{name}");
        }
        for name in [
            "password_field",
            "tokenUrl",
            "secret_name",
            "author",
            "compass",
            "primary_key",
            "public_key",
            "PASSWORD_MIN_LENGTH",
            "csrf_token",
            "tokenizer",
            "passport",
            "key",
            "bypass",
        ] {
            assert_eq!(promise(name), None, "{name}");
        }
    }
}
