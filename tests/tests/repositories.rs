//! Repositories as the recipes make them, and nodes that install from them: real apt and real dnf, over HTTP, with a key that
//! is made for the test. What is not signed by it is refused.

#[path = "packages/built.rs"]
mod built;
#[path = "packages/chroot.rs"]
mod chroot;

use built::{checkout, deb, rpm, run, version};
use chroot::{Chroot, ROOT};
use fsxlustre_tests::{Output, Running};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const ADDRESS: &str = "http://127.0.0.1:8000";

/// A key and the repositories that are signed by it.
struct Repository {
    folder: TempDir,
}

impl Repository {
    fn new() -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        std::fs::create_dir(folder.path().join("keys")).unwrap();
        let repository = Self { folder };
        run(repository
            .gpg()
            .args(["--pinentry-mode", "loopback", "--passphrase", "", "--quick-generate-key"])
            .args(["repository@example.com", "rsa3072", "sign", "never"]));
        repository
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("served")
    }

    fn keys(&self) -> PathBuf {
        self.folder.path().join("keys")
    }

    fn gpg(&self) -> Command {
        let mut command = Command::new("gpg");
        command.args(["--batch", "--quiet", "--yes"]).env("GNUPGHOME", self.keys());
        command
    }

    fn add(&self, kind: &str, packages: &[&Path]) {
        let recipe = checkout().join("packaging/ways-in/repository").join(kind);
        run(Command::new(recipe)
            .arg(self.root())
            .arg("repository@example.com")
            .args(packages)
            .env("GNUPGHOME", self.keys()));
    }

    fn sha256(&self, name: &str) -> String {
        let sum = run(Command::new("sha256sum").arg(self.root().join(name)));
        sum.split(' ').next().unwrap().to_owned()
    }

    /// Serves it in a root's sandbox.
    fn serve(&self, chroot: &Chroot) -> Running {
        let root = self.root();
        let words = ["python3", "-m", "http.server", "--bind", "127.0.0.1", "--directory"];
        let server =
            chroot.sandbox.spawn(words.iter().copied().chain([root.to_str().unwrap(), "8000"]));
        let ask =
            format!("until curl -fs -o /dev/null {ADDRESS}/fsxlustre.asc; do sleep 0.05; done");
        chroot.sandbox.run(["timeout", "10", "sh", "-c", &ask]).assert_success();
        server
    }

    /// The user data of a node, filled in.
    fn user_data(&self) -> String {
        let text = std::fs::read_to_string(checkout().join("packaging/ways-in/user-data")).unwrap();
        [
            ("@REPOSITORY@", ADDRESS.to_owned()),
            ("@INSTALLER_SHA256@", self.sha256("install-node")),
            ("@KEY_SHA256@", self.sha256("fsxlustre.asc")),
            ("@OPTIONS@", "--slurm /etc/slurm".to_owned()),
            ("@SOURCE@", "tag:Project:genomics".to_owned()),
            ("@DIRECTORY@", "/mnt/genomics".to_owned()),
        ]
        .iter()
        .fold(text, |text, (from, to)| text.replace(from, to))
    }
}

impl Drop for Repository {
    fn drop(&mut self) {
        // The agent that signed, and would hold the folder.
        let _ =
            Command::new("gpgconf").args(["--kill", "all"]).env("GNUPGHOME", self.keys()).status();
    }
}

fn apt() -> (Repository, Chroot) {
    let repository = Repository::new();
    repository.add("apt", &[&deb()]);
    (repository, Chroot::of("clean"))
}

fn install_node(repository: &Repository, chroot: &Chroot) -> Output {
    let installer = repository.root().join("install-node");
    chroot
        .sandbox
        .run(["cp", installer.to_str().unwrap(), &format!("{ROOT}/run/install-node")])
        .assert_success();
    chroot.sh(&format!("sh /run/install-node {ADDRESS} {}", repository.sha256("fsxlustre.asc")))
}

#[track_caller]
fn assert_refused(output: &Output, chroot: &Chroot, words: &[&str]) {
    assert!(!output.is_success(), "{output}");
    let said = output.to_string();
    assert!(words.iter().any(|words| said.contains(words)), "{said}");
    assert!(!chroot.has("/usr/bin/fsxlustre"), "{said}");
}

