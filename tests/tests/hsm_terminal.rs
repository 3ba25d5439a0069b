//! How far `fsxlustre hsm` is, on a terminal: a bar with rate and time to go, a clean line behind it, also when somebody
//! ends it by Ctrl-C; without a terminal, nothing but what was asked for.

mod archives;

use archives::{FSX, Node, files};
use fsxlustre_tests::Output;
use serde_json::Value;
use std::time::Duration;

/// Files of 1,000 bytes that are in the archive only.
fn released(files: usize) -> Node {
    let node = Node::start();
    node.shell(&format!(
        "mkdir @/t && cd @/t && for f in $(seq 1 {files}); do head -c 1000 /dev/zero >$f; done"
    ));
    node.archive("set /t 0d");
    node
}

/// Runs a command on a terminal of its own, with what is typed there: a line of shell.
fn on_terminal(node: &Node, typed: &str, words: &str) -> Output {
    let words = words.replace('@', FSX);
    let command = format!("stty cols 120; exec fsxlustre hsm {words}");
    let line = format!(
        "shown=$(mktemp); {{ {typed}; }} | TERM=xterm script -q -e -f -c '{command}' $shown; \
         ended=$?; rm $shown; exit $ended"
    );
    node.sandbox.command(["bash", "-c", &line]).deadline(Duration::from_mins(2)).run()
}

/// What stands on a terminal after all that was written to it.
fn screen(written: &str) -> Vec<String> {
    let (mut lines, mut row, mut column) = (vec![Vec::<char>::new()], 0_usize, 0_usize);
    let mut letters = written.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\r' => column = 0,
            '\n' => {
                row += 1;
                if row == lines.len() {
                    lines.push(Vec::new());
                }
            }
            '\u{1b}' => {
                let mut sequence = String::new();
                for letter in letters.by_ref() {
                    sequence.push(letter);
                    if letter.is_ascii_alphabetic() {
                        break;
                    }
                }
                match sequence.as_str() {
                    "[2K" => lines[row].clear(),
                    "[K" => lines[row].truncate(column),
                    _ => {}
                }
            }
            letter => {
                if lines[row].len() <= column {
                    lines[row].resize(column + 1, ' ');
                }
                lines[row][column] = letter;
                column += 1;
            }
        }
    }
    lines
        .into_iter()
        .map(|line| line.into_iter().collect::<String>().trim_end().to_owned())
        .collect()
}

/// Half of the files come two seconds before the others.
fn half_asked(node: &Node) {
    node.archive("copytool 0 4000");
    node.shell("lfs hsm_restore @/t/{1..30}");
    std::thread::sleep(Duration::from_secs(2));
}

#[test]
fn a_terminal_shows_a_bar_with_rate_and_time_to_go_and_is_left_clean() {
    let node = released(60);
    half_asked(&node);
    let said = on_terminal(&node, "sleep 30", "restore --wait=60 @/t").assert_success();
    let drawn: Vec<&str> = said.stdout.split(['\r', '\n']).collect();
    let half =
        drawn.iter().find(|line| line.contains("restore: 30 of 60 files, ") && line.contains('█'));
    let half = half.unwrap_or_else(|| panic!("no bar at half of the files: {said}"));
    assert!(half.contains("B/s, ") && half.contains(" to go ") && half.contains('░'), "{half}");
    let asking =
        drawn.iter().any(|line| line.contains("files asked for, ") && line.contains("files/s"));
    assert!(asking, "{said}");
    let screen = screen(&said.stdout);
    assert!(screen[0].starts_with("restore /mnt/fsx/t"), "{screen:#?}");
    assert!(screen.iter().any(|line| line.starts_with("  restored")), "{screen:#?}");
    assert_eq!(screen.last().map(String::as_str), Some(""), "{screen:#?}");
    assert!(!screen.iter().any(|line| line.contains(['█', '░', '⠁'])), "{screen:#?}");
    // A scan has no end that is known: how many, and how fast.
    let said = on_terminal(&node, "sleep 5", "status @/t").assert_success();
    assert!(said.stdout.contains("0 released, ") && said.stdout.contains(" files/s"), "{said}");
}

#[test]
fn without_a_terminal_there_are_lines_of_json_or_nothing_but_the_result() {
    let node = released(60);
    half_asked(&node);
    let said = node.hsm("restore --wait=60 --json @/t").assert_success();
    assert_eq!(said.stderr, "");
    let lines: Vec<Value> =
        said.stdout.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let told = lines.iter().find(|line| line["done"]["files"] == 30 && line["event"] == "waiting");
    let told = told.unwrap_or_else(|| panic!("no line at half of the files: {said}"));
    assert!(told["bytes_a_second"].as_f64().is_some_and(|rate| rate > 0.0), "{told}");
    assert!(told["seconds_to_go"].as_u64().is_some(), "{told}");
    assert!(lines.iter().any(|line| line["so_far"]["files_a_second"].is_u64()), "{said}");
    node.archive("set /t 0d");
    let plain = node.hsm("restore --wait=60 @/t").assert_success();
    assert!(plain.stdout.starts_with("restore /mnt/fsx/t\n"), "{plain}");
    assert!(!plain.stdout.contains(['\r', '\u{1b}']) && plain.stderr.is_empty(), "{plain}");
}

#[test]
fn ctrl_c_leaves_a_clean_line_and_a_journal_by_which_the_next_run_goes_on() {
    let node = released(300);
    node.archive("copytool 0 100000000");
    let typed = "for n in $(seq 300); do sleep 0.2; grep -qF -e █ -e ░ $shown && break; done; \
                 printf \"\\003\"; sleep 5";
    let said = on_terminal(&node, typed, "restore --wait=600 @/t");
    assert_eq!(said.code(), Some(130), "SIGINT ended it: {said}");
    assert!(said.stdout.contains('█') || said.stdout.contains('░'), "the bar was there: {said}");
    let screen = screen(&said.stdout);
    assert!(screen.iter().all(|line| line.is_empty() || line == "^C"), "{screen:#?}");
    let calls = node.calls("hsm_restore").len();
    assert_eq!(calls, 6, "{said}");
    // All have their request, so none is asked for again.
    let again = node.json("restore @/t");
    assert_eq!(
        (&again["asked"]["going"]["files"], &again["asked"]["resumed"]),
        (&300.into(), &300.into())
    );
    assert_eq!(node.calls("hsm_restore").len(), calls);
    assert_eq!(files(&node.json("status --questions all @/t"), "running"), 300);
}
