import Striate

/// How much each place of an image counts for the score of a class.
public struct Attribution: Sendable, Equatable {
  /// How it is computed.
  public enum Method: String, CaseIterable, Sendable {
    /// |∂S/∂x|.
    case saliency
    /// The mean of ∂S/∂x over noisy copies.
    case smoothGrad = "smoothgrad"
    /// ∂S/∂x integrated from a baseline to the image.
    case integratedGradients = "integrated-gradients"
    /// The maps of a layer, each as much as its mean gradient says.
    case gradCAM = "grad-cam"
    /// How far the score falls where the image is covered.
    case occlusion
  }

  /// What the attributions of a whole image add up to, and what they should.
  public struct Completeness: Sendable, Equatable {
    /// Σ of the attributions.
    public let sum: Double
    /// S(image) − S(baseline).
    public let difference: Double
    /// How far the sum is from the difference.
    public var gap: Double { sum - difference }
  }

  /// How it was computed.
  public let method: Method

  /// The class whose score it explains.
  public let classIndex: Int

  /// The score of the image.
  public let score: Float

  /// The attributions: [C, H, W] of the image's numbers; of occlusion [1, H, W]; of Grad-CAM [1, h, w], a number
  /// for each place of the layer's maps.
  public let values: Tensor

  /// One number a pixel, [H, W]: of gradients the largest size over the channels, of integrated gradients the sum
  /// over them, of Grad-CAM the values enlarged.
  public let map: Tensor

  /// Of integrated gradients: the sum, and what it should be; else nil.
  public internal(set) var completeness: Completeness?

  /// The layer that Grad-CAM looks at; else nil.
  public internal(set) var layer: String?

  /// The numbers it was computed with: "50 samples, noise 0.15".
  public internal(set) var setting = ""

  init(_ method: Method, classIndex: Int, score: Float, values: Tensor, map: Tensor) {
    (self.method, self.classIndex, self.score) = (method, classIndex, score)
    (self.values, self.map) = (values, map)
  }
}

extension Attribution.Method {
  /// What people call it.
  package var title: String {
    switch self {
    case .saliency: "Saliency"
    case .smoothGrad: "SmoothGrad"
    case .integratedGradients: "Integrated gradients"
    case .gradCAM: "Grad-CAM"
    case .occlusion: "Occlusion"
    }
  }

  /// Its equation, and what it shows.
  package var words: (equation: String, meaning: String) {
    switch self {
    case .saliency:
      ("|∂S/∂x|", "where a small change of a pixel changes the score most")
    case .smoothGrad:
      (
        "|mean of ∂S/∂x over x + noise|",
        "saliency with less speckle: the gradients of noisy copies, averaged"
      )
    case .integratedGradients:
      (
        "(x − x′) · ∫ ∂S/∂x dα",
        "what each pixel adds to the score or takes from it, on the way from the baseline"
      )
    case .gradCAM:
      ("max(0, Σ α[k] A[k])", "where the layer’s maps speak for the class; coarse")
    case .occlusion:
      (
        "S(x) − S(x covered)",
        "how far the score falls (blue) or rises (orange) where a square covers"
      )
    }
  }
}

extension Float {
  /// The number as people write it: 0 for 0.0.
  var plain: String { self == rounded() && abs(self) < 1e6 ? "\(Int(self))" : "\(self)" }
}

/// Something that cannot be explained: who, expected, found.
public struct Unexplainable: Error, CustomStringConvertible, Equatable {
  /// The whole message.
  public let description: String
}
