/// How normalisations read the words after their names.
extension LayerGrammar {
  static let normalizations: [String: Reader] = [
    "groupnorm": { words in
      let groups = try words.integer("the number of groups")
      let options = try NormalizationOptions(&words, usuallyAffine: true)
      return GroupNorm(groups, epsilon: options.epsilon, affine: options.affine)
    },
    "instancenorm": { words in
      let options = try NormalizationOptions(&words, usuallyAffine: false)
      return InstanceNorm2D(epsilon: options.epsilon, affine: options.affine)
    },
    "layernorm": { words in
      var axes = LayerNorm.Axes.all
      if words.follows("channels") {
        axes = .channels
      } else if words.follows("last") {
        axes = .last(try words.integer("the number of axes"))
      }
      let options = try NormalizationOptions(&words, usuallyAffine: true)
      return LayerNorm(axes, epsilon: options.epsilon, affine: options.affine)
    },
  ]

  private struct NormalizationOptions {
    let epsilon: Double
    let affine: Bool

    init(_ words: inout LayerWords, usuallyAffine: Bool) throws {
      let options = try words.options(["epsilon", "affine"])
      epsilon = try options["epsilon"].map { try words.number($0, "epsilon") } ?? 1e-5
      affine =
        try options["affine"].map { try words.choice($0, of: ["yes": true, "none": false]) }
        ?? usuallyAffine
    }
  }
}
