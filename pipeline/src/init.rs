//! `hoso init`: an empty archive with a key for a trial.

use crate::PipelineError;
use crate::bench::uuid_text;
use crate::config::{ArchiveConfig, Layout};
use crate::ledger::Ledger;
use crate::tlog::{self, ArchiveLog};
use archive_store::{Archive, OpenOptions};
use record::Clock;
use seal::{TrialNames, make_trial_keys};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What a new archive is called.
#[derive(Debug, Clone)]
pub struct NewArchive {
    /// Mã phông: ASCII letters, digits, `.`, `-`.
    pub fonds: String,
    /// The agency that keeps it.
    pub agency: String,
    /// The name in the station certificate, for example that of the machine.
    pub station: String,
    /// It may lie on NFS, SMB or another network disk, where nobody can promise that what is stored stays: somebody asked
    /// for that.
    pub on_network_disk: bool,
}

/// Makes an archive: configuration, trial keys, empty store, ledger and index. Refuses a folder that holds one.
pub fn init_archive(
    root: &Path,
    new: &NewArchive,
    clock: &dyn Clock,
) -> Result<ArchiveConfig, PipelineError> {
    let layout = Layout { root: root.to_owned() };
    if layout.config().exists() {
        return Err(PipelineError::ArchiveExists(root.to_owned()));
    }
    let mut config = ArchiveConfig::new(uuid_text(&random()), new.fonds.clone(), new.agency.clone());
    config.network_disk.archive = new.on_network_disk;
    let is_new = !root.exists();
    durable::create_dir_durable(root)?;
    if is_new {
        // Nothing is encrypted: only the account that keeps the archive may look into it. A folder that was there
        // before has the permissions that its owner gave it.
        let owner_only = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(root, owner_only).map_err(PipelineError::io(root))?;
    }
    Archive::create_with(root, OpenOptions { allow_network_fs: new.on_network_disk })?;
    durable::create_dir_durable(&root.join("keys"))?;
    let password: String = random::<24>().iter().map(|b| format!("{b:02x}")).collect();
    let names = TrialNames { unit: new.agency.clone(), station: new.station.clone() };
    let keys = make_trial_keys(&names, &password, clock.now(), &mut |bytes: &mut [u8]| {
        getrandom::fill(bytes).map_err(std::io::Error::other)
    })?;
    durable::write_file(&layout.anchor(), keys.ca_certificate_pem.as_bytes())?;
    durable::write_secret_file(&layout.station_key(), &keys.station_p12)?;
    durable::write_secret_file(&layout.station_password(), password.as_bytes())?;
    Ledger::open(&layout.ledger())?.set_knows_the_archive()?;
    index::Indexer::open_or_create(&layout.index())?;
    // The configuration comes last: with it, this is an archive.
    durable::write_file(&layout.config(), config.to_toml().as_bytes())?;
    // A mistake in the names given must show now, not at the first batch.
    let config = ArchiveConfig::read(&layout.config())?;
    // After a stop before this it gets its log when it is first worked on.
    tlog::create(&layout, &config)?;
    tlog::announce(&layout, &ArchiveLog::open(&layout)?)?;
    Ok(config)
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system gives random numbers");
    bytes
}
