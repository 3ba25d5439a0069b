//! Prints a layout as `lfs getstripe` does, byte for byte, in its text and in its YAML.
//!
//! *Source*: captures of 2.15.8; `lov_dump_user_lmm_v1v3` and `lov_dump_comp_v1` in
//! lustre/utils/liblustreapi.c.

use super::model::{Component, Composite, Layout, Pattern, StripeUnit, Stripes};
use std::fmt::Write as _;

/// Objects of these sequences are numbered as in Lustre 1.
const RESERVED_SEQUENCES: u64 = 0xff;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Yaml,
}

impl Layout {
    /// As `lfs getstripe -d` prints it for a directory, and for a file.
    pub fn getstripe_text(&self) -> String {
        self.printed(Form::Text)
    }

    /// As `lfs getstripe -y` prints it.
    pub fn getstripe_yaml(&self) -> String {
        self.printed(Form::Yaml)
    }

    fn printed(&self, form: Form) -> String {
        match self {
            Self::Inherited { shown } => {
                let none = Stripes { pattern: Pattern::NONE, ..Stripes::unset() };
                shown.as_ref().unwrap_or(&none).printed(form, false)
            }
            Self::Plain(stripes) => stripes.printed(form, false),
            Self::Composite(composite) => composite.printed(form),
            Self::Foreign(foreign) => format!("lfm_value:     '{}'\n\n", foreign.value),
        }
    }
}

impl Composite {
    fn printed(&self, form: Form) -> String {
        let mut text = format!(
            "  lcm_layout_gen:    {}\n  lcm_mirror_count:  {}\n  lcm_entry_count:   {}\n",
            self.generation,
            self.mirrors,
            self.components.len()
        );
        for (index, component) in self.components.iter().enumerate() {
            if form == Form::Yaml {
                // Writing to a String does not fail.
                let _ = writeln!(text, "  component{index}:");
            }
            text.push_str(&component.head());
            if form == Form::Yaml {
                text.push_str("    sub_layout:\n");
            }
            text.push_str(&component.stripes.printed(form, true));
        }
        text
    }
}

impl Component {
    fn head(&self) -> String {
        let shown = |number: Option<u64>, none: &str| {
            number.map_or_else(|| none.to_owned(), |number| number.to_string())
        };
        format!(
            "    lcme_id:             {}\n    lcme_mirror_id:      {}\n    lcme_flags:          {}\n    \
             lcme_extent.e_start: {}\n    lcme_extent.e_end:   {}\n",
            shown(self.id.map(u64::from), "N/A"),
            shown(self.mirror.map(u64::from), "N/A"),
            self.flags,
            self.start,
            shown(self.end, "EOF"),
        )
    }
}

impl Stripes {
    fn printed(&self, form: Form, is_component: bool) -> String {
        let indent = if is_component { "      " } else { "" };
        let is_file = self.generation.is_some();
        let prefix = if is_file { "lmm_" } else { "" };
        let lines =
            self.pairs().into_iter().map(|(key, value)| format!("{indent}{prefix}{key}{value}"));
        let lines: Vec<String> = lines.collect();
        let separator = if is_file || form == Form::Yaml { "\n" } else { " " };
        let objects = if is_file && !self.osts.is_empty() {
            self.objects(form, is_component)
        } else {
            String::new()
        };
        format!("{}\n{objects}\n", lines.join(separator))
    }

    fn pairs(&self) -> Vec<(&'static str, String)> {
        let size = match self.size {
            StripeUnit::Unset => ("stripe_size:   ", 0),
            StripeUnit::Size(size) => ("stripe_size:   ", size),
            StripeUnit::Extension(by) => ("extension_size: ", by),
        };
        let first = self.first_ost.map_or_else(|| "-1".to_owned(), |first| first.to_string());
        let mut pairs = vec![
            ("stripe_count:  ", self.count.to_string()),
            (size.0, size.1.to_string()),
            ("pattern:       ", self.pattern.to_string()),
        ];
        pairs.extend(self.generation.map(|generation| ("layout_gen:    ", generation.to_string())));
        pairs.push(("stripe_offset: ", first));
        pairs.extend(self.pool.clone().map(|pool| ("pool:          ", pool)));
        pairs
    }

    fn objects(&self, form: Form, is_component: bool) -> String {
        let mut text = String::from(match (form, is_component) {
            (Form::Text, false) => "\tobdidx\t\t objid\t\t objid\t\t group\n",
            (Form::Yaml, false) => "lmm_objects:\n",
            (_, true) => "      lmm_objects:\n",
        });
        for (index, object) in self.osts.iter().enumerate() {
            let ost = object.ost;
            let (sequence, number, version) =
                object.fid.map_or((0, 0, 0), |fid| (fid.sequence, fid.object, fid.version));
            let group = if sequence <= RESERVED_SEQUENCES {
                sequence.to_string()
            } else {
                format!("{sequence:#x}")
            };
            // Writing to a String does not fail.
            let _ = match (form, is_component) {
                (Form::Yaml, _) => writeln!(
                    text,
                    "      - l_ost_idx: {ost}\n        l_fid:     {sequence:#x}:{number:#x}:{version:#x}"
                ),
                (Form::Text, true) => writeln!(
                    text,
                    "      - {index}: {{ l_ost_idx: {ost}, l_fid: [{sequence:#x}:{number:#x}:{version:#x}] }}"
                ),
                (Form::Text, false) => {
                    writeln!(text, "\t{ost:6}\t{number:14}\t{number:#13x}\t{group:>14}")
                }
            };
        }
        text
    }
}
