//! What the texts of settings must look like.

use super::setting::Grammar;
use crate::failure::Explain as _;
use crate::options::{MountOptions, checked_region, is_profile_name};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

/// The longest text that any setting takes.
const LONGEST_TEXT: usize = 4096;
/// The longest path in Parameter Store, with room for a version and names below it.
const LONGEST_PARAMETER_PATH: usize = 900;

fn ensure(fits: bool) -> Result<(), Option<String>> {
    if fits { Ok(()) } else { Err(None) }
}

/// Any text of one line.
pub(super) const ANY_TEXT: Grammar = Grammar {
    fits: "a text of one line",
    check: |text| {
        let fits = (1..=LONGEST_TEXT).contains(&text.len()) && !text.contains(char::is_control);
        ensure(fits)
    },
};

/// The value of a tag, which may be empty.
pub(super) const TAG_VALUE: Grammar = Grammar {
    fits: "a text of one line with at most 256 characters",
    check: |text| ensure(text.chars().count() <= 256 && !text.contains(char::is_control)),
};

/// An absolute path.
pub(super) const FOLDER: Grammar = Grammar {
    fits: "an absolute path",
    check: |text| ensure(text.starts_with('/') && !text.contains('\0')),
};

/// Which network namespace LNet is in.
pub(super) const LNET_NAMESPACE: Grammar = Grammar {
    fits: "\"initial\", \"any\" or an absolute path",
    check: |text| ensure(matches!(text, "initial" | "any") || text.starts_with('/')),
};

/// An absolute path that is written in one way only, and is not the root.
pub(super) const PLAIN_PATH: Grammar = Grammar {
    fits: "an absolute path without '..', '//' or a '/' at its end",
    check: |text| {
        let path = Path::new(text);
        let normal: PathBuf = path.components().collect();
        let fits = normal.is_absolute()
            && normal.as_os_str() == path.as_os_str()
            && normal != Path::new("/")
            && !normal.components().any(|part| part == Component::ParentDir)
            && !text.contains(char::is_control);
        ensure(fits)
    },
};

/// A path below a directory.
pub(super) const BELOW: Grammar = Grammar {
    fits: "a path below the directory, without '..', '//' or a '/' at either end, or \".\"",
    check: |text| {
        let path = Path::new(text);
        let normal: PathBuf = path.components().collect();
        let is_normal = normal.components().all(|part| matches!(part, Component::Normal(_)));
        let fits = (1..=1000).contains(&text.len())
            && (text == "." || (is_normal && normal.as_os_str() == path.as_os_str()))
            && !text.contains(char::is_control);
        ensure(fits)
    },
};

/// A path in Parameter Store.
pub(super) const PARAMETER_PATH: Grammar = Grammar {
    fits: "a parameter's path, /a/b of A-Za-z0-9._-",
    check: |text| {
        let mut parts = text.split('/');
        let is_name = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        };
        let begins_with_slash = parts.next() == Some("");
        ensure(
            begins_with_slash
                && text.len() <= LONGEST_PARAMETER_PATH
                && parts.all(is_name)
                && text.len() > 1,
        )
    },
};

/// The most names of a path in Parameter Store: 15 levels with a version's and a part's.
const MOST_PATH_NAMES: usize = 13;

/// Whether settings may be below that path in Parameter Store.
pub fn is_parameter_path(text: &str) -> bool {
    (PARAMETER_PATH.check)(text).is_ok() && text.matches('/').count() <= MOST_PATH_NAMES
}

/// A Region's name.
pub(super) const REGION: Grammar = Grammar {
    fits: "an AWS Region such as us-east-1",
    check: |text| ensure(checked_region(text).is_some()),
};

/// The address of an HTTP service.
pub(super) const URL: Grammar = Grammar {
    fits: "http://HOST[:PORT] or https://HOST[:PORT]",
    check: |text| {
        let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
        let is_word = |rest: &str| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_graphic());
        ensure(rest.is_some_and(is_word) && text.len() <= LONGEST_TEXT)
    },
};

