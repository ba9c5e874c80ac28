/// The language of what people read. Data and code stay English.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// Vietnamese, the language of the house.
    #[default]
    Vi,
    /// English.
    En,
}

impl Lang {
    /// The one of two texts that this language asks for.
    pub fn pick<T>(self, vi: T, en: T) -> T {
        match self {
            Lang::Vi => vi,
            Lang::En => en,
        }
    }
}
