//! Pages of made-up case files: stock phrases of the trade between words drawn by Zipf's law, with names, dates, articles and
//! errors of reading. Shares nothing with the code that searches.

use record::{Alternative, AlternativeSource, Block, BlockKind, Line, PageSize, PageText, PxBox, Turn, Word};

/// SplitMix64.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub(super) fn below(&mut self, count: usize) -> usize {
        (self.roll() % count as u64) as usize
    }

    pub(super) fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    fn share(&mut self) -> f64 {
        self.roll() as f64 / u64::MAX as f64
    }
}

pub(crate) const STOCK: &[&str] = &[
    "Viện kiểm sát nhân dân tỉnh",
    "Cơ quan Cảnh sát điều tra Công an tỉnh",
    "quyết định khởi tố vụ án hình sự",
    "quyết định khởi tố bị can",
    "lệnh bắt bị can để tạm giam",
    "biên bản hỏi cung bị can",
    "biên bản ghi lời khai",
    "bản kết luận điều tra",
    "đề nghị truy tố bị can",
    "căn cứ Bộ luật Tố tụng hình sự",
    "tội trộm cắp tài sản",
    "tội cố ý gây thương tích",
    "hội đồng xét xử sơ thẩm",
    "tòa án nhân dân tỉnh",
    "kiểm sát viên thực hành quyền công tố",
    "tình tiết giảm nhẹ trách nhiệm hình sự",
    "thành khẩn khai báo ăn năn hối cải",
    "người có quyền lợi nghĩa vụ liên quan",
    "xử lý vật chứng của vụ án",
    "nơi đăng ký hộ khẩu thường trú",
];
const FAMILY: &[&str] = &["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ"];
const MIDDLE: &[&str] = &["Văn", "Thị", "Đức", "Minh", "Quốc", "Thanh", "Xuân", "Hữu"];
const INITIALS: &[&str] = &[
    "b", "c", "ch", "d", "đ", "g", "gi", "h", "kh", "l", "m", "n", "ng", "nh", "ph", "r", "s", "t", "th",
    "tr", "v", "x",
];
const RIMES: &[&str] = &[
    "a", "à", "á", "ạ", "ai", "ài", "ải", "an", "án", "àn", "ang", "àng", "áng", "anh", "ành", "ao", "áo",
    "ay", "ày", "âm", "ấm", "ân", "ận", "ấp", "âu", "ầu", "ây", "ấy", "ăm", "ăn", "ắng", "ong", "òng", "ông",
    "ồng", "ống", "ơi", "ời", "ới", "ơn", "ớn", "ua", "úa", "uân", "uất", "ung", "ùng", "úng", "ưng", "ứng",
    "ương", "ường", "ước", "ược", "uyên", "uyền", "uyết", "iên", "iền", "iện", "iết", "iếu", "iều", "inh",
    "ình", "ính", "ôi", "ồi", "ối",
];

/// Words by how often they are drawn.
pub(crate) struct Words {
    pub(super) syllables: Vec<String>,
    /// Sums of 1/rank.
    sums: Vec<f64>,
}

impl Words {
    pub(crate) fn new() -> Self {
        let mut dice = Dice::new(1);
        let mut syllables: Vec<String> = INITIALS
            .iter()
            .flat_map(|initial| RIMES.iter().map(move |rime| format!("{initial}{rime}")))
            .collect();
        for at in (1..syllables.len()).rev() {
            syllables.swap(at, dice.below(at + 1));
        }
        let mut sum = 0.0;
        let sums = (1..=syllables.len()).map(|rank| {
            sum += 1.0 / rank as f64;
            sum
        });
        Self { sums: sums.collect(), syllables }
    }

    fn draw(&self, dice: &mut Dice) -> &str {
        let at = dice.share() * self.sums[self.sums.len() - 1];
        &self.syllables[self.sums.partition_point(|sum| *sum < at).min(self.syllables.len() - 1)]
    }

