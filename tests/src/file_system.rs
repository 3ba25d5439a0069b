//! FSx for Lustre file systems: made at the endpoint, resolvable by name, and served by the
//! stand-in client.

use serde_json::{Value, json};

use crate::plan::STANDIN_ROOT;
use crate::sandbox::Sandbox;

/// The region in which file systems are made, which is also that of the instance.
pub(crate) const REGION: &str = "us-east-1";

/// A file system that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSystem {
    /// `fs-` and 17 hexadecimal digits.
    pub id: String,
    /// The name to mount it by: eight characters, or `fsx`.
    pub mount_name: String,
    /// The name that resolves to its management server.
    pub dns_name: String,
    /// The Lustre network identifier of its management server.
    pub nid: String,
}

impl FileSystem {
    /// One that no API knows, by its Lustre name and the address of its server.
    pub fn of_device(mount_name: &str, address: &str) -> Self {
        Self {
            id: String::new(),
            mount_name: mount_name.to_owned(),
            dns_name: format!("{mount_name}.test"),
            nid: format!("{address}@tcp"),
        }
    }

    /// A file system that is yet to be made: persistent, of 1200 GiB and four object storage
    /// targets.
    pub fn lustre() -> NewFileSystem {
        NewFileSystem {
            region: REGION.to_owned(),
            deployment: "PERSISTENT_2".to_owned(),
            capacity: 1200,
            version: "2.15".to_owned(),
            tags: Vec::new(),
            osts: 4,
            fields: json!({}),
        }
    }
}

/// A file system that is yet to be made.
#[derive(Debug, Clone)]
pub struct NewFileSystem {
    region: String,
    deployment: String,
    capacity: u32,
    version: String,
    tags: Vec<(String, String)>,
    osts: u32,
    fields: Value,
}

impl NewFileSystem {
    /// Adds a tag.
    #[must_use]
    pub fn tag(mut self, key: &str, value: &str) -> Self {
        self.tags.push((key.to_owned(), value.to_owned()));
        self
    }

    /// The Lustre version, in place of 2.15.
    #[must_use]
    pub fn version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.version);
        self
    }

    /// The lifecycle, in place of AVAILABLE.
    #[must_use]
    pub fn lifecycle(self, lifecycle: &str) -> Self {
        self.field("Lifecycle", json!(lifecycle))
    }

    /// The deployment type, in place of `PERSISTENT_2`. `SCRATCH_1` has the mount name `fsx`.
    #[must_use]
    pub fn deployment(mut self, deployment: &str) -> Self {
        deployment.clone_into(&mut self.deployment);
        self
    }

    /// The size in GiB, in place of 1200.
    #[must_use]
    pub fn capacity(mut self, gibibytes: u32) -> Self {
        self.capacity = gibibytes;
        self
    }

    /// The region, in place of us-east-1.
    #[must_use]
    pub fn region(mut self, region: &str) -> Self {
        region.clone_into(&mut self.region);
        self
    }

    /// The number of object storage targets, in place of four.
    #[must_use]
    pub fn osts(mut self, osts: u32) -> Self {
        self.osts = osts;
        self
    }

    /// Any field of the answer of `DescribeFileSystems`; null removes it, an object is merged.
    #[must_use]
    pub fn field(mut self, name: &str, value: Value) -> Self {
        self.fields[name] = value;
        self
    }

    pub(crate) fn osts_number(&self) -> u32 {
        self.osts
    }

    fn request(&self) -> Value {
        let tags: Vec<Value> =
            self.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        let mut lustre = json!({"DeploymentType": self.deployment});
        if self.deployment == "PERSISTENT_2" {
            lustre["PerUnitStorageThroughput"] = json!(125);
        }
        json!({
            "ClientRequestToken": "sandbox",
            "FileSystemType": "LUSTRE",
            "FileSystemTypeVersion": self.version,
            "StorageCapacity": self.capacity,
            "StorageType": "SSD",
            "SubnetIds": ["subnet-0123456789abcdef0"],
            "Tags": tags,
            "LustreConfiguration": lustre,
        })
    }
}

impl Sandbox {
    /// Makes a file system at the endpoint, gives its name an address, and lets the stand-in client
    /// serve it.
    ///
    /// # Panics
    ///
    /// When one of the three fails.
    #[track_caller]
    pub fn create_file_system(&self, new: NewFileSystem) -> FileSystem {
        let answer = self.fsx_in(&new.region, "CreateFileSystem", &new.request());
        assert_eq!(answer.status, 200, "CreateFileSystem: {answer:?}");
        let created = &answer.json()["FileSystem"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let id = text(&created["FileSystemId"]);
        let shown = self.set_file_system(&id, &new.fields);
        let address = format!("10.0.0.{}", self.next_server());
        let file_system = FileSystem {
            id,
            mount_name: text(&shown["LustreConfiguration"]["MountName"]),
            dns_name: text(&shown["DNSName"]),
            nid: format!("{address}@tcp"),
        };
        self.serve_file_system(&file_system, new.osts);
        file_system
    }

    /// Gives the name of a file system that was made in another sandbox an address, and lets this
    /// sandbox's stand-in client serve it.
    ///
    /// # Panics
    ///
    /// When one of the two fails.
    #[track_caller]
    pub fn serve_file_system(&self, file_system: &FileSystem, osts: u32) {
        let FileSystem { mount_name, nid, dns_name, .. } = file_system;
        let address = nid.trim_end_matches("@tcp");
        self.append("/etc/hosts", &format!("{address} {dns_name}\n"));
        let osts = osts.to_string();
        self.standin(&[
            "filesystem",
            STANDIN_ROOT,
            "add",
            mount_name,
            "--nid",
            nid,
            "--osts",
            &osts,
        ]);
    }
}
