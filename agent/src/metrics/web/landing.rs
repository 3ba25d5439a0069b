//! The page for a person: what is mounted, whether it is well, and where the rest is.

use super::super::snapshot::{Sample, Snapshot};
use std::collections::BTreeSet;

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .8rem .3rem 0;\
border-bottom:1px solid #8884;vertical-align:top}td.n,th.n{text-align:right}\
.good{color:#18794e}.bad{color:#c62a2f;font-weight:600}code{font-size:.95em}h2{margin-top:2rem}\
@media(prefers-color-scheme:dark){.good{color:#4cc38a}.bad{color:#ff6369}}";

/// The page for what a scrape has just shown.
pub(super) fn page(now: &Snapshot, telemetry_path: &str) -> String {
    let path = escape(telemetry_path);
    let version = escape(env!("CARGO_PKG_VERSION"));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>fsxlustre</title><style>{STYLE}</style></head>\n<body>\n\
         <h1>fsxlustre</h1>\n<p>What this node does to its Lustre file systems, for Prometheus. \
         Version {version}; {client}.</p>\n\
         <h2>Mounts</h2>\n{mounts}\n<h2>Connections</h2>\n{connections}\n\
         <h2>Health of the readings</h2>\n{health}\n<h2>Links</h2>\n<ul>\n\
         <li><a href=\"{path}\">Metrics</a>; one collector only: \
         <a href=\"{path}?collect[]=import\"><code>{path}?collect[]=import</code></a></li>\n\
         <li><a href=\"/-/healthy\">Healthy</a> and <a href=\"/-/ready\">ready</a></li>\n\
         <li>Every metric, and what to ask of it: <code>man 7 fsxlustre-metrics</code></li>\n\
         </ul>\n</body>\n</html>\n",
        client = client(now),
        mounts = mounts(now),
        connections = connections(now),
        health = health(now),
    )
}

fn client(now: &Snapshot) -> String {
    let Some(info) = now.of("lustre_client_info").first() else {
        return "the Lustre client is not loaded".to_owned();
    };
    let version = escape(info.label("version"));
    match now.value("lustre_client_healthy", &[]) {
        Some(healthy) if healthy > 0.0 => {
            format!("the Lustre client is {version} and <span class=\"good\">healthy</span>")
        }
        Some(_) => {
            format!("the Lustre client is {version} and <span class=\"bad\">not healthy</span>")
        }
        None => format!("the Lustre client is {version}"),
    }
}

fn mounts(now: &Snapshot) -> String {
    let mounts = now.of("lustre_client_mount_info");
    if mounts.is_empty() {
        return "<p>No Lustre file system is mounted.</p>".to_owned();
    }
    let rows = mounts.iter().map(|mount| {
        let fs = mount.label("fs");
        let bytes = |name: &str| now.value(name, &[("fs", fs)]).map_or("?".to_owned(), bytes);
        format!(
            "<tr><td><code>{}</code></td><td>{}</td><td><code>{}</code></td><td>{}</td>\
             <td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
            escape(mount.label("mountpoint")),
            escape(fs),
            escape(mount.label("source")),
            answers(now, mount),
            bytes("lustre_client_read_bytes_total"),
            bytes("lustre_client_write_bytes_total"),
        )
    });
    format!(
        "<table><tr><th>Directory</th><th>File system</th><th>Source</th>\
         <th>Answers</th><th class=\"n\">Read</th><th class=\"n\">Written</th></tr>\n{}</table>",
        rows.collect::<String>()
    )
}

/// Whether a mount answers, and its room.
fn answers(now: &Snapshot, mount: &Sample) -> String {
    let labels = [("fs", mount.label("fs")), ("mountpoint", mount.label("mountpoint"))];
    let value = |name: &str| now.value(name, &labels);
    let room = value("lustre_client_filesystem_avail_bytes")
        .zip(value("lustre_client_filesystem_size_bytes"))
        .map(|(free, size)| format!(", {} of {} free", bytes(free), bytes(size)));
    match value("lustre_client_mount_up") {
        Some(up) if up > 0.0 => {
            format!("<span class=\"good\">yes</span>{}", room.unwrap_or_default())
        }
        Some(_) => "<span class=\"bad\">no</span>".to_owned(),
        None => "not known".to_owned(),
    }
}

fn connections(now: &Snapshot) -> String {
    let up = now.of("lustre_client_import_up");
    let file_systems: BTreeSet<&str> = up.iter().map(|import| import.label("fs")).collect();
    if file_systems.is_empty() {
        return "<p>There are none, or they cannot be read.</p>".to_owned();
    }
    let rows = file_systems.into_iter().map(|fs| {
        let all = || up.iter().filter(|import| import.label("fs") == fs);
        let down: Vec<_> = all().filter(|import| import.value < 1.0).collect();
        let state = |target: &str| {
            let states = now.of("lustre_client_import_state").iter();
            let mut of =
                states.filter(|one| one.label("fs") == fs && one.label("target") == target);
            of.next().map_or("?", |state| state.label("state")).to_owned()
        };
        let said = if down.is_empty() {
            "<span class=\"good\">all are well (FULL, or IDLE for want of work)</span>".to_owned()
        } else {
            let named = down.iter().map(|import| {
                let target = import.label("target");
                escape(&format!("{target} {}", state(target)))
            });
            format!("<span class=\"bad\">{}</span>", named.collect::<Vec<_>>().join(", "))
        };
        let (well, count) = (all().count() - down.len(), all().count());
        format!("<tr><td>{}</td><td>{well} of {count}</td><td>{said}</td></tr>\n", escape(fs))
    });
    format!(
        "<table><tr><th>File system</th><th>Up</th><th></th></tr>\n{}</table>",
        rows.collect::<String>()
    )
}

fn health(now: &Snapshot) -> String {
    let stuck = now.value("fsxlustre_scrape_stuck", &[]).is_some_and(|stuck| stuck > 0.0);
    let collectors = now.of("fsxlustre_collector_success").iter();
    let incomplete = collectors.filter(|one| one.value < 1.0);
    let names: Vec<_> = incomplete.map(|one| escape(one.label("collector"))).collect();
    let mut said = if names.is_empty() {
        "<p class=\"good\">Every collector is complete.</p>".to_owned()
    } else {
        format!(
            "<p><span class=\"bad\">Not complete: {}.</span> The log of the service says why: \
             <code>journalctl -u fsxlustre-exporter</code></p>",
            names.join(", ")
        )
    };
    if stuck {
        said.push_str("<p class=\"bad\">A reading is stuck in the kernel.</p>");
    }
    said
}

/// Bytes for a person.
fn bytes(value: f64) -> String {
    let mut value = value;
    for unit in ["B", "KiB", "MiB", "GiB", "TiB"] {
        if value < 1024.0 {
            let digits = usize::from(unit != "B");
            return format!("{value:.digits$} {unit}");
        }
        value /= 1024.0;
    }
    format!("{value:.1} PiB")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_shows_mounts_connections_and_what_is_missing() {
        let now = Snapshot::parse(
            b"lustre_client_info{version=\"2.15.8\"} 1\nlustre_client_healthy 1\n\
              lustre_client_mount_info{fs=\"a\",mountpoint=\"/x<y\",source=\"n@tcp:/a\"} 1\n\
              lustre_client_mount_info{fs=\"a\",mountpoint=\"/dead\",source=\"n@tcp:/a\"} 1\n\
              lustre_client_mount_up{fs=\"a\",mountpoint=\"/x<y\"} 1\n\
              lustre_client_mount_up{fs=\"a\",mountpoint=\"/dead\"} 0\n\
              lustre_client_filesystem_size_bytes{fs=\"a\",mountpoint=\"/x<y\"} 4096\n\
              lustre_client_filesystem_avail_bytes{fs=\"a\",mountpoint=\"/x<y\"} 1024\n\
              lustre_client_read_bytes_total{fs=\"a\"} 1572864\n\
              lustre_client_import_up{fs=\"a\",target=\"OST0000\",kind=\"osc\"} 1\n\
              lustre_client_import_up{fs=\"a\",target=\"OST0001\",kind=\"osc\"} 0\n\
              lustre_client_import_state{fs=\"a\",target=\"OST0001\",kind=\"osc\",state=\"DISCONN\"} 1\n\
              fsxlustre_collector_success{collector=\"llite\"} 0\n\
              fsxlustre_collector_success{collector=\"osc\"} 1\nfsxlustre_scrape_stuck 0\n",
        );
        let page = page(&now, "/\"><script>'&");
        for part in [
            "2.15.8 and <span class=\"good\">healthy",
            "<code>/x&lt;y</code>",
            "<span class=\"good\">yes</span>, 1.0 KiB of 4.0 KiB free",
            "<span class=\"bad\">no</span>",
            "<td class=\"n\">1.5 MiB</td><td class=\"n\">?</td>",
            "<td>1 of 2</td>",
            "<span class=\"bad\">OST0001 DISCONN</span>",
            "Not complete: llite.",
            "href=\"/&quot;&gt;&lt;script&gt;&#39;&amp;\"",
        ] {
            assert!(page.contains(part), "{part} is not in\n{page}");
        }
        assert!(!page.contains("stuck"), "{page}");
    }

    #[test]
    fn a_node_without_a_client_is_told_as_such() {
        let page = page(&Snapshot::parse(b"fsxlustre_scrape_stuck 1\n"), "/metrics");
        for part in ["is not loaded", "No Lustre file system is mounted", "stuck in the kernel"] {
            assert!(page.contains(part), "{part} is not in\n{page}");
        }
    }
}
