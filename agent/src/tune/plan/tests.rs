use super::super::client::Client;
use super::super::profile::{OwnProfile, Profile, TuneSection};
use super::super::wanted::NodeSize;
use super::*;
use fsxlustre_mount::host::Host;
use std::collections::BTreeMap;
use std::path::PathBuf;

const MDC: &str = "fsx-MDT0000-mdc-ff01";
const OSC: &str = "fsx-OST0000-osc-ff01";

fn place(key: &str, device: &str) -> Place {
    Place { key: key.into(), device: device.into() }
}

fn values(given: &[(&str, &str, u64)]) -> ClientValues {
    let one = |(key, device, value): &(&str, &str, u64)| {
        (place(key, device), (PathBuf::from("/x"), Ok(*value)))
    };
    let mut values =
        ClientValues { values: given.iter().map(one).collect(), ..ClientValues::default() };
    values.is_whole = true;
    values
}

fn kept(values: &ClientValues, entries: &[(&str, &str, u64, u64)]) -> Kept {
    let mut host = Host::default();
    host.paths.state = PathBuf::from("/nonexistent");
    let client = Client::parse("fsx-ff01").expect("a client");
    let mut kept = Kept::read(&host, &client, values).expect("none");
    for (key, device, before, set) in entries {
        let place = place(key, device);
        kept.intend(Entry { place, before: *before, set: *set, is_set: true, is_raised: false });
    }
    kept
}

fn wishes(set: &[&str]) -> Wishes {
    let data = TuningData::carried().expect("data");
    let set = set.iter().map(|&text| text.to_owned()).collect();
    let profiles = BTreeMap::from([("ours".to_owned(), OwnProfile { base: None, set })]);
    let section = TuneSection { profile: None, profiles };
    let profile = Profile::named(data, &section, "ours").expect("a profile");
    Wishes::of(data, &profile, &NodeSize::default())
}

fn plan(wishes: &Wishes, values: &ClientValues, kept: &Kept) -> ClientPlan {
    ClientPlan::of(TuningData::carried().expect("data"), wishes, values, kept, false)
}

fn stand_of(plan: &ClientPlan, key: &str) -> Stand {
    plan.rows.iter().find(|row| row.place.key == key).expect(key).stand.clone()
}

const RPCS: &str = "mdc.max_rpcs_in_flight";
const MOD: &str = "mdc.max_mod_rpcs_in_flight";
const LOCKS: &str = "ldlm.namespaces.lru_size";

#[test]
fn what_somebody_changed_is_left_and_what_a_kill_left_undone_is_done() {
    let wishes = wishes(&["mdc.max_rpcs_in_flight=64"]);
    let now = values(&[(RPCS, MDC, 16)]);
    let mut known = kept(&now, &[(RPCS, MDC, 8, 64)]);
    assert_eq!(stand_of(&plan(&wishes, &now, &known), RPCS), Stand::Drifted { set: 64 });
    let data = TuningData::carried().expect("data");
    let replaced = ClientPlan::of(data, &wishes, &now, &known, true);
    assert_eq!(stand_of(&replaced, RPCS), Stand::Differs { to: 64 });
    known.entries[0].is_set = false;
    assert_eq!(stand_of(&plan(&wishes, &now, &known), RPCS), Stand::Differs { to: 64 });
    let set = values(&[(RPCS, MDC, 64)]);
    assert_eq!(stand_of(&plan(&wishes, &set, &known), RPCS), Stand::Holds);
}

#[test]
fn a_servers_limit_and_a_limit_between_settings_are_kept() {
    let wanted = wishes(&["mdc.max_rpcs_in_flight=64", "mdc.max_mod_rpcs_in_flight=50"]);
    let mut now = values(&[(RPCS, MDC, 8), (MOD, MDC, 7)]);
    now.others.insert((MDC.into(), "max_mod_rpcs".into()), 16);
    let known = kept(&now, &[]);
    let planned = plan(&wanted, &now, &known);
    assert_eq!(stand_of(&planned, MOD), Stand::Differs { to: 16 });
    let note = planned.rows.iter().find_map(|row| row.note.clone());
    assert_eq!(note.as_deref(), Some("its server allows 16"));
    let alone = wishes(&["mdc.max_mod_rpcs_in_flight=50"]);
    let lower = plan(&alone, &values(&[(RPCS, MDC, 8), (MOD, MDC, 3)]), &known);
    assert_eq!(stand_of(&lower, MOD), Stand::Differs { to: 7 });
}

#[test]
fn what_must_stay_below_goes_along_when_its_upper_one_falls() {
    let wishes = wishes(&["mdc.max_rpcs_in_flight=4"]);
    let now = values(&[(RPCS, MDC, 64), (MOD, MDC, 50)]);
    let planned = plan(&wishes, &now, &kept(&now, &[]));
    let changes = planned.changes(TuningData::carried().expect("data"));
    let told: Vec<_> =
        changes.iter().map(|one| (one.place.key.as_str(), one.from, one.to)).collect();
    assert_eq!(told, [(MOD, 50, 3), (RPCS, 64, 4)]);
}

#[test]
fn what_an_earlier_profile_set_goes_back_where_it_is_still_ours() {
    let wishes = wishes(&["osc.max_rpcs_in_flight=32"]);
    let now = values(&[("osc.max_rpcs_in_flight", OSC, 8), (RPCS, MDC, 64), (MOD, MDC, 20)]);
    let known = kept(&now, &[(RPCS, MDC, 8, 64), (MOD, MDC, 7, 50)]);
    let planned = plan(&wishes, &now, &known);
    assert_eq!(stand_of(&planned, RPCS), Stand::Differs { to: 8 });
    assert_eq!(stand_of(&planned, MOD), Stand::Drifted { set: 50 }, "somebody else's now");
    assert_eq!(stand_of(&planned, "osc.max_rpcs_in_flight"), Stand::Differs { to: 32 });
}

#[test]
fn a_number_that_moves_by_itself_is_no_value() {
    let wishes = wishes(&["ldlm.namespaces.lru_size=420"]);
    let mut now = values(&[(LOCKS, MDC, 420)]);
    now.others.insert((MDC.into(), "lock_unused_count".into()), 420);
    let unset = kept(&now, &[]);
    let planned = plan(&wishes, &now, &unset);
    assert_eq!(stand_of(&planned, LOCKS), Stand::Differs { to: 420 });
    let data = TuningData::carried().expect("data");
    assert_eq!(before(data, &now, &unset, &place(LOCKS, MDC), 420), 0, "free again by 0");
    let set = kept(&now, &[(LOCKS, MDC, 0, 420)]);
    assert_eq!(stand_of(&plan(&wishes, &now, &set), LOCKS), Stand::Holds, "full, and ours");
}

#[test]
fn a_setting_that_a_client_does_not_have_is_named_and_one_that_cannot_be_read_is_no_pass() {
    let wishes = wishes(&["llite.statahead_max=512", "osc.max_rpcs_in_flight=32"]);
    let mut now = values(&[]);
    let unreadable = (PathBuf::from("/x"), Err("it says 'x', which is no number".to_owned()));
    now.values.insert(place("osc.max_rpcs_in_flight", OSC), unreadable);
    let planned = plan(&wishes, &now, &kept(&now, &[]));
    assert_eq!(planned.unknown, ["llite.statahead_max"]);
    assert_eq!(planned.impossible().len(), 1, "{planned:?}");
    assert!(!planned.differs());
}
