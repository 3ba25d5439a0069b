//! The documents of Systems Manager, from their table.

use super::roff::tagged;
use crate::ssm::document::DOCUMENTS;
use crate::ssm::exit;

/// Each document with its parameters.
pub(super) fn documents() -> String {
    let one = |document: &crate::ssm::document::Document| {
        let parameters = document.all_parameters().map(|parameter| match parameter.default {
            None => format!("{} (to be given)", parameter.name),
            Some("") => parameter.name.to_owned(),
            Some(default) => format!("{}={default}", parameter.name),
        });
        let parameters: Vec<String> = parameters.collect();
        let text = format!(
            "{} At most {} s. Parameters: {}.",
            document.about,
            document.seconds,
            parameters.join(", ")
        );
        tagged(document.title, "", &text)
    };
    DOCUMENTS.iter().map(one).collect()
}

/// The exit statuses that are theirs.
pub(super) fn exits() -> String {
    exit::TABLE.iter().map(|(status, text)| tagged(&format!("exit {status}"), "", text)).collect()
}
