use native::{GreyView, NativeError, Pool, RecogniseParams, RecognisedLines, RecognisedPage};
use record::{PxBox, Sha256};

/// What reads a picture. A whole page at first; lines that need it once more.
///
/// Blocking; called from several threads at once.
pub trait Engine: Sync {
    /// Words of the picture with boxes in its pixels.
    fn recognise(&self, image: GreyView<'_>, params: &RecogniseParams)
    -> Result<RecognisedPage, NativeError>;
    /// The words of single lines of print at known places of the picture, one answer for each area.
    fn read_lines(
        &self,
        image: GreyView<'_>,
        areas: &[PxBox],
        params: &RecogniseParams,
    ) -> Result<RecognisedLines, NativeError>;
    /// Whether lines in known places are read better and faster than by [`Engine::recognise`].
    fn reads_lines(&self) -> Result<bool, NativeError>;
    /// What exactly answers: part of the key of every result.
    fn identity(&self) -> Result<EngineIdentity, NativeError>;
}

/// Program and model that read a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineIdentity {
    /// For example `tesseract 5.3.0, leptonica-1.82.0, lines found by hoso, lines by hoso, numbers also by eng (model SHA-256
    /// 7d43…)`: everything but the model that reads the page.
    pub program: String,
    /// SHA-256 of the model.
    pub model_sha256: Sha256,
}

impl Engine for Pool {
    fn recognise(
        &self,
        image: GreyView<'_>,
        params: &RecogniseParams,
    ) -> Result<RecognisedPage, NativeError> {
        Pool::recognise(self, image, params)
    }

    fn read_lines(
        &self,
        image: GreyView<'_>,
        areas: &[PxBox],
        params: &RecogniseParams,
    ) -> Result<RecognisedLines, NativeError> {
        Pool::read_lines(self, image, areas, params)
    }

    fn reads_lines(&self) -> Result<bool, NativeError> {
        Pool::reads_lines(self)
    }

    fn identity(&self) -> Result<EngineIdentity, NativeError> {
        let versions = self.versions()?;
        // every path of our recogniser reads the same text, so it is no part of what read the page
        let lines = if versions.own.is_ok() { ", lines by hoso" } else { "" };
        let numbers = versions.witness_sha256.map_or_else(String::new, |sha256| {
            format!(", numbers also by {} (model SHA-256 {sha256})", native::WITNESS)
        });
        let layout = if self.reads_lines()? { ", lines found by hoso" } else { "" };
        let program =
            format!("tesseract {}, {}{layout}{lines}{numbers}", versions.tesseract, versions.leptonica);
        Ok(EngineIdentity { program, model_sha256: versions.model_sha256 })
    }
}
