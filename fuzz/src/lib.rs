//! The agent's parsers of the kernel's and of lfs's texts, from the agent's own files, one way in a target.

#[path = "../../agent/src/metrics"]
#[expect(dead_code, reason = "the collectors around the parsers do not run here")]
mod metrics {
    mod cache;
    mod encode;
    mod extents;
    mod families;
    mod history;
    mod import_file;
    mod import_state;
    mod instances;
    mod kept_files;
    mod ldlm;
    mod line;
    mod listing;
    mod llite;
    mod lnet;
    mod peers;
    mod reading;
    mod rpc_histograms;
    mod rpc_stats;
    mod rpc_times;
    mod sources;
    mod stats;
    mod targets;
    mod text;
    mod verdict;

    /// Ways in.
    pub mod parse {
        use crate::metrics::{
            cache, extents as extents_file, import_file, import_state, ldlm, llite, lnet as lnet_files,
            peers, rpc_stats as rpc_stats_file, rpc_times, targets,
        };

        /// `stats` files of every kind.
        pub fn stats(bytes: &[u8]) {
            let _ = llite::parse(bytes);
            let _ = rpc_times::parse(bytes);
            let _ = targets::parse_md_stats(bytes);
            let _ = ldlm::parse_callbacks(bytes);
            let _ = cache::parse_read_ahead(bytes);
        }

        /// `rpc_stats`.
        pub fn rpc_stats(bytes: &[u8]) {
            let _ = rpc_stats_file::parse(bytes);
        }

        /// `import`, `state`, `timeouts` and the state's short form.
        pub fn import(bytes: &[u8]) {
            let _ = import_file::parse(bytes);
            let _ = import_file::parse_changes(bytes);
            let _ = import_file::parse_network_seconds(bytes);
            let _ = import_state::parse(bytes);
        }

        /// `extents_stats`.
        pub fn extents(bytes: &[u8]) {
            let _ = extents_file::parse(bytes);
        }

        /// LNet's `stats`, `nis` and `peers`.
        pub fn lnet(bytes: &[u8]) {
            let _ = lnet_files::parse(bytes);
            let _ = lnet_files::parse_interfaces(bytes);
            let _ = peers::parse(bytes);
        }
    }
}

#[path = "../../agent/src/layout"]
#[expect(dead_code, reason = "what is done with layouts does not run here")]
mod layout {
    mod arguments;
    mod compare;
    mod draft;
    mod explain;
    mod feature;
    mod lov;
    mod model;
    mod osts;
    mod print;
    mod problem;
    mod setstripe;
    mod shape;
    mod sound;
    mod stripe_size;
    mod text;
    mod text_error;

    /// Ways in.
    pub mod read {
        use crate::layout::model::Layout;
        use crate::layout::setstripe::parse_setstripe;
        use crate::layout::shape::FileSystemShape;

        /// Texts of `lfs getstripe`; what is read is read again from what is printed of it.
        pub fn text(bytes: &[u8]) {
            let text = String::from_utf8_lossy(bytes);
            let _ = Layout::named(&text);
            for layout in Layout::all(&text).unwrap_or_default() {
                let _ = (layout.shown(), layout.problems(&FileSystemShape::with_osts(4)));
                assert!(Layout::parse_text(&layout.getstripe_text()).is_ok(), "{layout:?}");
            }
        }

        /// The attribute `lustre.lov`.
        pub fn lov(bytes: &[u8]) {
            if let Ok(layout) = Layout::parse_lov(bytes) {
                let _ = (layout.shown(), layout.explained(Some(1 << 40), &FileSystemShape::default()));
            }
        }

        /// Arguments of `lfs setstripe`; what is read is read again from what is printed of it.
        pub fn arguments(bytes: &[u8]) {
            let text = String::from_utf8_lossy(bytes);
            let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            let Ok(layout) = parse_setstripe(&words) else { return };
            let problems = layout.problems(&FileSystemShape::with_osts(4));
            if problems.is_empty() {
                assert_eq!(parse_setstripe(&layout.setstripe_arguments()).ok(), Some(layout));
            }
        }
    }
}

pub use layout::read;
pub use metrics::parse;
