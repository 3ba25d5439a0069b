//! Whose file systems count: those of this node's VPC and account, and those that `[resolve]`
//! allows; pure. Whoever may tag a file system elsewhere must not steer root's mounts.

use super::SelectError;
use crate::aws::NodeIdentity;
use crate::config::ResolveSection;
use fsxlustre_mount::file_system::FileSystem;

/// Whether a file system counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counts {
    /// It does.
    Yes,
    /// It cannot be told: the node does not know its own VPC or account.
    Unknown,
    /// It does not, for this reason.
    No(String),
}

/// What this node reaches.
#[derive(Clone, Copy, Debug)]
pub struct Reach<'a> {
    /// Who and where the node is.
    pub node: &'a NodeIdentity,
    /// What is allowed beside.
    pub allowed: &'a ResolveSection,
}

impl Reach<'_> {
    /// Whether a file system counts.
    ///
    /// Where the node does not know its own, the lists of `[resolve]` decide alone if there are any.
    pub fn counts(&self, candidate: &FileSystem) -> Counts {
        let vpc = one(
            "VPC",
            self.node.vpc.as_deref(),
            &self.allowed.allow_vpc,
            candidate.vpc_id.as_deref(),
        );
        let owner = one(
            "account",
            self.node.account.as_deref(),
            &self.allowed.allow_owner,
            candidate.owner_id.as_deref(),
        );
        match (vpc, owner) {
            (Counts::No(vpc), Counts::No(owner)) => Counts::No(format!("{vpc}, {owner}")),
            (Counts::No(why), _) | (_, Counts::No(why)) => Counts::No(why),
            (Counts::Yes, Counts::Yes) => Counts::Yes,
            _ => Counts::Unknown,
        }
    }

    /// The refusal of `require_vpc`, where it holds and it cannot be told what counts.
    pub fn refusal(&self, wanted: impl Into<String>) -> Option<SelectError> {
        let because = self.blind().filter(|_| self.allowed.require_vpc)?;
        Some(SelectError::Blind { wanted: wanted.into(), because })
    }

    /// Why it cannot be told of every file system whether it counts; `None` where it can.
    pub fn blind(&self) -> Option<String> {
        let no_vpc = self.node.vpc.is_none() && self.allowed.allow_vpc.is_empty();
        let no_account = self.node.account.is_none() && self.allowed.allow_owner.is_empty();
        let what = match (no_vpc, no_account) {
            (true, true) => "VPC and account are",
            (true, false) => "VPC is",
            (false, true) => "account is",
            (false, false) => return None,
        };
        let why = self.node.unknown.as_deref().unwrap_or("the instance does not say");
        Some(format!("this node's own {what} not known: {why}"))
    }
}

fn one(what: &str, own: Option<&str>, allowed: &[String], theirs: Option<&str>) -> Counts {
    let is_allowed = theirs.is_some_and(|theirs| allowed.iter().any(|one| one == theirs));
    match (own, theirs) {
        _ if is_allowed => Counts::Yes,
        (Some(own), Some(theirs)) if own == theirs => Counts::Yes,
        (None, _) if allowed.is_empty() => Counts::Unknown,
        (_, Some(theirs)) => Counts::No(format!("in another {what}: {theirs}")),
        (_, None) => Counts::No(format!("its {what} is not told")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_system(vpc: Option<&str>, owner: Option<&str>) -> FileSystem {
        FileSystem {
            vpc_id: vpc.map(str::to_owned),
            owner_id: owner.map(str::to_owned),
            ..FileSystem::default()
        }
    }

    fn node(vpc: Option<&str>, account: Option<&str>) -> NodeIdentity {
        NodeIdentity {
            vpc: vpc.map(str::to_owned),
            account: account.map(str::to_owned),
            ..NodeIdentity::default()
        }
    }

    fn allowed(vpcs: &[&str], owners: &[&str]) -> ResolveSection {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        ResolveSection { allow_vpc: list(vpcs), allow_owner: list(owners), require_vpc: false }
    }

    fn counts(
        node: &NodeIdentity,
        allowed: &ResolveSection,
        vpc: Option<&str>,
        owner: Option<&str>,
    ) -> Counts {
        Reach { node, allowed }.counts(&file_system(vpc, owner))
    }

    #[test]
    fn only_what_is_the_nodes_own_or_allowed_counts() {
        let own = node(Some("vpc-1"), Some("111"));
        let none = ResolveSection::default();
        let no = |why: &str| Counts::No(why.into());
        assert_eq!(counts(&own, &none, Some("vpc-1"), Some("111")), Counts::Yes);
        let foreign_vpc = no("in another VPC: vpc-2");
        assert_eq!(counts(&own, &none, Some("vpc-2"), Some("111")), foreign_vpc);
        let foreign_owner = no("in another account: 222");
        assert_eq!(counts(&own, &none, Some("vpc-1"), Some("222")), foreign_owner);
        let both = no("in another VPC: vpc-2, in another account: 222");
        assert_eq!(counts(&own, &none, Some("vpc-2"), Some("222")), both);
        assert_eq!(counts(&own, &none, None, Some("111")), no("its VPC is not told"));
        let peered = allowed(&["vpc-2"], &[]);
        assert_eq!(counts(&own, &peered, Some("vpc-2"), Some("111")), Counts::Yes);
        assert_eq!(counts(&own, &peered, Some("vpc-1"), Some("111")), Counts::Yes);
        assert_eq!(counts(&own, &peered, Some("vpc-2"), Some("222")), foreign_owner);
    }

    #[test]
    fn a_node_that_does_not_know_itself_cannot_tell_unless_lists_do() {
        let blind = node(None, None);
        let none = ResolveSection::default();
        assert_eq!(counts(&blind, &none, Some("vpc-1"), Some("111")), Counts::Unknown);
        let told = Reach { node: &blind, allowed: &none }.blind().expect("blind");
        assert!(told.contains("VPC and account are not known"), "{told}");
        let lists = allowed(&["vpc-1"], &["111"]);
        assert_eq!(counts(&blind, &lists, Some("vpc-1"), Some("111")), Counts::Yes);
        assert!(matches!(counts(&blind, &lists, Some("vpc-2"), Some("111")), Counts::No(_)));
        assert_eq!(Reach { node: &blind, allowed: &lists }.blind(), None);
        let half = node(Some("vpc-1"), None);
        assert_eq!(counts(&half, &none, Some("vpc-1"), Some("222")), Counts::Unknown);
        assert!(matches!(counts(&half, &none, Some("vpc-2"), Some("222")), Counts::No(_)));
    }
}
