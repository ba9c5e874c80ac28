//! Where an object store is, and with which key it is opened.

use crate::StoreError;
use std::fmt;
use std::time::Duration;

/// A bucket on a server, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Place {
    /// The bucket.
    pub bucket: String,
    /// The folder in it, without slashes at its ends; may be empty.
    pub prefix: String,
    /// `https://host[:port]`; `None` is Amazon's own. Plain `http` is taken for this machine alone.
    pub endpoint: Option<String>,
    /// The region that signatures name.
    pub region: String,
    /// Certificates (PEM) that are trusted beside the system's.
    pub ca_pem: Option<Vec<u8>>,
    /// How many may write there.
    pub writers: Writers,
    /// How long one request is waited for.
    pub timeout: Duration,
    /// How long a request that fails is tried again.
    pub patience: Duration,
}

/// How many machines may write into a place at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Writers {
    /// Any number: the server must prove that it writes atomically under conditions.
    #[default]
    Many,
    /// One, which the administrator warrants; no conditions are sent.
    One,
}

/// A key pair. Never printed.
#[derive(Clone)]
pub struct S3Key {
    /// Its name.
    pub access_key: String,
    /// Its secret half.
    pub secret_key: String,
}

impl fmt::Debug for S3Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("S3Key(…)")
    }
}

/// Bucket and prefix of `s3://bucket/prefix`; `None` where the text is no such address.
pub fn parse_s3_address(text: &str) -> Option<(String, String)> {
    let (bucket, prefix) = {
        let rest = text.strip_prefix("s3://")?;
        rest.split_once('/').unwrap_or((rest, ""))
    };
    let is_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-".contains(&b);
    let prefix = prefix.trim_end_matches('/');
    let is_part = |part: &str| {
        !matches!(part, "" | "." | "..")
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
    };
    let is_good = (3..=63).contains(&bucket.len())
        && bucket.bytes().all(is_name)
        && (prefix.is_empty() || prefix.split('/').all(is_part));
    is_good.then(|| (bucket.to_owned(), prefix.to_owned()))
}

impl S3Place {
    /// `s3://bucket/prefix` with the defaults of everything else; `None` where the text is no such address.
    pub fn parse(address: &str) -> Option<S3Place> {
        let (bucket, prefix) = parse_s3_address(address)?;
        Some(S3Place {
            bucket,
            prefix,
            endpoint: None,
            region: "us-east-1".to_owned(),
            ca_pem: None,
            writers: Writers::Many,
            timeout: Duration::from_secs(120),
            patience: Duration::from_secs(60),
        })
    }

    /// Refuses plain `http` to any machine but this one: case files would go over the wire for all to read.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let Some(endpoint) = &self.endpoint else { return Ok(()) };
        let is_local = |rest: &str| {
            let host = rest.split('/').next().unwrap_or_default();
            let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
            matches!(host, "127.0.0.1" | "localhost" | "[::1]")
        };
        let is_good = endpoint.starts_with("https://")
            || endpoint.strip_prefix("http://").is_some_and(|rest| !rest.contains('@') && is_local(rest));
        if is_good { Ok(()) } else { Err(StoreError::PlainHttp { endpoint: endpoint.clone() }) }
    }
}

impl fmt::Display for S3Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.prefix.as_str() {
            "" => write!(f, "s3://{}", self.bucket),
            prefix => write!(f, "s3://{}/{prefix}", self.bucket),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let parsed = |text| parse_s3_address(text);
        let some = |bucket: &str, prefix: &str| Some((bucket.to_owned(), prefix.to_owned()));
        assert_eq!(parsed("s3://hoso-2026/vks/ban-sao/"), some("hoso-2026", "vks/ban-sao"));
        assert_eq!(parsed("s3://hoso"), some("hoso", ""));
        for bad in
            ["hoso/x", "s3://", "s3://a/x", "s3://Hoso/x", "s3://hoso//x", "s3://hoso/../x", "s3://hoso/a b"]
        {
            assert_eq!(parsed(bad), None, "{bad}");
        }
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        let is_taken = |endpoint: &str| {
            let place =
                S3Place { endpoint: Some(endpoint.to_owned()), ..S3Place::parse("s3://hoso").unwrap() };
            place.check().is_ok()
        };
        assert!(
            is_taken("http://127.0.0.1:9000")
                && is_taken("https://s3.example.vn")
                && is_taken("http://[::1]:9000")
        );
        for bad in [
            "http://s3.example.vn",
            "http://127.0.0.1@evil.vn/",
            "http://127.0.0.1.evil.vn",
            "ftp://127.0.0.1",
        ] {
            assert!(!is_taken(bad), "{bad}");
        }
    }

    #[test]
    fn a_key_is_never_printed() {
        let key = S3Key { access_key: "AKIA".to_owned(), secret_key: "geheim".to_owned() };
        assert_eq!(format!("{key:?}"), "S3Key(…)");
    }
}
