//! The partitions of AWS, each with names of its own: aws, aws-cn, aws-us-gov, aws-iso, …
//!
//! *Source*: the partitions that the AWS SDK carries; the DNS names of file systems in China are
//! below `amazonaws.com` all the same (aws-parallelcluster-cookbook, `fsx.rb`).

use crate::options::checked_region;
use crate::source::is_file_system_id;

/// One partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Its name, as an ARN has it.
    pub name: &'static str,
    /// How its Regions begin; empty for the one that has all others.
    region_prefix: &'static str,
    /// What the names of its API endpoints end with.
    pub api_suffix: &'static str,
    /// What the DNS names of its file systems end with.
    pub file_system_suffix: &'static str,
    /// What the names of its VPC endpoint services begin with.
    vpc_endpoint_prefix: &'static str,
}

const fn partition(
    name: &'static str,
    region_prefix: &'static str,
    api_suffix: &'static str,
    file_system_suffix: &'static str,
    vpc_endpoint_prefix: &'static str,
) -> Partition {
    Partition { name, region_prefix, api_suffix, file_system_suffix, vpc_endpoint_prefix }
}

/// The partition of every Region that no other one claims.
const COMMERCIAL: Partition =
    partition("aws", "", "amazonaws.com", "amazonaws.com", "com.amazonaws");

/// The others.
const OTHERS: &[Partition] = &[
    partition("aws-cn", "cn-", "amazonaws.com.cn", "amazonaws.com", "cn.com.amazonaws"),
    partition("aws-us-gov", "us-gov-", "amazonaws.com", "amazonaws.com", "com.amazonaws"),
    partition("aws-iso", "us-iso-", "c2s.ic.gov", "c2s.ic.gov", "gov.ic.c2s"),
    partition("aws-iso-b", "us-isob-", "sc2s.sgov.gov", "sc2s.sgov.gov", "gov.sgov.sc2s"),
    partition("aws-iso-e", "eu-isoe-", "cloud.adc-e.uk", "cloud.adc-e.uk", "uk.adc-e.cloud"),
    partition("aws-iso-f", "us-isof-", "csp.hci.ic.gov", "csp.hci.ic.gov", "gov.ic.hci.csp"),
    partition("aws-eusc", "eusc-", "amazonaws.eu", "amazonaws.eu", "eu.amazonaws"),
];

/// Every partition that is known.
pub fn partitions() -> impl Iterator<Item = &'static Partition> {
    std::iter::once(&COMMERCIAL).chain(OTHERS)
}

impl Partition {
    /// The partition that a Region belongs to.
    pub fn of_region(region: &str) -> &'static Self {
        OTHERS.iter().find(|one| region.starts_with(one.region_prefix)).unwrap_or(&COMMERCIAL)
    }

    /// The DNS name of a file system's management server.
    pub fn dns_name(&self, file_system_id: &str, region: &str) -> String {
        format!("{file_system_id}.fsx.{region}.{}", self.file_system_suffix)
    }

    /// The VPC endpoint through which a service is reached without an internet gateway.
    pub fn vpc_endpoint(&self, service: &str, region: &str) -> String {
        format!("{}.{region}.{service}", self.vpc_endpoint_prefix)
    }

    /// An ARN of this partition; what is given is joined by `:` as it is.
    pub fn arn(&self, service: &str, region: &str, account: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{region}:{account}:{resource}", self.name)
    }
}

/// What the DNS name of a file system tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameParts {
    /// The file system's id.
    pub id: String,
    /// Its Region.
    pub region: String,
}

/// Reads `fs-ID.fsx.REGION.SUFFIX`, with or without what follows a `@` or a `:`. `None` for every
/// other name, such as an alias or an address.
pub fn name_parts(device: &str) -> Option<NameParts> {
    let host = device.split(['@', ':', ',']).next()?;
    let (id, after) = host.split_once(".fsx.")?;
    let (region, suffix) = after.split_once('.')?;
    let region = checked_region(region)?;
    let partition = Partition::of_region(&region);
    let is_suffix = suffix == partition.file_system_suffix || suffix == partition.api_suffix;
    (is_suffix && is_file_system_id(id)).then(|| NameParts { id: id.to_owned(), region })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_partition() {
        for (region, name, endpoint, dns_suffix) in [
            ("us-east-1", "aws", "com.amazonaws.us-east-1.fsx", "amazonaws.com"),
            ("cn-north-1", "aws-cn", "cn.com.amazonaws.cn-north-1.fsx", "amazonaws.com"),
            ("us-gov-west-1", "aws-us-gov", "com.amazonaws.us-gov-west-1.fsx", "amazonaws.com"),
            ("us-iso-east-1", "aws-iso", "gov.ic.c2s.us-iso-east-1.fsx", "c2s.ic.gov"),
            ("us-isob-east-1", "aws-iso-b", "gov.sgov.sc2s.us-isob-east-1.fsx", "sc2s.sgov.gov"),
        ] {
            let partition = Partition::of_region(region);
            assert_eq!(partition.name, name);
            assert_eq!(partition.vpc_endpoint("fsx", region), endpoint);
            let dns_name = partition.dns_name("fs-0123456789abcdef0", region);
            assert_eq!(dns_name, format!("fs-0123456789abcdef0.fsx.{region}.{dns_suffix}"));
            assert!(partition.arn("fsx", region, "1", "x").starts_with(&format!("arn:{name}:fsx")));
        }
    }

    #[test]
    fn what_is_no_file_systems_name_tells_nothing() {
        for device in [
            "10.0.0.5@tcp:/abcd",
            "x.fsx.us-east-1.amazonaws.com@tcp:/abcd",
            "fs-0123456789abcdef0.fsx.a/b.amazonaws.com@tcp:/abcd",
            "fs-0123456789abcdef0.fsx.us-east-1.example.com@tcp:/abcd",
            "fs-0123456789abcdef0.fsx.us-east-1.amazonaws.com.example.com@tcp:/abcd",
            "fs-0123456789abcdef0.fsx.us-iso-east-1.amazonaws.com@tcp:/abcd",
        ] {
            assert_eq!(name_parts(device), None, "{device}");
        }
        let west = "fs-0123456789abcdef0.fsx.us-west-2.amazonaws.com@tcp:/abcd";
        assert_eq!(name_parts(west).expect("a name").region, "us-west-2");
        let china = "fs-0123456789abcdef0.fsx.cn-north-1.amazonaws.com.cn@tcp:/abcd";
        assert_eq!(name_parts(china).expect("a name").region, "cn-north-1");
    }
}
