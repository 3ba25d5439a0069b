//! A document on a node on which systemd runs: its work is in a transient unit, which ends with nobody.

#[path = "booted_systemd/node.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod node;

use node::Node;

const UNIT: &str = "fsxlustre-ssm-mount:mnt:x.service";
const AGENT: &str = "amazon-ssm-agent.service";
/// The agent of Systems Manager is a service, and its scripts are in its cgroup.
const CALL: &str = "systemd-run --quiet --collect --unit amazon-ssm-agent \
                    --property=StandardOutput=truncate:/run/told \
                    --setenv=SSM_Detail=false --setenv=SSM_Source=10.0.0.5@tcp:/abcdefgh \
                    --setenv=SSM_Directory=/mnt/x --setenv=SSM_MakeDirectory=true \
                    /usr/bin/fsxlustre ssm run mount";

#[test]
fn the_work_is_in_a_unit_of_its_own_and_goes_on_when_the_agents_is_killed() {
    let node = Node::boot("");
    node.ask("standin-client fault /run/standin set mount-hang");
    node.ask(CALL);
    node.wait_until("the work has begun", || node.state(UNIT) == "active");
    let cgroup = node.property(UNIT, "ControlGroup");
    assert!(cgroup.starts_with("/system.slice/fsxlustre-ssm-mount"), "{cgroup}");
    node.ask("systemctl kill --signal=SIGKILL amazon-ssm-agent");
    node.wait_until("the script is gone", || node.state(AGENT) != "active");
    assert_eq!(node.state(UNIT), "active");
    node.ask("standin-client fault /run/standin clear mount-hang");
    node.wait_until("the mount", || node.lustre_mounts().len() == 1);
    node.wait_until("the unit has ended", || node.state(UNIT) == "inactive");
    node.ask(CALL);
    node.wait_until("the answer", || node.state(AGENT) == "inactive");
    let told = node.ask("cat /run/told");
    assert!(told.starts_with("PASS mount: mounted\n"), "{told}");
    assert!(told.contains("begun_seconds_ago"), "{told}");
}
