//! Whether the Lustre client that is loaded can do what is asked, before a minute is lost on it.

use super::{MountRequest, Mounter};
use crate::failure::{Explain as _, Failure};
use crate::id_cache;
use crate::resolve::Resolved;
use crate::versions;

impl Mounter<'_> {
    /// Refuses options that the client does not know and a file system that it cannot use. While no
    /// module is loaded nothing is known.
    pub(super) fn check_client(
        &self,
        request: &MountRequest,
        resolved: &Resolved,
    ) -> Result<(), Failure> {
        let Some(client) = versions::loaded_client(self.host) else { return Ok(()) };
        if let Some(series) = versions::series(&client) {
            request.options.check_client(series).map_err(|error| error.failure())?;
        }
        match &resolved.file_system {
            // It may have been kept while no module was loaded.
            Some(file_system) => versions::check_fit(&client, file_system).inspect_err(|_| {
                id_cache::forget(self.host, &file_system.id, resolved.key.as_deref());
            }),
            None => Ok(()),
        }
    }
}
