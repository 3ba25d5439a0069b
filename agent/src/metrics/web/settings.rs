//! The file of `--web.config.file`, read again when it or a file that it names has changed.
//!
//! It is looked at when a connection or a request comes, so that nothing has to wake up for it.

use super::tls;
use super::users::Users;
use super::web_config::WebConfig;
use fsxlustre_mount::failure::{Code, Explain};
use hyper::header::{HeaderName, HeaderValue};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_rustls::rustls::ServerConfig;

/// The file cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the file of --web.config.file cannot be used")]
pub struct WebConfigError {
    path: PathBuf,
    because: String,
}

impl Explain for WebConfigError {
    fn code(&self) -> Code {
        Code::ExporterWebConfig
    }
    fn asked(&self) -> String {
        format!("TLS and users as {} has them", self.path.display())
    }
    fn because(&self) -> String {
        self.because.clone()
    }
    fn remedy(&self) -> String {
        format!("correct {}, or leave --web.config.file out", self.path.display())
    }
}

/// What holds for connections and requests now.
#[derive(Debug, Default)]
pub(super) struct Current {
    /// TLS, where it is asked for.
    pub(super) tls: Option<Arc<ServerConfig>>,
    /// Who may ask; everybody where there are none.
    pub(super) users: Option<Arc<Users>>,
    /// Headers of every answer.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
}

/// What tells one content of a file from the next.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    path: PathBuf,
    /// Device, inode, size, time of the last change; nothing when it is not there.
    seen: Option<(u64, u64, u64, i64, i64)>,
}

impl Stamp {
    fn of(path: PathBuf) -> Self {
        let seen = |of: Metadata| (of.dev(), of.ino(), of.size(), of.mtime(), of.mtime_nsec());
        Self { seen: std::fs::metadata(&path).ok().map(seen), path }
    }
}

#[derive(Debug, Default)]
struct State {
    stamps: Vec<Stamp>,
    current: Arc<Current>,
}

/// The settings, always those of the files as they are now.
#[derive(Debug, Default)]
pub struct WebSettings {
    path: Option<PathBuf>,
    state: Mutex<State>,
}

impl WebSettings {
    /// Reads the file; without one there is neither TLS nor a password.
    ///
    /// # Errors
    /// When it cannot be used.
    pub fn load(path: Option<&Path>) -> Result<Self, WebConfigError> {
        let Some(path) = path else { return Ok(Self::default()) };
        let mut stamps = vec![Stamp::of(path.to_owned())];
        let current = Arc::new(read(path, &mut stamps)?);
        let state = Mutex::new(State { stamps, current });
        Ok(Self { path: Some(path.to_owned()), state })
    }

    /// What holds now. A changed file that cannot be used is logged, and what held before stays:
    /// half-written files pass, and nobody gets in without a password meanwhile.
    pub(super) fn current(&self) -> Arc<Current> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let stamps: Vec<_> = state.stamps.iter().map(|one| Stamp::of(one.path.clone())).collect();
        if let Some(path) = self.path.as_deref().filter(|_| stamps != state.stamps) {
            state.stamps = stamps;
            let mut named = vec![Stamp::of(path.to_owned())];
            match read(path, &mut named) {
                Ok(current) => {
                    state.current = Arc::new(current);
                    state.stamps = named;
                    tracing::info!("read {} again", path.display());
                }
                Err(error) => {
                    // What it names now may come later.
                    named.retain(|new| state.stamps.iter().all(|known| known.path != new.path));
                    state.stamps.extend(named);
                    tracing::error!(
                        "{error}, what held before stays: {}; do: {}",
                        error.because,
                        error.remedy()
                    );
                }
            }
        }
        Arc::clone(&state.current)
    }

    /// Whether connections are to be TLS.
    pub(super) fn scheme(&self) -> &'static str {
        if self.current().tls.is_some() { "https" } else { "http" }
    }
}

/// Reads the file, and stamps those that it names before they are read.
fn read(path: &Path, stamps: &mut Vec<Stamp>) -> Result<Current, WebConfigError> {
    let wrong = |because: String| WebConfigError { path: path.to_owned(), because };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let config = WebConfig::parse(&text).map_err(wrong)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let section = config.tls_server_config.as_ref();
    stamps.extend(section.into_iter().flat_map(|one| tls::files(one, folder)).map(Stamp::of));
    let tls = section.map(|section| tls::server_config(section, folder)).transpose();
    let users = config.basic_auth_users.as_ref().filter(|users| !users.is_empty());
    let users = users.map(Users::parse).transpose().map_err(wrong)?;
    Ok(Current {
        tls: tls.map_err(wrong)?,
        users: users.map(Arc::new),
        headers: config.headers().map_err(wrong)?,
    })
}
