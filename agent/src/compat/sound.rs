//! What is wrong with a matrix in itself: what it names and does not have, ranges that hold nothing,
//! that overlap, or that leave a gap.

use super::{Fit, Kernel, KernelRow, Matrix, is_release};

impl Matrix {
    /// Everything that is wrong with it; empty for one that can be used.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if !is_day(&self.date) {
            faults.push(format!("date '{}' is no day (YYYY-MM-DD)", self.date));
        }
        faults.extend(self.unknown_names());
        faults.extend(self.kernels.iter().filter_map(|row| self.fault(row)));
        for (place, row) in self.kernels.iter().enumerate() {
            let others = self.kernels.iter().enumerate().filter(|(other, _)| *other != place);
            let over = others.map(|(_, other)| other).find(|other| overlaps(row, other));
            faults.extend(over.map(|other| {
                format!("{}: {} and {} overlap", row.name, row.kernels(), other.kernels())
            }));
            faults.extend(self.gaps(row));
        }
        faults.extend(self.install.iter().filter_map(super::install::InstallRow::fault));
        faults.extend(self.partitions.iter().filter_map(super::install::PartitionRow::fault));
        faults
    }

    fn unknown_names(&self) -> Vec<String> {
        let of_kernels = self.kernels.iter().map(|row| &row.source);
        let of_clients = self.clients.iter().map(|row| &row.source);
        let of_refused = self.refused.iter().map(|row| &row.source);
        let of_install = self.install.iter().map(|row| &row.source);
        let of_partitions = self.partitions.iter().map(|row| &row.source);
        let sources = of_kernels.chain(of_clients).chain(of_refused).chain(of_install);
        let sources = sources.chain(of_partitions);
        let unknown = sources.filter(|name| !self.sources.contains_key(*name));
        let mut told: Vec<String> =
            unknown.map(|name| format!("no source is called {name}")).collect();
        let ids = self.kernels.iter().flat_map(|row| &row.distributions);
        let ids = ids.chain(self.refused.iter().flat_map(|row| &row.distributions));
        let has_rules =
            |id: &&String| self.distributions.iter().any(|known| known.ids.contains(id));
        let without = ids.filter(|id| !has_rules(id));
        told.extend(
            without.map(|id| format!("no [[distribution]] says how kernels of {id} are read")),
        );
        told
    }

    fn fault(&self, row: &KernelRow) -> Option<String> {
        let about = || format!("{} {}", row.name, row.kernels());
        let own = lowest(row);
        let ends = row.to.as_ref().map(|to| Kernel { numbers: to.numbers.clone(), ..own.clone() });
        if !row.holds(&own) || ends.is_some_and(|ends| !row.holds(&ends)) {
            return Some(format!("{}: the range does not hold its own bounds", about()));
        }
        let mut systems = row.file_systems.iter();
        let unfit = systems.find(|version| self.client_fits(&row.client, version) != Fit::Usable);
        let words = [&row.distributions, &row.architectures, &row.file_systems];
        match unfit {
            Some(version) => {
                let client = &row.client;
                Some(format!("{}: no [[client]] {client} can use {version}", about()))
            }
            None if words.iter().any(|words| words.is_empty()) => {
                Some(format!("{}: a list of it is empty", about()))
            }
            None => None,
        }
    }

    /// A range that ends below a kernel is followed by one that begins there, on each of its
    /// distributions and architectures.
    fn gaps(&self, row: &KernelRow) -> Vec<String> {
        let Some(below) = &row.below else { return Vec::new() };
        let next = Kernel { numbers: below.numbers.clone(), ..lowest(row) };
        let begins = |other: &&KernelRow| other.holds(&next) && other.from.numbers == below.numbers;
        let followers: Vec<&KernelRow> = self.kernels.iter().filter(begins).collect();
        let pairs = row.distributions.iter().flat_map(|distribution| {
            row.architectures.iter().map(move |architecture| (distribution, architecture))
        });
        let is_gap = |(distribution, architecture): &(&String, &String)| {
            !followers.iter().any(|other| {
                other.distributions.contains(distribution)
                    && other.architectures.contains(architecture)
                    && is_release(&row.release, &other.release)
            })
        };
        let gap = |(distribution, architecture): (&String, &String)| {
            let (name, kernels) = (&row.name, row.kernels());
            format!(
                "{name}: no row goes on where {kernels} ends, for {distribution} on {architecture}"
            )
        };
        pairs.filter(is_gap).map(gap).collect()
    }
}

