//! The adaptive binary arithmetic coder of JBIG2 (ITU-T T.88 (08/2018), annex E): the encoding half.

/// Table E.1: probability of the less probable symbol, next state after it and after the other one, and whether the
/// less probable one then changes its meaning.
const STATES: [(u16, u8, u8, bool); 47] = [
    (0x5601, 1, 1, true),
    (0x3401, 6, 2, false),
    (0x1801, 9, 3, false),
    (0x0AC1, 12, 4, false),
    (0x0521, 29, 5, false),
    (0x0221, 33, 38, false),
    (0x5601, 6, 7, true),
    (0x5401, 14, 8, false),
    (0x4801, 14, 9, false),
    (0x3801, 14, 10, false),
    (0x3001, 17, 11, false),
    (0x2401, 18, 12, false),
    (0x1C01, 20, 13, false),
    (0x1601, 21, 29, false),
    (0x5601, 14, 15, true),
    (0x5401, 14, 16, false),
    (0x5101, 15, 17, false),
    (0x4801, 16, 18, false),
    (0x3801, 17, 19, false),
    (0x3401, 18, 20, false),
    (0x3001, 19, 21, false),
    (0x2801, 19, 22, false),
    (0x2401, 20, 23, false),
    (0x2201, 21, 24, false),
    (0x1C01, 22, 25, false),
    (0x1801, 23, 26, false),
    (0x1601, 24, 27, false),
    (0x1401, 25, 28, false),
    (0x1201, 26, 29, false),
    (0x1101, 27, 30, false),
    (0x0AC1, 28, 31, false),
    (0x09C1, 29, 32, false),
    (0x08A1, 30, 33, false),
    (0x0521, 31, 34, false),
    (0x0441, 32, 35, false),
    (0x02A1, 33, 36, false),
    (0x0221, 34, 37, false),
    (0x0141, 35, 38, false),
    (0x0111, 36, 39, false),
    (0x0085, 37, 40, false),
    (0x0049, 38, 41, false),
    (0x0025, 39, 42, false),
    (0x0015, 40, 43, false),
    (0x0009, 41, 44, false),
    (0x0005, 42, 45, false),
    (0x0001, 43, 45, false),
    (0x5601, 46, 46, false),
];

/// What is known of one context: the state of table E.1 and the symbol that is more probable.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Context {
    state: u8,
    likely: bool,
}

/// Takes symbols with their contexts, gives bytes.
pub(super) struct Encoder {
    /// Register A, the interval.
    interval: u32,
    /// Register C, the code.
    code: u32,
    /// Shifts until a byte leaves register C.
    countdown: u32,
    /// The first byte stands before the code and is taken off at the end; a carry never reaches it.
    bytes: Vec<u8>,
}

impl Encoder {
    /// INITENC.
    pub(super) fn new() -> Self {
        Self { interval: 0x8000, code: 0, countdown: 12, bytes: vec![0] }
    }

    /// ENCODE.
    pub(super) fn encode(&mut self, context: &mut Context, symbol: bool) {
        let (probability, after_unlikely, after_likely, switches) = STATES[usize::from(context.state)];
        let probability = u32::from(probability);
        self.interval -= probability;
        if symbol == context.likely {
            if self.interval & 0x8000 != 0 {
                self.code += probability;
                return;
            }
            if self.interval < probability {
                self.interval = probability;
            } else {
                self.code += probability;
            }
            context.state = after_likely;
        } else {
            if self.interval < probability {
                self.code += probability;
            } else {
                self.interval = probability;
            }
            context.likely ^= switches;
            context.state = after_unlikely;
        }
        self.renormalise();
    }

    /// RENORME.
    fn renormalise(&mut self) {
        loop {
            self.interval <<= 1;
            self.code <<= 1;
            self.countdown -= 1;
            if self.countdown == 0 {
                self.byte_out();
            }
            if self.interval & 0x8000 != 0 {
                return;
            }
        }
    }

    /// BYTEOUT: a carry goes into the last byte; after 0xFF only seven bits follow.
    fn byte_out(&mut self) {
        let last = self.bytes.last_mut().expect("the byte before the code is always there");
        if *last != 0xFF && self.code >= 0x800_0000 {
            *last += 1;
            self.code &= 0x7FF_FFFF;
        }
        let shift = if *last == 0xFF { 20 } else { 19 };
        self.bytes.push((self.code >> shift) as u8);
        self.code &= (1 << shift) - 1;
        self.countdown = if shift == 20 { 7 } else { 8 };
    }

    /// FLUSH: the code with its end marker.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let top = self.code + self.interval;
        self.code |= 0xFFFF;
        if self.code >= top {
            self.code -= 0x8000;
        }
        for _ in 0..2 {
            self.code <<= self.countdown;
            self.byte_out();
        }
        if self.bytes.last() != Some(&0xFF) {
            self.bytes.push(0xFF);
        }
        self.bytes.push(0xAC);
        self.bytes.remove(0);
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test sequence of T.88, annex H.2: 256 bits in one context, and the bytes they become.
    #[test]
    fn the_sequence_of_the_standard_becomes_the_bytes_of_the_standard() {
        let bits: [u8; 32] = [
            0x00, 0x02, 0x00, 0x51, 0x00, 0x00, 0x00, 0xC0, 0x03, 0x52, 0x87, 0x2A, 0xAA, 0xAA, 0xAA, 0xAA,
            0x82, 0xC0, 0x20, 0x00, 0xFC, 0xD7, 0x9E, 0xF6, 0xBF, 0x7F, 0xED, 0x90, 0x4F, 0x46, 0xA3, 0xBF,
        ];
        let code: [u8; 30] = [
            0x84, 0xC7, 0x3B, 0xFC, 0xE1, 0xA1, 0x43, 0x04, 0x02, 0x20, 0x00, 0x00, 0x41, 0x0D, 0xBB, 0x86,
            0xF4, 0x31, 0x7F, 0xFF, 0x88, 0xFF, 0x37, 0x47, 0x1A, 0xDB, 0x6A, 0xDF, 0xFF, 0xAC,
        ];
        let mut encoder = Encoder::new();
        let mut context = Context::default();
        for byte in bits {
            for bit in (0..8).rev() {
                encoder.encode(&mut context, byte >> bit & 1 == 1);
            }
        }
        assert_eq!(encoder.finish(), code);
    }
}
