//! Basic authentication: bcrypt hashes, and the passwords that were right before.

use base64::Engine as _;
use base64::alphabet::BCRYPT;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose};
use ring::hmac;
use ring::rand::SystemRandom;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// bcrypt looks at no more than this, its ending NUL included.
const LONGEST_PASSWORD_BYTES: usize = 72;
/// A hash of this cost takes a minute: nobody means it.
const HIGHEST_COST: u32 = 18;
/// What an unknown name is compared with, so that it takes as long as a known one.
const NOBODY: Hash = Hash { cost: 10, salt: [0; 16], digest: [0; 23] };

const BCRYPT_BASE64: GeneralPurpose = GeneralPurpose::new(
    &BCRYPT,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// A bcrypt hash: `$2y$COST$` and 53 characters of salt and digest.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Hash {
    cost: u32,
    salt: [u8; 16],
    digest: [u8; 23],
}

impl Hash {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix('$')?.split('$');
        let (version, cost, rest) = (parts.next()?, parts.next()?, parts.next()?);
        let cost = cost.parse().ok().filter(|cost| (4..=HIGHEST_COST).contains(cost))?;
        if parts.next().is_some() || !matches!(version, "2a" | "2b" | "2x" | "2y") {
            return None;
        }
        let salt = BCRYPT_BASE64.decode(rest.get(..22)?).ok()?.try_into().ok()?;
        let digest = BCRYPT_BASE64.decode(rest.get(22..)?).ok()?.try_into().ok()?;
        Some(Self { cost, salt, digest })
    }

    fn is_of(&self, password: &[u8]) -> bool {
        let mut password = password.to_vec();
        password.push(0);
        password.truncate(LONGEST_PASSWORD_BYTES);
        let digest = bcrypt::bcrypt(self.cost, self.salt, &password);
        // Constant time does not matter for a digest that nobody can choose.
        digest.starts_with(&self.digest)
    }
}

/// Who may read the metrics.
pub(super) struct Users {
    hashes: BTreeMap<String, Hash>,
    /// For `right`: so that no password stands in memory.
    key: hmac::Key,
    /// The last password that was right, by name: bcrypt at every scrape would cost more than the
    /// scrape.
    right: Mutex<BTreeMap<String, hmac::Tag>>,
    /// One guess at a time, so that guessing takes no more than one thread.
    turn: Arc<Semaphore>,
}

impl std::fmt::Debug for Users {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.hashes.keys()).finish()
    }
}

impl Users {
    /// The users of a file.
    ///
    /// # Errors
    /// Whose hash is none. The hash itself is not told.
    pub(super) fn parse(users: &BTreeMap<String, String>) -> Result<Self, String> {
        let hashes = users.iter().map(|(name, hash)| {
            let what = "is no bcrypt hash; `htpasswd -nBC 10 '' | tr -d ':\\n'` makes one";
            let hash = Hash::parse(hash).ok_or_else(|| format!("the hash of {name:?} {what}"))?;
            Ok((name.clone(), hash))
        });
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        Ok(Self {
            hashes: hashes.collect::<Result<_, String>>()?,
            key: key.map_err(|_| "the system gives no random numbers".to_owned())?,
            right: Mutex::default(),
            turn: Arc::new(Semaphore::new(1)),
        })
    }

    /// Whether an `Authorization` header is that of a user.
    pub(super) async fn admit(self: Arc<Self>, authorization: Option<&str>) -> bool {
        let Some((name, password)) = authorization.and_then(credentials) else { return false };
        if self.was_right(&name, &password) {
            return true;
        }
        let Ok(turn) = Arc::clone(&self.turn).acquire_owned().await else { return false };
        let hash = self.hashes.get(&name).copied();
        let guess = password.clone();
        let is_right = tokio::task::spawn_blocking(move || {
            // Until the guess has ended: whoever made it may hang up, and make the next one.
            let _turn = turn;
            hash.unwrap_or(NOBODY).is_of(&guess) && hash.is_some()
        });
        let is_right = is_right.await.unwrap_or(false);
        if is_right {
            let tag = hmac::sign(&self.key, &password);
            self.right.lock().unwrap_or_else(PoisonError::into_inner).insert(name, tag);
        }
        is_right
    }

    fn was_right(&self, name: &str, password: &[u8]) -> bool {
        let right = self.right.lock().unwrap_or_else(PoisonError::into_inner);
        right.get(name).is_some_and(|tag| hmac::verify(&self.key, password, tag.as_ref()).is_ok())
    }
}

/// Name and password of `Basic BASE64`.
fn credentials(header: &str) -> Option<(String, Vec<u8>)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = general_purpose::STANDARD.decode(encoded.trim()).ok()?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let (name, password) = decoded.split_at(colon);
    Some((String::from_utf8(name.to_vec()).ok()?, password.get(1..)?.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What crypt(3) has for the password "test".
    const TEST: &str = "$2y$05$QOauhQNbBCuQDKes6eFzPeGx5hrGyGC4/NwpDFaoBmaexZ16B4qxC";

    /// The same for a hundred times "x", of which bcrypt sees 72.
    const LONG: &str = "$2y$05$QOauhQNbBCuQDKes6eFzPeH3GkjGvLW.qk7k.tCEykMnvmabA7WBW";

    fn users() -> Arc<Users> {
        let users = [("alice".to_owned(), TEST.to_owned()), ("long".to_owned(), LONG.to_owned())];
        let users = users.into();
        Arc::new(Users::parse(&users).expect("a hash"))
    }

    fn basic(text: &str) -> String {
        format!("Basic {}", general_purpose::STANDARD.encode(text))
    }

    #[test]
    fn only_the_right_password_of_a_known_name_is_admitted() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let users = users();
        let admit = |header: Option<&str>| runtime.block_on(Arc::clone(&users).admit(header));
        for _ in 0..2 {
            assert!(admit(Some(&basic("alice:test"))));
            assert!(!admit(Some(&basic("alice:Test"))));
        }
        assert!(admit(Some(&basic("alice:test").replacen("Basic", "bAsIc", 1))));
        assert!(admit(Some(&basic(&format!("long:{}", "x".repeat(100))))));
        for wrong in ["bob:test", "alice:", "alice", ":test", "alice:test\0"] {
            assert!(!admit(Some(&basic(wrong))), "{wrong}");
        }
        assert!(!admit(None) && !admit(Some("Bearer x")) && !admit(Some("Basic !")));
    }

    #[test]
    fn who_hangs_up_still_has_the_turn_until_the_guess_has_ended() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let users = users();
        runtime.block_on(async {
            let header = basic("nobody:guess");
            let guess = Arc::clone(&users).admit(Some(&header));
            let hung_up =
                tokio::select! { biased; _ = guess => false, () = std::future::ready(()) => true };
            // It is under way by then, and takes five times as long.
            std::thread::sleep(std::time::Duration::from_millis(30));
            assert!(hung_up && users.turn.try_acquire().is_err());
            assert!(users.turn.acquire().await.is_ok(), "it ends");
        });
    }

    #[test]
    fn what_is_no_hash_is_refused_and_not_told() {
        for hash in ["", "secret", "$2y$10$short", "$1$10$QOauhQNbBCuQDKes6eFzPe", "$2y$31$QOauh"] {
            let users = [("alice".to_owned(), hash.to_owned())].into();
            let error = Users::parse(&users).expect_err(hash);
            assert!(error.contains("alice") && (hash.is_empty() || !error.contains(hash)));
        }
        assert_eq!(format!("{:?}", users()), "[\"alice\", \"long\"]");
    }
}
