//! From the lines of a text to layouts: which key begins another component, and which another layout.

use super::model::{
    Component, ComponentFlags, Composite, Foreign, Layout, Pattern, StripeObject, StripeUnit,
    Stripes,
};
use super::text::Line;
use super::text_error::LayoutTextError;

/// What is printed of stripes and is read; other keys stand beside them.
pub(super) const STRIPE_KEYS: &[&str] = &[
    "stripe_count",
    "stripe_size",
    "extension_size",
    "pattern",
    "layout_gen",
    "stripe_offset",
    "mdt_index",
    "pool",
];

/// More components than an attribute of 64 KiB has room for.
const MOST_COMPONENTS: usize = 1365;
/// The most objects that a component of Lustre's can have.
const MOST_OBJECTS: usize = 2000;
/// The longest path of Linux.
const LONGEST_NAME: usize = 4096;

/// Layouts that are done, and the one that is being read.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    done: Vec<(Option<String>, Layout)>,
    current: Draft,
}

/// A layout that is being read.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// Its path.
    pub(super) name: Option<String>,
    /// Nobody set it.
    pub(super) is_default: bool,
    entries: Option<usize>,
    mirrors: u16,
    generation: u32,
    components: Vec<Component>,
    /// The stripes that are being read: those of the last component, or of a plain layout.
    stripes: Option<Unfinished>,
    foreign: Option<Foreign>,
}

#[derive(Debug)]
struct Unfinished {
    stripes: Stripes,
    has_count: bool,
    has_size: bool,
}

impl Drafts {
    pub(super) fn take(&mut self, line: Line<'_>, number: usize) -> Result<(), String> {
        match line {
            Line::Blank => Ok(()),
            Line::Name(name, is_default) => {
                if self.current.has_content() {
                    self.end(number)?;
                }
                self.current.name_line(name, is_default);
                let length = self.current.name.as_ref().map_or(0, String::len);
                if length > LONGEST_NAME { Err("it is no path".into()) } else { Ok(()) }
            }
            Line::Keys(pairs) => {
                pairs.into_iter().try_for_each(|(key, value)| self.key(key, value, number))
            }
            Line::Object(object) => self.current.object(object),
            Line::ObjectFid(fid) => {
                let last =
                    self.current.stripes.as_mut().and_then(|read| read.stripes.osts.last_mut());
                last.ok_or("it belongs to no object")?.fid = Some(fid);
                Ok(())
            }
            Line::Foreign(value) => {
                let value = value.trim();
                let value = value.strip_prefix('\'').and_then(|value| value.strip_suffix('\''));
                let value = value.ok_or("the text of a foreign layout lacks its quotes")?;
                value.clone_into(&mut self.current.foreign().value);
                self.end(number)
            }
        }
    }

    fn key(&mut self, key: &str, value: &str, number: usize) -> Result<(), String> {
        let begins = match key {
            "composite_header" | "lfm_magic" => self.current.has_content(),
            // Without -v nothing stands before it.
            "lcm_layout_gen" | "lcm_magic" => self.current.has_stripes(),
            "stripe_count" => self.current.has_count(),
            _ => false,
        };
        if begins {
            self.end(number)?;
        }
        self.current.key(key, value)
    }

    /// Ends the layout that is being read.
    fn end(&mut self, line: usize) -> Result<(), String> {
        let mut draft = std::mem::take(&mut self.current);
        let name = draft.name.take();
        let layout = draft
            .finish()
            .map_err(|because| LayoutTextError::Lacks { line, because }.to_string())?;
        self.done.push((name, layout));
        Ok(())
    }

    /// All layouts of a text that ends here.
    pub(super) fn finish(
        mut self,
        line: usize,
    ) -> Result<Vec<(Option<String>, Layout)>, LayoutTextError> {
        let current = self.current;
        if current.has_content() || current.name.is_some() || current.entries.is_some() {
            let name = current.name.clone();
            let layout = current.finish();
            let layout = layout.map_err(|because| LayoutTextError::Lacks { line, because })?;
            self.done.push((name, layout));
        }
        Ok(self.done)
    }
}

impl Draft {
    fn has_stripes(&self) -> bool {
        self.stripes.is_some() || !self.components.is_empty()
    }

    fn has_content(&self) -> bool {
        self.has_stripes() || self.foreign.is_some()
    }

    fn has_count(&self) -> bool {
        self.stripes.as_ref().is_some_and(|read| read.has_count)
    }