#[test]
fn user_data_has_a_node_install_from_the_repository_and_mount() {
    let (repository, chroot) = apt();
    let _server = repository.serve(&chroot);
    chroot.genomics();
    let _servers = chroot.sandbox.answering_servers();
    chroot.write("/run/user-data", &repository.user_data());
    chroot.ask("sh /run/user-data");
    assert!(chroot.mountinfo("/mnt/genomics").contains("noatime"));
    let policy = chroot.ask("apt-cache policy fsxlustre");
    assert!(policy.contains(&format!("*** {}", version())) && policy.contains(ADDRESS), "{policy}");
    for path in ["/etc/slurm/prolog.d/80_fsxlustre", "/etc/slurm/epilog.d/10_fsxlustre"] {
        assert!(chroot.sh(&format!("test -x {path}")).is_success(), "{path}");
    }
    let before = chroot.ask("cat /etc/fstab");
    assert!(before.contains("fsxlustre  _netdev,nofail"), "{before}");
    // Once more, as at a second boot.
    chroot.ask("sh /run/user-data");
    assert_eq!(chroot.ask("cat /etc/fstab"), before);
    assert!(
        chroot
            .ask("umount /mnt/genomics && mount -a; cat /proc/self/mountinfo")
            .contains("/mnt/genomics")
    );
}

#[test]
fn user_data_refuses_an_installer_that_is_another() {
    let (repository, chroot) = apt();
    let user_data = repository.user_data();
    let installer = repository.root().join("install-node");
    let text = std::fs::read_to_string(&installer).unwrap();
    std::fs::write(&installer, text + "\n# more\n").unwrap();
    let _server = repository.serve(&chroot);
    chroot.write("/run/user-data", &user_data);
    let refused = chroot.sh("sh /run/user-data");
    assert_refused(&refused, &chroot, &["checksum did NOT match"]);
    assert!(!chroot.has("/usr/share/keyrings/fsxlustre.asc"));
}

#[test]
fn apt_takes_no_key_but_the_known_one() {
    let (repository, chroot) = apt();
    let known = repository.sha256("fsxlustre.asc");
    let other = Repository::new();
    other.add("apt", &[&deb()]);
    let _server = other.serve(&chroot);
    let installer = other.root().join("install-node");
    chroot
        .sandbox
        .run(["cp", installer.to_str().unwrap(), &format!("{ROOT}/run/install-node")])
        .assert_success();
    let refused = chroot.sh(&format!("sh /run/install-node {ADDRESS} {known}"));
    assert_refused(&refused, &chroot, &["is not the key with the SHA-256"]);
}

#[test]
fn apt_refuses_an_index_that_is_not_signed_by_the_key() {
    let (repository, chroot) = apt();
    let apt = repository.root().join("apt");
    std::fs::remove_file(apt.join("InRelease")).unwrap();
    std::fs::remove_file(apt.join("Release.gpg")).unwrap();
    let _server = repository.serve(&chroot);
    let refused = install_node(&repository, &chroot);
    assert_refused(&refused, &chroot, &["is not signed"]);
    let other = Repository::new();
    for (options, name) in
        [(["--clearsign", "--output"], "InRelease"), (["--detach-sign", "--output"], "Release.gpg")]
    {
        run(other.gpg().args(options).args([apt.join(name), apt.join("Release")]));
    }
    let refused = install_node(&repository, &chroot);
    assert_refused(&refused, &chroot, &["NO_PUBKEY", "not available"]);
}

#[test]
fn apt_refuses_a_package_that_is_another_than_the_index_says() {
    let (repository, chroot) = apt();
    let package = repository.root().join("apt").join(deb().file_name().unwrap());
    let mut bytes = std::fs::read(&package).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&package, bytes).unwrap();
    let _server = repository.serve(&chroot);
    let refused = install_node(&repository, &chroot);
    assert_refused(&refused, &chroot, &["Hash Sum mismatch", "unexpected size"]);
}

