//! Properties over any text, and the real documents of the samples.

mod properties;
mod real_texts;
