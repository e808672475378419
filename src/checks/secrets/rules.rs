//! The fixed texts of this check: what it finds, and what it could not look at. Each id
//! has its page under `docs/rules/`.

use crate::model::Rule;

pub(super) static PROVIDER_TOKEN: Rule = provider_token();
pub(super) static PRIVATE_KEY: Rule = private_key();
pub(super) static URL_CREDENTIAL: Rule = url_credential();
pub(super) static PASSWORD: Rule = password();
pub(super) static AUTHORIZATION_HEADER: Rule = authorization_header();
pub(super) static JWT: Rule = jwt();
pub(super) static CONNECTION_STRING: Rule = connection_string();
pub(super) static CREDENTIAL_FILE: Rule = credential_file();
pub(super) static ACCOUNT_DATA: Rule = account_data();
pub(super) static OWN_RULE: Rule = own_rule();

/// What this check finds.
pub const RULES: &[Rule] = &[
    provider_token(),
    private_key(),
    url_credential(),
    password(),
    authorization_header(),
    jwt(),
    connection_string(),
    credential_file(),
    account_data(),
    own_rule(),
];

const fn provider_token() -> Rule {
    Rule {
        id: "secrets/provider-token",
        title: "Token of a known provider",
        description: "A file holds a key or token in the format of a known service. Whoever can read the file can use the service as its owner.",
        remedy: "Revoke it at the provider, replace it, then purge it from the history",
    }
}

const fn private_key() -> Rule {
    Rule {
        id: "secrets/private-key",
        title: "Private key",
        description: "A file holds a private key with its body. Whoever can read the file can sign, decrypt or log in as the key's owner.",
        remedy: "Withdraw the public half everywhere it is trusted, make a new key outside the tree, then purge this one from the history",
    }
}

const fn url_credential() -> Rule {
    Rule {
        id: "secrets/url-credential",
        title: "Credentials in a URL",
        description: "A URL carries a user and password or a token. URLs end up in logs, process lists and caches, so it leaks further than the file.",
        remedy: "Change the password, give it to the client through a secret store or credential helper, then purge it from the history",
    }
}

const fn password() -> Rule {
    Rule {
        id: "secrets/password",
        title: "Password or secret in a file",
        description: "A setting or variable with a secret's name holds a fixed value. Everyone with a copy of the repository knows it.",
        remedy: "Change it, read it from a secret store at run time, then purge it from the history",
    }
}

const fn authorization_header() -> Rule {
    Rule {
        id: "secrets/authorization-header",
        title: "Authorization header with a credential",
        description: "An `Authorization: Bearer` or `Basic` header, or the `curl` option that makes one, is written out with its credential; anyone can replay it.",
        remedy: "Revoke the token or change the password, build the header at run time, then purge it from the history",
    }
}

const fn jwt() -> Rule {
    Rule {
        id: "secrets/jwt",
        title: "JSON Web Token",
        description: "A signed JSON Web Token is stored in a file. Until it expires, whoever presents it is taken for its subject.",
        remedy: "End the session or rotate the signing key, fetch tokens at run time, then purge it from the history",
    }
}

const fn connection_string() -> Rule {
    Rule {
        id: "secrets/connection-string",
        title: "Connection string with a password or key",
        description: "A connection string for a database or cloud account holds its password or account key.",
        remedy: "Rotate the password or key, connect with a managed identity or a secret store, then purge it from the history",
    }
}

const fn credential_file() -> Rule {
    Rule {
        id: "secrets/credential-file",
        title: "Credential file of a known program",
        description: "A file that a program keeps its logins in (`.netrc`, `.pgpass`, `.npmrc`, a Docker or FTP client's configuration, …) is part of the tree with a credential in it.",
        remedy: "Change the credential, keep the file out of the tree (`.gitignore`), then purge it from the history",
    }
}

const fn account_data() -> Rule {
    Rule {
        id: "secrets/account-data",
        title: "Account or server of a stored login",
        description: "Beside a login in a client's settings stands whose it is and where it is used. Alone it opens nothing; with the login it says what is open.",
        remedy: "Deal with the login beside it, and keep the file out of the tree",
    }
}

const fn own_rule() -> Rule {
    Rule {
        id: "secrets/own-rule",
        title: "Match of a rule of your own",
        description: "A file holds what a rule of your own (`--rules`) describes.",
        remedy: "Revoke it where it was issued, replace it, then purge it from the history",
    }
}

