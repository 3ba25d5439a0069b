//! What the product's retry, slots and cache decisions do for a fleet that boots at one moment.

use fsxlustre_tests::fleet::{Client, Outcome, Service, scenarios, simulate};

const NODES: u32 = 10_000;
const QUOTA: u32 = 10;

fn outcomes() -> Vec<Outcome> {
    scenarios(NODES, QUOTA, 40).iter().map(simulate).collect()
}

fn of<'o>(outcomes: &'o [Outcome], name: &str) -> &'o Outcome {
    outcomes.iter().find(|outcome| outcome.name.contains(name)).expect(name)
}

#[test]
fn ten_thousand_nodes_that_boot_at_one_moment() {
    let all = outcomes();
    for outcome in &all {
        let accounted = outcome.resolved_seconds.len() + usize::try_from(outcome.gave_up).unwrap();
        assert_eq!(accounted, 10_000, "{}: nobody is forgotten", outcome.name);
    }
    let long = of(&all, "2.2 x N/quota");
    assert_eq!(long.gave_up, 0, "every node resolves, given the time");
    assert!(long.last_seconds().unwrap() <= 2.2 * f64::from(NODES / QUOTA), "{long:?}");
    for name in ["shared cache file", "fsxlustre, map", "id that is known"] {
        let at_hand = of(&all, name);
        assert!((at_hand.share_within(45.0) - 1.0).abs() < f64::EPSILON, "{name}");
        assert_eq!(at_hand.fsx_calls, 0, "{name}");
    }
    let stale = of(&all, "6 h old");
    assert!((stale.share_within(80.0) - 1.0).abs() < f64::EPSILON, "nobody is left without");
    let naive = of(&all, "naive SDK retry (3");
    assert!(naive.share_within(f64::INFINITY) < 0.02, "most find an empty bucket");
    let short = of(&all, "nothing at hand, 80 s");
    assert!(short.share_within(80.0) > 2.0 * naive.share_within(80.0));
    assert!(short.throttled * 20 < short.calls, "slots keep within the quota");
    let settings = of(&all, "2.2 x 3N/quota");
    assert_eq!(settings.gave_up, 0);
    assert!(settings.throttled * 20 < settings.calls, "slots keep within the quota");
}

#[test]
fn the_same_seed_gives_the_same_outcome() {
    let scenario = scenarios(500, 5, 40)
        .into_iter()
        .find(|one| one.client == Client::Ours && one.service == Service::Fsx)
        .unwrap();
    let (one, two) = (simulate(&scenario), simulate(&scenario));
    assert_eq!(one.resolved_seconds, two.resolved_seconds);
    assert_eq!(one.calls, two.calls);
}
