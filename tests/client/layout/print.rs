//! The texts of `lfs getstripe` (`20_layout`, `60_more/getstripe_*`).

use std::fmt::Write;

use super::{Component, FileLayout, Layout, Object, Pattern};

/// The sequence of the captured FIDs; the object id is the inode number.
pub const FID_SEQUENCE: u64 = 0x2_0000_0bd1;

/// How much to print and in which form.
#[derive(Debug, Clone, Copy, Default)]
pub struct Form {
    pub yaml: bool,
    pub verbose: bool,
}

impl Form {
    fn fid(self, inode: u64) -> String {
        if self.yaml {
            format!("{FID_SEQUENCE:#x}:{inode:#x}:0x0")
        } else {
            format!("[{FID_SEQUENCE:#x}:{inode:#x}:0x0]")
        }
    }
}

fn pattern(component: &Component) -> &'static str {
    match component.pattern {
        Pattern::Mdt => "mdt",
        Pattern::Raid0 if component.overstriped => "raid0,overstriped",
        Pattern::Raid0 => "raid0",
    }
}

/// A directory's default layout; `None` prints what a directory without one shows.
pub fn directory_default(layout: Option<&Layout>, inode: u64, form: Form) -> String {
    let fid = if form.verbose {
        format!("lmm_fid:           {}\n", form.fid(inode))
    } else {
        String::new()
    };
    match layout {
        None => format!("{fid}{}\n", default_component(&Component::default(), "0", "", form)),
        Some(layout) if !layout.composite => {
            let component = &layout.components[0];
            format!("{fid}{}\n", default_component(component, pattern(component), "", form))
        }
        Some(layout) => composite(layout, 0, "", form, |index| {
            let component = &layout.components[index];
            let fid = if form.verbose { format!("      {fid}") } else { String::new() };
            Part {
                id: None,
                flags: if component.is_extension { "extension" } else { "0" },
                // A lov_user_md without objects; one with a pool's name is longer.
                bytes: if component.pool.is_some() { 48 } else { 32 },
                text: fid + &default_component(component, pattern(component), "      ", form),
            }
        }),
    }
}

/// The striping of a directory's default: one line, or one a field in YAML.
fn default_component(component: &Component, pattern: &str, indent: &str, form: Form) -> String {
    let count = component.asked_count();
    let size = size_of(component, "");
    let first_ost = component.first_ost.map_or(-1, i64::from);
    let pool = component.pool.as_deref().map(|pool| format!("pool:          {pool}"));
    if form.yaml {
        let pool = pool.map_or_else(String::new, |pool| format!("{indent}{pool}\n"));
        return format!(
            "{indent}stripe_count:  {count}\n{indent}{size}\n{indent}pattern:       {pattern}\n\
             {indent}stripe_offset: {first_ost}\n{pool}"
        );
    }
    let gap = if indent.is_empty() { " " } else { "       " };
    let pool = pool.map_or_else(String::new, |pool| format!("{gap}{pool}"));
    format!(
        "{indent}stripe_count:  {count}{gap}{size}{gap}pattern:       {pattern}{gap}stripe_offset: {first_ost}{pool}\n"
    )
}

/// A file's layout; `bytes` is the file's size, which decides about the components that exist.
pub fn file(file: &FileLayout, bytes: u64, form: Form) -> String {
    let layout = &file.layout;
    if !layout.composite {
        return format!("{}\n", file_component(file, 0, true, "", form));
    }
    let exists = |index| file.is_instantiated(index, bytes);
    let grown = |index: &usize| exists(*index) && !layout.is_first(*index);
    let more = (0..layout.components.len()).filter(grown).count();
    let flags = if layout.mirrors() > 1 { "ro" } else { "0" };
    composite(layout, layout.components.len() + more, flags, form, |index| {
        let stripes = if exists(index) { file.stripes(index) } else { 1 };
        let header = if layout.components[index].pool.is_some() { 48 } else { 32 };
        Part {
            id: Some(component_id(layout, index)),
            flags: match exists(index) {
                true => "init",
                false if layout.components[index].is_extension => "extension",
                false => "0",
            },
            bytes: if layout.components[index].pattern == Pattern::Mdt {
                header
            } else {
                header + 24 * stripes
            },
            text: file_component(file, index, exists(index), "      ", form),
        }
    })
}

/// The striping of one component of a file.
fn file_component(
    file: &FileLayout,
    index: usize,
    exists: bool,
    indent: &str,
    form: Form,
) -> String {
    let component = &file.layout.components[index];
    let objects = if exists { file.objects(index) } else { Vec::new() };
    let count =
        if exists { file.stripes(index).to_string() } else { component.asked_count().to_string() };
    let first = match (objects.first(), component.pattern) {
        (Some(object), _) => object.ost.to_string(),
        (None, Pattern::Mdt) => "0".to_owned(),
        (None, Pattern::Raid0) => "-1".to_owned(),
    };
    let mut fields = Vec::new();
    if form.verbose {
        let magic = if component.pool.is_some() { "0x0BD30BD0" } else { "0x0BD10BD0" };
        fields.push(("magic", magic.to_owned()));
        fields.push(("seq", format!("{FID_SEQUENCE:#x}")));
        fields.push(("object_id", format!("{:#x}", file.inode)));
        fields.push(("fid", form.fid(file.inode)));
    }
    fields.push(("stripe_count", count));
    let size = size_of(component, "lmm_");
    fields.push(("", size));
    fields.push(("pattern", pattern(component).to_owned()));
    fields.push(("layout_gen", "0".to_owned()));
    fields.push(("stripe_offset", first));
    fields.extend(component.pool.iter().map(|pool| ("pool", pool.clone())));
    let mut text = String::new();
    for (name, value) in fields {
        let _fits = if name.is_empty() {
            writeln!(text, "{indent}{value}")
        } else {
            writeln!(text, "{indent}{:<18} {value}", format!("lmm_{name}:"))
        };
    }
    text + &objects_of(&objects, !indent.is_empty(), indent, form)
}

