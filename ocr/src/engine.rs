use native::{GreyView, NativeError, Pool, RecogniseParams, RecognisedPage};
use record::Sha256;

/// What reads a picture. It works on a whole page, so that layout and recognition may be changed apart.
///
/// Blocking; called from several threads at once.
pub trait Engine: Sync {
    /// Words of the picture with boxes in its pixels.
    fn recognise(&self, image: GreyView<'_>, params: &RecogniseParams)
    -> Result<RecognisedPage, NativeError>;
    /// What exactly answers: part of the key of every result.
    fn identity(&self) -> Result<EngineIdentity, NativeError>;
}

/// Program and model that read a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineIdentity {
    /// For example `tesseract 5.3.0, leptonica-1.82.0`.
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

    fn identity(&self) -> Result<EngineIdentity, NativeError> {
        let versions = self.versions()?;
        let program = format!("tesseract {}, {}", versions.tesseract, versions.leptonica);
        Ok(EngineIdentity { program, model_sha256: versions.model_sha256 })
    }
}
