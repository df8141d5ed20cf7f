// swift-tools-version: 6.2
import Foundation
import PackageDescription

// In your package this is the repository's address; `scripts/check-outside-package` gives that of a clone.
let repository =
  ProcessInfo.processInfo.environment["STRIATE_REPOSITORY"] ?? "https://example.com/striate.git"

let package = Package(
  name: "OutsidePackage",
  platforms: [.macOS("26.0")],
  dependencies: [
    .package(url: repository, from: "0.1.0")
  ],
  targets: [
    .executableTarget(
      name: "OutsidePackage",
      dependencies: [.product(name: "Striate", package: "striate")])
  ],
  swiftLanguageModes: [.v6]
)