/// The number of a file's component: in a mirrored file the mirror's is in front (`20_layout/getstripe_mirror`).
pub fn component_id(layout: &Layout, index: usize) -> usize {
    usize::from(layout.components[index].mirror) << 16 | (index + 1)
}

/// `stripe_size:` or, of an extension, `extension_size:`, whose value moves to the right.
fn size_of(component: &Component, prefix: &str) -> String {
    let size = component.size();
    if component.is_extension {
        format!("{prefix}extension_size: {size}")
    } else if prefix.is_empty() {
        format!("stripe_size:   {size}")
    } else {
        format!("{:<18} {size}", format!("{prefix}stripe_size:"))
    }
}

/// The objects: a table for a plain layout, a list in a component and in YAML.
fn objects_of(objects: &[Object], in_component: bool, indent: &str, form: Form) -> String {
    let mut text = match (objects.is_empty(), form.yaml || in_component) {
        (true, _) => String::new(),
        (false, true) => format!("{indent}lmm_objects:\n"),
        (false, false) => "\tobdidx\t\t objid\t\t objid\t\t group\n".to_owned(),
    };
    for (stripe, object) in objects.iter().enumerate() {
        let (Object { ost, id }, sequence) = (object, object.sequence());
        let _fits = match (form.yaml, in_component) {
            (true, _) => writeln!(
                text,
                "      - l_ost_idx: {ost}\n        l_fid:     {sequence:#x}:{id:#x}:0x0"
            ),
            (false, true) => writeln!(
                text,
                "      - {stripe}: {{ l_ost_idx: {ost}, l_fid: [{sequence:#x}:{id:#x}:0x0] }}"
            ),
            (false, false) => writeln!(text, "\t{ost:6}\t{id:14}\t{id:#13x}\t{sequence:#14x}"),
        };
    }
    text
}

/// What is particular about a component of a default or of a file.
struct Part {
    /// The component's number; a default's components have none.
    id: Option<usize>,
    flags: &'static str,
    /// The size of its binary form.
    bytes: usize,
    text: String,
}

/// A composite layout with the text of each component; `flags` is what stands for no flags in the verbose header.
fn composite(
    layout: &Layout,
    generation: usize,
    flags: &str,
    form: Form,
    part: impl Fn(usize) -> Part,
) -> String {
    let count = layout.components.len();
    let parts: Vec<Part> = (0..count).map(part).collect();
    let header = 32 + 48 * count;
    let mut text = String::new();
    if form.verbose {
        let size = header + parts.iter().map(|part| part.bytes).sum::<usize>();
        let _fits = writeln!(
            text,
            "composite_header:\n  lcm_magic:         0x0BD60BD0\n  lcm_size:          {size}\n  lcm_flags:         {flags}"
        );
    }
    let _fits = writeln!(
        text,
        "  lcm_layout_gen:    {generation}\n  lcm_mirror_count:  {}\n  lcm_entry_count:   {count}",
        layout.mirrors()
    );
    if form.verbose && !form.yaml {
        text.push_str("components:\n");
    }
    let mut offset = header;
    for (index, (component, part)) in layout.components.iter().zip(parts).enumerate() {
        let first = match (form.yaml, form.verbose) {
            (true, _) => format!("  component{index}:\n    "),
            (false, true) => "  - ".to_owned(),
            (false, false) => "    ".to_owned(),
        };
        let id = part.id.map_or_else(|| "N/A".to_owned(), |id| id.to_string());
        let mirror = part.id.map_or_else(|| "N/A".to_owned(), |_| component.mirror.to_string());
        let start = layout.start(index);
        let end = component.end.map_or_else(|| "EOF".to_owned(), |end| end.to_string());
        let _fits = writeln!(
            text,
            "{first}lcme_id:             {id}\n    lcme_mirror_id:      {mirror}\n    lcme_flags:          {}\n    \
             lcme_extent.e_start: {start}\n    lcme_extent.e_end:   {end}",
            part.flags
        );
        if form.verbose && !form.yaml {
            let _fits = writeln!(
                text,
                "    lcme_offset:         {offset}\n    lcme_size:           {}",
                part.bytes
            );
        }
        if form.verbose || form.yaml {
            text.push_str("    sub_layout:\n");
        }
        text.push_str(&part.text);
        text.push('\n');
        offset += part.bytes;
    }
    text
}
