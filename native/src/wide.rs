//! Loops over pixels with the wide instructions of this processor.

/// Runs `work` compiled for AVX2 where the processor has it, else as for all of them; the result is the same. Of use where the loops
/// stand in `work` itself or in what is inlined into it: a plain build knows no instruction that takes every third byte, or
/// more than sixteen bytes at once.
#[inline]
pub fn wide<T>(work: impl FnOnce() -> T) -> T {
    #[cfg(target_arch = "x86_64")]
    if std::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor was just asked for the one instruction set.
        return unsafe { with_avx2(work) };
    }
    work()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2<T>(work: impl FnOnce() -> T) -> T {
    work()
}
