import StriateServer
import Testing

@Suite struct AccessRulesTests {
  private func status(
    _ headers: [String: String], method: String = "POST", path: String = "/api/see",
    host: String = "127.0.0.1"
  ) -> Int? {
    do {
      try AccessRules(host: host, port: 8642).check(method: method, path: path) { headers[$0] }
      return nil
    } catch {
      return (error as? Refusal)?.status
    }
  }

  @Test(arguments: ["127.0.0.1:8642", "localhost:8642", "LocalHost:8642", "[::1]:8642"])
  func ownNamesAreTaken(host: String) {
    #expect(status(["Host": host]) == nil)
    #expect(status(["Host": host, "Origin": "http://\(host)"]) == nil)
  }

  @Test(arguments: [
    "evil.example", "evil.example:8642", "127.0.0.1", "127.0.0.1:8643", "localhost:86420",
    "127.0.0.1:8642.evil.example", "evil.example#127.0.0.1:8642", "", "10.0.0.1:8642",
  ])
  func aForeignHostIsRefused(host: String) {
    #expect(status(["Host": host]) == 421)
  }

  @Test func aRequestWithoutHostIsRefused() { #expect(status([:]) == 421) }

  @Test(arguments: [
    "http://evil.example", "null", "https://127.0.0.1:8642", "http://localhost:1234",
    "http://127.0.0.1:8642@evil.example", "file://",
  ])
  func aForeignOriginIsRefused(origin: String) {
    #expect(status(["Host": "127.0.0.1:8642", "Origin": origin]) == 403)
    #expect(
      status(["Host": "127.0.0.1:8642", "Origin": origin], method: "GET") == 403)
  }

  @Test func aLinkOnAnotherSiteMayOpenThePageAndNothingElse() {
    let headers = ["Host": "localhost:8642", "Sec-Fetch-Site": "cross-site"]
    #expect(status(headers, method: "GET", path: "/") == nil)
    #expect(status(headers, method: "GET", path: "/api/start") == 403)
    #expect(status(headers, method: "POST", path: "/") == 403)
  }

  @Test func whereAllAddressesAreListenedOnAddressesInNumbersAreTakenButNoNames() {
    #expect(status(["Host": "192.168.1.5:8642"], host: "0.0.0.0") == nil)
    #expect(status(["Host": "[fe80::1]:8642"], host: "::") == nil)
    #expect(status(["Host": "evil.example:8642"], host: "0.0.0.0") == 421)
    #expect(status(["Host": "1.2.3:8642"], host: "0.0.0.0") == 421)
    #expect(status(["Host": "192.168.1.5:8642"]) == 421)
  }
}
