//! `fsxlustre serve`.

use super::Outcome;
use crate::config::AgentConfig;
use crate::metrics::service::{DEFAULT_LISTEN_ADDRESS, ServiceOptions, serve};
use clap::Args;

/// Arguments of `fsxlustre serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Address to listen on; may be given more than once [default: 127.0.0.1:9988]
    #[arg(long = "web.listen-address", value_name = "HOST:PORT")]
    listen_addresses: Vec<String>,
    /// Path of the metrics
    #[arg(long = "web.telemetry-path", value_name = "PATH", default_value = "/metrics",
          value_parser = telemetry_path)]
    telemetry_path: String,
}

impl ServeArgs {
    /// Serves until SIGTERM or SIGINT.
    pub fn run(&self, config: &AgentConfig) -> Outcome {
        log_to_stderr();
        serve(config.host(), &self.options(config)).map(|()| Outcome::default()).into()
    }

    fn options(&self, config: &AgentConfig) -> ServiceOptions {
        let configured = config.exporter.listen_address.as_deref();
        let listen_addresses = match self.listen_addresses.as_slice() {
            [] => vec![configured.unwrap_or(DEFAULT_LISTEN_ADDRESS).to_owned()],
            given => given.to_vec(),
        };
        ServiceOptions { listen_addresses, telemetry_path: self.telemetry_path.clone() }
    }
}

/// Lines of text without time (the journal adds it) and colours. Somebody who has set up logging
/// before keeps it.
fn log_to_stderr() {
    let _ = tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::INFO)
        .with_ansi(false)
        .without_time()
        .with_target(false)
        .try_init();
}

fn telemetry_path(text: &str) -> Result<String, &'static str> {
    let fits = text.starts_with('/')
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#'));
    if fits { Ok(text.to_owned()) } else { Err("a path begins with '/' and has no '?' or '#'") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    #[derive(Debug, clap::Parser)]
    struct Program {
        #[command(flatten)]
        serve: ServeArgs,
    }

    #[test]
    fn flags_go_before_the_configuration_and_that_before_the_default() {
        let mut config = AgentConfig::default();
        let options = |words: &[&str], config: &AgentConfig| {
            Program::parse_from([&["serve"], words].concat()).serve.options(config)
        };
        assert_eq!(options(&[], &config).listen_addresses, ["127.0.0.1:9988"]);
        assert_eq!(options(&[], &config).telemetry_path, "/metrics");
        config.exporter.listen_address = Some("10.0.0.1:9".into());
        assert_eq!(options(&[], &config).listen_addresses, ["10.0.0.1:9"]);
        let flags = ["--web.listen-address=:1", "--web.listen-address", "[::1]:2"];
        assert_eq!(options(&flags, &config).listen_addresses, [":1", "[::1]:2"]);
    }

    #[test]
    fn a_path_that_no_request_can_have_is_refused() {
        for (path, fits) in
            [("/m", true), ("/", true), ("m", false), ("/a?b", false), ("/a b", false), ("", false)]
        {
            assert_eq!(telemetry_path(path).is_ok(), fits, "{path}");
        }
    }
}