    /// The words of a page, the same for the same number.
    pub(crate) fn page(&self, number: usize) -> Vec<String> {
        let mut dice = Dice::new(0xABCD + number as u64);
        let mut words: Vec<String> = Vec::with_capacity(360);
        while words.len() < 340 {
            match dice.below(12) {
                0..4 => words.extend(dice.one(STOCK).split(' ').map(str::to_owned)),
                4 if dice.below(3) == 0 => words.extend(self.name(&mut dice).split(' ').map(str::to_owned)),
                5 if dice.below(3) == 0 => {
                    let (day, month, year) = (1 + dice.below(28), 1 + dice.below(12), 1990 + dice.below(30));
                    words
                        .extend(format!("ngày {day} tháng {month} năm {year}").split(' ').map(str::to_owned));
                }
                6 if dice.below(3) == 0 => {
                    let (clause, article) = (1 + dice.below(4), 100 + dice.below(250));
                    let cited = format!("khoản {clause} Điều {article} Bộ luật Hình sự");
                    words.extend(cited.split(' ').map(str::to_owned));
                }
                7 if dice.below(4) == 0 => {
                    words.push(format!("{}/CT-VKS-P{}", dice.below(300), 1 + dice.below(9)))
                }
                _ => words.extend((0..6).map(|_| self.draw(&mut dice).to_owned())),
            }
        }
        for word in &mut words {
            // One word in twelve with one letter wrong: about 2 % of letters.
            if dice.below(12) == 0 {
                misread(word, &mut dice);
            }
        }
        words
    }

    /// A name with a given name of two syllables: few pages have it.
    pub(super) fn name(&self, dice: &mut Dice) -> String {
        let given = |dice: &mut Dice| {
            let word = &self.syllables[dice.below(self.syllables.len())];
            let mut letters = word.chars();
            letters.next().map(|c| c.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
        };
        let (first, second) = (given(dice), given(dice));
        format!("{} {} {first} {second}", dice.one(FAMILY), dice.one(MIDDLE))
    }
}

fn misread(word: &mut String, dice: &mut Dice) {
    let letters: Vec<char> = word.chars().collect();
    let at = dice.below(letters.len());
    let wrong = match letters[at] {
        'ể' => "ế",
        'ổ' => "ố",
        'ấ' => "ẩ",
        'i' | 'I' => "l",
        'l' => "i",
        'e' | 'ê' => "c",
        'đ' => "d",
        'á' => "ắ",
        'o' => "0",
        'h' => "b",
        'n' => "u",
        _ => "",
    };
    let text: String = letters
        .iter()
        .enumerate()
        .map(|(n, c)| if n == at { wrong.to_owned() } else { c.to_string() })
        .collect();
    if !text.is_empty() {
        *word = text;
    }
}

/// As recognition would give it: twelve words on a line, one in twenty with another reading, the first three lines a block of
/// their own.
pub(super) fn laid_out(words: &[String]) -> PageText {
    let line = |(row, words): (usize, &[String])| {
        let top = 100 + 60 * row as u32;
        let word = |(column, word): (usize, &String)| {
            let left = 100 + 180 * column as u32;
            let mut read =
                Word::new(word.clone(), PxBox { left, top, right: left + 160, bottom: top + 40 }, 93);
            let at = row * 12 + column;
            if at % 20 == 7 {
                let mut other = word.clone();
                misread(&mut other, &mut Dice::new(at as u64));
                read.alternatives.push(Alternative {
                    text: other,
                    score: 30,
                    source: AlternativeSource::Recogniser,
                });
            }
            read
        };
        let words: Vec<Word> = words.iter().enumerate().map(word).collect();
        let bbox = PxBox::around(words.iter().map(|word| &word.bbox));
        Line { bbox, baseline: (bbox.bottom, bbox.bottom), words }
    };
    let lines: Vec<Line> = words.chunks(12).enumerate().map(line).collect();
    let (head, body) = lines.split_at(lines.len().min(3));
    let block = |kind, lines: &[Line]| {
        let bbox = PxBox::around(lines.iter().map(|line| &line.bbox));
        Block { kind, bbox, lines: lines.to_vec() }
    };
    PageText {
        size: PageSize { width_px: 2480, height_px: 3508, dpi: 300 },
        turn: Turn::Upright,
        blocks: vec![block(BlockKind::Body, head), block(BlockKind::Body, body)],
    }
}
