//! Published XML schemas as judges, by `xmllint` and without a network: the suite's copies lie in a scratch folder where
//! their imports find each other. Test crates take this file in with `#[path]`.

#![allow(dead_code, reason = "no crate needs everything")]
#![allow(clippy::disallowed_methods, reason = "tests write files and start judges")]

use crate::provided::{program, suite};
use std::path::{Path, PathBuf};

/// METS with the attributes of E-ARK CSIP, whose own schema METS only lets through.
const METS_WITH_CSIP: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:hoso:test">
<xs:import namespace="http://www.loc.gov/METS/" schemaLocation="mets.xsd"/>
<xs:import namespace="https://DILCIS.eu/XML/METS/CSIPExtensionMETS" schemaLocation="DILCISExtensionMETS.xsd"/>
</xs:schema>"#;

/// The schemas of others, ready for use.
pub(crate) struct Schemas {
    dir: tempfile::TempDir,
}

impl Schemas {
    pub(crate) fn new() -> Schemas {
        let dir = tempfile::tempdir().unwrap();
        for name in ["mets.xsd", "xlink.xsd", "premis-v3-0.xsd", "alto-4-4.xsd", "DILCISExtensionMETS.xsd"] {
            let schema = std::fs::read_to_string(suite("xsd").join(name)).unwrap();
            let schema = schema.replace("http://www.loc.gov/standards/xlink/xlink.xsd", "xlink.xsd");
            std::fs::write(dir.path().join(name), schema).unwrap();
        }
        std::fs::write(dir.path().join("mets-csip.xsd"), METS_WITH_CSIP).unwrap();
        Schemas { dir }
    }

    pub(crate) fn mets(&self) -> PathBuf {
        self.dir.path().join("mets-csip.xsd")
    }
    pub(crate) fn premis(&self) -> PathBuf {
        self.dir.path().join("premis-v3-0.xsd")
    }
    pub(crate) fn alto(&self) -> PathBuf {
        self.dir.path().join("alto-4-4.xsd")
    }
}

/// What `xmllint` objects to in a file; `None` when it is valid.
pub(crate) fn objection(schema: &Path, file: &Path) -> Option<String> {
    let mut command = program("xmllint");
    let out = command.args(["--nonet", "--noout", "--schema"]).arg(schema).arg(file).output().unwrap();
    (!out.status.success()).then(|| String::from_utf8_lossy(&out.stderr).chars().take(2000).collect())
}

pub(crate) fn assert_valid(schema: &Path, file: &Path) {
    if let Some(objection) = objection(schema, file) {
        panic!("{}: {objection}", file.display());
    }
}
