import Foundation
import Striate
import StriateData
import Testing

@Suite struct TrainingOverHTTPTests {
  private let network = "conv 6 5x5, relu, maxpool 2, flatten, dense 10"

  @Test func aTrainingTellsItsCurveAndItsModelCanBeSaved() throws {
    let served = try ServedProcess()
    let wire = try Wire(port: served.port)
    try wire.send("GET /api/training/events HTTP/1.1\r\nHost: 127.0.0.1:\(served.port)\r\n\r\n")
    #expect(try wire.head().headers["content-type"] == "text/event-stream")
    #expect(
      try served.post(
        "/api/training", "{\"data\":\"digits\",\"network\":\"\(network)\",\"epochs\":3}"
      ).status == 200)
    var (points, snapshots, phase) = ([Int](), Set<Int>(), "")
    while phase != "finished" {
      let line = try wire.line()
      guard line.hasPrefix("data: ") else { continue }
      let news = try #require(
        try JSONSerialization.jsonObject(with: Data(line.dropFirst(6).utf8)) as? [String: Any])
      phase = news["phase"] as? String ?? ""
      try #require(phase != "failed", "\(news["message"] ?? "")")
      #expect(news["from"] as? Int == points.count)
      points += (news["points"] as? [[Double]] ?? []).map { Int($0[0]) }
      snapshots.insert(news["snapshot"] as? Int ?? 0)
    }
    #expect(points.count >= 10)
    #expect(points == points.sorted())
    #expect(points.last == 3 * 313)
    #expect(snapshots.count >= 2)
    let state = try served.training()
    let evaluations = try #require(state["evaluations"] as? [[Double]])
    let last = try #require(evaluations.last)
    #expect(last[2] > 0.93)
    #expect((state["gradient_norms"] as? [[String: Any]])?.count == 2)

    let matrix = try #require(
      try served.ask("GET", "/api/training/confusion").object()["matrix"] as? [[Int]])
    #expect(matrix.joined().reduce(0, +) == 2000)
    let right = matrix.indices.reduce(0) { $0 + matrix[$1][$1] }
    #expect(abs(Double(right) / 2000 - last[2]) < 1e-9)
    let pictures = try served.ask("GET", "/api/training/pictures?truth=3&prediction=3").frame()
    #expect(pictures.header["count"] as? Int == matrix[3][3])
    #expect(pictures.bytes.count == 784 * min(60, matrix[3][3]))

    let file = served.folder.appending(path: "saved.safetensors")
    try Data(served.ask("GET", "/api/training/model").body).write(to: file)
    let saved = try Network(contentsOf: file.path)
    let test = try Digits.builtIn(count: 2000, seed: 2)
    #expect(abs(try saved.evaluate(on: test).accuracy - last[2]) < 1e-9)
  }

  @Test func aPausedTrainingMakesOneStepAtATime() throws {
    let served = try ServedProcess()
    let body = "{\"data\":\"digits\",\"network\":\"\(network)\",\"epochs\":50,\"pace\":200}"
    #expect(try served.post("/api/training", body).status == 200)
    _ = try served.wait(for: "running")
    #expect(try served.post("/api/training", body).status == 409)
    #expect(try served.post("/api/training/pause", "{}").status == 200)
    var step = try #require(served.wait(for: "paused")["step"] as? Int)
    usleep(200_000)
    #expect(try served.training()["step"] as? Int == step)
    for _ in 0..<3 {
      #expect(try served.post("/api/training/step", "{}").status == 200)
      let deadline = Date().addingTimeInterval(10)
      while try served.training()["step"] as? Int == step, Date() < deadline { usleep(10_000) }
      usleep(100_000)
      #expect(try served.training()["step"] as? Int == step + 1)
      step += 1
    }
    #expect(try served.post("/api/training/resume", "{}").status == 200)
    let deadline = Date().addingTimeInterval(10)
    while try #require(served.training()["step"] as? Int) < step + 3, Date() < deadline {
      usleep(10_000)
    }
    #expect(try #require(served.training()["step"] as? Int) >= step + 3)
    #expect(try served.post("/api/training/stop", "{}").status == 200)
    _ = try served.wait(for: "stopped")
    // What it has learned so far can still be looked into.
    #expect(
      try served.ask(
        "POST", "/api/see?model=training&as=pixels", body: LoadTests.pixels
      ).status == 200)
  }

  @Test func aShapeErrorNamesTheLayerAndItsPlaceInTheText() throws {
    let served = try ServedProcess()
    let text = "conv 8 5x5, relu,  dense 10"
    let answer = try served.post(
      "/api/network", "{\"data\":\"digits\",\"text\":\"\(text)\"}"
    ).object()
    #expect((answer["error"] as? String)?.contains("put Flatten() before it") == true)
    #expect(answer["part"] as? Int == 2)
    let parts = try #require(answer["parts"] as? [[String: Any]])
    #expect(parts[2]["from"] as? Int == 19)
    #expect(parts[2]["text"] as? String == "dense 10")
    #expect(parts[0]["output"] as? [Int] == [8, 24, 24])
    let nested = try served.post(
      "/api/network",
      "{\"data\":\"digits\",\"text\":\"residual(conv 1 3x3 padding 1, relu), flatten, dense 10\"}"
    ).object()
    #expect(nested["error"] == nil)
    #expect((nested["parts"] as? [Any])?.count == 3)
  }
}
