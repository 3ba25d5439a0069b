//! Kernel releases as numbers, read by the rules of the distribution that built them.

use serde::Deserialize;

/// How a distribution writes its kernel releases.
///
/// *Source*: `uname -r` of each distribution's kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KernelRules {
    /// Amazon Linux: `6.1.79-99.167.amzn2023.x86_64`.
    Amazon,
    /// The RHEL family: `5.14.0-570.12.1.el9_6.x86_64`, maybe with `+64k` or `+rt`.
    Enterprise,
    /// Ubuntu: `6.8.0-1024-aws`, `6.14.0-1018-aws-64k`.
    Ubuntu,
    /// SUSE: `4.12.14-122.37-default`.
    Suse,
}

/// A kernel release, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kernel {
    /// Its numbers in the order in which they count: `5.14.0-570.12.1` is 5, 14, 0, 570, 12, 1.
    pub numbers: Vec<u32>,
    /// The distribution's release that is written in it: `2023`, `9`. Ubuntu and SUSE write none.
    pub release: Option<String>,
    /// `aws`, `aws-64k`, `default`, `64k`; empty for the plain kernel.
    pub flavour: String,
}

/// The numbers of `6.1.79-99.167`, or `None` when there is anything else in it.
pub fn numbers(text: &str) -> Option<Vec<u32>> {
    text.split(['.', '-'])
        .map(|piece| {
            let digits = !piece.is_empty() && piece.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| piece.parse().ok())?
        })
        .collect()
}

impl Kernel {
    /// Takes a release apart; `None` when it is not one that this distribution builds.
    pub fn parse(text: &str, rules: KernelRules) -> Option<Self> {
        match rules {
            KernelRules::Amazon => Self::tagged(text, ".amzn", false),
            KernelRules::Enterprise => Self::tagged(text, ".el", true),
            KernelRules::Ubuntu | KernelRules::Suse => Self::flavoured(text),
        }
    }

    /// `NUMBERS TAG RELEASE[_MINOR][.ARCH[+FLAVOUR]]`.
    fn tagged(text: &str, tag: &str, with_minor: bool) -> Option<Self> {
        let (base, rest) = text.split_once(tag)?;
        let (release, arch) = rest.split_once('.').unwrap_or((rest, ""));
        let (major, minor) = match release.split_once('_') {
            Some((major, minor)) if with_minor => (major, minor),
            _ => (release, "0"),
        };
        let (arch, flavour) = arch.split_once('+').unwrap_or((arch, ""));
        let fits = numbers(major)?.len() == 1 && numbers(minor)?.len() == 1;
        (fits && matches!(arch, "" | "x86_64" | "aarch64")).then_some(())?;
        Some(Self {
            numbers: numbers(base)?,
            release: Some(major.to_owned()),
            flavour: flavour.to_owned(),
        })
    }

    /// `NUMBERS-NUMBERS-FLAVOUR`.
    fn flavoured(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-');
        let (base, build, flavour) = (parts.next()?, parts.next()?, parts.next()?);
        let mut all = numbers(base)?;
        all.extend(numbers(build)?);
        Some(Self { numbers: all, release: None, flavour: flavour.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::KernelRules::{Amazon, Enterprise, Suse, Ubuntu};
    use super::*;

    /// Rules, text, numbers, release, flavour.
    type Case = (KernelRules, &'static str, &'static [u32], Option<&'static str>, &'static str);

    #[test]
    fn kernels_are_taken_apart_by_the_rules_of_their_distribution() {
        let table: &[Case] = &[
            (Amazon, "6.1.79-99.167.amzn2023.x86_64", &[6, 1, 79, 99, 167], Some("2023"), ""),
            (Amazon, "6.12.37-61.105.amzn2023.aarch64", &[6, 12, 37, 61, 105], Some("2023"), ""),
            (Amazon, "4.14.104-95.84.amzn2.x86_64", &[4, 14, 104, 95, 84], Some("2"), ""),
            (Enterprise, "5.14.0-570.12.1.el9_6", &[5, 14, 0, 570, 12, 1], Some("9"), ""),
            (
                Enterprise,
                "5.14.0-503.11.1.el9_5.aarch64+64k",
                &[5, 14, 0, 503, 11, 1],
                Some("9"),
                "64k",
            ),
            (Enterprise, "4.18.0-553.el8_10.x86_64", &[4, 18, 0, 553], Some("8"), ""),
            (Enterprise, "3.10.0-1160.102.1.el7.x86_64", &[3, 10, 0, 1160, 102, 1], Some("7"), ""),
            (Ubuntu, "6.8.0-1024-aws", &[6, 8, 0, 1024], None, "aws"),
            (Ubuntu, "6.14.0-1018-aws-64k", &[6, 14, 0, 1018], None, "aws-64k"),
            (Ubuntu, "6.8.0-31-generic", &[6, 8, 0, 31], None, "generic"),
            (Suse, "4.12.14-122.37-default", &[4, 12, 14, 122, 37], None, "default"),
        ];
        for (rules, text, numbers, release, flavour) in table {
            let kernel = Kernel::parse(text, *rules).expect(text);
            assert_eq!(kernel.numbers, *numbers, "{text}");
            assert_eq!(kernel.release.as_deref(), *release, "{text}");
            assert_eq!(kernel.flavour, *flavour, "{text}");
        }
    }

    #[test]
    fn kernels_of_somebody_else_are_not_read_as_ours() {
        let table = [
            (Amazon, "6.1.0-56-amd64"),
            (Amazon, "6.18.44-fc-v669"),
            (Amazon, "6.1.79-99.167.amzn"),
            (Enterprise, "6.1.79-99.167.amzn2023.x86_64"),
            (Enterprise, "4.18.0-348.2.1.el8_lustre.x86_64"),
            (Enterprise, "5.15.0-305.176.4.el9uek.x86_64"),
            (Enterprise, "4.18.0-553.el8_10.ciqfips.x86_64"),
            (Ubuntu, "6.18.44-fc-v669"),
            (Ubuntu, "6.8.0-1024"),
            (Ubuntu, ""),
            (Suse, "99999999999.1-1-default"),
        ];
        for (rules, text) in table {
            assert_eq!(Kernel::parse(text, rules), None, "{text}");
        }
    }
}
