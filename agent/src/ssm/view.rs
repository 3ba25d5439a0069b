//! The JSON of a command as an answer: which word, and what stands first.

use super::{Answer, Word};
use fsxlustre_mount::failure::{Code, one_line};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What a command has printed and how it ended, as an answer. `about` is its name.
pub fn answer(about: &str, stdout: &str, stderr: &str, exit: u8) -> Answer {
    let values: Vec<Value> =
        stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let whole = match values.as_slice() {
        [one] => one.clone(),
        _ => Value::Array(values),
    };
    let seen = Seen { about, whole: &whole, stderr, exit };
    let word = seen.word();
    let (head, items) = seen.grounds();
    let mut answer = Answer::new(about, word, seen.words(word), exit).of(items);
    answer.head = head;
    let messages = seen.messages();
    if !messages.is_empty() {
        answer = answer.with("messages", messages);
    }
    Answer { whole, ..answer }
}

/// A command that has ended.
struct Seen<'a> {
    about: &'a str,
    whole: &'a Value,
    stderr: &'a str,
    exit: u8,
}

impl Seen<'_> {
    fn word(&self) -> Word {
        match (self.about, self.exit) {
            ("check", 0) if self.whole["verdict"] == "warn" => Word::Warn,
            ("why", 0) => match self.found().first().map(|one| text(one, "verdict")) {
                Some("limits" | "suspect") => Word::Warn,
                Some("unknown") => Word::Unknown,
                _ => Word::Pass,
            },
            ("status", 0) if self.list("directories").iter().any(is_troubled) => Word::Warn,
            (_, 0) => Word::Pass,
            ("tune", 3) => Word::Warn,
            ("check" | "layout", 3) => Word::Unknown,
            _ => Word::Fail,
        }
    }

    /// The verdict in words that many nodes share.
    fn words(&self, word: Word) -> String {
        if let Some(code) = self.code() {
            let title = Code::from_id(&code).map(|code| code.row().title);
            return format!("{code} {}", title.unwrap_or("not done"));
        }
        match self.about {
            "check" => {
                self.names("check", |one| text(one, "verdict").to_uppercase() == word.text())
            }
            "why" => self.names("rule", |one| text(one, "verdict") == "limits"),
            "status" => counted(self.list("directories"), "state"),
            "layout" => counted(self.list(""), "state"),
            "umount" => counted(self.list(""), "outcome"),
            "mount" => text(self.whole, "outcome").to_owned(),
            "tune" if word == Word::Warn => "settings differ from what is wanted or was set".into(),
            "tune" => match self.list("clients").len() + self.list("").len() {
                0 => "no client here".into(),
                _ => "as wanted".into(),
            },
            _ => String::new(),
        }
    }

    /// The names of what was found and is meant, each once.
    fn names(&self, name: &str, is_meant: impl Fn(&Value) -> bool) -> String {
        let mut names: Vec<&str> = Vec::new();
        for one in self.found().into_iter().filter(|one| is_meant(one)) {
            if !names.contains(&text(one, name)) {
                names.push(text(one, name));
            }
        }
        if self.about == "check" && text(self.whole, "verdict") == "pass" {
            return "healthy".into();
        }
        names.join(", ")
    }

    /// The code of the failure that ended it.
    fn code(&self) -> Option<String> {
        let of = |value: &Value| value.get("code").and_then(Value::as_str).map(str::to_owned);
        let is_of_all = self.whole.get("because").is_some();
        let own = Some(self.whole).filter(|_| is_of_all).and_then(of);
        let parts = self.list("").iter().chain(self.list("clients"));
        let of_part = || parts.filter_map(|part| part.get("failure")).find_map(of);
        let in_text = || {
            let (_, rest) = self.stderr.split_once("[FSXL-")?;
            Some(format!("FSXL-{}", rest.split(']').next()?))
        };
        own.or_else(of_part).or_else(|| (self.exit != 0).then(in_text).flatten())
    }

    fn list(&self, name: &str) -> &[Value] {
        let list = if name.is_empty() { Some(self.whole) } else { self.whole.get(name) };
        match (list, self.about) {
            (Some(Value::Array(list)), _) => list,
            // One directory is an object of its own.
            (Some(one @ Value::Object(_)), "umount") if name.is_empty() => {
                std::slice::from_ref(one)
            }
            _ => &[],
        }
    }

    /// What was found, the worst first.
    fn found(&self) -> Vec<&Value> {
        let rank = |one: &&Value| match text(one, "verdict") {
            // Causes of `why` come in their own order.
            "fail" | "limits" | "suspect" => 0,
            "unknown" if one["required"] == true => 1,
            "warn" => 2,
            "unknown" => 3,
            _ => 4,
        };
        let mut found: Vec<&Value> = self.list("findings").iter().collect();
        found.sort_by_key(rank);
        found
    }

    /// What stands first, and the grounds of the verdict, the most important first.
    fn grounds(&self) -> (Map<String, Value>, Vec<Value>) {
        match self.about {
            "check" => self.of_check(),
            "why" => {
                let items = self.found().into_iter().map(|one| without(one, &["weight"]));
                (self.but(&["findings", "format", "is_shared", "seconds"]), items.collect())
            }
            "status" => {
                let mut all: Vec<&Value> = self.list("directories").iter().collect();
                all.sort_by_key(|one| !is_troubled(one));
                let said = ["options", "mount_id"];
                let items = all.into_iter().map(|one| without(one, &said)).collect();
                (self.but(&["directories", "format"]), items)
            }
            "tune" => {
                let one = |one: &Value| without(one, &[]);
                let all = self.list("clients").iter().chain(self.list(""));
                (self.but(&["clients", "wanted", "undecided"]), all.map(one).collect())
            }
            _ if self.list("").is_empty() => (self.but(&[]), Vec::new()),
            _ => (Map::new(), self.list("").iter().map(|one| without(one, &[])).collect()),
        }
    }

    fn of_check(&self) -> (Map<String, Value>, Vec<Value>) {
        let Some(findings) = self.whole.get("findings").and_then(Value::as_array) else {
            return (self.but(&[]), Vec::new());
        };
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for one in findings {
            *counts.entry(text(one, "verdict")).or_default() += 1;
        }
        let fact = |name: &str| self.whole["node"][name]["value"].clone();
        let head = json!({
            "verdict": self.whole["verdict"],
            "counts": counts,
            "kernel": fact("kernel_release"),
            "client": fact("loaded_version"),
        });
        let wrong = self.found().into_iter().filter(|one| text(one, "verdict") != "pass");
        let items = wrong.map(|one| without(one, &["evidence", "group", "required"])).collect();
        (head.as_object().cloned().unwrap_or_default(), items)
    }

    /// The object without these fields, and without what is empty.
    fn but(&self, names: &[&str]) -> Map<String, Value> {
        without(self.whole, names).as_object().cloned().unwrap_or_default()
    }

    /// What else was said; nothing where the JSON has the failure.
    fn messages(&self) -> Vec<String> {
        let has_failure = self.exit != 0 && self.whole.to_string().contains("\"because\"");
        let lines = self.stderr.lines().filter(|_| !has_failure).map(one_line);
        lines.filter(|line| !line.is_empty()).collect()
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Whether there is something to know of a directory.
fn is_troubled(directory: &Value) -> bool {
    let counts = directory["imports"]["counts"].as_object();
    let mut states = counts.into_iter().flat_map(Map::values).filter_map(Value::as_object);
    let is_down = states.any(|by| by.keys().any(|state| state != "FULL" && state != "IDLE"));
    text(directory, "state") != "mounted"
        || is_down
        || !directory["last_failure"].is_null()
        || !directory["stuck_pid"].is_null()
}

/// `2 mounted, 1 failed`.
fn counted(list: &[Value], name: &str) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for one in list {
        *counts.entry(text(one, name)).or_default() += 1;
    }
    let words: Vec<_> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
    if words.is_empty() { "nothing here".into() } else { words.join(", ") }
}

