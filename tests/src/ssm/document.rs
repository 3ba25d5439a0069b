//! A document, and the agent's checks of what it is given.

use regex_lite::Regex;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

use crate::stage;

/// The agent takes this where a time-out is none of 5 to 172,800 seconds.
const DEFAULT_SECONDS: u64 = 3600;

/// A document of schema 2.2 with one step.
#[derive(Clone, Debug)]
pub struct Document(pub(super) Value);

impl Document {
    /// That of `packaging/ssm`, by its name in Systems Manager.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[track_caller]
    pub fn packaged(name: &str) -> Self {
        Self::of(&stage::source(&format!("packaging/ssm/{name}.json")))
    }

    /// From its text.
    ///
    /// # Panics
    ///
    /// When it is not JSON.
    #[track_caller]
    pub fn of(text: &str) -> Self {
        Self(serde_json::from_str(text).expect("a document is JSON"))
    }

    /// The same without the checks of its parameters, as whoever changes a document could make it.
    #[must_use]
    pub fn without_patterns(mut self) -> Self {
        let parameters = self.0["parameters"].as_object_mut().into_iter().flatten();
        for (_, parameter) in parameters {
            for name in ["allowedPattern", "allowedValues", "maxChars"] {
                parameter.as_object_mut().and_then(|one| one.remove(name));
            }
        }
        self
    }

    /// The lines of its script, joined as the agent joins them.
    pub fn script(&self) -> String {
        let lines = self.inputs()["runCommand"].as_array().into_iter().flatten();
        lines.filter_map(Value::as_str).fold(String::new(), |text, line| text + line + "\n")
    }

    /// After which time the agent kills it.
    pub fn time_out(&self) -> Duration {
        let written = self.inputs()["timeoutSeconds"].as_str().and_then(|text| text.parse().ok());
        let seconds = written.filter(|seconds| (5..=172_800).contains(seconds));
        Duration::from_secs(seconds.unwrap_or(DEFAULT_SECONDS))
    }

    fn inputs(&self) -> &Value {
        &self.0["mainSteps"][0]["inputs"]
    }

    /// What the script gets of these parameters: every one that is declared, with its default where it is
    /// not given.
    ///
    /// # Errors
    /// What the service or the agent refuses.
    pub fn parameters(&self, given: &[(&str, &str)]) -> Result<BTreeMap<String, String>, String> {
        let declared = self.0["parameters"].as_object().ok_or("it declares no parameters")?;
        if let Some((name, _)) = given.iter().find(|(name, _)| !declared.contains_key(*name)) {
            return Err(format!("InvalidParameters: {name} is not declared"));
        }
        let mut all = BTreeMap::new();
        for (name, about) in declared {
            let given = given.iter().find(|(one, _)| one == name).map(|(_, value)| *value);
            let value = given.or_else(|| about["default"].as_str());
            let value = value.ok_or_else(|| format!("InvalidParameters: {name} is missing"))?;
            check(name, about, value)?;
            all.insert(name.clone(), value.to_owned());
        }
        Ok(all)
    }

    /// Whether a parameter comes by the environment.
    pub(super) fn is_by_environment(&self, name: &str) -> bool {
        self.0["parameters"][name]["interpolationType"] == "ENV_VAR"
    }
}

/// As the agent's validators do: a pattern matches anywhere, unless it has anchors.
fn check(name: &str, about: &Value, value: &str) -> Result<(), String> {
    if let Some(words) = about["allowedValues"].as_array()
        && !words.iter().any(|word| word == value)
    {
        return Err(format!("parameter value of {name} is not in the allowed list"));
    }
    if let Some(pattern) = about["allowedPattern"].as_str() {
        let pattern = Regex::new(pattern).map_err(|error| error.to_string())?;
        if !pattern.is_match(value) {
            return Err(format!("parameter value of {name} does not match the allowed pattern"));
        }
    }
    match about["maxChars"].as_u64() {
        Some(most) if value.chars().count() > usize::try_from(most).unwrap_or(usize::MAX) => {
            Err(format!("parameter value of {name} is longer than {most} characters"))
        }
        _ => Ok(()),
    }
}
