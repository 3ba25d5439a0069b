//! Many directories by few processes, where the client does not give the attribute.
//!
//! `lfs getstripe -d -v` names each path before its layout, and tells a default from none. `-d -r` names them too;
//! whether it would go into what is below them was not captured. It stops at the first path that fails, so the
//! rest is asked for again.
//!
//! *Source*: `60_more/getstripe_dv_multi`, `getstripe_dr_multi`, `getstripe_d_missing_middle`.

use super::error::LayoutError;
use super::model::Layout;
use fsxlustre_mount::failure::Explain as _;
use fsxlustre_mount::host::{Deadline, Host, RunLimits};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The most of paths in one call, bytes: far below what a command line may have.
const MOST_BYTES: usize = 64 * 1024;
/// A layout of 2000 stripes is 100 KB of text.
const MOST_OUTPUT: usize = 64 << 20;

type Read = BTreeMap<PathBuf, Result<Layout, LayoutError>>;

/// The default of each directory.
pub(super) fn read(host: &Host, paths: &[&Path], deadline: Deadline) -> Read {
    let mut read = Read::new();
    let mut rest = paths;
    while !rest.is_empty() {
        let count = fitting(rest);
        let (now, later) = rest.split_at(count);
        let answers = match call(host, now, deadline) {
            Ok(answers) => answers,
            Err(error) => {
                let failed = |path: &&Path| (path.to_path_buf(), Err(error(path)));
                read.extend(rest.iter().map(failed));
                return read;
            }
        };
        let known = answers.layouts.len();
        let named = now.iter().zip(answers.layouts);
        read.extend(named.map(|(path, layout)| (path.to_path_buf(), Ok(layout))));
        match (answers.failure, now.get(known)) {
            (Some(failure), Some(path)) => {
                read.insert(path.to_path_buf(), Err(failure));
                rest = rest.get(known + 1..).unwrap_or_default();
            }
            // It says that it succeeded, and lacks one: that one is asked for by itself later.
            (None, Some(_)) => rest = rest.get(known.max(1)..).unwrap_or_default(),
            (_, None) => rest = later,
        }
    }
    read
}

/// How many of them fit into one call; at least one.
fn fitting(paths: &[&Path]) -> usize {
    let mut bytes = 0;
    let fits = paths.iter().take_while(|path| {
        bytes += path.as_os_str().len() + 1;
        bytes <= MOST_BYTES
    });
    fits.count().max(1)
}

/// What one call said: the layouts of the first paths, and why it stopped.
struct Answers {
    layouts: Vec<Layout>,
    failure: Option<LayoutError>,
}

type Failed = Box<dyn Fn(&Path) -> LayoutError>;

fn call(host: &Host, paths: &[&Path], deadline: Deadline) -> Result<Answers, Failed> {
    let failed = |because: String| -> Failed {
        Box::new(move |path: &Path| LayoutError::Node {
            path: path.to_owned(),
            because: because.clone(),
        })
    };
    let program = host.program("lfs").map_err(|error| failed(error.to_string()))?;
    let words = ["getstripe", "-d", "-v"].map(std::ffi::OsStr::new);
    let args: Vec<_> = words.into_iter().chain(paths.iter().map(|path| path.as_os_str())).collect();
    let limits = RunLimits { output_bytes: MOST_OUTPUT, ..RunLimits::until(deadline) };
    let done = program
        .run(&args, &limits)
        .map_err(|error| failed(format!("{error}: {}", error.because())))?;
    let named = Layout::named(&done.stdout);
    let first = paths.first().copied().unwrap_or(Path::new("/"));
    let named = match named {
        Ok(named) => named,
        // Nothing at all was printed: the first one failed.
        Err(_) if done.stdout.trim().is_empty() => Vec::new(),
        Err(error) => {
            let error = LayoutError::answer(first, "lfs getstripe -d -v", &error);
            return Err(failed(error.because()));
        }
    };
    let as_asked =
        named.into_iter().zip(paths).take_while(|((name, _), path)| Path::new(name) == **path);
    let layouts: Vec<Layout> = as_asked.map(|((_, layout), _)| layout).collect();
    let failure = (!done.status.success()).then(|| {
        let path = paths.get(layouts.len()).copied().unwrap_or(first);
        let code = done.status.code().unwrap_or(-1);
        LayoutError::command(
            path,
            format!("lfs getstripe -d -v {}", path.display()),
            code,
            &done.stderr,
        )
    });
    Ok(Answers { layouts, failure })
}
