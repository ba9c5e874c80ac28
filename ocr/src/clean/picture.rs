//! The picture that is read, and the groups of ink on it.

use super::components::{self, Component};
use super::grey::Grey;
use super::texture;
use std::cell::OnceCell;
use std::ops::Deref;

/// Ink this much darker than white counts, in grey levels.
const INK: u8 = 90;

/// A working picture. What is asked of it is found once.
#[derive(Debug)]
pub(crate) struct Picture<'a> {
    grey: Grey<'a>,
    dpi: u32,
    pieces: OnceCell<Vec<Component>>,
    is_texture: OnceCell<bool>,
}

impl<'a> Picture<'a> {
    /// Of so many dots per inch.
    pub(crate) fn new(grey: Grey<'a>, dpi: u32) -> Self {
        Self { grey, dpi, pieces: OnceCell::new(), is_texture: OnceCell::new() }
    }

    /// Groups of ink.
    pub(crate) fn pieces(&self) -> &[Component] {
        self.pieces.get_or_init(|| components::darker_than_white(&self.grey, INK))
    }

    /// Whether it is no print ([`texture`]).
    pub(crate) fn is_texture(&self) -> bool {
        *self.is_texture.get_or_init(|| texture::is_texture(&self.grey, self.dpi))
    }
}

impl<'a> Deref for Picture<'a> {
    type Target = Grey<'a>;
    fn deref(&self) -> &Grey<'a> {
        &self.grey
    }
}
