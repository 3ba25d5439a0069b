use super::*;
use crate::failure::Code;
use crate::host::Paths;
use crate::mount::{DEFAULT_RETRY, DEFAULT_TIMEOUT_SECONDS};
use std::collections::BTreeSet;

const MAIN: &str = "/etc/fsxlustre/fsxlustre.toml";

fn config(texts: &[&str]) -> Result<Config, ConfigError> {
    let files: Vec<_> = texts.iter().map(|text| Piece::file(MAIN, *text)).collect();
    Config::from_files(&files, &PathOverrides::default())
}

fn parameter(name: &str, text: &str) -> Piece {
    let place = Place::Parameter {
        name: name.into(),
        version: 3,
        is_secret: name.ends_with("secret"),
        read_unix_seconds: 1,
    };
    Piece { place, text: text.into() }
}

fn mistakes(pieces: &[Piece]) -> Vec<String> {
    Values::of(pieces).1.iter().map(ToString::to_string).collect()
}

#[test]
fn a_later_file_goes_over_an_earlier_one() {
    let config = config(&[
        "[host]\nsysfs = '/a/sys'\nfilesystem_types = ['lustre', 'fuse.lustre']\n\
         [mount]\ntimeout = 30\nverify = 'none'",
        "[mount]\ntimeout = 40\n[exporter]\nwhatever = 1",
    ])
    .expect("fits");
    assert_eq!(config.mount.timeout, Some(40));
    assert_eq!(config.mount.verify, Some(Verify::None));
    assert_eq!(config.host.paths.debugfs, PathBuf::from("/a/sys/kernel/debug"));
    assert_eq!(config.host.filesystem_types.len(), 2);
}

#[test]
fn a_mistake_names_file_line_and_the_nearest_key() {
    let error = config(&["[mount]\ntimeout = 30\ntimeuot = 3"]).expect_err("unknown key");
    assert_eq!(error.asked(), format!("read {MAIN}"));
    assert_eq!(
        error.because(),
        "line 3: mount.timeuot: there is no such setting; did you mean mount.timeout?"
    );
    let unfit = config(&["[mount]\ntimeout = 0"]).expect_err("no time");
    assert_eq!(unfit.because(), "line 2: mount.timeout: it takes 1 to 86400 seconds");
    let section = config(&["\n[hosts]\nprocfs = 3"]).expect_err("section").because();
    assert_eq!(section, "line 2: hosts: there is no such setting; did you mean host?");
    let elsewhere = config(&["[host]\nretrys = 3"]).expect_err("of another section").because();
    assert!(elsewhere.contains("did you mean mount.retry?"), "{elsewhere}");
    assert!(config(&["[host]\nprogram_folders = ['bin']"]).is_err());
    assert!(config(&["not toml"]).expect_err("syntax").because().starts_with("line 1:"));
}

#[test]
fn all_mistakes_are_told_at_once_with_their_lines() {
    let text = "mount = 3\n[host]\nprocfs = 'proc'\nsysfs = 1\n[jobs]\nmount = 1\n\
                [[layout.profiles.x.part]]\nstripe_size = '4MiB'\nstripes = 2\n[aws]\nregion = 2026-01-01";
    let said = mistakes(&[Piece::file("/f", text)]);
    let wanted = [
        "/f:1: mount: it is a section, not a value",
        "/f:3: host.procfs: it takes an absolute path",
        "/f:4: host.sysfs: it takes an absolute path",
        "/f:6: jobs.mount: it is a list of tables, [[jobs.mount]]",
        "/f:7: layout.profiles.x.part[0]: until is missing, it takes a size such as 4MiB, or \"end\"",
        "/f:9: layout.profiles.x.part[0].stripes: there is no such setting",
        "/f:11: aws.region: it takes an AWS Region such as us-east-1",
    ];
    assert_eq!(said.len(), wanted.len(), "{said:#?}");
    for (said, wanted) in said.iter().zip(wanted) {
        assert!(said.starts_with(wanted), "{said} is not {wanted}");
    }
    let syntax = mistakes(&[Piece::file("/f", "[mount]\ntimeout = \nretry = = 2\n")]);
    assert_eq!(syntax.len(), 2, "{syntax:?}");
    assert!(syntax[1].starts_with("/f:3: "), "{syntax:?}");
}

