//! The picture that is read, and the groups of ink on it.

use super::components::{self, Component};
use super::grey::Grey;
use std::cell::OnceCell;
use std::ops::Deref;

/// Ink this much darker than white counts, in grey levels.
const INK: u8 = 90;

/// A working picture. Its groups of ink are found once, when they are first asked for.
#[derive(Debug)]
pub(crate) struct Picture<'a> {
    grey: Grey<'a>,
    pieces: OnceCell<Vec<Component>>,
}

impl<'a> Picture<'a> {
    pub(crate) fn new(grey: Grey<'a>) -> Self {
        Self { grey, pieces: OnceCell::new() }
    }

    /// Groups of ink.
    pub(crate) fn pieces(&self) -> &[Component] {
        self.pieces.get_or_init(|| components::darker_than_white(&self.grey, INK))
    }
}

impl<'a> Deref for Picture<'a> {
    type Target = Grey<'a>;
    fn deref(&self) -> &Grey<'a> {
        &self.grey
    }
}
