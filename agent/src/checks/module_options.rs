//! Do the loaded modules have what modprobe.d says?

use super::{Check, Evidence, Finding, Group};
use crate::facts::{Facts, ModuleOption, NodeFacts};

const NAME: &str = "module_options";

/// The question.
pub(super) const CHECK: Check = Check {
    name: NAME,
    question: "Do the loaded modules have the options that modprobe.d gives?",
    group: Group::Local,
    is_required: false,
    meaning: "Reads `options` lines of Lustre's modules in modprobe.d, and the parameters of the loaded \
              modules in sysfs. Pass: the same, or nothing is loaded that shows it. Warn: one differs: \
              the file was changed after the module was loaded. Unknown: modprobe.d cannot be read.",
    answer: |facts: &Facts| vec![check(&facts.node)],
};

fn check(facts: &NodeFacts) -> Finding {
    let Some(options) = facts.module_options.value() else {
        return Finding::unknown(NAME, "modprobe.d cannot be read", "run it as root")
            .seen(Evidence::unknown(&facts.module_options));
    };
    let differ: Vec<&ModuleOption> = options.iter().filter(|option| differs(option)).collect();
    let finding = if differ.is_empty() {
        let count = options.len();
        Finding::pass(NAME, format!("{count} options of Lustre's modules are given, none differs"))
    } else {
        let told: Vec<String> = differ.iter().map(|option| told(option)).collect();
        let remedy = "unmount every Lustre file system, then sudo lustre_rmmod && sudo modprobe lustre, \
                      or reboot";
        Finding::warn(NAME, told.join("; "), remedy)
    };
    let shown = |option: &ModuleOption| {
        let ModuleOption { module, name, given, file, loaded } = option;
        let loaded = loaded.as_deref().unwrap_or("not shown");
        Evidence::new(format!("{module} {name}={given}, loaded: {loaded}"), file)
    };
    let none = Evidence::new("no options of Lustre's modules", facts.module_options.from());
    let seen: Vec<Evidence> = options.iter().map(shown).collect();
    let seen = if seen.is_empty() { vec![none] } else { seen };
    seen.into_iter().fold(finding, Finding::seen)
}

/// Numbers may be written in several ways, and so may yes and no.
fn differs(option: &ModuleOption) -> bool {
    let Some(loaded) = &option.loaded else { return false };
    let plain = |text: &str| match text.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" | "true" | "on" => "1".to_owned(),
        "n" | "no" | "false" | "off" => "0".to_owned(),
        other => {
            let hexadecimal =
                other.strip_prefix("0x").and_then(|hex| u64::from_str_radix(hex, 16).ok());
            let number = hexadecimal.or_else(|| other.parse().ok());
            let words = other.chars().filter(|c| !c.is_whitespace() && *c != '"').collect();
            number.map_or(words, |number| number.to_string())
        }
    };
    // A parameter that nobody set shows `(null)` for text.
    plain(&option.given) != plain(loaded)
}

fn told(option: &ModuleOption) -> String {
    let loaded = option.loaded.as_deref().unwrap_or_default();
    format!("{} has {}={loaded}, {} says {}", option.module, option.name, option.file, option.given)
}
