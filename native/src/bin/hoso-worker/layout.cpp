// Two questions that Tesseract's C interface does not put: layout whose boxes hold the dots and marks of their words, and
// the heights of a row. Compiled against the installed headers, so that a change of theirs is told by the compiler.
#include <tesseract/baseapi.h>
#include <tesseract/pageiterator.h>

// Null when nothing was found; otherwise to be deleted with TessPageIteratorDelete.
extern "C" tesseract::PageIterator *hoso_layout(tesseract::TessBaseAPI *api) {
  tesseract::PageIterator *found = api->AnalyseLayout(/*merge_similar_words=*/false);
  if (found != nullptr) {
    found->SetBoundingBoxComponents(/*include_upper_dots=*/true, /*include_lower_dots=*/true);
  }
  return found;
}

// In pixels of the picture: height of the whole row, descenders (below zero), ascenders above small letters.
extern "C" void hoso_row_heights(const tesseract::PageIterator *at, float *row, float *descenders, float *ascenders) {
  at->RowAttributes(row, descenders, ascenders);
}
