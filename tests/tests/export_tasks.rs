//! `fsxlustre export start` and `export tickets`: tasks that are begun, followed, refused and left to the head
//! node, by the real SDK against the HTTP endpoint.

use fsxlustre_tests::{Fault, FileSystem, Output, Sandbox, Signal};
use serde_json::{Value, json};
use std::time::Duration;

const CREATE: &str = "CreateDataRepositoryTask";
const TICKETS: &str = "/usr/share/reports";
/// More than any policy tries.
const ALWAYS: u32 = 10_000;

fn association(id: &str, path: &str, events: &[&str]) -> Value {
    json!({
        "AssociationId": format!("dra-0{id}"),
        "FileSystemPath": path,
        "DataRepositoryPath": format!("s3://bucket{path}"),
        "Lifecycle": "AVAILABLE",
        "S3": {"AutoImportPolicy": {"Events": ["NEW"]}, "AutoExportPolicy": {"Events": events}},
    })
}

/// A file system that is mounted, and linked at `/data`, without auto-export.
fn linked() -> (Sandbox, FileSystem) {
    let sandbox = Sandbox::start();
    let made = sandbox.create_file_system(FileSystem::lustre().tag("Project", "genomics"));
    sandbox.set_associations(&made.id, &json!([association("1", "/data", &[])]));
    sandbox.run(["mkdir", "-p", "/mnt/fsx", TICKETS]).assert_success();
    sandbox.run(["mount", "-t", "fsxlustre", &made.id, "/mnt/fsx"]).assert_success();
    sandbox.run(["mkdir", "-p", "/mnt/fsx/data/run"]).assert_success();
    (sandbox, made)
}

fn with_tickets() -> (Sandbox, FileSystem) {
    let (sandbox, made) = linked();
    sandbox.append_config(&format!("[jobs]\nreport_dir = \"{TICKETS}\"\n"));
    (sandbox, made)
}

fn start(sandbox: &Sandbox, words: &[&str]) -> Output {
    sandbox.run(["fsxlustre", "export", "start"].iter().chain(words))
}

fn tickets(sandbox: &Sandbox, words: &[&str]) -> Output {
    sandbox.run(["fsxlustre", "export", "tickets"].iter().chain(words))
}

#[track_caller]
fn json_of(output: &Output) -> Value {
    serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output}"))
}

#[track_caller]
fn says(output: &Output, words: &[&str]) {
    for word in words {
        assert!(format!("{output}").contains(word), "{word:?} is missing: {output}");
    }
}

/// The bodies of all requests that would make a task.
fn asked(sandbox: &Sandbox) -> Vec<Value> {
    let log = sandbox.api_log();
    let made = log.into_iter().filter(|one| one.operation.as_deref() == Some(CREATE));
    made.map(|one| one.body).collect()
}

#[test]
fn a_task_is_begun_with_paths_below_the_file_systems_root_and_followed_to_its_end() {
    let (sandbox, made) = linked();
    let words = ["--wait", "60", "--json", "/mnt/fsx/data/run", "/mnt/fsx/data/run/x"];
    let done = start(&sandbox, &words).assert_success();
    let told = json_of(&done);
    assert_eq!(told["file_system_id"], made.id.as_str());
    assert_eq!(told["task"]["lifecycle"], "SUCCEEDED", "{told}");
    assert_eq!((&told["task"]["succeeded"], &told["task"]["failed"]), (&json!(3), &json!(0)));
    let [body] = asked(&sandbox).try_into().expect("one task is made");
    assert_eq!(body["Paths"], json!(["data/run"]), "what is below another path is not told twice");
    assert_eq!(body["Type"], "EXPORT_TO_REPOSITORY");
    assert_eq!(body["Report"]["Path"], "s3://bucket/data/fsxlustre-reports");
    assert_eq!(body["Report"]["Scope"], "FAILED_FILES_ONLY");
    assert!(body["ClientRequestToken"].as_str().is_some_and(|token| token.len() <= 63), "{body}");
}

