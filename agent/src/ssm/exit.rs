//! The exit statuses of documents, beside those of the commands that they run.

/// The node is in use, and nothing was done.
pub const BUSY: u8 = 71;
/// The work goes on; the same document tells what came of it.
pub const RUNNING: u8 = 72;
/// The agent of Systems Manager does not hand over parameters.
pub const OLD_AGENT: u8 = 73;
/// There is no `/usr/bin/fsxlustre`.
pub const NOT_INSTALLED: u8 = 74;
/// The node has to be booted, and nobody said that it may be.
pub const NEEDS_REBOOT: u8 = 75;
/// Systems Manager boots the node and runs the document again.
pub const REBOOT: u8 = 194;

/// What each means, in the order of their numbers.
pub const TABLE: [(u8, &str); 6] = [
    (BUSY, "the node is in use, and nothing was done"),
    (RUNNING, "the work goes on; run the same document again for its result"),
    (OLD_AGENT, "the SSM Agent is older than 3.3.2746.0"),
    (NOT_INSTALLED, "fsxlustre is not installed"),
    (NEEDS_REBOOT, "done as far as can be without a reboot, which was not allowed"),
    (REBOOT, "the agent reboots the node and runs the document again"),
];
