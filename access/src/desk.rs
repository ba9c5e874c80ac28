//! What all requests share: the reading room, the workers, the account, the sessions.

use crate::account::Account;
use crate::failure::Failure;
use crate::session::{LoginGuard, Sessions};
use pipeline::{PipelineError, Pool, ReadingRoom};
use record::{Clearance, Lang};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Searches and readings at the same time; more wait.
const READINGS: usize = 4;
/// Pictures at the same time: each holds a master in memory.
const PICTURES: usize = 2;
/// PDFs being sent at the same time: each holds an open file and three MiB.
const STREAMS: usize = 16;
/// Passwords judged at the same time: each takes 19 MiB and a tenth of a second.
const LOGINS: usize = 1;

/// The desk of the reading room.
pub(crate) struct Desk {
    pub(crate) account: Account,
    pub(crate) clearance: Clearance,
    pub(crate) address: SocketAddr,
    pub(crate) lang: Lang,
    pub(crate) agency: String,
    books: Arc<Books>,
    sessions: Mutex<Sessions>,
    login_guard: Mutex<LoginGuard>,
    readings: Arc<Semaphore>,
    pictures: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    logins: Arc<Semaphore>,
}

/// What is read from, on threads that may wait.
pub(crate) struct Books {
    pub(crate) room: ReadingRoom,
    pub(crate) pool: Pool,
}

/// What a reading costs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cost {
    /// Text and registers.
    Reading,
    /// A whole master, or a PDF to be hashed.
    Picture,
}

impl Desk {
    pub(crate) fn new(
        room: ReadingRoom,
        pool: Pool,
        account: Account,
        address: SocketAddr,
        lang: Lang,
    ) -> Self {
        Self {
            clearance: account.clearance(),
            account,
            address,
            lang,
            agency: room.agency().to_owned(),
            books: Arc::new(Books { room, pool }),
            sessions: Mutex::default(),
            login_guard: Mutex::default(),
            readings: Arc::new(Semaphore::new(READINGS)),
            pictures: Arc::new(Semaphore::new(PICTURES)),
            streams: Arc::new(Semaphore::new(STREAMS)),
            logins: Arc::new(Semaphore::new(LOGINS)),
        }
    }

    /// The sessions. A panic while they were locked left them whole: every change is one map operation.
    pub(crate) fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The guard of the login.
    pub(crate) fn login_guard(&self) -> MutexGuard<'_, LoginGuard> {
        self.login_guard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Name of the session cookie: ports of one host share cookies, so each server has its own name.
    pub(crate) fn cookie(&self) -> String {
        format!("hoso-{}", self.address.port())
    }

    /// Reads on a thread that may wait. The place is held until the reading ends, even when nobody waits for it.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        cost: Cost,
        reading: impl FnOnce(&Books) -> Result<T, PipelineError> + Send + 'static,
    ) -> Result<T, Failure> {
        let places = match cost {
            Cost::Reading => &self.readings,
            Cost::Picture => &self.pictures,
        };
        let books = Arc::clone(&self.books);
        Ok(blocking(Arc::clone(places), move || reading(&books)).await??)
    }

    /// A place for a PDF that is being sent, held until the end of it.
    pub(crate) async fn stream_place(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.streams).acquire_owned().await.expect("nobody closes the semaphore")
    }

    /// Judges name and password.
    pub(crate) async fn admits(self: &Arc<Self>, user: String, password: String) -> Result<bool, Failure> {
        let desk = Arc::clone(self);
        blocking(Arc::clone(&self.logins), move || desk.account.admits(&user, &password)).await
    }
}

async fn blocking<T: Send + 'static>(
    places: Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let place = places.acquire_owned().await.expect("nobody closes the semaphore");
    let done = tokio::task::spawn_blocking(move || {
        let result = work();
        drop(place);
        result
    });
    done.await.map_err(|_| Failure::Bug)
}
