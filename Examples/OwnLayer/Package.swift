// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "OwnLayer",
  platforms: [.macOS("26.0")],
  dependencies: [
    .package(name: "Striate", path: "../..")
  ],
  targets: [
    .executableTarget(
      name: "OwnLayer",
      dependencies: [.product(name: "Striate", package: "Striate")])
  ],
  swiftLanguageModes: [.v6]
)
