//! What `lfs getstripe -d` prints of a directory's default layout.
//!
//! Every client version prints `key: value` pairs, in one line (`-d`) or one a line (`-d -y`):
//!
//! ```text
//! stripe_count:  2 stripe_size:   2097152 pattern:       raid0 stripe_offset: -1
//! ```
//!
//! A directory without a default of its own prints `pattern: 0` (2.15). A composite layout prints
//! `lcm_…` keys.

/// The default layout of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DefaultLayout {
    /// None of its own: files get what the file system gives.
    Inherited,
    /// So many stripes of such a size.
    Plain {
        /// -1 for all OSTs.
        stripe_count: i32,
        /// Bytes.
        stripe_size: u64,
        /// The pool.
        pool: Option<String>,
    },
    /// One of several components.
    Composite {
        /// How many.
        components: usize,
    },
}

impl std::fmt::Display for DefaultLayout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Inherited => f.write_str("no default of its own"),
            Self::Plain { stripe_count, stripe_size, pool } => {
                write!(f, "stripe count {stripe_count}, stripe size {stripe_size}")?;
                match pool {
                    Some(pool) => write!(f, ", pool {pool}"),
                    None => Ok(()),
                }
            }
            Self::Composite { components } => write!(f, "{components} components"),
        }
    }
}

/// Reads the text; `None` when it lacks a count or a size.
pub fn parse_default_layout(text: &str) -> Option<DefaultLayout> {
    let value = |key: &str| {
        let mut words = text.split_whitespace();
        words.find(|word| word.strip_suffix(':') == Some(key))?;
        words.next().filter(|word| !word.ends_with(':'))
    };
    if let Some(count) = value("lcm_entry_count") {
        return Some(DefaultLayout::Composite { components: count.parse().ok()? });
    }
    let stripe_count = value("stripe_count")?.parse().ok()?;
    let stripe_size = value("stripe_size")?.parse().ok()?;
    if value("pattern") == Some("0") {
        return Some(DefaultLayout::Inherited);
    }
    let pool = value("pool").map(str::to_owned);
    Some(DefaultLayout::Plain { stripe_count, stripe_size, pool })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_2_15_client_printed_is_read() {
        let plain =
            "stripe_count:  2 stripe_size:   2097152 pattern:       raid0 stripe_offset: -1\n\n";
        let two = DefaultLayout::Plain { stripe_count: 2, stripe_size: 2_097_152, pool: None };
        assert_eq!(parse_default_layout(plain), Some(two.clone()));
        let yaml =
            "stripe_count:  2\nstripe_size:   2097152\npattern:       raid0\nstripe_offset: -1\n";
        assert_eq!(parse_default_layout(yaml), Some(two));
        let none = "stripe_count:  1 stripe_size:   4194304 pattern:       0 stripe_offset: -1\n\n";
        assert_eq!(parse_default_layout(none), Some(DefaultLayout::Inherited));
        let pool = "stripe_count:  -1\nstripe_size:   4194304\npattern:       raid0\nstripe_offset: -1\npool:          p1\n";
        assert_eq!(
            parse_default_layout(pool),
            Some(DefaultLayout::Plain {
                stripe_count: -1,
                stripe_size: 4_194_304,
                pool: Some("p1".into())
            })
        );
        let composite = "  lcm_layout_gen:    0\n  lcm_mirror_count:  1\n  lcm_entry_count:   3\n";
        assert_eq!(
            parse_default_layout(composite),
            Some(DefaultLayout::Composite { components: 3 })
        );
    }

    #[test]
    fn rubbish_is_not_a_layout() {
        for text in ["", "stripe_count:", "stripe_count: x stripe_size: 1", "stripe_size: 5"] {
            assert_eq!(parse_default_layout(text), None, "{text}");
        }
    }
}
