//! Settings of the client for what a start has mounted: `tune=PROFILE` among the options of the rule, or
//! `[tune] profile`.

use super::Started;
use crate::config::AgentConfig;
use crate::facts::node_size;
use crate::tune::{DataError, Meant, Profile, TuneError, TuningData, Wishes, apply, client_of};
use fsxlustre_mount::failure::{Explain as _, Failure, one_line};
use fsxlustre_mount::host::{Deadline, Mount};
use fsxlustre_mount::mount::{Done, Way};

/// Sets them on each client that this start has made. A client that was there is somebody else's, and a
/// job is as well without: what does not work is a warning.
pub(super) fn apply_all(config: &AgentConfig, started: &mut Started, deadline: Deadline) {
    let is_new = |way: &Way| !matches!(way, Way::Bind { .. });
    let made =
        started.ready.iter().filter(|one| one.report.done == Done::Made && is_new(&one.report.way));
    let wanted = made.filter_map(|one| Some((one.tune.clone()?, one.report.mount.clone()?)));
    for (profile, mount) in wanted.collect::<Vec<_>>() {
        let told = match apply_one(config, &mount, &profile, deadline) {
            Ok(told) => told,
            Err(failure) => {
                Some(format!("{} [{}]: {}", failure.what, failure.code, failure.because))
            }
        };
        let directory = mount.directory.display();
        let warning = |told: String| one_line(&format!("{directory}: tuning {profile}: {told}"));
        started.warnings.extend(told.map(warning));
    }
}

/// What did not go well with single settings, in words.
fn apply_one(
    config: &AgentConfig,
    mount: &Mount,
    profile_name: &str,
    deadline: Deadline,
) -> Result<Option<String>, Failure> {
    let host = config.host();
    let data = TuningData::carried().map_err(DataError::failure)?;
    let profile = Profile::named(data, &config.tune, profile_name);
    let wishes = Wishes::of(data, &profile.map_err(|error| error.failure())?, &node_size(host));
    let client = client_of(host, mount).ok_or_else(|| {
        let asked = mount.directory.display().to_string();
        let because = "which client the mount is of is not known".to_owned();
        let remedy = "set it by hand: fsxlustre tune apply".to_owned();
        TuneError::Client { asked, because, remedy }.failure()
    })?;
    let meant = Meant { client, directories: vec![mount.directory.clone()] };
    let applied = apply(host, data, &meant, &wishes, false, deadline)?;
    let troubles = applied.troubles();
    Ok((!troubles.is_empty()).then(|| troubles.join("; ")))
}
