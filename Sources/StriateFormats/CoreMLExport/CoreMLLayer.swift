import Striate

extension CoreMLExport {
  /// A layer of a Core ML neural network: what it reads, what it gives, and the message that says what it does.
  struct Layer: Sendable {
    /// The kinds of layers by the numbers of their fields in `NeuralNetworkLayer`.
    enum Kind: Int, Sendable {
      case convolution = 100
      case pooling = 120
      case activation = 130
      case innerProduct = 140
      case batchnorm = 160
      case lrn = 180
      case padding = 200
      case upsample = 210
      case unary = 220
      case reorganizeData = 345
      case clip = 660
      case round = 685
      case atan = 740
      case erf = 790
      case lessEqual = 827
      case greaterThan = 830
      case addBroadcastable = 880
      case divideBroadcastable = 890
      case multiplyBroadcastable = 900
      case subtractBroadcastable = 905
      case gather = 930
      case softmaxND = 950
      case concatND = 980
      case transpose = 985
      case argMax = 1025
      case batchedMatmul = 1045
      case loadConstantND = 1070
      case squeeze = 1120
      case expandDims = 1125
      case flattenTo2D = 1130
      case reshapeStatic = 1140
      case reduceMax = 1260
      case reduceSum = 1270
      case reduceMean = 1280
      case reduceLogSumExp = 1295
      case whereBroadcastable = 1330
    }

    let kind: Kind
    let inputs: [String]
    let output: String
    /// The layer as an element of `NeuralNetwork.layers`.
    let message: ProtobufWriter

    init(_ kind: Kind, _ inputs: [String], _ output: String, _ parameters: ProtobufWriter) {
      (self.kind, self.inputs, self.output) = (kind, inputs, output)
      var message = ProtobufWriter()
      message.add(1, output)
      for input in inputs { message.add(2, input) }
      message.add(3, output)
      message.add(kind.rawValue, parameters)
      self.message = message
    }
  }

  /// The functions of an activation layer by the numbers of their fields in `ActivationParams`.
  enum ActivationKind: Int {
    case linear = 5
    case relu = 10
    case leakyReLU = 15
    case prelu = 25
    case tanh = 30
    case sigmoid = 40
    case hardSigmoid = 41
    case elu = 50
    case softsign = 60
    case softplus = 70
  }

  /// The functions of a unary layer, `UnaryFunctionLayerParams.Operation`.
  enum UnaryKind: Int {
    case squareRoot = 0
    case power = 3
    case exponential = 4
    case logarithm = 5
    case absolute = 6
  }
}

extension ProtobufWriter {
  /// A message that `fill` fills.
  init(_ fill: (inout ProtobufWriter) -> Void) {
    self.init()
    fill(&self)
  }

  /// `WeightParams`: numbers row after row.
  static func weights(_ values: [Float]) -> ProtobufWriter {
    ProtobufWriter { $0.add(1, packed: values) }
  }

  /// `ValidPadding`, rows and columns before and after.
  static func validPadding(before: [Int], after: [Int]) -> ProtobufWriter {
    ProtobufWriter { $0.add(1, .borderAmounts(before: before, after: after)) }
  }

  /// `BorderAmounts`, rows and columns before and after.
  static func borderAmounts(before: [Int], after: [Int]) -> ProtobufWriter {
    ProtobufWriter { message in
      for (before, after) in zip(before, after) {
        message.add(
          10,
          ProtobufWriter {
            $0.add(1, before)
            $0.add(2, after)
          })
      }
    }
  }
}
