//! The names of the client's devices: which file system and target they belong to.
//!
//! `<fs>-<hex>` in `llite`, `<fs>-OSTxxxx-osc-<hex>` in `osc`, `<fs>-MDTxxxx-mdc-<hex>` in `mdc`.
//! The hexadecimal part is new at every mount, so it is no label. A file system's name may itself
//! have a `-`, so names are read from the right. A name that ends in `-osc-MDTxxxx` is a server's
//! own device and none of ours.

/// The folders of the client's devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Folder {
    /// Mounted clients.
    Llite,
    /// Connections to object storage targets.
    Osc,
    /// Connections to metadata targets.
    Mdc,
}

impl Folder {
    /// Its name below `…/lustre`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Llite => "llite",
            Self::Osc => "osc",
            Self::Mdc => "mdc",
        }
    }
}

/// One device of this client.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Instance {
    /// The name of its folder.
    pub(super) name: String,
    fs_end: usize,
    target_end: usize,
}

impl Instance {
    /// Reads the name of a device; `None` when it is something else's.
    pub(super) fn parse(folder: Folder, name: &str) -> Option<Self> {
        let (device, instance) = name.rsplit_once('-')?;
        let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if instance.is_empty() || !is_hex(instance) {
            return None;
        }
        let (fs, target) = match folder {
            Folder::Llite => (device, ""),
            Folder::Osc => device.strip_suffix("-osc")?.rsplit_once('-')?,
            Folder::Mdc => device.strip_suffix("-mdc")?.rsplit_once('-')?,
        };
        let index = match folder {
            Folder::Llite => Some("0000"),
            Folder::Osc => target.strip_prefix("OST"),
            Folder::Mdc => target.strip_prefix("MDT"),
        };
        let index_fits = index.is_some_and(|index| index.len() == 4 && is_hex(index));
        (!fs.is_empty() && index_fits).then(|| Self {
            name: name.to_owned(),
            fs_end: fs.len(),
            target_end: fs.len() + usize::from(!target.is_empty()) + target.len(),
        })
    }

    /// The file system's name.
    pub(super) fn fs(&self) -> &str {
        self.name.get(..self.fs_end).unwrap_or_default()
    }

    /// The client that it is a part of: the hexadecimal part, which all devices of one mounted client
    /// share.
    pub(super) fn client(&self) -> &str {
        self.name.rsplit_once('-').map_or("", |(_, client)| client)
    }

    /// Whether both belong to one target: two mounts of a file system have two devices for each.
    pub(super) fn has_same_target(&self, other: &Self) -> bool {
        self.fs() == other.fs() && self.target() == other.target()
    }

    /// `OST0001`, `MDT0000`; empty for a device of `llite`.
    pub(super) fn target(&self) -> &str {
        self.name.get(self.fs_end + 1..self.target_end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_file_system_and_target() {
        for (folder, name, wanted) in [
            (Folder::Llite, "p7lsxbev-ff3391038293f800", Some(("p7lsxbev", ""))),
            (Folder::Llite, "lustrefs-ffff88105db50000", Some(("lustrefs", ""))),
            (Folder::Llite, "a-b-ff3391038293f800", Some(("a-b", ""))),
            (Folder::Llite, "num_refs", None),
            (Folder::Llite, "-ff33", None),
            (Folder::Llite, "x-", None),
            (Folder::Osc, "p7lsxbev-OST00ff-osc-ff3391038293f800", Some(("p7lsxbev", "OST00ff"))),
            (Folder::Osc, "a-OST-b-OST0001-osc-0f", Some(("a-OST-b", "OST0001"))),
            (Folder::Osc, "x-OST0000-osc-MDT0000", None),
            (Folder::Osc, "x-OST0000-mdc-ff", None),
            (Folder::Osc, "x-MDT0000-osc-ff", None),
            (Folder::Osc, "x-OST00000-osc-ff", None),
            (Folder::Osc, "OST0000-osc-ff", None),
            (Folder::Osc, "-OST0000-osc-ff", None),
            (Folder::Mdc, "x-MDT0000-mdc-ff33", Some(("x", "MDT0000"))),
            (Folder::Mdc, "é-MDT0000-mdc-ff33", Some(("é", "MDT0000"))),
            (Folder::Mdc, "", None),
        ] {
            let instance = Instance::parse(folder, name);
            let got = instance.as_ref().map(|instance| (instance.fs(), instance.target()));
            assert_eq!(got, wanted, "{name}");
        }
    }
}
