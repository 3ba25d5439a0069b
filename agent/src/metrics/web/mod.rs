//! How the metrics are served: HTTP/1.1, with TLS and passwords where they are asked for.
//!
//! | part | knows |
//! |---|---|
//! | [`service`] | the process: sockets, signals, readiness, a bounded end |
//! | `listen` | addresses, and the sockets that systemd hands over |
//! | `connection` | one connection: handshake, limits, the end |
//! | `lead` | the two threads: which one serves and collects, and what becomes of a slow collection |
//! | [`places`] | how many connections there are, and which one goes for a new one |
//! | [`paths`] | what each path answers |
//! | `negotiate`, `openmetrics` | which format and coding an answer has: pure |
//! | `landing` | the page for a person: pure |
//! | `web_config`, `tls`, `users` | the file of `--web.config.file`, exporter-toolkit's format |
//! | `settings` | that file, read again when it changed |

mod connection;
mod landing;
mod lead;
mod listen;
mod negotiate;
mod openmetrics;
pub mod paths;
pub mod places;
pub mod service;
mod settings;
mod tls;
mod users;
mod web_config;

pub use connection::serve_connection;
pub use openmetrics::from_text as openmetrics_from_text;
pub use settings::WebSettings;
