import Striate

extension LayerCase {
  static let borders: [LayerCase] =
    PaddingMode.allCases.flatMap { mode in
      [
        LayerCase(
          Conv2D(filters: 2, kernel: 3, padding: 1, paddingMode: mode), [2, 2, 4, 3]),
        LayerCase(
          Conv2D(
            filters: 3, kernel: Extent(3, 2), stride: Extent(2, 1),
            padding: Padding(top: 2, left: 1, bottom: 1, right: 2), dilation: Extent(1, 2),
            bias: .untied, paddingMode: mode), [1, 2, 4, 5]),
        LayerCase(
          Conv2D(filters: 4, kernel: 3, padding: .same, groups: 2, paddingMode: mode),
          [2, 2, 3, 4]),
        LayerCase(
          DepthwiseConv2D(kernel: 3, padding: 1, multiplier: 2, paddingMode: mode), [1, 3, 3, 4]),
        LayerCase(Conv1D(filters: 2, kernel: 4, padding: .same, paddingMode: mode), [2, 2, 6]),
        LayerCase(
          Conv3D(filters: 2, kernel: Extent3D(2, 3, 2), padding: 1, paddingMode: mode),
          [1, 2, 2, 3, 2]),
      ]
    } + [
      // Wider than the image: every pixel of it is the corner's.
      LayerCase(
        Conv2D(filters: 2, kernel: 2, padding: 3, paddingMode: .replicate), [1, 1, 1, 2]),
      LayerCase(Conv2D(filters: 2, kernel: 3, padding: 2, paddingMode: .circular), [1, 1, 2, 2]),
    ]

  static let same = [
    LayerCase(Conv2D(filters: 2, kernel: 4, padding: .same), [2, 2, 5, 4]),
    LayerCase(Conv2D(filters: 2, kernel: 3, stride: 2, padding: .same), [2, 2, 7, 6]),
    LayerCase(
      Conv2D(
        filters: 2, kernel: Extent(2, 5), stride: Extent(3, 2), padding: .same,
        dilation: Extent(2, 1)), [1, 2, 8, 5]),
    // A kernel smaller than its stride needs no border.
    LayerCase(Conv2D(filters: 2, kernel: 1, stride: 3, padding: .same), [1, 2, 7, 5]),
    LayerCase(Conv1D(filters: 2, kernel: 3, stride: 2, padding: .same), [2, 2, 5]),
    LayerCase(
      Conv1D(filters: 2, kernel: 3, padding: Padding(left: 4, right: 0), dilation: 2), [2, 2, 5]),
  ]

  static let depthwise = [
    LayerCase(DepthwiseConv2D(kernel: 3, padding: 1), [2, 3, 5, 4]),
    LayerCase(DepthwiseConv2D(kernel: 3, stride: 2, padding: 1), [2, 3, 7, 6]),
    LayerCase(DepthwiseConv2D(kernel: 3), [1, 2, 9, 11]),
    LayerCase(DepthwiseConv2D(kernel: 5, padding: 2, multiplier: 3, bias: .none), [1, 2, 6, 9]),
    LayerCase(DepthwiseConv2D(kernel: Extent(2, 3), bias: .untied), [2, 2, 4, 5]),
    LayerCase(
      DepthwiseConv2D(
        kernel: Extent(3, 4), stride: Extent(3, 2), padding: .same, dilation: Extent(1, 2),
        multiplier: 2),
      [1, 3, 8, 7]),
    LayerCase(DepthwiseConv2D(kernel: 2, stride: 4, padding: 1), [1, 2, 7, 9]),
    LayerCase(DepthwiseConv2D(kernel: 1), [1, 3, 2, 2]),
    LayerCase(DepthwiseConv2D(kernel: 3, padding: 1), [2, 1, 3, 3]),
  ]

  /// Enough maps that pixels are gathered.
  static let pointwise = [
    LayerCase(Conv2D(filters: 17, kernel: 1), [1, 18, 3, 5]),
    LayerCase(Conv2D(filters: 32, kernel: 1, groups: 2, bias: .untied), [1, 34, 2, 3]),
    LayerCase(ConvTranspose2D(filters: 19, kernel: 1, bias: false), [1, 16, 3, 2]),
    LayerCase(
      ConvTranspose2D(filters: 16, kernel: 1, outputPadding: 1, dilation: 2), [1, 16, 2, 2]),
    LayerCase(Conv3D(filters: 16, kernel: 1), [1, 21, 2, 2, 3]),
  ]

