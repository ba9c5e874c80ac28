// Reads line images with the system's libtesseract and writes down everything in between: the scaled image, the network's
// input, its outputs, and what the beam search makes of them. A development tool: it needs the sources of the same
// Tesseract for their private headers, is built by hand (tools/README.md), and is no part of any program.
//
//   golden MODEL_FOLDER LANGUAGE OUT.bin LINE.pgm...
//
// For every line one record, little endian, see tools/README.md.
#include <allheaders.h>
#include <ctime>
#include <cstdio>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>
// The layers' matrices and the line recogniser's parts are protected; a tool that looks inside has to open them.
#define protected public
#define private public
#include "imagedata.h"
#include "input.h"
#include "lstmrecognizer.h"
#include "pageres.h"
#include "params.h"
#include "recodebeam.h"
#include "tessdatamanager.h"
#undef protected
#undef private

using namespace tesseract;

static FILE *out;
static void u32(uint32_t v) { fwrite(&v, 4, 1, out); }
static void f32(float v) { fwrite(&v, 4, 1, out); }
static void text(const std::string &s) { u32(s.size()); fwrite(s.data(), 1, s.size(), out); }
// FNV-1a: the golden files keep digests of what is large.
static uint64_t digest;
static void begin() { digest = 0xcbf29ce484222325; }
static void add(uint8_t byte) { digest = (digest ^ byte) * 0x100000001b3; }
static void end() { fwrite(&digest, 8, 1, out); }
// Processor time, so that other work on the machine does not count.
static double now() {
  return 1e3 * clock() / CLOCKS_PER_SEC;
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  std::string folder = argv[1], language = argv[2];
  TessdataManager manager;
  if (!manager.Init((folder + "/" + language + ".traineddata").c_str())) return 1;
  ParamsVectors parameters;
  LSTMRecognizer line((folder + "/" + language).c_str());
  if (!line.Load(&parameters, language, &manager)) return 1;
  out = fopen(argv[3], "wb");
  double scaling = 0, network = 0, search = 0;
  for (int a = 4; a < argc; ++a) {
    Pix *image = pixRead(argv[a]);
    if (image == nullptr) { fprintf(stderr, "%s?\n", argv[a]); return 1; }
    ImageData data(false, image); // takes the image over
    std::string name = argv[a];
    text(name.substr(name.find_last_of('/') + 1));
    TRand randomizer;
    float scale = 0;
    double t0 = now();
    Image scaled = Input::PrepareLSTMInputs(data, line.network_, line.network_->XScaleFactor(), &randomizer, &scale);
    double t1 = now();
    scaling += t1 - t0;
    if (scaled == nullptr) { u32(0); continue; }
    int w = pixGetWidth(scaled), h = pixGetHeight(scaled);
    u32(w);
    u32(h);
    begin();
    for (int y = 0; y < h; ++y) for (int x = 0; x < w; ++x) { l_uint32 v; pixGetPixel(scaled, x, y, &v); add(v); }
    end();
    NetworkIO inputs, outputs;
    float factor = 0;
    double t2 = now();
    line.RecognizeLine(data, 0.0f, false, false, false, &factor, &inputs, &outputs);
    network += now() - t2 - (t1 - t0);
    begin();
    for (int t = 0; t < inputs.Width(); ++t) add((uint8_t)inputs.i(t)[0]);
    end();
    u32(outputs.Width());
    begin();
    for (int t = 0; t < outputs.Width(); ++t) {
      for (int i = 0; i < outputs.NumFeatures(); ++i) {
        float p = outputs.f(t)[i];
        uint8_t bytes[4];
        memcpy(bytes, &p, 4);
        for (uint8_t b : bytes) add(b);
      }
    }
    end();
    for (int t = 0; t < outputs.Width(); ++t) {
      int best = 0;
      for (int i = 1; i < outputs.NumFeatures(); ++i) if (outputs.f(t)[i] > outputs.f(t)[best]) best = i;
      u32(best);
      f32(outputs.f(t)[best]);
    }
    double t3 = now();
    RecodeBeamSearch beam(line.recoder_, line.null_char_, line.SimpleTextOutput(), line.dict_);
    beam.Decode(outputs, 2.25, -0.085, -25.0 / 7.0, &line.GetUnicharset(), 0);
    auto &words = *new PointerVector<tesseract::WERD_RES>; // never freed: their blobs belong to nobody here
    tesseract::TBOX box(0, 0, 30000, 100);
    beam.ExtractBestPathAsWords(box, factor, false, &line.GetUnicharset(), &words, 0);
    search += now() - t3;
    std::vector<int> ids, steps;
    std::vector<float> certainties, ratings;
    beam.ExtractBestPathAsUnicharIds(false, &line.GetUnicharset(), &ids, &certainties, &ratings, &steps);
    u32(ids.size());
    for (size_t i = 0; i < ids.size(); ++i) {
      u32(ids[i]); u32(steps[i]); f32(certainties[i]); f32(ratings[i]);
    }
    u32(beam.character_boundaries_.size());
    for (int b : beam.character_boundaries_) u32(b);
    u32(words.size());
    for (int i = 0; i < words.size(); ++i) {
      tesseract::WERD_RES *word = words[i];
      float certainty = 0;
      std::string spelled;
      if (word->best_choice != nullptr) {
        certainty = std::min(word->space_certainty, word->best_choice->certainty());
        spelled = word->best_choice->unichar_string();
      }
      text(spelled);
      f32(certainty);
    }
  }
  fclose(out);
  fprintf(stderr, "%d lines: scaling %.1f ms, network with scaling again %.1f ms, search %.1f ms\n", argc - 4, scaling, network, search);
  return 0;
}
