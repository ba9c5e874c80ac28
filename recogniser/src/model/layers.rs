//! The network of a model: layers and int8 matrices. The only shape accepted is
//! `[1,36,0,1 Ct3,3,16 Mp3,3 Lfys Lfx Lrx Lfx O1c]`, that of the fast models of Tesseract 4 and 5, with any number of
//! units in the recurrent layers.

use super::{Bytes, ModelError};

const MAX_DEPTH: usize = 8;
const MAX_CHILDREN: usize = 32;
const MAX_UNITS: usize = 1024;
const MAX_CLASSES: usize = 8192;
/// Height of a line image, in pixels.
pub(crate) const INPUT_HEIGHT: usize = 36;
/// Outputs of the convolution.
pub(crate) const FEATURES: usize = 16;
/// Keeps every sum far from the start value of rows that do not exist (`net::packed`).
const MAX_SCALE: f32 = 16.0;
const INT8: u8 = 1;
const CURRENT_FORMAT: u8 = 128;
const FLAG_LEARNING_RATES: i32 = 64;
const TRAINING_INT8: i32 = 1;
const TRAINING_RECODED: i32 = 64;

/// An int8 matrix. A row's result is `(sum(weights * inputs) + 127 * bias) * scale`.
#[derive(Debug, Clone)]
pub(crate) struct Matrix {
    pub(crate) rows: usize,
    /// Inputs of a row, without the bias.
    pub(crate) inputs: usize,
    /// Row by row.
    pub(crate) weights: Vec<i8>,
    pub(crate) bias: Vec<i8>,
    /// One for each row; finite, not negative.
    pub(crate) scale: Vec<f32>,
}

impl Matrix {
    pub(crate) fn row(&self, row: usize) -> &[i8] {
        &self.weights[row * self.inputs..][..self.inputs]
    }
}

/// A recurrent layer: the gates cell input, input, forget, output, each from (inputs, previous outputs) to units.
#[derive(Debug, Clone)]
pub(crate) struct Lstm {
    pub(crate) inputs: usize,
    pub(crate) units: usize,
    pub(crate) gates: [Matrix; 4],
}

#[derive(Debug, Clone)]
pub(crate) struct Network {
    pub(crate) convolution: Matrix,
    /// Runs down each column of the pooled image; only its last output counts.
    pub(crate) column: Lstm,
    /// Along the line: forward, backward, forward.
    pub(crate) rows: [Lstm; 3],
    pub(crate) softmax: Matrix,
}

pub(crate) struct TrainingHeader {
    pub(crate) sample_iteration: i32,
    pub(crate) null_code: usize,
}

enum Layer {
    Series(Vec<Layer>),
    Input { height: i32, depth: i32 },
    Convolve { half_x: i32, half_y: i32 },
    Maxpool { x: i32, y: i32 },
    Transposed(Box<Layer>),
    Reversed(Box<Layer>),
    Recurrent { last_only: bool, lstm: Lstm },
    Tanh(Matrix),
    Softmax(Matrix),
}