#[test]
fn the_same_call_finds_the_task_that_goes_on_and_a_later_one_begins_another() {
    let (sandbox, made) = linked();
    let first = json_of(&start(&sandbox, &["--json", "/mnt/fsx/data"]).assert_success());
    assert_eq!(
        (&first["was_there"], &first["task"]["lifecycle"]),
        (&json!(false), &json!("PENDING"))
    );
    let again = start(&sandbox, &["/mnt/fsx/data/"]).assert_success();
    says(&again, &["goes on already", first["task"]["id"].as_str().unwrap()]);
    assert_eq!(asked(&sandbox).len(), 1);
    start(&sandbox, &["--wait", "60", "/mnt/fsx/data"]).assert_success();
    let other = json_of(&start(&sandbox, &["--json", "/mnt/fsx/data"]).assert_success());
    assert_ne!(other["task"]["id"], first["task"]["id"]);
    let tokens: Vec<Value> =
        asked(&sandbox).into_iter().map(|body| body["ClientRequestToken"].clone()).collect();
    assert_eq!(tokens.len(), 2);
    assert_ne!(tokens[0], tokens[1]);
    assert_eq!(
        sandbox.fsx("DescribeFileSystems", &json!({"FileSystemIds": [made.id]})).status,
        200
    );
}

#[test]
fn an_answer_that_is_lost_makes_no_second_task() {
    let (sandbox, _) = linked();
    // The task is made by the second try of the same request, with the same token.
    sandbox.inject_fault(&Fault::on(CREATE).times(2).error(400, "ThrottlingException"));
    sandbox.inject_fault(&Fault::on(CREATE).error(500, "InternalServerError"));
    start(&sandbox, &["/mnt/fsx/data"]).assert_success();
    let tokens: Vec<Value> =
        asked(&sandbox).into_iter().map(|body| body["ClientRequestToken"].clone()).collect();
    assert_eq!(tokens.len(), 4);
    assert!(tokens.iter().all(|token| *token == tokens[0]), "{tokens:?}");
}

#[test]
fn files_that_failed_are_named_by_the_report_where_the_mount_shows_it() {
    let (sandbox, _) = linked();
    let how = json!({"lifecycle": "FAILED", "failed": 2, "message": "Two files failed."});
    sandbox.end_tasks(&how);
    let unread = start(&sandbox, &["--wait", "60", "/mnt/fsx/data/run"]);
    assert_eq!(unread.code(), Some(5), "{unread}");
    let place = "s3://bucket/data/fsxlustre-reports/task-0";
    says(&unread, &["FSXL-D108", "1 of 3 files, 2 failed", "Two files failed.", place, "not read"]);
    // As an association with auto-import shows it a little later.
    let begun = json_of(&start(&sandbox, &["--json", "/mnt/fsx/data/run"]));
    let id = begun["task"]["id"].as_str().unwrap().to_owned();
    let report = format!("/mnt/fsx/data/fsxlustre-reports/{id}/failures.csv");
    let text =
        "data/run/a,failed,S3AccessDenied\n\"data/run/b,\u{1b}[31m\",failed,FileSizeTooLarge\n";
    sandbox.write_file(&report, text);
    let read = start(&sandbox, &["--wait", "60", "/mnt/fsx/data/run"]);
    assert_eq!(read.code(), Some(5), "{read}");
    says(&read, &["failed: data/run/a (S3AccessDenied)", "data/run/b,", "(FileSizeTooLarge)"]);
    assert!(!read.stdout.contains('\u{1b}'), "{read}");
}

#[test]
fn a_report_that_is_a_link_to_elsewhere_is_not_read() {
    let (sandbox, _) = linked();
    sandbox.end_tasks(&json!({"lifecycle": "FAILED", "failed": 1}));
    let begun = json_of(&start(&sandbox, &["--json", "/mnt/fsx/data/run"]));
    let id = begun["task"]["id"].as_str().unwrap().to_owned();
    let folder = format!("/mnt/fsx/data/fsxlustre-reports/{id}");
    sandbox.run(["mkdir", "-p", &folder]).assert_success();
    let link = format!("{folder}/failures.csv");
    sandbox.run(["ln", "-s", "/etc/fsxlustre/fsxlustre.toml", &link]).assert_success();
    let done = start(&sandbox, &["--wait", "60", "/mnt/fsx/data/run"]);
    says(&done, &["not read here"]);
    assert!(!done.stdout.contains("endpoint_url"), "{done}");
}

#[test]
fn a_task_that_is_cancelled_or_goes_on_is_told_apart() {
    let (sandbox, _) = linked();
    sandbox.end_tasks(&json!({"looks": 1000}));
    let begun = start(&sandbox, &["--wait", "3", "/mnt/fsx/data"]);
    assert_eq!(begun.code(), Some(3), "{begun}");
    says(&begun, &["EXECUTING", "1 of 3 files"]);
    sandbox.reset_api();
    sandbox.end_tasks(&json!({"lifecycle": "CANCELED"}));
    let cancelled = start(&sandbox, &["--wait", "60", "/mnt/fsx/data"]);
    assert_eq!(cancelled.code(), Some(5), "{cancelled}");
    says(&cancelled, &["CANCELED", "FSXL-D108"]);
}