#[test]
fn the_helper_stops_for_its_own_sections_only() {
    assert!(config(&["[exporter]\nlisten = 3\n[layout.profiles.x]"]).is_ok());
    assert!(config(&["[mount]\nx = 3"]).is_err());
    assert!(config(&["[exporter"]).is_err());
}

#[test]
fn every_value_knows_where_it_came_from() {
    let job =
        |name: &str| format!("[[jobs.mount]]\nsource = 'name:{name}'\ndirectory = '/mnt/{name}'\n");
    let profile = "[layout.profiles.x]\nstripe_count = 1\nstripe_size = '1MiB'\n";
    let (mut values, mistakes) = Values::of(&[
        parameter("/p/1/a", &format!("{profile}pool = 'old'\n[mount]\nretry = 5\ntimeout = 7")),
        Piece::file("/one", format!("[mount]\ntimeout = 30\n{}{}", job("a"), job("b"))),
        Piece::file("/two", format!("{profile}{}", job("c"))),
    ]);
    assert_eq!(mistakes, []);
    values.say("host.procfs", toml::Value::String("/x".into()));
    let from = |key: &str| {
        let found = values.iter().find(|(given, _)| given.to_string() == key);
        found.map(|(_, given)| given.origin.to_string())
    };
    assert_eq!(from("mount.timeout").as_deref(), Some("/one:2"));
    assert_eq!(from("mount.retry").as_deref(), Some("parameter /p/1/a (version 3) line 6"));
    assert_eq!(from("host.procfs").as_deref(), Some("the command line"));
    assert_eq!(from("jobs.mount[1].source").as_deref(), Some("/one:7"));
    assert_eq!(from("jobs.mount[2].directory").as_deref(), Some("/two:6"));
    assert_eq!(from("layout.profiles.x.pool"), None, "a profile is replaced whole");
}

#[test]
fn what_names_programs_paths_or_endpoints_never_comes_from_parameter_store() {
    for (text, why) in [
        ("[host]\nprogram_folders = ['/tmp']", "it names programs"),
        ("[host]\nstate = '/tmp'", "it names a path"),
        ("[aws]\nendpoint_url = 'http://evil'", "it names an endpoint"),
        ("[config]\nssm_path = '/other'", "how Parameter Store is asked"),
        ("[[filesystem]]\nid = 'fs-0'\ndevice = 'evil@tcp:/x'", "the server that it names"),
        ("[hooks]\non_ready = ['/bin/x']", "it names programs"),
        ("[cache]\nshared = '/tmp/x'", "it names a path"),
        ("[exporter]\nlisten_address = '0.0.0.0:1'", "it names an endpoint"),
        ("[[jobs.mount]]\nsource = 'name:a'\ndirectory = '/etc'", "mounted by root on a path"),
    ] {
        let (values, mistakes) = Values::of(&[parameter("/p/1/a", text)]);
        let first = mistakes.first().expect(text);
        assert_eq!(first.code, Code::ConfigForbidden, "{first}");
        let said = first.to_string();
        assert!(said.contains(why) && said.contains("parameter /p/1/a (version 3) line"), "{said}");
        assert_eq!(values.iter().count(), 0, "{text}");
    }
}

#[test]
fn two_parameters_of_a_set_do_not_say_the_same() {
    let said = mistakes(&[
        parameter("/p/1/a", "[mount]\nretry = 1"),
        parameter("/p/1/b", "[mount]\nretry = 2"),
    ]);
    assert_eq!(
        said,
        ["parameter /p/1/b (version 3) line 2: mount.retry: \
          parameter /p/1/a (version 3) line 2 says it too"]
    );
}

#[test]
fn what_a_secure_string_holds_is_never_repeated() {
    for text in ["hunter2", "[mount]\nverify = 'hunter2'", "[mount]\ntimeout = 'hunter2'"] {
        let said = mistakes(&[parameter("/p/1/secret", text)]);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(!said.concat().contains("hunter2"), "{said:?}");
    }
}