/// A proxy's address. A password would be in a file that all may read.
pub(super) const PROXY: Grammar = Grammar {
    fits: "http://HOST:PORT or https://HOST:PORT",
    check: |text| {
        let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
        let is_host = |host: &str| {
            !host.is_empty()
                && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        };
        let fits = rest.and_then(|rest| rest.trim_end_matches('/').rsplit_once(':')).is_some_and(
            |(host, port)| is_host(host) && port.parse::<u16>().is_ok_and(|port| port > 0),
        );
        ensure(fits && text.len() <= LONGEST_TEXT)
    },
};

/// The name of a profile in `~/.aws/config`.
pub(super) const PROFILE: Grammar = Grammar {
    fits: "a profile's name: 1 to 64 of A-Za-z0-9_.%@:+/-",
    check: |text| {
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"_.%@:+/-".contains(&b);
        ensure((1..=64).contains(&text.len()) && text.bytes().all(is_plain))
    },
};

/// The ARN of a role, in whichever partition.
pub(super) const ROLE_ARN: Grammar = Grammar {
    fits: "arn:aws:iam::123456789012:role/NAME",
    check: |text| {
        let parts = text.strip_prefix("arn:").and_then(|rest| rest.split_once(":iam::"));
        let role = parts.and_then(|(_, rest)| rest.split_once(":role/"));
        let is_partition = |name: &str| {
            name.starts_with("aws") && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
        };
        let is_name = |name: &str| {
            (1..=600).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"+=,.@_-/".contains(&b))
        };
        ensure(
            parts.is_some_and(|(partition, _)| is_partition(partition))
                && role.is_some_and(|(account, name)| is_account(account) && is_name(name)),
        )
    },
};

/// The id of a VPC.
pub(super) const VPC_ID: Grammar = Grammar {
    fits: "a VPC's id such as vpc-0a1b2c3d4e5f60718",
    check: |text| {
        let digits = text.strip_prefix("vpc-").unwrap_or_default();
        let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        ensure((8..=17).contains(&digits.len()) && digits.bytes().all(is_digit))
    },
};

/// The number of an account.
pub(super) const ACCOUNT: Grammar =
    Grammar { fits: "an account's 12 digits", check: |text| ensure(is_account(text)) };

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// An `-o` list.
pub(super) const MOUNT_OPTIONS: Grammar = Grammar {
    fits: "an -o list",
    check: |text| {
        let parsed = MountOptions::parse(text);
        parsed.map(|_| ()).map_err(|error| Some(format!("{error}; {}", error.remedy())))
    },
};

/// A name of the scheduler: of an account, a licence, a feature; a word of a comment.
pub(super) const NAME: Grammar = Grammar {
    fits: "1 to 64 of A-Za-z0-9_.:=+/@%-",
    check: |text| {
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"_.:=+/@%-".contains(&b);
        ensure((1..=64).contains(&text.len()) && text.bytes().all(is_plain))
    },
};

/// The name of a profile of client settings.
pub(super) const TUNE_PROFILE: Grammar = Grammar {
    fits: "off or the name of a profile: 1 to 64 of A-Za-z0-9._-",
    check: |text| ensure(is_profile_name(text)),
};

/// When a job's mount is unmounted.
pub(super) const UNMOUNT_WHEN: Grammar = Grammar {
    fits: "\"last-job\", \"idle-after 10min\" (s, min or h, up to a day) or \"never\"",
    check: |text| ensure(matches!(text, "last-job" | "never") || idle_after(text).is_some()),
};

/// What a job's end does for the data repository.
pub(super) const EXPORT_AT_END: Grammar = Grammar {
    fits: "\"none\", \"wait 60s\" (1 to 600 s) or \"ticket\"",
    check: |text| ensure(matches!(text, "none" | "ticket") || export_wait(text).is_some()),
};

