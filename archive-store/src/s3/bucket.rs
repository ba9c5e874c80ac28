//! The requests that are made of a bucket, each with what its failure means. Below the protocol, above `object_store`.

use super::place::{S3Key, S3Place, Writers};
use super::wire::{Connector, Wire};
use crate::StoreError;
use crate::error::RemoteFault;
use durable::Staged;
use futures_core::Stream;
use object_store::aws::{AmazonS3, AmazonS3Builder, Checksum};
use object_store::path::Path as Key;
use object_store::{
    Attributes, BackoffConfig, Certificate, ClientOptions, Error, GetResult, MultipartUpload, ObjectStore,
    ObjectStoreExt, PutMode, PutOptions, PutPayload, RetryConfig, UpdateVersion,
};
use record::{Sha256, Sha512};
use sha2::Digest;
use std::future::poll_fn;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// Files up to this are sent in one request, larger ones in parts of it. Amazon's least for a part is 5 MiB.
pub(super) const PART_BYTES: u64 = 8 << 20;

/// Small bytes and the mark of their state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Got {
    pub(super) bytes: Vec<u8>,
    pub(super) etag: Option<String>,
}

/// A bucket. Keys are relative to the prefix.
pub(super) struct Bucket {
    store: AmazonS3,
    place: S3Place,
    access_key: String,
    /// What the server says of itself.
    pub(super) wire: Arc<Wire>,
}

