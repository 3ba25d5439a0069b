use super::*;

const NOW: Api = Api::NotAsked { slot: Duration::ZERO };

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn next(caller: Caller, known: Known, api: Api) -> Step {
    let ages = Ages::default();
    let left = seconds(80);
    Situation { caller, wanted: Wanted::Device, known, api, left, ages: &ages }.next()
}

fn own(age: u64) -> Known {
    Known { cache: Some(seconds(age)), ..Known::default() }
}

fn shared(age: u64) -> Known {
    Known { shared: Some(seconds(age)), ..Known::default() }
}

fn is_stale(step: Step) -> bool {
    matches!(step, Step::Serve { is_stale: true, .. })
}

/// Whether it is asked now.
fn asks(step: Step) -> bool {
    matches!(step, Step::Ask { after: Duration::ZERO, .. })
}

#[test]
fn the_map_and_the_names_of_an_id_need_no_call_whoever_asks() {
    for (_, caller) in Caller::WORDS {
        for api in [NOW, Api::NotReached, Api::Refused] {
            let map = Known { map: true, ..own(5) };
            assert_eq!(next(caller, map, api), serve(Holder::Map, Duration::ZERO));
            let id = Known { id: Some(seconds(1_000_000)), ..Known::default() };
            assert_eq!(next(caller, id, api), serve(Holder::Ids, seconds(1_000_000)));
        }
    }
}

#[test]
fn a_description_is_asked_for_anew_even_of_a_known_id() {
    let ages = Ages::default();
    let known = Known { id: Some(seconds(1_000_000)), ..Known::default() };
    let situation = |api| Situation {
        caller: Caller::Person,
        wanted: Wanted::Description,
        known,
        api,
        left: seconds(30),
        ages: &ages,
    };
    assert!(asks(situation(NOW).next()));
    assert!(is_stale(situation(Api::NotReached).next()), "its names are good at any age");
    assert_eq!(situation(Api::Refused).next(), Step::Fail(Why::Refused));
}

#[test]
fn tags_are_asked_anew_by_a_person_and_by_fstab_and_are_fresh_for_a_minute_in_job_hooks() {
    for caller in [Caller::Person, Caller::Fstab, Caller::Boot, Caller::Timer, Caller::Ssm] {
        assert!(asks(next(caller, own(1), NOW)), "{caller:?}");
    }
    assert_eq!(next(Caller::Job, own(60), NOW), serve(Holder::Tags, seconds(60)));
    assert!(asks(next(Caller::Job, own(61), NOW)));
}

#[test]
fn the_last_answer_serves_up_to_its_age_when_the_api_is_not_reached() {
    let hour = 3600;
    for caller in [Caller::Person, Caller::Fstab, Caller::Boot, Caller::Timer, Caller::Ssm] {
        assert!(is_stale(next(caller, own(24 * hour), Api::NotReached)), "{caller:?}");
        let old = Step::Fail(Why::TooOld { age: seconds(24 * hour + 1) });
        assert_eq!(next(caller, own(24 * hour + 1), Api::NotReached), old, "{caller:?}");
    }
    assert!(is_stale(next(Caller::Job, own(900), Api::NotReached)));
    let old = Step::Fail(Why::TooOld { age: seconds(901) });
    assert_eq!(next(Caller::Job, own(901), Api::NotReached), old);
    let nothing = Step::Fail(Why::NothingKnown);
    assert_eq!(next(Caller::Fstab, Known::default(), Api::NotReached), nothing);
}

#[test]
fn a_refusal_of_the_api_is_never_papered_over() {
    for (_, caller) in Caller::WORDS {
        assert_eq!(next(caller, own(1), Api::Refused), Step::Fail(Why::Refused));
        assert_eq!(next(caller, shared(1), Api::Refused), Step::Fail(Why::Refused));
    }
}

#[test]
fn the_shared_file_serves_all_but_who_wants_news() {
    for caller in [Caller::Fstab, Caller::Boot, Caller::Timer, Caller::Job] {
        assert_eq!(next(caller, shared(3600), NOW), serve(Holder::Shared, seconds(3600)));
        assert!(asks(next(caller, shared(3601), NOW)));
    }
    assert!(asks(next(Caller::Person, shared(1), NOW)));
    let own_is_last = Known { cache: Some(seconds(40)), ..shared(50) };
    assert_eq!(next(Caller::Job, own_is_last, NOW), serve(Holder::Tags, seconds(40)));
    assert!(asks(next(Caller::Fstab, own_is_last, NOW)), "it may be of a file system that is gone");
    let both = Known { cache: Some(seconds(50)), ..shared(40) };
    assert_eq!(next(Caller::Fstab, both, NOW), serve(Holder::Shared, seconds(40)));
    let young = Step::Serve { holder: Holder::Shared, age: seconds(40), is_stale: true };
    assert_eq!(next(Caller::Person, both, Api::NotReached), young);
}

#[test]
fn a_slot_beyond_the_budget_uses_the_stale_answer_or_fails() {
    let slot = |count| Api::NotAsked { slot: seconds(count) };
    let none = Known::default();
    let last = Step::Ask { after: seconds(70), within: seconds(10) };
    assert_eq!(next(Caller::Boot, none, slot(70)), last);
    let beyond = Step::Fail(Why::SlotBeyondBudget { slot: seconds(71) });
    assert_eq!(next(Caller::Boot, none, slot(71)), beyond);
    assert_eq!(next(Caller::Boot, own(86_401), slot(71)), beyond);
    assert!(is_stale(next(Caller::Boot, own(86_400), slot(71))));
    // Without a slot it is asked, however little time is left.
    let ages = Ages::default();
    let hurried = Situation {
        caller: Caller::Boot,
        wanted: Wanted::Device,
        known: none,
        api: NOW,
        left: seconds(1),
        ages: &ages,
    };
    assert!(asks(hurried.next()));
}

#[test]
fn only_boot_and_timers_have_slots() {
    let fleet = Fleet { size: Some(10_000), quota: 10 };
    for (_, caller) in Caller::WORDS {
        let has_slot = !slot_of(&fleet, caller, "i-0123456789abcdef0").is_zero();
        assert_eq!(has_slot, matches!(caller, Caller::Boot | Caller::Timer), "{caller:?}");
    }
}

#[test]
fn the_api_gets_all_the_time_unless_an_older_answer_is_still_to_be_mounted() {
    let within = |known| match next(Caller::Fstab, known, NOW) {
        Step::Ask { within, .. } => within,
        other => panic!("{other:?}"),
    };
    assert_eq!(within(Known::default()), seconds(80));
    assert_eq!(within(own(3600)), seconds(30));
    assert_eq!(within(own(90_000)), seconds(80), "it is too old to serve");
    let late = Api::NotAsked { slot: seconds(60) };
    let step = next(Caller::Boot, own(3600), late);
    assert_eq!(step, Step::Ask { after: seconds(60), within: seconds(10) });
}