/// The object without these fields, and without what is empty.
fn without(value: &Value, names: &[&str]) -> Value {
    let is_empty = |value: &Value| match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    };
    match value {
        Value::Object(object) => {
            let kept = object
                .iter()
                .filter(|(name, one)| !names.contains(&name.as_str()) && !is_empty(one));
            Value::Object(kept.map(|(name, one)| (name.clone(), one.clone())).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_says_what_is_worst_and_names_nothing_of_one_node() {
        let finding = |check: &str, verdict: &str, required: bool| json!({ "check": check, "verdict": verdict, "required": required, "summary": "of n1" });
        let of = |verdict: &str, findings: Vec<Value>, exit: u8| {
            let report = json!({ "verdict": verdict, "findings": findings, "node": {} });
            answer("check", &report.to_string(), "", exit)
        };
        let all = vec![
            finding("mtu", "warn", false),
            finding("clock", "unknown", false),
            finding("lnet_up", "fail", true),
            finding("lnet_up", "fail", true),
            finding("imds", "unknown", true),
        ];
        let failed = of("fail", all, 1);
        assert_eq!((failed.word, failed.words.as_str()), (Word::Fail, "lnet_up"));
        let order: Vec<_> = failed.items.iter().map(|one| text(one, "check")).collect();
        assert_eq!(order, ["lnet_up", "lnet_up", "imds", "mtu", "clock"]);
        let warned = of("warn", vec![finding("mtu", "warn", false)], 0);
        assert_eq!((warned.word, warned.words.as_str()), (Word::Warn, "mtu"));
        let passed = of("pass", vec![finding("mtu", "pass", false)], 0);
        assert_eq!((passed.word, passed.words.as_str()), (Word::Pass, "healthy"));
        assert!(passed.items.is_empty());
    }

    #[test]
    fn a_failure_is_told_by_its_code_wherever_it_stands() {
        let record =
            r#"{"code":"FSXL-N201","because":"x","what":"y","asked":"z","do":"w","class":"c"}"#;
        for (about, stdout, stderr) in [
            ("check", record.to_owned(), ""),
            ("layout", format!("[{{\"failure\":{record},\"state\":\"failed\"}}]"), ""),
            ("umount", format!("{{\"failure\":{record}}}\n{{\"failure\":null}}\n"), ""),
            ("umount", String::new(), "fsxlustre: it  [FSXL-N201]\n  asked: x\n"),
        ] {
            let told = answer(about, &stdout, stderr, 1);
            assert_eq!(told.word, Word::Fail, "{about}");
            assert!(told.words.starts_with("FSXL-N201 The file system's server"), "{told:?}");
        }
    }

    #[test]
    fn directories_are_counted_by_what_became_of_them() {
        let told =
            answer("umount", "{\"outcome\":\"unmounted\"}\n{\"outcome\":\"not-mounted\"}\n", "", 0);
        assert_eq!(told.words, "1 not-mounted, 1 unmounted");
        let status = |state: &str| {
            json!({ "directories": [{ "directory": "/a", "state": state, "imports": null }] })
                .to_string()
        };
        assert_eq!(answer("status", &status("mounted"), "", 0).word, Word::Pass);
        assert_eq!(answer("status", &status("gone"), "", 0).word, Word::Warn);
    }
}
