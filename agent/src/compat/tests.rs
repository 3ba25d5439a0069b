//! The matrix against itself and against real kernels.

use super::*;

pub(super) fn matrix() -> &'static Matrix {
    Matrix::carried().expect("the carried matrix")
}

fn listing(node: (&str, &str, &str, &str)) -> String {
    let (distribution, release, kernel, architecture) = node;
    match matrix().kernel(Node { distribution, release, kernel, architecture }) {
        Listing::Listed(row) => row.client.clone(),
        Listing::Refused(_) => "refused".into(),
        Listing::KernelNotListed(_) => "kernel".into(),
        Listing::DistributionNotListed => "distribution".into(),
    }
}

const X86: &str = "x86_64";
const ARM: &str = "aarch64";

/// Distribution, release, kernel, architecture; and the client that is listed, or why none is.
pub(super) type Case = ((&'static str, &'static str, &'static str, &'static str), &'static str);

pub(super) const KERNELS: &[Case] = &[
    (("amzn", "2023", "6.1.79-99.167.amzn2023.x86_64", X86), "2.15"),
    (("amzn", "2023", "6.1.79-99.164.amzn2023.x86_64", X86), "kernel"),
    (("amzn", "2023", "6.1.112-122.189.amzn2023.aarch64", ARM), "2.15"),
    (("amzn", "2023", "6.12.37-61.105.amzn2023.x86_64", X86), "2.15"),
    (("amzn", "2023", "5.10.220-209.869.amzn2.x86_64", X86), "kernel"),
    (("amzn", "2", "5.10.220-209.869.amzn2.x86_64", X86), "2.12"),
    (("amzn", "2", "5.10.144-127.601.amzn2.x86_64", X86), "2.12"),
    (("amzn", "2", "5.4.214-120.368.amzn2.aarch64", ARM), "2.12"),
    (("amzn", "2", "5.4.209-116.367.amzn2.x86_64", X86), "2.10"),
    (("amzn", "2", "4.14.294-220.533.amzn2.x86_64", X86), "2.12"),
    (("amzn", "2", "4.14.104-95.84.amzn2.x86_64", X86), "2.10"),
    (("amzn", "2", "4.14.101-91.76.amzn2.x86_64", X86), "kernel"),
    (("amzn", "2018.03", "4.14.355-280.710.amzn1.x86_64", X86), "distribution"),
    (("ubuntu", "24.04", "6.8.0-1024-aws", X86), "2.15"),
    (("ubuntu", "24.04", "6.8.0-1033-aws", ARM), "2.15"),
    (("ubuntu", "24.04", "6.8.0-1034-aws", X86), "kernel"),
    (("ubuntu", "24.04", "6.8.0-1009-aws", X86), "kernel"),
    (("ubuntu", "24.04", "6.8.0-60-generic", X86), "kernel"),
    (("ubuntu", "24.04", "6.14.0-1018-aws", X86), "2.15"),
    (("ubuntu", "24.04", "6.14.0-1019-aws", X86), "kernel"),
    (("ubuntu", "24.04", "6.14.0-1019-aws-64k", ARM), "2.15"),
    (("ubuntu", "24.04", "6.14.0-1017-aws-64k", ARM), "kernel"),
    (("ubuntu", "24.04", "6.17.0-1007-aws", X86), "2.15"),
    (("ubuntu", "22.04", "6.8.0-1017-aws", X86), "2.15"),
    (("ubuntu", "22.04", "6.5.0-1024-aws", X86), "2.15"),
    (("ubuntu", "22.04", "6.5.0-1022-aws", X86), "kernel"),
    (("ubuntu", "22.04", "5.15.0-1051-aws", X86), "2.12"),
    (("ubuntu", "22.04", "5.15.0-1052-aws", X86), "kernel"),
    (("ubuntu", "20.04", "5.15.0-1075-aws", X86), "2.12"),
    (("ubuntu", "20.04", "5.4.0-1011-aws", X86), "2.10"),
    (("ubuntu", "20.04", "5.11.0-1028-aws", X86), "2.10"),
    (("ubuntu", "20.04", "5.13.0-1031-aws", X86), "2.10"),
    (("ubuntu", "20.04", "5.13.0-1032-aws", X86), "kernel"),
    (("ubuntu", "18.04", "4.15.0-1054-aws", X86), "2.10"),
    (("ubuntu", "18.04", "4.15.0-1054-aws", ARM), "kernel"),
    (("ubuntu", "18.04", "5.4.0-1103-aws", ARM), "2.10"),
    (("ubuntu", "16.04", "4.4.0-1092-aws", X86), "2.10"),
    (("ubuntu", "23.10", "6.5.0-1024-aws", X86), "distribution"),
    (("rocky", "10.1", "6.12.0-124.8.1.el10_1.x86_64", X86), "2.15"),
    (("rhel", "10.2", "6.12.0-211.18.1.el10_2.aarch64", ARM), "2.15"),
    (("rhel", "10.0", "6.12.0-55.9.1.el10_0.x86_64", X86), "kernel"),
    (("rhel", "9.6", "5.14.0-570.12.1.el9_6.x86_64", X86), "2.15"),
    (("rhel", "9.6", "5.14.0-570.9.1.el9_6.x86_64", X86), "kernel"),
    (("rocky", "9.6", "5.14.0-503.40.1.el9_5.x86_64", X86), "2.15"),
    (("rhel", "9.5", "5.14.0-503.40.1.el9_5.aarch64+64k", ARM), "kernel"),
    (("rhel", "9.3", "5.14.0-362.18.1.el9_3.x86_64", X86), "2.15"),
    (("rhel", "9.3", "5.14.0-362.24.1.el9_3.x86_64", X86), "kernel"),
    (("rhel", "9.2", "5.14.0-284.11.1.el9_2.x86_64", X86), "refused"),
    (("rhel", "9.1", "5.14.0-162.6.1.el9_1.x86_64", X86), "refused"),
    (("rhel", "9.0", "5.14.0-70.30.1.el9_0.x86_64", X86), "2.15"),
    (("rhel", "9.0", "5.14.0-70.36.1.el9_0.x86_64", X86), "kernel"),
    (("rocky", "8.10", "4.18.0-553.el8_10.x86_64", X86), "2.12"),
    (("rhel", "8.7", "4.18.0-425.3.1.el8.x86_64", X86), "refused"),
    (("rhel", "8.7", "4.18.0-425.13.1.el8_7.x86_64", X86), "refused"),
    (("rhel", "8.7", "4.18.0-425.19.2.el8_7.x86_64", X86), "2.12"),
    (("centos", "8", "4.18.0-193.28.1.el8_2.x86_64", X86), "2.10"),
    (("centos", "7", "3.10.0-1160.102.1.el7.x86_64", X86), "2.12"),
    (("centos", "7", "3.10.0-1127.el7.x86_64", X86), "2.10"),
    (("rhel", "7.6", "3.10.0-957.27.2.el7.x86_64", X86), "2.10"),
    (("centos", "7", "3.10.0-862.14.4.el7.x86_64", X86), "2.10"),
    (("centos", "7", "4.18.0-193.28.1.el7.aarch64", ARM), "2.12"),
    (("centos", "7", "4.18.0-147.8.1.el7.aarch64", ARM), "2.12"),
    (("centos", "7", "3.10.0-327.el7.x86_64", X86), "kernel"),
    (("almalinux", "9.6", "5.14.0-570.12.1.el9_6.x86_64", X86), "distribution"),
    (("sles", "12.5", "4.12.14-122.37-default", X86), "2.10"),
    (("debian", "12", "6.1.0-56-amd64", X86), "distribution"),
];

/// Of the form of real ones, and near the bounds of rows.
const MADE_UP: &[Case] = &[
    (("amzn", "2023", "6.1.9-100.200.amzn2023.x86_64", X86), "kernel"),
    (("amzn", "2023", "6.18.1-2.3.amzn2023.x86_64", X86), "2.15"),
    (("amzn", "2023", "6.6.1-2.3.amzn2023.x86_64", X86), "kernel"),
    (("amzn", "2", "5.10.144-127.600.amzn2.x86_64", X86), "2.10"),
    (("rhel", "9.6", "5.14.0-570.112.1.el9_6.x86_64", X86), "2.15"),
];

#[test]
fn real_kernels_find_the_client_that_aws_lists() {
    assert!(KERNELS.len() >= 60, "{}", KERNELS.len());
    for (node, expected) in KERNELS.iter().chain(MADE_UP) {
        assert_eq!(listing(*node), *expected, "{node:?}");
    }
}

#[test]
fn rows_name_what_the_rest_of_the_matrix_knows() {
    let matrix = matrix();
    for row in &matrix.kernels {
        for version in &row.file_systems {
            assert_eq!(matrix.client_fits(&row.client, version), Fit::Usable, "{}", row.name);
        }
        for id in &row.distributions {
            assert!(matrix.distributions.iter().any(|known| known.ids.contains(id)), "{id}");
        }
        assert_eq!(row.minor.is_some(), row.release_is_of_the_rhel_family(), "{}", row.name);
        assert!(matrix.source(&row.source).contains("20"), "{}", row.source);
    }
}

impl KernelRow {
    fn release_is_of_the_rhel_family(&self) -> bool {
        self.distributions.iter().any(|id| ["rhel", "rocky", "centos"].contains(&id.as_str()))
    }
}

#[test]
fn clients_and_file_systems() {
    let table = [
        ("2.15.8", "2.10", Fit::Unusable),
        ("2.15.8", "2.12", Fit::Usable),
        ("2.15.8", "2.15", Fit::Usable),
        ("2.12.8_198_gde6da33", "2.10", Fit::Usable),
        ("2.12.8_198_gde6da33", "2.15", Fit::Usable),
        ("2.10.5-2.fsx1", "2.15", Fit::Unusable),
        ("2.10.8", "2.12", Fit::Usable),
        ("2.1.5", "2.15", Fit::NotListed),
        ("2.16.1", "2.15", Fit::NotListed),
        ("2.15.8", "2.17", Fit::NotListed),
        ("unknown", "2.15", Fit::NotListed),
    ];
    for (client, file_system, fit) in table {
        assert_eq!(matrix().client_fits(client, file_system), fit, "{client} {file_system}");
    }
    assert_eq!(matrix().clients_for("2.10"), ["2.10", "2.12"]);
}

#[test]
fn data_that_is_not_understood_is_our_bug() {
    let error = Matrix::parse("[sources]\n").expect_err("incomplete");
    let failure = error.failure();
    assert_eq!(failure.mount_exit(), 4);
    assert!(!failure.remedy.is_empty());
}
