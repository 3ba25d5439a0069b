//! Which format and which coding a request asks for.

/// A format of the metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Prometheus text 0.0.4, for everybody who does not ask for the other.
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

impl Format {
    /// What the format is called in HTTP.
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// One element of an `Accept` or `Accept-Encoding` list.
struct Element<'h> {
    name: &'h str,
    version: Option<&'h str>,
    /// From 0, not wanted, to 1.
    quality: f64,
}

fn elements(header: &str) -> impl Iterator<Item = Element<'_>> {
    header.split(',').map(|element| {
        let mut parts = element.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let mut found = Element { name, version: None, quality: 1.0 };
        for (key, value) in parts.filter_map(|part| part.split_once('=')) {
            let value = value.trim().trim_matches('"');
            if key.trim().eq_ignore_ascii_case("q") {
                let quality = value.parse().ok().filter(|quality| (0.0..=1.0).contains(quality));
                found.quality = quality.unwrap_or(0.0);
            } else if key.trim().eq_ignore_ascii_case("version") {
                found.version = Some(value);
            }
        }
        found
    })
}

/// The format for an `Accept` header: OpenMetrics only for somebody who names it, in a version that
/// is offered, and does not like plain text better.
pub(super) fn format(accept: &str) -> Format {
    let mut best = (0.0, Format::Text);
    for element in elements(accept) {
        let format = match element.name.to_ascii_lowercase().as_str() {
            "application/openmetrics-text" if matches!(element.version, None | Some("1.0.0")) => {
                Format::OpenMetrics
            }
            "text/plain" if matches!(element.version, None | Some("0.0.4")) => Format::Text,
            "text/*" | "*/*" => Format::Text,
            _ => continue,
        };
        if element.quality > best.0 {
            best = (element.quality, format);
        }
    }
    best.1
}

/// Whether an `Accept-Encoding` header asks for gzip by name.
pub(super) fn wants_gzip(accept_encoding: &str) -> bool {
    let quality = |name: &str| {
        elements(accept_encoding)
            .find(|element| element.name.eq_ignore_ascii_case(name))
            .map(|element| element.quality)
    };
    let gzip = quality("gzip").unwrap_or(0.0);
    gzip > 0.0 && gzip >= quality("identity").unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openmetrics_is_never_sent_unasked() {
        let prometheus_2 = "application/openmetrics-text;version=1.0.0,\
                            application/openmetrics-text;version=0.0.1;q=0.75,\
                            text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
        let prometheus_3 = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
                            text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
                            text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
        for (accept, format_wanted) in [
            ("", Format::Text),
            ("*/*", Format::Text),
            ("text/html,application/xhtml+xml,*/*;q=0.8", Format::Text),
            (prometheus_2, Format::OpenMetrics),
            (prometheus_3, Format::OpenMetrics),
            ("application/openmetrics-text", Format::OpenMetrics),
            ("Application/OpenMetrics-Text; version=\"1.0.0\"", Format::OpenMetrics),
            ("application/openmetrics-text;version=0.0.1", Format::Text),
            ("application/openmetrics-text;version=2.0.0", Format::Text),
            ("application/openmetrics-text;q=0", Format::Text),
            ("application/openmetrics-text;q=x", Format::Text),
            ("application/openmetrics-text;q=0.3, text/plain;q=0.6", Format::Text),
            ("text/plain;q=0.3, application/openmetrics-text;q=0.6", Format::OpenMetrics),
            ("application/vnd.google.protobuf;proto=io.prometheus", Format::Text),
            (";;;,,=;q=,", Format::Text),
        ] {
            assert_eq!(format(accept), format_wanted, "{accept}");
        }
    }

    #[test]
    fn gzip_is_sent_to_those_who_name_it() {
        for (header, wanted) in [
            ("gzip", true),
            ("GZip;q=0.1", true),
            ("deflate, gzip;q=1.0, *;q=0.5", true),
            ("", false),
            ("*", false),
            ("br", false),
            ("gzip;q=0", false),
            ("gzip;q=nan", false),
            ("gzip;q=0.2, identity", false),
            ("identity;q=0.2, gzip", true),
        ] {
            assert_eq!(wants_gzip(header), wanted, "{header}");
        }
    }
}