impl Bucket {
    pub(super) fn open(
        place: &S3Place,
        key: &S3Key,
        wire: Arc<Wire>,
        retries: usize,
    ) -> Result<Bucket, StoreError> {
        place.check()?;
        let mut client = ClientOptions::new()
            .with_timeout_disabled()
            .with_read_timeout(place.timeout)
            .with_connect_timeout(place.timeout.min(Duration::from_secs(10)))
            .with_allow_http(place.endpoint.as_ref().is_some_and(|endpoint| endpoint.starts_with("http://")));
        let fault = |error: Error| remote(place, &key.access_key, "open", "", error);
        if let Some(pem) = &place.ca_pem {
            for certificate in Certificate::from_pem_bundle(pem).map_err(fault)? {
                client = client.with_root_certificate(certificate);
            }
        }
        let retry = RetryConfig {
            backoff: BackoffConfig {
                init_backoff: Duration::from_millis(100),
                max_backoff: Duration::from_secs(10),
                base: 2.0,
            },
            max_retries: retries,
            retry_timeout: place.patience,
        };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&place.bucket)
            .with_region(&place.region)
            .with_access_key_id(&key.access_key)
            .with_secret_access_key(&key.secret_key)
            .with_checksum_algorithm(Checksum::SHA256)
            .with_disable_tagging(true)
            // Not every server knows the request that removes many.
            .with_disable_bulk_delete(true)
            .with_client_options(client)
            .with_retry(retry)
            .with_http_connector(Connector(wire.clone()));
        if let Some(endpoint) = &place.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        let store = builder.build().map_err(fault)?;
        Ok(Bucket { store, place: place.clone(), access_key: key.access_key.clone(), wire })
    }

    /// `s3://bucket/prefix/key`, for people.
    pub(super) fn name_of(&self, key: &str) -> String {
        name_of(&self.place, key)
    }

    pub(super) fn damaged(&self, key: &str, why: &str) -> StoreError {
        StoreError::Damaged { path: PathBuf::from(self.name_of(key)), why: why.to_owned() }
    }

    pub(super) fn unreachable(&self, doing: &'static str, key: &str, why: &str) -> StoreError {
        let (object, why) = (self.name_of(key), why.to_owned());
        StoreError::Remote { doing, object, why, fault: RemoteFault::Unreachable }
    }

    fn fault(&self, doing: &'static str, key: &str) -> impl FnOnce(Error) -> StoreError {
        let (place, access_key, key) = (self.place.clone(), self.access_key.clone(), key.to_owned());
        move |error| remote(&place, &access_key, doing, &key, error)
    }

    fn key(&self, key: &str) -> Result<Key, StoreError> {
        let whole = match self.place.prefix.as_str() {
            "" => key.to_owned(),
            prefix => format!("{prefix}/{key}"),
        };
        Key::parse(whole).map_err(|source| self.fault("name", key)(Error::InvalidPath { source }))
    }

    /// The bytes of a small object, `None` where there is none.
    pub(super) async fn get(&self, key: &str, max_bytes: u64) -> Result<Option<Got>, StoreError> {
        let Some(result) = self.open_get(key).await? else { return Ok(None) };
        let etag = result.meta.e_tag.clone();
        if result.meta.size > max_bytes {
            return Err(self.damaged(key, &format!("it is longer than {max_bytes} bytes")));
        }
        let bytes = result.bytes().await.map_err(self.fault("read", key))?.to_vec();
        Ok(Some(Got { bytes, etag }))
    }

    async fn open_get(&self, key: &str) -> Result<Option<GetResult>, StoreError> {
        match self.store.get(&self.key(key)?).await {
            Ok(result) => Ok(Some(result)),
            Err(error) if is_no_key(&error) => Ok(None),
            Err(error) => Err(self.fault("read", key)(error)),
        }
    }

    /// Reads an object whole: its SHA-512 and the mark of its state. `None` where there is none.
    pub(super) async fn digest(&self, key: &str) -> Result<Option<(Sha512, Option<String>)>, StoreError> {
        let Some(result) = self.open_get(key).await? else { return Ok(None) };
        let etag = result.meta.e_tag.clone();
        let mut hash = sha2::Sha512::new();
        let mut stream = result.into_stream();
        while let Some(chunk) = next(&mut stream).await {
            hash.update(&chunk.map_err(self.fault("read", key))?);
        }
        Ok(Some((Sha512(hash.finalize().into()), etag)))
    }

    /// Brings an object of `bytes` bytes into a file that is not there yet. Neither is synced: it is a copy to look at.
    /// [`StoreError::Damaged`] where the server sends another length; no byte more is written.
    pub(super) async fn fetch(&self, key: &str, bytes: u64, to: &Path) -> Result<(), StoreError> {
        let gone = || self.damaged(key, "it was listed and is gone");
        let other =
            |sent: u64| self.damaged(key, &format!("the server sends {sent} bytes and listed {bytes}"));
        let result = self.open_get(key).await?.ok_or_else(gone)?;
        if result.meta.size != bytes {
            return Err(other(result.meta.size));
        }
        let mut stream = result.into_stream();
        let dir = to.parent().expect("a file has a folder");
        durable::stage_dir(dir)?;
        let mut staged = Staged::create_in(dir)?;
        while let Some(chunk) = next(&mut stream).await {
            let chunk = chunk.map_err(self.fault("read", key))?;
            let sent = staged.bytes() + chunk.len() as u64;
            if sent > bytes {
                return Err(other(sent));
            }
            staged.write_all(&chunk).map_err(crate::error::reading(to))?;
        }
        if staged.bytes() != bytes {
            return Err(other(staged.bytes()));
        }
        staged.finish()?.stage_as(to)?;
        Ok(())
    }

    /// Writes an object that is not there yet. False where there is one, or somebody is just writing it.
    pub(super) async fn put_new(&self, key: &str, bytes: Vec<u8>) -> Result<bool, StoreError> {
        let mode = match self.place.writers {
            Writers::Many => PutMode::Create,
            Writers::One => match self.store.head(&self.key(key)?).await {
                Ok(_) => return Ok(false),
                Err(Error::NotFound { .. }) => PutMode::Overwrite,
                Err(error) => return Err(self.fault("write", key)(error)),
            },
        };
        self.put(key, bytes, mode).await
    }

    /// Replaces an object that is in the state of `etag`. False where it is not any more.
    pub(super) async fn replace(
        &self,
        key: &str,
        etag: Option<String>,
        bytes: Vec<u8>,
    ) -> Result<bool, StoreError> {
        let mode = match (self.place.writers, etag) {
            (Writers::Many, e_tag @ Some(_)) => PutMode::Update(UpdateVersion { e_tag, version: None }),
            (Writers::Many, None) => {
                return Err(self.unreachable("write", key, "the server gives no ETag to compare with"));
            }
            (Writers::One, _) => PutMode::Overwrite,
        };
        self.put(key, bytes, mode).await
    }

    /// Writes an object, whatever was there: notes about the place itself, never a part of an archive.
    pub(super) async fn overwrite(&self, key: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        self.put(key, bytes, PutMode::Overwrite).await.map(drop)
    }

    async fn put(&self, key: &str, bytes: Vec<u8>, mode: PutMode) -> Result<bool, StoreError> {
        let options = PutOptions { mode, attributes: Attributes::default(), ..PutOptions::default() };
        match self.store.put_opts(&self.key(key)?, PutPayload::from(bytes), options).await {
            Ok(_) => Ok(true),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(false),
            Err(error) => Err(self.fault("write", key)(error)),
        }
    }

    /// Sends a file, which must have these digests: as an object that is not there yet, or in place of the one in the state
    /// of `etag`. What is larger than a part goes without a condition: the claim on its version keeps others away, and
    /// whoever has the same claim writes the same bytes. Reads the file on this thread.
    pub(super) async fn put_file(
        &self,
        key: &str,
        file: &Path,
        digests: (Sha512, Option<Sha256>),
        replacing: Option<Option<String>>,
    ) -> Result<(), StoreError> {
        let mut source = durable::open_file(file).map_err(crate::error::reading(file))?;
        let mut hash = (sha2::Sha512::new(), sha2::Sha256::new());
        let mut read_part = || {
            let mut part = Vec::new();
            (&mut source).take(PART_BYTES).read_to_end(&mut part).map_err(crate::error::reading(file))?;
            hash.0.update(&part);
            hash.1.update(&part);
            Ok::<_, StoreError>(part)
        };
        let first = read_part()?;
        if (first.len() as u64) < PART_BYTES {
            check_digests(file, hash, digests)?;
            match replacing {
                None => self.put_new(key, first).await?,
                Some(etag) => self.replace(key, etag, first).await?,
            };
            return Ok(());
        }
        let mut upload = self.store.put_multipart(&self.key(key)?).await.map_err(self.fault("write", key))?;
        let mut part = first;
        while !part.is_empty() {
            if let Err(error) = upload.put_part(PutPayload::from(part)).await {
                return Err(self.give_up(upload, key, error).await);
            }
            part = read_part()?;
        }
        if let Err(error) = check_digests(file, hash, digests) {
            let _ = upload.abort().await;
            return Err(error);
        }
        match upload.complete().await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.give_up(upload, key, error).await),
        }
    }

    /// Best effort: parts of an upload that was never completed are no object, and the server forgets them in time.
    async fn give_up(&self, mut upload: Box<dyn MultipartUpload>, key: &str, error: Error) -> StoreError {
        let _ = upload.abort().await;
        self.fault("write", key)(error)
    }

    /// Copies an object within the bucket.
    pub(super) async fn copy(&self, from: &str, to: &str) -> Result<(), StoreError> {
        self.store.copy(&self.key(from)?, &self.key(to)?).await.map_err(self.fault("put aside", from))
    }

    /// Removes a key of a trial, if the server lets us.
    pub(super) async fn remove_trial(&self, key: &str) {
        if let Ok(key) = self.key(key) {
            let _ = self.store.delete(&key).await;
        }
    }

    /// Removes an object; nothing happens where there is none. Only for what was destroyed.
    pub(super) async fn remove(&self, key: &str) -> Result<(), StoreError> {
        match self.store.delete(&self.key(key)?).await {
            Ok(()) => Ok(()),
            Err(error) if is_no_key(&error) => Ok(()),
            Err(error) => Err(self.fault("remove", key)(error)),
        }
    }

    /// Tells every key below a folder, and its bytes. The result: keys there that no path of a file can be.
    pub(super) async fn list(
        &self,
        below: &str,
        each: &mut (dyn FnMut(&str, u64) + Send),
    ) -> Result<Vec<String>, StoreError> {
        let root = self.key(below)?;
        let mut stream = self.store.list(Some(&root));
        let prefix = match self.place.prefix.as_str() {
            "" => String::new(),
            prefix => format!("{prefix}/"),
        };
        while let Some(meta) = next(&mut stream).await {
            let meta = meta.map_err(self.fault("list", below))?;
            if let Some(key) = meta.location.as_ref().strip_prefix(&prefix) {
                each(key, meta.size);
            }
        }
        let below = if below.is_empty() { prefix.clone() } else { format!("{prefix}{below}/") };
        let odd = self.wire.odd_keys(&below);
        Ok(odd.into_iter().filter_map(|key| key.strip_prefix(&prefix).map(str::to_owned)).collect())
    }
}

