// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "ReadmePicture",
  platforms: [.macOS("26.0")],
  dependencies: [
    .package(name: "Striate", path: "../..")
  ],
  targets: [
    .executableTarget(
      name: "ReadmePicture",
      dependencies: [
        .product(name: "Striate", package: "Striate"),
        .product(name: "StriateData", package: "Striate"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
