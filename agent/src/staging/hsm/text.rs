//! What `lfs hsm_state` and `lfs hsm_action` print, a line a file, where the client does not allow the ioctls.
//!
//! *Source*: captures of 2.15.8 (`30_hsm_*`, `60_more/hsm_*_multi`): `NAME: (0x0000000d) released exists archived,
//! archive_id:1`, `NAME: (0x00000000)`, `NAME: RESTORE waiting (from 0 to EOF)`, `NAME: NOOP`. Both stop at the first
//! file that fails, with an errno as exit status and the reason on stderr.

use super::state::{Current, Going, HsmAction, HsmState, Progress};

/// The states of the files of these names, as far as they were printed.
pub(super) fn states(text: &str, names: &[String]) -> Vec<HsmState> {
    answers(text, names, state)
}

/// What is going on with the files of these names, as far as it was printed.
pub(super) fn actions(text: &str, names: &[String]) -> Vec<Going> {
    answers(text, names, action)
}

/// Names may have line feeds, so each is looked for where it must stand.
fn answers<T>(text: &str, names: &[String], read: fn(&str) -> Option<T>) -> Vec<T> {
    let mut rest = text;
    let mut found = Vec::new();
    for name in names {
        let Some(after) = rest.strip_prefix(name.as_str()).and_then(|text| text.strip_prefix(": "))
        else {
            break;
        };
        let (line, later) = after.split_once('\n').unwrap_or((after, ""));
        let Some(answer) = read(line) else { break };
        found.push(answer);
        rest = later;
    }
    found
}

fn state(line: &str) -> Option<HsmState> {
    let (flags, rest) = line.strip_prefix("(0x")?.split_once(')')?;
    let archive_id = match rest.split_once("archive_id:") {
        Some((_, number)) => number.trim().parse().ok()?,
        None => 0,
    };
    Some(HsmState { flags: u32::from_str_radix(flags, 16).ok()?, archive_id })
}

fn action(line: &str) -> Option<Going> {
    let mut words = line.split(' ');
    let Some(action) = HsmAction::of_word(words.next()?) else { return Some(Going::Nothing) };
    let progress = match words.next() {
        Some("waiting") => Progress::Waiting,
        Some("running") => Progress::Running,
        _ => Progress::Other,
    };
    Some(Going::On(Current { action, progress }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capture(name: &str) -> String {
        let file = format!("{}/tests/fixtures/hsm/{name}.out", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(&file).expect(&file)
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(ToString::to_string).collect()
    }

    fn state_of(name: &str, file: &str) -> HsmState {
        let all = states(&capture(name), &names(&[file]));
        *all.first().unwrap_or_else(|| panic!("{name}"))
    }

    #[test]
    fn captured_states_are_read() {
        let is = |flags, archive_id| HsmState { flags, archive_id };
        assert_eq!(state_of("released_state", "/fsx/hsm/f1"), is(0x0d, 1));
        assert_eq!(state_of("archived_state", "/fsx/hsm/f1"), is(0x09, 1));
        assert_eq!(state_of("dirty", "/fsx/hsm/f1"), is(0x0b, 1));
        assert_eq!(state_of("hsm_state_HSM_f0", "/fsx/hsm/f0"), is(0, 0));
        assert_eq!(state_of("hsm_state_HSM_f7", "/fsx/hsm/f7"), is(0x30, 0));
        // It stopped at the directory.
        let multi = states(&capture("hsm_state_multi"), &names(&["f1", "f2", "f3", "d", "nosuch"]));
        assert_eq!(multi.len(), 3);
    }

    #[test]
    fn captured_actions_are_read() {
        let action = |name: &str, line: usize, file: &str| {
            let text = capture(name);
            let line = text.lines().filter(|line| !line.starts_with("rc=")).nth(line).expect(name);
            actions(line, &names(&[file]))
        };
        let on = |action, progress| vec![Going::On(Current { action, progress })];
        assert_eq!(action("released_action", 0, "/fsx/hsm/f1"), vec![Going::Nothing]);
        let waiting = on(HsmAction::Restore, Progress::Waiting);
        assert_eq!(action("nocopytool_restore", 0, "/fsx/hsm/f4"), waiting);
        let running = on(HsmAction::Archive, Progress::Running);
        assert_eq!(action("archive_big_progress", 0, "/fsx/hsm/big"), running);
    }

    #[test]
    fn a_name_may_look_like_an_answer() {
        let odd = names(&["./a: (0x0000000d)\nb", "./c"]);
        let text =
            "./a: (0x0000000d)\nb: (0x00000009) exists archived, archive_id:1\n./c: (0x00000000)\n";
        let flags: Vec<u32> = states(text, &odd).iter().map(|state| state.flags).collect();
        assert_eq!(flags, [9, 0]);
    }
}
