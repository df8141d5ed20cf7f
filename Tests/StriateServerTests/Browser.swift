import Foundation
import Testing

/// A headless Chromium, led through chromedriver by the WebDriver protocol: JSON over HTTP.
///
/// Source: W3C, "WebDriver", https://www.w3.org/TR/webdriver2.
final class Browser {
  private static func program(_ name: String) -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return folders.map { "\($0)/\(name)" }.first(where: FileManager.default.isExecutableFile)
  }

  /// Whether this machine has what the tests need.
  static let isAvailable = program("chromedriver") != nil && program("chromium") != nil

  private let driver: Process
  private let port: UInt16
  private var session = ""
  private let folder: URL

  /// A driver and the port that it tells in the file; nil where it ends before.
  private static func start(writingTo output: URL) throws -> (Process, UInt16)? {
    let driver = Process()
    driver.executableURL = URL(fileURLWithPath: try #require(program("chromedriver")))
    driver.arguments = ["--port=0"]
    driver.standardInput = FileHandle.nullDevice
    let file = try FileHandle(forWritingTo: output)
    try file.truncate(atOffset: 0)
    driver.standardOutput = file
    driver.standardError = FileHandle.nullDevice
    try driver.run()
    let deadline = Date().addingTimeInterval(30)
    while driver.isRunning, Date() < deadline {
      usleep(20_000)
      let text = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
      if let match = text.firstMatch(of: /successfully on port ([0-9]+)/),
        let port = UInt16(match.1)
      {
        return (driver, port)
      }
    }
    if driver.isRunning { kill(driver.processIdentifier, SIGKILL) }
    return nil
  }

  /// - Parameters:
  ///   - width: Of the window, in pixels.
  ///   - isDark: What the reader prefers.
  init(width: Int = 1280, height: Int = 900, isDark: Bool = false) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "striate-browser-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let output = folder.appending(path: "output")
    _ = FileManager.default.createFile(atPath: output.path, contents: nil)
    var started: (driver: Process, port: UInt16)?
    // A port that is free in one version of the protocol may be taken in the other: then the driver ends.
    for _ in 0..<5 where started == nil { started = try Self.start(writingTo: output) }
    (driver, port) = try #require(started, "chromedriver told no port")
    var arguments = [
      "--headless=new", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
      "--disable-background-networking", "--disable-component-update",
      "--user-data-dir=\(folder.appending(path: "profile").path)",
      "--window-size=\(width),\(height)",
    ]
    // Chromium's own sandbox does not run as root.
    if getuid() == 0 { arguments.append("--no-sandbox") }
    let capabilities: [String: Any] = [
      "capabilities": [
        "alwaysMatch": [
          "browserName": "chrome",
          "goog:chromeOptions": [
            "args": arguments, "binary": try #require(Self.program("chromium")),
          ],
          "goog:loggingPrefs": ["browser": "ALL"],
        ]
      ]
    ]
    let answer = try ask("POST", "/session", capabilities) as? [String: Any]
    session = try #require(answer?["sessionId"] as? String, "\(answer ?? [:])")
    try command(
      "Emulation.setDeviceMetricsOverride",
      ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": false])
    try command(
      "Emulation.setEmulatedMedia",
      [
        "features": [["name": "prefers-color-scheme", "value": isDark ? "dark" : "light"]]
      ])
  }

  deinit {
    if !session.isEmpty { _ = try? ask("DELETE", "/session/\(session)", nil) }
    // The driver inherits the signals that the test's thread blocks, SIGTERM among them.
    if driver.isRunning { kill(driver.processIdentifier, SIGKILL) }
    try? FileManager.default.removeItem(at: folder)
  }

  /// Sends a command of the protocol; what it gives.
  private func ask(_ method: String, _ path: String, _ body: Any?) throws -> Any? {
    let bytes = try body.map { try JSONSerialization.data(withJSONObject: $0) } ?? Data()
    let answer = try Wire(port: port, patience: 90).ask(
      method, path, headers: ["Content-Type": "application/json; charset=utf-8"],
      body: Array(bytes), port: port)
    let value = try answer.object()["value"]
    guard answer.status == 200 else {
      throw Wire.Failure(description: "\(method) \(path): \(answer.text.prefix(400))")
    }
    return value
  }

  private func ask(_ path: String, _ body: Any) throws -> Any? {
    try ask("POST", "/session/\(session)/\(path)", body)
  }

  /// A command of Chromium's own protocol.
  @discardableResult
  func command(_ name: String, _ parameters: [String: Any]) throws -> Any? {
    try ask("goog/cdp/execute", ["cmd": name, "params": parameters])
  }

  /// Opens an address and waits until the page says that it is ready.
  func open(_ served: ServedProcess, _ fragment: String = "") throws {
    _ = try ask("url", ["url": "http://127.0.0.1:\(served.port)/\(fragment)"])
    try wait("return document.documentElement.dataset.ready === 'yes'")
  }

  /// Runs a script in the page; what it returns.
  @discardableResult
  func run(_ script: String, _ arguments: Any...) throws -> Any? {
    try ask("execute/sync", ["script": script, "args": arguments])
  }

  func text(_ script: String) throws -> String { try run(script) as? String ?? "" }

  /// Waits until a script gives true.
  func wait(
    _ script: String, seconds: Double = 60, location: SourceLocation = #_sourceLocation
  ) throws {
    let deadline = Date().addingTimeInterval(seconds)
    while Date() < deadline {
      if try run(script) as? Bool == true { return }
      usleep(30_000)
    }
    Issue.record("in \(seconds) s never true: \(script)", sourceLocation: location)
    throw Wire.Failure(description: "never true: \(script)")
  }

  /// Moves the pen over an element: points from 0 to 1 of its width and height.
  func draw(_ selector: String, _ points: [(x: Double, y: Double)]) throws {
    let box = try #require(
      try run(
        "const r = document.querySelector(arguments[0]).getBoundingClientRect();"
          + "return [r.left, r.top, r.width, r.height].map(Number)", selector) as? [Double])
    func move(_ point: (x: Double, y: Double), _ milliseconds: Int) -> [String: Any] {
      [
        "type": "pointerMove", "duration": milliseconds,
        "x": Int(box[0] + point.x * box[2]), "y": Int(box[1] + point.y * box[3]),
      ]
    }
    var actions = [move(points[0], 0), ["type": "pointerDown", "button": 0]]
    actions += points.dropFirst().map { move($0, 15) }
    actions.append(["type": "pointerUp", "button": 0])
    _ = try ask(
      "actions",
      [
        "actions": [
          [
            "type": "pointer", "id": "pen", "parameters": ["pointerType": "pen"],
            "actions": actions,
          ]
        ]
      ])
  }

  /// Clicks the middle of an element, as a reader would.
  func click(_ selector: String) throws {
    try run("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", selector)
    try draw(selector, [(0.5, 0.5)])
  }

  /// Types into what has the focus; special keys as WebDriver numbers them.
  func type(_ text: String) throws {
    let keys = text.map { String($0) }.flatMap {
      [["type": "keyDown", "value": $0], ["type": "keyUp", "value": $0]]
    }
    _ = try ask("actions", ["actions": [["type": "key", "id": "keys", "actions": keys]]])
  }

  /// Writes what the window shows into .build/screenshots.
  func screenshot(_ name: String) throws {
    let answer = try command("Page.captureScreenshot", ["format": "png"]) as? [String: Any]
    let data = try #require((answer?["data"] as? String).flatMap { Data(base64Encoded: $0) })
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appending(path: "../../.build/screenshots").standardized
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try data.write(to: folder.appending(path: "\(name).png"))
  }

  /// What the page complained about: errors of scripts, files that did not come, rules that were broken.
  func complaints() throws -> [String] {
    let entries = try ask("se/log", ["type": "browser"]) as? [[String: Any]] ?? []
    return entries.filter { $0["level"] as? String == "SEVERE" }
      .map { $0["message"] as? String ?? "" }
  }
}
