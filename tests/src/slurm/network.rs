//! The network of a cluster: a bridge in the controller's, a cable from each node to it.
//!
//! The cables end with the namespaces that they join.

use std::process::Command;

use nix::unistd::Pid;

use crate::Sandbox;
use crate::plan::{API_ADDRESS, IMDS_HOST};
use crate::prerequisites::Tools;

const BRIDGE: &str = "10.99.1.254";

/// Where the controller's AWS endpoint is, seen from the nodes.
pub(super) fn api_address() -> String {
    API_ADDRESS.replace("127.0.0.1", BRIDGE)
}

/// The address of the controller.
pub(super) fn controller_address() -> &'static str {
    BRIDGE
}

/// The address of the node of this number, from 1.
pub(super) fn node_address(number: usize) -> String {
    format!("10.99.1.{number}")
}

/// Makes the bridge.
pub(super) fn make_bridge(tools: &Tools, controller: &Sandbox) {
    ip(tools, controller.init(), "link add br0 type bridge");
    ip(tools, controller.init(), &format!("address add {BRIDGE}/24 dev br0"));
    ip(tools, controller.init(), "link set br0 up");
}

/// Joins a node to it.
pub(super) fn plug_in(tools: &Tools, controller: &Sandbox, node: &Sandbox, number: usize) {
    let (bridge, node) = (controller.init(), node.init());
    // One that was there before goes with its namespace, a little later.
    let cable = format!("c{node}");
    ip(tools, bridge, &format!("link add {cable} type veth peer name eth0 netns {node}"));
    ip(tools, bridge, &format!("link set {cable} master br0 up"));
    ip(tools, node, &format!("address add {}/24 dev eth0", node_address(number)));
    ip(tools, node, "link set eth0 up");
    ip(tools, node, &format!("route add {IMDS_HOST}/32 via {BRIDGE}"));
}

/// Runs iproute2 in the network of a process, numbered as on the host.
fn ip(tools: &Tools, of: Pid, words: &str) {
    let output = Command::new(&tools.nsenter)
        .args(["--target", &of.to_string(), "--net", "--"])
        .arg(&tools.ip)
        .args(words.split(' '))
        .output()
        .unwrap_or_else(|error| panic!("ip {words}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ip {words}: {said}");
}