/// How long an end waits for an export: `wait 60s`; `None` for other texts.
pub fn export_wait(text: &str) -> Option<Duration> {
    let digits = text.strip_prefix("wait ")?.strip_suffix('s')?;
    let is_number = (1..=3).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let seconds = digits.parse::<u64>().ok().filter(|_| is_number)?;
    (1..=600).contains(&seconds).then(|| Duration::from_secs(seconds))
}

/// How long a mount may be idle before it is unmounted: `idle-after 10min`; `None` for other texts.
pub fn idle_after(text: &str) -> Option<Duration> {
    let time = text.strip_prefix("idle-after ")?;
    let digits = time.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = time.split_at_checked(digits).filter(|_| digits <= 5)?;
    let unit_seconds = match unit {
        "s" => 1,
        "min" => 60,
        "h" => 3600,
        _ => return None,
    };
    let seconds = number.parse::<u64>().ok()? * unit_seconds;
    (1..=86_400).contains(&seconds).then(|| Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_below_a_directory_leads_nowhere_else() {
        for (text, fits) in [
            (".", true),
            ("in", true),
            ("in/{job.user}/.hidden", true),
            ("..", false),
            ("../etc", false),
            ("in/../..", false),
            ("/etc", false),
            ("in/", false),
            ("in//a", false),
            ("./in", false),
            ("in/./a", false),
            ("", false),
            ("a\nb", false),
        ] {
            assert_eq!((BELOW.check)(text).is_ok(), fits, "{text:?}");
        }
        assert!((BELOW.check)(&"a".repeat(1001)).is_err());
    }

    #[test]
    fn what_aws_names_has_its_form() {
        for (grammar, text, fits) in [
            (ROLE_ARN, "arn:aws:iam::123456789012:role/fsx-reader", true),
            (ROLE_ARN, "arn:aws-cn:iam::123456789012:role/path/fsx-reader", true),
            (ROLE_ARN, "arn:aws:iam::1:role/x", false),
            (ROLE_ARN, "arn:aws:iam::123456789012:user/x", false),
            (ROLE_ARN, "arn:aws:iam::123456789012:role/", false),
            (PROXY, "http://proxy.example.com:3128", true),
            (PROXY, "https://10.0.0.1:443/", true),
            (PROXY, "http://root:secret@proxy.example.com:3128", false),
            (PROXY, "http://proxy.example.com", false),
            (PROXY, "socks://proxy:1", false),
            (PROFILE, "team-one", true),
            (PROFILE, "", false),
            (PROFILE, "team one", false),
            (VPC_ID, "vpc-0a1b2c3d4e5f60718", true),
            (VPC_ID, "vpc-01234567", true),
            (VPC_ID, "*", false),
            (VPC_ID, "vpc-xyz", false),
            (ACCOUNT, "123456789012", true),
            (ACCOUNT, "1234", false),
            (EXPORT_AT_END, "none", true),
            (EXPORT_AT_END, "ticket", true),
            (EXPORT_AT_END, "wait 60s", true),
            (EXPORT_AT_END, "wait 0s", false),
            (EXPORT_AT_END, "wait 601s", false),
            (EXPORT_AT_END, "wait +5s", false),
            (EXPORT_AT_END, "wait 60", false),
            (EXPORT_AT_END, "wait", false),
            (EXPORT_AT_END, "", false),
            (UNMOUNT_WHEN, "last-job", true),
            (UNMOUNT_WHEN, "idle-after 10min", true),
            (UNMOUNT_WHEN, "idle-after 24h", true),
            (UNMOUNT_WHEN, "idle-after 25h", false),
            (UNMOUNT_WHEN, "idle-after 0s", false),
            (UNMOUNT_WHEN, "idle-after 99999999999999999999min", false),
            (UNMOUNT_WHEN, "idle-after -1min", false),
            (UNMOUNT_WHEN, "later", false),
        ] {
            assert_eq!((grammar.check)(text).is_ok(), fits, "{text}");
        }
    }
}
