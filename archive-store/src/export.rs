//! A version as other people take it: its logical tree, or a bag with that tree, in a folder or a zip.

use crate::bagit::BagWriter;
use crate::hashed::Hashed;
use crate::object::{Object, check_digest};
use crate::package::{HandedOn, Part};
use crate::sink::{Sink, UnfinishedFolder, ZipSink};
use crate::{StoreError, VersionNo};
use record::ObjectId;
use std::fs::File;
use std::path::Path;

/// What is written of a version.
#[derive(Debug, Clone, Copy)]
pub enum Form<'a> {
    /// The logical tree as it is: the information package itself.
    Package,
    /// A BagIt 1.0 bag with that tree as payload; these labels and values stand in `bag-info.txt`.
    Bag(&'a [(String, String)]),
    /// A package made from it for others.
    HandedOn {
        /// The id of that package.
        id: &'a ObjectId,
        /// What of the version goes along.
        how: HandedOn,
        /// Path and bytes of what was made for it.
        made: &'a [(String, Vec<u8>)],
    },
}

/// What it is written into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// A folder, which must be missing or empty.
    Folder,
    /// A zip, which must be missing, with one folder named [`package_name`] at its top.
    Zip,
}

/// `urn_<fonds>_uuid_<UUID>`: the id with everything that is not a letter, a digit, `-` or `.` as `_`.
pub fn package_name(id: &ObjectId) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    id.as_str().chars().map(|c| if is_plain(c) { c } else { '_' }).collect()
}

/// Nothing that is there is overwritten. A damaged file stops the export and is named; folder and zip appear whole or not at
/// all.
pub(crate) fn export(
    object: &Object,
    version: VersionNo,
    form: Form<'_>,
    container: Container,
    dest: &Path,
) -> Result<(), StoreError> {
    let created = object.version(version)?.created;
    match container {
        Container::Folder => {
            let mut folder = UnfinishedFolder::create(dest)?;
            write(object, version, form, &mut folder)?;
            folder.finish()
        }
        Container::Zip => {
            let id = if let Form::HandedOn { id, .. } = form { id } else { object.id() };
            let mut zip = ZipSink::create(dest, &package_name(id), created)?;
            write(object, version, form, &mut zip)?;
            zip.finish()
        }
    }
}

fn write(object: &Object, version: VersionNo, form: Form<'_>, sink: &mut dyn Sink) -> Result<(), StoreError> {
    let paths = object.version(version)?.state.keys();
    let source = |path: &str| {
        let (expected, stored) = object.locate(version, path)?;
        let file = File::open(&stored).map_err(crate::error::reading(&stored))?;
        Ok::<_, StoreError>((expected, stored, file))
    };
    let whole = |path: &str, sink: &mut dyn Sink| {
        let (expected, stored, file) = source(path)?;
        let mut hashed = Hashed::new(file);
        sink.put(path, &mut hashed)?;
        check_digest(&stored, expected, hashed.finish().0)
    };
    match form {
        Form::Package => paths.into_iter().try_for_each(|path| whole(path, sink)),
        Form::HandedOn { how, made, .. } => {
            for path in paths.filter(|path| how.part(path) == Part::Kept) {
                whole(path, sink)?;
            }
            made.iter().try_for_each(|(path, bytes)| sink.put(path, &mut &bytes[..]))
        }
        Form::Bag(info) => {
            let mut bag = BagWriter::new(sink);
            for path in paths {
                let (expected, stored, mut file) = source(path)?;
                check_digest(&stored, expected, bag.add(path, &mut file)?)?;
            }
            bag.finish(info)
        }
    }
}
