import Striate
import StriateData

/// What a network makes of one image, and why.
package struct Explanation: Sendable {
  /// What the image is called.
  package var name: String
  /// The image, [C, H, W].
  package var image: Tensor
  package var prediction: Prediction
  /// The image's own class, where it is known.
  package var truth: Int?
  /// The class that is explained.
  package var classIndex: Int
  package var attributions: [Attribution]
  /// Every layer's output [1, …], where they are shown.
  package var layers: [Tensor] = []
}

/// What is computed for an explanation, and with which numbers.
package struct ExplanationSetting: Sendable {
  package var methods: [Attribution.Method] = Attribution.Method.allCases
  /// The layer of Grad-CAM; nil for the last convolution.
  package var layer: String?
  package var samples = 50
  package var noise: Float = 0.15
  package var seed: UInt64 = 0
  package var steps = 64
  package var baseline: Float = 0
  package var window: Int?
  package var stride: Int?

  package init() {}
}

extension Explainer {
  /// The attributions that a setting asks for, one after the other.
  package func attributions(
    of image: Tensor, class classIndex: Int, _ setting: ExplanationSetting,
    progress: (_ method: Attribution.Method, _ done: Int, _ total: Int) -> Void = { _, _, _ in }
  ) throws -> [Attribution] {
    try setting.methods.map { method in
      switch method {
      case .saliency: try saliency(of: image, class: classIndex)
      case .smoothGrad:
        try smoothGrad(
          of: image, class: classIndex, samples: setting.samples, noise: setting.noise,
          seed: setting.seed
        ) { progress(method, $0, $1) }
      case .integratedGradients:
        try integratedGradients(
          of: image, class: classIndex, baseline: setting.baseline, steps: setting.steps
        ) { progress(method, $0, $1) }
      case .gradCAM: try gradCAM(of: image, class: classIndex, layer: setting.layer)
      case .occlusion:
        try occlusion(
          of: image, class: classIndex, window: setting.window, stride: setting.stride,
          fill: setting.baseline
        ) { progress(method, $0, $1) }
      }
    }
  }

  /// The same with the prediction and every layer's output around it.
  ///
  /// - Parameters:
  ///   - classIndex: The class to explain; nil for the predicted one.
  ///   - shown: The network with an output for every layer; nil to leave them out.
  package func explanation(
    of image: Tensor, name: String, truth: Int? = nil, class classIndex: Int? = nil,
    _ setting: ExplanationSetting, shown: Network?,
    progress: (_ method: Attribution.Method, _ done: Int, _ total: Int) -> Void = { _, _, _ in }
  ) throws -> Explanation {
    let batch = image.reshaped(to: [1] + image.shape)
    let prediction = try network.classify(batch, threads: threads)[0]
    guard prediction.isFinite else {
      throw Unexplainable(
        description: "\(name): expected finite outputs of the model, found others: "
          + "its parameters or the picture are too large for it")
    }
    let chosen = classIndex ?? prediction.classIndex
    return Explanation(
      name: name, image: image, prediction: prediction, truth: truth, classIndex: chosen,
      attributions: try attributions(of: image, class: chosen, setting, progress: progress),
      layers: try shown?.layerValues(of: network.preprocessed(batch), threads: threads) ?? [])
  }
}