/// Gap: a file or directory could not be read.
pub(super) const UNREADABLE_PATH: &str = "secrets/unreadable-path";
/// Gap: it is not known which files git tracks.
pub(super) const UNREADABLE_INDEX: &str = "secrets/unreadable-index";
/// Gap: a file is larger than the limit.
pub(super) const TOO_LARGE: &str = "secrets/too-large";
/// Gap: a file holds more findings than are reported.
pub(super) const TOO_MANY_FINDINGS: &str = "secrets/too-many-findings";
/// Gap: an archive, or an entry of one, could not be read.
pub(super) const UNREADABLE_ARCHIVE: &str = "secrets/unreadable-archive";
/// Gap: an archive holds more than is searched.
pub(super) const ARCHIVE_LIMIT: &str = "secrets/archive-limit";
/// Gap: a text is encoded deeper or longer than is followed.
pub(super) const DECODING_LIMIT: &str = "secrets/decoding-limit";
/// Gap: the clone does not have a file.
pub(super) const MISSING_OBJECT: &str = "secrets/missing-object";
/// Gap: a commit, directory or file in git's database cannot be read.
pub(super) const UNREADABLE_OBJECT: &str = "secrets/unreadable-object";
/// Gap: a reference leads nowhere.
pub(super) const BROKEN_REFERENCE: &str = "secrets/broken-reference";
/// Gap: history was cut off when it was fetched.
pub(super) const SHALLOW_HISTORY: &str = "secrets/shallow-history";
/// Gap: a submodule has a history of its own.
pub(super) const SUBMODULE: &str = "secrets/submodule";

/// What this check could not look at.
pub const GAPS: &[Rule] = &[
    Rule {
        id: UNREADABLE_ARCHIVE,
        title: "An archive could not be read",
        description: "A gzip, zip or tar file, or an entry of one, is damaged, encrypted or compressed in an unknown way, so what is inside was not searched for secrets.",
        remedy: "Repair or remove the archive, or keep it outside the tree",
    },
    Rule {
        id: ARCHIVE_LIMIT,
        title: "An archive holds more than is searched",
        description: "An archive unpacks to more bytes or entries, or is nested deeper, than the secret search follows (1 GiB, 100,000 entries, 5 levels; 50 MB for one entry and for the archive itself).",
        remedy: "Keep large archives outside the tree, or search their unpacked content",
    },
    Rule {
        id: DECODING_LIMIT,
        title: "A text is encoded deeper or longer than is followed",
        description: "A file holds a text that is encoded more than three times over, or a file over 8 MB holds an encoded text that is too long to be decoded at once, so what is written in it was not searched for secrets, or only in pieces.",
        remedy: "Store the text encoded once, or search it decoded (`--stdin`)",
    },
    Rule {
        id: MISSING_OBJECT,
        title: "A file of the history is not in this clone",
        description: "A partial clone leaves out contents until they are needed. A file that was left out was not searched for secrets.",
        remedy: "Search a full clone: `git fetch --refetch` without a filter",
    },
    Rule {
        id: UNREADABLE_OBJECT,
        title: "A part of git's database could not be read",
        description: "A commit, directory or file in git's object database is missing or damaged, so it and what it leads to were not searched for secrets.",
        remedy: "Search a full clone; `git fsck --full` says what is missing or damaged",
    },
    Rule {
        id: BROKEN_REFERENCE,
        title: "A reference leads nowhere",
        description: "A branch, tag or other reference names an object that is not there, so the history behind it was not searched for secrets.",
        remedy: "Delete the reference or fetch what it leads to",
    },
    Rule {
        id: SHALLOW_HISTORY,
        title: "The history is cut off",
        description: "The clone is shallow: the commits before its edge are not in it, so they were not searched for secrets.",
        remedy: "Fetch the whole history: `git fetch --unshallow`, or `fetch-depth: 0` in CI",
    },
    Rule {
        id: SUBMODULE,
        title: "A submodule has a history of its own",
        description: "The files of a submodule are in another repository, so the search of this history did not see them.",
        remedy: "Search the submodule's repository on its own",
    },
    Rule {
        id: UNREADABLE_PATH,
        title: "A path could not be read",
        description: "A file or directory of the tree could not be opened or read, so it was not searched for secrets.",
        remedy: "Give the user who runs sealgate the right to read it, or remove it from the tree",
    },
    Rule {
        id: UNREADABLE_INDEX,
        title: "Git's index could not be read",
        description: "The list of tracked files could not be read, so a file that is tracked although `.gitignore` names it may not have been searched.",
        remedy: "Search a fresh checkout without ignore rules, or repair the index with `git read-tree HEAD`",
    },
    Rule {
        id: TOO_LARGE,
        title: "A file is too large to search",
        description: "A file or what comes in is larger than 4 GiB, so what lies beyond was not searched for secrets; or a file in git's database is larger than 50 MB and was not searched.",
        remedy: "Keep large data outside the tree, or search it on its own",
    },
    Rule {
        id: TOO_MANY_FINDINGS,
        title: "A file holds more findings than are reported",
        description: "One file gave more findings than are kept (2,000); the rest is not listed.",
        remedy: "Deal with the findings listed, then run the check again",
    },
];
