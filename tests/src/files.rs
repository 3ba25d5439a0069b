//! Files in a sandbox.
//!
//! They are written by commands inside: a path that leads through `/proc/PID/root` would follow an
//! absolute symbolic link, such as `/var/run`, to the host.

use crate::sandbox::Sandbox;

const CONFIG: &str = "/etc/fsxlustre/fsxlustre.toml";

impl Sandbox {
    /// Writes a file that root owns and all may read, with the folders above it.
    #[track_caller]
    pub fn write_file(&self, path: &str, text: &str) {
        self.install_text(path, text, "0644");
    }

    /// Writes a program, such as a script.
    #[track_caller]
    pub fn write_program(&self, path: &str, text: &str) {
        self.install_text(path, text, "0755");
    }

    /// Adds to the end of a file.
    #[track_caller]
    pub fn append(&self, path: &str, text: &str) {
        self.command(["tee", "--append", "--", path]).stdin(text).run().assert_success();
    }

    /// Adds to the end of the programs' configuration file.
    #[track_caller]
    pub fn append_config(&self, text: &str) {
        self.append(CONFIG, text);
    }

    /// The text of a file.
    #[track_caller]
    pub fn read_file(&self, path: &str) -> String {
        self.run(["cat", "--", path]).assert_success().stdout
    }

    /// Removes a file, or a folder with all that is in it; a path that is not there is none to
    /// complain of.
    #[track_caller]
    pub fn remove(&self, path: &str) {
        self.run(["rm", "-rf", "--one-file-system", "--", path]).assert_success();
    }

    #[track_caller]
    fn install_text(&self, path: &str, text: &str, mode: &str) {
        let words = ["install", "-D", "-m", mode, "-T", "--", "/dev/stdin", path];
        self.command(words).stdin(text).run().assert_success();
    }
}
