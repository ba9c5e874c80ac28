"""Pictures of single pages as they are displayed, for programs that know neither EXIF nor TIFF pages nor /Rotate.

Reads one JSON order a line: source, page_idx, dpi, turn_back, stem. Writes stem.jpg where the received JPEG stream can be
taken bit for bit, else stem.png with the same pixels, and prints the path. turn_back turns the displayed picture against
the clock, in degrees: the page upright.
"""

import io
import json
import pathlib
import sys

import pikepdf
from PIL import Image, ImageOps

CLOCKWISE = {1: 0, 6: 90, 3: 180, 8: 270}
AGAINST_THE_CLOCK = {
    90: Image.Transpose.ROTATE_90,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_270,
}


def stored(source, page_idx):
    """The picture in the file, its JPEG stream if it is one, and how far clockwise it is turned for display."""
    if source.suffix == ".pdf":
        with pikepdf.open(source) as pdf:
            page = pdf.pages[page_idx]
            (image,) = page.obj.Resources.XObject.values()
            turn = int(page.obj.get("/Rotate", 0)) % 360
            if image.get("/Filter") == "/DCTDecode":
                stream = image.read_raw_bytes()
                return Image.open(io.BytesIO(stream)), stream, turn
            return pikepdf.PdfImage(image).as_pil_image(), None, turn
    if source.suffix == ".tif":
        image = Image.open(source)
        image.seek(page_idx)
        tags = image.tag_v2
        if tags[259] == 7:
            (start,), (length,) = tags[273], tags[279]
            stream = source.read_bytes()[start : start + length]
            return Image.open(io.BytesIO(stream)), stream, CLOCKWISE[tags.get(274, 1)]
        # Some versions turn while reading and drop the tag; then nothing is left to do here.
        return ImageOps.exif_transpose(image), None, 0
    assert page_idx == 0, f"{source} is one page"
    image = Image.open(source)
    turn = CLOCKWISE[image.getexif().get(274, 1)]
    return image, source.read_bytes() if source.suffix == ".jpg" else None, turn


for line in sys.stdin:
    order = json.loads(line)
    image, stream, turn = stored(pathlib.Path(order["source"]), order["page_idx"])
    back = (order["turn_back"] - turn) % 360
    stem = pathlib.Path(order["stem"])
    if stream is not None and back == 0:
        target = stem.with_suffix(".jpg")
        target.write_bytes(stream)
    else:
        assert image.mode in ("1", "L", "RGB"), f"{order['source']}: mode {image.mode}"
        image.load()
        if back:
            image = image.transpose(AGAINST_THE_CLOCK[back])
        target = stem.with_suffix(".png")
        image.save(target, dpi=(order["dpi"], order["dpi"]))
    print(target, flush=True)
