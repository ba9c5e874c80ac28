//! Packages made from a stored version for others: `SIP_hoso` for another system (annex III), DIP for use (annex V). Files of
//! the stored version go along as they are, under their own paths, with its seal; sheets and METS are made anew.

use super::{
    Description, EAD_PATH, METS_PATH, METS_XSD, Making, PREMIS_PATH, Package, PackageError, PackageType,
    REP1, REP2, mets, uuid,
};
use record::ObjectId;

/// What lies in it and how to check it, for people.
const README: &str = include_str!("README_part.txt");
const SEAL: &str = "seal/";
const README_PATH: &str = "documentation/README.txt";

/// What is handed on of a stored version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandedOn {
    /// [`PackageType::Sip`] or [`PackageType::Dip`].
    pub package: PackageType,
    /// Masters and the text of their pages, too.
    pub with_masters: bool,
}

/// What a file of the stored version is to a package made from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// It goes along, byte for byte.
    Kept,
    /// Another stands in its place: a sheet, a METS, a schema.
    Replaced,
    /// It stays behind.
    LeftOut,
}

impl HandedOn {
    /// What becomes of the file at a path.
    pub fn part(self, path: &str) -> Part {
        let is_replaced = [METS_PATH, EAD_PATH, README_PATH].contains(&path)
            || path.starts_with("schemas/") && path != "schemas/METS.xsd"
            || path == format!("{REP1}METS.xml")
            || path.starts_with(&format!("{REP1}metadata/descriptive/"));
        let is_premis = path == PREMIS_PATH || path.contains("/metadata/preservation/");
        match path {
            _ if path.starts_with(REP2) && !self.with_masters => Part::LeftOut,
            _ if is_premis && self.package == PackageType::Sip => Part::LeftOut,
            _ if is_replaced || path == format!("{REP2}METS.xml") => Part::Replaced,
            _ if path.starts_with("documentation/") => Part::LeftOut,
            _ => Part::Kept,
        }
    }

    /// Its METS OBJID: `urn:<fonds>:uuid:<UUID>`, always the same for a version.
    pub fn id(self, of: &ObjectId, fonds: &str, version: u32) -> ObjectId {
        let what =
            format!("{} {version}{}", self.package.code(), if self.with_masters { " masters" } else { "" });
        let id = format!("urn:{fonds}:uuid:{}", uuid(&[of.as_str(), &what]));
        ObjectId::new(&id).expect("made like the id of an object")
    }
}

/// The files to add to those of the stored version that are [`Part::Kept`]; `d` describes that version, `d.files` those, `id` is
/// its METS OBJID; volumes in `d` are those handed on with it. The missing fields are those of the stored package; values left out are told.
///
/// # Panics
/// As [`describe`](super::describe); and for a package that is kept.
pub fn describe_handed_on(
    d: &Description<'_>,
    id: &ObjectId,
    how: HandedOn,
    version: u32,
) -> Result<Package, PackageError> {
    assert!(how.package != PackageType::Aip, "what is kept is stored, not handed on");
    let mut making = Making::new(d, how.package, id.clone());
    making.of_version = Some(version);
    // METS names neither the seal nor itself.
    making.entries.retain(|path, _| !path.starts_with(SEAL));
    if !making.has("schemas/METS.xsd") {
        making.add("schemas/METS.xsd".into(), METS_XSD.into());
    }
    making.add(README_PATH.into(), readme(d, how, version).into_bytes());
    let (missing, left_out) = making.add_sheets()?;
    let has_pages = d.volumes.is_empty();
    if has_pages {
        making.add(format!("{REP1}METS.xml"), mets::of_copies(&making));
    }
    if has_pages && how.with_masters {
        making.add(format!("{REP2}METS.xml"), mets::of_masters(&making));
    }
    making.add(METS_PATH.into(), mets::of_package(&making));
    Ok(Package { files: making.files, missing, left_out })
}

fn readme(d: &Description<'_>, how: HandedOn, version: u32) -> String {
    let masters = match how.with_masters {
        true => ("có kèm tệp nhận được (rep2)", "the files as received (rep2) are in it"),
        false => ("không kèm tệp nhận được (rep2)", "the files as received (rep2) are left out"),
    };
    README
        .replace("{TYPE}", how.package.code())
        .replace("{AIP}", d.id.as_str())
        .replace("{VERSION}", &version.to_string())
        .replace("{MASTERS_VI}", masters.0)
        .replace("{MASTERS_EN}", masters.1)
}