/// An RPM that gives what another needs of a distribution.
fn distribution(folder: &Path) -> PathBuf {
    let needs = run(Command::new("rpm").args(["--query", "--package", "--requires"]).arg(rpm()));
    let provides: String = needs
        .lines()
        .filter(|line| {
            !line.starts_with("rpmlib(") && !line.starts_with("config(") && !line.starts_with('/')
        })
        .map(|line| format!("Provides: {line}\n").replace(">=", "="))
        .collect();
    let spec = folder.join("distribution.spec");
    let text = format!(
        "Name: distribution\nVersion: 1\nRelease: 1\nSummary: A distribution\nLicense: MIT\nBuildArch: x86_64\n\
         Provides: /bin/sh\n{provides}\n%description\nA distribution.\n%files\n"
    );
    std::fs::write(&spec, text).unwrap();
    let define = format!("_topdir {}", folder.display());
    run(Command::new("rpmbuild").args(["-bb", "--define", &define]).arg(&spec));
    folder.join("RPMS/x86_64/distribution-1-1.x86_64.rpm")
}

/// A root for `dnf --installroot`, beside which is what a distribution has.
fn dnf() -> (Repository, Chroot) {
    let repository = Repository::new();
    repository.add("dnf", &[&rpm()]);
    let base = repository.root().join("base");
    std::fs::create_dir(&base).unwrap();
    std::fs::copy(distribution(repository.folder.path()), base.join("distribution.rpm")).unwrap();
    run(Command::new("createrepo_c").arg("--quiet").arg(&base));
    let chroot = Chroot::of("old");
    // dnf is the host's, and what it does is done to the root. There is no apt on this path.
    let wrapper = format!(
        "#!/bin/sh\nPATH=/usr/sbin:/usr/bin:/sbin:/bin exec /usr/bin/dnf --installroot={ROOT} --releasever=2023 --setopt=reposdir=/etc/yum.repos.d \
         --setopt=cachedir=/run/dnf --setopt=logdir=/run/dnf \"$@\"\n"
    );
    chroot
        .sandbox
        .run(["mkdir", "-p", "/run/path", "/run/dnf", "/etc/yum.repos.d"])
        .assert_success();
    chroot.sandbox.write_file("/run/path/dnf", &wrapper);
    let links = "chmod +x /run/path/dnf; for name in chmod curl cat mkdir mktemp mv rm sha256sum; do \
                 ln -s \"$(command -v $name)\" /run/path/; done";
    chroot.sandbox.run(["sh", "-ec", links]).assert_success();
    let file = format!("[base]\nname=base\nbaseurl={ADDRESS}/base\ngpgcheck=0\n");
    chroot.sandbox.write_file("/etc/yum.repos.d/base.repo", &file);
    (repository, chroot)
}

fn install_node_by_dnf(repository: &Repository, chroot: &Chroot) -> Output {
    let installer = repository.root().join("install-node");
    let key = repository.sha256("fsxlustre.asc");
    let words = ["/bin/sh", installer.to_str().unwrap(), ADDRESS, &key];
    chroot.sandbox.command(words).env("PATH", "/run/path").run()
}

#[test]
fn dnf_installs_from_the_repository_with_signatures_of_index_and_package() {
    let (repository, chroot) = dnf();
    let _server = repository.serve(&chroot);
    let done = install_node_by_dnf(&repository, &chroot).assert_success();
    assert!(chroot.has("/usr/bin/fsxlustre"), "{done}");
    let file = chroot.sandbox.read_file("/etc/yum.repos.d/fsxlustre.repo");
    assert!(file.contains("gpgcheck=1\nrepo_gpgcheck=1\n"), "{file}");
    install_node_by_dnf(&repository, &chroot).assert_success();
}

#[test]
fn dnf_refuses_a_package_that_is_not_signed() {
    let (repository, chroot) = dnf();
    let served = repository.root().join("rpm");
    std::fs::copy(rpm(), served.join(rpm().file_name().unwrap())).unwrap();
    run(Command::new("createrepo_c").arg("--quiet").arg(&served));
    let index = served.join("repodata/repomd.xml");
    run(repository.gpg().args(["--armor", "--detach-sign"]).arg(index));
    let _server = repository.serve(&chroot);
    let refused = install_node_by_dnf(&repository, &chroot);
    assert_refused(&refused, &chroot, &["is not signed", "GPG check FAILED"]);
}

#[test]
fn dnf_refuses_an_index_that_is_not_signed() {
    let (repository, chroot) = dnf();
    std::fs::remove_file(repository.root().join("rpm/repodata/repomd.xml.asc")).unwrap();
    let _server = repository.serve(&chroot);
    let refused = install_node_by_dnf(&repository, &chroot);
    assert_refused(&refused, &chroot, &["repomd.xml.asc", "GPG"]);
}