    fn key(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "lcm_layout_gen" => self.generation = parsed(key, value)?,
            "lcm_mirror_count" => self.mirrors = parsed(key, value)?,
            "lcm_entry_count" => self.entries = Some(parsed(key, value)?),
            "lcme_id" => return self.component(value),
            "lfm_type" | "lfm_flags" => {
                let bits = value.strip_prefix("0x").and_then(|d| u32::from_str_radix(d, 16).ok());
                let bits = Some(bits.ok_or_else(|| not(key, value))?);
                match key {
                    "lfm_type" => self.foreign().kind = bits,
                    _ => self.foreign().flags = bits,
                }
            }
            _ if key.starts_with("lcme_") => return self.component_key(key, value),
            _ => return self.stripe_key(key, value),
        }
        Ok(())
    }

    pub(super) fn foreign(&mut self) -> &mut Foreign {
        let none = Foreign { value: String::new(), kind: None, flags: None };
        self.foreign.get_or_insert(none)
    }

    fn component(&mut self, id: &str) -> Result<(), String> {
        self.close_stripes()?;
        if self.components.len() >= MOST_COMPONENTS {
            return Err(format!("a layout has at most {MOST_COMPONENTS} components"));
        }
        let mut component = Component::of_default(0, None, Stripes::unset());
        component.id = optional("lcme_id", id)?;
        self.components.push(component);
        Ok(())
    }

    fn component_key(&mut self, key: &str, value: &str) -> Result<(), String> {
        let component = self.components.last_mut().ok_or("no component stands before it")?;
        match key {
            "lcme_mirror_id" => component.mirror = optional(key, value)?,
            "lcme_flags" => {
                component.flags = ComponentFlags::parse(value)
                    .map_err(|word| format!("'{word}' is not a flag of a component"))?;
            }
            "lcme_extent.e_start" => component.start = parsed(key, value)?,
            "lcme_extent.e_end" if value == "EOF" => component.end = None,
            "lcme_extent.e_end" => component.end = Some(parsed(key, value)?),
            // lcme_offset, lcme_size, lcme_timestamp and what later clients add.
            _ => {}
        }
        Ok(())
    }

    fn stripe_key(&mut self, key: &str, value: &str) -> Result<(), String> {
        if !STRIPE_KEYS.contains(&key) {
            return Ok(());
        }
        let read = self.stripes.get_or_insert_with(|| Unfinished {
            stripes: Stripes::unset(),
            has_count: false,
            has_size: false,
        });
        let stripes = &mut read.stripes;
        match key {
            "stripe_count" => {
                stripes.count = parsed(key, value)?;
                if stripes.count < -1 {
                    return Err(not(key, value));
                }
                read.has_count = true;
            }
            "stripe_size" => {
                let size = Some(parsed(key, value)?).filter(|size| *size != 0);
                stripes.size = size.map_or(StripeUnit::Unset, StripeUnit::Size);
                read.has_size = true;
            }
            "extension_size" => {
                stripes.size = StripeUnit::Extension(parsed(key, value)?);
                read.has_size = true;
            }
            "pattern" => {
                stripes.pattern = Pattern::parse(value)
                    .map_err(|word| format!("'{word}' is not a pattern of stripes"))?;
            }
            "layout_gen" => stripes.generation = Some(parsed(key, value)?),
            "pool" if value.is_empty() => {}
            "pool" => stripes.pool = Some(value.to_owned()),
            _ if value == "-1" => stripes.first_ost = None,
            _ => stripes.first_ost = Some(parsed(key, value)?),
        }
        Ok(())
    }

    pub(super) fn object(&mut self, object: StripeObject) -> Result<(), String> {
        let read = self.stripes.as_mut().ok_or("no stripes stand before it")?;
        if read.stripes.osts.len() >= MOST_OBJECTS {
            return Err(format!("a component has at most {MOST_OBJECTS} objects"));
        }
        read.stripes.osts.push(object);
        Ok(())
    }

    /// Gives the stripes to the component that they were read for.
    fn close_stripes(&mut self) -> Result<(), String> {
        if let Some(component) = self.components.last_mut() {
            let read = self.stripes.take().ok_or("the component before it has no stripes")?;
            component.stripes = read.complete()?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Layout, String> {
        if let Some(foreign) = self.foreign {
            return Ok(Layout::Foreign(foreign));
        }
        self.close_stripes()?;
        if self.entries.is_some() || !self.components.is_empty() {
            let found = self.components.len();
            if found == 0 || self.entries.is_some_and(|entries| entries != found) {
                return Err(format!("shows {found} components and says another number"));
            }
            let mirrors = self.mirrors.max(1);
            let (generation, components) = (self.generation, self.components);
            return Ok(Layout::Composite(Composite { mirrors, generation, components }));
        }
        let stripes = self.stripes.ok_or("has neither stripes nor components")?.complete()?;
        Ok(if self.is_default || stripes.pattern == Pattern::NONE {
            Layout::Inherited { shown: Some(stripes) }
        } else {
            Layout::Plain(stripes)
        })
    }
}

impl Unfinished {
    fn complete(self) -> Result<Stripes, String> {
        if !self.has_count {
            return Err("has no stripe count".into());
        }
        if !self.has_size {
            return Err("has no stripe size".into());
        }
        Ok(self.stripes)
    }
}

fn parsed<T: std::str::FromStr>(key: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|_| not(key, value))
}

fn optional<T: std::str::FromStr>(key: &str, value: &str) -> Result<Option<T>, String> {
    if value == "N/A" { Ok(None) } else { parsed(key, value).map(Some) }
}

fn not(key: &str, value: &str) -> String {
    let value: String = value.chars().take(40).collect();
    format!("'{value}' is not a value of {key}")
}