pub(crate) fn network(bytes: &mut Bytes<'_>) -> Result<Network, ModelError> {
    let shape = |what| ModelError::Topology(what);
    let Layer::Series(layers) = layer(bytes, 0)? else {
        return Err(shape("the outermost layer is not a series"));
    };
    let layers = <[Layer; 8]>::try_from(layers).map_err(|_| shape("not 8 layers"))?;
    let [input, convolution, pool, column, first, second, third, output] = layers;
    let Layer::Input { height: 36, depth: 1 } = input else {
        return Err(shape("the input is not one channel of 36 rows"));
    };
    let Layer::Series(inner) = convolution else {
        return Err(shape("no convolution follows the input"));
    };
    let Ok([Layer::Convolve { half_x: 1, half_y: 1 }, Layer::Tanh(convolution)]) =
        <[Layer; 2]>::try_from(inner)
    else {
        return Err(shape("the convolution is not 3 by 3 with tanh"));
    };
    if convolution.inputs != 9 || convolution.rows != FEATURES {
        return Err(shape("the convolution does not have 16 outputs"));
    }
    let Layer::Maxpool { x: 3, y: 3 } = pool else {
        return Err(shape("the pooling is not 3 by 3"));
    };
    let Layer::Transposed(column) = column else {
        return Err(shape("no vertical layer follows the pooling"));
    };
    let Layer::Recurrent { last_only: true, lstm: column } = *column else {
        return Err(shape("the vertical layer does not sum up"));
    };
    let (
        Layer::Recurrent { last_only: false, lstm: first },
        Layer::Reversed(second),
        Layer::Recurrent { last_only: false, lstm: third },
    ) = (first, second, third)
    else {
        return Err(shape("the layers along the line are not forward, backward, forward"));
    };
    let Layer::Recurrent { last_only: false, lstm: second } = *second else {
        return Err(shape("the backward layer is not recurrent"));
    };
    let Layer::Softmax(softmax) = output else {
        return Err(shape("the last layer is not a softmax"));
    };
    let widths = [FEATURES, column.units, first.units, second.units, third.units];
    let inputs = [column.inputs, first.inputs, second.inputs, third.inputs, softmax.inputs];
    if widths != inputs {
        return Err(shape("the layers do not fit each other"));
    }
    if softmax.rows > MAX_CLASSES || softmax.rows < 3 {
        return Err(shape("too many or too few outputs"));
    }
    Ok(Network { convolution, column, rows: [first, second, third], softmax })
}

/// What follows the network in its component.
pub(crate) fn training_header(bytes: &mut Bytes<'_>) -> Result<TrainingHeader, ModelError> {
    bytes.text(4096)?;
    let flags = bytes.i32()?;
    if flags & TRAINING_INT8 == 0 {
        // its matrices were read, and are of bytes
        return Err(ModelError::BadWeights("they are of bytes, and the header speaks of fractions"));
    }
    if flags & TRAINING_RECODED == 0 {
        return Err(ModelError::OldAlphabet);
    }
    let _training_iteration = bytes.i32()?;
    let sample_iteration = bytes.i32()?;
    let null_code = bytes.count(MAX_CLASSES)?;
    Ok(TrainingHeader { sample_iteration, null_code })
}

fn layer(bytes: &mut Bytes<'_>, depth: usize) -> Result<Layer, ModelError> {
    if depth >= MAX_DEPTH {
        return Err(ModelError::TooDeep(MAX_DEPTH));
    }
    let by_name = bytes.i8()?;
    if by_name != 0 {
        return Err(ModelError::UnknownLayer(format!("number {by_name}")));
    }
    let kind = bytes.text(64)?;
    let _training = bytes.i8()?;
    let _needs_backprop = bytes.i8()?;
    let flags = bytes.i32()?;
    let inputs = bytes.count(MAX_CLASSES)?;
    let outputs = bytes.count(MAX_CLASSES)?;
    let _weights = bytes.i32()?;
    let _name = bytes.text(256)?;
    match kind {
        "Series" => Ok(Layer::Series(children(bytes, flags, depth)?)),
        "XYTranspose" => Ok(Layer::Transposed(only_child(bytes, flags, depth)?)),
        "RTLReversed" => Ok(Layer::Reversed(only_child(bytes, flags, depth)?)),
        "Input" => {
            let _batch = bytes.i32()?;
            let height = bytes.i32()?;
            let width = bytes.i32()?;
            let depth = bytes.i32()?;
            let _loss = bytes.i32()?;
            if width != 0 {
                return Err(ModelError::Topology("the input has a fixed width"));
            }
            Ok(Layer::Input { height, depth })
        }
        "Convolve" => Ok(Layer::Convolve { half_x: bytes.i32()?, half_y: bytes.i32()? }),
        "Maxpool" => Ok(Layer::Maxpool { x: bytes.i32()?, y: bytes.i32()? }),
        "LSTM" | "SummLSTM" => {
            let lstm = lstm(bytes, inputs, outputs)?;
            Ok(Layer::Recurrent { last_only: kind == "SummLSTM", lstm })
        }
        "Tanh" => Ok(Layer::Tanh(sized(matrix(bytes)?, inputs, outputs)?)),
        "Softmax" => Ok(Layer::Softmax(sized(matrix(bytes)?, inputs, outputs)?)),
        "Parallel" | "Replicated" | "ParBidiLSTM" | "DepParUDLSTM" | "Par2dLSTM" | "TTBReversed"
        | "Reconfig" | "Logistic" | "Relu" | "Linear" | "SoftmaxNoCTC" | "LSTMSoftmax"
        | "LSTMBinarySoftmax" | "TensorFlow" => {
            Err(ModelError::Topology("it has a layer of a kind the fast line models do without"))
        }
        other => Err(ModelError::UnknownLayer(other.to_owned())),
    }
}

