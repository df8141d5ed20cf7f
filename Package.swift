// swift-tools-version: 6.2
import PackageDescription

/// Kernels are optimised in every configuration: a debug build of a convolution is 100 times slower.
///
/// Without `-fno-math-errno` a square root of 16 numbers is 16 square roots, each with a branch to libm.
let kernelFlags = ["-Ounchecked", "-Xcc", "-fno-math-errno"]
let kernel: [SwiftSetting] = [.unsafeFlags(kernelFlags)]

/// A kernel module for one x86-64 microarchitecture level; arm64 builds it with its own baseline.
func kernel(level: String) -> [SwiftSetting] {
  #if arch(x86_64)
    return [.unsafeFlags(kernelFlags + ["-Xcc", "-march=\(level)"])]
  #else
    return kernel
  #endif
}

/// The modules of kernels. `Striate` calls them through C declarations, so that the compiler, which takes as long for it as for
/// them, can work on both at once; so whatever is linked with `Striate` names them.
let kernelModules = ["KernelsAVX512", "KernelsAVX2", "KernelsPortable"]
let linkedKernels = kernelModules.map { Target.Dependency.byName(name: $0) }

let package = Package(
  name: "Striate",
  platforms: [.macOS("26.0")],
  products: [
    .library(name: "Striate", targets: ["Striate"] + kernelModules),
    .library(name: "StriateData", targets: ["StriateData"] + kernelModules),
    .library(name: "StriateFormats", targets: ["StriateFormats"] + kernelModules),
    .library(name: "StriateExplain", targets: ["StriateExplain"] + kernelModules),
    .executable(name: "striate", targets: ["StriateCommand"]),
  ],
  targets: [
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib",
      providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .systemLibrary(
      name: "CPNG", pkgConfig: "libpng",
      providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
    .systemLibrary(
      name: "CTurboJPEG", pkgConfig: "libturbojpeg",
      providers: [.apt(["libturbojpeg0-dev"]), .brew(["jpeg-turbo"])]),
    .systemLibrary(
      name: "CMicroHTTPD", pkgConfig: "libmicrohttpd",
      providers: [.apt(["libmicrohttpd-dev"]), .brew(["libmicrohttpd"])]),

    .target(name: "CPUFeatures"),
    .target(name: "LaneKernels", dependencies: ["CPUFeatures"], swiftSettings: kernel),
    .target(
      name: "KernelsAVX512", dependencies: ["CPUFeatures", "LaneKernels"],
      swiftSettings: kernel(level: "x86-64-v4")),
    .target(
      name: "KernelsAVX2", dependencies: ["CPUFeatures", "LaneKernels"],
      swiftSettings: kernel(level: "x86-64-v3")),
    .target(
      name: "KernelsPortable", dependencies: ["CPUFeatures", "LaneKernels"], swiftSettings: kernel),
    .target(name: "Striate", dependencies: ["CPUFeatures", "LaneKernels"]),
    .target(name: "StriateData", dependencies: ["Striate", "CZlib", "CPNG", "CTurboJPEG"]),
    .target(name: "StriateFormats", dependencies: ["Striate", "CZlib"]),
    .target(name: "StriateExplain", dependencies: ["Striate", "StriateData"]),
    .target(
      name: "StriateServer",
      dependencies: ["Striate", "StriateData", "StriateExplain", "CMicroHTTPD"],
      resources: [.embedInCode("Page")]),
    .executableTarget(
      name: "StriateCommand",
      dependencies: [
        "Striate", "StriateData", "StriateFormats", "StriateExplain", "StriateServer",
      ] + linkedKernels),

    .testTarget(
      name: "StriateTests", dependencies: ["Striate", "LaneKernels"] + linkedKernels,
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "StriateDataTests", dependencies: ["StriateData", "CTurboJPEG"] + linkedKernels,
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "StriateFormatsTests", dependencies: ["StriateFormats", "Striate"] + linkedKernels,
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "StriateExplainTests",
      dependencies: ["StriateExplain", "Striate", "StriateData"] + linkedKernels,
      resources: [.copy("Fixtures")]),
    .testTarget(
      name: "StriateServerTests",
      dependencies: ["StriateServer", "StriateCommand", "Striate", "StriateData", "StriateExplain"]
        + linkedKernels),
    .testTarget(
      name: "StriateCommandTests",
      dependencies: ["StriateCommand", "Striate", "StriateData", "StriateFormats"] + linkedKernels),
    .testTarget(
      name: "StriateCorpusTests",
      dependencies: ["Striate", "StriateData", "StriateFormats"] + linkedKernels,
      resources: [.copy("Corpus")]),
  ],
  swiftLanguageModes: [.v6]
)
