//! Takes what looks like a secret out of texts that leave the node.
//!
//! Nothing that fsxlustre reads is meant to be a secret. This stands between what somebody has put there
//! all the same, in a setting, a mount option or a kernel's message, and whoever reads the bundle.

use serde_json::Value;

/// What stands for what was there.
pub(super) const REMOVED: &str = "[removed]";

/// Names whose value is a secret, in lower case, wherever they stand in a longer name.
const NAMES: [&str; 13] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "api_key",
    "apikey",
    "access_key",
    "accesskey",
    "private_key",
    "signature",
    "external_id",
];
/// Names after which the whole rest of the line is one.
const HEADERS: [&str; 3] = ["authorization", "cookie", "x-amz-security-token"];

/// A text without secrets and without control characters but line ends and tabulators.
pub(super) fn text(text: &str) -> String {
    let mut told = String::with_capacity(text.len());
    let mut is_in_key = false;
    for line in text.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        let begins = line.contains("-----BEGIN") && line.contains("PRIVATE KEY");
        if begins || is_in_key {
            is_in_key = !line.contains("-----END");
            told.push_str(if begins { REMOVED } else { "" });
        } else {
            told.push_str(&self::line(line));
        }
        told.push_str(end);
    }
    told
}

/// The same of each text in it; a text or number of a secret's name goes whole.
pub(super) fn value(value: &mut Value) {
    match value {
        Value::String(string) => *string = text(string),
        Value::Array(list) => {
            let mut is_next_secret = false;
            for one in list {
                let is_flag = one.as_str().is_some_and(|word| {
                    word.starts_with('-') && !word.contains('=') && is_secret_name(word)
                });
                if is_next_secret && (one.is_string() || one.is_number()) {
                    *one = Value::String(REMOVED.into());
                } else {
                    self::value(one);
                }
                is_next_secret = is_flag;
            }
        }
        Value::Object(object) => {
            for (name, one) in object.iter_mut() {
                if is_secret_name(name) && (one.is_string() || one.is_number()) {
                    *one = Value::String(REMOVED.into());
                } else {
                    self::value(one);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether the value of that name is a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    NAMES.iter().any(|secret| name.contains(secret))
}

fn line(line: &str) -> String {
    let plain: String =
        line.chars().map(|c| if c.is_control() && c != '\t' { '?' } else { c }).collect();
    words_that_look_so(&values_of_names(&without_users(&plain)))
}

/// `scheme://user:password@host` without the user and the password.
fn without_users(line: &str) -> String {
    let mut told = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("://") {
        told.push_str(before);
        told.push_str("://");
        let is_end =
            |c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '<' | '>');
        let host = after.find(is_end).unwrap_or(after.len());
        let (authority, beyond) = after.split_at(host);
        match authority.rsplit_once('@') {
            Some((_, host)) => {
                told.push_str(REMOVED);
                told.push('@');
                told.push_str(host);
            }
            None => told.push_str(authority),
        }
        rest = beyond;
    }
    told + rest
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// `NAME=value`, `NAME: "value"`, `--NAME value` without the value.
fn values_of_names(line: &str) -> String {
    let mut told = String::new();
    let mut rest = line;
    while let Some(begin) = rest.find(is_of_name) {
        let (before, from) = rest.split_at(begin);
        let end = from.find(|c| !is_of_name(c)).unwrap_or(from.len());
        let (name, after) = from.split_at(end);
        told.push_str(before);
        told.push_str(name);
        rest = after;
        let lower = name.to_ascii_lowercase();
        let is_header = HEADERS.iter().any(|header| lower.ends_with(header));
        if !is_header && !is_secret_name(name) {
            continue;
        }
        let Some((separator, value)) = after_separator(after, name.starts_with('-')) else {
            continue;
        };
        told.push_str(separator);
        told.push_str(REMOVED);
        rest = if is_header { "" } else { value.get(value_length(value)..).unwrap_or_default() };
    }
    told + rest
}

/// What stands between a name and its value, and what begins with the value.
fn after_separator(text: &str, may_be_blank: bool) -> Option<(&str, &str)> {
    let inner = text.trim_start_matches(['"', '\'', '\\']);
    let unspaced = inner.trim_start_matches([' ', '\t']);
    let value = match unspaced.strip_prefix(['=', ':']) {
        Some(value) => value.trim_start_matches([' ', '\t']),
        None if may_be_blank && unspaced.len() < inner.len() => unspaced,
        None => return None,
    };
    let is_value = !value.is_empty() && !value.starts_with(['{', '[', ',', '}', ']']);
    is_value.then(|| (text.get(..text.len() - value.len()).unwrap_or_default(), value))
}

/// How far a value goes: to the quote that ends it, or to a blank or a mark.
fn value_length(value: &str) -> usize {
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let Some(quote) = quote else {
        let is_end = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '&' | ')' | '"' | '\'');
        return value.find(is_end).unwrap_or(value.len());
    };
    let mut is_escaped = false;
    for (place, c) in value.char_indices().skip(1) {
        if c == quote && !is_escaped {
            return place + c.len_utf8();
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    value.len()
}

/// Keys of AWS, tokens and hashes, wherever they stand.
fn words_that_look_so(line: &str) -> String {
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || "+/=_.-$".contains(c);
    let mut told = String::new();
    let mut rest = line;
    while let Some(begin) = rest.find(is_of_word) {
        let (before, from) = rest.split_at(begin);
        let end = from.find(|c| !is_of_word(c)).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        told.push_str(before);
        // A word may be the value of a name that says nothing.
        for (place, part) in word.split('=').enumerate() {
            told.push_str(if place > 0 { "=" } else { "" });
            told.push_str(if looks_secret(part) { REMOVED } else { part });
        }
        rest = after;
    }
    told + rest
}

fn looks_secret(word: &str) -> bool {
    let word = word.trim_end_matches('.');
    let all = |fits: fn(&u8) -> bool| word.bytes().all(|byte| fits(&byte));
    let has = |fits: fn(&u8) -> bool| word.bytes().any(|byte| fits(&byte));
    let is_mixed =
        has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    let is_access_key = word.len() == 20
        && (word.starts_with("AKIA") || word.starts_with("ASIA"))
        && all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let is_secret_key = word.len() == 40
        && is_mixed
        && !word.starts_with('/')
        && all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(byte));
    let is_token = word.len() >= 100
        && is_mixed
        && !word.starts_with('/')
        && all(|byte| byte.is_ascii_alphanumeric() || b"+/_-".contains(byte));
    let is_signed = word.starts_with("eyJ") && word.len() >= 30;
    let is_hash = word.starts_with("$2") && word.len() >= 59;
    is_access_key || is_secret_key || is_token || is_signed || is_hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: &str = "wJalrXUtnFEMI1K7MDENG2bPxRfiCYEXAMPLEKEY";
    const ID: &str = "AKIAIOSFODNN7EXAMPLE";

    #[test]
    fn secrets_go_and_the_rest_stays() {
        for (given, left) in [
            (
                "https_proxy = \"http://me:pa@ss@proxy:3128/x\"",
                "https_proxy = \"http://[removed]@proxy:3128/x\"",
            ),
            ("password=hunter2,rw", "password=[removed],rw"),
            ("PASSWORD : 'a b' c", "PASSWORD : [removed] c"),
            ("{\"db_password\":\"x\\\"y\",\"a\":1}", "{\"db_password\":[removed],\"a\":1}"),
            ("prog --api-key s3cr3t --verbose", "prog --api-key [removed] --verbose"),
            ("Authorization: Bearer abc def", "Authorization: [removed]"),
            ("see AKIAIOSFODNN7EXAMPLE.", "see [removed]"),
            ("x=AKIAIOSFODNN7EXAMPLE&y=1", "x=[removed]&y=1"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x", "[removed]"),
            ("a\u{1b}[2Jb", "a?[2Jb"),
            (
                "Lustre: abcdefgh-OST0000-osc-ff00: evicted",
                "Lustre: abcdefgh-OST0000-osc-ff00: evicted",
            ),
            ("no page tokens are left", "no page tokens are left"),
            ("srcversion BBCEEF0477AC4B2EA1B30DB", "srcversion BBCEEF0477AC4B2EA1B30DB"),
        ] {
            assert_eq!(text(given), left);
        }
        let pem = "a\n-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\nb\n";
        assert_eq!(text(pem), "a\n[removed]\n\n\nb\n");
    }

    #[test]
    fn values_of_json_go_by_name_and_by_look() {
        let mut given = serde_json::json!({
            "hooks.on_ready": ["/usr/bin/x", "--password", "hunter2", "--verbose"],
            "aws": {"external_id": "e", "secret_access_key": KEY, "needs_signatures": {"value": true}},
            "note": format!("id {ID}"), "pin_token": 1234,
        });
        value(&mut given);
        let left = serde_json::json!({
            "hooks.on_ready": ["/usr/bin/x", "--password", REMOVED, "--verbose"],
            "aws": {"external_id": REMOVED, "secret_access_key": REMOVED, "needs_signatures": {"value": true}},
            "note": "id [removed]", "pin_token": REMOVED,
        });
        assert_eq!(given, left);
    }

    proptest! {
        /// A secret in any of these forms, between any texts, is in no line of what is told.
        #[test]
        fn no_text_around_it_keeps_a_secret(
            before in "\\PC{0,20}",
            after in "\\PC{0,20}",
            form in 0_usize..6,
            value in "[a-zA-Z0-9!%*+._~-]{12,24}",
        ) {
            let (secret, given) = match form {
                0 => (value.clone(), format!("password={value}")),
                1 => (value.clone(), format!("\"client_secret\": \"{value}\"")),
                2 => (value.clone(), format!("--token {value}")),
                3 => (value.clone(), format!("https://user:{value}@host/")),
                4 => (KEY.to_owned(), KEY.to_owned()),
                _ => (ID.to_owned(), ID.to_owned()),
            };
            let told = text(&format!("{before} {given} {after}"));
            prop_assert!(!told.contains(&secret), "{told}");
        }

        #[test]
        fn any_text_is_taken(any in any::<String>()) {
            let told = text(&any);
            prop_assert!(told.chars().all(|c| c == '\n' || c == '\t' || !c.is_control()));
            prop_assert_eq!(text(&told), told);
        }
    }
}
