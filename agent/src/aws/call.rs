//! One call to a service: made, judged, and made again where that may help, within the caller's
//! budget.

use super::{Aws, AwsError};
use crate::retry::{ErrorClass, Failed, Next, RetryPolicy};
use aws_sdk_fsx::error::{ProvideErrorMetadata, SdkError};
use std::future::Future;

/// An action of an AWS service, as IAM names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action {
    /// `fsx:DescribeFileSystems`.
    pub name: &'static str,
    /// The service, as its endpoints are named: `fsx`.
    pub service: &'static str,
    /// The file in packaging/iam that allows it.
    pub policy: &'static str,
}

/// What is asked, for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The action.
    pub action: &'static Action,
    /// The Region that is asked.
    pub region: String,
    /// What a policy must name as its resources: ARNs, or `*`.
    pub resources: Vec<String>,
}

impl Aws {
    /// What is asked here by an action.
    pub(super) fn asked(&self, action: &'static Action, resource: impl Into<String>) -> Asked {
        Asked { action, region: self.region().to_owned(), resources: vec![resource.into()] }
    }

    /// Makes a call until it succeeds, until another try does not help, or until the time is over.
    pub(super) async fn call<T, E, F>(
        &self,
        asked: Asked,
        send: impl Fn() -> F,
    ) -> Result<T, AwsError>
    where
        F: Future<Output = Result<T, SdkError<E>>>,
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let mut last = None;
        let mut not_throttled = 0;
        for attempt in 1.. {
            let left = self.deadline.left();
            let error = match tokio::time::timeout(left, send()).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => AwsError::of_call(&asked, &error),
                Err(_) => {
                    let seconds = self.deadline.budget().as_secs();
                    return Err(AwsError::Deadline { asked: Some(asked), seconds, last });
                }
            };
            self.attempts.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let class = error.class();
            not_throttled += u32::from(class != ErrorClass::Throttled);
            let failed = Failed { class, attempt, not_throttled, left: self.deadline.left() };
            match RetryPolicy::default().next(failed, fastrand::f64()) {
                Next::Wait(pause) => {
                    tracing::debug!(action = asked.action.name, attempt, ?class, ?pause, "again");
                    self.mend(class, asked.action).await;
                    tokio::time::sleep(pause).await;
                    last = Some(error.short());
                }
                Next::GiveUp | Next::OutOfTime => return Err(error.after(attempt)),
            }
        }
        Err(AwsError::Deadline { asked: Some(asked), seconds: 0, last })
    }
}
