//! All that there is to say of a file: as text, as JSON, as an exit status.

use super::generator::Generated;
use super::judge::{Finding, Judged, Surroundings, Verdict, judge};
use super::{LUSTRE, OURS};
use fsxlustre_mount::failure::one_line;
use fsxlustre_mount::fstab::entries;
use serde::Serialize;
use std::fmt::Write as _;

/// The layout of the JSON object; fields are only ever added to it.
const FORMAT: u32 = 1;

/// A warning of `findmnt --verify` that every line of these types gets.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Noise {
    /// What it prints.
    pub text: &'static str,
    /// Why it means nothing here.
    pub because: &'static str,
}

/// Warnings of `findmnt --verify` that are harmless for these types. Its errors are not: "unsupported
/// source tag" and "unreachable on boot required target" mean what they say.
///
/// *Source*: printed by util-linux 2.38.
pub const FINDMNT_NOISE: &[Noise] = &[
    Noise {
        text: "unreachable source: SOURCE: No such file or directory",
        because: "it looks for a file of that name; an id, a tag and a Lustre device are none",
    },
    Noise {
        text: "TYPE seems unsupported by the current kernel",
        because: "fsxlustre is a mount helper, not a module; lustre is loaded by its first mount",
    },
    Noise { text: "cannot detect on-disk filesystem type", because: "there is no disk" },
];

/// What became of asking systemd's own generator.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// It was asked, and complained of this.
    Said(Vec<String>),
    /// It was left out, because of this.
    LeftOut(String),
}

/// The findings of a file.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    format: u32,
    /// The file.
    pub file: String,
    /// Its lines of type fsxlustre and lustre, and others that collide with one.
    pub lines: Vec<Judged>,
    /// systemd-fstab-generator.
    pub generator: Asked,
    /// What `findmnt --verify` says of every such line.
    pub findmnt_noise: &'static [Noise],
}

impl Report {
    /// Judges a file's text, with what the generator made of it.
    pub fn new(
        file: String,
        text: &str,
        around: &Surroundings<'_>,
        generated: Result<Generated, String>,
    ) -> Self {
        let mut lines = judge(&entries(text), around);
        let generator = match generated {
            Ok(generated) if lines.is_empty() || !generated.units.is_empty() => {
                for line in &mut lines {
                    compare(line, &generated);
                }
                Asked::Said(generated.said)
            }
            Ok(_) => Asked::LeftOut(
                "systemd-fstab-generator made no mount unit at all of this file; one older than \
                 systemd 245 reads /etc/fstab only"
                    .into(),
            ),
            Err(why) => Asked::LeftOut(why),
        };
        Self { format: FORMAT, file, lines, generator, findmnt_noise: FINDMNT_NOISE }
    }

    /// 1 when a line fails, else 0.
    pub fn exit(&self) -> u8 {
        u8::from(self.count(Verdict::Fail) > 0)
    }

    fn count(&self, verdict: Verdict) -> usize {
        let findings = self.lines.iter().flat_map(|line| &line.findings);
        findings.filter(|finding| finding.verdict == verdict).count()
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut text = self.lines.iter().map(|line| block(&self.file, line)).collect::<String>();
        if self.lines.is_empty() {
            text = format!("{} has no line of type fsxlustre or lustre\n", one_line(&self.file));
        } else {
            let _ = writeln!(
                text,
                "{} lines: {} fail, {} warn, {} note",
                self.lines.len(),
                self.count(Verdict::Fail),
                self.count(Verdict::Warn),
                self.count(Verdict::Note)
            );
            text.push_str(&self.generator_text());
            text.push_str("findmnt --verify warns of each of these lines too; harmless are:\n");
            for noise in FINDMNT_NOISE {
                let _ = writeln!(text, "  \"{}\": {}", noise.text, noise.because);
            }
        }
        text
    }

    fn generator_text(&self) -> String {
        match &self.generator {
            Asked::LeftOut(why) => {
                format!("the units that systemd makes of them were left out: {}\n", one_line(why))
            }
            Asked::Said(said) => said
                .iter()
                .fold("the real systemd-fstab-generator was asked\n".to_owned(), |text, line| {
                    text + "  it said: " + &one_line(line) + "\n"
                }),
        }
    }
}

/// What the generator made of a line, beside what we found ourselves.
fn compare(line: &mut Judged, generated: &Generated) {
    let unit = generated.units.iter().find(|unit| unit.directory == line.directory);
    let is_judged = |check: &str, line: &Judged| line.findings.iter().any(|f| f.check == check);
    match unit {
        _ if is_judged("duplicate", line) || !matches!(line.fs_type.as_str(), OURS | LUSTRE) => {}
        Some(unit) => {
            line.unit = Some(unit.name.clone());
            let seen =
                format!("systemd-fstab-generator makes {} Before=local-fs.target", unit.name);
            match line.findings.iter_mut().find(|finding| finding.check == "netdev") {
                Some(netdev) if unit.is_local => {
                    netdev.because = format!("{}; {seen}", netdev.because);
                }
                None if unit.is_local => line.findings.push(Finding {
                    check: "netdev",
                    verdict: Verdict::Fail,
                    what: "this systemd takes the line for a local one".into(),
                    because: seen,
                    remedy: "add _netdev".into(),
                }),
                _ => {}
            }
        }
        None if !is_judged("directory", line) => line.findings.push(Finding {
            check: "unit",
            verdict: Verdict::Warn,
            what: "systemd-fstab-generator makes no unit of this line".into(),
            because: "it is not mounted at boot".into(),
            remedy: "see what it says of the file, below".into(),
        }),
        None => {}
    }
}

fn block(file: &str, line: &Judged) -> String {
    let (source, directory) = (one_line(&line.source), one_line(&line.directory));
    let file = one_line(file);
    let mut text =
        format!("{file}:{}  {source}  {directory}  {}\n", line.line, one_line(&line.fs_type));
    if line.findings.is_empty() {
        text.push_str("  fine\n");
    }
    for finding in &line.findings {
        let (verdict, check) = (finding.verdict.word(), finding.check);
        let _ = writeln!(text, "  {verdict}  {check:<10} {}", one_line(&finding.what));
        let _ = writeln!(text, "        because:   {}", one_line(&finding.because));
        let _ = writeln!(text, "        do:        {}", one_line(&finding.remedy));
    }
    if let Some(unit) = &line.unit {
        let _ = writeln!(text, "  unit: {}", one_line(unit));
    }
    if let Some(write) = &line.write {
        let _ = writeln!(text, "  write: {}", one_line(write));
    }
    text + "\n"
}