  static let transposed = [
    LayerCase(ConvTranspose2D(filters: 2, kernel: 2, stride: 2), [2, 3, 3, 2]),
    LayerCase(ConvTranspose2D(filters: 3, kernel: 4, stride: 2, padding: 1), [2, 2, 3, 4]),
    LayerCase(
      ConvTranspose2D(filters: 2, kernel: 3, stride: 2, padding: 1, outputPadding: 1),
      [1, 2, 3, 3]),
    LayerCase(ConvTranspose2D(filters: 2, kernel: 3, bias: false), [2, 2, 4, 3]),
    LayerCase(
      ConvTranspose2D(
        filters: 4, kernel: Extent(3, 2), stride: Extent(2, 3),
        padding: Padding(top: 1, left: 0, bottom: 2, right: 1),
        outputPadding: Extent(1, 2), dilation: Extent(2, 1), groups: 2),
      [2, 4, 4, 3]),
    // An output padding larger than the stride: allowed up to the dilation.
    LayerCase(
      ConvTranspose2D(filters: 1, kernel: 2, outputPadding: 2, dilation: 3), [1, 2, 3, 3]),
    LayerCase(ConvTranspose2D(filters: 2, kernel: 3, stride: 4), [1, 1, 2, 3]),
    LayerCase(
      ConvTranspose2D(filters: 3, kernel: Extent(2, 1), stride: Extent(5, 3)), [2, 2, 3, 4]),
    LayerCase(
      ConvTranspose2D(filters: 2, kernel: 2, stride: 6, padding: 1, outputPadding: 4),
      [1, 2, 2, 3]),
    LayerCase(ConvTranspose2D(filters: 6, kernel: 3, stride: 2, groups: 3), [1, 3, 3, 3]),
    LayerCase(ConvTranspose2D(filters: 2, kernel: 3, padding: 2), [1, 2, 4, 4]),
  ]

  static let volumes = [
    LayerCase(Conv3D(filters: 2, kernel: 2), [1, 1, 3, 3, 3]),
    LayerCase(Conv3D(filters: 3, kernel: 3, padding: 1), [2, 2, 3, 4, 3]),
    LayerCase(
      Conv3D(
        filters: 4, kernel: Extent3D(2, 3, 1), stride: Extent3D(2, 1, 2),
        padding: Extent3D(1, 2, 0), dilation: Extent3D(2, 1, 1), groups: 2),
      [2, 4, 5, 3, 4]),
    LayerCase(Conv3D(filters: 2, kernel: 2, stride: 2, bias: .untied), [1, 2, 4, 5, 4]),
    LayerCase(Conv3D(filters: 2, kernel: Extent3D(3, 1, 1), bias: .none), [1, 2, 4, 2, 2]),
    LayerCase(Conv3D(filters: 3, kernel: 2, padding: 1, groups: 3), [1, 3, 2, 3, 3]),
  ]

  static let normalizations = [
    LayerCase(GroupNorm(2), [2, 4, 3, 2]),
    LayerCase(GroupNorm(1), [2, 3, 2, 2]),
    LayerCase(GroupNorm(3, epsilon: 0.1), [2, 6]),
    LayerCase(GroupNorm(3, affine: false), [2, 3, 3, 3]),
    LayerCase(InstanceNorm2D(), [2, 2, 3, 3]),
    LayerCase(InstanceNorm2D(epsilon: 1e-3, affine: true), [2, 3, 2, 4]),
    LayerCase(LayerNorm(), [3, 5]),
    LayerCase(LayerNorm(), [2, 2, 3, 2]),
    LayerCase(LayerNorm(affine: false), [2, 2, 3, 3]),
    LayerCase(LayerNorm(.channels), [2, 5, 3, 2]),
    LayerCase(LayerNorm(.channels, epsilon: 1e-6, affine: false), [2, 3, 1, 2]),
    LayerCase(LayerNorm(.channels), [3, 4]),
    LayerCase(LayerNorm(.last(1)), [2, 2, 3, 5]),
    LayerCase(LayerNorm(.last(2)), [2, 3, 3, 2]),
    LayerCase(LayerNorm(.last(2), affine: false), [1, 2, 2, 3]),
  ]

  /// What `LayerCase.all` takes from this file.
  static let convolutionFamily =
    borders + same + depthwise + pointwise + transposed + volumes + normalizations
}
