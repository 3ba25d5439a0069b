//! Is a file system gone for good? Only the FSx API's own word counts, never a cache and never an
//! access error, and not against the evidence of a server that still answers.

use crate::aws::{self, Aws, AwsError, fsx};
use crate::config::AwsSection;
use fsxlustre_mount::failure::{Code, Explain as _, Failure};
use fsxlustre_mount::host::{Deadline, Host, Mount};
use fsxlustre_mount::partition::name_parts;
use fsxlustre_mount::record::MountRecord;
use fsxlustre_mount::source::{Device, is_file_system_id};
use fsxlustre_mount::unmount::ClientFiles;

/// What is known of a mount's file system, for the question whether it is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The id of the file system.
    pub id: String,
    /// The Region to ask in; `None` leaves it to the configuration.
    pub region: Option<String>,
}

impl Question {
    /// The id that the caller gave, else the one of the mount's record; the Region that the caller
    /// gave, else the one in the DNS name that was mounted.
    ///
    /// # Errors
    /// [`Code::NotGone`] when no id is known, [`Code::SourceForm`] when it is none.
    pub fn new(
        host: &Host,
        mount: &Mount,
        id: Option<&str>,
        region: Option<&str>,
    ) -> Result<Self, Failure> {
        let record = MountRecord::read(host, &mount.directory).map_err(|error| error.failure())?;
        let record = record.filter(|record| record.is_of(host, mount));
        let recorded = record.as_ref().and_then(|record| record.file_system_id.as_deref());
        let Some(id) = id.or(recorded) else {
            return Err(not_proved(
                mount,
                "no file system id is recorded for this mount".into(),
                "name it: `--file-system fs-…`",
            ));
        };
        if !is_file_system_id(id) {
            return Err(Failure {
                code: Code::SourceForm,
                what: "that is not the id of a file system".into(),
                asked: format!("is {id} gone?"),
                because: "an id is fs- and 8 to 17 digits of 0-9a-f".into(),
                remedy: "correct --file-system".into(),
            });
        }
        let of_name = || record.as_ref().and_then(|record| name_parts(&record.device));
        let region = region.map(str::to_owned).or_else(|| Some(of_name()?.region));
        Ok(Self { id: id.to_owned(), region })
    }

    /// Proves that the file system is gone: the API says `FileSystemNotFound` or `DELETING`, and
    /// none of its servers is connected. What the API said, in words.
    ///
    /// # Errors
    /// [`Code::NotGone`] when it is not, or the failure of the question.
    pub fn prove(
        &self,
        host: &Host,
        mount: &Mount,
        section: &AwsSection,
        deadline: Deadline,
    ) -> Result<String, Failure> {
        let answer = aws::block_on(deadline.into(), async {
            let aws = Aws::connect(section, self.region.as_deref(), deadline).await?;
            fsx::describe_one(&aws, &self.id).await
        });
        let word = match answer {
            Err(AwsError::FileSystemNotFound { id, region, .. }) => {
                format!("AWS says FileSystemNotFound for {id} in {region}")
            }
            Ok(fsx::Described::Lustre(found)) if found.lifecycle == "DELETING" => {
                format!("AWS says that {} is DELETING", found.id)
            }
            Ok(fsx::Described::Lustre(found)) => {
                return Err(not_proved(
                    mount,
                    format!("AWS says that {} is {}", found.id, found.lifecycle),
                    "unmount it plainly: `umount DIRECTORY`; its data would be lost for nothing",
                ));
            }
            Ok(fsx::Described::Other { id, kind }) => {
                return Err(not_proved(
                    mount,
                    format!("{id} is a file system of another kind: {kind}"),
                    "correct --file-system",
                ));
            }
            Err(error) => return Err(error.failure()),
        };
        check_servers(host, mount, deadline)?;
        Ok(word)
    }
}

/// A wrong Region or account also gives `FileSystemNotFound`: a server that is connected says
/// that the file system is there.
fn check_servers(host: &Host, mount: &Mount, deadline: Deadline) -> Result<(), Failure> {
    let Some(device) = Device::parse(&mount.source) else { return Ok(()) };
    let Ok(state) = ClientFiles::new(host, &device.fsname).state(deadline) else { return Ok(()) };
    let connected: Vec<_> = state.connected().map(|one| one.target.as_str()).collect();
    let Some(first) = connected.first() else { return Ok(()) };
    Err(not_proved(
        mount,
        format!(
            "AWS knows no such file system there, but {} of its servers' targets are connected \
             ({first} is FULL)",
            connected.len()
        ),
        "unmount it plainly, or correct --region and the account of the credentials; after a \
         deletion the client needs a minute or two to notice",
    ))
}

fn not_proved(mount: &Mount, because: String, remedy: &str) -> Failure {
    Failure {
        code: Code::NotGone,
        what: "it is not proved that the file system is gone".into(),
        asked: format!("is what is mounted on {} gone?", mount.directory.display()),
        because,
        remedy: remedy.into(),
    }
}
