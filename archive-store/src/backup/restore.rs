//! Bringing a snapshot back, whole or some of its case files. What is read is authenticated piece by piece; what cannot be
//! read is named, and the rest is brought back all the same.

use super::BackupError;
use super::error::one_line;
use super::loss::Loss;
use super::run::Meter;
use crate::VersionNo;
use crate::walk::is_declaration;
use durable::{DurableError, StagedTree};
use record::Timestamp;
use rustic_core::repofile::{Node, NodeType, Tree};
use rustic_core::{IndexedFullStatus, Repository, TreeId};
use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Bytes fetched at a time.
const PIECE: usize = 1 << 20;

/// What a snapshot holds.
pub struct Contents {
    folder: PathBuf,
    repository: Repository<IndexedFullStatus>,
    tree: TreeId,
}

/// A case file in a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackedUpCase {
    /// Its folder below `ocfl/`.
    pub folder: PathBuf,
    /// Its latest version there.
    pub head: VersionNo,
    /// When that was published, as far as the file system knew.
    pub published: Option<Timestamp>,
}

/// What was brought back.
#[derive(Debug, Default)]
pub struct Restored {
    /// Case files.
    pub cases: u64,
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What the repository does not give back.
    pub damaged: Vec<Loss>,
}

impl Contents {
    pub(super) fn new(folder: PathBuf, repository: Repository<IndexedFullStatus>, tree: TreeId) -> Contents {
        Contents { folder, repository, tree }
    }

    /// The case files, in the order of their folders, and what of the list cannot be read.
    pub fn cases(&self) -> Result<(Vec<BackedUpCase>, Vec<Loss>), BackupError> {
        let (mut cases, mut damaged) = (Vec::new(), Vec::new());
        let root = self.tree_of(&self.tree).map_err(|problem| self.unusable(problem))?;
        let ocfl = root.nodes.iter().find(|node| node.name == "ocfl").and_then(|node| node.subtree);
        if let Some(ocfl) = ocfl {
            self.list(&ocfl, Path::new(""), &mut cases, &mut damaged);
        }
        Ok((cases, damaged))
    }

    fn list(&self, tree: &TreeId, at: &Path, cases: &mut Vec<BackedUpCase>, damaged: &mut Vec<Loss>) {
        let tree = match self.tree_of(tree) {
            Ok(tree) => tree,
            Err(problem) => return damaged.push(Loss::unreadable(Path::new("ocfl").join(at), problem)),
        };
        if is_object(&tree) {
            let heads = tree.nodes.iter().filter_map(|node| VersionNo::parse(&node.name));
            let inventory = tree.nodes.iter().find(|node| node.name == crate::inventory::INVENTORY);
            let published = inventory.and_then(|node| node.meta.mtime);
            let head = heads.max().unwrap_or_else(VersionNo::first);
            return cases.push(BackedUpCase { folder: at.to_owned(), head, published });
        }
        for node in &tree.nodes {
            if let Some(subtree) = &node.subtree {
                self.list(subtree, &at.join(node.name()), cases, damaged);
            }
        }
    }

    /// Writes the snapshot into `to`, which must be missing or empty; with `only` no case files but those in these folders
    /// (below `ocfl/`). All is on the medium when it returns. Memory: some pieces, and the repository's index.
    pub fn restore(
        &self,
        to: &Path,
        only: Option<&BTreeSet<PathBuf>>,
        meter: &Meter,
    ) -> Result<Restored, BackupError> {
        durable::create_dir_durable(to)?;
        let staged = StagedTree::open(to)?;
        let mut restored = Restored::default();
        self.put(&self.tree, Path::new(""), &Order { to, only, meter }, &mut restored)?;
        staged.settle([])?;
        Ok(restored)
    }

    fn put(
        &self,
        tree: &TreeId,
        at: &Path,
        order: &Order<'_>,
        restored: &mut Restored,
    ) -> Result<(), BackupError> {
        let tree = match self.tree_of(tree) {
            Ok(tree) => tree,
            Err(problem) => {
                restored.damaged.push(Loss::unreadable(at.to_owned(), problem));
                return Ok(());
            }
        };
        if let Ok(object) = at.strip_prefix("ocfl")
            && is_object(&tree)
        {
            if order.only.is_some_and(|only| !only.contains(object)) {
                return Ok(());
            }
            restored.cases += 1;
            order.meter.add(&order.meter.cases, 1);
        }
        for node in &tree.nodes {
            if order.meter.is_stopped() {
                return Err(BackupError::Interrupted);
            }
            let name = node.name();
            let path = at.join(&name);
            let is_plain = Path::new(&name).components().count() == 1 && path.file_name() == Some(&name);
            match (&node.node_type, &node.subtree) {
                (NodeType::Dir, Some(subtree)) if is_plain => self.put(subtree, &path, order, restored)?,
                (NodeType::File, None) if is_plain => self.put_file(node, &path, order, restored)?,
                _ => restored.damaged.push(Loss::damaged(path, "it is no ordinary file".to_owned())),
            }
        }
        Ok(())
    }

    fn put_file(
        &self,
        node: &Node,
        path: &Path,
        order: &Order<'_>,
        restored: &mut Restored,
    ) -> Result<(), BackupError> {
        let target = order.to.join(path);
        if let Some(dir) = target.parent() {
            durable::stage_dir(dir)?;
        }
        let written = match self.repository.open_file(node) {
            Ok(file) => {
                let mut pieces = Pieces { contents: self, file, at: 0, held: bytes::Bytes::new() };
                durable::stage_file(&target, &mut pieces)
            }
            Err(error) => {
                restored.damaged.push(Loss::unreadable(path.to_owned(), one_line(&error)));
                return Ok(());
            }
        };
        match written {
            Ok(written) if written.bytes == node.meta.size => {
                restored.files += 1;
                restored.bytes += written.bytes;
                order.meter.add(&order.meter.bytes, written.bytes);
            }
            Ok(written) => {
                let why = format!("it has {} bytes in place of {}", written.bytes, node.meta.size);
                restored.damaged.push(Loss::damaged(path.to_owned(), why));
            }
            Err(DurableError::Source { source, .. }) => {
                restored.damaged.push(Loss::unreadable(path.to_owned(), source.to_string()));
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn tree_of(&self, id: &TreeId) -> Result<Tree, String> {
        self.repository.get_tree(id).map_err(|error| one_line(&error))
    }

    fn unusable(&self, problem: String) -> BackupError {
        BackupError::Repository { repository: self.folder.clone(), problem }
    }
}

struct Order<'a> {
    to: &'a Path,
    only: Option<&'a BTreeSet<PathBuf>>,
    meter: &'a Meter,
}

fn is_object(tree: &Tree) -> bool {
    tree.nodes.iter().any(|node| is_declaration(Path::new(&node.name)))
}

/// A file of the snapshot, read piece by piece.
struct Pieces<'a> {
    contents: &'a Contents,
    file: rustic_core::vfs::OpenFile,
    at: usize,
    held: bytes::Bytes,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.held.is_empty() {
            let piece = self.contents.repository.read_file_at(&self.file, self.at, PIECE);
            self.held =
                piece.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, one_line(&error)))?;
            self.at += self.held.len();
        }
        let n = self.held.len().min(buffer.len());
        buffer[..n].copy_from_slice(&self.held.split_to(n));
        Ok(n)
    }
}
