import Foundation
import Testing

@Suite struct ServeTests {
  @Test func theAddressIsPrintedAndCtrlCEndsIt() throws {
    let process = try CommandProcess(["serve", "--port", "0"])
    process.wait { process.output.contains("\n") }
    #expect(process.output.hasPrefix("http://127.0.0.1:"))
    process.send(SIGINT)
    let result = process.result()
    #expect(result.status == 130)
    #expect(!result.wasKilled)
  }

  @Test func aPortThatIsTakenIsTold() throws {
    let first = try CommandProcess(["serve", "--port", "0", "--json"])
    first.wait { first.output.contains("\n") }
    let object = try JSONSerialization.jsonObject(with: Data(first.output.utf8)) as? [String: Any]
    let port = try #require(object?["port"] as? Int)
    let second = try striate("serve", "--port", "\(port)")
    #expect(second.status == 1)
    #expect(second.error.contains("port \(port)"))
    #expect(second.error.contains("--port 0"))
    first.send(SIGTERM)
    #expect(first.result().status == 143)
  }

  @Test(arguments: [
    (["serve", "--port", "70000"], 2, "--port"), (["serve", "word"], 2, "no words"),
    (["serve", "--port", "0", "--data", "moon"], 2, "unknown data"),
    (["serve", "--port", "0", "--model", "none.safetensors"], 1, "none.safetensors"),
    (["serve", "--port", "0", "--host", "not-a-host.invalid"], 1, "--host"),
  ])
  func whatCannotBeServedIsRefused(words: [String], status: Int, says: String) throws {
    let result = try CommandProcess(words).result()
    #expect(result.status == Int32(status))
    #expect(result.error.contains(says), "\(result.error)")
  }
}