fn children(bytes: &mut Bytes<'_>, flags: i32, depth: usize) -> Result<Vec<Layer>, ModelError> {
    let count = bytes.length(MAX_CHILDREN)?;
    let layers = (0..count).map(|_| layer(bytes, depth + 1)).collect::<Result<Vec<_>, _>>()?;
    if flags & FLAG_LEARNING_RATES != 0 {
        let rates = bytes.length(4096)?;
        bytes.take(4 * rates)?;
    }
    Ok(layers)
}

fn only_child(bytes: &mut Bytes<'_>, flags: i32, depth: usize) -> Result<Box<Layer>, ModelError> {
    let mut layers = children(bytes, flags, depth)?;
    match (layers.pop(), layers.is_empty()) {
        (Some(layer), true) => Ok(Box::new(layer)),
        _ => Err(ModelError::Topology("a turned layer does not hold one layer")),
    }
}

fn lstm(bytes: &mut Bytes<'_>, inputs: usize, units: usize) -> Result<Lstm, ModelError> {
    let total = bytes.count(MAX_CLASSES)?;
    // A two-dimensional net has a fifth gate and takes its state twice.
    if total != inputs + units {
        return Err(ModelError::Topology("a recurrent layer is two-dimensional"));
    }
    if units == 0 || units > MAX_UNITS || !units.is_multiple_of(16) || !inputs.is_multiple_of(16) {
        return Err(ModelError::Topology("a recurrent layer's units are not a multiple of 16 up to 1024"));
    }
    let mut gate = || sized(matrix(bytes)?, total, units);
    let gates = [gate()?, gate()?, gate()?, gate()?];
    Ok(Lstm { inputs, units, gates })
}

fn sized(matrix: Matrix, inputs: usize, outputs: usize) -> Result<Matrix, ModelError> {
    let fits = matrix.rows == outputs && matrix.inputs == inputs;
    fits.then_some(matrix).ok_or(ModelError::BadWeights("a matrix has not the size of its layer"))
}

fn matrix(bytes: &mut Bytes<'_>) -> Result<Matrix, ModelError> {
    let mode = bytes.u8()?;
    if mode & CURRENT_FORMAT == 0 {
        return Err(ModelError::OldMatrix);
    }
    if mode & INT8 == 0 {
        return Err(ModelError::FloatModel);
    }
    let rows = bytes.length(MAX_CLASSES)?;
    let columns = bytes.length(MAX_CLASSES)?;
    let _filler = bytes.u8()?;
    if rows == 0 || columns < 2 {
        return Err(ModelError::BadWeights("an empty matrix"));
    }
    let cells = bytes.take(rows * columns)?;
    let scales = bytes.length(MAX_CLASSES)?;
    if scales != rows {
        return Err(ModelError::BadWeights("not one scale for each row"));
    }
    let mut scale = Vec::with_capacity(rows);
    for _ in 0..rows {
        // 1/127 makes up for the inputs, which are 127 times too large.
        let value = (bytes.f64()? / 127.0) as f32;
        if !(0.0..=MAX_SCALE).contains(&value) {
            return Err(ModelError::BadWeights("a scale is negative, not finite or too large"));
        }
        scale.push(value);
    }
    let inputs = columns - 1;
    let mut weights = Vec::with_capacity(rows * inputs);
    let mut bias = Vec::with_capacity(rows);
    for row in cells.chunks_exact(columns) {
        weights.extend(row[..inputs].iter().map(|b| b.cast_signed()));
        bias.push(row[inputs].cast_signed());
    }
    Ok(Matrix { rows, inputs, weights, bias, scale })
}
