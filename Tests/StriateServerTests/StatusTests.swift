import Foundation
import Testing

@Suite struct StatusTests {
  /// A request that is not as it should be, and the status that says so.
  struct Case: Sendable, CustomTestStringConvertible {
    var method = "POST"
    var path = "/api/see"
    var headers: [String: String] = [:]
    var body: [UInt8] = []
    var status: Int
    var says: String
    var testDescription: String { "\(method) \(path) \(headers) → \(status)" }
  }

  static let cases: [Case] = [
    Case(method: "GET", path: "/", headers: ["Host": "evil.example"], status: 421, says: "Host"),
    Case(method: "GET", path: "/", headers: ["Host": ""], status: 421, says: "Host"),
    Case(headers: ["Origin": "http://evil.example"], status: 403, says: "Origin"),
    Case(
      method: "GET", path: "/api/training", headers: ["Origin": "null"], status: 403, says: "Origin"
    ),
    Case(
      path: "/api/training", headers: ["Sec-Fetch-Site": "cross-site"], body: Array("{}".utf8),
      status: 403, says: "Sec-Fetch-Site"),
    Case(method: "PUT", status: 405, says: "expected POST"),
    Case(method: "DELETE", path: "/", status: 405, says: "expected GET"),
    Case(method: "GET", path: "/api/training/stop", status: 405, says: "expected POST"),
    Case(method: "GET", path: "/etc/passwd", status: 404, says: "path"),
    Case(method: "GET", path: "/../../etc/passwd", status: 404, says: "path"),
    Case(method: "GET", path: "/%2e%2e/%2e%2e/etc/passwd", status: 404, says: "path"),
    Case(method: "GET", path: "/index.html", status: 404, says: "path"),
    Case(path: "/api/see?model=7", body: [1], status: 404, says: "model"),
    Case(path: "/api/see?model=training", body: [1], status: 404, says: "training"),
    Case(path: "/api/see?as=pixels", body: [1, 2, 3], status: 422, says: "expected 784 bytes"),
    Case(path: "/api/see?as=dreams", body: [1], status: 422, says: "as:"),
    Case(
      path: "/api/see?as=drawing&width=0&height=5&channels=1", body: [1], status: 422, says: "width"
    ),
    Case(
      path: "/api/see?as=drawing&width=9&height=5&channels=2", body: [1], status: 422,
      says: "drawing"),
    Case(path: "/api/see?as=picture", body: Array("GIF89a".utf8), status: 422, says: "GIF"),
    Case(path: "/api/see?as=picture", status: 422, says: "empty"),
    Case(
      path: "/api/see?as=pixels&gradient=1&label=10", body: [UInt8](repeating: 9, count: 784),
      status: 422, says: "label"),
    Case(path: "/api/network", body: Array("{".utf8), status: 400, says: "JSON"),
    Case(path: "/api/network", body: Array("{\"data\":3}".utf8), status: 400, says: "JSON"),
    Case(
      path: "/api/network", body: [UInt8](repeating: 0x5B, count: 200_000), status: 400,
      says: "JSON"),
    Case(
      path: "/api/network", body: Array("{\"data\":\"moon\",\"text\":\"\"}".utf8), status: 404,
      says: "data"),
    Case(path: "/api/training/pause", status: 409, says: "training"),
    Case(
      path: "/api/training",
      body: Array("{\"data\":\"digits\",\"network\":\"dense 10\"}".utf8), status: 422,
      says: "Flatten"),
    Case(
      path: "/api/training",
      body: Array("{\"data\":\"digits\",\"network\":\"flatten, dense 10\",\"batch\":0}".utf8),
      status: 422, says: "batch"),
    Case(
      path: "/api/training",
      body: Array(
        "{\"data\":\"digits\",\"network\":\"flatten, dense 10\",\"optimizer\":\"magic\"}".utf8),
      status: 422, says: "optimizer"),
    Case(
      path: "/api/training",
      body: Array(
        "{\"data\":\"digits\",\"network\":\"flatten, dense 500000, dense 10\"}".utf8),
      status: 422, says: "parameters"),
    Case(method: "GET", path: "/api/training/confusion", status: 404, says: "confusion"),
    Case(method: "GET", path: "/api/training/model", status: 404, says: "training"),
    Case(method: "GET", path: "/api/picture?data=digits&index=-1", status: 422, says: "index"),
    Case(method: "GET", path: "/api/parameters?name=nothing", status: 404, says: "parameter"),
    Case(
      body: [UInt8](repeating: 0, count: (16 << 20) + 1), status: 413, says: "at most 16777216"),
  ]

