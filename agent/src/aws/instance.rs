//! What the instance metadata service says of this node, by IMDSv2 only.

use aws_config::imds::Client;
use fsxlustre_mount::host::Deadline;
use std::time::Duration;

/// The longest time for it: link-local, and worth less than what waits for it.
const LONGEST: Duration = Duration::from_secs(2);

/// The id of this instance, `i-0123456789abcdef0`; `None` where the service cannot be asked.
///
/// *Source*: `/latest/meta-data/instance-id` of IMDSv2.
pub fn instance_id(deadline: Deadline) -> Option<String> {
    let client = Client::builder()
        .max_attempts(2)
        .connect_timeout(Duration::from_millis(500))
        .read_timeout(Duration::from_millis(500))
        .build();
    let asked = super::block_on(deadline.at_most(LONGEST), async {
        client.get("/latest/meta-data/instance-id").await.map_err(|error| {
            super::AwsError::NoCredentials { because: fsxlustre_mount::failure::chain(&error) }
        })
    });
    let id: String = asked.ok()?.into();
    let is_id = id.starts_with("i-") && id.len() <= 40 && id.bytes().all(|b| b.is_ascii_graphic());
    is_id.then_some(id)
}
