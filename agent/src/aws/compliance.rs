//! Compliance items of a managed node: put, the whole set each time.

use super::{Action, Aws, AwsError};
use aws_sdk_ssm::primitives::DateTime;
use aws_sdk_ssm::types::{
    ComplianceExecutionSummary, ComplianceItemEntry, ComplianceSeverity, ComplianceStatus,
};
use std::collections::HashMap;

const PUT_COMPLIANCE_ITEMS: &Action =
    &Action { name: "ssm:PutComplianceItems", service: "ssm", policy: "compliance.json" };
/// The only type of resource that there is.
const MANAGED_INSTANCE: &str = "ManagedInstance";

/// How much depends on an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// `CRITICAL`.
    Critical,
    /// `HIGH`.
    High,
    /// `MEDIUM`.
    Medium,
    /// `LOW`.
    Low,
    /// `INFORMATIONAL`.
    Informational,
}

impl Severity {
    /// As AWS writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Critical => "CRITICAL",
            Self::High => "HIGH",
            Self::Medium => "MEDIUM",
            Self::Low => "LOW",
            Self::Informational => "INFORMATIONAL",
        }
    }
}

/// One item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComplianceItem {
    /// What tells it from the others.
    pub id: String,
    /// What it is, in one line.
    pub title: String,
    /// How much depends on it.
    pub severity: Severity,
    /// Whether all is well.
    pub is_compliant: bool,
    /// More of it.
    pub details: Vec<(&'static str, String)>,
}

impl Aws {
    /// Puts all items of a type, in the place of all that were there.
    ///
    /// # Errors
    /// [`AwsError`].
    pub async fn put_compliance_items(
        &self,
        node: &str,
        compliance_type: &str,
        items: &[ComplianceItem],
        hash: &str,
        now_unix_seconds: u64,
    ) -> Result<(), AwsError> {
        let asked = self.asked(PUT_COMPLIANCE_ITEMS, "*");
        let lacks = |because: String| AwsError::Answer { asked: asked.clone(), because };
        let entries: Vec<_> =
            items.iter().map(entry).collect::<Result<_, _>>().map_err(|e| lacks(e.to_string()))?;
        let now = DateTime::from_secs(i64::try_from(now_unix_seconds).unwrap_or(i64::MAX));
        let summary = ComplianceExecutionSummary::builder().execution_time(now).build();
        let summary = summary.map_err(|error| lacks(error.to_string()))?;
        let put = || {
            self.ssm
                .put_compliance_items()
                .resource_id(node)
                .resource_type(MANAGED_INSTANCE)
                .compliance_type(compliance_type)
                .execution_summary(summary.clone())
                .set_items(Some(entries.clone()))
                .item_content_hash(hash)
                .send()
        };
        self.call(asked.clone(), put).await.map(|_| ())
    }
}

fn entry(item: &ComplianceItem) -> Result<ComplianceItemEntry, aws_sdk_ssm::error::BuildError> {
    let details: HashMap<String, String> =
        item.details.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    ComplianceItemEntry::builder()
        .id(&item.id)
        .title(&item.title)
        .severity(ComplianceSeverity::from(item.severity.word()))
        .status(if item.is_compliant {
            ComplianceStatus::Compliant
        } else {
            ComplianceStatus::NonCompliant
        })
        .set_details(Some(details))
        .build()
}
