//! Units one below the other, from the columns `parent` and `successor` of the archive's `units.csv`. docs/format/units.md.

use crate::PipelineError;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use vitext::ascii_slug;

/// Steps up from a unit, at most: lists that go round in a circle end there.
const MAX_DEPTH: usize = 8;

/// Which unit stands above which.
#[derive(Debug, Default)]
pub(crate) struct UnitTree {
    names: HashMap<String, String>,
    /// The unit that took over its case files, else the one above it.
    above: HashMap<String, String>,
    abolished: HashMap<String, String>,
    /// Folded names and ids.
    ids: HashMap<String, String>,
}

/// A line of the tree with the pages of all that is below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Branch {
    pub(crate) name: String,
    pub(crate) depth: usize,
    pub(crate) pages: usize,
    /// Units as the registers of case files name them: it and all below it that have pages.
    pub(crate) units: Vec<String>,
    /// It alone as registers name it, by most of its pages; `None` where only units below it have pages.
    pub(crate) own: Option<String>,
    /// Its case files have gone over to the one above.
    pub(crate) is_abolished: bool,
}

impl UnitTree {
    /// Of an archive; without the file, or without these columns, no unit stands above another.
    pub(crate) fn read(path: &Path) -> Result<Self, PipelineError> {
        let list = match std::fs::read(path) {
            Ok(list) => list,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(PipelineError::io(path)(error)),
        };
        let wrong = |e: csv::Error| PipelineError::Config { path: path.to_owned(), problem: e.to_string() };
        Self::of(&list).map_err(wrong)
    }

    fn of(list: &[u8]) -> Result<Self, csv::Error> {
        let mut tree = Self::default();
        let mut lines = csv::ReaderBuilder::new()
            .flexible(true)
            .from_reader(list.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(list));
        let columns = lines.headers()?.clone();
        let column = |name: &str| columns.iter().position(|column| column.trim() == name);
        let (id, name) = (column("id"), column("name"));
        let (parent, successor) = (column("parent"), column("successor"));
        for line in lines.records() {
            let line = line?;
            let value = |column: Option<usize>| {
                column.and_then(|at| line.get(at)).map(str::trim).filter(|value| !value.is_empty())
            };
            let (Some(id), Some(name)) = (value(id), value(name)) else { continue };
            tree.names.insert(id.to_owned(), name.to_owned());
            tree.ids.insert(ascii_slug(name).to_ascii_lowercase(), id.to_owned());
            tree.ids.entry(ascii_slug(id).to_ascii_lowercase()).or_insert_with(|| id.to_owned());
            if let Some(above) = value(successor).or_else(|| value(parent)) {
                tree.above.insert(id.to_owned(), above.to_owned());
            }
            if let Some(successor) = value(successor) {
                tree.abolished.insert(id.to_owned(), successor.to_owned());
            }
        }
        Ok(tree)
    }

    /// Counts as a tree: the most first, those below right behind. Only branches with pages.
    pub(crate) fn grown(&self, counts: &[(String, usize)]) -> Vec<Branch> {
        // By the way from the root: its pages, and the units that they are of.
        let mut branches: BTreeMap<Vec<String>, (usize, Vec<String>)> = BTreeMap::new();
        for (unit, pages) in counts {
            let mut way = vec![self.id_of(unit)];
            while let Some(above) = self.above.get(&way[way.len() - 1]).filter(|above| !way.contains(above))
                && way.len() < MAX_DEPTH
            {
                way.push(above.clone());
            }
            way.reverse();
            for depth in 1..=way.len() {
                let branch = branches.entry(way[..depth].to_vec()).or_default();
                branch.0 += pages;
                branch.1.push(unit.clone());
            }
        }
        let mut grown = Vec::with_capacity(branches.len());
        self.grow(&branches, &[], &mut grown);
        grown
    }

    fn grow(
        &self,
        branches: &BTreeMap<Vec<String>, (usize, Vec<String>)>,
        root: &[String],
        grown: &mut Vec<Branch>,
    ) {
        let is_next = |way: &&Vec<String>| way.len() == root.len() + 1 && way.starts_with(root);
        let mut next: Vec<&Vec<String>> = branches.keys().filter(is_next).collect();
        next.sort_by(|a, b| branches[*b].0.cmp(&branches[*a].0).then_with(|| a.cmp(b)));
        for way in next {
            let (pages, units) = &branches[way];
            let id = &way[way.len() - 1];
            grown.push(Branch {
                name: self.names.get(id).unwrap_or(id).clone(),
                // Counts come with the most pages first.
                own: units.iter().find(|unit| self.id_of(unit) == *id).cloned(),
                depth: root.len(),
                pages: *pages,
                units: units.clone(),
                is_abolished: self.abolished.contains_key(id),
            });
            self.grow(branches, way, grown);
        }
    }

    /// Of a unit as a register names it, by id or name whatever the marks; itself where the list does not have it.
    fn id_of(&self, unit: &str) -> String {
        self.ids.get(&ascii_slug(unit).to_ascii_lowercase()).cloned().unwrap_or_else(|| unit.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_knows_how_registers_name_it() {
        let list = "id,name,parent\ntinh,VKSND tỉnh Hải Giang,\nkv7,VKSND khu vực 7,tinh\n";
        let tree = UnitTree::of(list.as_bytes()).unwrap();
        let counts = [("KV7", 3), ("VKSND khu vực 7", 1), ("", 1)];
        let counts: Vec<(String, usize)> = counts.iter().map(|(u, n)| ((*u).to_owned(), *n)).collect();
        let own: Vec<(String, Option<String>)> =
            tree.grown(&counts).into_iter().map(|branch| (branch.name, branch.own)).collect();
        let expected = [("VKSND tỉnh Hải Giang", None), ("VKSND khu vực 7", Some("KV7")), ("", Some(""))];
        assert_eq!(own, expected.map(|(name, own)| (name.to_owned(), own.map(str::to_owned))));
    }

    #[test]
    fn counts_go_up_to_successors_and_parents() {
        let list = "id,name,parent,successor\n\
                    tinh,VKSND tỉnh Hải Giang,,\n\
                    kv7,VKSND khu vực 7,tinh,\n\
                    huyen,VKSND huyện An Bình,tinh,kv7\n\
                    vong-1,A,vong-2,\nvong-2,B,vong-1,\n";
        let tree = UnitTree::of(list.as_bytes()).unwrap();
        let counts = [("VKSND huyện An Bình", 5), ("kv7", 3), ("Đơn vị khác", 2), ("A", 1)];
        let counts: Vec<(String, usize)> = counts.iter().map(|(u, n)| ((*u).to_owned(), *n)).collect();
        let grown: Vec<(String, usize, usize, usize, bool)> = tree
            .grown(&counts)
            .into_iter()
            .map(|b| (b.name, b.depth, b.pages, b.units.len(), b.is_abolished))
            .collect();
        let expected = [
            ("VKSND tỉnh Hải Giang", 0, 8, 2, false),
            ("VKSND khu vực 7", 1, 8, 2, false),
            ("VKSND huyện An Bình", 2, 5, 1, true),
            ("Đơn vị khác", 0, 2, 1, false),
            ("B", 0, 1, 1, false),
            ("A", 1, 1, 1, false),
        ];
        assert_eq!(
            grown,
            expected.map(|(name, depth, pages, units, gone)| (name.to_owned(), depth, pages, units, gone))
        );
    }
}
