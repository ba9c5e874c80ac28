//! Who is logged in, for how long, and how fast somebody may guess.
//!
//! A session is 32 random bytes in a cookie; the table here knows only their SHA-256. It ends 15 minutes after the last
//! request and 10 hours after the login. The time is given, so that tests own it.

use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::time::{Duration, Instant};

const IDLE: Duration = Duration::from_secs(15 * 60);
const ABSOLUTE: Duration = Duration::from_secs(10 * 60 * 60);
/// More than one person's browsers need; the longest unused goes first.
const MAX_SESSIONS: usize = 32;
/// Searches that a session remembers, so that no query stands in an address.
const MAX_QUERIES: usize = 100;

/// A session as the table knows it.
type Key = [u8; 32];

#[derive(Debug)]
struct Session {
    created: Instant,
    seen: Instant,
    /// Number and text of the searches made, oldest first.
    queries: Vec<(u32, String)>,
    next_query: u32,
}

impl Session {
    fn is_over(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.seen) >= IDLE
            || now.saturating_duration_since(self.created) >= ABSOLUTE
    }
}

/// All sessions.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    table: HashMap<Key, Session>,
}

/// What a cookie's token is known as here; `None` when it is no token.
pub(crate) fn key_of(token: &str) -> Option<Key> {
    let is_token = token.len() == 64 && token.bytes().all(|b| b.is_ascii_hexdigit());
    is_token.then(|| Sha256::digest(token.as_bytes()).into())
}

impl Sessions {
    /// A new session; the token is for the cookie and is kept nowhere.
    pub(crate) fn open(&mut self, now: Instant) -> String {
        self.table.retain(|_, session| !session.is_over(now));
        if self.table.len() >= MAX_SESSIONS
            && let Some(key) = self.table.iter().min_by_key(|(_, s)| s.seen).map(|(key, _)| *key)
        {
            self.table.remove(&key);
        }
        let mut bytes = [0u8; 32];
        getrandom::fill(&mut bytes).expect("the system gives random numbers");
        let token: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        let key = key_of(&token).expect("64 hexadecimal digits");
        self.table.insert(key, Session { created: now, seen: now, queries: Vec::new(), next_query: 1 });
        token
    }

    /// Whether a session is alive; being asked keeps it so.
    pub(crate) fn touch(&mut self, key: &Key, now: Instant) -> bool {
        match self.table.get_mut(key) {
            Some(session) if !session.is_over(now) => {
                session.seen = now;
                true
            }
            Some(_) => {
                self.table.remove(key);
                false
            }
            None => false,
        }
    }

    /// Ends a session.
    pub(crate) fn close(&mut self, key: &Key) {
        self.table.remove(key);
    }

    /// Remembers a search and gives its number; the same text again has the same number.
    pub(crate) fn remember(&mut self, key: &Key, query: String) -> Option<u32> {
        let session = self.table.get_mut(key)?;
        if let Some((number, _)) = session.queries.iter().find(|(_, known)| *known == query) {
            return Some(*number);
        }
        if session.queries.len() >= MAX_QUERIES {
            session.queries.remove(0);
        }
        let number = session.next_query;
        session.next_query += 1;
        session.queries.push((number, query));
        Some(number)
    }

    /// The text of a search made since this login.
    pub(crate) fn query(&self, key: &Key, number: u32) -> Option<String> {
        self.table.get(key)?.queries.iter().find(|(n, _)| *n == number).map(|(_, query)| query.clone())
    }
}

/// Slows down guessing: after 5 wrong logins in a row nobody may try for 30 seconds, then 60, up to 15 minutes.
#[derive(Debug, Default)]
pub(crate) struct LoginGuard {
    wrong: u32,
    closed_until: Option<Instant>,
}

const FREE_TRIES: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);

impl LoginGuard {
    /// How long to wait before the next try; `None` when one may be made now.
    pub(crate) fn pause(&self, now: Instant) -> Option<Duration> {
        let left = self.closed_until?.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }

    /// Counts a try before it is judged, so that many at once cannot all be free.
    pub(crate) fn count(&mut self, now: Instant) {
        self.wrong = self.wrong.saturating_add(1);
        if self.wrong >= FREE_TRIES {
            let doublings = (self.wrong - FREE_TRIES).min(10);
            self.closed_until = Some(now + (FIRST_PAUSE * 2u32.pow(doublings)).min(LONGEST_PAUSE));
        }
    }

    /// The right password was given.
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_session_ends_when_idle_and_after_ten_hours() {
        let start = Instant::now();
        let mut sessions = Sessions::default();
        let key = key_of(&sessions.open(start)).unwrap();
        assert!(sessions.touch(&key, start + 14 * MINUTE));
        assert!(sessions.touch(&key, start + 28 * MINUTE));
        assert!(!sessions.touch(&key, start + 43 * MINUTE));
        assert!(!sessions.touch(&key, start + 29 * MINUTE), "what ended stays ended");

        let key = key_of(&sessions.open(start)).unwrap();
        let alive = (1..=100).take_while(|n| sessions.touch(&key, start + *n * 10 * MINUTE)).count();
        assert_eq!(alive, 59, "10 hours are 60 times 10 minutes");
    }

    #[test]
    fn only_tokens_given_out_are_sessions() {
        let now = Instant::now();
        let mut sessions = Sessions::default();
        let (one, two) = (sessions.open(now), sessions.open(now));
        assert_ne!(one, two);
        assert_eq!(key_of("short"), None);
        assert_eq!(key_of(&"g".repeat(64)), None);
        assert!(!sessions.touch(&key_of(&"0".repeat(64)).unwrap(), now));
        sessions.close(&key_of(&one).unwrap());
        assert!(!sessions.touch(&key_of(&one).unwrap(), now));
        assert!(sessions.touch(&key_of(&two).unwrap(), now));
    }

    #[test]
    fn searches_belong_to_their_session() {
        let now = Instant::now();
        let mut sessions = Sessions::default();
        let (one, two) = (key_of(&sessions.open(now)).unwrap(), key_of(&sessions.open(now)).unwrap());
        assert_eq!(sessions.remember(&one, "a".into()), Some(1));
        assert_eq!(sessions.remember(&one, "b".into()), Some(2));
        assert_eq!(sessions.remember(&one, "a".into()), Some(1));
        assert_eq!(sessions.query(&one, 2).as_deref(), Some("b"));
        assert_eq!(sessions.query(&two, 1), None);
        for n in 0..MAX_QUERIES {
            sessions.remember(&one, format!("{n}"));
        }
        assert_eq!(sessions.query(&one, 1), None, "the oldest is forgotten, its number is not used again");
    }

    #[test]
    fn guessing_gets_slower() {
        let start = Instant::now();
        let mut guard = LoginGuard::default();
        for _ in 0..4 {
            guard.count(start);
            assert_eq!(guard.pause(start), None);
        }
        guard.count(start);
        assert_eq!(guard.pause(start), Some(FIRST_PAUSE));
        let later = start + FIRST_PAUSE;
        assert_eq!(guard.pause(later), None);
        guard.count(later);
        assert_eq!(guard.pause(later), Some(2 * FIRST_PAUSE));
        for _ in 0..100 {
            guard.count(later);
        }
        assert_eq!(guard.pause(later), Some(LONGEST_PAUSE));
        guard.reset();
        assert_eq!(guard.pause(later), None);
    }
}
