//! A batch of units in, words out.

use crate::beam::Search;
use crate::line::{self, Line};
use crate::model::Model;
use crate::net::{Forward, Path, Probabilities, forward};
use crate::unit::{LineReading, Outcome, Unit, Unusable};
use crate::words::{self, Place};

/// Time steps computed at once. A page has about 12,000; more leave the processor's cache and take memory.
const BATCH_STEPS: usize = 1 << 14;

/// Why a recogniser could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecogniserError {
    #[error("this processor does not have the instructions of the path {0:?}")]
    PathNotAvailable(Path),
}

/// A model ready to read. Holds no state between calls: the same unit gives the same reading, whatever is read with it.
pub struct Recogniser {
    model: Model,
    network: Box<dyn Forward>,
    /// By character id.
    enabled: Vec<bool>,
}

impl Recogniser {
    /// Prepares a model for a path.
    ///
    /// # Errors
    /// The processor cannot take the path asked for; `Auto` and `Scalar` never fail.
    pub fn new(model: Model, path: Path) -> Result<Recogniser, RecogniserError> {
        let network = forward(&model.network, model.sample_iteration, path)
            .ok_or(RecogniserError::PathNotAvailable(path))?;
        let enabled = vec![true; model.charset.size()];
        Ok(Recogniser { model, network, enabled })
    }

    /// Never reads these characters (as Tesseract's `tessedit_char_blacklist`): what the model writes as exactly one of
    /// them is passed over in the search. Replaces an earlier list.
    pub fn set_blacklist(&mut self, characters: &str) {
        let mut buffer = [0; 4];
        self.enabled.fill(true);
        for character in characters.chars() {
            let text = &*character.encode_utf8(&mut buffer);
            for (id, enabled) in self.enabled.iter_mut().enumerate() {
                *enabled &= self.model.charset.text(id as u16) != text;
            }
        }
    }

    /// The path taken: `scalar`, `avx2` or `avx512vnni`.
    pub fn path(&self) -> &'static str {
        self.network.name()
    }

    /// The model read with.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Reads units, in their order; blank ones ([`Unit::is_blank`]) hold no words. Uses one thread; other threads may call it at the same time. A page of text takes some
    /// 20 MB of memory while it is read, a line of the greatest width allowed some 120 MB.
    pub fn read(&self, units: &[Unit<'_>]) -> Vec<LineReading> {
        let mut readings: Vec<LineReading> = Vec::with_capacity(units.len());
        let mut lines: Vec<(usize, Line)> = Vec::new();
        let mut steps = 0;
        for (index, unit) in units.iter().enumerate() {
            readings.push(unusable(Unusable::Empty));
            match line::prepare(unit) {
                Ok(_) if unit.is_blank() => readings[index] = NO_WORDS,
                Ok(line) if line.is_light_on_dark() => readings[index] = unusable(Unusable::LightOnDark),
                Ok(line) => {
                    steps += line.steps();
                    lines.push((index, line));
                }
                Err(why) => readings[index] = unusable(why),
            }
            if steps >= BATCH_STEPS {
                self.read_lines(units, &lines, &mut readings);
                lines.clear();
                steps = 0;
            }
        }
        self.read_lines(units, &lines, &mut readings);
        readings
    }

    /// What reading these units takes up to the network's input, and for the network alone, as `clock` tells; the rest of
    /// [`read`](Self::read) is search and words. For benchmarks.
    #[doc(hidden)]
    pub fn stages(&self, units: &[Unit<'_>], clock: impl Fn() -> f64) -> [f64; 2] {
        let begin = clock();
        let lines: Vec<Line> = units.iter().filter_map(|unit| line::prepare(unit).ok()).collect();
        let scaled = clock();
        let batch: Vec<&Line> = lines.iter().collect();
        self.network.run(&batch, &mut |_, _| ());
        [scaled - begin, clock() - scaled]
    }

    fn read_lines(&self, units: &[Unit<'_>], lines: &[(usize, Line)], readings: &mut [LineReading]) {
        let charset = &self.model.charset;
        let mut search = Search::new(charset, self.model.dictionary.as_ref(), &self.enabled);
        let batch: Vec<&Line> = lines.iter().map(|(_, line)| line).collect();
        self.network.run(&batch, &mut |index, probabilities: Probabilities<'_>| {
            let unit_idx = lines[index].0;
            let unit = &units[unit_idx];
            let place =
                Place { charset, enabled: &self.enabled, height_px: unit.height, width_px: unit.width };
            readings[unit_idx] = match search.read(&probabilities) {
                Ok(characters) => words::line(&place, &characters, &probabilities),
                Err(why) => unusable(why),
            };
        });
    }
}

/// What stands on a blank unit.
const NO_WORDS: LineReading =
    LineReading { words: Vec::new(), outcome: Outcome::Read { mean_certainty: 0.0, min_certainty: 0.0 } };

fn unusable(why: Unusable) -> LineReading {
    LineReading { words: Vec::new(), outcome: Outcome::Unusable(why) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::{FOLDER, grey, model};

    /// A network that goes wrong in one line: one number of one time step is not what it was.
    struct Broken {
        network: Box<dyn Forward>,
        line: usize,
        step: usize,
        value: f32,
    }

    impl Forward for Broken {
        fn name(&self) -> &'static str {
            "broken"
        }

        fn run(&self, lines: &[&Line], sink: &mut dyn FnMut(usize, Probabilities<'_>)) {
            self.network.run(lines, &mut |index, probabilities| {
                let mut values = probabilities.values.to_vec();
                if index == self.line {
                    values[self.step * probabilities.stride + 3] = self.value;
                }
                sink(index, Probabilities { values: &values, ..probabilities });
            });
        }

        fn last_activations(&self, line: &Line) -> Vec<i8> {
            self.network.last_activations(line)
        }
    }

    /// No weights that a model may have give such a number: a processor or memory that errs does.
    #[test]
    fn what_is_no_probability_costs_its_line_and_no_other() {
        let (width, height, pixels) = grey(&std::path::Path::new(FOLDER).join("clean-300-00.png"));
        let unit = Unit { width, height, stride: width as usize, pixels: &pixels };
        let whole = || Recogniser::new(model("vie"), Path::Auto).expect("Auto takes any processor");
        let sound = whole().read(&[unit]).remove(0);
        assert!(!sound.words.is_empty());
        let last = line::prepare(&unit).expect("a line").steps() - 1;
        for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.5] {
            for step in [0, last / 2, last] {
                let Recogniser { model, network, enabled } = whole();
                let network = Box::new(Broken { network, line: 1, step, value });
                let read = Recogniser { model, network, enabled }.read(&[unit; 3]);
                assert_eq!(read[1], unusable(Unusable::NotProbabilities), "{value} at {step}");
                assert!(read[0] == sound && read[2] == sound, "{value} at {step}");
            }
        }
    }
}
