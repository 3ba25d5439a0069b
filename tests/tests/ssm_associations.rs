//! The templates for State Manager and IAM: cfn-lint, the rules that a fleet needs, and that
//! CloudFormation, Terraform and the policy files say the same.

use fsxlustre_tests::stage::{built_environment, stage};
use std::process::{Command, Output};

fn check(of: &std::path::Path) -> Output {
    let python = built_environment("associations");
    let program = stage("associations").join("check.py");
    Command::new(python).arg("-B").arg(program).arg(of).output().expect("python")
}

fn packaging() -> std::path::PathBuf {
    stage("associations").join("../../packaging").canonicalize().expect("the folder")
}

#[test]
fn the_templates_are_sound_and_say_the_same() {
    let done = check(&packaging());
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success() && said == "3 associations\n", "{said}");
}

/// What would not be noticed is not looked at.
#[test]
fn what_is_wrong_with_a_template_is_found() {
    let copy = std::env::temp_dir().join(format!("fsxl-templates-{}", std::process::id()));
    for (file, was, is, said) in [
        ("ssm/associations/check.yaml", "      MaxErrors: 100%\n", "", "MaxErrors is left"),
        ("ssm/associations/check.yaml", "Only: [local]", "Onyl: [local]", "Check"),
        ("ssm/associations/check.yaml", "ApplyOnlyAtCronInterval", "ApplyOnly", "ApplyOnly"),
        ("ssm/associations/compliance.yaml", " --splay 900", "", "begin at one moment"),
        ("ssm/associations/compliance.yaml", "\"1200\"", "\"900\"", "killed before its turn"),
        ("ssm/associations/associations.tf", "max_errors ", "max_error ", "max_error"),
        ("ssm/associations/associations.tf", "\"50%\"", "\"60%\"", "60%"),
        ("iam/config.json", "arn:PARTITION:", "arn:aws:", "names a partition"),
        ("iam/policies.yaml", "ssm:PutParameter", "ssm:*", "push-config.json is not in"),
    ] {
        let cp = Command::new("cp").arg("-r").arg(packaging()).arg(&copy).status().expect("cp");
        assert!(cp.success());
        let path = copy.join(file);
        let text = std::fs::read_to_string(&path).expect(file);
        assert!(text.contains(was), "{file}: {was}");
        std::fs::write(&path, text.replacen(was, is, 1)).expect(file);
        let done = check(&copy);
        #[expect(clippy::disallowed_methods, reason = "a folder of this test alone")]
        std::fs::remove_dir_all(&copy).expect("removed");
        let told = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(!done.status.success() && told.contains(said), "{file} {is}: {told}");
    }
}