#[test]
fn a_hook_is_a_program_by_its_whole_path() {
    let hook = |words: &str| config(&[&format!("[hooks]\non_ready = {words}\ntimeout = 5")]);
    let hooks = hook("['/sbin/tell', 'x']").expect("fits").host.hooks;
    assert_eq!(hooks.on_ready, ["/sbin/tell", "x"]);
    assert_eq!(hooks.timeout.as_secs(), 5);
    assert!(hook("[]").expect("none").host.hooks.on_ready.is_empty());
    let because = hook("['tell', '/x']").expect_err("no whole path").because();
    assert!(because.contains("hooks.on_ready: it takes a list: a program by its"), "{because}");
    assert!(hook("['/sbin/tell', 3]").is_err() && hook("'/sbin/tell'").is_err());
}

#[test]
fn the_table_is_whole() {
    let mut keys = BTreeSet::new();
    for row in SETTINGS {
        assert!(keys.insert(row.key), "{} stands twice", row.key);
        let section = SECTIONS.iter().find(|section| section.key == row.section_and_name().0);
        assert!(section.is_some(), "{} is in no section", row.key);
        assert!(!row.meaning.ends_with('.') && !row.meaning.is_empty(), "{}", row.key);
        if let Some(value) = row.default_value() {
            let is_empty_text = value.as_str() == Some("");
            assert!(is_empty_text || row.check(&value).is_ok(), "{}: its default", row.key);
        } else {
            assert!(!row.example.is_empty(), "{} shows nothing", row.key);
        }
        if !row.example.is_empty() {
            let table: toml::Table =
                toml::from_str(&format!("x = {}", row.example)).expect(row.key);
            let example = table["x"].get("Project").unwrap_or(&table["x"]);
            assert_eq!(row.check(example), Ok(()), "{}: its example", row.key);
        }
        if let ParameterStore::Never(why) = row.parameter_store {
            assert!(!why.is_empty(), "{}", row.key);
        }
    }
}

#[test]
fn the_defaults_of_the_table_are_those_that_hold() {
    let default = |key: &str| {
        let row = SETTINGS.iter().find(|row| row.key == key).expect(key);
        row.default_value().unwrap_or(toml::Value::String("/sys/kernel/debug".into()))
    };
    let path = |name: &str| PathBuf::from(default(name).as_str().expect(name));
    let paths = Paths::default();
    assert_eq!(path("host.procfs"), paths.procfs);
    assert_eq!(path("host.sysfs"), paths.sysfs);
    assert_eq!(path("host.debugfs"), paths.debugfs);
    assert_eq!(path("host.rootfs"), paths.rootfs);
    assert_eq!(path("host.state"), paths.state);
    assert_eq!(path("host.cache"), paths.cache);
    assert_eq!(path("host.kernel_log"), paths.kernel_log);
    assert_eq!(default("mount.timeout").as_integer(), i64::try_from(DEFAULT_TIMEOUT_SECONDS).ok());
    assert_eq!(default("mount.retry").as_integer(), Some(i64::from(DEFAULT_RETRY)));
    let ages = crate::answer::Ages::default();
    for (key, age) in [
        ("cache.shared_fresh", ages.shared_fresh),
        ("cache.job_fresh", ages.job_fresh),
        ("cache.job_stale_max", ages.job_stale),
        ("cache.stale_max", ages.stale),
    ] {
        assert_eq!(default(key).as_integer(), i64::try_from(age.as_secs()).ok(), "{key}");
    }
    let verify: Verify = default("mount.verify").try_into().expect("a word");
    assert_eq!(verify, Verify::default());
}

#[test]
fn options_and_settings_that_stand_in_for_each_other_are_told() {
    use crate::options::OPTIONS;
    let keys: Vec<_> = SETTINGS.iter().map(|row| row.key).collect();
    for row in OPTIONS {
        assert!(row.setting.is_none_or(|key| keys.contains(&key)), "{}", row.name);
    }
    for key in keys.iter().filter(|key| key.starts_with("mount.")) {
        assert!(OPTIONS.iter().any(|row| row.setting == Some(*key)), "{key} has no option");
    }
}

#[test]
fn the_clocks_of_hooks_are_never_taken_from_parameter_store() {
    let clocks: Vec<_> =
        SETTINGS.iter().filter(|row| row.key.starts_with("jobs.deadlines.")).collect();
    assert_eq!(clocks.len(), 13);
    for row in clocks {
        assert!(matches!(row.parameter_store, ParameterStore::Never(_)), "{}", row.key);
    }
}
