import Foundation
import StriateServer
import Testing

@Suite(.serialized) struct LoadTests {
  static let network =
    "\"data\":\"digits\",\"network\":\"conv 4 5x5, relu, maxpool 2, flatten, dense 10\""
  static let pixels = (0..<784).map { UInt8(truncatingIfNeeded: $0 * 37) }

  /// Runs bodies on threads of their own and waits for all.
  private func concurrently(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let group = DispatchGroup()
    for i in 0..<count {
      group.enter()
      let thread = Thread {
        body(i)
        group.leave()
      }
      thread.stackSize = 1 << 19
      thread.start()
    }
    group.wait()
  }

  private final class Results: @unchecked Sendable {
    private let lock = NSLock()
    private var values: [Int] = []
    func add(_ value: Int) { lock.withLock { values.append(value) } }
    var all: [Int] { lock.withLock { values } }
  }

  @Test func twoHundredConnectionsAreAnsweredWhileATrainingGoesOn() throws {
    let served = try ServedProcess(models: [#require(TrainedDigits.path)])
    #expect(
      try served.post("/api/training", "{\(Self.network),\"epochs\":1000,\"pace\":100}").status
        == 200)
    _ = try served.wait(for: "running")
    let before = try #require(served.training()["step"] as? Int)
    let (results, port) = (Results(), served.port)
    let wires = try (0..<200).map { _ in try Wire(port: port, patience: 60) }
    nonisolated(unsafe) let open = wires
    concurrently(200) { i in
      for _ in 0..<3 {
        let answer = try? open[i].ask(
          "POST", "/api/see?as=pixels", body: Self.pixels, port: port)
        results.add(answer?.status ?? 0)
      }
    }
    #expect(results.all.count == 600)
    #expect(results.all.allSatisfy { $0 == 200 }, "\(Set(results.all))")
    let state = try served.training()
    #expect(state["phase"] as? String == "running")
    #expect(try #require(state["step"] as? Int) > before)
  }

  @Test func slowReadersSlowSendersAndNonsenseDoNotDisturbATraining() throws {
    let served = try ServedProcess(models: [#require(TrainedDigits.path)])
    #expect(
      try served.post("/api/training", "{\(Self.network),\"epochs\":1000,\"pace\":50}").status
        == 200)
    _ = try served.wait(for: "running")
    let own = "Host: 127.0.0.1:\(served.port)\r\n"
    // Each asks for a hundred large answers and reads none, or sends half a request.
    let slow = try (0..<40).map { i in
      let wire = try Wire(port: served.port)
      let head = "POST /api/see?as=pixels HTTP/1.1\r\n\(own)Content-Length: 784\r\n\r\n"
      if i % 2 == 0 {
        for _ in 0..<20 { try? wire.send(Array(head.utf8) + Self.pixels) }
      } else {
        try wire.send(String(head.prefix(20 + i)))
      }
      return wire
    }
    let events = try (0..<5).map { _ in
      let wire = try Wire(port: served.port)
      try wire.send("GET /api/training/events HTTP/1.1\r\n\(own)\r\n")
      return wire
    }
    for wrong in [
      "{", "{\"data\":\"digits\"}", "{\(Self.network)}", "[]", "{\"data\":\"x\",\"network\":\"y\"}",
    ] {
      #expect([400, 404, 409].contains(try served.post("/api/training", wrong).status))
    }
    #expect(try served.post("/api/training/pace", "{\"steps\":-1}").status == 422)
    let before = try #require(served.training()["step"] as? Int)
    usleep(500_000)
    let state = try served.training()
    #expect(state["phase"] as? String == "running")
    #expect(try #require(state["step"] as? Int) > before)
    #expect(state["optimizer"] as? String == "adam")
    withExtendedLifetime((slow, events)) {}
    #expect(try served.post("/api/training/stop", "{}").status == 200)
    #expect(try served.wait(for: "stopped")["phase"] as? String == "stopped")
  }

  @Test func whoSendsOrReadsTooSlowlyIsCutOff() throws {
    var limits = HTTPServer.Limits()
    (limits.receiving, limits.sending, limits.idle) = (0.6, 0.6, 0.6)
    let large = [UInt8](repeating: 7, count: 12 << 20)
    let server = try HTTPServer(host: "127.0.0.1", port: 0, limits: limits) { _ in
      Response(type: "application/octet-stream", bytes: large)
    }
    defer { server.stop() }
    let own = "Host: 127.0.0.1:\(server.port)\r\n"
    // A byte now and then is not enough to stay.
    let sender = try Wire(port: server.port)
    try sender.send("POST / HTTP/1.1\r\n\(own)Content-Length: 1000\r\n\r\n")
    var wasCut = false
    for _ in 0..<40 where !wasCut {
      usleep(100_000)
      do { try sender.send("x") } catch { wasCut = true }
    }
    #expect(wasCut)
    let silent = try Wire(port: server.port, patience: 10)
    #expect(try !silent.receive(), "a connection without a request stays open")
    let reader = try Wire(port: server.port, patience: 10)
    try reader.send("GET / HTTP/1.1\r\n\(own)\r\n")
    usleep(1_500_000)
    var received = 0
    while (try? reader.receive()) == true { received += 1 }
    #expect((try? reader.answer().body.count) != large.count)
    // Who reads at once gets everything.
    #expect(
      try Wire(port: server.port).ask("GET", "/", port: server.port).body.count == large.count)
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/proc/self/statm"), "needs /proc"))
  func tenThousandRequestsLeaveNoMemoryBehind() throws {
    let served = try ServedProcess(models: [#require(TrainedDigits.path)])
    func requests(_ count: Int) throws {
      var wire = try Wire(port: served.port)
      for i in 0..<count {
        // Now and then another connection.
        if i % 100 == 0 { wire = try Wire(port: served.port) }
        let answer: Wire.Answer
        switch i % 10 {
        case 0: answer = try wire.ask("GET", "/style.css", port: served.port)
        case 1:
          answer = try wire.ask("POST", "/api/network", body: Array("{".utf8), port: served.port)
        case 2: answer = try wire.ask("GET", "/nowhere", port: served.port)
        case 3:
          answer = try wire.ask(
            "POST", "/api/network",
            body: Array("{\"data\":\"digits\",\"text\":\"conv 8 3x3, relu, dense 10\"}".utf8),
            port: served.port)
        case 4: answer = try wire.ask("GET", "/api/start", port: served.port)
        case 5:
          answer = try wire.ask(
            "POST", "/api/see?as=pixels&gradient=1", body: Self.pixels, port: served.port)
        default:
          answer = try wire.ask("POST", "/api/see?as=pixels", body: Self.pixels, port: served.port)
        }
        #expect([200, 400, 404].contains(answer.status))
      }
    }
    try requests(1000)
    let before = try served.residentBytes()
    try requests(10_000)
    let after = try served.residentBytes()
    #expect(after - before < 8 << 20, "grew from \(before) to \(after) bytes")
  }
}