#[test]
fn a_signal_ends_the_wait_and_not_the_task() {
    let (sandbox, _) = linked();
    sandbox.end_tasks(&json!({"looks": 1000}));
    let words = ["fsxlustre", "export", "start", "--wait", "600", "/mnt/fsx/data"];
    let mut waiting = sandbox.spawn(words);
    for _ in 0..100 {
        if !asked(&sandbox).is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    waiting.signal(Signal::SIGTERM);
    let ended = waiting.wait(Duration::from_secs(10)).expect("it ends");
    assert_eq!(ended.code(), Some(1), "{ended}");
    says(&start(&sandbox, &["/mnt/fsx/data"]).assert_success(), &["goes on already"]);
}

#[test]
fn refusals_of_the_service_say_what_stands_against_it() {
    let (sandbox, made) = linked();
    let other = json!({"TaskId": "task-0aaaa", "Lifecycle": "EXECUTING", "Paths": ["elsewhere"],
                       "Type": "IMPORT_METADATA_FROM_REPOSITORY"});
    sandbox.set_tasks(&made.id, &json!([other]));
    let busy = start(&sandbox, &["/mnt/fsx/data"]);
    assert_eq!(busy.code(), Some(1), "{busy}");
    says(&busy, &["FSXL-D106", "DataRepositoryTaskExecuting", "task-0aaaa EXECUTING"]);
    for (fault, words) in [
        (Fault::on(CREATE).error(400, "ServiceLimitExceeded"), ["FSXL-D107", "ServiceLimit"]),
        (Fault::on(CREATE).error(400, "AccessDeniedException"), ["FSXL-A103", "export.json"]),
        (Fault::on(CREATE).error(400, "BadRequest"), ["FSXL-A110", "BadRequest"]),
    ] {
        sandbox.inject_fault(&fault);
        says(&start(&sandbox, &["/mnt/fsx/data"]), &words);
    }
    let always = Fault::on(CREATE).times(ALWAYS).error(400, "ThrottlingException");
    sandbox.inject_fault(&always);
    let throttled = start(&sandbox, &["--timeout", "3", "/mnt/fsx/data"]);
    says(&throttled, &["FSXL-A109"]);
}

#[test]
fn the_nearest_of_several_associations_decides() {
    let (sandbox, made) = linked();
    let mut ill = association("4", "/ill", &[]);
    ill["Lifecycle"] = json!("MISCONFIGURED");
    ill["FailureDetails"] = json!({"Message": "The bucket is gone."});
    let all = json!([
        association("1", "/data", &["NEW", "CHANGED"]),
        association("2", "/data/run/", &[]),
        association("3", "/database", &[]),
        ill,
    ]);
    sandbox.set_associations(&made.id, &all);
    let refused = |path: &str| start(&sandbox, &[path]);
    let automatic = refused("/mnt/fsx/data/x");
    says(&automatic, &["FSXL-D105", "NEW+CHANGED", "--association-id dra-01"]);
    // A folder with an automatic association around one that is not.
    says(&refused("/mnt/fsx/data"), &["FSXL-D105"]);
    says(&refused("/mnt/fsx/elsewhere"), &["FSXL-D103", "/elsewhere", "dra-03"]);
    says(&refused("/mnt/fsx/ill/x"), &["FSXL-D104", "MISCONFIGURED: The bucket is gone."]);
    assert_eq!(asked(&sandbox).len(), 0, "the service was not asked for what it would refuse");
    // AWS refuses every task while any association exports by itself; ours says the service's words.
    says(&refused("/mnt/fsx/data/run"), &["Disable automatic export"]);
    let [body] = asked(&sandbox).try_into().expect("one request");
    assert_eq!(body["Report"]["Path"], "s3://bucket/data/run/fsxlustre-reports");
}

#[test]
fn all_of_a_file_system_is_no_path_and_what_is_not_linked_is_said() {
    let (sandbox, _) = linked();
    let all = start(&sandbox, &["/mnt/fsx"]).assert_success();
    says(&all, &["only /data are linked"]);
    let [body] = asked(&sandbox).try_into().expect("one task is made");
    assert_eq!(body.get("Paths"), None, "{body}");
}

#[test]
fn hostile_names_reach_the_service_as_they_are_or_not_at_all() {
    let (sandbox, _) = linked();
    let name = "-rf; $(reboot) '\"\\ %00 \u{1b}[31m *?\u{e9}";
    start(&sandbox, &["--", &format!("/mnt/fsx/data/{name}")]).assert_success();
    let [body] = asked(&sandbox).try_into().expect("one task is made");
    assert_eq!(body["Paths"], json!([format!("data/{name}")]));
    for path in ["/mnt/fsx/data/a\nb", "/mnt/fsx/data/../..", "data", "/etc", "/mnt/fsx/x\u{2028}"]
    {
        let refused = start(&sandbox, &["--", path]);
        assert_eq!(refused.code(), Some(1), "{refused}");
        says(&refused, &["FSXL-D101"]);
    }
    assert_eq!(asked(&sandbox).len(), 1);
}

#[test]
fn a_mount_that_is_not_ours_is_known_by_its_name_or_by_what_the_caller_says() {
    let (sandbox, made) = linked();
    // As one that somebody else has made: no record of ours, and mountinfo has addresses only.
    sandbox.remove("/run/fsxlustre/mounts");
    let told = json_of(&start(&sandbox, &["--json", "/mnt/fsx/data"]).assert_success());
    assert_eq!(told["file_system_id"], made.id.as_str());
    let twin = sandbox.create_many(1, ("Project", "other")).remove(0);
    let lustre = json!({"LustreConfiguration": {"MountName": made.mount_name}});
    sandbox.set_file_system(&twin, &lustre);
    says(&start(&sandbox, &["/mnt/fsx/data"]), &["FSXL-D102", "2 file systems", "--file-system"]);
    start(&sandbox, &["--file-system", &made.id, "/mnt/fsx/data"]).assert_success();
}

#[test]
fn a_ticket_of_a_node_that_may_not_begin_is_finished_by_the_head_node() {
    let (sandbox, made) = with_tickets();
    sandbox.inject_fault(&Fault::on(CREATE).error(400, "AccessDeniedException"));
    let left = start(&sandbox, &["--ticket", "--json", "/mnt/fsx/data/run"]).assert_success();
    let ticket = json_of(&left)["ticket"].clone();
    assert_eq!((&ticket["state"], &ticket["task"]), (&json!("asked"), &Value::Null));
    assert_eq!(ticket["file_system_id"], made.id.as_str());
    assert_eq!(ticket["paths"], json!(["data/run"]));
    says(&tickets(&sandbox, &[]).assert_success(), &[ticket["id"].as_str().unwrap(), "asked"]);
    let state = || {
        let told = json_of(&tickets(&sandbox, &["--finish", "--json"]).assert_success());
        told["tickets"][0]["state"].as_str().unwrap_or("none").to_owned()
    };
    assert_eq!(state(), "begun");
    assert_eq!(state(), "begun");
    assert_eq!(state(), "done");
    says(&tickets(&sandbox, &["--finish"]).assert_success(), &["no export waits"]);
    says(&tickets(&sandbox, &["--all"]).assert_success(), &["done", "3 of 3 files, 0 failed"]);
    assert_eq!(asked(&sandbox).len(), 2, "one was refused");
}

#[test]
fn a_finish_that_is_killed_anywhere_begins_nothing_twice() {
    let (sandbox, _) = with_tickets();
    sandbox.end_tasks(&json!({"looks": 1000}));
    sandbox.inject_fault(&Fault::on(CREATE).error(400, "AccessDeniedException"));
    start(&sandbox, &["--ticket", "/mnt/fsx/data/run"]).assert_success();
    for wait in [5, 20, 60, 100, 150, 200, 250, 300, 400, 500] {
        let mut finishing = sandbox.spawn(["fsxlustre", "export", "tickets", "--finish"]);
        std::thread::sleep(Duration::from_millis(wait));
        finishing.signal(Signal::SIGKILL);
        finishing.wait(Duration::from_secs(10)).expect("it is dead");
        let listed = tickets(&sandbox, &["--json"]).assert_success();
        assert_eq!(json_of(&listed)["tickets"].as_array().map(Vec::len), Some(1), "{listed}");
        assert_eq!(json_of(&listed)["troubles"], json!([]), "no half of a ticket is seen");
    }
    let told = json_of(&tickets(&sandbox, &["--finish", "--json"]).assert_success());
    assert_eq!(told["tickets"][0]["state"], "begun", "{told}");
    let tokens: Vec<Value> =
        asked(&sandbox).into_iter().map(|body| body["ClientRequestToken"].clone()).collect();
    assert!(tokens.iter().all(|token| *token == tokens[0]), "one request only: {tokens:?}");
}

#[test]
fn a_ticket_waits_for_a_busy_file_system_and_for_an_association_that_exports_by_itself() {
    let (sandbox, made) = with_tickets();
    sandbox.inject_fault(&Fault::on(CREATE).error(400, "DataRepositoryTaskExecuting"));
    says(&start(&sandbox, &["--ticket", "/mnt/fsx/data"]).assert_success(), &["is left"]);
    sandbox.set_associations(&made.id, &json!([association("1", "/data", &["NEW", "CHANGED"])]));
    let finish = || tickets(&sandbox, &["--finish"]).assert_success();
    says(&finish(), &["asked", "exported by itself", "no later value"]);
    sandbox.set_metric(&made.id, "AgeOfOldestQueuedMessage", &[(0, 37.0)]);
    says(&finish(), &["asked", "waits 37 s"]);
    // What was in the queue before the ticket's changes came into it proves nothing.
    sandbox.set_metric(&made.id, "AgeOfOldestQueuedMessage", &[(0, 0.0)]);
    says(&finish(), &["asked", "no later value"]);
}

#[test]
fn a_ticket_of_a_file_system_that_is_gone_fails_and_a_foreign_file_is_said() {
    let (sandbox, made) = with_tickets();
    sandbox.inject_fault(&Fault::on(CREATE).error(400, "AccessDeniedException"));
    start(&sandbox, &["--ticket", "/mnt/fsx/data"]).assert_success();
    sandbox.write_file(&format!("{TICKETS}/ticket-torn.json"), "{\"format\": 1");
    sandbox.write_file(&format!("{TICKETS}/notes.txt"), "x");
    sandbox.fsx("DeleteFileSystem", &json!({"FileSystemId": made.id}));
    let finished = tickets(&sandbox, &["--finish"]);
    assert_eq!(finished.code(), Some(1), "{finished}");
    says(&finished, &["failed", "FSXL-A203", "ticket-torn.json"]);
    sandbox.run(["chmod", "0777", TICKETS]).assert_success();
    let open = tickets(&sandbox, &[]);
    assert_eq!(open.code(), Some(1), "{open}");
    says(&open, &["FSXL-D109", "has mode 0777"]);
}

/// A ticket as its end left it, so many days ago.
fn over(sandbox: &Sandbox, file_system: &FileSystem, state: &str, days: u64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let then = now.as_secs() - days * 24 * 3600;
    let id = format!("{state}-{days}");
    let ticket = json!({
        "format": 1, "id": id, "node": "n1", "asked_by": "root", "asked_unix_seconds": then,
        "updated_unix_seconds": then, "file_system_id": file_system.id, "paths": [], "state": state,
    });
    sandbox.write_file(&format!("{TICKETS}/ticket-{id}.json"), &ticket.to_string());
    id
}

#[test]
fn tickets_that_are_done_go_after_thirty_days_and_failed_ones_are_removed_by_somebody() {
    let (sandbox, made) = with_tickets();
    for (state, days) in [("done", 29), ("done", 31), ("failed", 400), ("asked", 400)] {
        over(&sandbox, &made, state, days);
    }
    sandbox.inject_fault(&Fault::on(CREATE).error(400, "AccessDeniedException"));
    let told = json_of(&tickets(&sandbox, &["--finish", "--json"]).assert_success());
    assert_eq!(told["removed"], json!(["done-31"]), "{told}");
    let left = || {
        let told = json_of(&tickets(&sandbox, &["--all", "--json"]).assert_success());
        let ids = told["tickets"].as_array().unwrap().iter();
        ids.map(|one| one["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(left(), ["asked-400", "done-29", "failed-400"]);
    // What goes on is not removed, and what is not there neither.
    for (id, words) in [("asked-400", "it is not over"), ("done-31", "no such ticket")] {
        let said = tickets(&sandbox, &["--remove", id]);
        assert_eq!(said.code(), Some(1), "{said}");
        says(&said, &["FSXL-D109", words]);
    }
    let said = tickets(&sandbox, &["--remove", "failed-400"]).assert_success();
    assert_eq!(said.stdout, "failed-400 removed\n");
    assert_eq!(left(), ["asked-400", "done-29"]);
    // A name that leads elsewhere is no ticket.
    assert_eq!(tickets(&sandbox, &["--remove", "../notes"]).code(), Some(1));
}

#[test]
fn without_a_folder_there_are_no_tickets() {
    let (sandbox, _) = linked();
    for output in [start(&sandbox, &["--ticket", "/mnt/fsx/data"]), tickets(&sandbox, &[])] {
        assert_eq!(output.code(), Some(1), "{output}");
        says(&output, &["FSXL-D109", "report_dir"]);
    }
    assert_eq!(asked(&sandbox).len(), 0);
}
