//! `fsxlustre serve`.

use super::Outcome;
use crate::config::AgentConfig;
use crate::metrics::web::service::{DEFAULT_LISTEN_ADDRESS, ServiceOptions, serve};
use crate::metrics::{COLLECTORS, ScrapeSettings, Selection};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use std::path::PathBuf;

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
    /// TLS and users, in exporter-toolkit's YAML; read again when it changed
    #[arg(long = "web.config.file", value_name = "FILE")]
    web_config: Option<PathBuf>,
    /// Listen on what systemd hands over (`LISTEN_FDS`) and on nothing else; without this flag too,
    /// such sockets go before addresses
    #[arg(long = "web.systemd-socket")]
    needs_systemd_sockets: bool,
    /// The most series of the client in one scrape; beyond it whole families are left out, in the
    /// order of fsxlustre-metrics(7), CARDINALITY [default: no limit]
    #[arg(long = "web.max-series", value_name = "NUMBER")]
    max_series: Option<u64>,
    /// The list of the node's mounts, where the service has a mount namespace of its own: there mounts
    /// have other numbers and options [default: self/mountinfo below procfs]
    #[arg(long = "path.mountinfo", value_name = "FILE")]
    mountinfo: Option<PathBuf>,
    #[command(flatten)]
    collectors: CollectorFlags,
}

/// `--collector.NAME` and `--no-collector.NAME`, for every collector there is.
#[derive(Clone, Copy, Debug, Default)]
struct CollectorFlags(Selection);

impl Args for CollectorFlags {
    fn augment_args(command: Command) -> Command {
        let command = command.after_help(
            "Each collector is turned off with --no-collector.NAME; a request asks for some of \
             those that run with ?collect[]=NAME.",
        );
        COLLECTORS.iter().fold(command, |command, collector| {
            let flag = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
            let on = flag(collector.on_flag).help(collector.about);
            let on = on.help_heading("Collectors").overrides_with(collector.off_flag);
            let off = flag(collector.off_flag).hide(true).overrides_with(collector.on_flag);
            command.arg(on).arg(off)
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for CollectorFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for collector in &COLLECTORS {
            for (flag, runs) in [(collector.on_flag, true), (collector.off_flag, false)] {
                if matches.get_flag(flag) {
                    let set = self.0.set(collector.name, runs);
                    set.map_err(|error| {
                        clap::Error::raw(clap::error::ErrorKind::InvalidValue, error)
                    })?;
                }
            }
        }
        Ok(())
    }
}

impl ServeArgs {
    /// Serves until SIGTERM or SIGINT.
    pub fn run(&self, config: &AgentConfig) -> Outcome {
        log_to_stderr();
        let mut host = config.host().clone();
        host.paths.mountinfo.clone_from(&self.mountinfo);
        serve(&host, &self.options(config)).map(|()| Outcome::default()).into()
    }

    fn options(&self, config: &AgentConfig) -> ServiceOptions {
        let configured = config.exporter.listen_address.as_deref();
        let listen_addresses = match self.listen_addresses.as_slice() {
            [] => vec![configured.unwrap_or(DEFAULT_LISTEN_ADDRESS).to_owned()],
            given => given.to_vec(),
        };
        ServiceOptions {
            listen_addresses,
            needs_systemd_sockets: self.needs_systemd_sockets,
            telemetry_path: self.telemetry_path.clone(),
            web_config: self.web_config.clone(),
            collectors: self.collectors.0,
            scrape: ScrapeSettings { max_series: self.max_series, ..ScrapeSettings::default() },
        }
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
        // A log that cannot be written any more is no reason to end.
        .log_internal_errors(false)
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
    fn the_last_flag_of_a_collector_counts() {
        let has = |words: &[&str]| {
            let program = Program::parse_from([&["serve"], words].concat());
            let selection = program.serve.options(&AgentConfig::default()).collectors;
            (selection.has("osc"), selection.has("mdc"))
        };
        assert_eq!(has(&[]), (true, true));
        assert_eq!(has(&["--no-collector.osc"]), (false, true));
        assert_eq!(has(&["--no-collector.osc", "--collector.osc"]), (true, true));
        assert_eq!(has(&["--collector.mdc", "--no-collector.mdc"]), (true, false));
        assert!(Program::try_parse_from(["serve", "--collector.nothing"]).is_err());
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