  @Test func everyMistakeHasItsStatusAndItsWords() throws {
    let served = try ServedProcess(models: [#require(TrainedDigits.path)])
    for each in Self.cases {
      let answer = try served.ask(
        each.method, each.path, headers: each.headers, body: each.body)
      #expect(answer.status == each.status, "\(each.testDescription): \(answer.text.prefix(200))")
      let error = try answer.object()["error"] as? String ?? ""
      #expect(error.contains(each.says), "\(each.testDescription): \(error)")
    }
    #expect(try served.ask("PUT", "/api/see").headers["allow"] == "POST")
  }

  @Test func whatIsNoHTTPIsRefusedOrCutOffAndTheServerGoesOn() throws {
    let served = try ServedProcess(models: [#require(TrainedDigits.path)])
    let own = "Host: 127.0.0.1:\(served.port)\r\n"
    let broken: [(bytes: String, statuses: [Int])] = [
      ("\r\n\r\n\u{0}\u{1}\u{2}nonsense\r\n\r\n", [0, 400, 404, 405, 421]),
      ("GET / HTTP/1.1\r\nno colon here\r\n\r\n", [0, 400, 421]),
      ("GET /\(String(repeating: "a", count: 100_000)) HTTP/1.1\r\n\(own)\r\n", [413, 414, 431]),
      (
        "GET / HTTP/1.1\r\n\(own)X: \(String(repeating: "a", count: 100_000))\r\n\r\n",
        [413, 431]
      ),
      ("POST /api/see HTTP/1.1\r\n\(own)Content-Length: minus one\r\n\r\n", [400]),
      ("POST /api/see HTTP/1.1\r\n\(own)Content-Length: 99999999999999999999\r\n\r\n", [400, 413]),
      ("POST /api/see HTTP/1.1\r\n\(own)Content-Length: 900000000\r\n\r\n", [413]),
      (
        "POST /api/see HTTP/1.1\r\n\(own)Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        [411]
      ),
    ]
    for (bytes, statuses) in broken {
      let wire = try Wire(port: served.port)
      var status = 0
      do {
        try wire.send(bytes)
        status = try wire.answer().status
      } catch {
        // Cut off without an answer.
      }
      #expect(statuses.contains(status), "\(bytes.prefix(60)): \(status)")
      #expect(try served.ask("GET", "/").status == 200)
    }
  }

  @Test func thePageIsWholeSmallAndForbidsWhatComesFromElsewhere() throws {
    let served = try ServedProcess()
    let page = try served.ask("GET", "/")
    #expect(page.status == 200)
    let policy = try #require(page.headers["content-security-policy"])
    for rule in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"] {
      #expect(policy.contains(rule))
    }
    #expect(!policy.contains("unsafe"))
    #expect(page.headers["x-content-type-options"] == "nosniff")
    #expect(page.headers["access-control-allow-origin"] == nil)
    // Follow every import from the page's own script.
    var (size, known, rest) = (
      page.body.count, Set<String>(), ["/style.css", "/icon.svg", "/main.js"]
    )
    while let path = rest.popLast() {
      guard known.insert(path).inserted else { continue }
      let file = try served.ask("GET", path)
      #expect(file.status == 200, "\(path)")
      size += file.body.count
      if path.hasSuffix(".js") {
        #expect(file.headers["content-type"]?.contains("javascript") == true)
      }
      for match in file.text.matches(of: /from "(\/[a-z]+\.js)"/) { rest.append(String(match.1)) }
      #expect(!file.text.contains("https://"), "\(path) names another server")
    }
    #expect(known.count >= 10)
    #expect(size < 500_000, "the page has \(size) bytes")
    #expect(try served.ask("HEAD", "/").status == 200)
  }
}
