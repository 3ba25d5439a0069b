//! Settings that AWS's EFA setup gives LNet: shown beside what is wanted, never set here.

use super::data::How;
use super::wanted::{Wanted, Wishes};
use crate::facts::{EfaCredits, Observed, efa_credits};
use fsxlustre_mount::host::{Deadline, Host};
use serde::Serialize;

/// The key of the only one.
const PEER_CREDITS: &str = "efa.peer_credits";

/// How one stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LnetRow {
    /// `efa.peer_credits`.
    pub key: String,
    /// What each address has.
    pub now: Observed<Vec<EfaCredits>>,
}

/// Asks LNet for what is wanted of it; nothing where nothing is.
pub fn lnet_rows(host: &Host, wishes: &Wishes, deadline: Deadline) -> Vec<LnetRow> {
    let wanted = wishes.wanted.iter().filter(|wanted| wanted.how == How::Lnetctl);
    let known = wanted.filter(|wanted| wanted.key == PEER_CREDITS);
    known
        .map(|wanted| LnetRow { key: wanted.key.clone(), now: efa_credits(host, deadline) })
        .collect()
}

impl LnetRow {
    /// What stands against what is wanted, in words.
    pub fn words(&self, wanted: &Wanted) -> String {
        let wish = wanted.shown();
        let all = match &self.now {
            Observed::Unknown { because, .. } => return format!("unknown -> {wish}: {because}"),
            Observed::Known { value, .. } => value,
        };
        if all.is_empty() {
            return format!("LNet has no network of EFA -> {wish}");
        }
        let told = |one: &EfaCredits| match one.peer_credits {
            Some(now) if wanted.is_met_by(now) => format!("{} has {now}: holds", one.nid),
            Some(now) => format!("{} has {now} -> {wish}", one.nid),
            None => format!("{} does not tell -> {wish}", one.nid),
        };
        all.iter().map(told).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tune::{NodeSize, Profile, TuneSection, TuningData};

    #[test]
    fn what_an_address_has_is_told_beside_what_is_wanted() {
        let data = TuningData::carried().expect("data");
        let node = NodeSize { has_efa: Some(true), ..NodeSize::default() };
        let profile = Profile::named(data, &TuneSection::default(), "aws-documented");
        let wishes = Wishes::of(data, &profile.expect("known"), &node);
        let wanted = wishes.of_key(PEER_CREDITS).expect("wanted with EFA");
        let row = |now| LnetRow { key: PEER_CREDITS.into(), now };
        let of = |peer_credits| EfaCredits { nid: "10.0.1.5@efa".into(), peer_credits };
        let known = |all| row(Observed::known(all, "lnetctl")).words(wanted);
        assert_eq!(known(vec![of(Some(8))]), "10.0.1.5@efa has 8 -> 32");
        assert_eq!(known(vec![of(Some(32))]), "10.0.1.5@efa has 32: holds");
        assert_eq!(known(vec![of(None)]), "10.0.1.5@efa does not tell -> 32");
        assert_eq!(known(Vec::new()), "LNet has no network of EFA -> 32");
        let unknown = row(Observed::unknown("no lnetctl", "lnetctl")).words(wanted);
        assert_eq!(unknown, "unknown -> 32: no lnetctl");
    }
}