fn check_digests(
    file: &Path,
    (sha512, sha256): (sha2::Sha512, sha2::Sha256),
    expected: (Sha512, Option<Sha256>),
) -> Result<(), StoreError> {
    let is_right = Sha512(sha512.finalize().into()) == expected.0
        && expected.1.is_none_or(|sha256_expected| sha256_expected == Sha256(sha256.finalize().into()));
    if is_right {
        return Ok(());
    }
    let why = "its digests are not those of the inventory".to_owned();
    Err(StoreError::Damaged { path: file.to_owned(), why })
}

/// What the server calls its 404; empty where it says nothing.
fn code_of(error: &Error) -> String {
    let text = error.to_string();
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    code.map_or(String::new(), |(code, _)| code.to_owned())
}

/// A 404 that is about the object, not about the bucket or about a user whom the server does not know.
fn is_no_key(error: &Error) -> bool {
    matches!(error, Error::NotFound { .. })
        && matches!(code_of(error).as_str(), "" | "NoSuchKey" | "NotFound")
}

pub(super) async fn next<S: Stream + ?Sized>(stream: &mut Pin<Box<S>>) -> Option<S::Item> {
    poll_fn(|context| stream.as_mut().poll_next(context)).await
}

fn name_of(place: &S3Place, key: &str) -> String {
    if key.is_empty() { place.to_string() } else { format!("{place}/{key}") }
}

/// What a failure means. The text names no key: servers repeat it in theirs.
fn remote(place: &S3Place, access_key: &str, doing: &'static str, key: &str, error: Error) -> StoreError {
    let fault = match &error {
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => RemoteFault::Denied,
        Error::NotFound { .. } if is_no_key(&error) || code_of(&error) == "NoSuchBucket" => {
            RemoteFault::NoBucket
        }
        Error::NotFound { .. } => RemoteFault::Denied,
        Error::NotImplemented { .. } | Error::NotSupported { .. } | Error::InvalidPath { .. } => {
            RemoteFault::Refused
        }
        _ => RemoteFault::Unreachable,
    };
    const MOST: usize = 400;
    let mut why = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        let text = cause.to_string();
        if !why.contains(&text) {
            why = format!("{why}: {text}");
        }
        source = cause.source();
    }
    // A server's own words go to a terminal.
    let why = why.replace(access_key, "…").replace(char::is_control, " ");
    let why: String = why.chars().take(MOST).collect();
    StoreError::Remote { doing, object: name_of(place, key), why, fault }
}