/// The lowest kernel of a row: of two ranges that overlap, one holds the other's lowest.
fn lowest(row: &KernelRow) -> Kernel {
    let numbers = row.from.numbers.clone().max(row.within.numbers.clone());
    Kernel { numbers, release: None, flavour: row.flavour.clone() }
}

fn overlaps(row: &KernelRow, other: &KernelRow) -> bool {
    same_nodes(row, other) && other.holds(&lowest(row))
}

fn same_nodes(one: &KernelRow, other: &KernelRow) -> bool {
    let both = |a: &[String], b: &[String]| a.iter().any(|word| b.contains(word));
    both(&one.distributions, &other.distributions)
        && both(&one.architectures, &other.architectures)
        && (is_release(&one.release, &other.release) || is_release(&other.release, &one.release))
}

/// `2026-08-15`: days so written sort as text.
fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |part: &str, digits: usize, most: u32| {
        part.len() == digits
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && part.parse().is_ok_and(|number: u32| number >= 1 && number <= most)
    };
    match parts.as_slice() {
        [year, month, day] => number(year, 4, 9999) && number(month, 2, 12) && number(day, 2, 31),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_carried_matrix_has_no_fault() {
        assert_eq!(Matrix::carried().expect("carried").faults(), Vec::<String>::new());
    }

    const ARM_TOO: &str = "architectures = [\"x86_64\", \"aarch64\"]\nwithin = \"5.10\"\nfrom";
    const ARM_NO_MORE: &str = "architectures = [\"x86_64\"]\nwithin = \"5.10\"\nfrom";

    /// Each fault, put into the matrix that this program carries, is found and named.
    #[test]
    fn each_fault_is_named() {
        let carried = include_str!("../../data/compatibility.toml");
        for (from, to, words) in [
            // A gap: the row of the older client ends earlier.
            (
                "below = \"5.10.144-127.601\"",
                "below = \"5.10.143-1.1\"",
                "no row goes on where 5.10",
            ),
            // A gap on one architecture: the row that goes on is of the other one only.
            (ARM_TOO, ARM_NO_MORE, "where 5.10 below 5.10.144-127.601 ends, for amzn on aarch64"),
            // An overlap: it ends later.
            ("below = \"5.4.214-120.368\"", "below = \"5.4.215-1.1\"", "overlap"),
            (
                "from = \"6.1.79-99.167\"",
                "from = \"6.2.79-99.167\"",
                "does not hold its own bounds",
            ),
            ("to = \"6.5.0-1024\"", "to = \"6.5.0-1022\"", "does not hold its own bounds"),
            ("guide-2022\"", "nowhere\"", "no source is called nowhere"),
            ("ids = [\"sles\"]", "ids = [\"suse\"]", "how kernels of sles are read"),
            ("host = \"s3.amazonaws.com\"", "host = \"s3/x; y\"", "is no host"),
            ("file_systems = [\"2.15\"]", "file_systems = [\"2.16\"]", "can use 2.16"),
            ("file_systems = [\"2.15\"]", "file_systems = []", "a list of it is empty"),
        ] {
            let text = carried.replacen(from, to, 1);
            assert_ne!(text, carried, "{from}");
            let error = Matrix::parse(&text).expect_err(words);
            assert!(error.because.contains(words), "{words}: {}", error.because);
        }
    }

    /// What follows on one distribution does not follow on another.
    #[test]
    fn a_gap_of_one_distribution_is_named() {
        let carried = include_str!("../../data/compatibility.toml");
        let joined = carried
            .replace("within = \"3.10.0-862\"", "from = \"3.10.0-862\"\nbelow = \"3.10.0-957\"")
            .replace("within = \"3.10.0-957\"", "within = \"3.10.0-957\"\nfrom = \"3.10.0-957\"");
        Matrix::parse(&joined).expect("the one goes on where the other ends");
        let (of, one) = ("[\"rhel\", \"centos\"]", "[\"rhel\"]");
        let rest = "\nrelease = \"7\"\nname = \"RHEL family 7.6\"";
        let cut = joined.replace(&format!("{of}{rest}"), &format!("{one}{rest}"));
        let error = Matrix::parse(&cut).expect_err("a gap");
        assert!(error.because.contains("ends, for centos on x86_64"), "{}", error.because);
        assert!(!error.because.contains("for rhel"), "{}", error.because);
    }
}
