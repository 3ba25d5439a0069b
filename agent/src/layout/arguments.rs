//! A layout as arguments of `lfs setstripe`.
//!
//! *Source*: lfs-setstripe(1), Lustre 2.10 to 2.17: `-c`, `-S`, `-i`, `-o`, `-p` and `-E` are in all of
//! them; `-L` and `-N` came with 2.11, `-C` and `-z` with 2.13.

use super::model::{Component, Composite, Layout, StripeUnit, Stripes};

impl Layout {
    /// The arguments before the path. Everything that the layout says is said, sizes in bytes, because
    /// `lfs` lets a component inherit from the one before it what is not.
    pub fn setstripe_arguments(&self) -> Vec<String> {
        match self {
            Self::Inherited { .. } => vec!["-d".to_owned()],
            Self::Plain(stripes) => stripes.arguments(),
            Self::Composite(composite) => composite.arguments(),
            Self::Foreign(foreign) => {
                let kind = foreign.kind.unwrap_or_default();
                let flags = foreign.flags.unwrap_or_default();
                let value = foreign.value.clone();
                vec![format!("--foreign={kind}"), format!("--flags={flags:#x}"), "-x".into(), value]
            }
        }
    }
}

impl Composite {
    fn arguments(&self) -> Vec<String> {
        let mut arguments = Vec::new();
        for mirror in self.by_mirror() {
            if self.mirrors > 1 {
                arguments.push("-N".to_owned());
            }
            let mut rest = mirror;
            let mut before: Option<&Stripes> = None;
            while let Some((component, after)) = rest.split_first() {
                let extension = after.first().filter(|next| next.is_extension());
                arguments.extend(component.arguments(extension));
                if let Some(before) = before {
                    arguments.extend(component.stripes.unsaid(before));
                }
                before = Some(&component.stripes);
                rest = if extension.is_some() { after.get(1..).unwrap_or_default() } else { after };
            }
        }
        arguments
    }
}

impl Component {
    /// With the component by which this one is extended: one `-E` is both.
    fn arguments(&self, extension: Option<&Self>) -> Vec<String> {
        let end = extension.map_or(self.end, |extension| extension.end);
        let end = end.map_or_else(|| "-1".to_owned(), |end| end.to_string());
        let mut arguments = vec!["-E".to_owned(), end];
        if self.stripes.pattern.is_mdt() {
            arguments.extend(["-L".to_owned(), "mdt".to_owned()]);
            return arguments;
        }
        if let Some(StripeUnit::Extension(by)) = extension.map(|extension| extension.stripes.size) {
            arguments.extend(["-z".to_owned(), by.to_string()]);
        }
        arguments.extend(self.stripes.arguments());
        arguments
    }
}

impl Stripes {
    /// What a component would inherit from the one before it and does not have.
    fn unsaid(&self, before: &Self) -> Vec<String> {
        let mut arguments = Vec::new();
        let mut leave = |option: &str, none: &str| {
            arguments.extend([option.to_owned(), none.to_owned()]);
        };
        if self.pattern.is_mdt() {
            return arguments;
        }
        if before.count != 0 && self.count == 0 {
            leave("-c", "0");
        }
        if before.size != StripeUnit::Unset && self.size == StripeUnit::Unset {
            leave("-S", "0");
        }
        if before.pool.is_some() && self.pool.is_none() {
            leave("-p", "none");
        }
        arguments
    }

    fn arguments(&self) -> Vec<String> {
        let mut arguments = Vec::new();
        let mut add = |option: &str, value: String| arguments.extend([option.to_owned(), value]);
        if self.count != 0 {
            let option = if self.pattern.is_overstriped() { "-C" } else { "-c" };
            add(option, self.count.to_string());
        }
        if let StripeUnit::Size(size) = self.size {
            add("-S", size.to_string());
        }
        if self.generation.is_none() && !self.osts.is_empty() {
            let list: Vec<String> = self.ost_indices().map(|ost| ost.to_string()).collect();
            add("-o", list.join(","));
        } else if let Some(first) = self.first_ost.filter(|_| self.generation.is_none()) {
            add("-i", first.to_string());
        }
        if let Some(pool) = &self.pool {
            add("-p", pool.clone());
        }
        arguments
    }
}
