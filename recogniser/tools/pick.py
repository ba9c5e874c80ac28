"""Makes the small set of line images in tests/golden out of a folder of line crops (PGM), with ImageMagick.

    pick.py CROPS OUT

Real lines in pieces, all the special heights of the scaler, and what is no line at all. Deterministic.
"""
import random, subprocess, sys, os, glob

crops, out = sys.argv[1:]
os.makedirs(out, exist_ok=True)
random.seed(101)


def size(path):
    head = open(path, 'rb').read(40).split(None, 4)
    return int(head[1]), int(head[2])



def write(name, source, *operations):
    subprocess.run(['convert', source, *map(str, operations), '-strip', '-depth', '8', '-colorspace', 'Gray',
                    '-define', 'png:bit-depth=8', '-define', 'png:color-type=0', '-define', 'png:exclude-chunks=date,time', f'{out}/{name}.png'], check=True)


lines = sorted(glob.glob(crops + '/*.pgm'))
wide = [l for l in lines if size(l)[0] > 10 * size(l)[1]]
for kind in ('clean-300', 'worn-200', 'typewriter-200'):
    chosen = random.sample([l for l in wide if kind in l], 10)
    for i, line in enumerate(chosen):
        w, h = size(line)
        piece = min(w, int(h * random.uniform(3, 8)))
        x = 0 if i % 3 == 0 else random.randrange(0, w - piece + 1)
        write(f'{kind}-{i:02}', line, '-crop', f'{piece}x{h}+{x}+0', '+repage')
some = random.sample(wide, 20)
for h, line in zip((6, 8, 9, 12, 18, 24, 30, 36, 48, 51, 52, 60, 72, 100, 144, 180, 181, 200, 288), some):
    w, old = size(line)
    piece = min(w, old * 5)
    write(f'height-{h:03}', line, '-crop', f'{piece}x{old}+0+0', '+repage', '-filter', 'Triangle',
          '-resize', f'{max(1, piece * h // old)}x{h}!')
line = wide[40]
w, h = size(line)
write('inverted', line, '-crop', f'{5 * h}x{h}+0+0', '+repage', '-negate')
write('whole-line', line)
write('fragment', line, '-crop', f'{h // 2}x{h}+0+0', '+repage')
for w in (1, 2, 5, 6, 7, 8, 9, 12):
    write(f'narrow-{w:02}', line, '-crop', f'{w}x{h}+10+0', '+repage')
write('white', 'xc:white', '-resize', '300x60!')
write('black', 'xc:black', '-resize', '300x60!')
write('noise', 'xc:gray', '-resize', '300x50!', '-seed', '7', '+noise', 'Random', '-colorspace', 'Gray')
write('stripes', 'pattern:vertical2', '-resize', '200x40!')
