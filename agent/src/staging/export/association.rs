//! Which data repository holds a path, where a file system has several. Pure.

use fsxlustre_mount::file_system::DataRepository;

/// What holds a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding<'a> {
    /// The one that holds all of it: of several that contain it, the one with the longest path.
    pub whole: Option<&'a DataRepository>,
    /// Those that hold something below it.
    pub below: Vec<&'a DataRepository>,
}

impl<'a> Holding<'a> {
    /// Of a path below the file system's root, with a `/` before it.
    pub fn of(path: &str, repositories: &'a [DataRepository]) -> Self {
        let contains = |one: &&DataRepository| is_within(path, &one.path);
        let whole = repositories.iter().filter(contains).max_by_key(|one| parts(&one.path).count());
        let is_below = |one: &&DataRepository| {
            is_within(&one.path, path) && whole.is_none_or(|whole| !is_same(whole, one))
        };
        Self { whole, below: repositories.iter().filter(is_below).collect() }
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &'a DataRepository> + '_ {
        self.whole.into_iter().chain(self.below.iter().copied())
    }
}

fn is_same(one: &DataRepository, other: &DataRepository) -> bool {
    one.id == other.id && one.path == other.path
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
}

/// Whether a path is this folder or below it, name by name.
pub(super) fn is_within(path: &str, folder: &str) -> bool {
    let mut own = parts(path);
    parts(folder).all(|part| own.next() == Some(part))
}

/// What an association is called in messages.
pub(super) fn name(one: &DataRepository) -> String {
    let id = one.id.as_deref().unwrap_or("the file system's own link");
    format!("{id} ({} = {})", one.path, one.location)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repositories(paths: &[&str]) -> Vec<DataRepository> {
        let one = |path: &&str| DataRepository {
            id: Some(format!("dra-{path}")),
            path: (*path).to_owned(),
            ..DataRepository::default()
        };
        paths.iter().map(one).collect()
    }

    #[test]
    fn the_longest_path_holds_and_names_count_whole() {
        let all = repositories(&["/a", "/a/b/", "/ab", "/c/d"]);
        let whole = |path: &str| {
            Holding::of(path, &all).whole.map(|one| one.path.clone()).unwrap_or_default()
        };
        for (path, wanted) in [
            ("/a", "/a"),
            ("/a/x", "/a"),
            ("/a/b", "/a/b/"),
            ("/a/b/c", "/a/b/"),
            ("/a/bc", "/a"),
            ("/ab/x", "/ab"),
            ("/abc", ""),
            ("/c", ""),
            ("/", ""),
        ] {
            assert_eq!(whole(path), wanted, "{path}");
        }
        let below = |path: &str| Holding::of(path, &all).below.len();
        assert_eq!((below("/"), below("/a"), below("/c"), below("/a/b")), (4, 1, 1, 0));
    }

    #[test]
    fn a_link_to_the_root_holds_everything() {
        let all = repositories(&["/"]);
        for path in ["/", "/x/y"] {
            let holding = Holding::of(path, &all);
            assert_eq!((holding.whole.is_some(), holding.below.len()), (true, 0), "{path}");
        }
    }
}
