//! Tantivy in this process: an index is a folder of files.

mod collect;
mod counts;
mod dictionary;
mod folder;
mod lower;
mod places;
mod reader;
mod rows;
mod schema;
mod writer;

pub(crate) use reader::Reader;
pub(crate) use writer::Writer;
