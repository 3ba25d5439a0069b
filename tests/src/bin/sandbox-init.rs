//! The first process of a sandbox.
//!
//! Without arguments it reads a plan from standard input, mounts the sandbox's file systems, starts
//! its network and its AWS endpoint, installs the programs, prints `ready`, and reaps children
//! until standard input closes. Its end is the end of every other process in the PID namespace, and
//! of the mounts.
//!
//! `sandbox-init connect HOST:PORT` sends standard input there and prints what comes back: the way
//! from the host to a server in the sandbox's network.
//!
//! `sandbox-init servers` takes connections on TCP 988, as Lustre's servers do, and closes them.
//!
//! `sandbox-init peak PROGRAM [ARGUMENT…]` prints the largest resident set of a program.

use std::error::Error;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{ChildStdout, Command, ExitCode, Stdio};
use std::time::Duration;
use std::{env, fs, io, thread};

use fsxlustre_tests::line::read_line;
use fsxlustre_tests::plan::{EMPTY, Endpoint, IMDS_HOST, OVERLAID, Plan, Program, STANDIN_ROOT};
use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::wait::wait;

type Outcome = Result<(), Box<dyn Error>>;

const ENDPOINT_DEADLINE: Duration = Duration::from_secs(50);

const LUSTRE_PORT: u16 = 988;

/// Where the changes to the overlaid folders are kept.
const CHANGES: &str = "/run/sandbox";

fn main() -> ExitCode {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        [] => live(),
        ["connect", address] => connect(address),
        ["servers"] => servers(),
        ["peak", program, ref arguments @ ..] => peak(program, arguments),
        _ => {
            Err("usage: sandbox-init [connect HOST:PORT | servers | peak PROGRAM [ARGUMENT…]]"
                .into())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sandbox-init: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a program and prints the largest resident set, in KiB, of it and its children. This process
/// is small, so what a child shares with it before its exec does not count.
fn peak(program: &str, arguments: &[&str]) -> Outcome {
    let status = Command::new(program).args(arguments).stderr(Stdio::null()).status()?;
    if !status.success() {
        return Err(format!("{program}: {status}").into());
    }
    println!("{}", getrusage(UsageWho::RUSAGE_CHILDREN)?.max_rss());
    Ok(())
}

/// The life of the first process.
fn live() -> Outcome {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    let plan: Plan = serde_json::from_str(&line)?;
    cover_folders()?;
    start_network(&plan)?;
    let endpoint = plan.endpoint.as_ref().map(|endpoint| start_endpoint(&plan, endpoint));
    let endpoint = endpoint.transpose()?;
    for program in &plan.programs {
        install(program)?;
    }
    write_config(&plan.config)?;
    run(Command::new(&plan.standin_client).args(["install", STANDIN_ROOT]).stdout(Stdio::null()))?;
    // Kept open: the endpoint may print more.
    let _said = endpoint.map(wait_for_endpoint).transpose()?;
    thread::spawn(reap);
    println!("ready");
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

/// Puts an empty folder, or one that keeps its changes to itself, over each that the programs use.
fn cover_folders() -> Outcome {
    for folder in EMPTY {
        mount_or_say("tmpfs", folder, Some("mode=0755"))?;
    }
    for folder in OVERLAID {
        let (upper, work) = (format!("{CHANGES}{folder}/upper"), format!("{CHANGES}{folder}/work"));
        fs::create_dir_all(&upper)?;
        fs::create_dir_all(&work)?;
        mount_or_say(
            "overlay",
            folder,
            Some(&format!("lowerdir={folder},upperdir={upper},workdir={work}")),
        )?;
    }
    fs::create_dir_all("/run/lock")?;
    Ok(())
}

fn mount_or_say(kind: &str, folder: &str, options: Option<&str>) -> Outcome {
    mount(Some(kind), folder, Some(kind), MsFlags::empty(), options)
        .map_err(|error| format!("cannot mount a {kind} on {folder}: {error}").into())
}

/// The loopback interface alone, which also has the address of the metadata service. Names come
/// from /etc/hosts only.
fn start_network(plan: &Plan) -> Outcome {
    let ip = || Command::new(&plan.ip);
    run(ip().args(["link", "set", "lo", "up"]))?;
    if plan.endpoint.is_some() {
        run(ip().args(["address", "add", &format!("{IMDS_HOST}/32"), "dev", "lo"]))?;
    }
    fs::write("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n")?;
    Ok(())
}

fn start_endpoint(plan: &Plan, endpoint: &Endpoint) -> Result<ChildStdout, Box<dyn Error>> {
    let child = Command::new(&plan.python)
        .arg("-B")
        .arg(&endpoint.program)
        .args(["--api", &endpoint.listen, "--imds", &format!("{IMDS_HOST}:80")])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot run {}: {error}", plan.python.display()))?;
    child.stdout.ok_or_else(|| "the endpoint has no output".into())
}

fn wait_for_endpoint(mut said: ChildStdout) -> Result<ChildStdout, Box<dyn Error>> {
    let line = read_line(&mut said, ENDPOINT_DEADLINE)
        .map_err(|error| format!("the AWS endpoint: {error}"))?;
    match line.as_str() {
        "ready" => Ok(said),
        _ => Err(format!("the AWS endpoint said {line:?} where `ready` was due").into()),
    }
}

/// A bind mount: a debug build is too large to be copied for every sandbox.
fn install(program: &Program) -> Outcome {
    if let Some(folder) = program.to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::File::create(&program.to)?;
    mount(Some(&program.from), &program.to, None::<&str>, MsFlags::MS_BIND, None::<&str>)
        .map_err(|error| format!("cannot install {}: {error}", program.to.display()).into())
}

fn write_config(text: &str) -> Outcome {
    fs::create_dir_all("/etc/fsxlustre")?;
    fs::write("/etc/fsxlustre/fsxlustre.toml", text)?;
    fs::set_permissions("/etc/fsxlustre/fsxlustre.toml", fs::Permissions::from_mode(0o644))?;
    Ok(())
}

fn run(command: &mut Command) -> Outcome {
    let status =
        command.stdin(Stdio::null()).status().map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?}: {status}").into()) }
}

/// Orphans of the PID namespace become children of its first process, which must wait for them.
fn reap() {
    loop {
        if wait() == Err(Errno::ECHILD) {
            thread::sleep(Duration::from_millis(100));
        }
    }
}

/// Carries standard input to a server and its answer to standard output.
fn connect(address: &str) -> Outcome {
    let mut stream = TcpStream::connect(address).map_err(|error| format!("{address}: {error}"))?;
    io::copy(&mut io::stdin(), &mut stream)?;
    io::copy(&mut stream, &mut io::stdout())?;
    Ok(())
}

/// Lustre's port, at every address that leads here. Prints `ready` when it listens.
fn servers() -> Outcome {
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, LUSTRE_PORT))?;
    println!("ready");
    for connection in listener.incoming() {
        drop(connection?);
    }
    Ok(())
}
